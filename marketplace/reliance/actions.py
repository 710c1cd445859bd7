"""Writing down what a lot's evidence is worth, each time that it changes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text

from marketplace.inventory.queries import find_lot
from marketplace.reliance.events import EvidenceGraded
from marketplace.reliance.models import EvidenceGrade
from marketplace.reliance.queries import evidence_of, last_grades
from marketplace.reliance.rules.grades import Evidence
from marketplace.supervision.words import saying
from tenants.database import new_id
from tenants.workspace import Workspace

HOLD = text("select count(pg_advisory_xact_lock(hashtextextended(name, 0))) from unnest(cast(:lots as text[])) name")


def grade_lot(ws: Workspace, lot_id: UUID) -> Evidence:
    """Grade a lot's evidence now and write it down where it has changed: for its guards and its bank, in acts of their own."""
    lot = find_lot(ws, lot_id)
    found = evidence_of(ws, lot)
    keep_grades(ws, {lot.id: found})
    return found


def keep_grades(ws: Workspace, found: Mapping[UUID, Evidence]) -> None:
    """Write grades of lots down where they, their reasons or the table changed. The first is kept without a word; a change of letter is told in the lot's chain."""
    new = _new(ws, found)
    if not new:
        return
    # Bank and supervisor may find the same at the same time: the second sees the first. Always in one order, so that nobody waits for each other.
    ws.session.execute(HOLD, {"lots": [f"evidence:{lot_id}" for lot_id in sorted(new)]})
    for lot_id, last in _new(ws, {one: found[one] for one in sorted(new)}).items():
        _keep(ws, lot_id, last, found[lot_id])


def _new(ws: Workspace, found: Mapping[UUID, Evidence]) -> dict[UUID, EvidenceGrade | None]:
    """The lots of which something else is found than was written down last, with that."""
    last = last_grades(ws, list(found))
    return {one: last.get(one) for one, evidence in found.items() if _differs(last.get(one), evidence)}


def _keep(ws: Workspace, lot_id: UUID, last: EvidenceGrade | None, found: Evidence) -> None:
    made = EvidenceGrade(tenant_id=ws.tenant_id, id=new_id(), lot_id=lot_id, at=ws.now, grade=found.grade.value, version=found.table.version, findings=_plain(found))  # fmt: skip
    ws.session.add(made)
    if last is not None and last.grade != made.grade:
        because = [saying(one.says) for one in found.against]
        fact = EvidenceGraded(grade_id=made.id, grade=made.grade, before=last.grade, version=made.version, because=because)  # fmt: skip
        ws.record(fact, on=lot_id, evidence=[made.id])


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
