"""Goods on the road for tests: a fenced yard, a truck with the lot's tracker on board, and the places that it drives through."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.devices.simulator import SimulatedDevice
from marketplace.quantity import Quantity
from marketplace.shipments import actions as shipments
from marketplace.shipments import routes
from marketplace.shipments.models import Shipment, ShipmentRoute
from marketplace.shipments.queries import find_shipment
from marketplace.supervision import actions
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.queries import alarms_of_lot
from marketplace.supervision.readings.ports import Sample
from tenants import approvals
from tests.factories import Firm, World
from tests.marketplace.shipments.makers import a_planned_shipment
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, say, values

MINUTE = timedelta(minutes=1)
# Along the 31st parallel from the site to the works; the vehicle may stand half way.
WAY = "31.2, 121.5\n31.2, 121.6 stop\n31.2, 121.7"
Places = Sequence[tuple[float, float]]


@dataclass
class Road:
    """A truck on the road with the lot's tracker on board."""

    scene: Scene
    carrier: Firm
    shipment: Shipment
    tracker: SimulatedDevice

    def drives(self, places: Places, *, door: Sequence[bool] = (), start: datetime | None = None) -> None:
        """A place a minute from now on, and the state of its door."""
        say(self.scene.world, self.tracker, self.samples(places, door=door, start=start))

    def samples(self, places: Places, *, door: Sequence[bool] = (), start: datetime | None = None) -> list[Sample]:
        first = start or self.scene.world.now + MINUTE
        told = values("latitude", "lat", first, [north for north, _ in places], every=MINUTE)
        told += values("longitude", "lon", first, [east for _, east in places], every=MINUTE)
        return told + values("door", "/", first, door, every=MINUTE)

    def alarms(self) -> list[Alarm]:
        with self.scene.supervisor.operator.ws(read_only=True) as ws:
            return alarms_of_lot(ws, self.scene.lot.id)

    def kinds(self) -> list[str]:
        return sorted(one.type for one in self.alarms())

    def now(self) -> Shipment:
        with self.carrier.operator.ws(read_only=True) as ws:
            return find_shipment(ws, self.shipment.shipment_id)


def planned(road: Road, *, waypoints: str = WAY, width_m: int = 1000, hours: int = 4) -> ShipmentRoute:
    with road.carrier.operator.ws() as ws:
        now = ws.now
        return routes.plan_route(
            ws, road.shipment.shipment_id, waypoints=waypoints, width_m=width_m, leaves_at=now, arrives_by=now + timedelta(hours=hours)
        )  # fmt: skip


def accepted(road: Road) -> None:
    with road.scene.supervisor.approver.ws() as ws:
        actions.accept_route(ws, road.shipment.shipment_id, tracker_id=road.tracker.device_id)


def loaded(road: Road, amount: str = "10") -> None:
    with road.carrier.operator.ws() as ws:
        shipments.book(ws, road.shipment.shipment_id, vehicle="浙B 7A213", driver="Zheng")
    with road.scene.warehouse.operator.ws() as ws:
        shipments.hand_out(ws, road.shipment.shipment_id, weighed=Quantity.of(amount, "TNE"))
    for step in (lambda ws: shipments.pick_up(ws, road.shipment.shipment_id), lambda ws: shipments.reach_milestone(ws, road.shipment.shipment_id, step="depart", place="Gate")):  # fmt: skip
        with road.carrier.operator.ws() as ws:
            step(ws)


def a_yard(world: World) -> Road:
    """Goods that are to travel, at the moment before anybody planned how. The supervisor fenced their site."""
    scene = a_scene(world, amount="10")
    tracker = a_watching_device(scene.supervisor, scene.lot.id, kind="combined")
    carrier = world.firm("LOGISTICS")
    fence = "31.19, 121.49\n31.19, 121.51\n31.21, 121.51\n31.21, 121.49"
    with scene.supervisor.operator.ws() as ws:
        proposal = actions.propose_rule(ws, type="geofence", figures={"fence": fence}, because="The yard", site_id=scene.lot.site_id)  # fmt: skip
    with scene.supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    return Road(scene, carrier, a_planned_shipment(world, scene.lot, scene.sme, carrier), tracker)


def on_the_road(yard: Road) -> Road:
    """On the road, all of the lot, under a route that the supervisor accepted."""
    planned(yard)
    accepted(yard)
    loaded(yard)
    yard.scene.world.work()
    yard.scene.world.advance(timedelta(minutes=20))
    return yard


def line(start: float, end: float, minutes: int, *, north: float = 31.2) -> list[tuple[float, float]]:
    """So many places on the way from one longitude to another."""
    return [(north, start + (end - start) * n / (minutes - 1)) for n in range(minutes)]
