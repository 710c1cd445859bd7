"""The one set of calls about goods, and a lot in the API's shape; each file of calls registers on it."""

import base64
import binascii
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, QuantityShape, Ratio, Shape
from frontend.pledges.api import shape
from marketplace.inventory.models import Lot
from marketplace.quantity import Quantity
from tenants.errors import Invalid

api = Api("inventory")
Short = Annotated[str, Field(max_length=100)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Code = Annotated[str, Field(min_length=1, max_length=40)]
MOST_TEXT = 2_900_000
Reason = Annotated[str, Field(min_length=1, max_length=500)]


class UploadBody(Shape):
    """A file: CSV (UTF-8 or GB18030) or xlsx, its bytes in base64."""

    name: Annotated[str, Field(min_length=1, max_length=150)]
    content: Annotated[str, Field(max_length=MOST_TEXT, description="base64 of the file")]


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
    produced_on: date | None
    expires_on: date | None
    by_dry_weight: bool
    moisture: Ratio | None
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
        "supervisor_id", "reference", "produced_on", "expires_on", "by_dry_weight", "moisture", "declared_at", "received_at", "verified_at",
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


def bytes_of(body: UploadBody) -> bytes:
    """The file itself. Refuses what is no base64."""
    try:
        return base64.b64decode(body.content, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise Invalid("content_not_base64", "The content has to be base64.", field="content") from wrong
