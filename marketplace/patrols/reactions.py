"""What a route does by itself, where there is one and nowhere else: a round is drawn, called, and runs out of time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.patrols import calling
from marketplace.patrols.models import Patrol
from marketplace.patrols.queries import find_route
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(roles=set())
def draw_patrol(ws: Workspace, happened: Happened) -> None:
    """A window has begun."""
    route = find_route(ws, happened.stream_id, lock=True)
    calling.draw_patrol(ws, route, datetime.fromisoformat(happened.facts["window_at"]))


@reacts_to(roles=set())
def call_patrol(ws: Workspace, happened: Happened) -> None:
    """The minute that was drawn has come."""
    calling.call_patrol(ws, _patrol(ws, happened))


@reacts_to(roles=set())
def run_out(ws: Workspace, happened: Happened) -> None:
    """The time of a round is over."""
    calling.run_out(ws, _patrol(ws, happened))


def _patrol(ws: Workspace, happened: Happened) -> Patrol:
    wanted = select(Patrol).where(Patrol.tenant_id == ws.tenant_id, Patrol.id == UUID(happened.facts["patrol_id"]))
    return ws.session.scalars(wanted.with_for_update()).one()
