"""The digital twin of a site: its floor, live or as of any moment, coloured by what one asks, and an incident played back upon it."""

from typing import Any
from uuid import UUID

from frontend.language import ZONE
from frontend.pages import Pages, render
from frontend.supervision.showing import RANGES
from frontend.twin.asking import asked, stamp
from frontend.twin.drawing import alarm_rows, bins_of, legend_of, plan_of, steps_told
from marketplace.inventory.places.queries import find_site
from marketplace.twin.floors import floor_now
from marketplace.twin.heats import heat_of
from marketplace.twin.past import floor_at
from marketplace.twin.rules import LAYERS
from marketplace.twin.steps import steps_of
from tenants.workspace import Workspace

pages = Pages("twin", __name__)
pages.add_app_template_global(stamp, "stamp_of")


@pages.look("/sites/<uuid:site_id>/plan")
def show_plan(ws: Workspace, site_id: UUID) -> Any:
    site, question = find_site(ws, site_id), asked(ws)
    floor = floor_at(ws, site_id, question.at) if question.at else floor_now(ws, site_id)
    heat = heat_of(ws, floor, question.layer) if question.layer else {}
    heard = max((one.at for place in floor.places for one in place.sensed), default=None)
    start, end = question.span(ws.now)
    return render(
        "twin/plan.html",
        site=site,
        floor=floor,
        question=question,
        plan=plan_of(site, floor),
        bins=bins_of(floor, question.layer, heat),
        alarms=alarm_rows(floor),
        layers=LAYERS,
        legend=legend_of(LAYERS[question.layer]) if question.layer else [],
        steps=steps_told(steps_of(ws, site_id, start, end)),
        span=(start, end),
        ranges=RANGES,
        zone=ZONE,
        sequence=int(min(heard, ws.now).timestamp() * 1000) if heard else 0,
    )
