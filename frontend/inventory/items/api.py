"""Calls for lots kept item by item: the list as read and declared, each item weighed in, items that are missing."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Nothing, QuantityShape, Shape
from frontend.inventory.calls import LotView, Reason, Short, UploadBody, api, bytes_of, lot_view
from frontend.inventory.importing.api import UploadView, upload_view
from frontend.pledges.api import quantity, shape
from marketplace.inventory import actions, queries
from marketplace.inventory.items import pieces as items
from marketplace.inventory.items.models import LotItem
from marketplace.inventory.models import Lot
from tenants.workspace import Workspace


class ItemView(Shape):
    """A coil, bale or drum: its serial and GS1 Digital Link path, its tag, what papers and scale say, and where it stands.

    `units`: the half-open range of the lot's base units that it is, once verified.
    """

    id: UUID
    serial: str
    path: str
    tag: str | None
    documented: QuantityShape
    weighed: QuantityShape | None
    units: list[int] | None
    state: str
    received_at: Moment | None
    ended_at: Moment | None


class ItemPage(Shape):
    """A lot's items in the order of their list."""

    items: list[ItemView]


class ItemReceiptBody(Shape):
    """What the scale said of one item; the first one names the bin."""

    gross: QuantityShape
    tare: QuantityShape
    bin_id: UUID | None = None
    ticket: Short = ""
    vehicle: Short = ""


class MissingBody(Shape):
    """Which items are missing, and how that is known."""

    items: Annotated[list[UUID], Field(min_length=1, max_length=500)]
    because: Reason


@api.look("/lots/<uuid:lot_id>/items", gives=ItemPage)
def list_items(ws: Workspace, lot_id: UUID) -> ItemPage:
    """A lot's items."""
    lot = queries.find_lot(ws, lot_id)
    return ItemPage(items=[_item(lot, row) for row in items.items_of(ws, lot.id)])


@api.act("/lots/<uuid:lot_id>/item-lists", takes=UploadBody, gives=UploadView, status=201)
def read_items(ws: Workspace, lot_id: UUID, body: UploadBody) -> UploadView:
    """Read a list of a declared lot's items for preview."""
    return upload_view(actions.read_items(ws, lot_id, name=body.name, content=bytes_of(body)))


@api.look("/item-lists/<uuid:list_id>", gives=UploadView)
def show_item_list(ws: Workspace, list_id: UUID) -> UploadView:
    """A list as it was read."""
    return upload_view(queries.find_item_list(ws, list_id))


@api.act("/item-lists/<uuid:list_id>/declaration", takes=Nothing, gives=LotView, status=201)
def declare_items(ws: Workspace, list_id: UUID, body: Nothing) -> LotView:
    """Declare a lot item by item, the list whole."""
    return lot_view(actions.declare_items(ws, list_id))


@api.act("/lots/<uuid:lot_id>/items/<uuid:item_id>/receipt", takes=ItemReceiptBody, gives=ItemView)
def receive_item(ws: Workspace, lot_id: UUID, item_id: UUID, body: ItemReceiptBody) -> ItemView:
    """Weigh one item in."""
    weights = {"gross": quantity(body.gross), "tare": quantity(body.tare)}
    item = actions.receive_item(ws, lot_id, item_id, **(body.model_dump() | weights))
    return _item(queries.find_lot(ws, lot_id), item)


@api.act("/lots/<uuid:lot_id>/missing-items", takes=MissingBody, gives=LotView)
def miss_items(ws: Workspace, lot_id: UUID, body: MissingBody) -> LotView:
    """Report items missing."""
    return lot_view(actions.miss_items(ws, lot_id, items=body.items, because=body.because))


def _item(lot: Lot, row: LotItem) -> ItemView:
    plain = {name: getattr(row, name) for name in ("id", "serial", "path", "tag", "received_at", "ended_at")}
    return ItemView(
        documented=shape(row.documented),
        weighed=shape(row.weighed) if row.weighed is not None else None,
        units=[row.units.lower or 0, row.units.upper or 0] if row.units else None,
        state=items.standing_of(lot, row),
        **plain,
    )
