"""Writing down what a lot's evidence is worth, each time that it changes."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.reliance.events import EvidenceGraded
from marketplace.reliance.models import EvidenceGrade
from marketplace.reliance.queries import evidence_of, grades_of
from marketplace.reliance.rules.grades import Evidence
from marketplace.supervision.words import saying
from tenants.database import new_id
from tenants.workspace import Workspace


def grade_lot(ws: Workspace, lot_id: UUID) -> Evidence:
    """Grade a lot's evidence now and write it down where it has changed: for its guards and its bank, in acts of their own."""
    lot = find_lot(ws, lot_id)
    found = evidence_of(ws, lot)
    keep_grade(ws, lot, found)
    return found


def keep_grade(ws: Workspace, lot: Lot, found: Evidence) -> None:
    """Write a grade down where it, its reasons or the table changed. The first is kept without a word; a change of letter is told in the lot's chain."""
    if not _differs(_last(ws, lot.id), found):
        return
    # Bank and supervisor may find the same at the same time: the second sees the first.
    ws.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"evidence:{lot.id}", 0))))
    last = _last(ws, lot.id)
    if not _differs(last, found):
        return
    made = EvidenceGrade(tenant_id=ws.tenant_id, id=new_id(), lot_id=lot.id, at=ws.now, grade=found.grade.value, version=found.table.version, findings=_plain(found))  # fmt: skip
    ws.session.add(made)
    if last is not None and last.grade != made.grade:
        because = [saying(one.says) for one in found.against]
        fact = EvidenceGraded(grade_id=made.id, grade=made.grade, before=last.grade, version=made.version, because=because)  # fmt: skip
        ws.record(fact, on=lot.id, evidence=[made.id])


def _last(ws: Workspace, lot_id: UUID) -> EvidenceGrade | None:
    return next(iter(grades_of(ws, lot_id, limit=1)), None)


def _differs(last: EvidenceGrade | None, found: Evidence) -> bool:
    """Whether letters, reasons or version are others; figures move all the time and are no news."""
    if last is None:
        return True
    kept = [(one["factor"], one["grade"], one["says"]) for one in last.findings]
    return last.version != found.table.version or kept != [(one.factor, one.grade, one.says) for one in found.findings]


def _plain(found: Evidence) -> list[dict[str, Any]]:
    return [
        {"factor": one.factor, "grade": one.grade.value, "says": one.says, "figure": None if one.figure is None else str(one.figure)}
        for one in found.findings
    ]  # fmt: skip
