"""What a loan does by itself: the day's close, a look after every fact that moves value or debt, and a call's clock.

Every reaction may come late, or be asked again after a failure: each holds the deal first and looks at where things stand.
"""

from datetime import date
from uuid import UUID

from marketplace.financing import actions
from marketplace.financing.agreeing import offers
from marketplace.financing.events.calls import MarginCallDisputed, MarginCallOpened, NoticeReached
from marketplace.financing.margin import calls, objections, warmth
from marketplace.financing.margin.quiet_marks import mark_together
from marketplace.financing.margin.watching import review_together
from marketplace.financing.nights import end_of_day
from marketplace.financing.nights.clock import look_at_all, mark_all
from marketplace.financing.queries import is_deal
from marketplace.inventory.conversions.events import LotMade
from marketplace.inventory.events import LossReported, LotDeparted, LotFrozen, LotUnfrozen, QuantityShrunk
from marketplace.inventory.found_events import LotMended, QuantityFound
from marketplace.inventory.shelf_life.events import LotAssayed, ShelfLifeEnded
from marketplace.pledges.events import (
    PledgeRealised,
    PledgesActivated,
    PledgesImpaired,
    PledgesReleased,
    ReleaseExecuted,
)
from marketplace.pledges.paper_events import ControlRestored
from marketplace.pledges.queries import pledges_of_lot
from marketplace.pledges.ranks.events import RankMovedUp
from marketplace.reliance.events import EvidenceGraded
from marketplace.supervision.correction_events import AlarmSuperseded
from marketplace.supervision.events import AlarmCleared, AlarmClosed, AlarmRaised, QuantityMeasured
from marketplace.valuation.events import BaseTermsSet, PricesImported
from marketplace.valuation.queries import basis_of, latest_valuation
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(PricesImported, roles={"actor"})
def review_book(ws: Workspace, happened: Happened) -> None:
    """New prices: have each of the bank's running loans marked to market that such goods carry."""
    mark_all(ws, f"prices:{happened.facts['import_id']}", "price", code=str(happened.facts["code"]))


@reacts_to(roles=set())
def mark_stretch(ws: Workspace, happened: Happened) -> None:
    """A stretch of the bank's book at new prices."""
    mark_together(ws, [UUID(one) for one in happened.facts["deals"]], cause=str(happened.facts["cause"]))


@reacts_to(roles=set())
def review_loans(ws: Workspace, happened: Happened) -> None:
    """The days are closed: the loss to expect of the book is told, and each loan is looked at, which interest has brought nearer to its lines."""
    end_of_day.expect_loss(ws, date.fromisoformat(happened.facts["day"]))
    look_at_all(ws, f"day:{happened.facts['day']}", "day")


@reacts_to(QuantityShrunk, QuantityFound, QuantityMeasured, LossReported, LotMended, AlarmRaised, AlarmCleared, AlarmClosed, AlarmSuperseded, LotFrozen, LotUnfrozen, LotDeparted, LotMade, LotAssayed, ShelfLifeEnded, roles={"bank"})  # fmt: skip
def review_margin(ws: Workspace, happened: Happened) -> None:
    """Something happened to goods: look at the loans of ours that they carry. Lesser alarms say nothing of quantity or worth."""
    if happened.facts.get("severity", "CRITICAL") not in {"CRITICAL", "MAJOR"}:
        return
    of_quantity = happened.kind in {
        "QuantityShrunk",
        "QuantityFound",
        "QuantityMeasured",
        "LossReported",
        "LotMended",
        "LotDeparted",
        "LotMade",
        "LotAssayed",
    }
    cause = "quantity" if of_quantity or happened.facts.get("type") == "weight_change" else "alarm"
    lot_id = UUID(happened.facts["lot_id"]) if happened.facts.get("lot_id") else happened.stream_id
    deals = warmth.deals_on(ws, lot_id)
    for deal_id in deals:
        actions.review_deal(ws, deal_id, cause=cause)
    if deals and happened.kind == AlarmRaised.__name__ and happened.facts["type"] == warmth.WARM:
        warmth.await_look(ws, lot_id)


@reacts_to(roles=set())
def look_while_warm(ws: Workspace, happened: Happened) -> None:
    """An hour in which goods were too warm."""
    warmth.look_while_warm(ws, happened.stream_id)


@reacts_to(EvidenceGraded, roles={"bank"})
def review_evidence(ws: Workspace, happened: Happened) -> None:
    """What is known of goods is worth more or less now: value the loans of ours that lend only on watched goods, unless they were valued by that already."""
    for deal_id in sorted({one.deal_id for one in pledges_of_lot(ws, happened.stream_id) if one.bank_id == ws.tenant_id}):  # fmt: skip
        basis, value = basis_of(ws, deal_id), latest_valuation(ws, deal_id)
        grades = {line.lot_id: line.evidence_grade for line in value.lines} if value else {}
        if basis and basis.devices_required and grades.get(happened.stream_id) != happened.facts["grade"] and is_deal(ws, deal_id):  # fmt: skip
            actions.review_deal(ws, deal_id, cause="alarm")


@reacts_to(
    PledgesActivated,
    PledgesImpaired,
    ControlRestored,
    ReleaseExecuted,
    PledgesReleased,
    PledgeRealised,
    RankMovedUp,
    BaseTermsSet,
    roles={"bank"},
)
def review_cover(ws: Workspace, happened: Happened) -> None:
    """Goods came into a deal or left it, or count by other terms: conditions may be met, a call cured, or the cover have become thin."""
    if not is_deal(ws, happened.stream_id):
        return
    actions.meet_conditions(ws, happened.stream_id)
    came_in = happened.kind == PledgesActivated.__name__
    actions.review_deal(ws, happened.stream_id, cause="goods", received=came_in)


@reacts_to(roles=set())
def review_deal(ws: Workspace, happened: Happened) -> None:
    """A look at one deal that was put off to its own transaction."""
    actions.review_deal(ws, happened.stream_id, cause=str(happened.facts["cause"]))


@reacts_to(roles=set())
def review_stretch(ws: Workspace, happened: Happened) -> None:
    """A look at a stretch of the bank's book."""
    review_together(ws, [UUID(one) for one in happened.facts["deals"]], cause=str(happened.facts["cause"]))


@reacts_to(roles=set())
def close_day(ws: Workspace, happened: Happened) -> None:
    """After midnight: close the days of the bank that are over, a stretch of loans in each transaction."""
    end_of_day.go_on(ws)


@reacts_to(roles=set())
def expire_offer(ws: Workspace, happened: Happened) -> None:
    """An offer's validity is over."""
    offers.expire_offer(ws, happened.stream_id, UUID(happened.facts["offer_id"]))


@reacts_to(MarginCallOpened, roles={"borrower"})
def take_notice(ws: Workspace, happened: Happened) -> None:
    """In the borrower's workspace: the notice has reached it."""
    calls.tell_notice(ws, UUID(happened.facts["call_id"]))


@reacts_to(NoticeReached, roles={"bank"})
def count_notified(ws: Workspace, happened: Happened) -> None:
    """In the bank's: with the proof of delivery, the call's clock starts."""
    calls.count_notified(ws, UUID(happened.facts["call_id"]))


@reacts_to(MarginCallDisputed, roles={"bank"})
def hold_clock(ws: Workspace, happened: Happened) -> None:
    """In the bank's workspace: the call is contested, and its clock does what was agreed for that."""
    objections.hold_clock(ws, UUID(happened.facts["call_id"]))


@reacts_to(roles=set())
def check_notice(ws: Workspace, happened: Happened) -> None:
    """An hour after a call was opened."""
    calls.check_notice(ws, UUID(happened.facts["call_id"]))


@reacts_to(roles=set())
def take_silence(ws: Workspace, happened: Happened) -> None:
    """Four hours after a call was notified."""
    calls.take_silence(ws, UUID(happened.facts["call_id"]))


@reacts_to(roles=set())
def expire_call(ws: Workspace, happened: Happened) -> None:
    """Two business days after a call was notified."""
    calls.expire_call(ws, UUID(happened.facts["call_id"]))
