"""Rules, database and the strangers' program beside each other: whatever is bid, handed in or opened, and whenever, all three say the same.

Strict order, one winner, nothing after the end, no price told too early: asserted of every history of every kind.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.disposal.kind_terms import ENGLISH_TERMS, KindTerms
from marketplace.disposal.models.bids import Bid
from marketplace.disposal.queries import book
from marketplace.disposal.record.file import record_of
from marketplace.disposal.rules.kinds.choice import Announced, begin
from marketplace.disposal.rules.kinds.protocol import Act, Deed, Kind, Line
from marketplace.disposal.rules.regimes import Attempt, RegimeName
from marketplace.disposal.rules.sealing import seal_envelope
from marketplace.money import Money
from tests.factories import World
from tests.marketplace.disposal.makers import Sale, an_auction, cny
from tests.marketplace.disposal.test_kinds import BEST, DUTCH, FIRST, FIXED, SECOND
from tests.marketplace.disposal.test_limits import recomputed

AMOUNTS = (699_999, 700_000, 720_000, 725_000, 780_000, 800_000, 805_000, 1_000_000)
STEPS = [timedelta(seconds=seconds) for seconds in (0, 0, 1, 59, 600, 1200, 3600, 82_000)]


@dataclass(frozen=True)
class Try:
    """Somebody does something a while after what came before; `honest`: an envelope is opened with what went into it."""

    who: int
    deed: Deed
    amount: int
    wait: timedelta
    honest: bool = True


tries = st.lists(
    st.builds(Try, st.integers(0, 2), st.sampled_from(list(Deed)), st.sampled_from(AMOUNTS), st.sampled_from(STEPS), st.sampled_from([True, True, True, False])),
    max_size=14,
)  # fmt: skip


def one_by_one(sale: Sale, kind: Kind, plan: list[Try]) -> tuple[Kind, list[Line]]:
    """Each try through the database and through the rules; the sealed amount of each bidder is remembered for its opening."""
    handed: dict[int, int] = {}
    expected: list[Line] = []
    sale.world.set_clock(sale.auction.opens_at - timedelta(seconds=1))
    for one in plan:
        sale.world.set_clock(sale.world.now + one.wait)
        firm, paddle = sale.bidders[one.who], sale.paddle(sale.bidders[one.who])
        amount = handed.get(one.who, one.amount) if one.deed is Deed.OPEN and one.honest else one.amount
        if one.deed is Deed.BID:
            answer = sale.bid(firm, amount)
        elif one.deed is Deed.SEAL:
            kept = sale.salts.get(firm.tenant_id)
            answer = sale.hand_in(firm, amount)
            if answer.accepted:
                handed[one.who] = amount
            elif kept:
                sale.salts[firm.tenant_id] = kept
        else:
            answer = sale.open_up(firm, amount)
        salt = sale.salts.get(firm.tenant_id, bytes(32))
        seal = seal_envelope(sale.auction_id, paddle, cny(amount), salt).hex()
        kind, lines = kind.take(Act(paddle, answer.at or sale.world.now, one.deed, cny(amount), seal))
        expected += lines
    return kind, expected


def in_the_book(sale: Sale) -> list[Line]:
    with sale.bank.operator.ws(read_only=True) as ws:
        rows: list[Bid] = list(reversed(book(ws, sale.auction_id, limit=500)))
    return [Line(row.paddle, Money(row.amount_minor, "CNY"), row.outcome, row.origin) for row in rows]


def sold_off_by_court(world: World) -> dict[str, Any]:
    """Terms of a sell-off by a court online, after two rounds that found no buyer."""
    failed = [
        Attempt(RegimeName.COURT_ONLINE, cny(720_000), world.now - timedelta(days=days), unsold=True)
        for days in (40, 20)
    ]
    return {"regime": RegimeName.COURT_ONLINE, "attempts": failed}


def rules_of(sale: Sale, own: KindTerms, reserve: int | None) -> Kind:
    auction = sale.auction
    terms = Announced(
        own=own, start=auction.start, increments=auction.increments, reserve=cny(reserve) if reserve else None,
        opens_at=auction.opens_at, closes_at=auction.closes_at, soft_close=timedelta(seconds=auction.soft_close_seconds),
        contest=timedelta(seconds=auction.contest_seconds) if auction.contest_seconds else None,
    )  # fmt: skip
    return begin(terms)


CONTESTED = replace(FIXED)  # the same kind, as a court sells off online


@pytest.mark.parametrize(
    "own",
    [ENGLISH_TERMS, DUTCH, FIXED, CONTESTED, FIRST, SECOND, BEST],
    ids=lambda own: f"{own.kind}{' contested' if own is CONTESTED else ''}",
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=tries, reserve=st.sampled_from([None, 780_000]))
def test_rules_database_and_strangers_agree(world: World, own: KindTerms, plan: list[Try], reserve: int | None) -> None:
    reserve = reserve if own.floor is None and own not in (FIXED, CONTESTED) else None
    start = {DUTCH: "1000000", BEST: "1000000"}.get(own, "720000" if own == FIXED else "700000")
    other: dict[str, Any] = {"start": start, "valuation": cny(int(start))}
    if own is CONTESTED:
        other |= sold_off_by_court(world)
    sale = an_auction(world, own=own, reserve=str(reserve) if reserve else None, **other)
    for _ in range(3):
        sale.bidder()
    kind, expected = one_by_one(sale, rules_of(sale, own, reserve), plan)
    assert in_the_book(sale) == expected
    auction = sale.auction
    assert auction.ends_at == kind.ends_at
    world.set_clock(max(auction.ends_at, world.now))
    world.work()
    auction = sale.auction
    award = kind.award
    assert (auction.winning_paddle, auction.sold) == ((award.paddle, award.price) if award else (None, None))
    assert auction.status == ("SOLD" if award else "NO_SALE")
    assert recomputed(sale)[1] == 0
    with sale.bank.operator.ws(read_only=True) as ws:
        lines = record_of(ws, sale.auction_id)["bids"]
    taken = [line for line in lines if line["outcome"] in ("ACCEPTED", "SEALED", "OPENED")]
    assert all(
        auction.opens_at.isoformat()[:19] <= line["at"][:19] < auction.ends_at.isoformat()[:19]
        or line["at"] == line["ends_at"]
        for line in taken
    )
    assert [line["sequence"] for line in lines] == list(range(1, len(lines) + 1))
