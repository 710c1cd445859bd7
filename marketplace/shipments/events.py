"""Facts about goods on the move."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from marketplace.quantity import Quantity
from tenants.events import Fact

LINK = "/shipments/{shipment_id}"
UNDER_AN_ORDER = "under the bank's release order"
AS_FREE_GOODS = "as free goods"
MOVED = {
    "depart": "departed from %(place)s",
    "reach_milestone": "passed %(place)s",
    "arrive": "arrived at %(place)s",
}

# What went wrong on the way, by `rules.ExceptionKind`.
WRONG = {
    "ROUTE_DEVIATION": "left its corridor",
    "DOOR_OPENED": "was opened where no stop was planned",
    "LONG_STOP": "stood where no stop was planned",
    "LATE": "did not arrive in time",
}


def saying(msgid: str, **facts: str) -> dict[str, Any]:
    """A part of a sentence inside a fact: translated, its places filled, at the reader's door."""
    return {"word": msgid, "facts": facts}


@dataclass(frozen=True, kw_only=True)
class ShipmentPlanned(Fact):
    """Goods are to be moved from one place to another by a carrier."""

    says: ClassVar[str] = "Shipment %(number)s was planned: %(quantity)s to %(to_place)s."
    tells: ClassVar[frozenset[str]] = frozenset({"logistics", "warehouse"})
    link: ClassVar[str] = LINK
    shipment_id: UUID
    number: str
    quantity: Quantity
    to_place: str


@dataclass(frozen=True, kw_only=True)
class ShipmentBooked(Fact):
    """The carrier named vehicle and driver."""

    says: ClassVar[str] = "Shipment %(number)s was booked on %(vehicle)s with %(driver)s."
    link: ClassVar[str] = LINK
    shipment_id: UUID
    number: str
    vehicle: str
    driver: str
    container: str | None = None


@dataclass(frozen=True, kw_only=True)
class GoodsHandedOut(Fact):
    """The warehouse weighed the goods out and sealed them, under the authority that it names."""

    says: ClassVar[str] = "Shipment %(number)s was weighed out: %(weighed)s, %(authority)s."
    tells: ClassVar[frozenset[str]] = frozenset({"logistics"})
    link: ClassVar[str] = LINK
    shipment_id: UUID
    number: str
    weighed: Quantity
    authority: dict[str, Any]
    release_order_id: UUID | None
    seals: list[str]


@dataclass(frozen=True, kw_only=True)
class GoodsPickedUp(Fact):
    """The carrier countersigned: the goods are in its custody."""

    says: ClassVar[str] = "Shipment %(number)s was picked up: %(quantity)s."
    link: ClassVar[str] = LINK
    shipment_id: UUID
    number: str
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class MilestoneReached(Fact):
    """A place on the way was reached, left or passed."""

    says: ClassVar[str] = "Shipment %(number)s %(moved)s."
    link: ClassVar[str] = LINK
    shipment_id: UUID
    number: str
    step: str
    place: str
    moved: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ShipmentDelivered(Fact):
    """The receiver signed for the goods."""

    says: ClassVar[str] = "Shipment %(number)s was delivered to %(receiver)s: %(received)s."
    tells: ClassVar[frozenset[str]] = frozenset({"consignor", "consignee", "bank"})
    link: ClassVar[str] = LINK
    shipment_id: UUID
    number: str
    receiver: str
    received: Quantity


@dataclass(frozen=True, kw_only=True)
class DeliveryDisputed(Fact):
    """What arrived is not what was handed over, or its seals are not whole: nobody signs it off."""

    says: ClassVar[str] = "Shipment %(number)s is disputed: %(received)s arrived of %(handed_over)s. %(because)s"
    tells: ClassVar[frozenset[str]] = frozenset({"consignor", "consignee", "bank", "logistics", "warehouse"})
    link: ClassVar[str] = LINK
    shipment_id: UUID
    number: str
    received: Quantity
    handed_over: Quantity
    because: str


@dataclass(frozen=True, kw_only=True)
class ShipmentCancelled(Fact):
    """The journey was called off before it began."""

    says: ClassVar[str] = "Shipment %(number)s was cancelled: %(because)s"
    tells: ClassVar[frozenset[str]] = frozenset({"logistics", "warehouse"})
    link: ClassVar[str] = LINK
    shipment_id: UUID
    number: str
    because: str


@dataclass(frozen=True, kw_only=True)
class RoutePlanned(Fact):
    """The way of the goods is planned: how wide a corridor, from when to when."""

    says: ClassVar[str] = (
        "Route %(version)s of shipment %(number)s was planned by %(firm)s: %(km)s km, %(width_m)s m wide, there by %(arrives_by)s."
    )
    tells: ClassVar[frozenset[str]] = frozenset({"supervisor"})
    link: ClassVar[str] = LINK
    shipment_id: UUID
    number: str
    version: int
    firm: str
    km: int
    width_m: int
    leaves_at: datetime
    arrives_by: datetime
    waypoints: str


@dataclass(frozen=True, kw_only=True)
class RouteAccepted(Fact):
    """The supervisor lets the goods travel this way, watched by its tracker."""

    says: ClassVar[str] = "Route %(version)s of shipment %(number)s was accepted by %(by)s; %(tracker)s rides along."
    tells: ClassVar[frozenset[str]] = frozenset({"logistics", "bank", "consignor"})
    link: ClassVar[str] = LINK
    shipment_id: UUID
    number: str
    version: int
    by: str
    tracker: str
    tracker_id: UUID


@dataclass(frozen=True, kw_only=True)
class JourneyWentWrong(Fact):
    """The tracker says that the goods left their way, stood too long, were opened on the road or are late: the carrier has to explain it."""

    says: ClassVar[str] = "Shipment %(number)s %(wrong)s; the carrier has to explain it."
    tells: ClassVar[frozenset[str]] = frozenset({"logistics", "consignor", "bank"})
    link: ClassVar[str] = LINK
    shipment_id: UUID
    number: str
    kind: str
    wrong: dict[str, Any]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class JourneyExplained(Fact):
    """The carrier says what happened on the way; the journey goes on. The supervisor's alarm has its own end."""

    says: ClassVar[str] = "The carrier of shipment %(number)s explains that it %(wrong)s: %(because)s"
    tells: ClassVar[frozenset[str]] = frozenset({"supervisor", "consignor", "bank"})
    link: ClassVar[str] = LINK
    shipment_id: UUID
    number: str
    kind: str
    wrong: dict[str, Any]
    because: str
