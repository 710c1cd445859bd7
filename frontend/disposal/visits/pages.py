"""Visits: times to look at goods and to collect them, places, and who came."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend import entered
from frontend.disposal.blueprint import pages
from frontend.language import ZONE, translate
from frontend.pages import render
from marketplace.disposal import actions, queries
from marketplace.disposal.visits import actions as visiting
from marketplace.disposal.visits.models import VisitKind
from tenants.errors import Invalid, NotFound
from tenants.workspace import Workspace


@pages.look("/auctions/<uuid:auction_id>/visits", visitors=True)
def list_visits(ws: Workspace, auction_id: UUID) -> Any:
    auction = queries.find_auction(ws, auction_id)
    times = visiting.times_of(ws, auction_id)
    visits = [] if ws.member.is_visitor else visiting.visits_of(ws, auction_id)
    return render(
        "disposal/visits/visits.html",
        auction=auction, times=times, visits=visits, mine={one.slot_id for one in visits if one.tenant_id == ws.tenant_id and not one.cancelled_at},
        slots={one.slot.slot_id: one.slot for one in times}, offers=() if ws.member.is_visitor else visiting.may_offer(ws, auction),
        begins=_usual_start(ws.now),
    )  # fmt: skip


@pages.act("/auctions/<uuid:auction_id>/visit-slots", again="list_visits")
def offer_slot(ws: Workspace, auction_id: UUID) -> Any:
    if not visiting.may_offer(ws, queries.find_auction(ws, auction_id)):
        raise NotFound("auction_unknown", "There is no such auction.")
    try:
        kind = VisitKind(request.form.get("kind", ""))
    except ValueError as unknown:
        raise Invalid("choice_missing", "Choose one from the list.", field="kind") from unknown
    actions.offer_slot(
        ws, auction_id, kind=kind, starts_at=entered.moment("starts_at"), ends_at=entered.moment("ends_at"),
        places=entered.whole("places", 1), note=request.form.get("note", ""),
    )  # fmt: skip
    flash(translate("Offered."), "ok")
    return redirect(url_for(".list_visits", auction_id=auction_id))


@pages.act("/auctions/<uuid:auction_id>/visits", again="list_visits")
def book_visit(ws: Workspace, auction_id: UUID) -> Any:
    actions.book_visit(ws, auction_id, entered.chosen("slot_id"), visitor=request.form.get("visitor", ""))
    flash(translate("The place is yours."), "ok")
    return redirect(url_for(".list_visits", auction_id=auction_id))


@pages.act("/auctions/<uuid:auction_id>/visits/<uuid:visit_id>/cancellation")
def cancel_visit(ws: Workspace, auction_id: UUID, visit_id: UUID) -> Any:
    actions.cancel_visit(ws, auction_id, visit_id)
    return redirect(url_for(".list_visits", auction_id=auction_id))


@pages.act("/auctions/<uuid:auction_id>/visits/<uuid:visit_id>/attendance")
def note_attendance(ws: Workspace, auction_id: UUID, visit_id: UUID) -> Any:
    actions.note_attendance(ws, auction_id, visit_id, attended=request.form.get("attended") == "yes")
    return redirect(url_for(".list_visits", auction_id=auction_id))


def _usual_start(now: datetime) -> datetime:
    """Tomorrow at ten."""
    return (now + timedelta(days=1)).astimezone(ZONE).replace(hour=10, minute=0, second=0)
