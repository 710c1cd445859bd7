"""The desk's figures and drills as pages, and as tables to take away."""

from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from flask import Response, g, redirect, request, url_for

from frontend import entered, paper
from frontend.duty.blueprint import pages
from frontend.firms import names_of
from frontend.language import ZONE, translate
from frontend.pages import render
from frontend.spreadsheets import Table, offer_tables
from marketplace.duty import actions, queries
from marketplace.duty.figures import DeskFigures, desk_figures, source_names
from marketplace.duty.rules.kpis import FALSE_TARGET, RATE_TARGET, nearest_rank
from marketplace.patrols.queries import figures_between, route_names
from marketplace.patrols.rules.figures import PatrolFigures
from marketplace.supervision.words import SEVERITIES, TYPES
from tenants.errors import Invalid
from tenants.workspace import Workspace

USUAL = timedelta(days=30)
CENTURY = date(2000, 1, 1), date(2099, 12, 31)
COLUMNS = ("figure", "of", "value", "unit")
CONTEST_FIGURES = {
    "contested": "contested", "contested_share": "share", "contests": "contests", "contests_answered": "answered", "contests_upheld": "upheld",
    "contests_upheld_share": "upheld_share", "contests_late": "late",
}  # fmt: skip
DRILL_COLUMNS = (
    "number",
    "severity",
    "script",
    "rung_by",
    "rung_at",
    "due_at",
    "answered_at",
    "answered_by",
    "missed_at",
)


@pages.look("/duty-figures")
def show_figures(ws: Workspace) -> Any:
    return render("duty/figures.html", since=entered.day_or_none("since", of=request.args), until=entered.day_or_none("until", of=request.args), query=request.query_string.decode(), **_told(ws))  # fmt: skip


@pages.look("/duty-figures.pdf")
def print_figures(ws: Workspace) -> Response:
    told = _told(ws)
    name = f"duty-figures-{told['found'].end.astimezone(ZONE):%Y%m%d}.pdf"
    return paper.as_pdf("duty/figures_sheet.html", name, firm=ws.member.organisation, severities=SEVERITIES, now=ws.now, **told)  # fmt: skip


def _told(ws: Workspace) -> dict[str, Any]:
    """What screen and paper tell of the period that was asked for."""
    found = desk_figures(ws, *_period())
    return {
        "found": found, "rounds": figures_between(ws, found.start, found.end), "names": names_in(ws, found), "types": TYPES,
        "rate_target": RATE_TARGET, "false_target": FALSE_TARGET,
    }  # fmt: skip


def desk_table(ws: Workspace) -> Table:
    found = desk_figures(ws, *_period())
    return Table(
        "duty-figures", COLUMNS, _rows(found, names_in(ws, found), figures_between(ws, found.start, found.end))
    )


offer_tables(pages, "/duty-figures", desk_table)


@pages.look("/duty-drills")
def list_drills(ws: Workspace) -> Any:
    return render("duty/drills.html", drills=queries.list_drills(ws), severities=[(code, translate(SEVERITIES[code])) for code in ("CRITICAL", "MAJOR", "MINOR")])  # fmt: skip


def drill_table(ws: Workspace) -> Table:
    return Table("duty-drills", DRILL_COLUMNS, [[getattr(one, name) or "" for name in DRILL_COLUMNS] for one in queries.list_drills(ws)])  # fmt: skip


offer_tables(pages, "/duty-drills", drill_table)


@pages.look("/duty-drills.pdf")
def print_drills(ws: Workspace) -> Response:
    """The report of test alarms: each with how it was answered, and the sums above them."""
    drills = queries.list_drills(ws)
    took = [one.answered_at - one.rung_at for one in drills if one.answered_at]
    return paper.as_pdf(
        "duty/drills_sheet.html", f"duty-drills-{ws.now.astimezone(ZONE):%Y%m%d}.pdf", firm=ws.member.organisation, drills=drills,
        desks=names_of(ws, {one.tenant_id for one in drills}), answered=len(took), missed=sum(1 for one in drills if one.missed_at),
        median=nearest_rank(took, Fraction(1, 2)), slowest=max(took, default=None), severities=SEVERITIES, now=ws.now,
    )  # fmt: skip


@pages.act("/duty-drills", again="list_drills")
def ring_drill(ws: Workspace) -> Any:
    actions.ring_drill(ws, severity=entered.text("severity"), script=entered.text("script"))
    return redirect(url_for(".list_drills"))


@pages.act("/duty-drills/<uuid:drill_id>/answer")
def answer_drill(ws: Workspace, drill_id: UUID) -> Any:
    actions.answer_drill(ws, drill_id)
    return redirect(url_for(".show_desk"))


def between(now: datetime, since: date | None, until: date | None, usual: timedelta = USUAL) -> tuple[datetime, datetime]:  # fmt: skip
    """Whole days of the house's zone; the end is now where the last day is today or none is named, the beginning as usual before it. Refuses days of other centuries."""
    for field, day in (("since", since), ("until", until)):
        if day is not None and not CENTURY[0] <= day <= CENTURY[1]:
            raise Invalid("day_unreadable", "Write a day as 2026-11-30.", field=field)
    end = min(now, _start_of(until) + timedelta(days=1)) if until else now
    return (_start_of(since) if since else end - usual), end


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, ZONE)


def seconds(taken: timedelta | None) -> int | None:
    """Whole seconds of a time that was measured."""
    return None if taken is None else int(taken.total_seconds())


def names_in(ws: Workspace, found: DeskFigures) -> dict[str, tuple[str, str]]:
    """Noisy sources by what people call them, patrol routes among them."""
    routes = {str(route_id): name for route_id, name in route_names(ws).items()}
    told = source_names(ws, found.alarms).items()
    return {source: (routes.get(source.partition(":")[0], name), kind) for source, (name, kind) in told}


def _rows(found: DeskFigures, names: dict[str, tuple[str, str]], rounds: PatrolFigures) -> list[list[Any]]:
    """One figure a row: what, of what, its value and unit. Where there is nothing to count the value is empty."""
    alarms = found.alarms
    rows: list[list[Any]] = [
        ["since", "", found.start.isoformat(), ""], ["until", "", found.end.isoformat(), ""], ["alarms", "", alarms.alarms, ""],
        ["rate", "", alarms.rate, "per 10 min"], ["rate_target", "", RATE_TARGET, "per 10 min"], ["floods", "", alarms.floods, ""], ["busiest", "", alarms.busiest, "per 10 min"],
        ["hours_asked", "", found.hours_asked, "h"], ["hours_missed", "", found.hours_missed, "h"], ["drills", "", found.drills, ""], ["drills_missed", "", found.drills_missed, ""],
        ["patrols", "", rounds.called, ""], ["patrols_late", "", rounds.late, ""], ["patrols_missed", "", rounds.missed, ""], ["patrol_windows_lapsed", "", rounds.lapsed, ""],
        ["checkpoints", "", rounds.checkpoints, ""], ["checkpoints_in_time", "", rounds.in_time, ""], ["checkpoints_doubted", "", rounds.doubted, ""],
    ]  # fmt: skip
    contests = {name: getattr(found.contests, figure) for name, figure in CONTEST_FIGURES.items()}
    rows += [[name, "", "" if value is None else value, ""] for name, value in contests.items()]
    for one in alarms.by_severity:
        told = {
            "alarms": one.alarms,
            "judged": one.judged,
            "false": one.false,
            "false_ratio": one.false_ratio,
            "acknowledged": one.acknowledged,
            "in_time": one.in_time,
            "seen_in_time": one.seen_in_time,
            "on_site_in_time": one.on_site_in_time,
        }
        rows += [[name, one.severity.value, "" if value is None else value, ""] for name, value in told.items()]
        times = {"median": seconds(one.median), "ninetieth": seconds(one.ninetieth)}
        rows += [[name, one.severity.value, "" if value is None else value, "s"] for name, value in times.items()]
    for noisy in alarms.chatter:
        rows.append(["chatter", " ".join(names[noisy.source]), noisy.alarms + noisy.repeats, ""])
    return rows


def _period() -> tuple[datetime, datetime]:
    return between(
        g.ws.now, entered.day_or_none("since", of=request.args), entered.day_or_none("until", of=request.args)
    )
