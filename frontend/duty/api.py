"""Calls of the desk: rosters, shifts with their log, hourly liveness and handovers."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Nothing, Shape
from frontend.duty.blueprint import api
from marketplace.duty import actions, queries
from marketplace.duty.models import Handover, LivenessCheck, Roster, Shift
from tenants.workspace import Workspace


class ShiftBody(Shape):
    """One officer's watch, its end not included; twelve hours at most."""

    officer_id: UUID
    starts_at: Moment
    ends_at: Moment


class RosterBody(Shape):
    """A plan for [starts_at, ends_at), 31 days at most: two officers or more in every minute of it."""

    starts_at: Moment
    ends_at: Moment
    shifts: Annotated[tuple[ShiftBody, ...], Field(min_length=2, max_length=500)]


class HandoverBody(Shape):
    """To whom the desk is handed over, and what that officer must know."""

    to: UUID
    note: Annotated[str, Field(min_length=1, max_length=2000)]


class ShiftView(Shape):
    """A planned shift."""

    id: UUID
    roster_id: UUID
    officer_id: UUID
    officer: str
    starts_at: Moment
    ends_at: Moment


class GapView(Shape):
    """A stretch with fewer than two officers."""

    starts_at: Moment
    ends_at: Moment


class RosterRow(Shape):
    """A roster in a list."""

    id: UUID
    supervisor_id: UUID
    starts_at: Moment
    ends_at: Moment
    planned_by: str
    planned_at: Moment


class RosterPage(Shape):
    """Rosters, the latest first."""

    items: list[RosterRow]


class RosterView(RosterRow):
    """A roster with its shifts and how it was kept."""

    shifts: list[ShiftView]
    gaps: list[GapView]
    hours_confirmed: int
    hours_missed: int


class HandedAlarm(Shape):
    """An alarm that was open when the desk was handed over."""

    id: UUID
    number: str
    severity: str
    type: str
    status: str


class HandoverView(Shape):
    """A handover; `digest`: SHA-256 over what was handed over, for which both signed."""

    id: UUID
    shift_id: UUID
    giver: str
    taker: str
    note: str
    alarms: list[HandedAlarm]
    digest: str
    given_at: Moment
    taken_at: Moment | None


class CheckView(Shape):
    """What was heard of the officer in one hour of the shift."""

    slot_at: Moment
    confirmed_at: Moment | None
    missed_at: Moment | None
    answered_at: Moment | None


class TakenAlarm(Shape):
    """An alarm that the officer took note of or looked into while on duty."""

    id: UUID
    number: str
    severity: str
    acknowledged_at: Moment
    seen_at: Moment | None
    on_site_at: Moment | None


class LogView(Shape):
    """The log of a shift."""

    shift: ShiftView
    colleagues: list[ShiftView]
    handovers: list[HandoverView]
    alarms: list[TakenAlarm]
    liveness: list[CheckView]


@api.look("/duty-rosters", gives=RosterPage)
def list_rosters(ws: Workspace) -> RosterPage:
    """Rosters of one's own desk, and of those that watch goods pledged to the caller."""
    return RosterPage(items=[_row(one) for one in queries.list_rosters(ws)])


@api.act("/duty-rosters", takes=RosterBody, gives=RosterView, status=201)
def plan_roster(ws: Workspace, body: RosterBody) -> RosterView:
    """Plan the desk. A plan that leaves any minute to fewer than two officers is refused, and the gap is named."""
    shifts = [(one.officer_id, one.starts_at, one.ends_at) for one in body.shifts]
    return _whole(ws, actions.plan_roster(ws, starts_at=body.starts_at, ends_at=body.ends_at, shifts=shifts))


@api.look("/duty-rosters/<uuid:roster_id>", gives=RosterView)
def show_roster(ws: Workspace, roster_id: UUID) -> RosterView:
    """A roster with its shifts and how it was kept."""
    return _whole(ws, queries.find_roster(ws, roster_id))


@api.look("/duty-shifts/<uuid:shift_id>", gives=LogView)
def show_shift(ws: Workspace, shift_id: UUID) -> LogView:
    """The log of a shift."""
    log = queries.log_of(ws, shift_id)
    return LogView(
        shift=_shift(log.shift),
        colleagues=[_shift(one) for one in log.colleagues],
        handovers=[_handover(one) for one in log.handovers],
        alarms=[TakenAlarm(id=one.id, number=one.number, severity=one.severity, acknowledged_at=one.acknowledged_at, seen_at=one.seen_at, on_site_at=one.on_site_at) for one in log.alarms if one.acknowledged_at],
        liveness=[_check(one) for one in log.checks],
    )  # fmt: skip


@api.act("/duty-shifts/<uuid:shift_id>/liveness", takes=Nothing, gives=CheckView, status=201)
def confirm_liveness(ws: Workspace, shift_id: UUID, body: Nothing) -> CheckView:
    """The officer on duty says: I am here. Once in each hour of the shift."""
    return _check(actions.confirm_liveness(ws, shift_id))


@api.act("/duty-shifts/<uuid:shift_id>/handovers", takes=HandoverBody, gives=HandoverView, status=201)
def hand_over(ws: Workspace, shift_id: UUID, body: HandoverBody) -> HandoverView:
    """The outgoing officer signs the open alarms over."""
    return _handover(actions.hand_over(ws, shift_id, to=body.to, note=body.note))


@api.act("/duty-handovers/<uuid:handover_id>/acceptance", takes=Nothing, gives=HandoverView)
def take_over(ws: Workspace, handover_id: UUID, body: Nothing) -> HandoverView:
    """The incoming officer signs for them."""
    return _handover(actions.take_over(ws, handover_id))


def _row(one: Roster) -> RosterRow:
    return RosterRow(id=one.id, supervisor_id=one.tenant_id, starts_at=one.starts_at, ends_at=one.ends_at, planned_by=one.planned_by, planned_at=one.planned_at)  # fmt: skip


def _whole(ws: Workspace, one: Roster) -> RosterView:
    cover = queries.coverage_of(ws, one)
    return RosterView(
        **_row(one).model_dump(),
        shifts=[_shift(each) for each in cover.shifts],
        gaps=[GapView(starts_at=start, ends_at=end) for start, end in cover.gaps],
        hours_confirmed=cover.confirmed,
        hours_missed=cover.missed,
    )


def _shift(one: Shift) -> ShiftView:
    plain = ("id", "roster_id", "officer_id", "officer", "starts_at", "ends_at")
    return ShiftView(**{name: getattr(one, name) for name in plain})


def _handover(one: Handover) -> HandoverView:
    plain = ("id", "shift_id", "giver", "taker", "note", "digest", "given_at", "taken_at")
    return HandoverView(alarms=[HandedAlarm(**each) for each in one.alarms], **{name: getattr(one, name) for name in plain})  # fmt: skip


def _check(one: LivenessCheck) -> CheckView:
    plain = ("slot_at", "confirmed_at", "missed_at", "answered_at")
    return CheckView(**{name: getattr(one, name) for name in plain})
