"""Maxima and what they come to: second price and a step by the table, the earliest of equals, one bidder at the opening; bid by bid it is the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.disposal.increments import Increments
from marketplace.disposal.rules.bidding import Bid, Sale, next_bid, raise_limit
from marketplace.disposal.rules.proxies import Maximum, Outcome, settle
from marketplace.money import Money
from tenants.errors import Conflict, Invalid

OPEN = datetime(2025, 6, 1, 10, 0, tzinfo=UTC)


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


# A table of the kind that large houses publish; the price at which each step begins.
LADDER = Increments.of(
    usd("0.05"),
    *((usd(floor), usd(step)) for floor, step in (
        ("1", "0.25"), ("5", "0.50"), ("25", "1"), ("100", "2.50"), ("250", "5"), ("500", "10"), ("1000", "25"), ("2500", "50"), ("5000", "100"),
    )),
)  # fmt: skip


def settled(opening: str, *maxima: tuple[str, str], reserve: str | None = None) -> tuple[str, Money] | None:
    said = [Maximum(bidder, usd(most), order) for order, (bidder, most) in enumerate(maxima)]
    outcome = settle(usd(opening), LADDER, said, reserve=usd(reserve) if reserve else None)
    return (outcome.winner, outcome.price) if outcome else None


def test_the_second_price_and_a_step_of_the_table() -> None:
    assert settled("0.99", ("A", "175"), ("B", "120"), ("C", "100")) == ("A", usd("122.50"))
    assert settled("0.99", ("A", "30"), ("B", "24.99")) == ("A", usd("25.49")), "below 25 the step is 0.50"
    assert settled("0.99", ("A", "30"), ("B", "25")) == ("A", usd("26")), "from 25 on it is 1"


def test_the_price_never_exceeds_the_winners_own_maximum() -> None:
    assert settled("0.99", ("A", "121"), ("B", "120")) == ("A", usd("121"))


def test_the_earliest_of_equals_wins_at_that_amount() -> None:
    assert settled("0.99", ("A", "120"), ("B", "120")) == ("A", usd("120"))
    assert settled("0.99", ("B", "50"), ("A", "120"), ("B", "120")) == ("A", usd("120")), "B said 120 after A did"


def test_one_bidder_pays_the_opening_however_often_it_raises_itself() -> None:
    assert settled("0.99", ("A", "20"), ("A", "50"), ("A", "70")) == ("A", usd("0.99"))
    assert settled("0.99", ("A", "0.98")) is None
    assert settled("0.99") is None


def test_a_maximum_that_reaches_the_reserve_is_bid_up_to_it() -> None:
    assert settled("10", ("A", "90"), ("B", "20"), reserve="80") == ("A", usd("80"))
    assert settled("10", ("A", "79"), ("B", "20"), reserve="80") == ("A", usd("20.50")), "and one that does not is not"


@pytest.mark.parametrize(
    ("rungs", "code"),
    [
        ([], "increments_wrong"),
        ([("1", "1")], "increments_wrong"),
        ([("0", "0")], "step_not_positive"),
        ([("0", "1"), ("5", "2"), ("5", "3")], "increments_fall"),
        ([("0", "1"), ("9", "2"), ("5", "3")], "increments_fall"),
        ([("0", "2"), ("5", "1")], "increments_fall"),
        ([("0", "1")] + [(str(n), "1") for n in range(1, 21)], "increments_wrong"),
    ],
)
def test_a_table_that_does_not_rise_is_refused(rungs: list[tuple[str, str]], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        Increments(tuple((usd(floor), usd(step)) for floor, step in rungs))
    assert refused.value.code == code


def test_a_table_of_two_currencies_is_refused() -> None:
    with pytest.raises(Invalid):
        Increments.of(usd("1"), (Money.of("5", "CNY"), usd("2")))


amounts = st.integers(50, 60_000).map(lambda cents: Money(cents, "USD"))
histories = st.lists(st.tuples(st.sampled_from("ABCD"), amounts), max_size=14)
SALE = Sale(usd("0.99"), LADDER, OPEN, OPEN + timedelta(days=7), admitted=frozenset("ABCD"))


@given(histories, st.none() | amounts)
def test_bid_by_bid_comes_to_what_the_maxima_come_to(history: list[tuple[str, Money]], reserve: Money | None) -> None:
    """After every bid the standing one is what the closed form says of the maxima that were taken so far, but that nobody outbids themselves: a leader
    that raises its limit while the old one held the price below a full step leaves the price where it is until somebody else bids.
    """
    sale, taken, raised = replace(SALE, reserve=reserve), list[Maximum](), False
    for order, (bidder, most) in enumerate(history):
        at = OPEN + timedelta(minutes=order)
        try:
            if sale.standing and sale.standing.bidder == bidder:
                sale, raised = raise_limit(sale, bidder, most, at), True
            else:
                sale, raised = next_bid(sale, Bid(bidder, sale.least_bid, at, most)), False
        except (Conflict, Invalid):
            continue
        taken.append(Maximum(bidder, most, order))
        outcome, standing = settle(SALE.start_price, LADDER, taken, reserve=reserve), sale.standing
        assert isinstance(outcome, Outcome)
        assert standing is not None
        assert outcome.winner == standing.bidder
        assert outcome.price == standing.amount or (raised and standing.amount < outcome.price)


@given(histories)
def test_no_order_of_the_losers_changes_winner_or_price(history: list[tuple[str, Money]]) -> None:
    said = [Maximum(bidder, most, order) for order, (bidder, most) in enumerate(history)]
    outcome = settle(SALE.start_price, LADDER, said)
    assert settle(SALE.start_price, LADDER, reversed(said)) == outcome
    if outcome and outcome.second:
        assert outcome.second <= outcome.price <= max(each.most for each in said if each.bidder == outcome.winner)
        assert outcome.price <= LADDER.above(outcome.second)
