"""What those hear who are given notice of a sale, and its proof. The debtor's own notice is `events.DisposalNoticed`."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class GuarantorNoticed(Fact):
    """Who answers for the loan is given notice that its goods will be sold. On the deal."""

    says: ClassVar[str] = "Notice is given to who answers for the loan: %(title)s will be sold from %(opens_at)s."
    audience: ClassVar[frozenset[str] | None] = frozenset({"bank", "core"})
    tells: ClassVar[frozenset[str]] = frozenset({"core"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    opens_at: datetime


@dataclass(frozen=True, kw_only=True)
class ClaimantNoticed(Fact):
    """The bank behind the seller on the same goods is given notice that they will be sold. On the consent of the two banks."""

    says: ClassVar[str] = "Notice is given to the bank in second rank: %(title)s will be sold from %(opens_at)s."
    tells: ClassVar[frozenset[str]] = frozenset({"second"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    opens_at: datetime


@dataclass(frozen=True, kw_only=True)
class SaleNoticeServed(Fact):
    """The seller served notice by hand on somebody who takes no part here, and entered the proof. On the deal."""

    says: ClassVar[str] = "The notice of the sale of %(title)s was served on %(organisation)s: %(proof)s"
    audience: ClassVar[frozenset[str] | None] = frozenset({"borrower", "bank"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    organisation: str
    proof: str
