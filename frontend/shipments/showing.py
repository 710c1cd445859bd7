"""What templates of shipments are given beside the rows: where the journey stands, whose turn it is, who signed for how much."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from frontend.language import translate
from marketplace.quantity import Quantity
from marketplace.shipments.events import ShipmentBooked
from marketplace.shipments.models import Milestone, Shipment
from marketplace.shipments.queries import UNDER_WAY
from marketplace.shipments.rules import TOLERANCE_SHARE, ShipmentState
from tenants.record import Told
from tenants.workspace import Workspace

JOURNEY = (
    ("PLANNED", "Planned"), ("BOOKED", "Booked"), ("PICKED_UP", "Picked up"), ("IN_TRANSIT", "In transit"),
    ("ARRIVED", "Arrived"), ("DELIVERED", "Delivered"),
)  # fmt: skip
# State -> whose turn it is, and what they do.
TURNS = {
    "PLANNED": ("carrier", "Name vehicle and driver"),
    "PICKED_UP": ("carrier", "Report the departure"),
    "IN_TRANSIT": ("carrier", "Report the way"),
    "ARRIVED": ("consignee", "Sign for the delivery"),
    "EXCEPTION": ("carrier", "Say what happened on the way"),
}


@dataclass(frozen=True)
class Turn:
    """Who has to do what next."""

    firm: str
    what: str
    is_mine: bool


@dataclass(frozen=True)
class Handover:
    """Goods that changed hands: from whom, to whom, how much, who signed."""

    giver: str
    taker: str
    weight: Quantity | None
    signed: tuple[str, ...]
    at: datetime | None


def turn_of(ws: Workspace, shipment: Shipment) -> Turn | None:
    """Whose turn it is; None where nothing waits."""
    role, what = _turn(shipment)
    if role is None:
        return None
    firm_id: UUID | None = getattr(shipment, f"{role}_id")
    mine = ws.tenant_id == firm_id or (role == "consignee" and firm_id is None and ws.tenant_id == shipment.carrier_id)
    return Turn(getattr(shipment, role), translate(what), mine)


def _turn(shipment: Shipment) -> tuple[str | None, str]:
    if shipment.status != "BOOKED":
        return TURNS.get(shipment.status, (None, ""))
    weighed = shipment.handed_over is not None
    return ("carrier", "Countersign the weight") if weighed else ("warehouse", "Weigh the goods out")


def is_late(ws: Workspace, shipment: Shipment) -> bool:
    """Past its time, and not there yet."""
    return shipment.status in UNDER_WAY and shipment.deliver_by < ws.now


def steps_of(shipment: Shipment, milestones: Sequence[Milestone], events: Sequence[Told]) -> list[dict[str, Any]]:
    """The journey as the stepper shows it, with the times at which its steps were reached."""
    order = [code for code, _ in JOURNEY]
    stands = shipment.kept_status or shipment.status
    reached = order.index(stands) if stands in order else _last_sure(shipment)
    failed = shipment.status in (ShipmentState.DISPUTED, ShipmentState.CANCELLED)
    moments = _moments(shipment, milestones, events)
    return [
        {"label": translate(word), "status": _step(n, reached, failed, code), "at": moments.get(code)}
        for n, (code, word) in enumerate(JOURNEY)
    ]


def handovers_of(shipment: Shipment) -> list[Handover]:
    """The two times at which goods change hands, each with what was signed for."""
    out = tuple(filter(None, (shipment.handed_out_by, shipment.picked_up_by)))
    into = tuple(filter(None, (shipment.receiver,)))
    return [
        Handover(shipment.warehouse, shipment.carrier, shipment.handed_over_quantity, out, shipment.picked_up_at),
        Handover(shipment.carrier, shipment.consignee, shipment.received_quantity, into, shipment.delivered_at),
    ]


def difference_of(shipment: Shipment) -> dict[str, Any] | None:
    """What arrived less what was handed out, as a quantity and a share; None before it arrived."""
    if shipment.received is None or not shipment.handed_over:
        return None
    missing = shipment.received - shipment.handed_over
    share = missing / shipment.handed_over
    return {
        "amount": abs(missing),
        "sign": "−" if missing < 0 else "+" if missing > 0 else "",
        "share": abs(share),
        "tolerance": TOLERANCE_SHARE,
        "tone": "danger" if abs(share) > TOLERANCE_SHARE else "ok",
    }


def notes_of(milestones: Sequence[Milestone]) -> list[dict[str, Any]]:
    """What the driver noted on the way, newest first."""
    noted = [one for one in reversed(milestones) if one.note]
    return [{"at": one.at, "title": one.note, "by": f"{one.place} · {one.by}", "icon": "pin"} for one in noted]


def _last_sure(shipment: Shipment) -> int:
    return len(JOURNEY) - 1 if shipment.received is not None else 0


def _moments(shipment: Shipment, milestones: Sequence[Milestone], events: Sequence[Told]) -> dict[str, datetime | None]:
    first = {one.step: one.at for one in reversed(milestones)}
    booked = next((event.at for event in events if event.kind == ShipmentBooked.__name__), None)
    return {
        "PLANNED": shipment.planned_at, "BOOKED": booked, "PICKED_UP": shipment.picked_up_at, "IN_TRANSIT": first.get("depart"),
        "ARRIVED": first.get("arrive"), "DELIVERED": shipment.delivered_at,
    }  # fmt: skip


def _step(n: int, reached: int, failed: bool, code: str) -> str:
    if n < reached:
        return "done"
    if n > reached:
        return "next"
    return "failed" if failed else "done" if code == "DELIVERED" else "now"
