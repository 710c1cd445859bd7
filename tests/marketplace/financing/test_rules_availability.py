"""Availability explains itself: the lines add up from sum to sum, and the last is what may be drawn."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from marketplace.financing.rules.availability import Drawn, Line, availability_of, explain
from marketplace.financing.rules.borrowing import availability
from marketplace.money import Money
from marketplace.valuation.rules.base import FROZEN, Carried, Reserve, borrowing_base


def _cny(amount: str | int) -> Money:
    return Money.of(amount, "CNY")


def adds_up(lines: list[Line]) -> bool:
    """Between one sum and the next, what is written is what happened."""
    running = Money.zero("CNY")
    for place, line in enumerate(lines):
        if line.is_sum:
            if place and line.amount != running:
                return False
            running = line.amount
        else:
            running = running + line.amount
    return True


def test_a_statement_as_people_read_it() -> None:
    goods = [
        Carried("CU", _cny(2_000_000), _cny(2_000_000), _cny(1_400_000)),
        Carried("CU", _cny(500_000), _cny(400_000), _cny(280_000), FROZEN),
    ]
    base = borrowing_base(goods, "CNY", reserves=[Reserve("unpaid storage", _cny(12_000))])
    drawn = Drawn(_cny(1_300_000), Decimal("0.65"), _cny(700_000), _cny(50_000))
    told = explain(base, _cny(2_000_000), drawn)
    assert [(line.says, str(line.amount.amount), line.is_sum) for line in told] == [
        ("Value of all pledged goods", "2500000.00", True),
        ("Less is there than is pledged.", "-100000.00", False),
        ("The lot is frozen.", "-400000.00", False),
        ("Eligible goods", "2000000.00", True),
        ("Haircuts", "-600000.00", False),
        ("Held back: %(why)s", "-12000.00", False),
        ("Borrowing base", "1388000.00", True),
        ("Above the initial line of the market value", "-88000.00", False),
        ("May be owed at most", "1300000.00", True),
        ("Outstanding", "-700000.00", False),
        ("Instructed and not yet paid", "-50000.00", False),
        ("May be drawn", "550000.00", True),
    ]


amounts = st.integers(0, 10**11).map(lambda minor: Money(minor, "CNY"))
shares = st.decimals(Decimal("0.01"), 1, places=4)


@given(st.data(), amounts, amounts, amounts, amounts, shares, st.booleans())
def test_invariant_16_the_lines_add_up_to_what_may_be_drawn(
    data: st.DataObject, limit: Money, owed: Money, committed: Money, held: Money, initial: Decimal, may_draw: bool
) -> None:
    gross = data.draw(amounts)
    market = Money(data.draw(st.integers(0, gross.minor)), "CNY")
    collateral = Money(data.draw(st.integers(0, market.minor)), "CNY")
    base = borrowing_base([Carried("CU", gross, market, collateral)], "CNY", reserves=[Reserve("storage", held)])
    told = explain(base, market, Drawn(limit, initial, owed, committed, may_draw=may_draw))
    assert adds_up(told)
    carries = min(base.amount, Money(int(market.minor * initial), "CNY"))
    expected = availability(limit, carries, owed + committed).at_least_zero() if may_draw else _cny(0)
    assert availability_of(told) == expected


@given(amounts)
def test_without_terms_nothing_may_be_drawn(value: Money) -> None:
    base = borrowing_base([Carried("CU", value, value, value)], "CNY")
    told = explain(base, value, Drawn(None, None, _cny(0), _cny(0)))
    assert adds_up(told)
    assert not availability_of(told)
