"""The scorecard adds up and is monotone, a core enterprise's health falls with what it does worse, and the advice is the worst that any reason leads to."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.financing.rules.margin import Lines, Zone
from marketplace.money import Money
from marketplace.risk.assessment.advice import FALLS, LEADS_TO, Advice, Looked, Reason, Signal, Worth, advise, shock_of
from marketplace.risk.assessment.core import Owed, health_of
from marketplace.risk.assessment.scorecard import SCALES, Kind, score_of
from tenants.errors import Invalid

LINES = Lines(Decimal("0.65"), Decimal("0.70"), Decimal("0.75"), Decimal("0.85"))
TODAY = date(2026, 6, 30)
PD = Decimal("0.02")
# For which kinds more is worse.
WORSE_ABOVE = {Kind.DAYS_PAST_DUE, Kind.CALLS_EXPIRED, Kind.BUYERS}


def yuan(amount: int) -> Money:
    return Money(amount * 100, "CNY")


def test_e11_the_base_is_the_banks_own_probability() -> None:
    score = score_of(PD, [])
    assert (score.base, score.points) == (Decimal("599.42"), Decimal("599.42"))
    assert round(score.default_probability, 4) == PD
    worse = score_of(PD, [(Kind.DAYS_PAST_DUE, 45), (Kind.SETTLED, 1), (Kind.EVIDENCE, None)])
    assert [(one.kind, one.points) for one in worse.factors] == [(Kind.DAYS_PAST_DUE, -70), (Kind.SETTLED, 8), (Kind.EVIDENCE, -40)]  # fmt: skip
    assert worse.points == Decimal("599.42") - 102
    assert worse.default_probability > Decimal("0.4")
    for certain in (Decimal(0), Decimal(1)):
        with pytest.raises(Invalid):
            score_of(certain, [])


@given(kind=st.sampled_from(list(Kind)), one=st.decimals(-1, 9000, places=2), other=st.decimals(-1, 9000, places=2))
def test_a_better_figure_never_costs_points(kind: Kind, one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    less, more = SCALES[kind].points(low), SCALES[kind].points(high)
    assert less >= more if kind in WORSE_ABOVE else less <= more
    assert SCALES[kind].unknown <= max(SCALES[kind].least, *(points for _, points in SCALES[kind].bands))


@given(st.lists(st.tuples(st.sampled_from(list(Kind)), st.none() | st.integers(0, 9000)), max_size=8))
def test_a_score_is_its_base_and_what_its_factors_tell(figures: list[tuple[Kind, int | None]]) -> None:
    score = score_of(PD, figures)
    assert score.points == score.base + sum(one.points for one in score.factors)
    more = score_of(PD, [*figures, (Kind.SETTLED, 3)])
    assert more.default_probability <= score.default_probability


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**5)), min_size=1, max_size=4), st.integers(1, 10**6))
def test_the_further_prices_fall_the_worse_it_is(lots: list[tuple[int, int]], owed: int) -> None:
    goods = [Worth(yuan(value), yuan(ahead)) for value, ahead in lots]
    shocks = [shock_of(goods, yuan(owed), LINES, fall, yuan(0)) for fall in (Decimal(0), *FALLS)]
    for milder, harder in pairwise(shocks):
        assert harder.market_value <= milder.market_value
        assert harder.cash >= milder.cash
        assert list(Zone).index(harder.zone or Zone.SAFE) >= list(Zone).index(milder.zone or Zone.SAFE)
    assert shocks[0].market_value == Money(sum(one.value.minor for one in goods), "CNY")


def test_a_first_rank_keeps_its_part_when_prices_fall() -> None:
    assert Worth(yuan(600), yuan(400)).after(Decimal("0.30")) == yuan(300)
    assert Worth(yuan(100), yuan(900)).after(Decimal("0.20")) == yuan(0)


def owed(days_ago: int, minor: int, paid_after: int | None = None, due: int | None = None) -> Owed:
    dated = TODAY - timedelta(days=days_ago)
    paid = () if paid_after is None else ((dated + timedelta(days=paid_after), minor),)
    return Owed(dated, None if due is None else dated + timedelta(days=due), minor, paid)


def test_a_core_enterprise_that_pays_and_orders_as_ever_is_in_health() -> None:
    steady = [owed(days, 100, paid_after=30) for days in (150, 120, 90, 70)]
    orders = [(TODAY - timedelta(days=120), 500), (TODAY - timedelta(days=20), 500)]
    assert health_of(steady, orders, TODAY).health == 100
    assert health_of([], orders, TODAY).health is None


def test_what_a_core_enterprise_does_worse_costs_health() -> None:
    assert health_of([owed(60, 100), owed(50, 100, 10)], [], TODAY).health == 100  # due today by law: not overdue yet
    assert health_of([owed(61, 100), owed(50, 100, 10)], [], TODAY).health == 75  # half of it is overdue
    assert health_of([owed(40, 100, due=30), owed(50, 100, 10)], [], TODAY).health == 75
    later = [owed(150, 1, 20), owed(140, 1, 20), owed(100, 1, 50), owed(90, 1, 50)]
    found = health_of(later, [], TODAY)
    assert (found.drift_days, found.health) == (30, Decimal("87.5"))
    fewer = [(TODAY - timedelta(days=100), 1000), (TODAY - timedelta(days=1), 250)]
    found = health_of([owed(50, 100, 10)], fewer, TODAY)
    assert (found.order_drop, found.health) == (Fraction(3, 4), Decimal("81.3"))


def sound() -> Looked:
    shocks = [shock_of([Worth(yuan(1_000_000), yuan(0))], yuan(400_000), LINES, fall, yuan(0)) for fall in FALLS]
    return Looked(score_of(PD, []), 1, Zone.SAFE, shocks, (), None, None)


def test_a_sound_deal_goes_ahead_without_a_reason() -> None:
    found = advise(sound())
    assert (found.advice, found.reasons) == (Advice.PROCEED, ())


def thin(amount: int) -> Looked:
    shocks = [shock_of([Worth(yuan(1_000_000), yuan(0))], yuan(amount), LINES, fall, yuan(0)) for fall in FALLS]
    return replace(sound(), shocks=shocks)


CASES: dict[Reason, Looked] = {
    Reason.NEVER_VALUED: replace(sound(), zone=None),
    Reason.BEYOND_LIQUIDATION: replace(sound(), zone=Zone.LIQUIDATION),
    Reason.BEYOND_CALL: replace(sound(), zone=Zone.CALL),
    Reason.CALL_AT_10: thin(680_000),
    Reason.CALL_AT_20: thin(620_000),
    Reason.STAGE_3: replace(sound(), stage=3),
    Reason.STAGE_2: replace(sound(), stage=2),
    Reason.FRAUD: replace(sound(), signals=(Signal("ring", 1),)),
    Reason.SIGNS: replace(sound(), signals=(Signal("payee", 2),)),
    Reason.SCORE_POOR: replace(sound(), score=score_of(PD, [(Kind.DAYS_PAST_DUE, 40)])),
    Reason.SCORE_WEAK: replace(sound(), score=score_of(PD, [(Kind.CALLS_EXPIRED, 1)])),
    Reason.CORE_POOR: replace(sound(), core_health=Decimal("39.9")),
    Reason.CONCENTRATED: replace(sound(), buyers=Fraction(2500)),
    Reason.SLOW_STOCK: replace(sound(), is_slow=True),
}


@pytest.mark.parametrize("reason", list(Reason))
def test_each_reason_is_found_and_leads_where_it_should(reason: Reason) -> None:
    found = advise(CASES[reason])
    assert (found.reasons, found.advice) == ((reason,), LEADS_TO[reason])


def test_the_gravest_reason_decides_and_stands_first() -> None:
    both = replace(CASES[Reason.CONCENTRATED], stage=3)
    assert advise(both).reasons == (Reason.STAGE_3, Reason.CONCENTRATED)
    assert advise(both).advice is Advice.STOP
