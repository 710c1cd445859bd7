"""The bank's daily collateral report: what moved, what stands, what must be looked at first; of any day, and of its own deals alone."""

from datetime import timedelta
from decimal import Decimal

import pytest

from marketplace.financing.actions import record_condition
from marketplace.inventory.actions import report_loss, shrink_verified
from marketplace.pledges.actions import execute_release
from marketplace.quantity import Quantity
from marketplace.risk.collateral import CollateralReport, collateral_report
from marketplace.risk.rules.collateral import Facility, Severity
from tenants.errors import Invalid, NotAllowed
from tests.factories import Firm, World
from tests.marketplace.financing.makers import ADeal, a_called_loan, a_request, a_running_loan
from tests.marketplace.pledges.makers import a_release_order


def reported(bank: Firm, *, days_ago: int = 0) -> CollateralReport:
    """The report of today, or of an earlier day."""
    with bank.operator.ws(read_only=True) as ws:
        return collateral_report(ws, on=(ws.now - timedelta(days=days_ago)).date())


def only(report: CollateralReport) -> Facility:
    """Its one facility."""
    [facility] = report.facilities
    return facility


def said(facility: Facility) -> set[str]:
    """What is to be looked at."""
    return {one.says for one in facility.findings}


def release(deal: ADeal, tonnes: str) -> None:
    """Under an order of the bank, weighed out by the warehouse."""
    order = a_release_order(deal.parties, deal.deal_id, deal.lots[0], tonnes)
    with deal.parties.warehouse.operator.ws() as ws:
        execute_release(ws, order.id, weighed=Quantity.of(tonnes, "TNE"))
    deal.world.work()


def test_quantities_move_from_the_opening_to_the_closing_of_each_day(world: World) -> None:
    deal = a_running_loan(world)
    [first] = only(reported(deal.bank)).movements
    assert (first.opening, first.came, first.went, first.closing) == (0, 100, 0, 100)
    world.advance(timedelta(days=2))
    world.work()
    release(deal, "10.000")
    world.advance(timedelta(days=1))
    world.work()
    [before, of_day, after] = (only(reported(deal.bank, days_ago=days)).movements[0] for days in (2, 1, 0))
    assert (before.opening, before.went, before.closing) == (100, 0, 100)
    assert (of_day.opening, of_day.came, of_day.went, of_day.closing) == (100, 0, 10, 90)
    assert (after.opening, after.went, after.closing) == (90, 0, 90)
    assert not any(one.unexplained for one in (before, of_day, after))


def test_what_is_pledged_and_not_there_is_told(world: World) -> None:
    deal = a_running_loan(world)
    world.advance(timedelta(days=1))
    world.work()
    with deal.parties.supervisor.operator.ws() as ws:
        shrink_verified(ws, deal.lots[0].id, to=Quantity.of("90.000", "TNE"), because="counted again")
    world.work()
    facility = only(reported(deal.bank))
    assert (facility.movements[0].closing, facility.movements[0].book) == (100, Decimal("90.000"))
    assert "%(lot)s: %(amount)s of what is pledged is not there by the book" in said(facility)


def test_what_is_beyond_a_line_comes_first(world: World) -> None:
    called = a_called_loan(world)
    calm = a_running_loan(world, deal=a_request(world, parties=called.parties, tonnes="300.000"))
    called.price("13000")
    report = reported(called.bank)
    assert report.facilities[0].deal_id == called.deal_id
    worst = report.facilities[0]
    assert "Loan-to-value beyond the call line" in said(worst)
    assert worst.findings[0].severity is Severity.DANGER
    assert {one.deal_id for one in report.facilities} == {called.deal_id, calm.deal_id}
    owed, worth = report.sums()["CNY"]
    assert (owed, worth) == (
        called.position.outstanding + calm.position.outstanding,
        worst.market_value + report.facilities[1].market_value,
    )  # type: ignore[operator]


def test_papers_that_run_out_are_told(world: World) -> None:
    deal = a_running_loan(world)
    with deal.bank.operator.ws() as ws:
        record_condition(
            ws, deal.deal_id, "INSURANCE", reference="PICC-1", valid_until=ws.now.date() + timedelta(days=20)
        )
    assert "The insurance runs out on %(day)s" in said(only(reported(deal.bank)))
    world.advance(timedelta(days=21))
    world.work()
    assert "The insurance ran out on %(day)s" in said(only(reported(deal.bank)))


@pytest.mark.parametrize("damaged", [True, False])
def test_what_insures_lost_goods_is_to_be_claimed(world: World, damaged: bool) -> None:
    deal = a_running_loan(world)
    with deal.parties.supervisor.operator.ws() as ws:
        report_loss(ws, deal.lots[0].id, damaged=damaged, because="a fire in hall 2")
    world.work()
    claims = {one for one in said(only(reported(deal.bank))) if "insures" in one}
    assert claims == {f"%(lot)s is reported {'damaged' if damaged else 'lost'}: what insures it is to be claimed"}


def test_only_a_bank_reads_it_and_only_of_its_own_deals(world: World) -> None:
    deal = a_running_loan(world)
    assert reported(world.firm("BANK")).facilities == ()
    with deal.sme.operator.ws(read_only=True) as ws, pytest.raises(NotAllowed):
        collateral_report(ws)
    with deal.bank.operator.ws(read_only=True) as ws, pytest.raises(Invalid, match="day_ahead"):
        collateral_report(ws, on=ws.now.date() + timedelta(days=2))


def test_a_deal_that_is_paid_leaves_the_report_the_day_after(world: World) -> None:
    deal = a_running_loan(world)
    world.advance(timedelta(days=1))
    world.work()
    deal.repay(str(deal.position.outstanding.amount), "ALL")
    [gone] = only(reported(deal.bank)).movements
    assert (gone.opening, gone.went, gone.closing) == (100, 100, 0)
    world.advance(timedelta(days=1))
    assert reported(deal.bank).facilities == ()
