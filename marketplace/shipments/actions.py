"""Moving goods: plan, book, hand out, pick up, on the way, deliver. Custody passes only when both sides have signed a weight."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from marketplace.inventory import actions as inventory
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.inventory.rules.identity import require_container
from marketplace.pledges import actions as pledges
from marketplace.pledges import queries as pledge_queries
from marketplace.quantity import Quantity
from marketplace.shipments import events
from marketplace.shipments.models import Milestone, Shipment
from marketplace.shipments.queries import find_shipment
from marketplace.shipments.rules import (
    Leaving,
    ShipmentState,
    arrival_step,
    next_state,
    require_may_leave,
    seals_whole,
)
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.organisations import Kind, find_organisation
from tenants.workspace import Workspace


def plan_shipment(
    ws: Workspace,
    *,
    lot_id: UUID,
    quantity: Quantity,
    carrier_id: UUID,
    consignee: str,
    to_place: str,
    deliver_by: datetime,
    consignee_id: UUID | None = None,
) -> Shipment:
    """Order a carrier to move part of a lot from its warehouse to a receiver.

    Refuses a firm that is no carrier, a date that has passed, an unnamed receiver or place, and more than lies there.
    """
    ws.may("plan_shipment")
    lot = find_lot(ws, lot_id)
    wanted = _plannable(lot, quantity)
    if deliver_by <= ws.now:
        raise Invalid("date_passed", "The delivery date has passed.", field="deliver_by")
    shipment = Shipment(
        shipment_id=new_id(),
        number=f"S{ws.now:%y%m%d}-{secrets.token_hex(2).upper()}",
        status=next_state(None, "plan"),
        **_goods_of(ws, lot, wanted),
        **_senders(ws, carrier_id),
        consignee_id=consignee_id,
        consignee=_named(consignee, "consignee"),
        to_place=_named(to_place, "to_place"),
        deliver_by=deliver_by,
        planned_at=ws.now,
    )
    _let_in(ws, shipment)
    ws.session.add(shipment)
    fact = events.ShipmentPlanned(
        shipment_id=shipment.shipment_id, number=shipment.number, quantity=wanted, to_place=shipment.to_place
    )
    ws.record(fact, on=shipment.shipment_id)
    return shipment


def book(ws: Workspace, shipment_id: UUID, *, vehicle: str, driver: str, container: str = "") -> Shipment:
    """The carrier takes the order and names vehicle and driver, and the container if there is one. Refuses a container's number that fails its check digit."""
    shipment = _for_carrier(ws, shipment_id)
    shipment.status = next_state(ShipmentState(shipment.status), "book")
    shipment.vehicle, shipment.driver = _named(vehicle, "vehicle"), _named(driver, "driver")
    shipment.container = require_container(container) if container.strip() else None
    fact = events.ShipmentBooked(
        shipment_id=shipment_id,
        number=shipment.number,
        vehicle=shipment.vehicle,
        driver=shipment.driver,
        container=shipment.container,
    )
    ws.record(fact, on=shipment_id)
    return shipment


def hand_out(
    ws: Workspace, shipment_id: UUID, *, weighed: Quantity, seals: Sequence[str] = (), order_id: UUID | None = None
) -> Shipment:
    """The warehouse weighs the goods out: pledged ones under a release order of the bank, free ones as they are.

    Refuses pledged goods without an order that still covers them, and more than the order or the free part.
    """
    ws.may("execute_release")
    shipment = find_shipment(ws, shipment_id, lock=True)
    if ws.tenant_id != shipment.warehouse_id:
        raise NotAllowed("not_the_warehouse", "Only the warehouse that holds the goods hands them out.")
    if shipment.status != ShipmentState.BOOKED or shipment.handed_over is not None:
        raise Conflict("not_to_be_handed_out", "This shipment is not waiting for its goods.")
    lot = find_lot(ws, shipment.lot_id, lock=True)
    leaving = weighed.to(lot.unit, field="weighed")
    if order_id is None:
        free = Quantity(lot.loose_qty, lot.unit)
        pledged = leaving - free if leaving > free else Quantity.zero(lot.unit)
        require_may_leave(Leaving(leaving, pledged, Quantity.zero(lot.unit)))
        inventory.mark_departed(ws, lot.id, quantity=leaving)
        authority = events.AS_FREE_GOODS
    else:
        pledges.execute_release(ws, order_id, weighed=leaving)
        authority = events.UNDER_AN_ORDER
    shipment.handed_over, shipment.release_order_id = leaving.amount, order_id
    shipment.seals, shipment.handed_out_by = sorted({seal.strip() for seal in seals if seal.strip()}), ws.member.name
    fact = events.GoodsHandedOut(
        shipment_id=shipment_id,
        number=shipment.number,
        weighed=leaving,
        authority=events.saying(authority),
        release_order_id=order_id,
        seals=shipment.seals,
    )
    ws.record(fact, on=shipment_id)
    return shipment


def pick_up(ws: Workspace, shipment_id: UUID) -> Shipment:
    """The carrier countersigns the warehouse's weight: from here on the goods are in its custody."""
    shipment = _for_carrier(ws, shipment_id)
    if shipment.handed_over is None:
        raise Conflict("both_signed", "A handover needs the signatures of both sides.")
    shipment.status = next_state(ShipmentState(shipment.status), "pick_up")
    shipment.picked_up_by, shipment.picked_up_at = ws.member.name, ws.now
    quantity = Quantity(shipment.handed_over, shipment.unit)
    ws.record(events.GoodsPickedUp(shipment_id=shipment_id, number=shipment.number, quantity=quantity), on=shipment_id)
    return shipment


def reach_milestone(ws: Workspace, shipment_id: UUID, *, step: str, place: str, note: str = "") -> Shipment:
    """The carrier reports a step on the way: `depart`, `reach_milestone` or `arrive`."""
    shipment = _for_carrier(ws, shipment_id)
    if step not in events.MOVED:
        raise Invalid("step_unknown", "Choose a step from the list.", field="step")
    shipment.status = next_state(ShipmentState(shipment.status), step)
    milestone = Milestone(
        shipment_id=shipment_id,
        id=new_id(),
        step=step,
        place=_named(place, "place"),
        note=note.strip()[:500],
        by=ws.member.name,
        at=ws.now,
    )
    ws.session.add(milestone)
    moved = events.saying(events.MOVED[step], place=milestone.place)
    fact = events.MilestoneReached(
        shipment_id=shipment_id, number=shipment.number, step=step, place=milestone.place, moved=moved
    )
    ws.record(fact, on=shipment_id)
    return shipment


def deliver(
    ws: Workspace, shipment_id: UUID, *, received: Quantity, receiver: str, seals_seen: Sequence[str] | None = None
) -> Shipment:
    """The receiver signs for a weight. Beyond the tolerance, or with seals that are not whole, the shipment is disputed instead."""
    ws.may("confirm_delivery")
    shipment = find_shipment(ws, shipment_id, lock=True)
    if ws.tenant_id not in (shipment.carrier_id, shipment.consignee_id):
        raise NotAllowed("not_a_receiver", "Only the carrier or the receiver signs for the delivery.")
    if shipment.handed_over is None:
        raise Conflict("not_handed_out", "Nothing arrives that was not handed out.")
    arrived, handed_over = received.to(shipment.unit, field="received"), Quantity(shipment.handed_over, shipment.unit)
    whole = seals_whole(shipment.seals or [], None if seals_seen is None else [seal.strip() for seal in seals_seen])
    step = arrival_step(handed_over, arrived) if whole else "dispute"
    shipment.status = next_state(ShipmentState(shipment.status), step)
    shipment.received, shipment.receiver, shipment.delivered_at = arrived.amount, _named(receiver, "receiver"), ws.now
    if step == "deliver":
        fact: events.ShipmentDelivered | events.DeliveryDisputed = events.ShipmentDelivered(
            shipment_id=shipment_id, number=shipment.number, receiver=shipment.receiver, received=arrived
        )
    else:
        because = "" if whole else "The seals do not match."
        fact = events.DeliveryDisputed(
            shipment_id=shipment_id, number=shipment.number, received=arrived, handed_over=handed_over, because=because
        )
    ws.record(fact, on=shipment_id)
    return shipment


def cancel(ws: Workspace, shipment_id: UUID, *, because: str) -> Shipment:
    """Call the journey off before the goods are handed out."""
    shipment = find_shipment(ws, shipment_id, lock=True)
    if ws.tenant_id not in (shipment.consignor_id, shipment.carrier_id):
        raise NotAllowed("not_yours_to_cancel", "Only the consignor or the carrier calls a shipment off.")
    if shipment.handed_over is not None:
        raise Conflict("handed_out", "The goods are handed out already.")
    shipment.status = next_state(ShipmentState(shipment.status), "cancel")
    reason = _named(because, "because")
    ws.record(events.ShipmentCancelled(shipment_id=shipment_id, number=shipment.number, because=reason), on=shipment_id)
    return shipment


def _plannable(lot: Lot, quantity: Quantity) -> Quantity:
    wanted, there = quantity.to(lot.unit), lot.verified_qty
    if wanted.exact <= 0:
        raise Invalid("quantity_not_positive", "A shipment needs a quantity above zero.", field="quantity")
    if there is None or wanted.amount > there:
        raise Conflict("more_than_there", "The lot holds %(there)s.", field="quantity", there=str(there or 0))
    return wanted


def _goods_of(ws: Workspace, lot: Lot, wanted: Quantity) -> dict[str, Any]:
    """What a consignment note says of the goods and of where they lie."""
    return {
        "lot_id": lot.id,
        "lot_number": lot.number,
        "product_name": lot.product_name,
        "quantity": wanted.amount,
        "unit": lot.unit,
        "warehouse_id": lot.warehouse_id,
        "warehouse": find_organisation(ws.session, lot.warehouse_id).name,
        "from_place": lot.site_name,
    }


def _senders(ws: Workspace, carrier_id: UUID) -> dict[str, Any]:
    """What a consignment note says of who sends and who carries. Refuses a firm that is no carrier."""
    carrier = find_organisation(ws.session, carrier_id)
    if Kind.LOGISTICS not in carrier.kinds:
        raise Invalid("no_carrier", "%(firm)s is not a logistics firm.", field="carrier_id", firm=carrier.name)
    return {
        "consignor_id": ws.tenant_id,
        "consignor": ws.member.organisation,
        "carrier_id": carrier_id,
        "carrier": carrier.name,
    }


def _let_in(ws: Workspace, shipment: Shipment) -> None:
    """Everyone who has a part in the journey sees it: carrier, warehouse, receiver, the goods' supervisor, and the banks that hold them."""
    room = shipment.shipment_id
    rooms.found(ws, room, kind="shipment", role="consignor")
    rooms.share(ws, room, to=shipment.carrier_id, role="logistics")
    rooms.share(ws, room, to=shipment.warehouse_id, role="warehouse")
    lot = find_lot(ws, shipment.lot_id)
    rooms.share(ws, room, to=lot.supervisor_id, role="supervisor")
    if shipment.consignee_id:
        rooms.share(ws, room, to=shipment.consignee_id, role="consignee")
    for bank_id in {pledge.bank_id for pledge in pledge_queries.pledges_of_lot(ws, shipment.lot_id)} - {ws.tenant_id}:
        rooms.share(ws, room, to=bank_id, role="bank")


def _for_carrier(ws: Workspace, shipment_id: UUID) -> Shipment:
    ws.may("move_shipment")
    shipment = find_shipment(ws, shipment_id, lock=True)
    if ws.tenant_id != shipment.carrier_id:
        raise NotAllowed("not_the_carrier", "Only the carrier of this shipment reports on it.")
    return shipment


def _named(text: str, field: str) -> str:
    cleaned = " ".join(text.split())
    if not cleaned or len(cleaned) > 200:
        raise Invalid("text_missing", "Fill this in, with at most 200 characters.", field=field)
    return cleaned
