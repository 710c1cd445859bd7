"""Running loans on the real database: interest by every convention, plans, delay, corrections, and the close of the day that may be interrupted at any point."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from marketplace.financing import actions
from marketplace.financing.bases.showing import base_statement
from marketplace.financing.models.books import EndOfDay
from marketplace.financing.models.loans import AccruedDay, LoanQuality
from marketplace.financing.money import changes, plans
from marketplace.financing.nights import classes, dues, end_of_day, provisions
from marketplace.financing.queries import find_deal, position, repayments
from marketplace.financing.rules.quality import ifrs_9_stage
from marketplace.ledger.queries import balances, postings, trial_balance
from marketplace.ledger.rules.accounts import Account
from tenants.errors import Conflict, Invalid
from tests import cluster
from tests.factories import World
from tests.marketplace.financing.makers import (
    ADeal,
    a_request,
    a_running_loan,
    an_offer,
    decided,
    draw,
    prove_conditions,
    yuan,
)
from tests.marketplace.pledges.makers import activate, the_parties

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI)


def a_loan_from(world: World, begins: date, *, drawn: str = "1000000.00", **terms: Any) -> ADeal:
    """A loan that is paid out on that day; no price is asked of its goods afterwards."""
    world.set_clock(at(begins))
    return a_running_loan(world, drawn=drawn, **terms)


def run_to(world: World, day: date) -> None:
    """The clock stands in the morning of that day, and the nights before it are closed."""
    world.set_clock(at(day))
    world.work()


@pytest.mark.parametrize(("count", "interest"), [("ACT/360", "5437.50"), ("ACT/365", "5363.01"), ("30/360", "5558.33")])
def test_e6_by_the_three_conventions(world: World, count: str, interest: str) -> None:
    deal = a_loan_from(world, date(2025, 1, 15), day_count=count)
    run_to(world, date(2025, 3, 1))
    assert deal.position.interest == yuan(interest)


def test_e7_a_floating_rate_that_resets(world: World) -> None:
    world.set_clock(at(date(2025, 3, 20)))
    request = a_request(world, amount="3000000.00", tonnes="300.000")
    with request.bank.operator.ws() as ws:
        assert actions.import_reference_rates(ws, "LPR1Y", [(date(2025, 3, 20), Decimal("0.031"))]) == 1
    an_offer(
        world, deal=request, limit="3900000.00", reference_code="LPR1Y", spread=Decimal("0.012"), annual_rate=Decimal(0)
    )
    deal = request
    with deal.sme.operator.ws() as ws:
        actions.accept_offer(ws, deal.deal_id)
    _sign_and_prove(world, deal)
    draw(deal, "3000000.00", "PAY-1")
    with deal.bank.operator.ws() as ws:
        actions.import_reference_rates(ws, "LPR1Y", [(date(2025, 5, 20), Decimal("0.030"))])
    run_to(world, date(2025, 6, 20))
    assert deal.position.interest == yuan("32708.33")
    with deal.bank.operator.ws(read_only=True) as ws:
        assert [(one.effective_on, one.annual_rate) for one in plans.rates_of(ws, deal.deal_id)] == [(date(2025, 3, 20), Decimal("0.043")), (date(2025, 5, 20), Decimal("0.042"))]  # fmt: skip
        assert plans.plans_of(ws, deal.deal_id)[0].because == "rate"


def _sign_and_prove(world: World, deal: ADeal) -> None:
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_approval(ws, deal.deal_id)
    decided(deal.bank, proposal)
    prove_conditions(deal)
    activate(deal.parties, deal.deal_id)
    world.work()


@pytest.mark.parametrize(
    ("plan", "first", "last", "interest"),
    [("LEVEL", "102619.03", "102619.00", "31428.33"), ("EQUAL_PRINCIPAL", "104800.00", "100400.00", "31200.00")],
)
def test_e8_e9_a_year_of_monthly_payments(world: World, plan: str, first: str, last: str, interest: str) -> None:
    """Paid on each due day, billed by the nightly close: the book comes to the example to the fen, not only the plan."""
    begins = date(2025, 9, 15)
    deal = a_loan_from(
        world, begins, drawn="1200000.00", annual_rate=Decimal("0.048"), day_count="30/360", tenor_days=365, repayment_plan=plan
    )  # fmt: skip
    paid = []
    with deal.bank.operator.ws(read_only=True) as ws:
        periods = plans.instalments_of(ws, deal.deal_id)
    assert len(periods) == 12
    assert (periods[0].payment, periods[0].interest) == (yuan(first), yuan("4800.00"))
    assert periods[-1].payment == yuan(last)
    assert sum(one.interest_minor for one in periods) == yuan(interest).minor
    for period in periods:
        run_to(world, period.ends_on)
        with deal.bank.operator.ws() as ws:
            open_now = dues.open_dues(ws, deal.deal_id)
            amount = sum((due.open for due in open_now), yuan("0.00"))
            paid.append(amount)
            made = actions.record_repayment(ws, deal.deal_id, amount=amount, reference=f"R-{period.number}")
            assert (made.interest, made.principal) == (period.interest, period.principal)
    assert (paid[0], paid[-1]) == (yuan(first), yuan(last))
    assert deal.status == "SETTLED"
    assert sum(one.minor for one in paid) == yuan("1200000.00").minor + yuan(interest).minor


def test_e10_penalty_and_compound_interest(world: World) -> None:
    """Half a million overdue and 18,000 of interest unpaid, seventeen days at one and a half times the rate."""
    deal = a_loan_from(world, date(2025, 3, 3), drawn="500000.00", tenor_days=298, annual_rate=Decimal("0.0435"))
    with deal.bank.operator.ws(read_only=True) as ws:
        due_on = plans.instalments_of(ws, deal.deal_id)[-1].due_on
        assert find_deal(ws, deal.deal_id).matures_on == due_on == date(2025, 12, 26)
    run_to(world, due_on)
    # 298 days of 500,000 at 4.35 per cent are 18,004.17: all but 4.17 stay unpaid.
    deal.repay("4.17", "R-1")
    run_to(world, due_on + timedelta(days=17))
    standing = deal.position
    assert (standing.principal, standing.interest) == (yuan("500000.00"), yuan("18000.00"))
    with deal.bank.operator.ws(read_only=True) as ws:
        rows = ws.session.scalars(
            select(AccruedDay).where(AccruedDay.deal_id == deal.deal_id, AccruedDay.overdue_minor > 0)
        ).all()
        assert len(rows) == 17
        assert {one.penalty_rate for one in rows} == {Decimal("0.06525")}
        assert sum(one.penalty_minor for one in rows) == 1540_63
        assert sum(one.compound_minor for one in rows) == 55_46
        assert sum(one.posted_minor for one in rows) == 0
        assert dues.days_late(ws, find_deal(ws, deal.deal_id)) == 17
        yesterday = base_statement(ws, deal.deal_id, as_of=due_on + timedelta(days=16))
        assert [-line.amount for line in yesterday.lines if line.says == "Outstanding"] == [standing.outstanding]
    assert standing.penalty == yuan("1596.09")
    assert deal.status == "OVERDUE"
    deal.repay(str(standing.outstanding.amount), "R-2")
    assert deal.status == "SETTLED"


def test_days_of_grace_cost_the_contract_rate(world: World) -> None:
    deal = a_loan_from(world, date(2025, 3, 3), tenor_days=30, grace_days=5)
    run_to(world, date(2025, 4, 7))
    assert deal.status == "ACTIVE"
    with deal.bank.operator.ws(read_only=True) as ws:
        assert dues.days_late(ws, find_deal(ws, deal.deal_id)) == 0
    run_to(world, date(2025, 4, 9))
    assert deal.status == "OVERDUE"
    assert deal.position.penalty.minor > 0
    deal.repay("3625.00", "R-1")
    assert deal.status == "OVERDUE"


def test_e13_stages_and_classes_night_by_night(world: World) -> None:
    deal = a_loan_from(world, date(2025, 3, 3), tenor_days=30)
    due_on = date(2025, 4, 2)
    for days, stage, found in ((0, 1, "NORMAL"), (30, 1, "SPECIAL_MENTION"), (31, 2, "SPECIAL_MENTION"), (89, 2, "SPECIAL_MENTION"), (90, 3, "SPECIAL_MENTION"), (91, 3, "SUBSTANDARD")):  # fmt: skip
        run_to(world, due_on + timedelta(days=days + 1))
        with deal.bank.operator.ws(read_only=True) as ws:
            quality = classes.latest_qualities(ws, [deal.deal_id])[deal.deal_id]
            assert (quality.stage, quality.loan_class) == (stage, found), days
        assert ifrs_9_stage(days) == stage
    with deal.bank.operator.ws(read_only=True) as ws:
        assert [one.stage for one in classes.history_of(ws, deal.deal_id)] == [3, 3, 2, 1, 1]
    with deal.sme.operator.ws(read_only=True) as ws:
        assert ws.session.scalars(select(LoanQuality)).all() == []


def test_the_book_expects_the_loss_that_the_rule_expects(world: World) -> None:
    deal = a_running_loan(world)
    with deal.bank.operator.ws() as ws:
        shares = provisions.LossShares(
            Decimal("0.025"), Decimal("0.40"), Decimal("0.25"), Decimal("0.90"), Decimal("0.40")
        )
        actions.set_loss_shares(ws, shares)
        with pytest.raises(Invalid, match="share_out_of_range"):
            actions.set_loss_shares(ws, provisions.LossShares(Decimal("1.1")))
        found = find_deal(ws, deal.deal_id)
        loss = provisions.loss_of(shares, found, position(ws, deal.deal_id), 1, 180).loss
        assert provisions.expected_loss_minor(ws) == loss.minor > 0
    run_to(world, world.now.date() + timedelta(days=1))
    with deal.bank.operator.ws(read_only=True) as ws:
        (run,) = end_of_day.runs(ws)
        assert run.expected_loss_minor == provisions.expected_loss_minor(ws) > loss.minor, (
            "of the night, its interest with it"
        )
    with deal.bank.operator.ws() as ws:
        actions.set_loss_shares(ws, provisions.LossShares())
    with world.worker_app.app_context(), deal.bank.operator.ws() as ws:
        end_of_day.expect_loss(ws, run.business_date)
        assert end_of_day.runs(ws)[0].expected_loss_minor == run.expected_loss_minor, "what was told stands"


def test_an_early_repayment_makes_payments_smaller_or_the_term_shorter(world: World) -> None:
    begins = date(2025, 9, 15)
    loans = [a_loan_from(world, begins, drawn="1200000.00", annual_rate=Decimal("0.048"), day_count="30/360", tenor_days=365, repayment_plan="LEVEL") for _ in range(2)]  # fmt: skip
    run_to(world, date(2025, 10, 15))
    for deal, manner in zip(loans, ("SMALLER", "SHORTER"), strict=True):
        with deal.bank.operator.ws() as ws:
            made = actions.record_repayment(
                ws, deal.deal_id, amount=yuan("402619.03"), reference="R-1", recalculation=manner
            )
            assert (made.interest, made.principal) == (yuan("4800.00"), yuan("397819.03"))
    with loans[0].bank.operator.ws(read_only=True) as ws:
        smaller = plans.instalments_of(ws, loans[0].deal_id)
        assert len(smaller) == 11
        assert smaller[0].payment < yuan("102619.03")
    with loans[1].bank.operator.ws(read_only=True) as ws:
        shorter = plans.instalments_of(ws, loans[1].deal_id)
        assert len(shorter) < 11
        assert shorter[0].payment == yuan("102619.03")
    for periods in (smaller, shorter):
        assert sum(one.principal_minor for one in periods) == yuan("802180.97").minor
    with loans[0].bank.operator.ws() as ws, pytest.raises(Invalid, match="recalculation_unknown"):
        actions.record_repayment(ws, loans[0].deal_id, amount=yuan("1.00"), reference="R-2", recalculation="NEITHER")


def test_a_repayment_is_taken_back_by_a_contra_posting(world: World) -> None:
    deal = a_running_loan(world)
    world.advance(timedelta(days=10))
    world.work()
    deal.repay("401208.33", "R-1")
    world.advance(timedelta(days=10))
    world.work()
    with deal.bank.operator.ws() as ws:
        made = repayments(ws, deal.deal_id)[0]
        proposal = actions.propose_reversal(ws, made.id, because="The bank called the credit back.")
    decided(deal.bank, proposal)
    standing = deal.position
    assert standing.principal == yuan("1000000.00")
    assert standing.interest == yuan("2416.67")  # twenty days of the whole, as if it had never been paid
    with deal.bank.operator.ws(read_only=True) as ws:
        keys = [one.posting.key for one in postings(ws, deal.deal_id)]
        assert f"repayment:{made.reference}" in keys
        assert f"reversal:{made.id}" in keys
        assert sum(row.balance.minor for row in trial_balance(ws, deal.deal_id)) == 0
        assert balances(ws, deal.deal_id)[Account.REPAYMENT_RECEIVED] == yuan("0.00")
        assert made.id in changes.reversals_of(ws, deal.deal_id)
    with deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="already_reversed"):
        actions.propose_reversal(ws, made.id, because="Again.")


def test_a_loan_is_extended_by_two(world: World) -> None:
    deal = a_loan_from(world, date(2025, 3, 3), tenor_days=30)
    with deal.bank.operator.ws() as ws:
        before = find_deal(ws, deal.deal_id).matures_on
        for until, code in ((before, "extension_too_long"), (date(2025, 9, 1), "extension_too_long"), (date(2025, 4, 19), "not_a_business_day")):  # fmt: skip
            with pytest.raises(Invalid, match=code):
                actions.propose_loan_extension(ws, deal.deal_id, until=until, because="The buyer pays later.")
        proposal = actions.propose_loan_extension(
            ws, deal.deal_id, until=date(2025, 4, 30), because="The buyer pays later."
        )
    decided(deal.bank, proposal)
    assert deal.status == "EXTENDED"
    run_to(world, date(2025, 4, 29))
    assert deal.status == "EXTENDED"
    assert deal.position.penalty == yuan("0.00")
    with deal.bank.operator.ws(read_only=True) as ws:
        assert [one.ends_on for one in plans.instalments_of(ws, deal.deal_id)] == [date(2025, 4, 30)]
        assert dues.open_dues(ws, deal.deal_id) == []


def book(deal: ADeal) -> list[tuple[object, ...]]:
    """All that a night writes, without the moments at which it was written."""
    with deal.bank.operator.ws(read_only=True) as ws:
        return [(one.posting.key, one.posting.value_date, tuple((e.account, e.amount_minor) for e in one.entries)) for one in postings(ws, deal.deal_id)]  # fmt: skip


def test_a_close_killed_halfway_goes_on_and_run_again_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three days are over, two loans; the worker dies in the middle of the second."""
    parties = the_parties(world)
    loans = [a_running_loan(world, deal=a_request(world, parties=parties), drawn="1000000.00") for _ in range(2)]
    bank = parties.bank.operator
    world.advance(timedelta(days=3))
    real, calls = end_of_day.close_days, {"left": 2}

    def killed(*arguments: Any, **named: Any) -> Any:
        calls["left"] -= 1
        if calls["left"] == 0:
            real(*arguments, **named)
            raise RuntimeError("killed")
        return real(*arguments, **named)

    monkeypatch.setattr(end_of_day, "close_days", killed)
    monkeypatch.setattr(end_of_day, "STRETCH", 3)
    with bank.ws() as ws:
        end_of_day.go_on(ws)
    with pytest.raises(RuntimeError, match="killed"), bank.ws() as ws:
        end_of_day.go_on(ws)
    assert sorted(one.position.interest for one in loans) == [yuan("0.00"), yuan("362.50")]
    with bank.ws(read_only=True) as ws:
        (run,) = end_of_day.runs(ws)
        assert (run.status, run.loans, run.since, run.business_date) == ("RUNNING", 1, cluster.START.date(), cluster.START.date() + timedelta(days=2))  # fmt: skip
    world.advance(
        timedelta(days=1)
    )  # a night later the close that was begun ends as it was begun, and the next follows
    world.work(200)
    assert [one.position.interest for one in loans] == [yuan("483.33")] * 2
    once = [book(one) for one in loans]
    with bank.ws(read_only=True) as ws:
        assert [(run.status, run.days, run.loans, run.accrued) for run in end_of_day.runs(ws)] == [("DONE", 1, 2, 2), ("DONE", 3, 2, 6)]  # fmt: skip
        opened = end_of_day.books_of(ws)
        assert opened is not None
        assert opened.open_on == world.now.date()
    with bank.ws() as ws:
        with pytest.raises(Conflict, match="day_not_over"):
            actions.start_close(ws)
        end_of_day.go_on(ws)
        end_of_day.close_days(ws, [one.deal_id for one in loans], cluster.START.date(), world.now.date() - timedelta(days=1))  # fmt: skip
    world.work(200)
    assert [book(one) for one in loans] == once
    for act in ("update house.end_of_day set loans = 9", "update house.bank_books set open_on = open_on - 1"):
        with pytest.raises(DBAPIError, match=r"stays closed|move on"), bank.ws() as ws:
            ws.session.connection().exec_driver_sql(act)


def test_a_close_is_stopped_and_resumed(world: World) -> None:
    deal = a_running_loan(world)
    world.advance(timedelta(days=1))
    with deal.bank.operator.ws() as ws:
        actions.start_close(ws)
        assert actions.stop_close(ws).status == "STOPPED"
    world.work()
    assert deal.position.interest == yuan("0.00")
    with deal.bank.operator.ws() as ws:
        assert actions.start_close(ws).status == "RUNNING"
    world.work()
    assert deal.position.interest == yuan("120.83")
    with deal.bank.operator.ws(read_only=True) as ws:
        assert ws.session.scalars(select(EndOfDay.status)).all() == ["DONE"]


def test_one_loan_in_trouble_holds_up_no_other_and_is_tried_again(world: World) -> None:
    deal = a_running_loan(world)
    world.admin.execute("alter table house.accrued_day add constraint planted check (day <> '2026-03-02') not valid")
    try:
        run_to(world, date(2026, 3, 3))
        with deal.bank.operator.ws(read_only=True) as ws:
            (trouble,) = end_of_day.troubles(ws)
            assert (trouble.deal_id, trouble.business_date) == (deal.deal_id, date(2026, 3, 2))
            assert "planted" in trouble.reason
            assert end_of_day.runs(ws)[0].troubled == 1
    finally:
        world.admin.execute("alter table house.accrued_day drop constraint planted")
    run_to(world, date(2026, 3, 4))
    with deal.bank.operator.ws(read_only=True) as ws:
        assert end_of_day.troubles(ws) == []
        assert position(ws, deal.deal_id).interest == yuan("241.67")
