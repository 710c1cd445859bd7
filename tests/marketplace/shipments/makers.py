"""Shipments for tests, made by the same actions that people use."""

from datetime import timedelta
from uuid import UUID

from marketplace.inventory.models import Lot
from marketplace.quantity import Quantity
from marketplace.shipments import actions
from marketplace.shipments.models import Shipment
from tests.factories import Firm, World


def a_planned_shipment(world: World, lot: Lot, consignor: Firm, carrier: Firm, *, amount: str = "10") -> Shipment:
    """A shipment that the consignor ordered."""
    with consignor.operator.ws() as ws:
        return actions.plan_shipment(
            ws,
            lot_id=lot.id,
            quantity=Quantity.of(amount, lot.unit),
            carrier_id=carrier.tenant_id,
            consignee="Jiangnan Cable",
            to_place="Suzhou",
            deliver_by=ws.now + timedelta(days=1),
        )


def a_journey(world: World, shipment_id: UUID, warehouse: Firm, carrier: Firm, *, weighed: str = "10") -> None:
    """Booked, weighed out, picked up, departed and arrived."""
    with carrier.operator.ws() as ws:
        actions.book(ws, shipment_id, vehicle="浙B 7A213", driver="Zheng")
    with warehouse.operator.ws() as ws:
        actions.hand_out(ws, shipment_id, weighed=Quantity.of(weighed, "TNE"), seals=["C1", "C2"])
    with carrier.operator.ws() as ws:
        actions.pick_up(ws, shipment_id)
    for step in ("depart", "arrive"):
        with carrier.operator.ws() as ws:
            actions.reach_milestone(ws, shipment_id, step=step, place="G92")
