"""Patrols as pages and calls show them: a round's checkpoints with what was seen, the plan they lie on, and doubts in the reader's language."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from frontend.language import translate
from marketplace.inventory.places.models import Site
from marketplace.inventory.places.queries import bins_of
from marketplace.patrols import queries
from marketplace.patrols.models import Checkpoint, Patrol, PatrolScan
from marketplace.patrols.rules.rounds import PatrolState
from marketplace.patrols.rules.scans import Doubt, Fault
from marketplace.patrols.words import DOUBTS, FAULTS
from tenants.workspace import Workspace

Row = tuple[Checkpoint, PatrolScan | None, str]
TONES = {"seen": "ok", "late": "watch", "missed": "danger", "waited for": "neutral"}


def rows_of(patrol: Patrol, points: Sequence[Checkpoint], scans: Sequence[PatrolScan]) -> list[Row]:
    """Each checkpoint with the scan that counts, and how it stands: seen, late, missed, or waited for."""
    first = queries.first_scans(scans)
    return [(one, first.get(one.id), _standing(patrol, first.get(one.id))) for one in points]


def _standing(patrol: Patrol, scan: PatrolScan | None) -> str:
    if scan is None:
        return "waited for" if patrol.status == PatrolState.CALLED else "missed"
    return "late" if patrol.due_at and scan.taken_at > patrol.due_at else "seen"


def plan_with(ws: Workspace, site: Site, points: Sequence[Checkpoint], tones: Sequence[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:  # fmt: skip
    """The site's floor and bins as the plan's macro takes them, the checkpoints numbered upon it."""
    marks = [
        {"x": float(one.x), "y": float(one.y), "number": one.place, "label": one.name, "tone": tone}
        for one, tone in zip(points, tones, strict=True)
    ]
    bins = [
        {
            "x": float(one.x), "y": float(one.y), "w": float(one.width), "h": float(one.height), "id": str(one.id), "label": one.code,
            "href": f"/sites/{site.id}/plan", "state": "empty", "title": one.code,
        }
        for one in bins_of(ws, site.id)
    ]  # fmt: skip
    return {"width": float(site.width), "height": float(site.depth), "points": marks}, bins


def remarks_of(scan: PatrolScan) -> list[str]:
    """Why a scan was refused, or proves less, in the reader's language."""
    return [said for _, said in (faults_said(scan) or doubts_said(scan))]


def faults_said(scan: PatrolScan) -> list[tuple[str, str]]:
    """Its faults by code and in words."""
    return [(code, translate(FAULTS[Fault(code)])) for code in scan.faults]


def doubts_said(scan: PatrolScan) -> list[tuple[str, str]]:
    """Its doubts likewise."""
    return [(code, translate(DOUBTS[Doubt(code)])) for code in scan.doubts]


def round_table(patrols: Sequence[Patrol], names: dict[Any, str]) -> list[list[Any]]:
    """Rounds as a table to take away."""

    def moment(value: datetime | None) -> str:
        return value.isoformat() if value else ""

    return [
        [one.number, names.get(one.route_id, ""), one.status, moment(one.window_at), moment(one.called_at), moment(one.due_at), moment(one.ended_at), "; ".join(one.missing)]
        for one in patrols
    ]  # fmt: skip
