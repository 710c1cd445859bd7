"""Readings as somebody takes them away, with what proves them: the chains of seals from their beginning, the seals of the span opened message by message, and
whole the messages that fall into it. Row security decides what is there, as for charts: a bank gets its lot's rows and that lot's seals.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_

from marketplace.supervision.models.readings import LatestReading, ReadingSeries
from marketplace.supervision.models.seals import ReadingSeal, SealedBatch
from marketplace.supervision.readings.charts import within
from marketplace.supervision.rules.seals import Leaf, stamp, tree_of
from tenants.errors import Invalid
from tenants.workspace import Workspace

KIND = "bailee readings 1"
READINGS_MOST, SEALED_MOST = 200_000, 50_000
LONGEST_SPAN = timedelta(days=400)
MOMENT = timedelta(microseconds=1)
Key = tuple[UUID, UUID, UUID, int, int]  # a message's word on a subject: firm, subject, device, start, number


@dataclass(frozen=True, slots=True)
class Asked:
    """What of: a lot, whoever's devices watched it, or a device of one's own, whatever it watched; in [start, end) of event time. `name`: as people know it."""

    kind: str
    id: UUID
    name: str
    start: datetime
    end: datetime
    EARLIEST: ClassVar[datetime] = datetime(1970, 1, 2, tzinfo=UTC)
    LATEST: ClassVar[datetime] = datetime(9999, 1, 1, tzinfo=UTC)

    def __post_init__(self) -> None:
        if self.start < self.EARLIEST or self.end > self.LATEST:
            raise Invalid("moment_wrong", "No reading was ever made then.", field="start" if self.start < self.EARLIEST else "end")  # fmt: skip
        if not timedelta(0) < self.end - self.start <= LONGEST_SPAN:
            raise Invalid("span_wrong", "The end lies after the start, by 400 days at most.", field="end")

    def touches(self, one: ReadingSeal | SealedBatch | ReadingSeries) -> bool:
        """Whether something that lasted from its first to its last reading has a part in the span."""
        return one.first_at < self.end and one.last_at >= self.start


@dataclass(frozen=True, slots=True)
class Held:
    """What the house holds of it: all seals of the chains, the words under those that touch the span, the rows of the messages in the span."""

    seals: Sequence[ReadingSeal]
    sealed: Sequence[SealedBatch]
    rows: Sequence[ReadingSeries]


def held_of(ws: Workspace, asked: Asked) -> Held:
    """Refuses a span that holds more than a file should."""
    seals = ws.session.scalars(
        select(ReadingSeal)
        .where(_chains(ws, asked.kind, asked.id))
        .order_by(ReadingSeal.tenant_id, ReadingSeal.subject_id, ReadingSeal.number)
    ).all()
    opened = [seal for seal in seals if asked.touches(seal)]
    if sum(seal.batches for seal in opened) > SEALED_MOST:
        raise _too_large()
    sealed = _sealed_under(ws, opened)
    return Held(seals, sealed, _rows(ws, asked, [one for one in sealed if _is_wanted(asked, one)]))


def newest_seal(ws: Workspace, kind: str, about_id: UUID) -> ReadingSeal | None:
    """The last seal over what was said of a lot, or by a device of one's own."""
    newest = select(ReadingSeal).where(_chains(ws, kind, about_id)).order_by(ReadingSeal.sealed_at.desc())
    return ws.session.scalars(newest.order_by(ReadingSeal.tenant_id).limit(1)).one_or_none()


def record_of_readings(ws: Workspace, asked: Asked) -> dict[str, Any]:
    """All that `check_readings.py` needs to say that the readings are complete and unaltered as far as they are sealed."""
    held = held_of(ws, asked)
    opened: dict[tuple[UUID, UUID, int], list[SealedBatch]] = {}
    for one in held.sealed:
        opened.setdefault((one.tenant_id, one.subject_id, one.number), []).append(one)
    chains = groupby(held.seals, key=lambda seal: (seal.tenant_id, seal.subject_id))
    return {
        "kind": KIND,
        "about": {"kind": asked.kind, "id": str(asked.id), "name": asked.name},
        "span": {"start": stamp(asked.start), "end": stamp(asked.end)},
        "chains": [
            {
                "tenant": str(tenant_id),
                "subject": str(subject_id),
                "seals": [_seal(seal, opened.get((tenant_id, subject_id, seal.number))) for seal in seals],
            }
            for (tenant_id, subject_id), seals in chains
        ],
        "readings": [_series(row) for row in held.rows],
    }


def lines_of_readings(ws: Workspace, asked: Asked) -> Iterator[tuple[object, ...]]:
    """One line for each reading in the span, by time: what `COLUMNS` name."""
    held = held_of(ws, asked)
    names = _device_names(ws, {row.device_id for row in held.rows})
    of = {_key(one): one for one in held.sealed}
    points = (
        (row.first_at + timedelta(milliseconds=offset), value, row)
        for row in held.rows
        for offset, value in zip(row.offsets, row.values, strict=True)
    )
    for at, value, row in sorted(points, key=lambda point: (point[0], point[2].metric, point[2].channel)):
        if asked.start <= at < asked.end:
            seal = of.get(_key(row))
            proof = (seal.digest.hex(), seal.number) if seal else ("", "")
            place = (names.get(row.device_id, ""), row.device_id, row.boot, row.sequence)
            yield at.isoformat(), row.metric, row.channel, f"{value:f}", row.unit, *place, *proof, row.late, row.trusted


COLUMNS = (
    "at", "metric", "channel", "value", "unit", "device", "device_id", "boot", "sequence", "digest", "seal", "late", "calibrated",
)  # fmt: skip


def _chains(ws: Workspace, kind: str, about_id: UUID) -> ColumnElement[bool]:
    """Whose seals: those of the lot, or of all that the device ever spoke of."""
    if kind == "lot":
        return ReadingSeal.subject_id == about_id
    spoke_of = select(SealedBatch.subject_id).where(
        SealedBatch.tenant_id == ws.tenant_id, SealedBatch.device_id == about_id
    )
    return (ReadingSeal.tenant_id == ws.tenant_id) & ReadingSeal.subject_id.in_(spoke_of.distinct())


def _sealed_under(ws: Workspace, opened: Sequence[ReadingSeal]) -> Sequence[SealedBatch]:
    under = tuple_(SealedBatch.tenant_id, SealedBatch.subject_id, SealedBatch.number)
    wanted = select(SealedBatch).where(under.in_([(seal.tenant_id, seal.subject_id, seal.number) for seal in opened]))
    order = (SealedBatch.tenant_id, SealedBatch.subject_id, SealedBatch.number, SealedBatch.place)
    return ws.session.scalars(wanted.order_by(*order)).all() if opened else []


def _is_wanted(asked: Asked, one: SealedBatch) -> bool:
    return asked.touches(one) and (asked.kind == "lot" or one.device_id == asked.id)


def _rows(ws: Workspace, asked: Asked, wanted: Sequence[SealedBatch]) -> list[ReadingSeries]:
    """Whole messages, also where they begin before the span or end behind it: a digest covers all that one said."""
    whose = (
        ReadingSeries.subject_id == asked.id
        if asked.kind == "lot"
        else (ReadingSeries.tenant_id == ws.tenant_id) & (ReadingSeries.device_id == asked.id)
    )
    start = min([asked.start, *(one.first_at for one in wanted)])
    end = max([asked.end, *(one.last_at + MOMENT for one in wanted)])
    where = (whose, *within(start, end))
    if (ws.session.scalar(select(func.sum(ReadingSeries.points)).where(*where)) or 0) > READINGS_MOST:
        raise _too_large()
    order = (ReadingSeries.first_at, ReadingSeries.device_id, ReadingSeries.boot, ReadingSeries.sequence)
    rows = ws.session.scalars(
        select(ReadingSeries).where(*where).order_by(*order, ReadingSeries.metric, ReadingSeries.channel)
    )
    keys = {_key(one) for one in wanted}
    return [row for row in rows if _key(row) in keys or asked.touches(row)]


def _key(one: SealedBatch | ReadingSeries) -> Key:
    return one.tenant_id, one.subject_id, one.device_id, one.boot, one.sequence


def _device_names(ws: Workspace, device_ids: set[UUID]) -> dict[UUID, str]:
    """As whoever sees their readings knows them."""
    named = select(LatestReading.device_id, LatestReading.device_name).where(LatestReading.device_id.in_(device_ids))
    return {row.device_id: row.device_name for row in ws.session.execute(named)} if device_ids else {}


def _seal(seal: ReadingSeal, opened: Sequence[SealedBatch] | None) -> dict[str, Any]:
    return {
        "number": seal.number,
        "sealed_at": stamp(seal.sealed_at),
        "batches": seal.batches,
        "first_at": stamp(seal.first_at),
        "last_at": stamp(seal.last_at),
        "root": seal.root.hex(),
        "previous": seal.previous.hex(),
        "head": seal.head.hex(),
        "opened": _opened(opened) if opened else None,
    }


def _opened(sealed: Sequence[SealedBatch]) -> list[dict[str, Any]]:
    leaves = [Leaf(**{name: getattr(one, name) for name in Leaf.__dataclass_fields__}) for one in sealed]
    paths = tree_of([leaf.hash for leaf in leaves]).paths
    return [
        {
            "place": one.place,
            "device": str(one.device_id),
            "boot": one.boot,
            "sequence": one.sequence,
            "digest": one.digest.hex(),
            "series": one.series.hex(),
            "first_at": stamp(one.first_at),
            "last_at": stamp(one.last_at),
            "let_go_at": stamp(one.let_go_at) if one.let_go_at else None,
            "path": [step.hex() for step in path],
        }
        for one, path in zip(sealed, paths, strict=True)
    ]


def _series(row: ReadingSeries) -> dict[str, Any]:
    return {
        "tenant": str(row.tenant_id),
        "subject": str(row.subject_id),
        "device": str(row.device_id),
        "boot": row.boot,
        "sequence": row.sequence,
        "metric": row.metric,
        "unit": row.unit,
        "channel": row.channel,
        "first_at": stamp(row.first_at),
        "offsets_ms": list(row.offsets),
        "values": [f"{value:f}" for value in row.values],
        "late": row.late,
        "trusted": row.trusted,
    }


def _too_large() -> Invalid:
    return Invalid("export_too_large", "This span holds more readings than one file takes. Choose a shorter one.", field="end")  # fmt: skip
