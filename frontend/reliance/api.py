"""Calls about evidence: the published table of grades, and a lot's grade with what it rests on."""

from datetime import date
from uuid import UUID

from frontend.api import Api, Moment, Ratio, Shape
from frontend.language import translate
from marketplace.inventory.queries import find_lot
from marketplace.reliance import queries
from marketplace.reliance.rules.grades import Finding
from marketplace.reliance.rules.table import TABLES, GradeTable
from tenants.workspace import Workspace

api = Api("reliance")


class CostView(Shape):
    """What a grade costs: points added to the haircut; none where such goods carry no loan."""

    grade: str
    points: Ratio | None
    eligible: bool


class StepView(Shape):
    """A step of a ladder, read from the best: `reached` is a share, days, a number or hours, as `factor` has it; a device or alarm by its kind."""

    factor: str
    reached: str
    grade: str


class TableView(Shape):
    """One version of the table."""

    version: str
    since: date
    grades: list[CostView]
    steps: list[StepView]


class TablePage(Shape):
    """All versions, the newest first."""

    items: list[TableView]


class FindingView(Shape):
    """What one factor came to. `figure`: hours, a share, a number or days."""

    factor: str
    grade: str
    says: str
    figure: Ratio | None


class KeptView(Shape):
    """A grade as it was written down."""

    at: Moment
    grade: str
    version: str


class EvidenceView(Shape):
    """How far what is known of a lot may be relied on, now, and how that changed; newest first."""

    lot_id: UUID
    grade: str
    points: Ratio | None
    version: str
    findings: list[FindingView]
    history: list[KeptView]


@api.look("/evidence-grades", gives=TablePage)
def list_evidence_grades(ws: Workspace) -> TablePage:
    """The published table: what earns a grade and what it costs."""
    return TablePage(items=[_table(one) for one in reversed(TABLES)])


@api.look("/lots/<uuid:lot_id>/evidence-grade", gives=EvidenceView)
def show_evidence_grade(ws: Workspace, lot_id: UUID) -> EvidenceView:
    """A lot's grade with its reasons."""
    found = queries.evidence_of(ws, find_lot(ws, lot_id))
    return EvidenceView(
        lot_id=lot_id,
        grade=found.grade.value,
        points=found.points,
        version=found.table.version,
        findings=[_finding(one) for one in found.findings],
        history=[KeptView(at=one.at, grade=one.grade, version=one.version) for one in queries.grades_of(ws, lot_id)],
    )


def _finding(one: Finding) -> FindingView:
    return FindingView(factor=one.factor, grade=one.grade.value, says=translate(one.says), figure=one.figure)


def _table(table: GradeTable) -> TableView:
    ladders = {
        "device": table.devices.items(),
        "freshness": [(most.total_seconds() / 3600, grade) for most, grade in table.silent_at_most],
        "coverage": table.heard_at_least,
        "quantity": table.weighed_at_least,
        "independence": table.sources_at_least,
        "count": table.seen_days_at_most,
        "doubts": table.doubts.items(),
    }
    return TableView(
        version=table.version,
        since=table.since,
        grades=[CostView(grade=row.grade.value, points=row.points, eligible=row.points is not None) for row in table.rows],
        steps=[StepView(factor=factor, reached=str(reached), grade=grade.value) for factor, steps in ladders.items() for reached, grade in steps],
    )  # fmt: skip
