"""Answers about what watches the goods: silent devices, open alarms, heat and damp, how good the evidence is, and what nobody has looked at."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from marketplace.inventory.conversions.descent import last_inspected
from marketplace.inventory.models import Lot
from marketplace.reliance.models import EvidenceGrade
from marketplace.supervision.about import in_sight
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.devices import Device
from marketplace.supervision.models.readings import LONGEST_ROW, ReadingSeries
from marketplace.supervision.queries import SEVERITY_RANK
from marketplace.supervision.words import TYPES
from marketplace.twin.past import sensed_at
from marketplace.twin.questions.grammar import Question
from marketplace.twin.questions.rows import MOST_ROWS, Row, Rows, lots_there
from tenants.events import sentence
from tenants.workspace import Workspace

MOST_MESSAGES = 5000
UNITS = {"temperature": "°C", "humidity": "%"}


def silent(ws: Workspace, asked: Question) -> Rows:
    """Devices whose silence had begun by the end of that time and was not over at its start, by the alarms that the asker sees. Names of others' devices are not told."""
    start, end = asked.span.start, asked.span.end
    over = or_(Alarm.cleared_at.is_(None), Alarm.cleared_at >= start)
    wanted = select(Alarm).where(in_sight(ws), Alarm.type == "silence", Alarm.raised_at <= end, over)
    alarms = list(ws.session.scalars(wanted.order_by(Alarm.raised_at.desc(), Alarm.id).limit(MOST_ROWS + 1)))
    own = select(Device.id, Device.name).where(
        Device.tenant_id == ws.tenant_id, Device.id.in_({one.device_id for one in alarms})
    )
    names = {device_id: name for device_id, name in ws.session.execute(own)}  # noqa: C416 (rows are no pairs to mypy)
    return Rows.of([_silence(one, names.get(one.device_id) if one.device_id else None, end) for one in alarms])


def _silence(alarm: Alarm, name: str | None, end: datetime) -> Row:
    if alarm.cleared_at and alarm.cleared_at <= end:
        says = sentence("Silent until %(end)s.", end=alarm.cleared_at.replace(microsecond=0))
    else:
        says = sentence("Silent, and not heard again by then.")
    return Row("alarm", alarm.id, name or alarm.number, says, alarm.raised_at)


def alarms(ws: Workspace, asked: Question) -> Rows:
    """Alarms that stood without a disposition at that moment, the worst first."""
    at = asked.span.end
    open_then = (Alarm.raised_at <= at, or_(Alarm.closed_at.is_(None), Alarm.closed_at > at))
    wanted = (
        select(Alarm).where(in_sight(ws), *open_then).order_by(Alarm.raised_at.desc(), Alarm.id).limit(10 * MOST_ROWS)
    )
    found = sorted(ws.session.scalars(wanted), key=lambda one: SEVERITY_RANK[one.severity])
    words = {one.id: {"word": TYPES.get(one.type, one.type), "facts": {}} for one in found}
    return Rows.of([Row("alarm", one.id, one.number, words[one.id], one.raised_at) for one in found])


def climate(ws: Workspace, asked: Question) -> Rows:
    """Lots whose sensors said so much or more (or less): at that moment by each sensor's last word, or at any time of that span; the furthest beyond first."""
    assert asked.figure is not None, "the grammar asks for it"
    lots, is_partial = lots_there(ws)
    names = {lot.id: lot.number for lot in lots}
    if asked.span.start < asked.span.end:
        found, cut = _extremes(ws, asked, names)
        is_partial = is_partial or cut
    else:
        sensed = sensed_at(ws, set(names), asked.span.end)
        found = _furthest(
            asked,
            (
                (lot_id, one.value, one.at)
                for lot_id, said in sensed.items()
                for one in said
                if one.metric == asked.metric
            ),
        )
    order = sorted(found.items(), key=lambda one: one[1][0], reverse=asked.above)
    rows = [Row("lot", lot_id, names[lot_id], _climate(asked.metric, value), at) for lot_id, (value, at) in order]
    return Rows.of(rows, is_partial)


Furthest = dict[UUID, tuple[Decimal, datetime]]


def _extremes(ws: Workspace, asked: Question, lots: Iterable[UUID]) -> tuple[Furthest, bool]:
    """Each point of the messages that reach beyond the figure, within the span: a message may begin before it and end after it."""
    beyond = ReadingSeries.greatest > asked.figure if asked.above else ReadingSeries.least < asked.figure
    touching = ReadingSeries.first_at.between(asked.span.start - LONGEST_ROW, asked.span.end) & (
        ReadingSeries.last_at >= asked.span.start
    )
    wanted = select(ReadingSeries).where(
        ReadingSeries.subject_id.in_(list(lots)), ReadingSeries.metric == asked.metric, touching, beyond
    )
    rows = list(ws.session.scalars(wanted.order_by(ReadingSeries.first_at.desc()).limit(MOST_MESSAGES + 1)))
    points = (
        (row.subject_id, value, at)
        for row in rows[:MOST_MESSAGES]
        for offset, value in zip(row.offsets, row.values, strict=True)
        if asked.span.start <= (at := row.first_at + timedelta(milliseconds=offset)) <= asked.span.end
    )
    return _furthest(asked, points), len(rows) > MOST_MESSAGES


def _furthest(asked: Question, points: Iterable[tuple[UUID, Decimal, datetime]]) -> Furthest:
    found: Furthest = {}
    assert asked.figure is not None, "the grammar asks for it"
    sign = 1 if asked.above else -1
    for lot_id, value, at in points:
        if sign * value > sign * asked.figure and (lot_id not in found or sign * value > sign * found[lot_id][0]):
            found[lot_id] = (value, at)
    return found


def _climate(metric: str, value: Decimal) -> dict[str, Any]:
    name = {"word": {"humidity": "Humidity", "temperature": "Temperature"}[metric], "facts": {}}
    return sentence("%(metric)s %(value)s", metric=name, value=f"{value.normalize():f} {UNITS[metric]}")


def evidence(ws: Workspace, asked: Question) -> Rows:
    """Lots whose evidence was graded worse than a letter at that moment, as it was written down; the worst first."""
    lots, is_partial = lots_there(ws)
    names = {lot.id: lot.number for lot in lots}
    wanted = (
        select(EvidenceGrade)
        .where(EvidenceGrade.lot_id.in_(names), EvidenceGrade.at <= asked.span.end)
        .ext(distinct_on(EvidenceGrade.lot_id))
    )
    graded = ws.session.scalars(wanted.order_by(EvidenceGrade.lot_id, EvidenceGrade.id.desc()))
    worse = sorted((one for one in graded if one.grade > asked.grade), key=lambda one: one.grade, reverse=True)
    return Rows.of([Row("lot", one.lot_id, names[one.lot_id], _graded(one), one.at) for one in worse], is_partial)


def _graded(one: EvidenceGrade) -> dict[str, Any]:
    against = [finding["says"] for finding in one.findings if finding["grade"] == one.grade]
    return sentence("Evidence of grade %(grade)s: %(reasons)s", grade=one.grade, reasons=list(dict.fromkeys(against)))


def unseen(ws: Workspace, asked: Question) -> Rows:
    """Verified lots that nobody has inspected for more days than that; those never inspected, as far as the asker sees, first."""
    assert asked.figure is not None, "the grammar asks for it"
    lots, is_partial = lots_there(ws)
    lots = [lot for lot in lots if lot.verified_at is not None]
    seen = last_inspected(ws, lots)
    late = [lot for lot in lots if lot.id not in seen or ws.now - seen[lot.id] > timedelta(days=int(asked.figure))]
    late.sort(key=lambda lot: (lot.id in seen, seen.get(lot.id, ws.now), lot.id))
    return Rows.of([_unseen(ws, lot, seen.get(lot.id)) for lot in late], is_partial)


def _unseen(ws: Workspace, lot: Lot, at: datetime | None) -> Row:
    if at is None:
        return Row("lot", lot.id, lot.number, sentence("No inspection that you may see."))
    return Row("lot", lot.id, lot.number, sentence("Last inspected %(days)s days ago.", days=(ws.now - at).days), at)
