"""Trying a rule on history before it goes live: the same fold, over the same stored readings, once as the rule stands and once as it is proposed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy import select

from marketplace.supervision.alarms.contests import counts_as
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.devices import Device
from marketplace.supervision.models.readings import LONGEST_ROW, ReadingSeries
from marketplace.supervision.rules.breaches import Change
from marketplace.supervision.rules.settings import Setting
from marketplace.supervision.rules.trials import Label, Ring, Score, score
from marketplace.supervision.rules.versions import Scope, Version
from marketplace.supervision.watching.folding import court_of, row_of
from marketplace.supervision.watching.judging import Court
from marketplace.supervision.watching.kinds import TYPES_OF
from marketplace.supervision.watching.lenses import Row
from marketplace.supervision.watching.placing import MADE_OF
from marketplace.supervision.watching.remembering import Memory
from marketplace.supervision.watching.walking import walk
from tenants.errors import Invalid
from tenants.workspace import Workspace

LONGEST_TRIAL_DAYS = 90
MOST_MESSAGES = 20_000
Place = tuple[UUID, int, int]


@dataclass(frozen=True)
class Trial:
    """A rule tried from `start` on: the rings it would have made, those that the rule in force makes of the same readings, and how both did.

    `messages`: how many were read; `is_whole`: whether that were all, or only the last so many.
    """

    start: datetime
    end: datetime
    proposed: list[Ring]
    live: list[Ring]
    proposed_score: Score
    live_score: Score
    messages: int
    is_whole: bool


def try_rule(ws: Workspace, *, kind: str, scope: Scope, setting: Setting, days: int) -> Trial:
    """What this setting would have raised over the last days in this scope, beside what the rule in force raises. Changes nothing.

    Refuses a span of no days or of more than ninety. The firm's own devices only: nobody tries rules on another's readings.
    """
    if not 1 <= days <= LONGEST_TRIAL_DAYS:
        raise Invalid("trial_too_long", "A rule is tried on 1 to 90 days.", field="days")
    start = ws.now - timedelta(days=days)
    messages, is_whole = _messages(ws, kind, start)
    court = court_of(ws, [row for _, rows in messages for row in rows])
    inside = [(place, [row for row in rows if scope.holds_for(court.scope_of(row["subject_id"], row["first_at"]))]) for place, rows in messages]  # fmt: skip
    live, proposed = (_rings(ws, kind, judge, inside) for judge in (court, _on_trial(court, kind, scope, setting, start)))  # fmt: skip
    labels = _labels(ws, kind, court, scope, start)
    return Trial(start, ws.now, proposed, live, score(proposed, labels), score(live, labels), len(messages), is_whole)


def _on_trial(court: Court, kind: str, scope: Scope, setting: Setting, start: datetime) -> Court:
    """The same court with the setting in force in its scope from the beginning, instead of all versions that the scope had."""
    others = [one for one in court.versions.get(kind, []) if one.scope != scope]
    long_ago = start - timedelta(days=3650)
    return replace(court, versions=court.versions | {kind: [*others, Version(scope, long_ago, setting)]})


def _messages(ws: Workspace, kind: str, start: datetime) -> tuple[list[tuple[Place, list[Row]]], bool]:
    """What the firm's devices said of this kind's metric, message by message in the order of their chains; the latest where there is too much."""
    metrics = {metric for metric, kinds in TYPES_OF.items() if kind in kinds}
    metrics = {of_place for metric in metrics for of_place in MADE_OF.get(metric, (metric,))}
    rows = ws.session.scalars(
        select(ReadingSeries)
        .where(ReadingSeries.tenant_id == ws.tenant_id, ReadingSeries.metric.in_(metrics), ReadingSeries.first_at.between(start, ws.now + LONGEST_ROW))
        .order_by(ReadingSeries.first_at.desc(), ReadingSeries.device_id, ReadingSeries.boot.desc(), ReadingSeries.sequence.desc())
        .limit(MOST_MESSAGES + 1)
    ).all()  # fmt: skip
    kept = sorted(rows[:MOST_MESSAGES], key=_place)
    found = [(place, [row_of(row) for row in group]) for place, group in groupby(kept, key=_place)]
    return found, len(rows) <= MOST_MESSAGES


def _place(row: ReadingSeries) -> Place:
    return row.device_id, row.boot, row.sequence


def _rings(ws: Workspace, kind: str, court: Court, messages: Sequence[tuple[Place, list[Row]]]) -> list[Ring]:
    found: list[Ring] = []
    for device_id, group in groupby(messages, key=lambda one: one[0][0]):
        device = ws.session.get_one(Device, (ws.tenant_id, device_id))
        found.extend(_rings_of(device, kind, court, group))
    return sorted(found, key=lambda ring: ring.raised_at)


def _rings_of(device: Device, kind: str, court: Court, messages: Iterator[tuple[Place, list[Row]]]) -> list[Ring]:
    """One device's history folded from an empty memory; a worsening refreshes the ring that stands."""
    memory: Memory = {}
    standing: dict[UUID, int] = {}
    rings: list[Ring] = []
    for (_, boot, sequence), rows in messages:
        memory, found = walk(device, court, memory, boot, sequence, rows, only=kind)
        for one in found:
            if one.change is Change.CLEARED and one.subject_id in standing:
                place = standing.pop(one.subject_id)
                rings[place] = replace(rings[place], cleared_at=one.at)
            elif one.change is Change.RAISED and one.subject_id not in standing:
                standing[one.subject_id] = len(rings)
                rings.append(Ring(device.id, one.subject_id, one.at))
    return rings


def _labels(ws: Workspace, kind: str, court: Court, scope: Scope, start: datetime) -> list[Label]:
    """What people found the alarms of that time to be."""
    found = counts_as()
    rows = ws.session.execute(
        select(Alarm, found).where(
            Alarm.tenant_id == ws.tenant_id,
            Alarm.type == kind,
            Alarm.device_id.is_not(None),
            Alarm.raised_at >= start,
            found.in_(("TRUE", "FALSE")),
        )
    )
    return [
        Label(Ring(row.device_id, row.about_id, row.raised_at, row.cleared_at), disposition == "TRUE")
        for row, disposition in rows
        if row.device_id
        and (row.about_id not in court.scopes or scope.holds_for(court.scope_of(row.about_id, row.raised_at)))
    ]
