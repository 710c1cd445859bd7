"""The log's one writer: takes what waits, lets the tree grow, signs it, and keeps it all in one transaction. No request ever waits for it."""

from dataclasses import dataclass

from psycopg import adapters
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.database import engine
from tenants.log import tree
from tenants.log.notes import Checkpoint
from tenants.log.ports import log_key

MOST, AT_ONCE, EVERY_SECONDS = 5_000, 1_000, 1.0
DIGESTS = -1  # the level below the leaf hashes, as it is stored
TAKE = text("select * from gate.take_leaves(:most)")
EXTEND = text(
    "select gate.extend_log(:before, :after, :origin, :root, :note, cast(:levels as int[]), cast(:numbers as bigint[]), cast(:tiles as bytea[]))"
)


class Tiles(list[bytes]):
    """Tiles that go to the database in binary: as text each of their bytes would be written as two signs and read again, which took as long as hashing them."""


adapters.register_dumper(Tiles, ListBinaryDumper)


@dataclass
class LogWriter:
    """Says when it is time: a second after the last batch, or as soon as a thousand events wait. Where none waits nothing is done."""

    due_at: float = 0.0

    def turn(self, at: float) -> int:
        """`at`: seconds of a clock that never goes back. Returns how many events came into the tree."""
        waiting = _waiting()
        if not waiting or (at < self.due_at and waiting < AT_ONCE):
            return 0
        self.due_at = at + EVERY_SECONDS
        return write_log()


def write_log(most: int = MOST) -> int:
    """Take up to so many events into the tree, and sign it. Returns how many there were; none where another writer is at it."""
    with Session(engine()) as session, session.begin():
        taken = session.execute(TAKE, {"most": most}).one_or_none()
        if taken is None:
            return 0
        count = len(taken.digests) // tree.HASH
        changed, root = _grown(taken.size, taken.edge, taken.digests)
        key = log_key(taken.origin)
        checkpoint = Checkpoint(key.verifier.name, taken.size + count, root)
        session.execute(
            EXTEND,
            {
                "before": taken.size,
                "after": checkpoint.size,
                "origin": checkpoint.origin,
                "root": root,
                "note": str(key.signed(checkpoint.text)),
                "levels": [level for level, _ in changed],
                "numbers": [number for _, number in changed],
                "tiles": Tiles(changed.values()),
            },
        )
        return count


def _grown(size: int, stored: list[bytes], digests: bytes) -> tuple[dict[tuple[int, int], bytes], bytes]:
    """The rows that change, and the root; `stored`: the row of each level that is not full, the digests' own first."""
    unfinished, *edge = stored
    changed = tree.grown(size, edge, digests)
    root = tree.root_of_edge(tree.edge_after(size + len(digests) // tree.HASH, edge, changed))
    return changed | tree.rows(DIGESTS, size // tree.WIDTH, unfinished + digests), root


def _waiting() -> int:
    with Session(engine()) as session, session.begin():
        return int(session.scalar(text("select gate.log_waiting(:most)"), {"most": AT_ONCE}) or 0)
