"""`bailee verify-record`: the whole record beside the whole log, as the server's administrator; the first place at which they part is named.

Each event's digest is made anew from its words. Each leaf must be that digest, each tile what its leaves come to, each signed root that of the tree at its size,
and each event must have its place or still wait for it. Whoever writes to the database as its administrator could alter all of these alike, but for one thing:
what was signed and is in the hands of witnesses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from tenants.log import tree
from tenants.log.notes import Checkpoint, Note, Unreadable
from tenants.log.ports import log_key
from tenants.log.writing import DIGESTS

EVENTS = """
select l.leaf, l.stream_id, l.sequence, e.digest,
       sha256(convert_to(gate.event_text(e.stream_id, e.sequence, e.kind, e.at, e.tenant_id, e.person_id, e.actor, e.facts, e.evidence), 'UTF8')) as made
  from gate.log_leaf l left join house.event e on e.stream_id = l.stream_id and e.sequence = l.sequence order by l.leaf
"""
LEFT_OUT = """
select e.stream_id, e.sequence from house.event e
 where not exists (select from gate.log_leaf l where l.stream_id = e.stream_id and l.sequence = e.sequence)
   and not exists (select from gate.log_queue q where q.stream_id = e.stream_id and q.sequence = e.sequence) order by e.stream_id, e.sequence limit 1
"""
TILES = "select hashes from gate.log_tile where level = %s and number between %s and %s order by number"
AT_ONCE = 10 * tree.WIDTH  # events that are looked at together: whole tiles


@dataclass(frozen=True, slots=True)
class Fault:
    """The first place at which record and log part. `leaf`: the event's number in the log, from 0; None where an event has none."""

    leaf: int | None
    what: str

    def __str__(self) -> str:
        return self.what if self.leaf is None else f"event {self.leaf} of the log: {self.what}"


def first_fault(line: psycopg.Connection) -> tuple[int, Fault | None]:
    """How many events of the log are as they should be, and what is wrong behind them; all in one snapshot, and nothing is changed."""
    with line.transaction():
        line.execute("set transaction isolation level repeatable read read only")
        line.execute(
            "set local row_security = off"
        )  # whoever may not see every row learns that, and not that rows are missing
        return _Growth(line).followed()


class _Growth:
    """The tree as it grows again from the record's own events, with what was signed and stored of it at each size."""

    def __init__(self, line: psycopg.Connection) -> None:
        self.line, self.size, self.edge = line, 0, list[bytes]()
        self.signed = line.execute("select size, note from gate.log_checkpoint order by size desc").fetchall()
        named = line.execute("select origin from gate.log_head").fetchone()
        self.key = log_key(named[0] if named else None).verifier

    def followed(self) -> tuple[int, Fault | None]:
        with self.line.cursor("record", row_factory=namedtuple_row) as events:
            events.execute(EVENTS)
            while batch := events.fetchmany(AT_ONCE):
                if (fault := self._of_events(batch) or self._of_tree(batch)) is not None:
                    return fault.leaf or 0, fault
        return self.size, self._of_rest()

    def _of_events(self, batch: Sequence[Any]) -> Fault | None:
        """Each event is there, unaltered, one after the other, and the same as when it was taken into the log."""
        rows = self._stored(DIGESTS, self.size // tree.WIDTH, (self.size + len(batch)) // tree.WIDTH)
        for leaf, one in enumerate(batch, self.size):
            at, named = (leaf - self.size) * tree.HASH, f"event {one.sequence} of the record {one.stream_id}"
            if one.leaf != leaf:
                return Fault(leaf, "no event has this place")
            if one.digest is None:
                return Fault(leaf, f"{named} is gone")
            if one.digest != one.made:
                return Fault(leaf, f"the words of {named} were altered")
            if one.digest != rows[at : at + tree.HASH]:
                return Fault(leaf, f"{named} is another than was taken into the log")
        return None

    def _of_tree(self, batch: Sequence[Any]) -> Fault | None:
        """The tree over these events has the roots that were signed on the way, and the tiles that are stored."""
        digests, start, end = b"".join(one.digest for one in batch), self.size, self.size + len(batch)
        while self.size < end:
            note = self.signed[-1][1] if self.signed and self.signed[-1][0] <= end else None
            size = self.signed.pop()[0] if note is not None else end
            if size <= self.size:
                return Fault(self.size, "a tree was signed that ends before it")
            before, changed = self.size, tree.grown(self.size, self.edge, digests[(self.size - start) * tree.HASH : (size - start) * tree.HASH])  # fmt: skip
            self.size, self.edge = size, tree.edge_after(size, self.edge, changed)
            if note is not None and not self._is_signed(note):
                return Fault(before, "from here on the tree is another than the one that was signed")
            for (level, number), hashes in changed.items():
                if not self._stored(level, number, number).startswith(hashes):
                    return Fault(number * tree.WIDTH ** (level + 1), f"tile {number} of level {level} is not what its leaves come to")  # fmt: skip
        return None

    def _of_rest(self) -> Fault | None:
        """Nothing larger was signed, and no event was passed over."""
        if self.signed:
            return Fault(self.size, f"a tree of {self.signed[0][0]} events was signed, and they are not there")
        left_out = self.line.execute(LEFT_OUT).fetchone()
        return Fault(None, f"event {left_out[1]} of the record {left_out[0]} was never taken into the log") if left_out else None  # fmt: skip

    def _is_signed(self, written: str) -> bool:
        try:
            note = Note.read(written)
        except Unreadable:
            return False
        checkpoint = Checkpoint(self.key.name, self.size, tree.root_of_edge(self.edge))
        return note.text == checkpoint.text and note.signed_by(self.key) is not None

    def _stored(self, level: int, first: int, last: int) -> bytes:
        return b"".join(row[0] for row in self.line.execute(TILES, (level, first, last)))
