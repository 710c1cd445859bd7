"""Calls about pledges: what is held under a deal, the control behind it, and the bank's orders to let goods go."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, PageQuery, QuantityShape, Shape
from frontend.language import said
from frontend.pledges.blueprint import api
from marketplace.pledges import actions, queries
from marketplace.pledges.models import ControlRecord, Pledge, ReleaseOrder
from marketplace.quantity import Quantity
from tenants import rooms
from tenants.approvals import Approval
from tenants.workspace import Workspace

Sentence = Annotated[str, Field(min_length=1, max_length=500)]


class PledgeView(Shape):
    """One pledge: so much of a lot, held for one bank under one deal. `units` are half-open ranges of the lot's base units.
    `by_receipt`: the warehouse receipt for the goods is what was pledged.
    """

    id: UUID
    deal_id: UUID
    lot_id: UUID
    lot_number: str
    product_name: str
    quantity: QuantityShape
    units: list[int]
    rank: int
    by_receipt: bool
    status: str
    certificate: str | None
    active_at: Moment | None
    ended_at: Moment | None


class PledgePage(Shape):
    """Pledges, newest first; `next` is the cursor of the page after."""

    items: list[PledgeView]
    next: UUID | None


class DealPledges(Shape):
    """Everything that a deal holds, live or ended."""

    items: list[PledgeView]


class ControlBody(Shape):
    """The supervisor's statement that it holds the goods for the bank."""

    statement: Sentence
    keys_held: bool = True
    goods_segregated: bool = True
    devices_online: bool = True


class ControlView(Shape):
    """A control record."""

    id: UUID
    deal_id: UUID
    mode: str
    statement: str
    signed_by: str
    effective_at: Moment
    lots: list[dict[str, Any]]


class ReleaseBody(Shape):
    """So much of a lot is to be let go, and why."""

    lot_id: UUID
    quantity: QuantityShape
    because: Sentence


class Execution(Shape):
    """What the warehouse weighed out."""

    weighed: QuantityShape


class OrderView(Shape):
    """A release order."""

    id: UUID
    deal_id: UUID
    lot_id: UUID
    lot_number: str
    ordered: QuantityShape
    executed: QuantityShape
    status: str
    because: str
    ordered_by: str
    approved_by: str
    ordered_at: Moment


class OrderPage(Shape):
    """Release orders, newest first."""

    items: list[OrderView]
    next: UUID | None


class Proposed(Shape):
    """A proposal that a colleague has to approve."""

    approval_id: UUID
    act: str
    summary: str


class Asked(Shape):
    """The request was told to the bank."""

    deal_id: UUID


class Acceptance(Shape):
    """The bank proposes to accept control: nothing to add."""


class Revocation(Shape):
    """The order is taken back: nothing to add."""


@api.look("/pledges", takes=PageQuery, gives=PledgePage)
def list_pledges(ws: Workspace, body: PageQuery) -> PledgePage:
    """Pledges of the caller's deals."""
    rows = queries.list_pledges(ws, cursor=body.cursor, limit=body.limit)
    return PledgePage(items=[pledge_view(row) for row in rows], next=rows[-1].id if len(rows) == body.limit else None)


@api.look("/deals/<uuid:deal_id>/pledges", gives=DealPledges)
def list_deal_pledges(ws: Workspace, deal_id: UUID) -> DealPledges:
    """What a deal holds."""
    rooms.require(ws, deal_id)
    return DealPledges(items=[pledge_view(row) for row in queries.pledges_of_deal(ws, deal_id, live=False)])


@api.act("/deals/<uuid:deal_id>/control-records", takes=ControlBody, gives=ControlView, status=201)
def confirm_control(ws: Workspace, deal_id: UUID, body: ControlBody) -> ControlView:
    """The supervisor confirms control over the goods offered."""
    return control_view(actions.confirm_control(ws, deal_id, **body.model_dump()))


@api.act("/deals/<uuid:deal_id>/control-acceptance", takes=Acceptance, gives=Proposed)
def propose_control(ws: Workspace, deal_id: UUID, body: Acceptance) -> Proposed:
    """The bank proposes to accept control; a colleague's approval makes the pledges active."""
    return proposed(actions.propose_control(ws, deal_id))


@api.act("/deals/<uuid:deal_id>/release-requests", takes=ReleaseBody, gives=Asked)
def request_release(ws: Workspace, deal_id: UUID, body: ReleaseBody) -> Asked:
    """The borrower asks for goods to be let go."""
    actions.request_release(ws, deal_id, lot_id=body.lot_id, quantity=quantity(body.quantity), because=body.because)
    return Asked(deal_id=deal_id)


@api.act("/deals/<uuid:deal_id>/release-orders", takes=ReleaseBody, gives=Proposed)
def order_release(ws: Workspace, deal_id: UUID, body: ReleaseBody) -> Proposed:
    """The bank proposes to let goods go; a colleague's approval makes the order."""
    wanted = quantity(body.quantity)
    return proposed(actions.order_release(ws, deal_id, lot_id=body.lot_id, quantity=wanted, because=body.because))


@api.look("/release-orders", takes=PageQuery, gives=OrderPage)
def list_release_orders(ws: Workspace, body: PageQuery) -> OrderPage:
    """Release orders of the caller's deals."""
    rows = queries.release_orders(ws, cursor=body.cursor, limit=body.limit)
    return OrderPage(items=[order_view(row) for row in rows], next=rows[-1].id if len(rows) == body.limit else None)


@api.look("/release-orders/<uuid:order_id>", gives=OrderView)
def show_release_order(ws: Workspace, order_id: UUID) -> OrderView:
    """One release order."""
    return order_view(queries.find_order(ws, order_id))


@api.act("/release-orders/<uuid:order_id>/executions", takes=Execution, gives=OrderView)
def execute_release(ws: Workspace, order_id: UUID, body: Execution) -> OrderView:
    """The warehouse weighs goods out under the order."""
    return order_view(actions.execute_release(ws, order_id, weighed=quantity(body.weighed)))


@api.act("/release-orders/<uuid:order_id>/revocation", takes=Revocation, gives=OrderView)
def revoke_release(ws: Workspace, order_id: UUID, body: Revocation) -> OrderView:
    """The bank takes back what the order has not released yet."""
    return order_view(actions.revoke_release(ws, order_id))


def pledge_view(row: Pledge) -> PledgeView:
    """A pledge in the API's shape."""
    return PledgeView(
        id=row.id,
        deal_id=row.deal_id,
        lot_id=row.lot_id,
        lot_number=row.lot_number,
        product_name=row.product_name,
        quantity=shape(row.amount),
        units=[row.units.lower or 0, row.units.upper or 0],
        rank=row.rank,
        by_receipt=row.by_receipt,
        status=row.status,
        certificate=row.certificate,
        active_at=row.active_at,
        ended_at=row.ended_at,
    )


def control_view(row: ControlRecord) -> ControlView:
    """A control record in the API's shape."""
    return ControlView.model_validate(row)


def order_view(row: ReleaseOrder) -> OrderView:
    """A release order in the API's shape."""
    plain = {
        name: getattr(row, name)
        for name in ("id", "deal_id", "lot_id", "lot_number", "status", "because", "ordered_by", "approved_by")
    }
    ordered_at: datetime = row.ordered_at
    return OrderView(
        ordered=shape(Quantity(row.ordered, row.unit)),
        executed=shape(Quantity(row.executed, row.unit)),
        ordered_at=ordered_at,
        **plain,
    )


def proposed(approval: Approval) -> Proposed:
    """A proposal in the API's shape."""
    return Proposed(approval_id=approval.id, act=approval.act, summary=said(approval.summary))


def quantity(given: QuantityShape) -> Quantity:
    """A quantity from its shape; refuses an unknown unit."""
    return Quantity.of(given.amount, given.unit)


def shape(value: Quantity) -> QuantityShape:
    """A quantity in the API's shape."""
    return QuantityShape(amount=f"{value.amount:.3f}", unit=value.unit)
