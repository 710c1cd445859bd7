"""Goods on the road: their way planned by the carrier and accepted by the supervisor, driven within its corridor with a tracker aboard, signed for at its end."""

from datetime import timedelta
from decimal import Decimal

from integrations.demo.line import tonnes
from integrations.demo.story import Story

HOUR = timedelta(hours=1)
SEALS = ["C-1187", "C-1188"]
# Where the truck is after each hour: from the quay over the bay's bridge, with a rest behind it, to the cable works.
BEGINS, REST = ("29.932000", "121.888000"), ("30.600000", "120.970000")
HOURS = (("30.270000", "121.160000"), REST, ("30.780000", "120.750000"), ("31.040000", "120.685000"), ("31.300000", "120.620000"))  # fmt: skip
WIDTH_M = 4000


def ship(story: Story, lot: str, order: str, quantity: Decimal) -> None:
    """On two signatures out of the warehouse, by the planned way, and weighed at the other end: the scale says five kilograms less."""
    line = story.line
    plan = {
        "lot_id": lot,
        "quantity": tonnes(quantity),
        "carrier_id": str(line.stage["dispatcher"].firm_id),
        "consignee": "江南电缆集团 Jiangnan Cable Group",
        "consignee_id": str(line.stage["treasurer"].firm_id),
        "to_place": "苏州 Suzhou",
        "deliver_by": (line.now + timedelta(days=2)).isoformat(),
    }
    shipment = f"/shipments/{line.post('sme', '/shipments', plan)['id']}"
    line.post("dispatcher", f"{shipment}/booking", {"vehicle": "浙B·7A213", "driver": "郑海"})
    _agree_on_the_way(story, shipment, lot)
    handed = {"weighed": tonnes(quantity), "seals": SEALS, "release_order_id": order}
    line.post("keeper", f"{shipment}/handout", handed)
    line.post("dispatcher", f"{shipment}/pickup")
    line.post("dispatcher", f"{shipment}/milestones", {"step": "depart", "place": "北仑 Beilun"})
    for north, east in HOURS:
        story.watch.pass_by(line.drive(by=HOUR), Decimal(north), Decimal(east))
    line.post("dispatcher", f"{shipment}/milestones", {"step": "arrive", "place": "苏州 Suzhou"})
    taken = {"received": tonnes(quantity - Decimal("0.005")), "receiver": "钱芳", "seals_seen": SEALS}
    line.post("treasurer", f"{shipment}/delivery", taken)
    line.settle()


def _agree_on_the_way(story: Story, shipment: str, lot: str) -> None:
    """The carrier plans; the supervisor puts a tracker of its own onto the goods and accepts."""
    line = story.line
    places = [", ".join(place) + (" stop" if place == REST else "") for place in (BEGINS, *HOURS)]
    window = {"leaves_at": line.now.isoformat(), "arrives_by": (line.now + 8 * HOUR).isoformat()}
    line.post("dispatcher", f"{shipment}/routes", {"waypoints": "\n".join(places), "width_m": WIDTH_M, **window})
    line.post("controller", f"{shipment}/route-acceptance", {"tracker_id": story.watch.ride(lot, story.lots[1]["number"])})  # fmt: skip
