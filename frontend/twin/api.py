"""The floor of a site for programs: as it is, or as of any moment."""

from typing import Any, Literal
from uuid import UUID

from frontend.api import Api, Moment, QuantityShape, Ratio, Shape
from frontend.supervision.alarm_words import alarm_reason
from marketplace.inventory.places.queries import find_site
from marketplace.twin.floors import Floor, Goods, OpenAlarm, Place, floor_now
from marketplace.twin.heats import heat_of
from marketplace.twin.past import floor_at
from tenants.workspace import Workspace

api = Api("twin")


class FloorQuery(Shape):
    """`at`: the moment (now unless given). `layer`: what each bin's `figure` tells, with the unit that the layer has."""

    at: Moment | None = None
    layer: Literal["temperature", "humidity", "alarms", "turnover", "age"] | None = None


class SensedView(Shape):
    """The newest value of one sensor at that moment, by event time."""

    metric: str
    channel: str
    device_id: UUID
    device: str
    value: Ratio
    unit: str
    at: Moment
    trusted: bool


class GoodsView(Shape):
    """The lot in a bin. `verified`: what was confirmed to be there, less what had been lost or had left by then."""

    lot_id: UUID
    number: str
    product: str
    weighed: QuantityShape | None
    verified: QuantityShape | None
    is_held: bool


class PlaceView(Shape):
    """A bin with what lay in it; of a bulk the oldest part, and how many parts (`lots`)."""

    bin_id: UUID
    code: str
    zone_id: UUID | None
    goods: GoodsView | None
    lots: int
    sensed: list[SensedView]
    figure: Ratio | None


class OpenAlarmView(Shape):
    """An alarm without a disposition at that moment, as bad and in the words as it was told. `noticed_at` may lie after the moment: it was so, and nobody knew."""

    id: UUID
    number: str
    type: str
    severity: str
    reason: str
    about_id: UUID
    raised_at: Moment
    noticed_at: Moment
    is_active: bool
    is_acknowledged: bool


class WatchingView(Shape):
    """A device of the caller's own that sat here."""

    device_id: UUID
    name: str
    kind: str
    standing: str


class FloorView(Shape):
    """A site's floor at a moment, as far as the caller may see."""

    site_id: UUID
    at: Moment
    places: list[PlaceView]
    alarms: list[OpenAlarmView]
    devices: list[WatchingView]


@api.look("/sites/<uuid:site_id>/floor", gives=FloorView, takes=FloorQuery)
def show_floor(ws: Workspace, site_id: UUID, body: FloorQuery) -> Any:
    """The floor of a site, as it is or as of a moment."""
    find_site(ws, site_id)
    floor = floor_at(ws, site_id, body.at) if body.at else floor_now(ws, site_id)
    heat = heat_of(ws, floor, body.layer) if body.layer else {}
    return _view(site_id, floor, heat)


def _view(site_id: UUID, floor: Floor, heat: Any) -> dict[str, Any]:
    return {
        "site_id": site_id,
        "at": floor.at,
        "places": [_place(place) | {"figure": heat.get(place.bin.id)} for place in floor.places],
        "alarms": [_alarm(alarm) for alarm in floor.alarms],
        "devices": list(floor.devices),
    }


def _place(place: Place) -> dict[str, Any]:
    said = ("metric", "channel", "device_id", "value", "unit", "at", "trusted")
    return {
        "bin_id": place.bin.id,
        "code": place.bin.code,
        "zone_id": place.bin.zone_id,
        "goods": _goods(place.goods) if place.goods else None,
        "lots": place.lots,
        "sensed": [{name: getattr(one, name) for name in said} | {"device": one.device_name} for one in place.sensed],
    }


def _goods(goods: Goods) -> dict[str, Any]:
    told = {"weighed": goods.weighed_qty, "verified": goods.verified_qty}
    amounts = {name: None if one is None else {"amount": f"{one:f}", "unit": goods.unit} for name, one in told.items()}
    return {
        "lot_id": goods.lot_id,
        "number": goods.number,
        "product": goods.product_name,
        "is_held": goods.is_held,
    } | amounts


def _alarm(alarm: OpenAlarm) -> dict[str, Any]:
    names = ("id", "number", "type", "severity", "about_id", "raised_at", "noticed_at", "is_active", "is_acknowledged")
    return {name: getattr(alarm, name) for name in names} | {"reason": alarm_reason(alarm)}
