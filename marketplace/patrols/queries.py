"""Looking at patrols: routes and their checkpoints, rounds that were called, and what phones said. A round that is only drawn is shown to nobody."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select

from marketplace.inventory.models import Lot
from marketplace.inventory.places.models import Site
from marketplace.patrols.models import Checkpoint, Patrol, PatrolRoute, PatrolScan
from marketplace.patrols.rules.figures import PatrolFigures, Told, patrol_figures
from marketplace.patrols.rules.rounds import PatrolState, Seen, is_heard, seen_of
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

MOST_ROWS = 200
HIDDEN = (PatrolState.SCHEDULED, PatrolState.WITHDRAWN)


def sites_to_walk(ws: Workspace) -> list[Site]:
    """Sites with goods that this supervisor watches, by name."""
    here = rooms.granted(ws, Lot.site_id, Lot.id, kind="lot", roles={"supervisor"}).where(Lot.departed_at.is_(None))
    return list(ws.session.scalars(select(Site).where(Site.id.in_(here)).order_by(Site.name)))


def find_route(ws: Workspace, route_id: UUID, *, lock: bool = False) -> PatrolRoute:
    """A route of one's own, or at a site where goods lie that are pledged to the viewer."""
    wanted = select(PatrolRoute).where(PatrolRoute.id == route_id)
    if lock:
        wanted = wanted.with_for_update()
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("route_unknown", "There is no such patrol route.")
    return found


def find_own_route(ws: Workspace, route_id: UUID, *, lock: bool = False) -> PatrolRoute:
    """A route that this supervisor planned; a bank that looks at it does not find it here."""
    route = find_route(ws, route_id, lock=lock)
    if route.tenant_id != ws.tenant_id:
        raise NotFound("route_unknown", "There is no such patrol route.")
    return route


def list_routes(ws: Workspace) -> list[PatrolRoute]:
    """The routes that the viewer may see: those still walked first, then the newest."""
    wanted = rooms.granted(ws, PatrolRoute, PatrolRoute.id, kind="patrol")
    return list(ws.session.scalars(wanted.order_by(PatrolRoute.ended_at.is_not(None), PatrolRoute.id.desc()).limit(MOST_ROWS)))  # fmt: skip


def checkpoints_of(ws: Workspace, route_id: UUID) -> list[Checkpoint]:
    """The checkpoints of a route in their order."""
    return list(ws.session.scalars(select(Checkpoint).where(Checkpoint.route_id == route_id).order_by(Checkpoint.place)))  # fmt: skip


def route_of(ws: Workspace, patrol: Patrol, *, lock: bool = False) -> PatrolRoute:
    """The route that a round belongs to."""
    return find_route(ws, patrol.route_id, lock=lock)


def find_patrol(ws: Workspace, patrol_id: UUID) -> Patrol:
    """A round that the viewer may see and that was called, or lapsed."""
    found = ws.session.scalars(select(Patrol).where(Patrol.id == patrol_id, Patrol.status.not_in(HIDDEN))).one_or_none()
    if found is None:
        raise NotFound("patrol_unknown", "There is no such patrol.")
    return found


def find_called(ws: Workspace, patrol_id: UUID, *, lock: bool = False) -> Patrol:
    """A round of one's own that was called."""
    wanted = select(Patrol).where(Patrol.tenant_id == ws.tenant_id, Patrol.id == patrol_id, Patrol.called_at.is_not(None))  # fmt: skip
    if lock:
        wanted = wanted.with_for_update()
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("patrol_unknown", "There is no such patrol.")
    return found


def list_patrols(ws: Workspace, *, route_id: UUID | None = None, limit: int = MOST_ROWS) -> list[Patrol]:
    """Rounds of the viewer's own routes, or of those that it may see, newest first."""
    return list(ws.session.scalars(_shown(ws, route_id).order_by(Patrol.id.desc()).limit(limit)))


def patrols_to_walk(ws: Workspace) -> list[Patrol]:
    """Rounds of one's own that are to be walked now, the most pressing first."""
    wanted = select(Patrol).where(Patrol.tenant_id == ws.tenant_id, Patrol.status == PatrolState.CALLED)
    return list(ws.session.scalars(wanted.order_by(Patrol.due_at)))


def patrols_between(ws: Workspace, tenant_id: UUID, start: datetime, end: datetime) -> list[Patrol]:
    """Rounds of a supervisor that were called within a stretch, such as a shift, as far as the viewer may see them."""
    wanted = _shown(ws, None).where(Patrol.tenant_id == tenant_id, Patrol.called_at >= start, Patrol.called_at < end)
    return list(ws.session.scalars(wanted.order_by(Patrol.called_at).limit(MOST_ROWS)))


def scans_of(ws: Workspace, patrol_id: UUID) -> list[PatrolScan]:
    """What phones said of a round, in the order in which it came."""
    return list(ws.session.scalars(select(PatrolScan).where(PatrolScan.patrol_id == patrol_id).order_by(PatrolScan.id)))


def accepted_scans(ws: Workspace, patrol_id: UUID) -> list[PatrolScan]:
    """Those that count."""
    return [one for one in scans_of(ws, patrol_id) if one.accepted]


def first_scans(scans: Sequence[PatrolScan]) -> dict[UUID, PatrolScan]:
    """Of each checkpoint the scan that counts: the earliest by its own time, without a doubt before with one of the same moment."""
    first: dict[UUID, PatrolScan] = {}
    for one in sorted(scans, key=lambda scan: (scan.taken_at, len(scan.doubts), scan.id)):
        if one.accepted and one.checkpoint_id:
            first.setdefault(one.checkpoint_id, one)
    return first


def seen_in(ws: Workspace, patrol: Patrol, points: Sequence[Checkpoint]) -> Seen:
    """What of the round's checkpoints was seen until now."""
    assert patrol.due_at, "only a round that was called is walked"
    taken = {key: scan.taken_at for key, scan in first_scans(scans_of(ws, patrol.id)).items()}
    return seen_of([one.id for one in points], taken, patrol.due_at)


def is_heard_now(ws: Workspace, patrol: Patrol) -> bool:
    """Whether a phone may say something about the round now."""
    return is_heard(patrol.status, patrol.due_at, ws.now)


def newer_missed(ws: Workspace, patrol: Patrol) -> bool:
    """Whether a round that was called later stands as missed."""
    wanted = select(Patrol.id).where(Patrol.tenant_id == patrol.tenant_id, Patrol.route_id == patrol.route_id, Patrol.status == PatrolState.MISSED)  # fmt: skip
    return ws.session.scalar(wanted.where(Patrol.called_at > patrol.called_at).limit(1)) is not None


def figures_between(ws: Workspace, start: datetime, end: datetime) -> PatrolFigures:
    """The figures of the rounds whose windows began within a period, of the routes that the viewer sees."""
    rounds = ws.session.scalars(select(Patrol).where(Patrol.window_at >= start, Patrol.window_at < end)).all()
    return patrol_figures(_told(ws, rounds))


def figures_of(ws: Workspace, route_id: UUID) -> PatrolFigures:
    """The figures of one route."""
    return patrol_figures(_told(ws, ws.session.scalars(select(Patrol).where(Patrol.route_id == route_id)).all()))


def route_names(ws: Workspace) -> dict[UUID, str]:
    """Routes by what people call them: where an alarm is about one."""
    return {one.id: one.name for one in list_routes(ws)}


def routes_at(ws: Workspace, site_id: UUID) -> list[UUID]:
    """The routes at a site that the viewer sees: alarms about them are alarms of this site."""
    return list(ws.session.scalars(select(PatrolRoute.id).where(PatrolRoute.site_id == site_id)))


def _told(ws: Workspace, rounds: Sequence[Patrol]) -> list[Told]:
    """Rounds as the figures take them, each question asked once for all of them."""
    ids = [one.id for one in rounds]
    scans: dict[UUID, list[PatrolScan]] = {one: [] for one in ids}
    for scan in ws.session.scalars(select(PatrolScan).where(PatrolScan.patrol_id.in_(ids), PatrolScan.accepted)):
        scans[scan.patrol_id].append(scan)
    points: dict[UUID, int] = {}
    routes = {one.route_id for one in rounds}
    for route_id in ws.session.scalars(select(Checkpoint.route_id).where(Checkpoint.route_id.in_(routes))):
        points[route_id] = points.get(route_id, 0) + 1
    return [_told_one(one, points.get(one.route_id, 0), list(first_scans(scans[one.id]).values())) for one in rounds]


def _told_one(patrol: Patrol, points: int, first: Sequence[PatrolScan]) -> Told:
    in_time = sum(1 for one in first if patrol.due_at and one.taken_at <= patrol.due_at)
    return Told(PatrolState(patrol.status), points, in_time, sum(1 for one in first if one.doubts), patrol.windows)


def _shown(ws: Workspace, route_id: UUID | None) -> Select[Patrol]:
    wanted = select(Patrol).where(Patrol.status.not_in(HIDDEN))
    if route_id:
        return wanted.where(Patrol.route_id == route_id)
    mine = rooms.granted(ws, PatrolRoute.id, PatrolRoute.id, kind="patrol")
    return wanted.where(Patrol.route_id.in_(mine))
