"""What a plan is coloured by: one figure for each bin, as of the floor's own moment. A bin without a figure stays blank: unknown is no number."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, or_, select

from marketplace.exact import half_up
from marketplace.inventory.places.models import BinStay
from marketplace.supervision.models.alarms import Alarm
from marketplace.twin.floors import Floor, Place
from marketplace.twin.rules import LAYERS
from tenants.errors import Invalid
from tenants.events import Event
from tenants.workspace import Workspace

WINDOW = timedelta(days=30)
DAY = timedelta(days=1)


def heat_of(ws: Workspace, floor: Floor, layer: str) -> Mapping[UUID, Decimal]:
    """Bin -> its figure in this layer. Refuses a layer that there is not.

    temperature, humidity: the mean of what its goods' sensors said last; alarms: those of the last 30 days, of all bins of its zone together;
    turnover: lots that came into the bin and parts that left it in the last 30 days; age: whole days since its goods came in.
    """
    if layer not in LAYERS:
        raise Invalid("layer_unknown", "There is no such layer.", field="layer")
    if layer == "alarms":
        return _alarms(ws, floor)
    if layer == "turnover":
        return _turnover(ws, floor)
    found = {place.bin.id: _figure(place, layer, floor.at) for place in floor.places}
    return {bin_id: figure for bin_id, figure in found.items() if figure is not None}


def _figure(place: Place, layer: str, at: datetime) -> Decimal | None:
    if layer == "age":
        received = place.goods.received_at if place.goods else None
        return Decimal((at - received) // DAY) if received else None
    said = [one.value for one in place.sensed if one.metric == layer]
    return half_up(sum(said, Decimal(0)) / len(said), 1) if said else None


def _alarms(ws: Workspace, floor: Floor) -> dict[UUID, Decimal]:
    """By zone, since what is wrong beside the goods is wrong for them too; a bin outside of all zones stands for itself."""
    stays = _stays(ws, floor)
    lots = {stay.lot_id for stay in stays}
    raised = select(Alarm.about_id, Alarm.raised_at).where(
        Alarm.about_id.in_(lots), Alarm.raised_at.between(floor.at - WINDOW, floor.at)
    )
    at_lot: dict[UUID, list[datetime]] = defaultdict(list)
    for lot_id, at in ws.session.execute(raised):
        at_lot[lot_id].append(at)
    by_bin: Counter[UUID] = Counter()
    for stay in stays:
        by_bin[stay.bin_id] += sum(at in stay.during for at in at_lot[stay.lot_id])
    by_zone: Counter[UUID] = Counter()
    for place in floor.places:
        by_zone[place.bin.zone_id or place.bin.id] += by_bin[place.bin.id]
    return {place.bin.id: Decimal(by_zone[place.bin.zone_id or place.bin.id]) for place in floor.places}


def _turnover(ws: Workspace, floor: Floor) -> dict[UUID, Decimal]:
    since = floor.at - WINDOW
    moved: Counter[UUID] = Counter()
    at_lot: dict[UUID, list[datetime]] = defaultdict(list)
    stays = _stays(ws, floor)
    left = select(Event.stream_id, Event.at).where(
        Event.stream_id.in_({stay.lot_id for stay in stays}), Event.kind == "LotDeparted", Event.at.between(since, floor.at)
    )  # fmt: skip
    for lot_id, at in ws.session.execute(left):
        at_lot[lot_id].append(at)
    for stay in stays:
        began = stay.during.lower
        moved[stay.bin_id] += (began is not None and began >= since) + len(at_lot[stay.lot_id])
    return {place.bin.id: Decimal(moved[place.bin.id]) for place in floor.places}


def _stays(ws: Workspace, floor: Floor) -> list[BinStay]:
    """Who lay in these bins at any time of the window, as far as the viewer may see."""
    bins = [place.bin.id for place in floor.places]
    begun = func.lower(BinStay.during) <= floor.at
    touching = or_(func.upper_inf(BinStay.during), func.upper(BinStay.during) > floor.at - WINDOW)
    return list(ws.session.scalars(select(BinStay).where(BinStay.bin_id.in_(bins), begun, touching)))
