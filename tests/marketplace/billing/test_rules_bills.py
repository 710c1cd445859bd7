"""From what was used to what is owed, to the fen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.billing.rules.bills import INVOICE, OPEN, FeeKind, InvoiceState, Used, bills, require_whole
from marketplace.billing.rules.plans import Plan
from marketplace.money import Money
from tenants.errors import Conflict, Invalid
from tests.marketplace.billing.test_rules_plans import USUAL

START = datetime(2026, 3, 1, tzinfo=UTC)
PLANS = st.builds(
    Plan,
    lots_free=st.integers(0, 6),
    lot_month=st.integers(0, 10_000).map(lambda fen: Money(fen, "CNY")),
    deal=st.integers(0, 100_000).map(lambda fen: Money(fen, "CNY")),
    sale_share=st.integers(0, 200_000).map(lambda parts: Decimal(parts) / 1_000_000),
    vat_rate=st.sampled_from([Decimal(rate) for rate in ("0", "0.03", "0.06", "0.13")]),
    pay_days=st.just(30),
    notice_days=st.just(14),
)


def used(kind: FeeKind, place: int, price: Money | None = None) -> Used:
    return Used(kind, UUID(int=place), f"N-{place}", START + timedelta(hours=place), price)


@st.composite
def uses(draw: st.DrawFn) -> list[Used]:
    """Up to twelve things, no two of a kind alike; sales in either of two currencies."""
    made = [used(FeeKind.LOT_MONTH, n) for n in range(draw(st.integers(0, 8)))]
    made += [used(FeeKind.DEAL, n) for n in range(draw(st.integers(0, 3)))]
    prices = draw(st.lists(st.tuples(st.integers(1, 10**12), st.sampled_from(["CNY", "USD"])), max_size=4))
    return made + [used(FeeKind.SALE, n, Money(*price)) for n, price in enumerate(prices)]


def test_a_month_of_a_firm_by_hand() -> None:
    """Seven lots, five of them free: 60.00. Two loans: 400.00. Half a per cent of 123,456.77: 617.28385, so 617.28. Tax: 6 per cent of 1,077.28 is 64.6368."""
    month = [used(FeeKind.LOT_MONTH, n) for n in range(7)] + [used(FeeKind.DEAL, n) for n in range(2)]
    month += [used(FeeKind.SALE, 1, Money.of("100000.00", "CNY")), used(FeeKind.SALE, 2, Money.of("23456.77", "CNY"))]
    [bill] = bills(USUAL, month)
    assert [(line.kind, line.quantity, line.free, str(line.amount.amount)) for line in bill.lines] == [
        ("LOT_MONTH", 7, 5, "60.00"), ("DEAL", 2, 0, "400.00"), ("SALE", 2, 0, "617.28"),
    ]  # fmt: skip
    assert (str(bill.net), str(bill.vat), str(bill.total)) == ("CNY 1077.28", "CNY 64.64", "CNY 1141.92")


def test_a_half_rounds_up() -> None:
    [bill] = bills(replace(USUAL, deal=Money(75, "CNY")), [used(FeeKind.DEAL, 1)])
    assert bill.vat.minor == 5  # 4.5
    [bill] = bills(USUAL, [used(FeeKind.SALE, 1, Money(100, "CNY"))])
    assert bill.net.minor == 1  # 0.5


def test_a_small_firm_pays_nothing() -> None:
    [bill] = bills(USUAL, [used(FeeKind.LOT_MONTH, n) for n in range(USUAL.lots_free)])
    assert not bill.total
    assert bills(USUAL, []) == ()


@given(PLANS, uses(), st.integers(0, 2**32))
def test_neither_order_nor_repetition_counts(plan: Plan, month: list[Used], seed: int) -> None:
    again = month + [replace(one) for one in Random(seed).sample(month, len(month) // 2)]
    Random(seed).shuffle(again)
    assert bills(plan, again) == bills(plan, month)


@given(PLANS, uses())
def test_each_use_is_charged_by_one_bill_and_each_figure_is_rounded_once(plan: Plan, month: list[Used]) -> None:
    made = bills(plan, month)
    assert sorted(one.key for bill in made for one in bill.used) == sorted(one.key for one in month)
    for bill in made:
        assert bill.net == sum((line.amount for line in bill.lines), Money.zero(bill.net.currency))
        assert bill.total.minor - bill.net.minor == bill.vat.minor
        assert -Fraction(1, 2) < bill.vat.minor - bill.net.minor * Fraction(plan.vat_rate) <= Fraction(1, 2)
        for line in bill.lines:
            owed = line.each.minor * (
                Fraction(plan.sale_share) if line.kind is FeeKind.SALE else line.quantity - line.free
            )
            assert -Fraction(1, 2) < line.amount.minor - owed <= Fraction(1, 2)


@given(PLANS, uses())
def test_the_allowance_comes_first_and_to_lots_alone(plan: Plan, month: list[Used]) -> None:
    lots = sum(one.kind is FeeKind.LOT_MONTH for one in month)
    free = sum(line.free for bill in bills(plan, month) for line in bill.lines)
    assert free == min(lots, plan.lots_free)


@given(PLANS, uses())
def test_using_more_never_costs_less(plan: Plan, month: list[Used]) -> None:
    def owed(part: list[Used]) -> dict[str, int]:
        return {bill.net.currency: bill.total.minor for bill in bills(plan, part)}

    all_of_it = owed(month)
    assert all(minor <= all_of_it[currency] for currency, minor in owed(month[: len(month) // 2]).items())


def test_an_invoice_ends_paid_or_credited_and_is_never_issued_twice() -> None:
    assert {one.to for one in INVOICE.steps_from(InvoiceState.PAID)} == {InvoiceState.CREDITED, InvoiceState.OVERDUE}
    assert INVOICE.is_final(InvoiceState.WRITTEN_OFF)
    assert INVOICE.is_final(InvoiceState.CREDITED)
    assert {one.source for one in INVOICE.transitions if one.action == "pay"} == set(OPEN)
    with pytest.raises(Conflict):
        INVOICE.next_state(InvoiceState.ISSUED, "issue")


def test_a_part_is_no_payment() -> None:
    owed = Money.of("10.00", "CNY")
    require_whole(owed, owed)
    with pytest.raises(Conflict):
        require_whole(Money.of("9.99", "CNY"), owed)
    with pytest.raises(Invalid):
        require_whole(Money.of("10.00", "USD"), owed)
