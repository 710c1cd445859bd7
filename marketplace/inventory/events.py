"""What happens to goods: the facts on a lot's stream (and, for places and products, on the site's or the firm's own)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from marketplace.quantity import Quantity
from tenants.events import Fact

_HANDS = frozenset({"owner", "warehouse", "supervisor", "bank"})
# A lender hears of its own pledge in the deal's room. Here it would learn which other bank lends on the same goods.
_KEEPERS = frozenset({"owner", "warehouse", "supervisor"})


@dataclass(frozen=True, kw_only=True)
class AboutLot:
    """What every fact on a lot's stream says first: which lot."""

    link: ClassVar[str] = "/lots/{lot_id}"
    lot_id: UUID
    number: str


@dataclass(frozen=True, kw_only=True)
class ProductNamed(Fact):
    """A firm entered a product in its list."""

    says: ClassVar[str] = "Product %(name)s was entered."
    link: ClassVar[str] = "/products"
    product_id: UUID
    name: str
    unit: str
    price_code: str


@dataclass(frozen=True, kw_only=True)
class SiteOpened(Fact):
    """A warehouse operator opened a site."""

    says: ClassVar[str] = "Site %(name)s was opened."
    link: ClassVar[str] = "/sites/{site_id}"
    site_id: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class SiteCalibrated(Fact):
    """The weighbridge of a site was calibrated anew."""

    says: ClassVar[str] = "The scale of %(name)s is calibrated until %(until)s."
    link: ClassVar[str] = "/sites/{site_id}"
    site_id: UUID
    name: str
    until: datetime


@dataclass(frozen=True, kw_only=True)
class SitePlaced(Fact):
    """It was said, or corrected, where on earth a site stands (degrees, WGS 84)."""

    says: ClassVar[str] = "%(name)s stands at %(latitude)s, %(longitude)s, says %(by)s."
    link: ClassVar[str] = "/sites/{site_id}"
    site_id: UUID
    name: str
    latitude: str
    longitude: str
    by: str


@dataclass(frozen=True, kw_only=True)
class BinDrawn(Fact):
    """A bin was drawn on a site's floor plan."""

    says: ClassVar[str] = "Bin %(code)s was drawn on the floor plan."
    link: ClassVar[str] = "/sites/{site_id}"
    site_id: UUID
    bin_id: UUID
    code: str


@dataclass(frozen=True, kw_only=True)
class ZoneOpened(Fact):
    """A zone of a site was opened, with what all its bins together may hold."""

    says: ClassVar[str] = "Zone %(code)s was opened: %(capacity)s."
    link: ClassVar[str] = "/sites/{site_id}"
    site_id: UUID
    zone_id: UUID
    code: str
    capacity: Quantity


@dataclass(frozen=True, kw_only=True)
class LotsImported(Fact):
    """A file of lots was declared; each lot has its own fact beside this one."""

    says: ClassVar[str] = "Lots were declared from %(name)s: %(lots)s."
    link: ClassVar[str] = "/lots"
    import_id: UUID
    name: str
    sha256: str
    lots: int


@dataclass(frozen=True, kw_only=True)
class LotDeclared(AboutLot, Fact):
    """A firm says that these goods are coming; a claim, not yet a fact about goods."""

    says: ClassVar[str] = "%(quantity)s of %(product)s were declared as lot %(number)s."
    tells: ClassVar[frozenset[str]] = frozenset({"warehouse", "supervisor"})
    product: str
    quantity: Quantity
    site_id: UUID
    identity: str


@dataclass(frozen=True, kw_only=True)
class LotExpired(AboutLot, Fact):
    """Declared goods did not arrive in time."""

    says: ClassVar[str] = "Lot %(number)s did not arrive within 72 hours; its declaration expired."
    tells: ClassVar[frozenset[str]] = frozenset({"owner"})


@dataclass(frozen=True, kw_only=True)
class LotReceived(AboutLot, Fact):
    """The warehouse weighed the goods and took them into a bin."""

    says: ClassVar[str] = "Lot %(number)s was weighed in at %(net)s and put into bin %(bin)s."
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "supervisor"})
    gross: Quantity
    tare: Quantity
    net: Quantity
    site_id: UUID
    bin_id: UUID
    bin: str


@dataclass(frozen=True, kw_only=True)
class LotWeighed(AboutLot, Fact):
    """A further pass over the scale was added to a lot that is being received."""

    says: ClassVar[str] = "A further %(net)s of lot %(number)s were weighed in."
    gross: Quantity
    tare: Quantity
    net: Quantity


@dataclass(frozen=True, kw_only=True)
class LotInspected(AboutLot, Fact):
    """An inspector of the supervisor counted the goods; a colleague still has to confirm."""

    says: ClassVar[str] = "Lot %(number)s was inspected: %(counted)s counted."
    audience: ClassVar[frozenset[str] | None] = frozenset({"supervisor", "warehouse"})
    counted: Quantity
    passed: bool


@dataclass(frozen=True, kw_only=True)
class LotVerified(AboutLot, Fact):
    """The supervisor confirmed the quantity by evidence, with four eyes."""

    says: ClassVar[str] = "Lot %(number)s was verified at %(verified)s."
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "warehouse"})
    documented: Quantity
    weighed: Quantity
    counted: Quantity
    verified: Quantity
    variance_rate: Decimal


@dataclass(frozen=True, kw_only=True)
class LotRejected(AboutLot, Fact):
    """The supervisor refused the goods, with four eyes."""

    says: ClassVar[str] = "Lot %(number)s was rejected: %(reason)s"
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "warehouse"})
    reason: str


@dataclass(frozen=True, kw_only=True)
class LotReserved(AboutLot, Fact):
    """Part of a lot is promised to a pledge that is being made."""

    says: ClassVar[str] = "Goods of lot %(number)s were reserved for a pledge."
    audience: ClassVar[frozenset[str] | None] = _KEEPERS
    deal_id: UUID


@dataclass(frozen=True, kw_only=True)
class LotUnreserved(AboutLot, Fact):
    """A promise was given back: nothing of the lot is held any more."""

    says: ClassVar[str] = "Lot %(number)s is no longer reserved."
    audience: ClassVar[frozenset[str] | None] = _KEEPERS


@dataclass(frozen=True, kw_only=True)
class LotPledged(AboutLot, Fact):
    """The lot is under control for a bank: a pledge on it is active."""

    says: ClassVar[str] = "Lot %(number)s is pledged."
    audience: ClassVar[frozenset[str] | None] = _KEEPERS
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "warehouse"})


@dataclass(frozen=True, kw_only=True)
class LotReleased(AboutLot, Fact):
    """No pledge is left on the lot."""

    says: ClassVar[str] = "Lot %(number)s is free of pledges."
    audience: ClassVar[frozenset[str] | None] = _KEEPERS
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "warehouse"})


@dataclass(frozen=True, kw_only=True)
class LotEnforced(AboutLot, Fact):
    """The pledge on the lot is being enforced: the goods go to disposal."""

    says: ClassVar[str] = "Lot %(number)s went into disposal."
    audience: ClassVar[frozenset[str] | None] = _KEEPERS | {"auctioneer"}
    tells: ClassVar[frozenset[str]] = _KEEPERS


@dataclass(frozen=True, kw_only=True)
class LotSold(AboutLot, Fact):
    """The disposal of the lot is settled."""

    says: ClassVar[str] = "Lot %(number)s was sold."
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "warehouse", "supervisor"})


@dataclass(frozen=True, kw_only=True)
class LotDeparted(AboutLot, Fact):
    """Goods left the warehouse; `left` is what stays of the lot."""

    says: ClassVar[str] = "%(departed)s of lot %(number)s left the warehouse; %(left)s stay."
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "supervisor"})
    departed: Quantity
    left: Quantity


@dataclass(frozen=True, kw_only=True)
class LotFrozen(AboutLot, Fact):
    """Nothing of the lot may move until it is unfrozen."""

    says: ClassVar[str] = "Lot %(number)s was frozen: %(reason)s"
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "warehouse", "supervisor", "bank"})
    reason: dict[str, Any]
    kept_status: str


@dataclass(frozen=True, kw_only=True)
class LotUnfrozen(AboutLot, Fact):
    """The lot may move again, as far as its pledges allow."""

    says: ClassVar[str] = "Lot %(number)s was unfrozen."
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "warehouse", "supervisor", "bank"})
    status: str
    frozen_by: UUID
    because: str


@dataclass(frozen=True, kw_only=True)
class QuantityShrunk(AboutLot, Fact):
    """Less is there than was verified; `short` is by how much the holds on the lot exceed what is left."""

    says: ClassVar[str] = "The verified quantity of lot %(number)s fell from %(before)s to %(after)s: %(because)s"
    audience: ClassVar[frozenset[str] | None] = _HANDS
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "warehouse", "bank"})
    before: Quantity
    after: Quantity
    short: Quantity
    because: str | dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class LotShared(AboutLot, Fact):
    """Another firm was let in to see the lot."""

    says: ClassVar[str] = "Lot %(number)s was shared with another firm as %(role)s."
    audience: ClassVar[frozenset[str] | None] = frozenset({"owner"})
    to: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class LossReported(AboutLot, Fact):
    """The supervisor reported the goods lost or damaged: nothing may be lent on them any more."""

    says: ClassVar[str] = "The supervisor reported a loss of lot %(number)s: %(because)s"
    audience: ClassVar[frozenset[str] | None] = _HANDS
    tells: ClassVar[frozenset[str]] = frozenset({"owner", "warehouse", "bank"})
    damaged: bool
    because: str
