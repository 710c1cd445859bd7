"""Calls about lots on their way from declaration to verification; the other rooms of goods register beside it."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import PageQuery, QuantityShape, Shape
from frontend.inventory.calls import LotPage, LotView, Short, api, lot_view
from frontend.pages import public_root
from frontend.pledges.api import Proposed, proposed, quantity
from marketplace.inventory import actions, queries
from marketplace.inventory.life import life_of
from marketplace.inventory.rules.lots import LotState
from tenants.workspace import Workspace


class LotBody(Shape):
    """Goods announced to a warehouse, as their papers say."""

    product_id: UUID
    quantity: QuantityShape
    site_id: UUID
    supervisor_id: UUID
    reference: Short = ""
    origin: Short = ""
    pieces: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    batch: Annotated[str, Field(max_length=20)] = ""
    produced_on: date | None = None
    expires_on: date | None = None


class LotQuery(PageQuery):
    """A page of lots, of one state or with a text in number, product, contract or bin."""

    status: LotState | None = None
    text: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class IdentityView(Shape):
    """A lot's digital identity: GS1 Digital Link path, GTIN and batch."""

    lot_id: UUID
    scheme: str
    gtin: str
    batch: str
    path: str


class ReceiptBody(Shape):
    """What the scale said at the gate, and where the goods lie."""

    gross: QuantityShape
    tare: QuantityShape
    bin_id: UUID
    photo_id: UUID | None = None
    ticket: Short = ""
    vehicle: Short = ""


class InspectionBody(Shape):
    """What the supervisor counted."""

    counted: QuantityShape
    passed: bool
    note: Annotated[str, Field(max_length=1000)] = ""
    expires_on: Annotated[date, Field(description="the day that stands on the goods")] | None = None
    moisture: Annotated[Decimal, Field(ge=0, lt=1, decimal_places=6, description="share of the weight that is water")] | None = None  # fmt: skip
    moisture_certificate: Short = ""


class FreezeBody(Shape):
    """Why goods must not move."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


@api.look("/lots", takes=LotQuery, gives=LotPage)
def list_lots(ws: Workspace, body: LotQuery) -> LotPage:
    """Lots that the caller owns, keeps, supervises or lends on."""
    rows = queries.list_lots(ws, status=body.status, text=body.text, cursor=body.cursor, limit=body.limit)
    return LotPage(items=[lot_view(row) for row in rows], next=rows[-1].id if len(rows) == body.limit else None)


@api.act("/lots", takes=LotBody, gives=LotView, status=201)
def declare_lot(ws: Workspace, body: LotBody) -> LotView:
    """Announce goods to a warehouse."""
    return lot_view(actions.declare_lot(ws, **(body.model_dump() | {"quantity": quantity(body.quantity)})))


@api.look("/lots/<uuid:lot_id>", gives=LotView)
def show_lot(ws: Workspace, lot_id: UUID) -> LotView:
    """One lot."""
    return lot_view(queries.find_lot(ws, lot_id))


@api.look("/lots/<uuid:lot_id>/identity", gives=IdentityView)
def show_identity(ws: Workspace, lot_id: UUID) -> IdentityView:
    """A lot's digital identity."""
    queries.find_lot(ws, lot_id)
    return IdentityView.model_validate(queries.identity_of(ws, lot_id))


class LifeBody(Shape):
    """The body of an EPCIS document."""

    eventList: list[dict[str, Any]]  # noqa: N815 (EPCIS names it so)


class LifeView(Shape):
    """An EPCIS 2.0 document. Words of the house's own begin with `house:`; `house:hash` is the event's in the lot's record."""

    context: Annotated[list[Any], Field(alias="@context")]
    type: str
    schemaVersion: str  # noqa: N815
    creationDate: str  # noqa: N815
    epcisBody: LifeBody  # noqa: N815


@api.look("/lots/<uuid:lot_id>/epcis", gives=LifeView)
def show_life(ws: Workspace, lot_id: UUID) -> Any:
    """A lot's life in EPCIS 2.0, as far as the caller may know it."""
    return life_of(ws, lot_id, house=public_root())


@api.act("/lots/<uuid:lot_id>/receipt", takes=ReceiptBody, gives=LotView)
def receive_lot(ws: Workspace, lot_id: UUID, body: ReceiptBody) -> LotView:
    """Weigh goods in and give them a bay."""
    weights = {"gross": quantity(body.gross), "tare": quantity(body.tare)}
    return lot_view(actions.receive_lot(ws, lot_id, **(body.model_dump() | weights)))


@api.act("/lots/<uuid:lot_id>/inspections", takes=InspectionBody, gives=Proposed, status=201)
def inspect_lot(ws: Workspace, lot_id: UUID, body: InspectionBody) -> Proposed:
    """Put what was counted before a colleague; on approval the lot is verified."""
    counted = quantity(body.counted)
    return proposed(actions.inspect_lot(ws, lot_id, **(body.model_dump() | {"counted": counted})))


@api.act("/lots/<uuid:lot_id>/freeze", takes=FreezeBody, gives=LotView)
def freeze_lot(ws: Workspace, lot_id: UUID, body: FreezeBody) -> LotView:
    """Let nothing of a lot move."""
    return lot_view(actions.freeze_lot(ws, lot_id, reason=body.reason))
