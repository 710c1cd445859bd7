"""Goods that go round, and goods behind two deals."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.documents.rules.entries import Entry, Lane, Party
from marketplace.documents.rules.rings import MOST_FIRMS, WITHIN, Ring, financed_twice, rings

START = date(2026, 1, 10)
FIRMS = ["Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta"]


def a_sale(seller: str, buyer: str, day: int = 0, quantity: str = "100", good: str = "7403", number: str = "") -> Entry:
    return Entry(Lane.INVOICE, number or f"{seller}-{buyer}-{day}", seller=Party(seller), buyer=Party(buyer), dated=START + timedelta(days=day), goods_code=good, quantity=Decimal(quantity), unit="TNE", amount=100)  # fmt: skip


def a_payment(payer: str, payee: str, day: int = 0, amount: int = 100_00) -> Entry:
    return Entry(Lane.MONEY, f"P-{payer}-{payee}", seller=Party(payee), buyer=Party(payer), dated=START + timedelta(days=day), amount=amount)  # fmt: skip


def a_round(firms: Sequence[str], days: Sequence[int], quantity: str = "100") -> list[Entry]:
    return [a_sale(one, other, day, quantity) for one, other, day in zip(firms, [*firms[1:], firms[0]], days, strict=True)]  # fmt: skip


def firms_of(found: list[Ring]) -> list[tuple[str, ...]]:
    return [ring.firms for ring in found]


@pytest.mark.parametrize("size", range(2, MOST_FIRMS + 1))
def test_goods_that_come_home_are_a_ring(size: int) -> None:
    (ring,) = rings(a_round(FIRMS[:size], range(size)))
    assert sorted(ring.firms) == sorted(FIRMS[:size])
    assert (ring.since, ring.until) == (START, START + timedelta(days=size - 1))


def test_six_firms_are_too_many_to_be_sure() -> None:
    assert rings(a_round(FIRMS, range(6))) == []


def test_ninety_days_and_no_more() -> None:
    assert rings(a_round(FIRMS[:3], [0, 40, WITHIN.days])) == []
    assert len(rings(a_round(FIRMS[:3], [0, 40, WITHIN.days - 1]))) == 1


def test_an_older_sale_does_not_hide_a_ring() -> None:
    assert len(rings([a_sale("Alpha", "Beta", -200), *a_round(FIRMS[:2], [0, 1])])) == 1


def test_goods_that_stay_are_no_ring() -> None:
    """Alpha sells a hundred and takes ten back: ninety have moved."""
    assert rings([a_sale("Alpha", "Beta"), a_sale("Beta", "Alpha", 5, "10")]) == []
    assert len(rings([a_sale("Alpha", "Beta"), a_sale("Beta", "Alpha", 5, "95")])) == 1


def test_two_goods_between_the_same_two_firms_are_trade() -> None:
    assert rings([a_sale("Alpha", "Beta", good="7403"), a_sale("Beta", "Alpha", 5, good="2603")]) == []


def test_names_are_one_firm_however_they_are_written() -> None:
    assert len(rings([a_sale("Alpha Ltd.", "BETA"), a_sale("Beta", "alpha ltd", 1)])) == 1


def test_money_that_goes_round_with_nothing_sold_for_it() -> None:
    round_ = [a_payment("Alpha", "Beta"), a_payment("Beta", "Gamma", 1), a_payment("Gamma", "Alpha", 2)]
    (ring,) = rings(round_)
    assert ring.lane is Lane.MONEY
    sold = [a_sale("Beta", "Alpha", good="1"), a_sale("Gamma", "Beta", good="2"), a_sale("Alpha", "Gamma", good="3")]
    assert rings([*round_, *sold]) == []


def test_each_ring_is_told_once_in_a_crowd() -> None:
    crowd = [a_sale(f"Maker {one}", f"Shop {other}", one) for one in range(40) for other in range(40)]
    chain = [a_sale(f"Step {one}", f"Step {one + 1}") for one in range(30)]
    found = rings([*crowd, *chain, *a_round(FIRMS[:4], range(4)), *a_round(["Eta", "Theta"], [3, 9])])
    assert sorted(map(sorted, firms_of(found))) == [sorted(FIRMS[:4]), ["Eta", "Theta"]]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda pair: pair[0] < pair[1]), max_size=20))
def test_sales_that_only_go_down_the_chain_never_make_a_ring(pairs: list[tuple[int, int]]) -> None:
    assert rings([a_sale(FIRMS[one], FIRMS[other], day) for day, (one, other) in enumerate(pairs)]) == []


@given(st.permutations(FIRMS), st.integers(2, 5), st.integers(0, 89))
def test_a_planted_ring_is_found_whoever_is_in_it(firms: list[str], size: int, last: int) -> None:
    days = [last * place // (size - 1) for place in range(size)]
    assert len(rings(a_round(firms[:size], days))) == 1


def test_one_invoice_behind_two_deals() -> None:
    one, other = uuid4(), uuid4()
    first = replace(a_sale("Alpha", "Beta", number="INV-1"), room=one)
    again = replace(a_sale("ALPHA", "Beta", number="inv 1"), room=other)
    (found,) = financed_twice([first, again, replace(first, number="INV-2")])
    assert (found.number, found.lane, len(found.entries)) == ("INV-1", Lane.INVOICE, 2)
    assert financed_twice([first, replace(again, room=one)]) == []
    assert financed_twice([first, replace(again, room=None)]) == []
    assert financed_twice([first, replace(again, seller=Party("Delta"))]) == []
