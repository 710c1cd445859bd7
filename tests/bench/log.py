"""Events a second that come into the log: taken from the queue, given their place, their tiles kept, the root signed; durable. Against two hashes for each in memory."""

from hashlib import sha256
from typing import Any

import psycopg

from tenants.log import tree
from tenants.log.verifying import TILES
from tenants.log.writing import MOST, write_log
from tests.bench.rounds import Comparison, Side, Work
from tests.bench.world import Bench

BATCHES = (1_000, MOST)
QUEUE = (
    "insert into gate.log_queue select uuidv7(), 1, sha256(convert_to(n::text, 'UTF8')) from generate_series(1, %s) n"
)


def compare(bench: Bench) -> list[Comparison]:
    """Batches as the relay writes them when it has much to do, and the largest there are."""
    return [_one(bench, batch) for batch in BATCHES]


def _one(bench: Bench, batch: int) -> Comparison:
    product = Side(f"into the tree, {batch:,} a transaction", lambda _: Work(_written(bench, batch)), lambda: bench.admin.execute(QUEUE, (batch,)))  # fmt: skip
    limit = Side("two hashes an event, in memory", lambda _: Work(_hashed(batch)))
    goal = ">= 100,000 a second" if batch == MOST else "none"
    compared = bench.compare(f"The log in batches of {batch:,}", product, limit, goal=goal)
    compared.notes.append(_checked(bench.admin))
    return compared


def _written(bench: Bench, batch: int) -> int:
    with bench.worker_app.app_context():
        done = write_log(batch)
    assert done == batch, f"{done} of {batch} were taken"
    return done


def _hashed(batch: int) -> int:
    at = b"\x00" * 64
    for _ in range(batch):
        at = sha256(b"\x01" + at[:32] + sha256(b"\x00" + at[:32]).digest()).digest() * 2
    return batch


def _checked(admin: psycopg.Connection[Any]) -> str:
    """The signed root is that of the stored digests, hashed anew."""
    head = admin.execute("select size, root from gate.log_checkpoint order by size desc limit 1").fetchone()
    assert head is not None
    digests = b"".join(row[0] for row in admin.execute(TILES, (-1, 0, head[0] // tree.WIDTH)))
    assert len(digests) == head[0] * tree.HASH
    assert tree.root_of_edge(tree.edge_after(head[0], [], tree.grown(0, [], digests))) == head[1]
    return f"checked: the root of all {head[0]:,} events, hashed anew"
