"""What the clock does on a route: it draws a round's minute, calls the round when it comes, and closes it when its time has run out."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select

from marketplace.patrols.events import PatrolCalled, PatrolDrawn, PatrolLapsed, PatrolMissed
from marketplace.patrols.models import Patrol, PatrolRoute
from marketplace.patrols.planning import show_banks, wait_for_window
from marketplace.patrols.queries import checkpoints_of, route_of, seen_in
from marketplace.patrols.rules.rounds import PATROL, PatrolState
from marketplace.patrols.rules.windows import choice, commitment, drawn_minute, next_span, span_of
from marketplace.patrols.words import MISSED_SAYS
from marketplace.states import Actor
from marketplace.supervision.alarms.raising import raise_alarm
from tenants.database import new_id
from tenants.workspace import Workspace

CALL, RUN_OUT = "patrols.call_patrol", "patrols.run_out"


def draw_patrol(ws: Workspace, route: PatrolRoute, window_at: datetime) -> None:
    """A window has begun: draw its minute, once; or note that it went by while the house stood still. Then wait for the next."""
    drawn = select(Patrol.id).where(Patrol.tenant_id == route.tenant_id, Patrol.route_id == route.id, Patrol.window_at == window_at)  # fmt: skip
    if route.ended_at or ws.session.scalar(drawn):
        return
    show_banks(ws, route)
    between = choice(span_of(route.spans, window_at), route.minutes, ws.now)
    if between is None:
        _lapse(ws, route, window_at)
        return
    patrol, (first, last) = _patrol(route, window_at, "draw"), between
    patrol.drawn_from, patrol.drawn_until, patrol.seed, patrol.mixed = first, last, route.seed, route.head
    patrol.starts_at = drawn_minute(route.seed, route.head, first, last)
    route.seed = secrets.token_bytes(32)
    ws.session.add(patrol)
    ws.session.flush()
    ws.set_timer(CALL, key=str(patrol.id), due=patrol.starts_at, stream_id=route.id, patrol_id=str(patrol.id))
    wait_for_window(ws, route, window_at)
    used_and_next = [commitment(patrol.seed), commitment(route.seed)]
    ws.record(PatrolDrawn(name=route.name, window_at=window_at), on=route.id, evidence=used_and_next)


def call_patrol(ws: Workspace, patrol: Patrol) -> None:
    """Its minute has come. The time to walk runs from when it is told, so that a house that stood still takes nobody's time away."""
    if patrol.status != PatrolState.SCHEDULED:
        return
    route = route_of(ws, patrol)
    show_banks(ws, route)
    patrol.status = PATROL.advance(PatrolState.SCHEDULED, "call", actor=Actor.SYSTEM).value
    patrol.called_at, patrol.due_at = ws.now, ws.now + timedelta(minutes=route.minutes)
    ws.set_timer(RUN_OUT, key=str(patrol.id), due=patrol.due_at, stream_id=route.id, patrol_id=str(patrol.id))
    ws.record(PatrolCalled(patrol_id=patrol.id, number=patrol.number, name=route.name, due_at=patrol.due_at), on=route.id)  # fmt: skip


def run_out(ws: Workspace, patrol: Patrol) -> None:
    """The time of a round is over: what was not seen is an alarm, one for the route, which the next missed round refreshes."""
    if patrol.status != PatrolState.CALLED or patrol.due_at is None or ws.now < patrol.due_at:
        return
    route, points = route_of(ws, patrol), checkpoints_of(ws, patrol.route_id)
    missing = seen_in(ws, patrol, points).missing
    patrol.status = PATROL.advance(PatrolState.CALLED, "run_out", actor=Actor.SYSTEM).value
    patrol.missing, patrol.ended_at = [one.name for one in points if one.id in missing], patrol.due_at
    raise_alarm(
        ws, type="patrol_missed", severity="MAJOR", because=MISSED_SAYS, about_id=route.id, site_id=route.site_id, raised_at=patrol.due_at,
        evidence=[patrol.id], number=patrol.number, site=route.site_name, missing=len(missing), checkpoints=len(points), names=", ".join(patrol.missing),
    )  # fmt: skip
    fact = PatrolMissed(patrol_id=patrol.id, number=patrol.number, name=route.name, missing=len(missing), checkpoints=len(points))  # fmt: skip
    ws.record(fact, on=route.id)


def _lapse(ws: Workspace, route: PatrolRoute, window_at: datetime) -> None:
    """Of all windows that went by, one row; drawing goes on in the first that one can still walk in."""
    windows, last = 1, window_at
    while choice(span := next_span(route.spans, last), route.minutes, ws.now) is None:
        windows, last = windows + 1, span.opens_at
    patrol = _patrol(route, window_at, "lapse")
    patrol.windows, patrol.ended_at = windows, ws.now
    ws.session.add(patrol)
    ws.session.flush()
    wait_for_window(ws, route, last)
    ws.record(PatrolLapsed(name=route.name, window_at=window_at, windows=windows), on=route.id)


def _patrol(route: PatrolRoute, window_at: datetime, step: str) -> Patrol:
    made = Patrol(tenant_id=route.tenant_id, id=new_id(), route_id=route.id, window_at=window_at, missing=[], mixed="", windows=1)  # fmt: skip
    made.status = PATROL.advance(None, step, actor=Actor.SYSTEM).value
    made.number = f"P{window_at:%y%m%d}-{made.id.hex[-4:].upper()}"
    return made
