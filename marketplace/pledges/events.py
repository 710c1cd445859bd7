"""What happens to pledges: facts on the deal's stream, so that other banks never hear them. (A lot's stream only says that it is pledged.)"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.quantity import Quantity
from tenants.events import Fact

_PARTIES = frozenset({"borrower", "bank", "warehouse", "supervisor"})
_LIST = "/pledges/{deal_id}"


@dataclass(frozen=True, kw_only=True)
class PledgesOffered(Fact):
    """The borrower put units of its lots at the bank's disposal; nothing is pledged yet."""

    says: ClassVar[str] = "Goods were offered in pledge. Lots: %(lots)s."
    audience: ClassVar[frozenset[str] | None] = _PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"supervisor"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    bank_id: UUID
    lots: int
    goods: list[dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class PledgesRegistered(Fact):
    """The bank filed the pledge in the registry and entered the certificate."""

    says: ClassVar[str] = "The pledge was registered under %(certificate)s."
    audience: ClassVar[frozenset[str] | None] = _PARTIES
    link: ClassVar[str] = _LIST
    deal_id: UUID
    certificate: str


@dataclass(frozen=True, kw_only=True)
class ControlConfirmed(Fact):
    """The supervisor states that it controls the goods for the bank (Interpretation on Security, article 55)."""

    says: ClassVar[str] = "The supervisor confirmed control over the goods. Lots: %(lots)s."
    audience: ClassVar[frozenset[str] | None] = _PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"bank", "borrower"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    control_id: UUID
    lots: int
    statement: str


@dataclass(frozen=True, kw_only=True)
class PledgesActivated(Fact):
    """The bank accepted control with four eyes: the pledge exists from this moment."""

    says: ClassVar[str] = "The pledge is active. Lots: %(lots)s."
    audience: ClassVar[frozenset[str] | None] = _PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower", "supervisor", "warehouse"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    control_id: UUID
    lots: int
    goods: list[dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class PledgesCancelled(Fact):
    """An offer of goods was given back before it became a pledge."""

    says: ClassVar[str] = "The offer of goods in pledge was given back: %(because)s"
    audience: ClassVar[frozenset[str] | None] = _PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower", "bank"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    lots: int
    because: str


@dataclass(frozen=True, kw_only=True)
class ReleaseOrdered(Fact):
    """The bank ordered the warehouse, with four eyes, to let goods go."""

    says: ClassVar[str] = "The bank ordered the release of %(quantity)s of lot %(number)s."
    audience: ClassVar[frozenset[str] | None] = _PARTIES | {"logistics"}
    tells: ClassVar[frozenset[str]] = frozenset({"borrower", "warehouse", "supervisor"})
    link: ClassVar[str] = "/release-orders/{order_id}"
    deal_id: UUID
    order_id: UUID
    lot_id: UUID
    number: str
    quantity: Quantity
    because: str


@dataclass(frozen=True, kw_only=True)
class ReleaseExecuted(Fact):
    """The warehouse weighed goods out under the bank's order."""

    says: ClassVar[str] = "%(weighed)s of lot %(number)s were released; the order leaves %(remaining)s."
    audience: ClassVar[frozenset[str] | None] = _PARTIES | {"logistics"}
    tells: ClassVar[frozenset[str]] = frozenset({"borrower", "bank", "supervisor"})
    link: ClassVar[str] = "/release-orders/{order_id}"
    deal_id: UUID
    order_id: UUID
    lot_id: UUID
    number: str
    weighed: Quantity
    remaining: Quantity


@dataclass(frozen=True, kw_only=True)
class ReleaseRevoked(Fact):
    """The bank took back what its order had not released yet."""

    says: ClassVar[str] = "The release order on lot %(number)s was revoked; %(remaining)s stay."
    audience: ClassVar[frozenset[str] | None] = _PARTIES | {"logistics"}
    tells: ClassVar[frozenset[str]] = frozenset({"borrower", "warehouse"})
    link: ClassVar[str] = "/release-orders/{order_id}"
    deal_id: UUID
    order_id: UUID
    lot_id: UUID
    number: str
    remaining: Quantity


@dataclass(frozen=True, kw_only=True)
class PledgesEnforced(Fact):
    """The bank began to realise its pledge: the goods go to disposal, never to the bank itself (Civil Code 401, 428)."""

    says: ClassVar[str] = "The pledge is being enforced. Lots: %(lots)s."
    audience: ClassVar[frozenset[str] | None] = _PARTIES | {"core", "auctioneer"}
    tells: ClassVar[frozenset[str]] = frozenset({"borrower", "supervisor", "warehouse"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    lots: int


@dataclass(frozen=True, kw_only=True)
class EnforcementLifted(Fact):
    """The default was taken back: the goods are not to be sold, and are pledged as before."""

    says: ClassVar[str] = "The pledge is enforced no more. Lots: %(lots)s."
    audience: ClassVar[frozenset[str] | None] = _PARTIES | {"core", "auctioneer"}
    tells: ClassVar[frozenset[str]] = frozenset({"borrower", "supervisor", "warehouse"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    lots: int


@dataclass(frozen=True, kw_only=True)
class PledgeRealised(Fact):
    """The goods were sold and the proceeds distributed: the pledge has done its work."""

    says: ClassVar[str] = "The pledge on lot %(number)s was realised."
    audience: ClassVar[frozenset[str] | None] = _PARTIES | {"core", "auctioneer"}
    tells: ClassVar[frozenset[str]] = frozenset({"borrower"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    lot_id: UUID
    number: str
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class PledgesReleased(Fact):
    """The debt is paid: the pledge ends and the goods are free."""

    says: ClassVar[str] = "The pledge was released. Lots: %(lots)s."
    audience: ClassVar[frozenset[str] | None] = _PARTIES | {"core"}
    tells: ClassVar[frozenset[str]] = frozenset({"borrower", "supervisor", "warehouse"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    lots: int


@dataclass(frozen=True, kw_only=True)
class PledgesImpaired(Fact):
    """Control over the goods was lost for more than two hours: the pledge is in doubt."""

    says: ClassVar[str] = "The pledge is in doubt: %(because)s"
    audience: ClassVar[frozenset[str] | None] = _PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower", "bank", "supervisor"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    because: str


@dataclass(frozen=True, kw_only=True)
class ReleaseRequested(Fact):
    """The borrower asked the bank to let goods go."""

    says: ClassVar[str] = "The borrower asks to release %(quantity)s of lot %(number)s: %(because)s"
    audience: ClassVar[frozenset[str] | None] = frozenset({"borrower", "bank"})
    tells: ClassVar[frozenset[str]] = frozenset({"bank"})
    link: ClassVar[str] = _LIST
    deal_id: UUID
    lot_id: UUID
    number: str
    quantity: Quantity
    because: str
