"""Pages of goods: lots, their labels, uploads, products and sites. Each kind of page has its own file; all register on one blueprint."""

from frontend.inventory import (
    bulk_views,
    conversion_views,
    floor_views,
    import_views,
    item_views,
    label_views,
    lot_views,
    place_views,
    proposed,
    receipt_views,
    step_views,
)
from frontend.inventory.blueprint import pages

__all__ = [
    "bulk_views",
    "conversion_views",
    "floor_views",
    "import_views",
    "item_views",
    "label_views",
    "lot_views",
    "pages",
    "place_views",
    "proposed",
    "receipt_views",
    "step_views",
]
