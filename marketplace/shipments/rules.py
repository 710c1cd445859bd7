"""What may happen to goods on the move: who hands over to whom, on what proof, and when a journey is disputed.

Pledged goods are picked up only under a release order of the bank, or under its consent to a pledge in transit
(invariant 5). What arrives is weighed against what was handed over; beyond the tolerance nobody signs it off, and
the shipment is DISPUTED. Rows as in domain.md section 3; those behind the comment are implied by it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from marketplace.exact import Exact, exact
from marketplace.quantity import Quantity
from marketplace.states import Actor, Guard, Machine, step
from tenants.errors import Conflict, Invalid


class ShipmentState(StrEnum):
    """Where a shipment stands. EXCEPTION remembers the state that it left."""

    PLANNED = "PLANNED"
    BOOKED = "BOOKED"
    PICKED_UP = "PICKED_UP"
    IN_TRANSIT = "IN_TRANSIT"
    ARRIVED = "ARRIVED"
    DELIVERED = "DELIVERED"
    CLOSED = "CLOSED"
    EXCEPTION = "EXCEPTION"
    DISPUTED = "DISPUTED"
    CANCELLED = "CANCELLED"


class ExceptionKind(StrEnum):
    """What may go wrong on the way."""

    ROUTE_DEVIATION = "ROUTE_DEVIATION"
    DOOR_OPENED = "DOOR_OPENED"
    LONG_STOP = "LONG_STOP"
    LATE = "LATE"


CARRIER_NAMED = Guard("carrier_named", "The vehicle and the driver are not named.")
BOTH_SIGNED = Guard("both_signed", "A handover needs the signatures of both sides.")
MAY_LEAVE = Guard("may_leave", "Pledged goods need a release order of the bank or its consent to move them.")
SEALS_WHOLE = Guard("seals_whole", "The seals do not match those put on at pick-up.")
PROOF_OF_DELIVERY = Guard("proof_of_delivery", "The proof of delivery is missing.")
VARIANCE_WITHIN_TOLERANCE = Guard(
    "variance_within_tolerance", "What arrived differs too much from what was handed over."
)
REASON_GIVEN = Guard("reason_given", "A reason is needed.")

TOLERANCE_SHARE = Decimal("0.003")  # product default, as for the weight alarm

_S = ShipmentState
_ON_THE_WAY = (_S.PICKED_UP, _S.IN_TRANSIT)
_RECEIVERS = (Actor.WAREHOUSE_OPERATOR, Actor.BUYER, Actor.SME)

SHIPMENT = Machine[ShipmentState](
    "Shipment",
    step(None, "plan", _S.PLANNED, Actor.SME, Actor.BANK, Actor.LOGISTICS, Actor.BUYER),
    step(_S.PLANNED, "book", _S.BOOKED, Actor.LOGISTICS, guards=(CARRIER_NAMED,)),
    step(_S.BOOKED, "pick_up", _S.PICKED_UP, Actor.LOGISTICS, guards=(BOTH_SIGNED, MAY_LEAVE)),
    step(_S.PICKED_UP, "depart", _S.IN_TRANSIT, Actor.LOGISTICS),
    step(_S.IN_TRANSIT, "reach_milestone", _S.IN_TRANSIT, Actor.LOGISTICS, Actor.SYSTEM),
    step(_S.IN_TRANSIT, "arrive", _S.ARRIVED, Actor.LOGISTICS),
    step(
        _S.ARRIVED,
        "deliver",
        _S.DELIVERED,
        Actor.LOGISTICS,
        *_RECEIVERS,
        guards=(PROOF_OF_DELIVERY, BOTH_SIGNED, SEALS_WHOLE, VARIANCE_WITHIN_TOLERANCE),
    ),
    step(
        (_S.ARRIVED, _S.DELIVERED),
        "dispute",
        _S.DISPUTED,
        Actor.LOGISTICS,
        Actor.SYSTEM,
        *_RECEIVERS,
        guards=(REASON_GIVEN,),
    ),
    step(_S.DELIVERED, "close", _S.CLOSED, Actor.LOGISTICS, Actor.SYSTEM),
    step(_ON_THE_WAY, "report_exception", _S.EXCEPTION, Actor.SYSTEM, Actor.LOGISTICS, guards=(REASON_GIVEN,)),
    step(_S.EXCEPTION, "resolve_exception", None, Actor.LOGISTICS, guards=(REASON_GIVEN,)),
    # Implied, not rows of the table:
    step(_S.DISPUTED, "resolve_dispute", _S.CLOSED, Actor.PLATFORM, Actor.COURT, Actor.BANK, guards=(REASON_GIVEN,)),
    step(
        (_S.PLANNED, _S.BOOKED), "cancel", _S.CANCELLED, Actor.SME, Actor.BANK, Actor.LOGISTICS, guards=(REASON_GIVEN,)
    ),
)


@dataclass(frozen=True, slots=True)
class Leaving:
    """Goods about to leave: how much in all, how much of that is pledged, and what the bank still lets go."""

    quantity: Quantity
    pledged: Quantity
    released: Quantity
    transit_consent: bool = False


def next_state(state: ShipmentState | None, action: str, *, kept: ShipmentState | None = None) -> ShipmentState:
    """Where a step leads; refuses what the table does not list. `kept` is the state before an exception."""
    return SHIPMENT.next_state(state, action, kept=kept)


def may_leave(leaving: Leaving) -> bool:
    """Whether the pledged part is covered by a release order, or moves under a pledge in transit."""
    return leaving.transit_consent or leaving.pledged <= leaving.released


def require_may_leave(leaving: Leaving) -> None:
    """Refuse pledged goods at the gate beyond what the bank released."""
    if leaving.quantity.exact <= 0 or leaving.pledged > leaving.quantity:
        raise Invalid("quantity_not_positive", "A shipment needs a quantity above zero.", field="quantity")
    if not may_leave(leaving):
        raise Conflict(
            "release_order_needed",
            "%(pledged)s of these goods is pledged and the bank has released %(released)s.",
            field="quantity",
            pledged=str(leaving.pledged),
            released=str(leaving.released),
        )


def arrival_step(handed_over: Quantity, received: Quantity, tolerance: Exact = TOLERANCE_SHARE) -> str:
    """ "deliver", or "dispute" where what arrived differs, either way, by more than the tolerance share of what was
    handed over.
    """
    if handed_over.exact <= 0 or received.exact < 0:
        raise Invalid("quantity_not_positive", "A shipment needs a quantity above zero.", field="quantity")
    share = abs((received - handed_over).exact) / handed_over.exact
    return "dispute" if share > exact(tolerance) else "deliver"


def seals_whole(put_on: Collection[str], seen: Collection[str] | None) -> bool:
    """Whether the seals seen are those put on: none missing, none new. None: nobody looked yet."""
    return seen is None or set(seen) == set(put_on)
