"""Bids a second on one hot auction: 64, 16 and 1 bidders, accepted and refused, each bid durable before it is acknowledged, against bare rows in the same
server; then the same over HTTP (`bids_http`).
"""

import itertools
import os
import time
from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import psycopg

from marketplace.disposal.bidding import Answer, Combiner, Outcome
from tests.bench import bids_http
from tests.bench.rounds import Comparison, Side, Work
from tests.bench.world import Bench
from tests.marketplace.disposal.makers import Sale, an_auction
from tests.marketplace.disposal.storm import Journal, Sent, storm, storm_on_a_loop

BIDDERS, EACH = 64, 32
TRANSACTIONS, ROWS = 32, 64
INSERT = "insert into bench_row select g, gen_random_uuid(), 1, clock_timestamp() from generate_series(%s::bigint, %s::bigint) g"
STEP = 100_000  # minor units
LOW = 1
GOALS = {64: ">= 0.5, p99 <= 3 ms", 16: "none", 1: "none"}
# What must not be in the book: a gap in the sequence, a link that does not follow from the one before, a bid below the step above the standing one.
WRONG = """
with book as (
  select b.*, lag(b.hash) over w as before, lag(b.sequence) over w as earlier,
         max(b.amount_minor) filter (where b.outcome = 'ACCEPTED') over (w rows between unbounded preceding and 1 preceding) as standing
    from house.bid b where b.auction_id = %(auction)s window w as (order by b.sequence))
select count(*) filter (where sequence <> coalesce(earlier, 0) + 1),
       count(*) filter (where hash <> sha256(coalesce(before, sha256(convert_to(auction_id::text, 'UTF8')))
                              || convert_to(gate.bid_text(auction_id, sequence, paddle, amount_minor, outcome, origin, limit_seal, at, ends_at), 'UTF8'))),
       count(*) filter (where outcome = 'ACCEPTED' and amount_minor < standing + %(step)s),
       count(*), (select count(*) from house.bid_slip s where s.auction_id = %(auction)s)
  from book
"""
KEPT = """
select count(*) from unnest(%(sequences)s::bigint[], %(amounts)s::bigint[], %(hashes)s::bytea[]) told(sequence, amount, hash)
  join house.bid b on b.auction_id = %(auction)s and b.sequence = told.sequence and b.amount_minor = told.amount and b.hash = told.hash
"""
CROWD = """
insert into house.bid (auction_id, sequence, paddle, amount_minor, outcome, origin, at, ends_at, hash)
select %(auction)s, g, 100, 1, 'TOO_LOW', 'HAND', %(at)s, %(at)s, sha256(int8send(g)) from generate_series(%(first)s::bigint, %(last)s::bigint) g
"""
SLIPS = """
insert into house.bid_slip (auction_id, tenant_id, key, person_id, sequence, amount_minor, stands)
select %(auction)s, %(tenant)s, gen_random_uuid(), %(tenant)s, g, 1, false from generate_series(%(first)s::bigint, %(last)s::bigint) g
"""


class Hall:
    """An auction under way, its bidders, and all that they were told."""

    def __init__(self, bench: Bench, bidders: int = BIDDERS) -> None:
        self.bench = bench
        self.sale: Sale = an_auction(bench, step=str(STEP // 100)).open_with_bidders(bidders)
        self.tokens = [firm.operator.token for firm in self.sale.bidders]
        self.combiner = Combiner()
        self.sent: list[Sent] = []
        self._levels, self._floor = itertools.count(1), self.sale.auction.least_minor

    def bids(self, _given: object) -> Work:
        """A storm of threads: every bidder outbids the others again and again."""
        return self._kept(
            storm(
                self.bench.app,
                lambda token, minor, key: self.combiner.place(self.sale.auction_id, token=token, minor=minor, key=key),
                self.tokens,
                bids_each=EACH,
                next_amount=lambda _dice: self.next_minor(),
                seed=os.getpid(),
            )
        )

    def crowd(self, bidders: int, outcome: Outcome = Outcome.ACCEPTED) -> Callable[[object], Work]:
        """A storm of so many coroutines whose bids all end so: accepted, each outbidding the one before, or too low."""
        refused = outcome is Outcome.TOO_LOW

        def bids(_given: object) -> Work:
            tokens = [(token,) for token in self.tokens[:bidders]] if bidders > 1 else [self.tokens[:2]]
            made = storm_on_a_loop(
                self.bench.app,
                lambda token, minor, key: self.combiner.place_soon(
                    self.sale.auction_id, token=token, minor=minor, key=key
                ),
                tokens,
                bids_each=max(EACH, 512 // bidders),
                next_amount=lambda _dice: LOW if refused else self.next_minor(),
            )
            others = {_answer(one).outcome for one in made.sent} - {outcome, Outcome.LEADING}
            assert not others, f"bids that should be {outcome} are {others}"
            return self._kept(made)

        return bids

    def next_minor(self) -> int:
        """A step above all that was bid before."""
        return self._floor + next(self._levels) * STEP

    def _kept(self, made: Journal) -> Work:
        self.sent += made.sent
        return Work(len(made.sent), [one.seconds * 1000 for one in made.sent])

    def check(self) -> str:
        """Every answer is in the book as it was told, the book is one strict order, and a bid sent twice is one bid."""
        self._check_book()
        last = self.sent[-1]
        again = self.combiner.place(self.sale.auction_id, token=last.token, minor=last.minor, key=last.key)
        assert (again.sequence, again.hash) == (_answer(last).sequence, _answer(last).hash), (
            "a bid sent twice counted twice"
        )
        self._check_book()
        return f"checked: {len(self.sent):,} bids, none lost, none doubled, no gap, no accepted bid below the step, every link of the chain"

    def _check_book(self) -> None:
        auction = {"auction": self.sale.auction_id}
        answers = [_answer(one) for one in self.sent]
        told = {
            "sequences": [one.sequence for one in answers],
            "amounts": [one.minor for one in self.sent],
            "hashes": [one.hash for one in answers],
        }
        [(kept,)] = self.bench.admin.execute(KEPT, auction | told).fetchall()
        found = self.bench.admin.execute(WRONG, auction | {"step": STEP}).fetchone()
        assert kept == len(self.sent) == len({one.sequence for one in answers}), (
            f"{len(self.sent) - kept} answers are not in the book"
        )
        assert found == (0, 0, 0, len(self.sent), len(self.sent)), f"gaps, broken links, low bids, bids, slips: {found}"

    def fill(self, size: int) -> str:
        """Another auction whose book holds so many bids already."""
        self.sale = an_auction(self.bench, step=str(STEP // 100)).open_with_bidders(BIDDERS)
        self.tokens = [firm.operator.token for firm in self.sale.bidders]
        self._levels = itertools.count(1)  # from its own start price: what is ten times too high is refused
        self._plant(size, self.bench.now)
        return f"{size:,} bids in the book"

    def _plant(self, size: int, at: datetime) -> None:
        about = {"auction": self.sale.auction_id, "first": 1, "last": size}
        self.bench.plant(CROWD, **about, at=at)
        self.bench.plant(SLIPS, **about, tenant=uuid4())
        self.bench.plant("update house.auction set sequence = %(last)s where auction_id = %(auction)s", **about)
        self.bench.admin.execute("analyze house.bid, house.bid_slip")


def compare(bench: Bench) -> list[Comparison]:
    """One strict order, one increment rule, deposits asked, refused bids kept; the limit commits 64 bare rows at a time on one connection."""
    hall, rows = Hall(bench), itertools.count(1, ROWS)
    bench.admin.execute("create table bench_row (n bigint primary key, key uuid, amount bigint, at timestamptz)")
    with psycopg.connect(bench.admin_dsn, autocommit=True) as line:

        def inserts(_given: object) -> Work:
            waits = []
            for _ in range(TRANSACTIONS):
                first, begun = next(rows), time.perf_counter()
                line.execute(INSERT, (first, first + ROWS - 1))
                waits.append((time.perf_counter() - begun) * 1000)
            return Work(TRANSACTIONS * ROWS, waits)

        limit = Side("transactions of 64 bare rows", inserts)
        compared = [_of(bench, hall, bidders, limit) for bidders in GOALS]
        most, product = compared[0], Side("", hall.crowd(BIDDERS))
        bench.note_slow_disk(most, product, limit)
        bench.note_alone(most, Side("bids of 64 threads through the same combiner", hall.bids))
        most.notes.append(hall.check())
        bench.note_growth(most, product, hall.fill, (10_000, 100_000, 1_000_000))
    hall.combiner.close()
    return [*compared, *bids_http.compare(bench, Hall(bench))]


def _of(bench: Bench, hall: Hall, bidders: int, limit: Side) -> Comparison:
    compared = bench.compare(
        f"Bids a second on one auction, bidders in one process: {bidders}, durable before they are acknowledged",
        Side("bids accepted", hall.crowd(bidders)), limit, goal=GOALS[bidders],
    )  # fmt: skip
    bench.note_alone(compared, Side("bids refused, kept in the book", hall.crowd(bidders, Outcome.TOO_LOW)))
    return compared


def _answer(sent: Sent) -> Answer:
    assert sent.answer, "a bid was not answered"
    return sent.answer
