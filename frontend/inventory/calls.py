"""The one set of calls about goods, and a lot in the API's shape; each file of calls registers on it."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, QuantityShape, Shape
from frontend.pledges.api import shape
from marketplace.inventory.models import Lot
from marketplace.quantity import Quantity

api = Api("inventory")
Short = Annotated[str, Field(max_length=100)]
Reason = Annotated[str, Field(min_length=1, max_length=500)]


class LotView(Shape):
    """A lot: what its papers say, what the scale said, what four eyes confirmed, what is held of it."""

    id: UUID
    number: str
    status: str
    product_name: str
    grade: str
    price_code: str
    documented: QuantityShape
    weighed: QuantityShape | None
    verified: QuantityShape | None
    held: QuantityShape
    free: QuantityShape
    departed: QuantityShape
    site_id: UUID
    bin_code: str | None
    warehouse_id: UUID
    supervisor_id: UUID
    reference: str
    declared_at: Moment
    received_at: Moment | None
    verified_at: Moment | None


class LotPage(Shape):
    """Lots, newest first; `next` is the cursor of the page after."""

    items: list[LotView]
    next: UUID | None


def lot_view(row: Lot) -> LotView:
    """A lot in the API's shape."""
    plain = (
        "id", "number", "status", "product_name", "grade", "price_code", "site_id", "bin_code", "warehouse_id",
        "supervisor_id", "reference", "declared_at", "received_at", "verified_at",
    )  # fmt: skip
    return LotView(
        documented=shape(row.documented),
        weighed=shape(row.weighed) if row.weighed is not None else None,
        verified=shape(row.verified) if row.verified is not None else None,
        held=shape(Quantity(row.held_qty, row.unit)),
        free=shape(Quantity(row.free_qty, row.unit)),
        departed=shape(Quantity(row.departed_qty, row.unit)),
        **{name: getattr(row, name) for name in plain},
    )
