"""What happens in the catalogue."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from marketplace.money import Money
from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class SearchSaved(Fact):
    """Somebody of the firm saved a search, to run it again."""

    says: ClassVar[str] = "The search %(name)s was saved."
    link: ClassVar[str] = "/catalogue/searches"
    search_id: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class SearchForgotten(Fact):
    """A saved search was removed."""

    says: ClassVar[str] = "The search %(name)s was removed."
    link: ClassVar[str] = "/catalogue/searches"
    search_id: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class AlertChosen(Fact):
    """How the firm wants to hear of what a saved search finds."""

    says: ClassVar[str] = "How you hear of the search %(name)s was changed."
    link: ClassVar[str] = "/catalogue/searches"
    search_id: UUID
    name: str
    alert: str


@dataclass(frozen=True, kw_only=True)
class SearchMatched(Fact):
    """Goods were put up that a saved search of the firm finds."""

    says: ClassVar[str] = "Your search %(name)s found %(title)s from %(price)s."
    tells: ClassVar[frozenset[str]] = frozenset({"actor"})
    link: ClassVar[str] = "/auctions/{listing_id}"
    listing_id: UUID
    name: str
    title: str
    price: Money


@dataclass(frozen=True, kw_only=True)
class SearchDigest(Fact):
    """What the firm's saved searches found in a day, in one notice."""

    says: ClassVar[str] = "Your searches found new goods: %(found)s."
    tells: ClassVar[frozenset[str]] = frozenset({"actor"})
    link: ClassVar[str] = "/catalogue/searches"
    found: int


@dataclass(frozen=True, kw_only=True)
class OfferWatched(Fact):
    """Somebody of the firm put an offer on the watch list."""

    says: ClassVar[str] = "%(title)s was put on the watch list."
    link: ClassVar[str] = "/catalogue/watched"
    listing_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class OfferUnwatched(Fact):
    """An offer was taken off the watch list."""

    says: ClassVar[str] = "%(title)s was taken off the watch list."
    link: ClassVar[str] = "/catalogue/watched"
    listing_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class WatchedCloses(Fact):
    """An offer on the firm's watch list closes soon."""

    says: ClassVar[str] = "%(title)s on your watch list closes at %(ends_at)s."
    tells: ClassVar[frozenset[str]] = frozenset({"actor"})
    link: ClassVar[str] = "/auctions/{listing_id}"
    listing_id: UUID
    title: str
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class WatchedPutUpAgain(Fact):
    """Goods that the firm watched are put up again, as a rule for less."""

    says: ClassVar[str] = "%(title)s, which you watched, is put up again from %(price)s."
    tells: ClassVar[frozenset[str]] = frozenset({"actor"})
    link: ClassVar[str] = "/auctions/{listing_id}"
    listing_id: UUID
    title: str
    price: Money


@dataclass(frozen=True, kw_only=True)
class WishersInvited(Fact):
    """The seller had firms asked in whose saved searches found its goods; it learns how many. Told to the seller alone."""

    says: ClassVar[str] = "Firms that look for such goods were invited to talk about %(title)s: %(firms)s."
    audience: ClassVar[frozenset[str] | None] = frozenset({"seller"})
    link: ClassVar[str] = "/auctions/{auction_id}/talks"
    auction_id: UUID
    title: str
    firms: int


@dataclass(frozen=True, kw_only=True)
class InvitedToTalks(Fact):
    """A seller would talk about goods that a saved search of the firm found. It does not know whom it asked."""

    says: ClassVar[str] = "The seller of %(title)s invites you to make an offer, from %(floor)s."
    tells: ClassVar[frozenset[str]] = frozenset({"actor"})
    link: ClassVar[str] = "/auctions/{auction_id}"
    auction_id: UUID
    title: str
    floor: Money


@dataclass(frozen=True, kw_only=True)
class SearchIndexInStep(Fact):
    """The night held the outer search index against the rows, and nothing differed. On the operator's own stream."""

    says: ClassVar[str] = "The search index holds the %(held)s published offers."
    quiet: ClassVar[bool] = True
    held: int


@dataclass(frozen=True, kw_only=True)
class SearchIndexMended(Fact):
    """The night found that the outer search index had drifted, and mended it. On the operator's own stream."""

    says: ClassVar[str] = "Of %(held)s published offers the search index lacked %(behind)s or knew them older, and it held %(gone)s that are published no more: it is mended."  # fmt: skip
    tells: ClassVar[frozenset[str]] = frozenset({"actor"})
    link: ClassVar[str] = "/"
    held: int
    behind: int
    gone: int


@dataclass(frozen=True, kw_only=True)
class SearchIndexAhead(Fact):
    """The outer search index knows offers newer than the rows are, as after a backup was brought back: a build alone mends that. On the operator's own stream."""

    says: ClassVar[str] = "The search index knows %(ahead)s of %(held)s offers newer than the database does, as after a backup was brought back: run bailee reindex."  # fmt: skip
    tells: ClassVar[frozenset[str]] = frozenset({"actor"})
    link: ClassVar[str] = "/"
    held: int
    ahead: int


@dataclass(frozen=True, kw_only=True)
class SearchIndexUnchecked(Fact):
    """The outer search index did not answer the night's check; PostgreSQL searches meanwhile. On the operator's own stream."""

    says: ClassVar[str] = "The search index was not checked in the night: %(trouble)s"
    tells: ClassVar[frozenset[str]] = frozenset({"actor"})
    link: ClassVar[str] = "/"
    trouble: str
