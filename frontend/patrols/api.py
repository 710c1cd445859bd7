"""Calls about patrols: routes with their labels, rounds, and what phones say at checkpoints."""

from datetime import time
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, Shape
from frontend.patrols import shown
from frontend.patrols.views import label_of
from marketplace.patrols import actions, queries
from marketplace.patrols.models import Patrol, PatrolRoute, PatrolScan
from marketplace.patrols.rules.figures import PatrolFigures
from marketplace.patrols.rules.routes import Point, plain_tag
from marketplace.patrols.rules.windows import Window
from marketplace.stocktakes.rules.statements import MOST_CHARACTERS
from tenants.workspace import Workspace

api = Api("patrols")
METRES = Field(ge=0, le=100_000, max_digits=8, decimal_places=2)


class WindowShape(Shape):
    """A stretch of every day in the house's zone, from `start` (as 22:00) for so many minutes; it may pass midnight."""

    start: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["22:00"])]
    minutes: Annotated[int, Field(ge=35, le=1440, examples=[120])]


class PointBody(Shape):
    """A checkpoint: its name, metres from the site's north-west corner, and the number of its radio tag where it has one."""

    name: Annotated[str, Field(min_length=1, max_length=80, examples=["North gate"])]
    x: Annotated[Decimal, METRES]
    y: Annotated[Decimal, METRES]
    tag: Annotated[str, Field(max_length=100, examples=[""])] = ""


class RouteBody(Shape):
    """A route: its checkpoints are walked in so many minutes, once in each window of every day, at a minute that is drawn."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    minutes: Annotated[int, Field(ge=5, le=240, examples=[20])]
    windows: Annotated[tuple[WindowShape, ...], Field(min_length=1, max_length=8)]
    checkpoints: Annotated[
        tuple[PointBody, ...],
        Field(min_length=2, max_length=40, examples=[[{"name": "North gate", "x": "1", "y": "1"}, {"name": "South door", "x": "2", "y": "3"}]]),
    ]  # fmt: skip


class EndingBody(Shape):
    """Why a route is walked no more."""

    because: Annotated[str, Field(min_length=1, max_length=500)]


class ScanBody(Shape):
    """What a phone says at a checkpoint and its signature (ECDSA P-256, r and s side by side, in base64)."""

    phone_id: UUID
    statement: Annotated[str, Field(max_length=MOST_CHARACTERS)]
    signature: Annotated[str, Field(max_length=100)]


class FiguresView(Shape):
    """Rounds that were called and have ended, by how; `in_time` of their checkpoints. `lapsed`: windows through which the house stood still."""

    called: int
    walked: int
    late: int
    missed: int
    running: int
    lapsed: int
    checkpoints: int
    in_time: int
    doubted: int


class RouteRow(Shape):
    """A route in a list."""

    id: UUID
    name: str
    supervisor_id: UUID
    site_id: UUID
    minutes: int
    windows: list[WindowShape]
    planned_at: Moment
    ended_at: Moment | None


class RoutePage(Shape):
    """Routes: those still walked first, then the newest."""

    items: list[RouteRow]


class PointView(Shape):
    """A checkpoint on the plan."""

    id: UUID
    place: int
    name: str
    x: str
    y: str
    has_tag: bool


class RouteView(RouteRow):
    """A route with its checkpoints and figures."""

    checkpoints: list[PointView]
    figures: FiguresView


class LabelView(Shape):
    """What the label of a checkpoint holds."""

    checkpoint_id: UUID
    name: str
    label: str
    tag: str


class LabelPage(Shape):
    """The labels of a route."""

    items: list[LabelView]


class Remark(Shape):
    """A fault or a doubt, by its code and in words."""

    code: str
    said: str


class ScanView(Shape):
    """What a phone said. Accepted ones count; others have the faults for which they prove nothing."""

    id: UUID
    checkpoint_id: UUID | None
    carrier: str | None
    accepted: bool
    faults: list[Remark]
    doubts: list[Remark]
    statement: str
    fingerprint: str
    taken_by: str
    taken_at: Moment
    received_at: Moment


class PatrolRow(Shape):
    """A round that was called, or lapsed."""

    id: UUID
    number: str
    route_id: UUID
    status: str
    window_at: Moment
    windows: int
    called_at: Moment | None
    due_at: Moment | None
    ended_at: Moment | None
    missing: list[str]


class PatrolPage(Shape):
    """Rounds, newest first."""

    items: list[PatrolRow]


class DrawView(Shape):
    """How the minute was drawn: SHA-256(seed, mixed, first) spread over the minutes from first to last. With it anybody draws again."""

    seed: str
    mixed: str
    first: Moment
    last: Moment
    drawn: Moment


class SeenView(Shape):
    """How a checkpoint stands in a round: seen, late, missed, or waited for."""

    checkpoint_id: UUID
    name: str
    standing: str
    taken_at: Moment | None


class PatrolView(PatrolRow):
    """A round with its checkpoints, all that phones said, and the draw."""

    checkpoints: list[SeenView]
    scans: list[ScanView]
    draw: DrawView | None


@api.look("/patrol-routes", gives=RoutePage)
def list_patrol_routes(ws: Workspace) -> RoutePage:
    """Routes of one's own, and of sites where goods lie that are pledged to the caller."""
    return RoutePage(items=[_row(one) for one in queries.list_routes(ws)])


@api.act("/sites/<uuid:site_id>/patrol-routes", takes=RouteBody, gives=RouteView, status=201)
def plan_patrol_route(ws: Workspace, site_id: UUID, body: RouteBody) -> RouteView:
    """Lay a route out. Windows whose minute could be guessed are refused."""
    windows = [Window(time.fromisoformat(one.start), one.minutes) for one in body.windows]
    points = [Point(one.name.strip(), one.x, one.y, plain_tag(one.tag)) for one in body.checkpoints]
    return _whole(ws, actions.plan_route(ws, site_id, name=body.name, minutes=body.minutes, windows=windows, points=points))  # fmt: skip


@api.look("/patrol-routes/<uuid:route_id>", gives=RouteView)
def show_patrol_route(ws: Workspace, route_id: UUID) -> RouteView:
    """A route with its checkpoints and figures."""
    return _whole(ws, queries.find_route(ws, route_id))


@api.look("/patrol-routes/<uuid:route_id>/labels", gives=LabelPage)
def list_patrol_labels(ws: Workspace, route_id: UUID) -> LabelPage:
    """What the labels of one's own route hold, for who plans it."""
    ws.may("plan_duty")
    queries.find_own_route(ws, route_id)
    return LabelPage(items=[LabelView(checkpoint_id=one.id, name=one.name, label=label_of(one), tag=one.tag) for one in queries.checkpoints_of(ws, route_id)])  # fmt: skip


@api.act("/patrol-routes/<uuid:route_id>/ending", takes=EndingBody, gives=RouteView)
def end_patrol_route(ws: Workspace, route_id: UUID, body: EndingBody) -> RouteView:
    """It is walked no more; the banks are told why."""
    return _whole(ws, actions.end_route(ws, route_id, because=body.because))


@api.look("/patrols", gives=PatrolPage)
def list_patrol_rounds(ws: Workspace) -> PatrolPage:
    """Rounds that were called, or lapsed. One that is only drawn is shown to nobody."""
    return PatrolPage(items=[PatrolRow.model_validate(one, extra="ignore") for one in queries.list_patrols(ws)])


@api.look("/patrols/<uuid:patrol_id>", gives=PatrolView)
def show_patrol_round(ws: Workspace, patrol_id: UUID) -> PatrolView:
    """One round with its checkpoints, what phones said, and the draw."""
    return _round(ws, queries.find_patrol(ws, patrol_id))


@api.act("/patrols/<uuid:patrol_id>/scans", takes=ScanBody, gives=ScanView, status=201)
def scan_patrol_checkpoint(ws: Workspace, patrol_id: UUID, body: ScanBody) -> ScanView:
    """Say that a phone is at a checkpoint. It is kept whatever it says; `accepted` says whether it counts."""
    return _scan(actions.scan_checkpoint(ws, patrol_id, phone_id=body.phone_id, statement=body.statement, signature=body.signature))  # fmt: skip


def _row(one: PatrolRoute) -> RouteRow:
    plain = ("id", "name", "site_id", "minutes", "planned_at", "ended_at")
    return RouteRow(supervisor_id=one.tenant_id, windows=[WindowShape(**each) for each in one.windows], **{name: getattr(one, name) for name in plain})  # fmt: skip


def _whole(ws: Workspace, one: PatrolRoute) -> RouteView:
    return RouteView(
        **_row(one).model_dump(),
        checkpoints=[PointView(id=each.id, place=each.place, name=each.name, x=str(each.x), y=str(each.y), has_tag=bool(each.tag)) for each in queries.checkpoints_of(ws, one.id)],
        figures=_figures(queries.figures_of(ws, one.id)),
    )  # fmt: skip


def _figures(found: PatrolFigures) -> FiguresView:
    return FiguresView(**{name: getattr(found, name) for name in FiguresView.model_fields})


def _round(ws: Workspace, one: Patrol) -> PatrolView:
    scans = queries.scans_of(ws, one.id)
    rows = shown.rows_of(one, queries.checkpoints_of(ws, one.route_id), scans) if one.called_at else []
    return PatrolView(
        **PatrolRow.model_validate(one, extra="ignore").model_dump(),
        checkpoints=[SeenView(checkpoint_id=point.id, name=point.name, standing=standing, taken_at=scan.taken_at if scan else None) for point, scan, standing in rows],
        scans=[_scan(each) for each in scans],
        draw=_draw(one),
    )  # fmt: skip


def _draw(one: Patrol) -> DrawView | None:
    if not (one.called_at and one.seed and one.drawn_from and one.drawn_until and one.starts_at):
        return None
    return DrawView(seed=one.seed.hex(), mixed=one.mixed, first=one.drawn_from, last=one.drawn_until, drawn=one.starts_at)  # fmt: skip


def _scan(one: PatrolScan) -> ScanView:
    plain = ("id", "checkpoint_id", "carrier", "accepted", "statement", "fingerprint", "taken_by", "taken_at", "received_at")  # fmt: skip
    faults, doubts = ([Remark(code=code, said=said) for code, said in told] for told in (shown.faults_said(one), shown.doubts_said(one)))  # fmt: skip
    return ScanView(faults=faults, doubts=doubts, **{name: getattr(one, name) for name in plain})
