"""The evidence for a lot as its viewers see it: graded now, and as it was written down before."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from marketplace.business_days import SHANGHAI
from marketplace.inventory.conversions.descent import last_inspected
from marketplace.inventory.models import Lot
from marketplace.reliance.models import EvidenceGrade
from marketplace.reliance.rules.grades import Evidence, Known, Watching, grade_evidence
from marketplace.reliance.rules.table import table_on
from marketplace.stocktakes.queries import newest_captures
from marketplace.supervision.about import by_subject
from marketplace.supervision.conditions import UNTRUSTED, Condition, condition_of, latest_among
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.readings import LatestReading
from tenants.workspace import Workspace

STAYS = ("tamper", "signature")  # a doubt that is over only when somebody has said what it was


def evidence_of(ws: Workspace, lot: Lot, condition: Condition | None = None) -> Evidence:
    """The grade of what is known of a lot now. Whoever sees the lot may ask, and all are told the same."""
    known = known_among(ws, [lot], {lot.id: condition or condition_of(ws, lot.id)})
    return graded(ws, known)[lot.id]


def graded(ws: Workspace, known: Mapping[UUID, Known]) -> dict[UUID, Evidence]:
    """The grade of what is known of many lots now, by the table of today; lots of which the same is known share it."""
    table = table_on(ws.now.astimezone(SHANGHAI).date())
    alike = {one: grade_evidence(one, table) for one in set(known.values())}
    return {lot_id: alike[one] for lot_id, one in known.items()}


def known_among(ws: Workspace, lots: Sequence[Lot], conditions: Mapping[UUID, Condition]) -> dict[UUID, Known]:
    """What the grades of many lots rest on, each question asked for all of them at once."""
    ids = [lot.id for lot in lots]
    pictures, inspected, doubts = newest_captures(ws, ids), last_inspected(ws, lots), _doubts(ws, ids)
    watching = {lot_id: _watching(ws, rows) for lot_id, rows in latest_among(ws, ids).items()}
    return {
        lot.id: _known(
            ws, lot, conditions[lot.id], watching[lot.id], pictures.get(lot.id), inspected.get(lot.id), doubts
        )
        for lot in lots
    }


def days_since(ws: Workspace, at: datetime | None) -> int | None:
    """Whole days; None where it never was."""
    return None if at is None else max(0, (ws.now - at).days)


def grades_of(ws: Workspace, lot_id: UUID, *, limit: int = 100) -> Sequence[EvidenceGrade]:
    """The lot's grades as they were written down, newest first."""
    wanted = select(EvidenceGrade).where(EvidenceGrade.lot_id == lot_id)
    return ws.session.scalars(wanted.order_by(EvidenceGrade.id.desc()).limit(limit)).all()


def last_grades(ws: Workspace, lot_ids: Sequence[UUID]) -> dict[UUID, EvidenceGrade]:
    """The newest grade that was written down for each of these lots."""
    newest = select(EvidenceGrade).where(EvidenceGrade.lot_id.in_(lot_ids)).ext(distinct_on(EvidenceGrade.lot_id))
    return {
        one.lot_id: one for one in ws.session.scalars(newest.order_by(EvidenceGrade.lot_id, EvidenceGrade.id.desc()))
    }


def _known(
    ws: Workspace,
    lot: Lot,
    condition: Condition,
    devices: tuple[Watching, ...],
    picture: tuple[str | None, datetime] | None,
    inspected_at: datetime | None,
    doubts: Mapping[UUID, frozenset[str]],
) -> Known:
    weighed = None
    if condition.measured_qty is not None and lot.verified_qty:
        weighed = min(Fraction(1), Fraction(condition.measured_qty) / Fraction(lot.verified_qty))
    return Known(
        devices=devices,
        calibrated=UNTRUSTED not in condition.reasons,
        coverage=condition.coverage,
        weighed=weighed,
        inspected_days=days_since(ws, inspected_at),
        phone=picture[0] if picture else None,
        phone_days=days_since(ws, picture[1] if picture else None),
        doubts=doubts.get(lot.id, frozenset()),
    )


def _watching(ws: Workspace, latest: Sequence[LatestReading]) -> tuple[Watching, ...]:
    """Each device by its own newest word: one of its sensors that speaks is enough to know that it lives."""
    heard: dict[UUID, Watching] = {}
    for row in latest:
        one = Watching(row.device_kind, max(timedelta(), ws.now - row.at), timedelta(seconds=row.interval_seconds))
        kept = heard.get(row.device_id)
        heard[row.device_id] = one if kept is None or one.quiet < kept.quiet else kept
    return tuple(heard.values())


def _doubts(ws: Workspace, lot_ids: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    standing = or_(Alarm.cleared_at.is_(None), Alarm.type.in_(STAYS))
    still = (Alarm.closed_at.is_(None), Alarm.superseded_at.is_(None), standing)
    wanted = by_subject(lot_ids, Alarm.type, where=still)
    found: dict[UUID, frozenset[str]] = {}
    for lot_id, kind in ws.session.execute(wanted):
        found[lot_id] = found.get(lot_id, frozenset()) | {kind}
    return found
