"""Margin calls: opened once, told once, cured or escalated once, whatever happens in which order."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from marketplace.financing import actions
from marketplace.financing.margin.watching import review_deal
from marketplace.financing.models.calls import MarginCall
from marketplace.financing.queries import margin_calls
from marketplace.inventory.actions import shrink_verified
from marketplace.pledges.queries import pledges_of_deal
from marketplace.quantity import Quantity
from tenants import approvals
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.events import Event
from tests.factories import World
from tests.marketplace.financing.makers import (
    ADeal,
    a_called_loan,
    a_defaulted_deal,
    a_running_loan,
    an_escalated_call,
    decided,
    yuan,
)
from tests.marketplace.pledges.makers import activate
from tests.marketplace.valuation.makers import a_price


def told(deal: ADeal, prefix: str = "MarginCall") -> list[str]:
    """What the deal's stream says of calls, in order."""
    with deal.bank.operator.ws(read_only=True) as ws:
        kinds = select(Event.kind).where(Event.stream_id == deal.deal_id).order_by(Event.sequence)
        return [kind for kind in ws.session.scalars(kinds) if kind.startswith(prefix)]


def the_call(deal: ADeal) -> MarginCall:
    """The newest call, standing or ended."""
    with deal.bank.operator.ws(read_only=True) as ws:
        return margin_calls(ws, deal.deal_id)[0]


def test_a_fall_of_the_price_opens_one_call_and_the_borrower_has_notice(world: World) -> None:
    deal = a_running_loan(world)
    deal.price("14500")  # 69.0 per cent: safe
    assert deal.call is None
    assert deal.status == "ACTIVE"
    deal.price("14000")  # 71.4: watch
    assert deal.call is None
    assert deal.status == "WATCH"
    deal.price("13000")  # 76.9: call
    call = deal.call
    assert call is not None
    assert (call.status, call.number, call.zone) == ("NOTIFIED", 1, "CALL")
    assert (call.cash, call.goods) == (yuan("155000.00"), yuan("238461.54"))  # 1 m - 0.65 * 1.3 m; 1 m / 0.65 - 1.3 m
    assert call.cure_by == world.now + timedelta(days=2)  # Monday and Tuesday are business days
    assert told(deal) == ["MarginCallOpened", "MarginCallNotified"]
    deal.price("12950")
    assert told(deal) == ["MarginCallOpened", "MarginCallNotified"]


def test_deadlines_run_over_holidays(world: World) -> None:
    """Opened on the eve of the National Day week of 2026: 1 to 7 October are holidays, and 10 October is a working Saturday."""
    deal = a_running_loan(world, tenor_days=365)
    world.set_clock(datetime(2026, 9, 30, 2, 0, tzinfo=UTC))
    deal.price("13000")
    assert deal.call is not None
    assert deal.call.cure_by == datetime(2026, 10, 9, 2, 0, tzinfo=UTC)


def test_a_theft_opens_a_call_too(world: World) -> None:
    deal = a_running_loan(world)
    with deal.parties.supervisor.operator.ws() as ws:
        shrink_verified(ws, deal.lots[0].id, to=Quantity.of("65.000", "TNE"), because="theft")
    world.work()
    assert deal.call is not None
    assert deal.call.cause == "quantity"


def test_below_the_liquidation_line_the_bank_decides_at_once(world: World) -> None:
    deal = a_running_loan(world)
    deal.price("11700")  # 85.5 per cent
    assert deal.call is not None
    assert deal.call.status == "ESCALATED"
    assert told(deal) == ["MarginCallEscalated"]


def test_a_standing_call_that_falls_further_is_escalated_once(world: World) -> None:
    deal = a_called_loan(world)
    deal.price("11700")
    deal.price("11600")
    assert told(deal) == ["MarginCallOpened", "MarginCallNotified", "MarginCallEscalated"]


def test_cash_cures_in_part_and_in_whole(world: World) -> None:
    deal = a_called_loan(world)
    deal.repay("100000.00", "REP-1")
    call = deal.call
    assert call is not None
    assert call.status == "PARTIAL"
    cure = deal.position.cure
    assert cure is not None
    assert cure.cash == yuan("55000.00")
    deal.repay("55000.00", "REP-2")
    assert deal.call is None
    assert told(deal)[2:] == ["MarginCallPartlyCured", "MarginCallCured"]


def test_a_fen_too_little_does_not_cure(world: World) -> None:
    deal = a_called_loan(world)
    deal.repay("154999.99", "REP-1")
    assert deal.call is not None
    deal.repay("0.01", "REP-2")
    assert deal.call is None


def test_goods_cure_once_the_bank_controls_them(world: World) -> None:
    deal = a_called_loan(world)
    more = deal.parties.a_lot("18.344")  # 238,461.54 / 13,000 = 18.3432 t
    with deal.sme.operator.ws() as ws:
        actions.top_up(ws, deal.deal_id, [(more.id, Quantity.of("18.344", "TNE"))])
    world.work()
    assert deal.call is not None  # offered is not pledged
    activate(deal.parties, deal.deal_id)
    world.work()
    assert deal.call is None
    assert told(deal)[-1] == "MarginCallCured"


def test_goods_that_are_not_enough_cure_in_part(world: World) -> None:
    deal = a_called_loan(world)
    more = deal.parties.a_lot("5.000")
    with deal.sme.operator.ws() as ws:
        actions.top_up(ws, deal.deal_id, [(more.id, Quantity.of("5.000", "TNE"))])
    activate(deal.parties, deal.deal_id)
    world.work()
    assert the_call(deal).status == "PARTIAL"


def test_a_recovered_price_cures(world: World) -> None:
    deal = a_called_loan(world)
    deal.price("15400")
    assert the_call(deal).status == "CURED"


def test_the_borrower_accepts_or_is_silent(world: World) -> None:
    accepted, silent = a_called_loan(world), a_called_loan(world)
    with accepted.sme.operator.ws() as ws:
        actions.accept_call(ws, the_call(accepted).id)
        with pytest.raises(Conflict, match="step_not_listed"):
            actions.object_to_call(ws, the_call(accepted).id, ground="PRICE", because="on second thoughts")
    assert the_call(accepted).status == "ACCEPTED"
    world.advance(timedelta(hours=4))
    world.work()
    assert the_call(silent).status == "ACCEPTED"


def test_who_may_answer(world: World) -> None:
    deal = a_called_loan(world)
    call = the_call(deal)
    with deal.bank.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.accept_call(ws, call.id)
    with world.firm("SME").operator.ws() as ws, pytest.raises(NotFound, match="call_unknown"):
        actions.accept_call(ws, call.id)


def test_an_uncured_call_expires_and_is_escalated_exactly_once(world: World) -> None:
    deal = an_escalated_call(world)
    call = the_call(deal)
    assert (call.status, call.expired_at, call.escalated_at) == ("ESCALATED", call.cure_by, call.cure_by)
    world.advance(timedelta(days=3))
    deal.price("12900")
    assert told(deal).count("MarginCallExpired") == told(deal).count("MarginCallEscalated") == 1


def test_a_late_cure_still_cures_and_then_there_is_no_default(world: World) -> None:
    deal = an_escalated_call(world)
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_default(ws, deal.deal_id, because="The margin call was not cured.")
    deal.repay("200000.00", "REP-1")
    assert the_call(deal).status == "CURED"
    with pytest.raises(Conflict, match="event_of_default"):
        decided(deal.bank, proposal)
    assert deal.status == "WATCH"


def test_a_default_needs_its_event_and_two_officers(world: World) -> None:
    deal = a_called_loan(world)
    with deal.bank.operator.ws() as ws:
        for event, because in ((None, "No cover"), ("PAST_DUE", "Late"), ("UNCURED_CALL", "No cover")):
            with pytest.raises(Conflict, match="event_of_default"):
                actions.propose_default(ws, deal.deal_id, because=because, event=event)
        with pytest.raises(Invalid, match="reason_missing"):
            actions.propose_default(ws, deal.deal_id, because="Fraud", event="FRAUD")
        with pytest.raises(Invalid, match="event_unknown"):
            actions.propose_default(ws, deal.deal_id, because="x", event="WEATHER")
        proposal = actions.propose_default(
            ws, deal.deal_id, because="The purchase contract turned out to be forged.", event="FRAUD"
        )
    with deal.bank.operator.ws() as ws, pytest.raises(NotAllowed):
        approvals.decide(ws, proposal.id, approve=True)
    with deal.sme.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.propose_default(ws, deal.deal_id, because="Us?")
    decided(deal.bank, proposal)
    assert deal.status == "DEFAULT"


def test_more_time_takes_two_and_the_clock_starts_anew(world: World) -> None:
    deal = an_escalated_call(world)
    call = the_call(deal)
    with deal.bank.operator.ws() as ws:
        with pytest.raises(Invalid, match="extension_wrong"):
            actions.propose_extension(ws, call.id, until=ws.now + timedelta(days=31), because="Harvest")
        proposal = actions.propose_extension(
            ws, call.id, until=ws.now + timedelta(days=3), because="Money is on its way"
        )
    decided(deal.bank, proposal)
    assert the_call(deal).status == "ACCEPTED"
    deal.price("13000")
    world.advance(timedelta(days=3))
    world.work()
    assert the_call(deal).status == "ESCALATED"
    assert told(deal).count("MarginCallExpired") == 2


def test_a_call_is_cancelled_only_below_the_warning_line(world: World) -> None:
    deal = a_called_loan(world)
    with deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="below_warning"):
        actions.cancel_call(ws, the_call(deal).id)
    deal.price("14400")  # 69.4 per cent: safe, and above the initial line, so not cured
    with deal.bank.operator.ws() as ws:
        actions.cancel_call(ws, the_call(deal).id)
    assert deal.call is None
    assert told(deal)[-1] == "MarginCallCancelled"


def test_nobody_is_late_for_a_notice_that_never_came(world: World, admin: psycopg.Connection) -> None:
    """The borrower's delivery is lost for good: the bank is told after an hour, the deadline moves, and it may serve the notice itself."""
    deal = a_running_loan(world)
    with deal.bank.operator.ws() as ws:
        a_price(world, deal.bank, "13000")
        review_deal(ws, deal.deal_id, cause="price")
    admin.execute("update house.delivery set done_at = now() where subscriber = 'financing.take_notice'")
    world.work()
    assert the_call(deal).status == "OPEN"
    world.advance(timedelta(hours=1))
    world.work()
    assert told(deal, "Notice") == ["NoticeOverdue"]
    first = the_call(deal).cure_by
    world.set_clock(first)
    deal.price("13000")
    assert the_call(deal).status == "OPEN"
    assert the_call(deal).cure_by > first
    with deal.bank.operator.ws() as ws:
        actions.serve_notice(ws, the_call(deal).id, proof="EMS 1234 5678 signed for by Mr Li")
    world.work()
    call = the_call(deal)
    assert (call.status, call.notified_at) == ("NOTIFIED", world.now)
    assert told(deal).count("MarginCallNotified") == 1


def test_the_database_lets_one_call_stand(world: World) -> None:
    deal = a_called_loan(world)
    call = the_call(deal)
    values = {column.name: getattr(call, column.name) for column in MarginCall.__table__.columns}
    with pytest.raises(DBAPIError, match="uq_margin_call_live"), deal.bank.operator.ws() as ws:
        ws.session.add(MarginCall(**(values | {"id": uuid4(), "number": 2})))


def test_a_stale_price_opens_and_cures_nothing_and_is_told_once_a_day(world: World) -> None:
    deal = a_called_loan(world)
    world.advance(timedelta(days=6))
    world.work()
    assert told(deal, "Valuation") == ["ValuationBlocked"]
    with deal.bank.operator.ws() as ws:
        review_deal(ws, deal.deal_id, cause="day")
    assert told(deal, "Valuation") == ["ValuationBlocked"]
    deal.repay("300000.00", "REP-1")  # enough by any price known, but none is known
    assert the_call(deal).status == "ESCALATED"
    deal.price("13000")
    assert the_call(deal).status == "CURED"


def test_the_whole_debt_paid_cures_without_any_price(world: World) -> None:
    deal = a_called_loan(world)
    world.advance(timedelta(days=6))
    world.work()
    deal.repay(str(deal.position.outstanding.amount), "REP-1")
    assert the_call(deal).status == "CURED"
    assert deal.status == "SETTLED"


def test_after_default_no_new_call_is_opened(world: World) -> None:
    deal = a_defaulted_deal(world)
    deal.price("9000")
    assert told(deal)[-1] == "MarginCallDefaulted"
    assert deal.call is None
    with deal.bank.operator.ws(read_only=True) as ws:
        assert {pledge.status for pledge in pledges_of_deal(ws, deal.deal_id)} == {"ENFORCING"}
