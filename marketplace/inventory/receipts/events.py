"""What happens to warehouse receipts: facts on the receipt's own stream, where holder, bank and warehouse read them."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.quantity import Quantity
from tenants.events import Fact

_ALL = frozenset({"holder", "bank", "warehouse", "depositor"})


@dataclass(frozen=True, kw_only=True)
class AboutReceipt:
    """What every fact of a receipt says first."""

    link: ClassVar[str] = "/receipts/{receipt_id}"
    receipt_id: UUID
    number: str


@dataclass(frozen=True, kw_only=True)
class ReceiptIssued(AboutReceipt, Fact):
    """The warehouse issued a receipt, with four eyes; `content_hash` fixes what it says."""

    says: ClassVar[str] = "Warehouse receipt %(number)s was issued for %(quantity)s of %(product)s."
    tells: ClassVar[frozenset[str]] = frozenset({"holder"})
    product: str
    quantity: Quantity
    content_hash: str
    parents: list[str]


@dataclass(frozen=True, kw_only=True)
class ReceiptRequested(AboutReceipt, Fact):
    """Who controls the receipt signed; the warehouse has still to sign."""

    says: ClassVar[str] = "Something was asked to be done with receipt %(number)s; the warehouse has to sign."
    tells: ClassVar[frozenset[str]] = frozenset({"warehouse"})
    request_id: UUID
    kind: str


@dataclass(frozen=True, kw_only=True)
class ReceiptRequestClosed(AboutReceipt, Fact):
    """A request was refused or withdrawn."""

    says: ClassVar[str] = "What was asked about receipt %(number)s is off: %(because)s"
    tells: ClassVar[frozenset[str]] = _ALL
    because: str


@dataclass(frozen=True, kw_only=True)
class ReceiptEndorsed(AboutReceipt, Fact):
    """Holder and warehouse signed: the receipt, and with it the goods, are another firm's (Civil Code 910)."""

    says: ClassVar[str] = "Receipt %(number)s was endorsed to %(to)s."
    tells: ClassVar[frozenset[str]] = _ALL
    to: str


@dataclass(frozen=True, kw_only=True)
class ReceiptEndorsedInPledge(AboutReceipt, Fact):
    """Holder and warehouse signed the endorsement in pledge: the bank holds the goods by their receipt (Civil Code 441; Interpretation on Security 59)."""

    says: ClassVar[str] = "Receipt %(number)s was endorsed in pledge to %(to)s."
    tells: ClassVar[frozenset[str]] = frozenset({"holder", "bank"})
    to: str


@dataclass(frozen=True, kw_only=True)
class ReceiptReplaced(AboutReceipt, Fact):
    """The receipt ended; others of exactly its goods took its place (split, merge, reissue)."""

    says: ClassVar[str] = "Receipt %(number)s was replaced by %(by)s."
    tells: ClassVar[frozenset[str]] = _ALL
    by: list[str]
    status: str


@dataclass(frozen=True, kw_only=True)
class ReceiptSurrendered(AboutReceipt, Fact):
    """The receipt was given back and cancelled: its goods went out, or (pledged) stay under the bank's control without a paper."""

    says: ClassVar[str] = "Receipt %(number)s was surrendered and cancelled."
    tells: ClassVar[frozenset[str]] = _ALL
    quantity: Quantity
    delivered: bool


@dataclass(frozen=True, kw_only=True)
class ReceiptLost(AboutReceipt, Fact):
    """The controller reported control of the receipt lost; it is noticed publicly on the verification page until then."""

    says: ClassVar[str] = "Receipt %(number)s was reported lost: %(because)s"
    tells: ClassVar[frozenset[str]] = _ALL
    because: str
    notice_until: str
