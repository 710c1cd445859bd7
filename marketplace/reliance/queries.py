"""The evidence for a lot as its viewers see it: graded now, and as it was written down before."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

from sqlalchemy import or_, select

from marketplace.business_days import SHANGHAI
from marketplace.inventory.descent import inspections_behind
from marketplace.inventory.models import Lot
from marketplace.reliance.models import EvidenceGrade
from marketplace.reliance.rules.grades import Evidence, Known, Watching, grade_evidence
from marketplace.reliance.rules.table import table_on
from marketplace.stocktakes.queries import captures_of_lot
from marketplace.supervision.conditions import UNTRUSTED, Condition, condition_of
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.queries import latest_readings
from tenants.workspace import Workspace

STAYS = ("tamper", "signature")  # a doubt that is over only when somebody has said what it was


def evidence_of(ws: Workspace, lot: Lot, condition: Condition | None = None) -> Evidence:
    """The grade of what is known of a lot now. Whoever sees the lot may ask, and all are told the same."""
    known = known_of(ws, lot, condition or condition_of(ws, lot.id))
    return grade_evidence(known, table_on(ws.now.astimezone(SHANGHAI).date()))


def known_of(ws: Workspace, lot: Lot, condition: Condition) -> Known:
    """What the grade rests on, gathered."""
    picture = next(iter(captures_of_lot(ws, lot.id, limit=1)), None)
    weighed = None
    if condition.measured_qty is not None and lot.verified_qty:
        weighed = min(Fraction(1), Fraction(condition.measured_qty) / Fraction(lot.verified_qty))
    return Known(
        devices=_watching(ws, lot.id),
        calibrated=UNTRUSTED not in condition.reasons,
        coverage=condition.coverage,
        weighed=weighed,
        inspected_days=days_since(ws, inspected_at(ws, lot.id)),
        phone=picture.grade if picture else None,
        phone_days=days_since(ws, picture.taken_at if picture else None),
        doubts=_doubts(ws, lot.id),
    )


def inspected_at(ws: Workspace, lot_id: UUID) -> datetime | None:
    """When the supervisor last counted the goods, or those they come from."""
    return max((one.inspected_at for one in inspections_behind(ws, lot_id)), default=None)


def days_since(ws: Workspace, at: datetime | None) -> int | None:
    """Whole days; None where it never was."""
    return None if at is None else max(0, (ws.now - at).days)


def grades_of(ws: Workspace, lot_id: UUID, *, limit: int = 100) -> Sequence[EvidenceGrade]:
    """The lot's grades as they were written down, newest first."""
    wanted = select(EvidenceGrade).where(EvidenceGrade.lot_id == lot_id)
    return ws.session.scalars(wanted.order_by(EvidenceGrade.id.desc()).limit(limit)).all()


def _watching(ws: Workspace, lot_id: UUID) -> tuple[Watching, ...]:
    """Each device by its own newest word: one of its sensors that speaks is enough to know that it lives."""
    heard: dict[UUID, Watching] = {}
    for row in latest_readings(ws, lot_id):
        one = Watching(row.device_kind, max(timedelta(), ws.now - row.at), timedelta(seconds=row.interval_seconds))
        kept = heard.get(row.device_id)
        heard[row.device_id] = one if kept is None or one.quiet < kept.quiet else kept
    return tuple(heard.values())


def _doubts(ws: Workspace, lot_id: UUID) -> frozenset[str]:
    standing = or_(Alarm.cleared_at.is_(None), Alarm.type.in_(STAYS))
    wanted = select(Alarm.type).where(Alarm.about_id == lot_id, Alarm.closed_at.is_(None), standing)
    return frozenset(ws.session.scalars(wanted.distinct()))
