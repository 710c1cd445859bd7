"""64 bidders at once: the book is one strict order, the highest valid bid wins, every acknowledgement is in the book, every key counts once.

The referee is the pure rule: the book's bids, played through it in their order, must meet the same fate.
"""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise
from threading import Lock
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from marketplace.disposal.bidding import PLACE_BIDS, Answer, Combiner, Outcome, _line, _Slip, _who_may_bid
from marketplace.disposal.increments import Increments
from marketplace.disposal.models.bids import Bid
from marketplace.disposal.queries import book
from marketplace.disposal.record import recompute
from marketplace.disposal.record.file import record_of
from marketplace.disposal.rules import bidding as rule
from marketplace.money import Money
from tests.factories import Firm, World
from tests.marketplace.disposal.fates import take_bids
from tests.marketplace.disposal.makers import Sale, an_auction
from tests.marketplace.disposal.storm import storm

FATES = {"bid_too_low": "TOO_LOW", "sale_not_open": "NOT_OPEN", "sale_ended": "CLOSED", "already_leading": "LEADING"}


def whole_book(sale: Sale) -> list[Bid]:
    with sale.bank.operator.ws(read_only=True) as ws:
        return list(reversed(book(ws, sale.auction_id, limit=100_000)))


def require_honest(sale: Sale, bids: list[Bid], reserve: int | None = None) -> None:
    """The book has no gap, its chain closes, and the rule comes to the same fates, the same end and the same standing bid."""
    auction = sale.auction
    assert [bid.sequence for bid in bids] == list(range(1, auction.sequence + 1))
    chain = sha256(str(sale.auction_id).encode()).digest()
    with sale.bank.operator.ws(read_only=True) as ws:
        for bid in bids:
            facts = {
                "a": sale.auction_id,
                "s": bid.sequence,
                "p": bid.paddle,
                "m": bid.amount_minor,
                "o": bid.outcome,
                "g": bid.origin,
                "l": bid.limit_seal,
                "t": bid.at,
                "e": bid.ends_at,
            }
            told = ws.session.scalar(text("select gate.bid_text(:a, :s, :p, :m, :o, :g, :l, :t, :e)"), facts)
            chain = sha256(chain + str(told).encode()).digest()
            assert chain == bid.hash
    assert chain == auction.chain_hash
    paddles = frozenset(str(bid.paddle) for bid in bids)
    state = rule.Sale(auction.start, auction.increments, auction.opens_at, auction.closes_at, paddles, soft_close=timedelta(seconds=auction.soft_close_seconds),
                      reserve=Money(reserve, "CNY") if reserve else None)  # fmt: skip
    limits = limits_of(sale)
    for bid, following in pairwise([*bids, None]):
        assert bid is not None
        if bid.origin == "HAND":
            state = after(state, bid, limits.get(bid.sequence))
        assert bid.ends_at == state.ends_at
        if state.standing and bid.outcome == "ACCEPTED" and (following is None or following.origin == "HAND"):
            assert (str(bid.paddle), bid.amount_minor) == (state.standing.bidder, state.standing.amount.minor)
    assert auction.ends_at == state.ends_at
    assert (auction.standing_minor, str(auction.standing_paddle)) == (
        (state.standing.amount.minor, state.standing.bidder) if state.standing else (None, "None")
    )
    accepted = [bid for bid in bids if bid.outcome == "ACCEPTED"]
    assert auction.standing_minor == max((bid.amount_minor for bid in accepted), default=None)


def after(state: rule.Sale, bid: Bid, limit: Money | None) -> rule.Sale:
    """What the rule makes of a bid that somebody sent; it has to meet the same fate there."""
    bidder, amount = str(bid.paddle), Money(bid.amount_minor, "CNY")
    if bid.outcome == "TOO_HIGH":
        assert amount.minor > state.least_bid.minor * 10
        return state
    if bid.outcome == "RAISED":
        assert limit is not None
        assert state.standing is not None
        assert amount == state.standing.amount
        return rule.raise_limit(state, bidder, limit, bid.at)
    state, [fate] = take_bids(state, [rule.Bid(bidder, amount, bid.at, limit)])
    assert bid.outcome == (FATES[fate.refusal.code] if fate.refusal else "ACCEPTED")
    return state


def limits_of(sale: Sale) -> dict[int, Money]:
    """The limits that came with bids that were taken, as only the database knows them while bidding is open."""
    rows = sale.world.admin.execute(
        "select sequence, limit_minor from house.bid_slip where auction_id = %s and stands and limit_minor is not null", (sale.auction_id,)
    )  # fmt: skip
    return {sequence: Money(limit, "CNY") for sequence, limit in rows}


@pytest.fixture
def dial() -> Iterator[Callable[..., Combiner]]:
    """Combiners, each standing for the one of a process."""
    dialled: list[Combiner] = []

    def make(carry: Callable[[UUID, list[_Slip]], list[Answer]] | None = None) -> Combiner:
        dialled.append(Combiner(carry))
        return dialled[-1]

    yield make
    for combiner in dialled:
        combiner.close()


def test_64_bidders_through_two_processes_make_one_strict_order(world: World, dial: Callable[..., Combiner]) -> None:
    sale = an_auction(world, start="1000", step="1").open_with_bidders(64)
    first, second = dial(), dial()
    tokens = [firm.operator.token for firm in sale.bidders]

    def place(token: str, minor: int, key: UUID) -> Answer:
        combiner = first if tokens.index(token) % 2 else second
        return combiner.place(sale.auction_id, token=token, minor=minor, key=key)

    journal = storm(world.app, place, tokens, bids_each=12, next_amount=lambda dice: dice.randrange(90_000, 400_000))
    bids = whole_book(sale)
    require_honest(sale, bids)
    assert len(bids) == len(journal.sent) == 64 * 12
    in_book = {bid.sequence: bid for bid in bids}
    for sent in journal.sent:
        assert sent.answer
        assert sent.answer.sequence
        stored = in_book[sent.answer.sequence]
        assert (stored.amount_minor, stored.outcome, stored.hash) == (sent.minor, sent.answer.outcome, sent.answer.hash)
    auction = sale.close()
    best = max((bid for bid in bids if bid.outcome == "ACCEPTED"), key=lambda bid: bid.amount_minor)
    assert (auction.status, auction.sold_minor, auction.winning_paddle) == ("SOLD", best.amount_minor, best.paddle)


def test_a_key_sent_by_twelve_threads_at_once_is_one_bid(world: World, dial: Callable[..., Combiner]) -> None:
    sale = an_auction(world, start="1000", step="1").open_with_bidders(1)
    token, key, combiner = sale.bidders[0].operator.token, uuid4(), dial()
    journal = storm(
        world.app,
        lambda t, minor, _key: combiner.place(sale.auction_id, token=t, minor=minor, key=key),
        [token] * 12,
        bids_each=3,
        next_amount=lambda _dice: 100_000,
    )
    assert {(one.answer.outcome, one.answer.sequence) for one in journal.sent if one.answer} == {(Outcome.ACCEPTED, 1)}
    assert len(whole_book(sale)) == 1


limits = st.none() | st.integers(0, 60)
step_or_bid = st.one_of(st.tuples(st.integers(0, 2), st.integers(0, 40), limits), st.integers(1, 700))
LADDER = Increments.of(Money(500, "CNY"), (Money(101_000, "CNY"), Money(700, "CNY")))


# A limit between two steps of the ladder: the higher one pays a step above it all the same.
@example(tour=[300, (0, 20, 5), (1, 27, 33)], reserve=1010)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tour=st.lists(step_or_bid, max_size=25), reserve=st.sampled_from([None, 1010]))
def test_the_database_decides_as_the_rule_does(
    world: World, tour: list[tuple[int, int, int | None] | int], reserve: int | None
) -> None:
    """Any order of bids, limits and of the clock's steps, around the opening, the soft close and the end; and the public record holds too."""
    cast = world.__dict__.setdefault("cast", [world.firm(kind) for kind in ("BANK", "SME", "SUPERVISOR")])
    sale = an_auction(world, start="1000", increments=LADDER, reserve=str(reserve) if reserve else None, cast=cast)
    bidders = [
        sale.bidder() for _ in range(3)
    ]  # new ones for each sale: who won and did not pay is barred from the next
    world.set_clock(sale.auction.opens_at - timedelta(seconds=300))
    for event in tour:
        if isinstance(event, int):
            moment = world.now + timedelta(seconds=event)
            world.set_clock(max(moment, sale.auction.closes_at - timedelta(seconds=600)) if event > 650 else moment)
        else:
            who, amount, more = event
            sale.bid(bidders[who], 990 + amount, limit=None if more is None else 990 + amount + more)
    require_honest(sale, whole_book(sale), reserve * 100 if reserve else None)
    auction = sale.close()
    won = auction.standing_minor is not None and auction.standing_minor >= (reserve or 0) * 100
    assert auction.status == ("SOLD" if won else "NO_SALE")
    with sale.bank.operator.ws(read_only=True) as ws:
        record, found = record_of(ws, sale.auction_id), recompute.Findings(chinese=False)
    recompute.recompute(json.loads(json.dumps(record)), bytes.fromhex(record["key"]), found)
    assert found.wrong == 0


def test_no_bid_stands_after_the_close_however_late_the_timer(world: World) -> None:
    sale = an_auction(world, start="1000", step="1").open_with_bidders(2)
    sale.bid(sale.bidders[0], 1000)
    world.set_clock(sale.auction.ends_at)
    assert sale.bid(sale.bidders[1], 2000).outcome is Outcome.CLOSED
    world.work()
    world.set_clock(sale.auction.ends_at - timedelta(seconds=1))
    assert sale.bid(sale.bidders[1], 2000).outcome is Outcome.CLOSED
    assert sale.auction.sold_minor == 1000_00


def test_a_batch_that_fails_leaves_no_bid_and_every_thread_hears_of_it(
    world: World, dial: Callable[..., Combiner]
) -> None:
    """The database is killed in the middle of a batch: nothing of it is in the book, and the same keys bid again count once."""
    sale = an_auction(world, start="1000", step="1").open_with_bidders(3)
    tokens, lock = [firm.operator.token for firm in sale.bidders], Lock()
    killed: list[int] = []

    class Cut(Exception):
        pass

    honest = dial()

    def call(auction_id: UUID, batch: list[_Slip]) -> list[Answer]:
        with lock:
            if not killed:
                killed.append(_cut_in_the_middle(sale, batch))
                raise Cut
        return honest.lines.place(auction_id, batch)

    combiner = dial(call)
    with pytest.raises(Exception, match="did not answer"):
        combiner.place(sale.auction_id, token=tokens[0], minor=100_000, key=uuid4())
    assert killed
    assert whole_book(sale) == []
    again = combiner.place(sale.auction_id, token=tokens[0], minor=100_000, key=uuid4())
    assert (again.outcome, again.sequence) == (Outcome.ACCEPTED, 1)
    require_honest(sale, whole_book(sale))


def _cut_in_the_middle(sale: Sale, batch: list[_Slip]) -> int:
    """Decide a batch in an open transaction, then end its backend from outside: what it wrote must be gone."""
    line = _line()
    line.autocommit = False
    kinds, jobs = _who_may_bid()
    arguments = (
        sale.auction_id,
        [s.token for s in batch],
        [s.minor for s in batch],
        [s.limit for s in batch],
        [s.key for s in batch],
        kinds,
        jobs,
        "place_bid",
    )
    rows = line.execute(PLACE_BIDS, arguments).fetchall()
    assert [row[1] for row in rows] == ["ACCEPTED"] * len(batch)
    pid = int(line.info.backend_pid)
    sale.world.admin.execute("select pg_terminate_backend(%s)", (pid,))
    line.close()
    return pid


def test_a_broken_line_is_replaced_and_the_bid_counts_once(world: World, dial: Callable[..., Combiner]) -> None:
    sale = an_auction(world, start="1000", step="1").open_with_bidders(2)
    combiner = dial()
    first: Firm = sale.bidders[0]
    combiner.place(sale.auction_id, token=first.operator.token, minor=100_000, key=uuid4())
    [line] = combiner.lines._idle
    world.admin.execute("select pg_terminate_backend(%s)", (line.info.backend_pid,))
    answer = combiner.place(sale.auction_id, token=sale.bidders[1].operator.token, minor=200_000, key=uuid4())
    assert (answer.outcome, answer.sequence) == (Outcome.ACCEPTED, 2)
    assert len(whole_book(sale)) == 2
