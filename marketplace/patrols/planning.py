"""Laying out a route, ending it, and letting the banks look whose goods lie at its site."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.inventory.models import Lot
from marketplace.inventory.places.models import Site
from marketplace.inventory.places.queries import find_site
from marketplace.patrols.events import PatrolPlanned, PatrolRouteEnded
from marketplace.patrols.models import Checkpoint, Patrol, PatrolRoute
from marketplace.patrols.queries import find_own_route, sites_to_walk
from marketplace.patrols.rules.rounds import PATROL, PatrolState
from marketplace.patrols.rules.routes import LONGEST_NAME, Point, new_label, require_points
from marketplace.patrols.rules.windows import Window, commitment, next_span, require_windows
from marketplace.pledges.models import Pledge
from marketplace.states import Actor
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.workspace import Workspace

DRAW = "patrols.draw_patrol"
HELD = ("ACTIVE", "IMPAIRED", "ENFORCING")
LONGEST_REASON = 500


def plan_route(
    ws: Workspace, site_id: UUID, *, name: str, minutes: int, windows: Sequence[Window], points: Sequence[Point]
) -> PatrolRoute:
    """Lay a route out: from the next window on, a round is called in each window of every day, to be walked in so many minutes.

    Refuses a site where this supervisor watches no goods, windows whose minute could be guessed, and checkpoints off the floor.
    """
    ws.may("plan_duty")
    site = _site(ws, site_id)
    called = name.strip()
    if not called or len(called) > LONGEST_NAME:
        raise Invalid("route_unnamed", "Name the route, in %(most)s characters at most.", field="name", most=LONGEST_NAME)  # fmt: skip
    require_windows(windows, minutes)
    require_points(points, site.width, site.depth)
    route = PatrolRoute(
        tenant_id=ws.tenant_id, id=new_id(), name=called, site_id=site_id, site_name=site.name, minutes=minutes,
        windows=[{"start": f"{one.start:%H:%M}", "minutes": one.minutes} for one in windows], seed=secrets.token_bytes(32), head="",
        planned_by=ws.member.name, planned_at=ws.now,
    )  # fmt: skip
    ws.session.add(route)
    ws.session.flush()
    ws.session.add_all(_checkpoint(route, place, point) for place, point in enumerate(points, 1))
    rooms.found(ws, route.id, kind="patrol", role="supervisor")
    show_banks(ws, route)
    wait_for_window(ws, route, ws.now)
    fact = PatrolPlanned(name=called, site=site.name, checkpoints=len(points), windows=len(windows))
    ws.record(fact, on=route.id, evidence=[commitment(route.seed)])
    return route


def end_route(ws: Workspace, route_id: UUID, *, because: str) -> PatrolRoute:
    """It is walked no more. A round that was called is still to be walked; one that is only drawn is withdrawn. The banks are told why."""
    ws.may("plan_duty")
    route = find_own_route(ws, route_id, lock=True)
    if route.ended_at:
        raise Conflict("route_ended", "This route has ended already.")
    reason = because.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Invalid("reason_missing", "Say why, in %(most)s characters at most.", field="because", most=LONGEST_REASON)  # fmt: skip
    route.ended_at, route.ended_by, route.ended_because = ws.now, ws.member.name, reason
    drawn = select(Patrol).where(Patrol.tenant_id == ws.tenant_id, Patrol.route_id == route.id, Patrol.status == PatrolState.SCHEDULED)  # fmt: skip
    for patrol in ws.session.scalars(drawn.with_for_update()):
        patrol.status = PATROL.advance(PatrolState.SCHEDULED, "withdraw", actor=Actor.SUPERVISOR).value
        patrol.ended_at = ws.now
    ws.record(PatrolRouteEnded(name=route.name, because=reason), on=route.id)
    return route


def show_banks(ws: Workspace, route: PatrolRoute) -> None:
    """Let those banks look, and only those, that hold a pledge on goods which lie at the site under this supervisor's watch."""
    held = select(Pledge.bank_id).join(Lot, Lot.id == Pledge.lot_id).where(Lot.site_id == route.site_id)
    wanted = held.where(Pledge.supervisor_id == route.tenant_id, Pledge.status.in_(HELD))
    now = set(ws.session.scalars(wanted.distinct()))
    seen = {one.tenant_id for one in rooms.participants(ws, route.id) if one.role == "bank"}
    for bank_id in sorted(now - seen):
        rooms.share(ws, route.id, to=bank_id, role="bank")
    for bank_id in sorted(seen - now):
        rooms.end_share(ws, route.id, to=bank_id, role="bank")


def wait_for_window(ws: Workspace, route: PatrolRoute, after: datetime) -> None:
    """Draw when the next window begins."""
    span = next_span(route.spans, after)
    ws.set_timer(DRAW, key=f"{route.id}:{span.opens_at.isoformat()}", due=span.opens_at, stream_id=route.id, window_at=span.opens_at.isoformat())  # fmt: skip


def _site(ws: Workspace, site_id: UUID) -> Site:
    if site_id not in {one.id for one in sites_to_walk(ws)}:
        raise NotFound("nothing_to_guard", "There are no goods at this site that you supervise.", field="site_id")
    return find_site(ws, site_id)


def _checkpoint(route: PatrolRoute, place: int, point: Point) -> Checkpoint:
    return Checkpoint(
        tenant_id=route.tenant_id, id=new_id(), route_id=route.id, place=place, name=point.name, x=point.x, y=point.y,
        label=new_label(secrets.token_bytes), tag=point.tag,
    )  # fmt: skip
