"""The falling clock to the microsecond and the fen: rules and strangers' program against a third way of reckoning, and the database at each edge.

A bid takes the goods when it reaches the price on the clock, exactly that price included; a step falls at its own moment, not after it; the end takes nothing.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace.disposal.bidding import Outcome
from marketplace.disposal.record import recompute
from marketplace.disposal.rules.formats import DutchClock
from marketplace.disposal.rules.kinds.dutch import FirstTaker
from marketplace.disposal.rules.kinds.protocol import Act, Deed
from marketplace.money import Money
from tests.factories import World
from tests.marketplace.disposal.test_kinds import a_clock, later
from tests.marketplace.disposal.test_limits import recomputed

OPENS = datetime(2026, 3, 9, 1, 0, tzinfo=UTC)
TICK, MINUTE, LASTS = timedelta(microseconds=1), timedelta(minutes=1), timedelta(minutes=30)
START, DROP, FLOOR = 1_000_000_00, 20_000_00, 700_000_00
CLOCK = DutchClock(Money(START, "CNY"), Money(DROP, "CNY"), MINUTE, Money(FLOOR, "CNY"), OPENS)
RULES: dict[str, Any] = {
    "method": "DUTCH", "start_minor": START, "drop_minor": DROP, "drop_seconds": 60, "floor_minor": FLOOR, "increments": [[0, 5_000_00]],
    "opens_at": "2026-03-09T01:00:00.000000Z", "closes_at": "2026-03-09T01:30:00.000000Z",
}  # fmt: skip


def by_hand(since: timedelta, amount: int) -> tuple[str, int]:
    """What becomes of a bid so long after the start: (outcome, price), reckoned in decimals and by no code of the house."""
    if since < timedelta(0):
        return "NOT_OPEN", amount
    if since >= LASTS:
        return "CLOSED", amount
    steps = int(Decimal(since // TICK) / Decimal(MINUTE // TICK))
    price = max(START - steps * DROP, FLOOR)
    return ("TOO_LOW", amount) if amount < price else ("ACCEPTED", price)


def by_rules(since: timedelta, amount: int) -> tuple[str, int]:
    _, [line] = FirstTaker(CLOCK, OPENS + LASTS).take(Act(7, OPENS + since, Deed.BID, Money(amount, "CNY")))
    return line.outcome, line.amount.minor


def by_strangers(since: timedelta, amount: int, told: tuple[str, int]) -> tuple[str, int]:
    at = f"{OPENS + since:%Y-%m-%dT%H:%M:%S.%fZ}"
    record = {"rules": RULES, "opened": {"reserve_minor": None}}
    bid = {"paddle": 7, "amount_minor": told[1], "outcome": told[0], "limit_seal": None, "at": at}
    [(_, price, outcome, _)] = recompute.Staged(record).lines(bid)
    return outcome, price


edges = st.builds(
    lambda minute, ticks: minute * MINUTE + ticks * TICK,
    st.integers(-1, 31),
    st.sampled_from([-1, 0, 1, 30_000_000]),
)
offers = st.builds(lambda step, fen: START - step * DROP + fen, st.integers(-1, 17), st.sampled_from([-1, 0, 1]))


@example(since=timedelta(0), amount=START)
@example(since=10 * MINUTE, amount=START - 10 * DROP)
@example(since=10 * MINUTE - TICK, amount=START - 10 * DROP)
@example(since=10 * MINUTE, amount=START - 10 * DROP - 1)
@example(since=15 * MINUTE, amount=FLOOR)
@example(since=LASTS - TICK, amount=FLOOR)
@example(since=LASTS, amount=FLOOR)
@given(since=edges, amount=offers)
def test_rules_and_strangers_reckon_the_clock_alike(since: timedelta, amount: int) -> None:
    told = by_hand(since, amount)
    assert by_rules(since, amount) == told
    assert by_strangers(since, amount, told) == told


@pytest.mark.parametrize(
    ("since", "amount", "outcome", "paid"),
    [
        (timedelta(0), 1_000_000, Outcome.ACCEPTED, 1_000_000),
        (10 * MINUTE - TICK, 800_000, Outcome.TOO_LOW, 800_000),
        (10 * MINUTE, 800_000, Outcome.ACCEPTED, 800_000),
        (15 * MINUTE, 700_000, Outcome.ACCEPTED, 700_000),
        (timedelta(days=1) - TICK, 700_000, Outcome.ACCEPTED, 700_000),
        (timedelta(days=1), 700_000, Outcome.CLOSED, 700_000),
    ],
)  # fmt: skip
def test_the_database_does_at_each_edge_of_the_clock(
    world: World, since: timedelta, amount: int, outcome: Outcome, paid: int
) -> None:
    sale = a_clock(world)
    later(sale, since)
    answer = sale.bid(sale.bidders[0], amount)
    assert (answer.outcome, answer.amount_minor) == (outcome, paid * 100)
    world.set_clock(max(sale.auction.ends_at, world.now))
    world.work()
    assert recomputed(sale)[1] == 0
