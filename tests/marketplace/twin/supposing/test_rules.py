"""What a supposition changes of what is known: never more than it says, and never for the better."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.reliance.rules.grades import Known, Watching, grade_evidence
from marketplace.reliance.rules.table import table_on
from marketplace.supervision.conditions import Condition
from marketplace.twin.supposing.rules import (
    BOUNDS,
    Supposition,
    supposed_condition,
    supposed_knowledge,
    supposed_price,
    supposed_quantity,
)
from marketplace.valuation.rules.prices import MEAN_OVER_DAYS, PriceKind, Quote, UnitPrice, price_that_counts
from tenants.errors import Invalid

TODAY = date(2026, 3, 2)
TABLE = table_on(TODAY)
SCALE = Watching("weight", timedelta(minutes=1), timedelta(minutes=1))
CLIMATE = Watching("climate", timedelta(minutes=1), timedelta(minutes=1))
KNOWN = Known(devices=(SCALE, CLIMATE), coverage=Decimal(1), weighed=Decimal(1), inspected_days=3)
WELL = Condition(Decimal(1), Decimal(0), False, Decimal("100.000"), ())
shares = st.decimals(0, 1, places=4)
hours = st.decimals(0, 8760, places=2)
suppositions = st.builds(
    Supposition,
    price=st.decimals("-0.99", 9, places=4),
    missing=shares,
    heat=st.decimals(0, 5000, places=2),
    days=st.integers(0, 3650),
    silent_hours=hours,
    frozen=st.booleans(),
    alarmed=st.booleans(),
)
knowledge = st.builds(
    Known,
    devices=st.lists(st.sampled_from([SCALE, CLIMATE]), max_size=2).map(tuple),
    coverage=shares,
    weighed=st.none() | shares,
    inspected_days=st.none() | st.integers(0, 400),
    phone=st.sampled_from([None, "C", "D"]),
    phone_days=st.none() | st.integers(0, 400),
)


def series(*prices: str) -> list[Quote]:
    """Quotes, the newest first."""
    return [
        Quote(PriceKind.INDEX, UnitPrice(Decimal(price), "CNY", "TNE"), TODAY - timedelta(days=back))
        for back, price in enumerate(prices)
    ]


def test_to_suppose_nothing_changes_nothing() -> None:
    nothing = Supposition(lot_id=uuid4())
    assert nothing.is_empty
    assert supposed_knowledge(KNOWN, nothing) == KNOWN
    assert supposed_condition(WELL, KNOWN, Decimal("100.000"), nothing) == WELL
    assert supposed_price(series("20000"), nothing) == series("20000")
    assert supposed_quantity(Decimal("100.000"), nothing) == 100


def test_a_price_that_fell_today_pulls_the_mean_of_twenty_by_a_twentieth() -> None:
    flat = series(*["20000"] * MEAN_OVER_DAYS)
    fallen = supposed_price(flat, Supposition(price=Decimal("-0.10")))
    assert price_that_counts(fallen, TODAY).price.amount == 18000
    risen = supposed_price(flat, Supposition(price=Decimal("0.10")))
    assert price_that_counts(risen, TODAY).price.amount == 20100  # the mean holds the value down


def test_a_scale_that_is_silent_for_two_hours_has_a_critical_alarm_and_a_thermometer_has_none() -> None:
    for device, hours_silent, alarmed in ((SCALE, "2", True), (SCALE, "1.9", False), (CLIMATE, "5", False)):
        supposed = Supposition(silent_hours=Decimal(hours_silent))
        known = supposed_knowledge(replace(KNOWN, devices=(device,)), supposed)
        assert known.doubts == {"silence"}
        assert supposed_condition(WELL, known, Decimal("100.000"), supposed).has_open_critical is alarmed


def test_silence_takes_its_hours_of_the_last_day_once_three_intervals_are_over() -> None:
    known = supposed_knowledge(KNOWN, Supposition(silent_hours=Decimal(6)))
    assert known.coverage == Fraction(24 * 60 - (6 * 60 - 3), 24 * 60)
    assert supposed_knowledge(KNOWN, Supposition(silent_hours=Decimal(30))).coverage == 0
    # Who speaks once a day is not missed after a day.
    daily = replace(KNOWN, devices=(replace(SCALE, interval=timedelta(days=1)),))
    patient = supposed_knowledge(daily, Supposition(silent_hours=Decimal(24)))
    assert (patient.coverage, patient.doubts) == (1, frozenset())


def test_a_count_that_finds_less_binds_the_scale_too() -> None:
    assert supposed_quantity(Decimal("99.999"), Supposition(missing=Decimal("0.1"))) == Decimal("89.999")
    less = supposed_condition(WELL, KNOWN, Decimal("90.000"), Supposition(missing=Decimal("0.1")))
    assert less.measured_qty == 90
    assert supposed_quantity(None, Supposition(missing=Decimal("0.1"))) is None


@given(knowledge, suppositions, st.integers(0, 400), hours)
def test_more_days_and_more_silence_never_make_the_evidence_better(known: Known, one: Supposition, days: int, more: Decimal) -> None:  # fmt: skip
    worse = replace(one, days=min(3650, one.days + days), silent_hours=min(Decimal(8760), one.silent_hours + more))
    grades = [grade_evidence(supposed_knowledge(known, each), TABLE).grade.rank for each in (Supposition(), one, worse)]
    assert grades == sorted(grades)


@given(suppositions, shares, shares)
def test_what_is_supposed_of_goods_is_never_for_the_better(supposed: Supposition, verified: Decimal, coverage: Decimal) -> None:  # fmt: skip
    before = replace(WELL, coverage=coverage)
    known = supposed_knowledge(replace(KNOWN, coverage=coverage), supposed)
    there = supposed_quantity(verified, supposed)
    after = supposed_condition(before, known, there, supposed)
    assert there is not None
    assert there <= verified
    assert after.coverage <= before.coverage
    assert after.degree_hours >= before.degree_hours
    assert after.measured_qty is not None
    assert before.measured_qty is not None
    assert after.measured_qty <= before.measured_qty
    assert after.has_open_critical or not (before.has_open_critical or supposed.alarmed)


@given(st.lists(st.decimals(1, 10**6, places=2), min_size=1, max_size=25), *[st.decimals("-0.99", 9, places=4)] * 2)
def test_a_higher_price_never_counts_for_less(prices: list[Decimal], one: Decimal, other: Decimal) -> None:
    lower, higher = sorted((one, other))
    found = [price_that_counts(supposed_price(series(*map(str, prices)), Supposition(price=share)), TODAY) for share in (lower, higher)]  # fmt: skip
    assert found[0].price.amount <= found[1].price.amount


@pytest.mark.parametrize("field", sorted(BOUNDS))
def test_what_no_market_and_no_warehouse_could_show_is_refused_by_name(field: str) -> None:
    least, most = BOUNDS[field]
    for figure in (least - 1, most + 1):
        with pytest.raises(Invalid) as refused:
            Supposition(**{field: int(figure) if field == "days" else figure})
        assert refused.value.field == field
