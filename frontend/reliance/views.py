"""Pages of evidence grades: the published table, and what a lot's grade rests on."""

from typing import Any
from uuid import UUID

from flask import g

from frontend.language import decimal, percent, translate, translate_plural
from frontend.pages import Pages, render
from marketplace.inventory.queries import find_lot
from marketplace.reliance import queries
from marketplace.reliance.models import EvidenceGrade
from marketplace.reliance.rules.grades import FACTORS, NOTHING, Evidence, Finding
from marketplace.reliance.rules.table import TABLES, Grade
from marketplace.supervision.devices.profiles import PROFILES
from marketplace.supervision.words import TYPES
from tenants.workspace import Workspace

pages = Pages("reliance", __name__)
TONES = {"A": ("ok", "check"), "B": ("info", "half"), "C": ("watch", "triangle"), "D": ("watch", "triangle"), "E": ("danger", "bar")}  # fmt: skip
UNWATCHED = ("neutral", "open")
PHONES = {"phone": "Phone", "doubtful phone": "Phone, with doubts"}


@pages.look("/evidence-grades")
def list_evidence_grades(ws: Workspace) -> Any:
    return render(
        "reliance/grades.html", tables=list(reversed(TABLES)), grades=list(Grade), ladders=ladders_of(TABLES[-1])
    )


@pages.look("/lots/<uuid:lot_id>/evidence-grade")
def show_evidence_grade(ws: Workspace, lot_id: UUID) -> Any:
    lot = find_lot(ws, lot_id)
    kept = queries.grades_of(ws, lot_id)
    story = [
        {"at": one.at, "title": translate("Grade %(grade)s", grade=one.grade), "text": _against(one.findings), "icon": "shield", "tone": _tone_then(one)}
        for one in kept
    ]  # fmt: skip
    return render("reliance/lot_grade.html", lot=lot, evidence=queries.evidence_of(ws, lot), story=story)


def ladders_of(table: Any) -> list[tuple[str, list[tuple[str, Grade]]]]:
    """The table's steps, factor by factor, in words."""
    kinds = {kind: profile.label for kind, profile in PROFILES.items()} | PHONES
    return [
        ("device", [(translate(kinds[kind]), grade) for kind, grade in table.devices.items()]),
        ("calibration", [(translate("in force"), Grade.A), (translate("expired"), Grade.E)]),
        ("freshness", [(translate("within three intervals"), Grade.A), *((translate("silent for %(hours)s h at most", hours=decimal(most.total_seconds() / 3600, 1)), grade) for most, grade in table.silent_at_most), (translate("longer"), Grade.E)]),
        ("coverage", [*((translate("%(share)s at least", share=percent(least, 0)), grade) for least, grade in table.heard_at_least), (translate("fewer"), Grade.E)]),
        ("quantity", [*((translate("%(share)s at least", share=percent(least, 1)), grade) for least, grade in table.weighed_at_least), (translate("less"), table.hardly_weighed), (translate("no scale"), table.not_weighed)]),
        ("independence", [*((translate("%(number)s at least", number=least), grade) for least, grade in table.sources_at_least), (translate("none"), Grade.D)]),
        ("count", [*((translate("%(days)s days ago at most", days=most), grade) for most, grade in table.seen_days_at_most), (translate("longer ago"), table.long_unseen), (translate("never"), Grade.D)]),
        ("doubts", [(translate(TYPES[kind]), grade) for kind, grade in table.doubts.items()]),
    ]  # fmt: skip


def lot_evidence(lot_id: UUID) -> Evidence:
    """What `lot_evidence.html` shows."""
    return queries.evidence_of(g.ws, find_lot(g.ws, lot_id))


def factor_word(factor: str) -> str:
    """A factor as people call it."""
    return translate(FACTORS[factor])


def finding_figure(one: Finding) -> str:
    """The figure behind a finding, with its unit."""
    if one.figure is None:
        return ""
    if one.factor in ("coverage", "quantity"):
        return percent(one.figure, 1)
    if one.factor == "freshness":
        return translate("%(hours)s h ago", hours=decimal(one.figure, 1))
    return (
        translate_plural("%(num)s day ago", "%(num)s days ago", int(one.figure))
        if one.factor == "count"
        else str(one.figure)
    )


def grade_look(grade: str, of: Finding | Evidence | None = None) -> tuple[str, str]:
    """Tone and shape of a grade's badge. The last grade is an alarm where `of` it stands for something that is wrong: goods that nothing watches are known by
    papers, which is no fault of theirs, and a letter alone says no more than that.
    """
    if grade == Grade.E and (of is None or of.is_unwatched):
        return UNWATCHED
    return TONES[grade]


for offered in (lot_evidence, factor_word, finding_figure, grade_look):
    pages.add_app_template_global(offered)


def _tone_then(kept: EvidenceGrade) -> str:
    """The tone of a grade that was written down, by what it rested on then."""
    gravest = [one["says"] for one in kept.findings if one["grade"] == kept.grade]
    return (UNWATCHED if kept.grade == Grade.E and set(gravest) == {NOTHING} else TONES[kept.grade])[0]


def _against(findings: list[dict[str, Any]]) -> str:
    return " ".join(translate(one["says"]) for one in findings if one["grade"] != Grade.A)
