"""Sealing what devices said: once a day for each firm of whose devices something came, a seal for each lot, its root and head in the lot's own record.

The readings ride the transparency of events: who takes part in a lot's room holds the digest of the event, and so of every message under its root. A
message that comes late lies in the next seal. Which ones wait is a mark on each, not a time up to which all was seen: transactions end in another order
than they begin.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from marketplace.supervision.models.seals import ReadingSeal, SealedBatch
from marketplace.supervision.readings.writing import write_rows
from marketplace.supervision.rules.seals import Leaf, Seal, seal_over
from marketplace.supervision.seal_events import ReadingsSealed
from marketplace.supervision.seals.retention import let_go_later
from tenants import rooms
from tenants.workspace import Workspace

SEAL = "supervision.seal_readings"
AFTER_MIDNIGHT = timedelta(minutes=10)
MOST_AT_ONCE = 20_000
MOMENT = timedelta(seconds=1)
# What a message's rows say of a subject, as text: `check.py` writes the same from an export. Metric and channel order them as bytes do.
WAITING = text("""
with waiting as materialized (
  select device_id, boot, sequence, digest, first_at, last_at from house.batch_place
   where tenant_id = :tenant and sealed is false order by device_id, boot, sequence limit :most for update)
select w.device_id, w.boot, w.sequence, w.digest, coalesce(s.subject_id, w.device_id) as subject_id,
       coalesce(min(s.first_at), w.first_at) as first_at, coalesce(max(s.last_at), w.last_at) as last_at,
       sha256(convert_to(coalesce(string_agg(concat_ws(' ', s.metric, to_json(s.unit), to_json(s.channel),
         to_char(s.first_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), array_to_string(s.offsets, ','), array_to_string(s.values, ','),
         case when s.late then 'late' else 'live' end, case when s.trusted then 'trusted' else 'untrusted' end),
         E'\\n' order by s.metric collate "C", s.channel collate "C", s.first_at), ''), 'UTF8')) as series
  from waiting w left join house.reading_series s on s.tenant_id = :tenant and s.device_id = w.device_id
       and s.boot = w.boot and s.sequence = w.sequence and s.first_at between w.first_at and w.last_at
 group by w.device_id, w.boot, w.sequence, w.digest, w.first_at, w.last_at, s.subject_id
""")
MARK = text("""
update house.batch_place p set sealed = true
  from unnest(cast(:device_ids as uuid[]), cast(:boots as bigint[]), cast(:sequences as bigint[])) as s(device_id, boot, sequence)
 where p.tenant_id = :tenant and p.device_id = s.device_id and p.boot = s.boot and p.sequence = s.sequence
""")


def seal_later(ws: Workspace) -> None:
    """See to it that what came today is sealed when the day is over: one timer for each firm and day."""
    midnight = datetime.combine(ws.now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
    ws.set_timer(SEAL, key=midnight.date().isoformat(), due=midnight + AFTER_MIDNIGHT, stream_id=ws.tenant_id)


def seal_readings(ws: Workspace, *, most: int = MOST_AT_ONCE) -> int:
    """Seal all messages of this firm's devices that lie in no seal yet, by subject. Returns how many; comes again at once where more are waiting."""
    waiting = ws.session.execute(WAITING, {"tenant": ws.tenant_id, "most": most}).all()
    by_subject = groupby(sorted(waiting, key=_as_it_lies), key=lambda row: row.subject_id)
    leaves = {subject_id: [_leaf(row) for row in rows] for subject_id, rows in by_subject}
    for subject_id, its in leaves.items():
        _record(ws, _seal(ws, subject_id, its), {leaf.device_id for leaf in its})
    sealed = {(row.device_id, row.boot, row.sequence) for row in waiting}
    _mark(ws, sealed)
    if sealed:
        let_go_later(ws)
    if len(sealed) == most:
        ws.set_timer(SEAL, key=f"{ws.now.isoformat()}:{max(sealed)}", due=ws.now + MOMENT, stream_id=ws.tenant_id)
    return len(sealed)


def _as_it_lies(row: Any) -> tuple[str, str, int, int]:
    return str(row.subject_id), str(row.device_id), row.boot, row.sequence


def _leaf(row: Any) -> Leaf:
    return Leaf(
        device_id=row.device_id,
        boot=row.boot,
        sequence=row.sequence,
        digest=row.digest,
        series=row.series,
        first_at=row.first_at,
        last_at=row.last_at,
    )


def _seal(ws: Workspace, subject_id: UUID, leaves: Sequence[Leaf]) -> Seal:
    """The next link of this subject's chain, with its leaves."""
    last = select(ReadingSeal.number, ReadingSeal.head).where(
        ReadingSeal.tenant_id == ws.tenant_id, ReadingSeal.subject_id == subject_id
    )
    before = ws.session.execute(last.order_by(ReadingSeal.number.desc()).limit(1)).one_or_none()
    after = (before.number, before.head) if before else None
    seal = seal_over(leaves, tenant_id=ws.tenant_id, subject_id=subject_id, after=after, at=ws.now)
    columns = {name: getattr(seal, name) for name in ReadingSeal.__table__.columns.keys()}  # noqa: SIM118 (columns, by name)
    write_rows(ws, ReadingSeal, [columns])
    write_rows(ws, SealedBatch, [_sealed(seal, place, leaf) for place, leaf in enumerate(leaves)])
    return seal


def _sealed(seal: Seal, place: int, leaf: Leaf) -> dict[str, Any]:
    of_leaf = {name: getattr(leaf, name) for name in Leaf.__dataclass_fields__}
    return of_leaf | {
        "tenant_id": seal.tenant_id,
        "subject_id": seal.subject_id,
        "number": seal.number,
        "place": place,
        "let_go_at": None,
    }


def _record(ws: Workspace, seal: Seal, devices: set[UUID]) -> None:
    """In the record of the lot, where others hold it too; in the firm's own once it has no place there any more."""
    fact = ReadingsSealed(
        where="devices" if seal.subject_id in devices else "lots",
        subject_id=seal.subject_id,
        number=seal.number,
        batches=seal.batches,
        first_at=seal.first_at,
        last_at=seal.last_at,
        root=seal.root.hex(),
        head=seal.head.hex(),
    )
    ws.record(fact, on=seal.subject_id if rooms.my_roles(ws, seal.subject_id) else ws.tenant_id)


def _mark(ws: Workspace, sealed: Iterable[tuple[UUID, int, int]]) -> None:
    columns = [list(column) for column in zip(*sorted(sealed), strict=True)]
    if columns:
        given = dict(zip(("device_ids", "boots", "sequences"), columns, strict=True))
        ws.session.execute(MARK, given | {"tenant": ws.tenant_id})
