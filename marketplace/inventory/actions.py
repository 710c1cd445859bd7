"""What may be done with goods: one door to the acts of this slice, each kept in the file of its verb."""

from marketplace.inventory.assays.assaying import propose_assay
from marketplace.inventory.bulks.pouring import close_bulk, measure_bulk, open_bulk
from marketplace.inventory.conversions.converting import (
    Place,
    carry_out_conversion,
    close_conversion,
    consent_to_conversion,
    guards_conversion,
)
from marketplace.inventory.conversions.planning import propose_merge, propose_split, propose_transformation
from marketplace.inventory.declaring import declare_lot
from marketplace.inventory.freezing import freeze_lot, report_loss, unfreeze_lot
from marketplace.inventory.importing import declare_import, read_lots
from marketplace.inventory.inspecting import inspect_lot
from marketplace.inventory.items.itemising import declare_items, miss_items, read_items, receive_item
from marketplace.inventory.mending import propose_mending
from marketplace.inventory.places.actions import calibrate_scale, name_product, open_site, place_site
from marketplace.inventory.places.zoning import draw_bin, draw_bins, open_zone
from marketplace.inventory.placing import name_bin
from marketplace.inventory.receipts.endorsing import (
    close_request,
    endorse_in_pledge,
    report_receipt_lost,
    request_endorsement,
    request_merge,
    request_reissue,
    request_split,
    request_surrender,
)
from marketplace.inventory.receipts.issuing import draft_receipt
from marketplace.inventory.receipts.signing import sign_request
from marketplace.inventory.receiving import add_weighing, receive_lot
from marketplace.inventory.standing import (
    mark_departed,
    mark_enforced,
    mark_pledged,
    mark_released,
    mark_sold,
    mark_spared,
    reserve_lot,
    share_lot,
    shrink_verified,
    take_out,
    unreserve_lot,
)

__all__ = [
    "Place",
    "add_weighing",
    "calibrate_scale",
    "carry_out_conversion",
    "close_bulk",
    "close_conversion",
    "close_request",
    "consent_to_conversion",
    "declare_import",
    "declare_items",
    "declare_lot",
    "draft_receipt",
    "draw_bin",
    "draw_bins",
    "endorse_in_pledge",
    "freeze_lot",
    "guards_conversion",
    "inspect_lot",
    "mark_departed",
    "mark_enforced",
    "mark_pledged",
    "mark_released",
    "mark_sold",
    "mark_spared",
    "measure_bulk",
    "miss_items",
    "name_bin",
    "name_product",
    "open_bulk",
    "open_site",
    "open_zone",
    "place_site",
    "propose_assay",
    "propose_mending",
    "propose_merge",
    "propose_split",
    "propose_transformation",
    "read_items",
    "read_lots",
    "receive_item",
    "receive_lot",
    "report_loss",
    "report_receipt_lost",
    "request_endorsement",
    "request_merge",
    "request_reissue",
    "request_split",
    "request_surrender",
    "reserve_lot",
    "share_lot",
    "shrink_verified",
    "sign_request",
    "take_out",
    "unfreeze_lot",
    "unreserve_lot",
]
