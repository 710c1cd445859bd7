"""Pages of patrols: the rounds, a route with its labels, laying one out, and the walk for the phone."""

import re
from datetime import time
from decimal import Decimal
from typing import Any
from uuid import UUID

import segno
from flask import Response, redirect, url_for

from frontend import entered, home, paper
from frontend.application import BUILT, asset
from frontend.firms import names_of
from frontend.language import translate
from frontend.pages import Pages, render
from frontend.patrols import shown
from frontend.spreadsheets import Table, offer_tables
from frontend.tenants.telling import told
from marketplace.inventory.places.queries import find_site
from marketplace.patrols import actions, queries
from marketplace.patrols.models import Checkpoint
from marketplace.patrols.rules import scans as scan_rules
from marketplace.patrols.rules.routes import Point, plain_tag
from marketplace.patrols.rules.windows import Window
from marketplace.stocktakes.queries import list_phones
from tenants import record
from tenants.errors import Invalid, NotFound
from tenants.workspace import Workspace

pages = Pages("patrols", __name__)
COLUMNS = ("number", "route", "status", "window_at", "called_at", "due_at", "ended_at", "missing")
WINDOW_ROWS = 3
METRES = re.compile(r"\d{1,6}(\.\d{1,2})?", re.ASCII)


@pages.look("/patrols")
def list_patrols(ws: Workspace) -> Any:
    routes, found = queries.list_routes(ws), queries.list_patrols(ws)
    return render(
        "patrols/patrols.html",
        routes=routes,
        patrols=found,
        to_walk=queries.patrols_to_walk(ws),
        names={one.id: one.name for one in routes},
        firms=names_of(ws, [one.tenant_id for one in routes]),
        sites=queries.sites_to_walk(ws) if ws.can("plan_duty") else [],
        points={one.id: len(queries.checkpoints_of(ws, one.id)) for one in routes},
    )


def patrol_table(ws: Workspace) -> Table:
    return Table("patrols", COLUMNS, shown.round_table(queries.list_patrols(ws), queries.route_names(ws)))


offer_tables(pages, "/patrols", patrol_table)


@pages.look("/sites/<uuid:site_id>/patrol-routes/new")
def new_route(ws: Workspace, site_id: UUID) -> Any:
    ws.may("plan_duty")
    if site_id not in {one.id for one in queries.sites_to_walk(ws)}:
        raise NotFound("nothing_to_guard", "There are no goods at this site that you supervise.")
    site = find_site(ws, site_id)
    plan, bins = shown.plan_with(ws, site, [], [])
    return render("patrols/new_route.html", site=site, plan=plan, bins=bins, windows=range(1, WINDOW_ROWS + 1))  # fmt: skip


@pages.act("/sites/<uuid:site_id>/patrol-routes", again="new_route")
def plan_route(ws: Workspace, site_id: UUID) -> Any:
    route = actions.plan_route(
        ws, site_id, name=entered.text("name"), minutes=entered.whole("minutes"), windows=_windows(), points=_points()
    )  # fmt: skip
    return redirect(url_for(".show_route", route_id=route.id))


@pages.look("/patrol-routes/<uuid:route_id>")
def show_route(ws: Workspace, route_id: UUID) -> Any:
    route, points = queries.find_route(ws, route_id), queries.checkpoints_of(ws, route_id)
    plan, bins = shown.plan_with(ws, find_site(ws, route.site_id), points, ["accent"] * len(points))
    return render(
        "patrols/route.html",
        route=route,
        points=points,
        plan=plan,
        bins=bins,
        patrols=queries.list_patrols(ws, route_id=route_id, limit=30),
        figures=queries.figures_of(ws, route_id),
        names=names_of(ws, [route.tenant_id]),
        own=route.tenant_id == ws.tenant_id,
        events=told(record.events_of(ws, route_id)[:30]),
        sequence=record.sequence_of(ws, route_id),
    )


@pages.act("/patrol-routes/<uuid:route_id>/ending", again="show_route")
def end_route(ws: Workspace, route_id: UUID) -> Any:
    actions.end_route(ws, route_id, because=entered.text("because"))
    return redirect(url_for(".show_route", route_id=route_id))


@pages.look("/patrol-routes/<uuid:route_id>/labels.pdf")
def print_labels(ws: Workspace, route_id: UUID) -> Response:
    """One label for each checkpoint, to be fixed in its place. Only who plans the route prints them."""
    ws.may("plan_duty")
    route = queries.find_own_route(ws, route_id)
    labels = [(point, segno.make(label_of(point), error="q", micro=False).svg_inline(scale=4, border=0)) for point in queries.checkpoints_of(ws, route_id)]  # fmt: skip
    return paper.as_pdf("patrols/label_sheet.html", "checkpoints.pdf", route=route, labels=labels)


@pages.look("/patrols/<uuid:patrol_id>")
def show_patrol(ws: Workspace, patrol_id: UUID) -> Any:
    patrol = queries.find_patrol(ws, patrol_id)
    route, points, scans = queries.route_of(ws, patrol), queries.checkpoints_of(ws, patrol.route_id), queries.scans_of(ws, patrol_id)  # fmt: skip
    rows = shown.rows_of(patrol, points, scans)
    plan, bins = shown.plan_with(ws, find_site(ws, route.site_id), points, [shown.TONES[standing] for *_, standing in rows])  # fmt: skip
    return render(
        "patrols/patrol.html",
        patrol=patrol,
        route=route,
        rows=rows,
        worthless=[one for one in scans if not one.accepted],
        plan=plan,
        bins=bins,
        remarks=shown.remarks_of,
        walks=route.tenant_id == ws.tenant_id and ws.can("stand_duty") and queries.is_heard_now(ws, patrol),
        sequence=record.sequence_of(ws, route.id),
    )


@pages.look("/patrols/<uuid:patrol_id>/walk")
def walk(ws: Workspace, patrol_id: UUID) -> Any:
    """The page for the phone: what is still to be seen, and until when."""
    ws.may("stand_duty")
    patrol = queries.find_called(ws, patrol_id)
    points = queries.checkpoints_of(ws, patrol.route_id)
    rows = shown.rows_of(patrol, points, queries.scans_of(ws, patrol_id))
    return render(
        "patrols/walk.html",
        patrol=patrol,
        route=queries.route_of(ws, patrol),
        rows=rows,
        marks={
            one.id: " ".join(scan_rules.shown(patrol.id, text) for text in (one.label, one.tag) if text)
            for one in points
        },
        left=sum(scan is None for _, scan, _ in rows),
        is_heard=queries.is_heard_now(ws, patrol),
        phones=[[one.fingerprint, str(one.id)] for one in list_phones(ws) if one.person_id == ws.person_id],
    )


@pages.look("/patrols/worker.js")
def walk_worker(ws: Workspace) -> Response:
    """What lets the walk be opened without a line; it reaches no further than these pages."""
    built = BUILT / asset("walk-worker.js").removeprefix("/assets/")
    return Response(built.read_bytes(), mimetype="text/javascript")


@home.needs
def rounds_wait_for_me(ws: Workspace) -> list[home.Need]:
    """What a round that was called asks of whoever stands at the desk."""
    if not ws.can("stand_duty"):
        return []
    waiting = queries.patrols_to_walk(ws)
    href = f"/patrols/{waiting[0].id}/walk" if len(waiting) == 1 else "/patrols"
    until = waiting[0].due_at if waiting else None
    return [home.Need(translate("Patrols are to be walked now"), href, len(waiting), "danger", icon="route", until=until)]  # fmt: skip


def label_of(point: Checkpoint) -> str:
    """What the QR code of a checkpoint holds."""
    return f"{scan_rules.SCHEME}{point.label}"


def _windows() -> list[Window]:
    """The windows that were filled in."""
    found: list[Window] = []
    for number in range(1, WINDOW_ROWS + 1):
        if written := entered.text(f"from_{number}"):
            try:
                start = time.fromisoformat(written)
            except ValueError as wrong:
                raise Invalid("time_unreadable", "Choose a date and a time.", field=f"from_{number}") from wrong
            found.append(Window(start.replace(tzinfo=None), entered.whole(f"lasting_{number}")))
    return found


def _points() -> list[Point]:
    """The checkpoints, one on each line: name, metres from the west and from the north, and the tag where there is one."""
    found = []
    for number, line in enumerate(filter(str.strip, entered.text("checkpoints").splitlines()), start=1):
        cells = [cell.strip() for cell in re.split("[,，;；\t]", line)]
        if len(cells) not in (3, 4) or not all(METRES.fullmatch(cell) for cell in cells[1:3]):
            raise Invalid("checkpoint_unreadable", "Line %(line)s: write the name, metres from the west and from the north, and perhaps a tag, with commas between.", field="checkpoints", line=number)  # fmt: skip
        found.append(Point(cells[0], Decimal(cells[1]), Decimal(cells[2]), plain_tag(cells[3] if cells[3:] else "")))
    return found
