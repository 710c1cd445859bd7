"""Bids a second on one hot auction: 64 bidders in threads, each bid durable before it is acknowledged, against single-row commits of the same server."""

import itertools
import os
import random

import psycopg

from marketplace.disposal.bidding import Combiner
from tests.bench.rounds import Comparison, interleave
from tests.bench.world import Bench
from tests.marketplace.disposal.makers import an_auction
from tests.marketplace.disposal.storm import storm

BIDDERS, EACH = 64, 4
LIMIT = "insert into bench_row select g, gen_random_uuid(), 1, clock_timestamp() from generate_series(%s::bigint, %s::bigint) g"


def compare(bench: Bench) -> Comparison:
    """One strict order, one increment rule, deposits asked, rejects kept; the limit inserts 64 bare rows in each of its transactions."""
    sale = an_auction(bench).open_with_bidders(BIDDERS)
    tokens, levels = [firm.operator.token for firm in sale.bidders], itertools.count(1)
    combiner, floor = Combiner(), sale.auction.least_minor
    admin = psycopg.connect(bench.admin_dsn, autocommit=True)
    admin.execute(
        "create table if not exists bench_row (n bigint primary key, key uuid, amount bigint, at timestamptz)"
    )
    rows = itertools.count(1, 64)

    def amount(_dice: random.Random) -> int:
        return floor + next(levels) * 100_000

    def bids() -> int:
        made = storm(
            bench.app,
            lambda token, minor, key: combiner.place(sale.auction_id, token=token, minor=minor, key=key),
            tokens,
            bids_each=EACH,
            next_amount=amount,
            seed=os.getpid(),
        )
        return len(made.sent)

    def inserts() -> int:
        first = next(rows)
        admin.execute(LIMIT, (first, first + 63))
        return 64

    compared = interleave(
        "Bids a second on one auction, 64 bidders (threads of one process), durable before acknowledged",
        ("combiner -> place_bids, tokens verified, chained", bids), ("transactions of 64 bare rows", inserts), goal=">= 0.05 from Python threads",
    )  # fmt: skip
    combiner.close()
    admin.close()
    return compared
