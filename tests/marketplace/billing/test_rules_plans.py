"""A fee plan: figures within reason, published beforehand, and for each month exactly one that counts."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.billing.rules.plans import Plan, month_after, month_of, plan_of, require_to_come, starts_at
from marketplace.money import Money
from tenants.errors import Invalid

USUAL = Plan(
    lots_free=5, lot_month=Money.of("30.00", "CNY"), deal=Money.of("200.00", "CNY"), sale_share=Decimal("0.005"), vat_rate=Decimal("0.06"), pay_days=30, notice_days=14
)  # fmt: skip
DAYS = st.dates(date(2020, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("lots_free", -1), ("pay_days", 0), ("notice_days", 6), ("lot_month", Money(-1, "CNY")), ("deal", Money(1, "EUR")), ("sale_share", Decimal("0.21")),
        ("sale_share", Decimal("0.0000001")), ("vat_rate", Decimal("-0.01")), ("vat_rate", Decimal("NaN")),
    ],
)  # fmt: skip
def test_figures_beyond_reason_are_refused_by_their_field(field: str, wrong: object) -> None:
    with pytest.raises(Invalid) as refused:
        replace(USUAL, **{field: wrong})
    assert refused.value.field == field


@given(DAYS)
def test_months_follow_each_other_without_a_gap(day: date) -> None:
    month = month_of(day)
    after = month_after(month)
    assert month <= day < after
    assert after.day == 1
    assert (after - month).days in range(28, 32)


def test_a_month_begins_where_the_platform_is_run() -> None:
    assert starts_at(date(2026, 3, 1)) == datetime.fromisoformat("2026-02-28T16:00:00+00:00")


def test_a_plan_begins_with_a_month_to_come() -> None:
    require_to_come(date(2026, 4, 1), date(2026, 3, 31))
    for wrong in (date(2026, 4, 2), date(2026, 3, 1), date(2026, 4, 1)):
        with pytest.raises(Invalid) as refused:
            require_to_come(wrong, date(2026, 4, 1))
        assert refused.value.field == "effective_from"


@given(DAYS, st.lists(DAYS.map(month_of), max_size=6), st.randoms(use_true_random=False))
def test_the_latest_begun_counts_and_of_equals_the_newest(day: date, begins: list[date], shuffle: object) -> None:
    month = month_of(day)
    plans = [(since, version, version) for version, since in enumerate(begins)]
    found = plan_of(month, sorted(plans, key=lambda _: shuffle.random()))  # type: ignore[attr-defined]
    begun = [one for one in plans if one[0] <= month]
    if not begun:
        assert found is None
        return
    latest = max(one[0] for one in begun)
    assert found == max(version for since, version, _ in begun if since == latest)
