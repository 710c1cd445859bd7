"""Offering times to look at goods or to collect them, booking a place, and noting who came."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.settlements import Handover
from marketplace.disposal.queries import LIVE, find_auction, is_seller
from marketplace.disposal.registering import find_registration
from marketplace.disposal.visits.events import InspectionOffered, VisitBooked, VisitCancelled
from marketplace.disposal.visits.models import Visit, VisitKind, VisitSlot
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from tenants.workspace import Workspace

LONGEST = timedelta(hours=12)
TAKEN = text("select * from gate.taken_places(:auction)")


@dataclass(frozen=True, slots=True)
class Time:
    """A time that is offered, and how many places of it are free."""

    slot: VisitSlot
    free: int


def offer_slot(
    ws: Workspace, auction_id: UUID, *, kind: VisitKind, starts_at: datetime, ends_at: datetime, places: int, note: str
) -> VisitSlot:
    """Offer a time: the seller to look at the goods before the close, whoever hands them over to collect them. Refuses the past and others."""
    ws.may("prepare_disposal" if kind is VisitKind.INSPECTION else "hand_over")
    auction = find_auction(ws, auction_id)
    _require_host(ws, auction, kind)
    if not starts_at < ends_at <= starts_at + LONGEST:
        raise Invalid("times_wrong", "A visit ends after it begins, within twelve hours.", field="ends_at")
    if not 1 <= places <= 100:
        raise Invalid("places_wrong", "Offer 1 to 100 places.", field="places")
    if kind is VisitKind.INSPECTION and ends_at > auction.closes_at:
        raise Invalid("after_close", "Goods are looked at before the close.", field="ends_at")
    slot = VisitSlot(
        auction_id=auction_id,
        slot_id=new_id(),
        tenant_id=ws.tenant_id,
        kind=kind.value,
        starts_at=starts_at,
        ends_at=ends_at,
        places=places,
        note=note.strip()[:200],
    )
    _add(ws, slot)
    if kind is VisitKind.INSPECTION:
        ws.record(InspectionOffered(auction_id=auction_id, title=auction.title, starts_at=starts_at), on=auction_id)
    return slot


def book_visit(ws: Workspace, auction_id: UUID, slot_id: UUID, *, visitor: str) -> Visit:
    """Book a place for somebody of this firm. Refuses who is not qualified (deposit in; or the goods released to it), a full time, and one that has begun."""
    ws.may("register_bidder")
    auction, named = find_auction(ws, auction_id), visitor.strip()
    if not 2 <= len(named) <= 120:
        raise Invalid("visitor_missing", "Name who comes, in 2 to 120 characters.", field="visitor")
    slot = ws.session.get(VisitSlot, (auction_id, slot_id))
    registration = find_registration(ws, auction_id, ws.tenant_id)
    if slot is None or registration is None:
        raise _why("visit_slot_unknown" if slot is None else "visit_qualified")
    visit = Visit(
        auction_id=auction_id,
        visit_id=new_id(),
        tenant_id=ws.tenant_id,
        slot_id=slot_id,
        object_id=registration.registration_id,
        organisation=ws.member.organisation,
        visitor=named,
        booked_at=ws.now,
    )
    _add(ws, visit)
    ws.session.refresh(visit)
    told = VisitBooked(auction_id=auction_id, title=auction.title, organisation=visit.organisation, kind=slot.kind, starts_at=slot.starts_at)  # fmt: skip
    ws.record(told, on=registration.registration_id)
    return visit


def cancel_visit(ws: Workspace, auction_id: UUID, visit_id: UUID) -> Visit:
    """Not come after all: the place is free again. Refuses once the time has begun."""
    ws.may("register_bidder")
    auction, visit = find_auction(ws, auction_id), find_visit(ws, auction_id, visit_id, lock=True)
    registration = find_registration(ws, auction_id, ws.tenant_id)
    if visit.tenant_id != ws.tenant_id or registration is None:
        raise NotFound("visit_unknown", "There is no such visit.")
    if visit.cancelled_at or ws.now >= _slot(ws, visit).starts_at:
        raise Conflict("visit_over", "This visit is cancelled already, or has begun.")
    visit.cancelled_at = ws.now
    told = VisitCancelled(auction_id=auction_id, title=auction.title, organisation=visit.organisation)
    ws.record(told, on=registration.registration_id)
    return visit


def note_attendance(ws: Workspace, auction_id: UUID, visit_id: UUID, *, attended: bool) -> Visit:
    """Note whether a visitor came, from the beginning of its time on, once: by whoever offered it."""
    visit = find_visit(ws, auction_id, visit_id, lock=True)
    slot = _slot(ws, visit)
    if slot.tenant_id != ws.tenant_id:
        raise NotFound("visit_unknown", "There is no such visit.")
    ws.may("prepare_disposal" if slot.kind == VisitKind.INSPECTION else "hand_over")
    if visit.cancelled_at or visit.attended is not None or ws.now < slot.starts_at:
        raise Conflict("visit_noted", "This visit is noted already, cancelled, or not due yet.")
    visit.attended, visit.noted_at = attended, ws.now
    ws.session.flush()
    return visit


def times_of(ws: Workspace, auction_id: UUID) -> list[Time]:
    """The times of a sale in their order, with the places that are free."""
    taken = {row.slot_id: int(row.taken) for row in ws.session.execute(TAKEN, {"auction": auction_id})}
    slots = select(VisitSlot).where(VisitSlot.auction_id == auction_id).order_by(VisitSlot.starts_at, VisitSlot.slot_id)
    return [Time(slot, slot.places - taken.get(slot.slot_id, 0)) for slot in ws.session.scalars(slots)]


def visits_of(ws: Workspace, auction_id: UUID) -> list[Visit]:
    """Who comes, as far as the viewer may know: a firm its own, whoever receives it all."""
    return list(ws.session.scalars(select(Visit).where(Visit.auction_id == auction_id).order_by(Visit.booked_at, Visit.visit_id)))  # fmt: skip


def find_visit(ws: Workspace, auction_id: UUID, visit_id: UUID, *, lock: bool = False) -> Visit:
    """One visit."""
    found = ws.session.get(Visit, (auction_id, visit_id), with_for_update={"key_share": True} if lock else None)
    if found is None:
        raise NotFound("visit_unknown", "There is no such visit.")
    return found


def may_offer(ws: Workspace, auction: Auction) -> tuple[VisitKind, ...]:
    """Which times the viewer could offer now."""
    if is_seller(ws, auction) and auction.status in LIVE and ws.can("prepare_disposal"):
        return (VisitKind.INSPECTION,)
    return (VisitKind.COLLECTION,) if ws.can("hand_over") and _hands_over(ws, auction) else ()


def _require_host(ws: Workspace, auction: Auction, kind: VisitKind) -> None:
    """Refuse, as not found, who neither sells these goods nor hands them over."""
    if kind is VisitKind.INSPECTION and not is_seller(ws, auction):
        raise _why("slot_inspection")
    if kind is VisitKind.COLLECTION and not _hands_over(ws, auction):
        raise _why("slot_collection")


def _hands_over(ws: Workspace, auction: Auction) -> bool:
    ordered = select(Handover).where(Handover.auction_id == auction.auction_id, Handover.status == "ORDERED")
    return ws.session.scalars(ordered).first() is not None


def _slot(ws: Workspace, visit: Visit) -> VisitSlot:
    return ws.session.get_one(VisitSlot, (visit.auction_id, visit.slot_id))


def _add(ws: Workspace, row: Visit | VisitSlot) -> None:
    try:
        with ws.session.begin_nested():
            ws.session.add(row)
    except DBAPIError as refused:
        raise _why(getattr(getattr(refused.orig, "diag", None), "constraint_name", "")) from refused


def _why(constraint: str) -> Refused:
    refusals: dict[str, Refused] = {
        "slot_past": Invalid("slot_past", "Offer a time to come.", field="starts_at"),
        "slot_inspection": NotFound("auction_unknown", "There is no such auction."),
        "slot_collection": NotFound("handover_unknown", "There is nothing to hand over."),
        "visit_slot_unknown": NotFound("slot_unknown", "There is no such time."),
        "visit_begun": Conflict("visit_begun", "This time has begun."),
        "visit_qualified": NotAllowed("visitor_unqualified", "Bidders whose deposit is in may look at the goods, and the buyer may collect them once their release is ordered."),
        "visit_full": Conflict("visit_full", "All places at this time are taken."),
        "uq_visit_once": Conflict("visit_booked", "You have a place at this time already."),
    }  # fmt: skip
    assert constraint in refusals, constraint
    return refusals[constraint]
