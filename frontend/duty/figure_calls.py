"""The desk's figures and drills by call."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Nothing, Shape
from frontend.duty.blueprint import api
from frontend.duty.figure_views import between, names_in, seconds
from marketplace.duty import actions, queries
from marketplace.duty.figures import desk_figures
from marketplace.duty.models import Drill
from marketplace.duty.rules.kpis import RATE_TARGET, ContestFigures
from marketplace.patrols.queries import figures_between
from tenants.workspace import Workspace


class PeriodQuery(Shape):
    """From the beginning of a day to the end of another, in the house's zone; the last thirty days where they are left out."""

    since: date | None = None
    until: date | None = None


class SeverityView(Shape):
    """One severity. Times in seconds from when the house noticed; shares of one, none where there is nothing to count."""

    severity: str
    alarms: int
    judged: int
    false: int
    false_ratio: str | None
    acknowledged: int
    median_seconds: int | None
    ninetieth_seconds: int | None
    in_time: str | None
    seen_in_time: str | None
    on_site_in_time: str | None


class ChatterView(Shape):
    """A noisy source."""

    source: str
    type: str
    alarms: int
    repeats: int


class ContestFiguresView(Shape):
    """Alarms that the goods' owners contested, contests answered, upheld and late (answered or waiting beyond their time). Shares of one; `median_seconds` to the answer."""

    contested: int
    share: str | None
    contests: int
    answered: int
    upheld: int
    upheld_share: str | None
    late: int
    median_seconds: int | None


class FiguresView(Shape):
    """The desk's figures. `rate`: alarms in ten minutes on average, against a target of one; `floods`: ten-minute stretches with more than ten."""

    since: Moment
    until: Moment
    alarms: int
    rate: str
    rate_target: str
    floods: int
    busiest: int
    severities: list[SeverityView]
    chatter: list[ChatterView]
    hours_asked: int
    hours_missed: int
    drills: int
    drills_missed: int
    contests: ContestFiguresView
    patrols: int
    patrols_late: int
    patrols_missed: int
    checkpoints: int
    checkpoints_in_time: int


class DrillBody(Shape):
    """As for an alarm of which severity the desk is rung, and what is to be supposed."""

    severity: Literal["CRITICAL", "MAJOR", "MINOR"]
    script: Annotated[str, Field(min_length=1, max_length=500)]


class DrillView(Shape):
    """A test alarm and how it was answered."""

    id: UUID
    number: str
    severity: str
    script: str
    rung_by: str
    rung_at: Moment
    due_at: Moment
    answered_at: Moment | None
    answered_by: str | None
    missed_at: Moment | None


class DrillPage(Shape):
    """Drills, newest first."""

    items: list[DrillView]


@api.look("/duty-figures", takes=PeriodQuery, gives=FiguresView)
def show_desk_figures(ws: Workspace, body: PeriodQuery) -> FiguresView:
    """The desk's figures over a period: false ratio, times to take note, noisy sources, alarm rate, missed hours and drills."""
    found = desk_figures(ws, *between(ws.now, body.since, body.until))
    names, alarms, rounds = names_in(ws, found), found.alarms, figures_between(ws, found.start, found.end)
    return FiguresView(
        since=found.start, until=found.end, alarms=alarms.alarms, rate=str(alarms.rate), rate_target=str(RATE_TARGET), floods=alarms.floods,
        busiest=alarms.busiest, hours_asked=found.hours_asked, hours_missed=found.hours_missed, drills=found.drills, drills_missed=found.drills_missed, contests=_contests(found.contests),
        patrols=rounds.called, patrols_late=rounds.late, patrols_missed=rounds.missed, checkpoints=rounds.checkpoints, checkpoints_in_time=rounds.in_time,
        severities=[
            SeverityView(
                severity=one.severity.value, alarms=one.alarms, judged=one.judged, false=one.false,
                false_ratio=None if one.false_ratio is None else str(one.false_ratio), acknowledged=one.acknowledged,
                median_seconds=seconds(one.median), ninetieth_seconds=seconds(one.ninetieth),
                in_time=_share(one.in_time), seen_in_time=_share(one.seen_in_time), on_site_in_time=_share(one.on_site_in_time),
            )
            for one in alarms.by_severity
        ],
        chatter=[ChatterView(source=names[one.source][0], type=names[one.source][1], alarms=one.alarms, repeats=one.repeats) for one in alarms.chatter],
    )  # fmt: skip


@api.look("/duty-drills", gives=DrillPage)
def list_desk_drills(ws: Workspace) -> DrillPage:
    """Test alarms and how they were answered."""
    return DrillPage(items=[_drill(one) for one in queries.list_drills(ws)])


@api.act("/duty-drills", takes=DrillBody, gives=DrillView, status=201)
def ring_desk_drill(ws: Workspace, body: DrillBody) -> DrillView:
    """Ring the desk for practice. It is about no goods: nothing is frozen and nothing valued."""
    return _drill(actions.ring_drill(ws, severity=body.severity, script=body.script))


@api.act("/duty-drills/<uuid:drill_id>/answer", takes=Nothing, gives=DrillView)
def answer_desk_drill(ws: Workspace, drill_id: UUID, body: Nothing) -> DrillView:
    """An officer on duty takes note, as of an alarm."""
    return _drill(actions.answer_drill(ws, drill_id))


def _contests(found: ContestFigures) -> ContestFiguresView:
    return ContestFiguresView(
        share=_share(found.share), upheld_share=_share(found.upheld_share), median_seconds=seconds(found.median),
        **{name: getattr(found, name) for name in ("contested", "contests", "answered", "upheld", "late")},
    )  # fmt: skip


def _share(found: Decimal | None) -> str | None:
    return None if found is None else str(found)


def _drill(one: Drill) -> DrillView:
    return DrillView(**{name: getattr(one, name) for name in DrillView.model_fields})
