"""Goods that are not kept for ever carry less each day: at a look, at a price between two looks, and nothing once they have expired."""

from datetime import date, datetime, time, timedelta
from fractions import Fraction

import pytest

from marketplace.business_days import SHANGHAI
from marketplace.exact import half_up
from marketplace.financing.agreeing.raising import raising
from marketplace.financing.rules.raising import Raised
from marketplace.valuation.actions import propose_lending_terms
from marketplace.valuation.models import DealValuation
from marketplace.valuation.queries import latest_valuation
from marketplace.valuation.rules.base import EXPIRED
from marketplace.valuation.rules.condition import FADING, fades_from, life_factor
from tests.factories import World
from tests.marketplace.financing.makers import TERMS, ADeal, a_request, a_running_loan, decided, yuan


def at(world: World, day: date, hour: int) -> None:
    """Drive the clock to an hour of a day, in the house's zone, and let everything happen that is due."""
    world.set_clock(datetime.combine(day, time(hour), SHANGHAI))
    world.work()


def valued(deal: ADeal) -> DealValuation:
    """Its newest valuation, with lines."""
    with deal.bank.operator.ws(read_only=True) as ws:
        value = latest_valuation(ws, deal.deal_id)
    assert value is not None
    return value


def test_the_last_days_take_the_value_in_a_straight_line() -> None:
    ends = date(2026, 9, 1)
    assert [life_factor(ends, ends - timedelta(days=left), 90) for left in (91, 90, 89, 45, 1, 0, -3)] == [
        1, 1, Fraction(89, 90), Fraction(1, 2), Fraction(1, 90), 0, 0,
    ]  # fmt: skip
    assert life_factor(None, ends, 90) == 1
    first = fades_from(ends, 90)
    assert first is not None
    assert (life_factor(ends, first, 90) < 1, life_factor(ends, first - timedelta(days=1), 90)) == (True, 1)


def test_goods_near_their_end_carry_less_each_day_and_nothing_at_it(world: World) -> None:
    start = world.now.astimezone(SHANGHAI).date()
    ends = start + timedelta(days=100)
    loan = a_running_loan(world, drawn="100000.00", deal=a_request(world, expires_on=ends))
    assert (valued(loan).market_value, valued(loan).lines[0].reasons) == (yuan("2000000.00"), [])
    at(world, ends - timedelta(days=60), 9)
    loan.price("20000")
    found = valued(loan)
    [line] = found.lines
    assert (found.goods_of, found.market_value) == (found.id, yuan("1333333.33"))
    assert (line.condition, line.expires_on, line.reasons) == (half_up(Fraction(60, 90), 18), ends, [FADING])
    at(world, ends - timedelta(days=60), 20)
    loan.price("21000")
    marked = valued(loan)
    assert (marked.goods_of, marked.market_value) == (found.id, yuan("1400000.00")), "the same day: the same goods"
    at(world, ends - timedelta(days=59), 0)
    loan.price("20000")
    looked = valued(loan)
    assert looked.goods_of == looked.id, "a day older: looked at, although it was looked at less than a day ago"
    assert looked.market_value == yuan("1311111.11")
    at(world, ends, 0)
    loan.price("20000")
    over = valued(loan)
    assert (over.market_value, over.base_minor, over.lines[0].barred) == (yuan("0.00"), 0, EXPIRED)
    assert over.lines[0].reasons == [EXPIRED]


def test_a_price_between_is_put_on_goods_whose_end_is_far(world: World) -> None:
    far = world.now.astimezone(SHANGHAI).date() + timedelta(days=400)
    loan = a_running_loan(world, drawn="100000.00", deal=a_request(world, expires_on=far))
    found = valued(loan)
    at(world, world.now.astimezone(SHANGHAI).date() + timedelta(days=1), 0)
    loan.price("20100")
    assert valued(loan).market_value == yuan("2010000.00")
    assert valued(loan).lines[0].fades_from == far - timedelta(days=89)
    assert found.lines[0].condition == 1


def test_on_the_day_on_which_goods_begin_to_fade_a_price_is_not_put_on_them_as_they_were(world: World) -> None:
    start = world.now.astimezone(SHANGHAI).date()
    loan = a_running_loan(world, drawn="100000.00", deal=a_request(world, expires_on=start + timedelta(days=90)))
    found = valued(loan)
    assert (found.market_value, found.lines[0].fades_from) == (yuan("2000000.00"), start + timedelta(days=1))
    at(world, start + timedelta(days=1), 0)
    loan.price("20000")
    assert (valued(loan).goods_of, valued(loan).market_value) == (valued(loan).id, yuan("1977777.78"))


def test_a_bank_says_over_how_many_days_and_the_owner_sees_it_before_it_asks(world: World) -> None:
    ends = world.now.astimezone(SHANGHAI).date() + timedelta(days=30)
    deal = a_request(world, expires_on=ends)
    lines = {name: TERMS[name] for name in ("haircut", "ltv_initial", "ltv_warn", "ltv_call", "ltv_liquidation")}
    with deal.bank.operator.ws() as ws:
        proposal = propose_lending_terms(ws, code="CU", devices_required=False, expiry_days=40, **lines)
    decided(deal.bank, proposal)
    free = deal.parties.a_lot("100.000", expires_on=ends)
    with deal.sme.operator.ws(read_only=True) as ws:
        [view] = [one for one in raising(ws).banks if one.bank_id == deal.bank.tenant_id]
        raised: dict[object, Raised] = {lot.id: one for lot, one in view.lots}
    assert raised[free.id].value == yuan("1500000.00"), "thirty of forty days"


@pytest.mark.parametrize("days", [0, 3651])
def test_an_expiry_takes_its_value_over_a_day_at_least(world: World, days: int) -> None:
    deal = a_request(world)
    lines = {name: TERMS[name] for name in ("haircut", "ltv_initial", "ltv_warn", "ltv_call", "ltv_liquidation")}
    with deal.bank.operator.ws() as ws, pytest.raises(Exception, match="days_wrong"):
        propose_lending_terms(ws, code="CU", expiry_days=days, **lines)
