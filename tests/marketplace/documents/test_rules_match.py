"""The four flows side by side: E26, honest books without a break, and every lie found where it was told."""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.documents.rules.content import Paper
from marketplace.documents.rules.entries import Entry, Lane, Party, State
from marketplace.documents.rules.match import TradeMatch, match
from marketplace.money import Money
from tests.marketplace.documents.books import DAY, LIES, TODAY, Books, Sale, honest_sales, told

SELLER, BUYER = Party("江西铜业", "913600007057664485"), Party("Huaxia Cable")
COPPER = {"order": "PO-1", "line": "1", "seller": SELLER, "buyer": BUYER, "unit": "TNE", "goods_code": "7403110000"}
E26 = [
    Entry(Lane.ORDER, "PO-1", dated=date(2026, 3, 1), quantity=Decimal("500.000"), price=Decimal(19_850), amount=992_500_000, **COPPER),  # type: ignore[arg-type]
    Entry(Lane.GOODS, "GRN-8", dated=date(2026, 2, 20), quantity=Decimal("498.750"), paper=Paper.GOODS_RECEIPT, **COPPER),  # type: ignore[arg-type]
    Entry(Lane.INVOICE, "INV-7", dated=date(2026, 3, 5), quantity=Decimal("500.000"), price=Decimal(19_850), amount=992_500_000, **COPPER),  # type: ignore[arg-type]
    Entry(Lane.MONEY, "PAY-9", dated=date(2026, 4, 1), amount=972_650_000, refers="INV-7", seller=SELLER, buyer=BUYER),
]  # fmt: skip


def only(entries: Iterable[Entry]) -> TradeMatch:
    (trade,) = match(entries, today=TODAY)
    return trade


def lines_with_findings(entries: Iterable[Entry]) -> set[tuple[str, str]]:
    found = match(entries, today=TODAY)
    return {(line.order_number, line.line) for trade in found for line in trade.lines if line.findings}


def test_e26_by_the_papers_themselves() -> None:
    """Four of the five things that papers tell of each other hold: the receipt is older than its order."""
    trade = only(E26)
    assert [score for _, score in trade.lines[0].flows] == [1, Fraction("0.75"), Fraction("0.6"), Fraction("0.8")]
    assert trade.score == Fraction("0.7825")
    assert Counter(one.code for one in trade.findings) == {"early": 1, "paid": 1}


def test_a_break_names_both_records_and_says_by_how_much() -> None:
    (paid,) = [one for one in only(E26).findings if one.code == "paid"]
    assert paid.other
    assert (paid.one.number, paid.other.number, paid.lane) == ("PAY-9", "INV-7", Lane.MONEY)
    assert paid.because.endswith("less.")
    assert paid.facts == {
        "a": Money.of("9726500", "CNY"),
        "b": Money.of("9925000", "CNY"),
        "difference": Money.of("198500", "CNY"),
        "share": Fraction("0.02"),
    }


def test_scales_may_differ_and_counts_may_not() -> None:
    scales = [replace(one, dated=date(2026, 3, 3)) if one.lane is Lane.GOODS else one for one in E26[:3]]
    paid = [replace(E26[3], amount=992_500_000)]
    assert only([*scales, *paid]).state == State.MATCHED
    pieces = [replace(one, unit="H87") for one in scales]
    pieces[1] = replace(pieces[1], quantity=Decimal(499))
    assert {one.code for one in only([*pieces, *paid]).findings} == {"quantity", "invoiced"}


def test_units_are_converted_before_they_are_compared() -> None:
    kilograms = replace(E26[1], dated=date(2026, 3, 3), quantity=Decimal(500_000), unit="KGM")
    bill = replace(E26[2], quantity=Decimal(500_000), unit="KGM", price=Decimal("19.85"))
    assert only([E26[0], kilograms, bill, replace(E26[3], amount=992_500_000)]).state == State.MATCHED
    pieces = replace(kilograms, unit="H87")
    assert "unit" in {one.code for one in only([E26[0], pieces]).findings}


@pytest.mark.parametrize("lane", [Lane.GOODS, Lane.INVOICE])
@pytest.mark.parametrize("change", [{"seller": Party("Zhejiang Copper")}, {"goods_code": "7601100000"}, {"buyer": Party("Somebody")}])  # fmt: skip
def test_another_party_or_good_is_another_trade(lane: Lane, change: dict[str, object]) -> None:
    trade = only(replace(one, **change) if one.lane is lane else one for one in E26)  # type: ignore[arg-type]
    assert trade.score == 0
    assert trade.state == State.BROKEN


def test_codes_tell_firms_apart_where_names_are_written_differently() -> None:
    spelt = Party("Jiangxi Copper Company Limited", "91 3600 0070 5766 4485")
    assert "seller" not in {one.code for one in only(replace(one, seller=spelt) if one.lane is Lane.INVOICE else one for one in E26).findings}  # fmt: skip


def test_what_is_still_to_come_is_open_until_it_is_overdue() -> None:
    order, goods, bill = replace(E26[0], due_on=TODAY), replace(E26[1], dated=date(2026, 3, 2), quantity=Decimal(200)), replace(E26[2], quantity=Decimal(200), amount=397_000_000)  # fmt: skip
    trade = only([order, goods, replace(bill, due_on=TODAY)])
    assert (trade.state, trade.findings) == (State.OPEN, [])
    part = replace(E26[3], amount=100_000_000)
    assert only([order, goods, replace(bill, due_on=TODAY), part]).state == State.OPEN
    (late,) = match([order, goods, replace(bill, due_on=TODAY), part], today=TODAY + DAY)
    assert {one.code for one in late.findings} == {"quantity", "paid"}


def test_deliveries_in_parts_are_added_up_and_never_taken_for_repeats() -> None:
    sale = honest_sales(random.Random(1), 1)[0]
    order, note, bill, paid = replace(sale, quantity=Decimal(100), price=Decimal(5), amount=50_000).entries()
    half = replace(note, quantity=Decimal(50))
    assert only([order, half, half, bill, paid]).state == State.MATCHED
    assert [one.code for one in only([order, half, half, half, bill, paid]).findings if one.is_flag] == ["twice", "twice"]  # fmt: skip


def test_lines_are_found_by_their_goods_where_papers_do_not_number_them() -> None:
    first, second = (replace(honest_sales(random.Random(1), 1)[0], line=line, quantity=Decimal(line), price=Decimal(9), amount=900 * int(line)) for line in ("1", "2"))  # fmt: skip
    books = [replace(one, line="") if one.lane in (Lane.GOODS, Lane.INVOICE) else one for sale in (second, first) for one in sale.entries()]  # fmt: skip
    assert only(books).state == State.MATCHED


def test_two_sellers_may_use_the_same_invoice_number() -> None:
    first, second = (Sale(f"PO-{n}", "1", f"DN-{n}", "7403", f"Seller {n}", "Buyer", Decimal(n), Decimal(2), 200 * n, date(2026, 1, 1), date(2026, 1, 5)) for n in (1, 2))  # fmt: skip
    books = [replace(one, number="001") if one.lane is Lane.INVOICE else replace(one, refers="001") if one.lane is Lane.MONEY else one for sale in (first, second) for one in sale.entries()]  # fmt: skip
    assert {trade.state for trade in match(books, today=TODAY)} == {State.MATCHED}


def test_tax_is_paid_on_top_and_a_sum_for_the_whole_invoice_counts() -> None:
    order, note, bill, paid = replace(honest_sales(random.Random(1), 1)[0], quantity=Decimal(100), price=Decimal(5), amount=50_000).entries()  # fmt: skip
    assert only([order, note, replace(bill, tax=6_500), replace(paid, amount=56_500)]).state == State.MATCHED
    assert only([order, note, replace(bill, tax=6_500, payable=46_500), replace(paid, amount=46_500)]).state == State.MATCHED  # fmt: skip
    assert only([order, note, replace(bill, tax=6_500), paid]).state == State.BROKEN


@given(st.randoms(use_true_random=False), st.integers(1, 12))
def test_honest_books_have_no_findings(dice: random.Random, orders: int) -> None:
    books, _ = told(honest_sales(dice, orders), dice, share=0)
    for trade in match(books, today=TODAY):
        assert trade.findings == []
        assert (trade.state, trade.score) == (State.MATCHED, 1)


@pytest.mark.parametrize("lie", sorted(LIES))
@given(dice=st.randoms(use_true_random=False))
def test_every_lie_is_found_and_only_where_it_was_told(lie: str, dice: random.Random) -> None:
    sales = honest_sales(dice, 4)
    told_in = dice.randrange(len(sales))
    books: Books = []
    for place, sale in enumerate(sales):
        books += LIES[lie](sale.entries(), dice) if place == told_in else sale.entries()
    assert lines_with_findings(books) == {(sales[told_in].order, sales[told_in].line)}


def outcome(books: Books) -> set[tuple[str, Fraction, State, tuple[str, ...]]]:
    return {(t.order, t.score, t.state, tuple(sorted(one.code for one in t.findings))) for t in match(books, today=TODAY)}  # fmt: skip


def precision_and_recall(books: Books, lies: Iterable[tuple[str, str]]) -> tuple[Fraction, Fraction]:
    found, true = lines_with_findings(books), set(lies)
    return Fraction(len(found & true), len(found)), Fraction(len(found & true), len(true))


def test_a_twentieth_of_ten_thousand_lines_is_found_and_nothing_else() -> None:
    dice = random.Random(20260630)
    books, lies = told(honest_sales(dice, 2_900), dice, share=0.05)
    assert len(books) > 39_000
    assert set(lies.values()) == set(LIES)
    precision, recall = precision_and_recall(books, lies)
    assert precision >= Fraction("0.99")
    assert recall >= Fraction("0.99")


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_papers_does_not_matter(dice: random.Random) -> None:
    books, _ = told(honest_sales(dice, 3), dice, share=0.3)
    before = outcome(books)
    dice.shuffle(books)
    assert outcome(books) == before
