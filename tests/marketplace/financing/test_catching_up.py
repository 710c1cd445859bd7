"""A house that stood still: the close that makes up for many days leaves a loan as if each had been closed on its night."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from marketplace.financing import actions
from marketplace.financing.nights import end_of_day
from marketplace.financing.rules.schedule import Plan
from tests.factories import World
from tests.marketplace.financing.kept import all_that_is_kept
from tests.marketplace.financing.makers import ADeal, a_request, a_running_loan, yuan

BEGIN = date(2025, 3, 20)
SHANGHAI = ZoneInfo("Asia/Shanghai")
PUBLISHED = [(BEGIN, "0.031"), (date(2025, 5, 20), "0.030"), (date(2025, 5, 25), "0.032"), (date(2025, 9, 22), "0.028")]


@dataclass(frozen=True)
class Life:
    """A loan's terms, when something is paid on it and how much, and when it is looked at."""

    terms: dict[str, Any]
    paid: dict[int, int]
    days: int


TERMS = st.fixed_dictionaries(
    {
        "repayment_plan": st.sampled_from([plan.value for plan in Plan]),
        "day_count": st.sampled_from(["ACT/360", "ACT/365", "30/360"]),
        "tenor_days": st.sampled_from([30, 61, 190, 366]),
        "grace_days": st.sampled_from([0, 3, 30]),
        "compounds": st.booleans(),
        "reference_code": st.sampled_from(["", "LPR1Y"]),
        "spread": st.just(Decimal("0.012")),
        "reset_months": st.sampled_from([0, 1, 3]),
    }
)
PAID = st.dictionaries(st.integers(1, 250), st.sampled_from([1_00, 50_000_00, 400_000_00]), max_size=2)
LIVES = st.builds(Life, TERMS, PAID, st.integers(1, 500))


@settings(
    max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(LIVES)
def test_days_made_up_for_are_days_closed_each_on_its_night(world: World, life: Life) -> None:
    """Invariant 44, for terms of every kind, with payments in between: book, days, dues, plans, rates, classes, state and what was told are the same."""
    nightly, late = _begun(world, life), _begun(world, life)
    for number in range(1, life.days + 1):
        _morning(world, number)
        _close(nightly)
        if number in life.paid:
            _pay(nightly, life.paid[number])
            _close(late)
            _pay(late, life.paid[number])
    _close(late)
    assert _all_of(late) == _all_of(nightly)


@pytest.mark.parametrize("closed", [True, False])
def test_a_payment_finds_interest_and_rates_as_of_its_day(world: World, closed: bool) -> None:
    """Whether or not the close has caught up by then: an act takes up what its loan is behind with."""
    terms = {"reference_code": "LPR1Y", "spread": Decimal("0.012"), "day_count": "ACT/360", "tenor_days": 300}
    deal = _begun(world, Life(terms, {}, 0))
    _morning(world, 92)
    if closed:
        _close(deal)
    with deal.bank.operator.ws() as ws:
        made = actions.record_repayment(ws, deal.deal_id, amount=yuan("20000.00"), reference="R-1")
    # 61 days at 4.3 per cent, 5 at 4.2 and 26 at 4.4, of a million by ACT/360.
    assert made.interest == yuan("11047.22")


def _begun(world: World, life: Life) -> ADeal:
    world.set_clock(datetime(BEGIN.year, BEGIN.month, BEGIN.day, 10, tzinfo=SHANGHAI))
    request = a_request(world)
    with request.bank.operator.ws() as ws:
        rates = [(on, Decimal(annual)) for on, annual in PUBLISHED]
        actions.import_reference_rates(ws, "LPR1Y", rates)
    return a_running_loan(world, deal=request, **life.terms)


def _morning(world: World, number: int) -> None:
    day = BEGIN + timedelta(days=number)
    world.set_clock(datetime(day.year, day.month, day.day, 10, tzinfo=SHANGHAI))


def _close(deal: ADeal) -> None:
    """The bank's own close, until it has caught up; nobody else's."""
    with deal.bank.operator.ws() as ws:
        end_of_day.go_on(ws)
        books = end_of_day.books_of(ws)
        assert books is not None
        assert books.open_on == ws.now.astimezone(SHANGHAI).date()


def _pay(deal: ADeal, minor: int) -> None:
    if deal.status == "SETTLED":
        return
    with deal.bank.operator.ws() as ws:
        actions.record_repayment(ws, deal.deal_id, amount=yuan(f"{minor // 100}.00"), reference=f"R-{ws.now:%j}")


def _all_of(deal: ADeal) -> dict[str, Any]:
    with deal.bank.operator.ws(read_only=True) as ws:
        return all_that_is_kept(ws, deal.deal_id)
