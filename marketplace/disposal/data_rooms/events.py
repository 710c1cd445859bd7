"""What happens in a data room. On the auction, for the seller and all who registered; a promise on its own registration."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from tenants.events import Fact

PAGE = "/auctions/{auction_id}/data-room"


@dataclass(frozen=True, kw_only=True)
class DataRoomOpened(Fact):
    """The seller lets bidders read papers, under a promise. On the auction."""

    says: ClassVar[str] = "The seller opened a data room for %(title)s."
    tells: ClassVar[frozenset[str]] = frozenset({"buyer"})
    link: ClassVar[str] = PAGE
    auction_id: UUID
    title: str
    terms_sha256: str


@dataclass(frozen=True, kw_only=True)
class PaperShared(Fact):
    """A paper, or a new version of one, lies in the data room. On the auction, for its seller: names are for those who gave the promise."""

    says: ClassVar[str] = "%(name)s, version %(version)s, was put into the data room."
    audience: ClassVar[frozenset[str] | None] = frozenset({"seller"})
    link: ClassVar[str] = PAGE
    auction_id: UUID
    name: str
    version: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class DataRoomEntered(Fact):
    """A bidder promised to keep what it reads to itself. On its registration."""

    says: ClassVar[str] = "%(signed_by)s promised for %(organisation)s to keep the papers about %(title)s confidential."
    tells: ClassVar[frozenset[str]] = frozenset({"seller"})
    link: ClassVar[str] = PAGE
    auction_id: UUID
    title: str
    organisation: str
    signed_by: str
    terms_sha256: str
