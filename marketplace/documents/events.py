"""What happens to papers: facts on the stream of the thing that they are about."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class DocumentAdded(Fact):
    """A paper was added to a lot, a deal, a site or a shipment; its hash fixes what it said. For all who hold a grant there."""

    says: ClassVar[str] = "Document %(name)s was added."
    link: ClassVar[str] = "/documents/{document_id}"
    document_id: UUID
    kind: str
    name: str
    sha256: str
    version: int


@dataclass(frozen=True, kw_only=True)
class ConfidentialDocumentAdded(DocumentAdded):
    """A paper about prices or payments was added: told to the parties of the loan alone."""

    audience: ClassVar[frozenset[str] | None] = frozenset({"owner", "borrower", "bank", "core"})


@dataclass(frozen=True, kw_only=True)
class TermsDocumentAdded(DocumentAdded):
    """A paper about the price of money was added: told to borrower and bank alone."""

    audience: ClassVar[frozenset[str] | None] = frozenset({"borrower", "bank"})


@dataclass(frozen=True, kw_only=True)
class ParticularsEntered(Fact):
    """What a paper says was put into figures, typed in or read from the file."""

    says: ClassVar[str] = "Document %(number)s was put into figures."
    audience: ClassVar[frozenset[str] | None] = frozenset({"owner", "borrower", "bank", "core"})
    link: ClassVar[str] = "/documents/{document_id}"
    document_id: UUID
    number: str
    source: str


@dataclass(frozen=True, kw_only=True)
class TradeEntered(Fact):
    """An order was entered: the trade begins."""

    says: ClassVar[str] = "Order %(number)s between %(seller)s and %(buyer)s was entered."
    link: ClassVar[str] = "/trades/{trade_id}"
    trade_id: UUID
    number: str
    seller: str
    buyer: str


@dataclass(frozen=True, kw_only=True)
class TradeRecordAdded(Fact):
    """A delivery, an invoice or a payment was added to a trade, and the four flows were matched anew."""

    says: ClassVar[str] = "%(record)s was added to trade %(number)s: %(breaks)s breaks."
    link: ClassVar[str] = "/trades/{trade_id}"
    trade_id: UUID
    number: str
    record: str
    lane: str
    state: str
    breaks: int


@dataclass(frozen=True, kw_only=True)
class TradesImported(Fact):
    """A file of orders, deliveries, invoices or payments was imported whole; the hash tells which."""

    says: ClassVar[str] = "%(rows)s rows were imported from %(name)s into %(trades)s trades."
    link: ClassVar[str] = "/trades"
    import_id: UUID
    name: str
    sha256: str
    lane: str
    rows: int
    trades: int


@dataclass(frozen=True, kw_only=True)
class TradeLaidBefore(Fact):
    """The borrower laid a trade before the parties of a deal."""

    says: ClassVar[str] = "Trade %(number)s was laid before the deal."
    audience: ClassVar[frozenset[str] | None] = frozenset({"borrower", "bank"})
    link: ClassVar[str] = "/trades/{trade_id}"
    trade_id: UUID
    number: str


@dataclass(frozen=True, kw_only=True)
class TradeTakenBack(TradeLaidBefore):
    """The borrower took a trade back out of a deal; its bank no longer sees it through that deal."""

    says: ClassVar[str] = "Trade %(number)s was taken back from the deal."


@dataclass(frozen=True, kw_only=True)
class TradeShared(Fact):
    """The other side of a trade was let in."""

    says: ClassVar[str] = "%(with_)s may now see trade %(number)s."
    link: ClassVar[str] = "/trades/{trade_id}"
    trade_id: UUID
    number: str
    with_: str


@dataclass(frozen=True, kw_only=True)
class DuplicateFound(Fact):
    """The same paper or goods stand behind another firm's deal too. For the bank alone: neither borrower learns of it here, nor anybody whose the other deal is."""

    says: ClassVar[str] = "%(what)s as behind lot %(number)s appears in another deal. Whose it is, is not told."
    audience: ClassVar[frozenset[str] | None] = frozenset({"bank"})
    tells: ClassVar[frozenset[str]] = frozenset({"bank"})
    link: ClassVar[str] = "/deals/{deal_id}"
    deal_id: UUID
    number: str
    what: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DuplicateOfLot(Fact):
    """The same, told on the lot to those who control its goods and to banks that lend on them."""

    says: ClassVar[str] = "%(what)s as behind lot %(number)s appears in another deal. Whose it is, is not told."
    audience: ClassVar[frozenset[str] | None] = frozenset({"bank", "supervisor"})
    tells: ClassVar[frozenset[str]] = frozenset({"supervisor"})
    link: ClassVar[str] = "/lots/{lot_id}"
    lot_id: UUID
    number: str
    what: dict[str, Any]
