"""Calls for visits: times, places, attendance."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Nothing, Shape
from frontend.disposal.blueprint import api
from marketplace.disposal import actions, queries
from marketplace.disposal.visits import actions as visiting
from marketplace.disposal.visits.models import Visit, VisitKind, VisitSlot
from tenants.workspace import Workspace


class SlotWish(Shape):
    """A time to offer: the seller to look at the goods, whoever hands them over to collect them."""

    kind: VisitKind
    starts_at: Moment
    ends_at: Moment
    places: Annotated[int, Field(ge=1, le=100)]
    note: Annotated[str, Field(max_length=200)] = ""


class SlotView(Shape):
    """A time that is offered, and how many of its places are free."""

    slot_id: UUID
    kind: VisitKind
    starts_at: Moment
    ends_at: Moment
    places: int
    free: int
    note: str


class VisitWish(Shape):
    """A place to book, and who comes."""

    slot_id: UUID
    visitor: Annotated[str, Field(min_length=2, max_length=120)]


class VisitView(Shape):
    """A visit, for its firm and whoever receives it."""

    visit_id: UUID
    slot_id: UUID
    organisation: str
    visitor: str
    booked_at: Moment
    cancelled_at: Moment | None
    attended: bool | None


class Visits(Shape):
    """The times of a sale, and the visits that the caller may know of."""

    times: list[SlotView]
    visits: list[VisitView]


class Attendance(Shape):
    """Whether the visitor came."""

    attended: bool


@api.look("/auctions/<uuid:auction_id>/visits", gives=Visits)
def list_visits(ws: Workspace, auction_id: UUID) -> Any:
    """Times to look at the goods and to collect them, and who comes."""
    queries.find_auction(ws, auction_id)
    times = [_slot(one.slot, one.free) for one in visiting.times_of(ws, auction_id)]
    return {"times": times, "visits": [_visit(one) for one in visiting.visits_of(ws, auction_id)]}


@api.act("/auctions/<uuid:auction_id>/visit-slots", gives=SlotView, takes=SlotWish, status=201)
def offer_slot(ws: Workspace, auction_id: UUID, body: SlotWish) -> Any:
    """Offer a time."""
    slot = actions.offer_slot(ws, auction_id, **{name: getattr(body, name) for name in SlotWish.model_fields})
    return _slot(slot, slot.places)


@api.act("/auctions/<uuid:auction_id>/visits", gives=VisitView, takes=VisitWish, status=201)
def book_visit(ws: Workspace, auction_id: UUID, body: VisitWish) -> Any:
    """Book a place."""
    return _visit(actions.book_visit(ws, auction_id, body.slot_id, visitor=body.visitor))


@api.act("/auctions/<uuid:auction_id>/visits/<uuid:visit_id>/cancellation", gives=VisitView, takes=Nothing)
def cancel_visit(ws: Workspace, auction_id: UUID, visit_id: UUID, body: Nothing) -> Any:
    """Not come after all."""
    return _visit(actions.cancel_visit(ws, auction_id, visit_id))


@api.act("/auctions/<uuid:auction_id>/visits/<uuid:visit_id>/attendance", gives=VisitView, takes=Attendance)
def note_attendance(ws: Workspace, auction_id: UUID, visit_id: UUID, body: Attendance) -> Any:
    """Note whether a visitor came."""
    return _visit(actions.note_attendance(ws, auction_id, visit_id, attended=body.attended))


def _slot(slot: VisitSlot, free: int) -> dict[str, Any]:
    return {name: getattr(slot, name) for name in SlotView.model_fields if name != "free"} | {"free": free}


def _visit(visit: Visit) -> dict[str, Any]:
    return {name: getattr(visit, name) for name in VisitView.model_fields}
