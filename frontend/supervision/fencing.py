"""The fence of a site as a plan: its corners in metres, the margin around it, and where the site stands; without a fence the circle that holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from frontend.language import decimal, translate
from marketplace.inventory.places.models import Site
from marketplace.inventory.places.queries import find_site
from marketplace.supervision.alarms.rulebook import rule_entry
from marketplace.supervision.rules.fences import Fence, Position, fence_from
from marketplace.supervision.rules.versions import Scope
from tenants.workspace import Workspace

SIDE = 42.0  # of the drawing, so that letters have one size whatever the fence measures
EDGE = 2.5
RULERS_M = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
Point = tuple[float, float]


@dataclass(frozen=True)
class Plan:
    """A drawing in its own units, north up. `band`: the width of the margin's line; `radius`: of the circle where there is no fence."""

    label: str
    width: float
    height: float
    corners: tuple[Point, ...]
    band: float
    middle: Point | None
    radius: float
    ruler: float
    ruler_m: int

    @property
    def points(self) -> str:
        """The corners as SVG takes them."""
        return " ".join(f"{x:.2f},{y:.2f}" for x, y in self.corners)


@dataclass(frozen=True)
class SiteFence:
    """What a site's page shows of the rule in force: the plan where there is something to draw, and the rule in a sentence."""

    plan: Plan | None
    said: str


def fence_of_site(ws: Workspace, site: Site) -> SiteFence | None:
    """By what the firm's own devices at a site are judged; None for firms that set no such rules and never did."""
    figures = rule_entry(ws, "geofence").figures_in(Scope("", site.id))
    if not (ws.can("set_alarm_rules") or figures.get("fence")):
        return None
    plan = draw(figures, _position(site))
    return SiteFence(plan, plan.label if plan else "")


def plan_of_rule(ws: Workspace, scope: Scope, figures: dict[str, Any]) -> Plan | None:
    """What these figures mean there; None where there is neither a fence nor a place."""
    return draw(figures, _position(find_site(ws, scope.site_id)) if scope.site_id else None)


def draw(figures: dict[str, Any], middle: Position | None) -> Plan | None:
    """The plan of a rule's figures around a site that stands there, if anybody said where."""
    fence = fence_from(figures["fence"]) if figures.get("fence") else None
    if fence:
        return _fenced(fence, float(figures["margin"]), middle)
    return _circle(float(figures["high"])) if middle and figures.get("high") else None


def _position(site: Site) -> Position | None:
    if site.latitude is None or site.longitude is None:
        return None
    return Position(float(site.latitude), float(site.longitude))


def _fenced(fence: Fence, margin: float, middle: Position | None) -> Plan:
    """Metres around the first corner, scaled into the drawing. A site that stands far from its fence is left out of it."""
    metres = fence.metres_from(fence.corners[0])
    width, height = (max(axis) - min(axis) + 2 * margin for axis in zip(*metres, strict=True))
    site = _seen_from(fence, middle) if middle else None
    if site and fence.metres_outside(middle or fence.corners[0]) > max(width, height):
        site = None
    shown = [*metres, *([site] if site else [])]
    k, place = _scale(shown, margin)
    hectares = decimal(Decimal(round(fence.square_metres)) / 10_000, 2)
    label = translate("A fence of %(count)s corners around %(hectares)s ha; %(margin)s m outside of it are allowed.", count=len(metres), hectares=hectares, margin=decimal(Decimal(str(margin)), 0))  # fmt: skip
    width, height = place(max(x for x, _ in shown) + margin, min(y for _, y in shown) - margin)
    ruler, ruler_m = _ruler(k)
    return Plan(
        label, width, height, corners=tuple(place(*one) for one in metres), band=2 * margin * k,
        middle=place(*site) if site else None, radius=0.0, ruler=ruler, ruler_m=ruler_m,
    )  # fmt: skip


def _circle(radius: float) -> Plan:
    k, place = _scale([(-radius, -radius), (radius, radius)], 0)
    label = translate("A circle of %(radius)s m around the site.", radius=decimal(Decimal(str(radius)), 0))
    width, height = place(radius, -radius)
    ruler, ruler_m = _ruler(k)
    return Plan(label, width, height, (), 0.0, middle=place(0, 0), radius=radius * k, ruler=ruler, ruler_m=ruler_m)


def _seen_from(fence: Fence, middle: Position) -> Point:
    """Where the site stands, in metres from the first corner."""
    first_from_site = fence.metres_from(middle)[0]
    return -first_from_site[0], -first_from_site[1]


def _scale(points: Sequence[Point], margin: float) -> tuple[float, Callable[[float, float], Point]]:
    """Units of the drawing for a metre, and where a place east and north falls in it, seen from its north-west corner."""
    (west, east), (south, north) = ((min(axis) - margin, max(axis) + margin) for axis in zip(*points, strict=True))
    k = SIDE / max(east - west, north - south, 1.0)
    return k, lambda x, y: ((x - west) * k, (north - y) * k)


def _ruler(k: float) -> tuple[float, int]:
    """The longest round length that takes a third of the drawing at most."""
    metres = max((one for one in RULERS_M if one * k <= SIDE / 3), default=RULERS_M[0])
    return metres * k, metres
