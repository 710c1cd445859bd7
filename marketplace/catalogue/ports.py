"""The search index behind the catalogue: what is asked of it, whichever stands there.

The database's own index is part of the published rows and changes with them. An outer one may stand beside it for many more offers than one database
should search: it is fed after each commit, can be lost and rebuilt, and where it does not answer the database's own is asked. An index never decides
who may see what: it filters by what it was told, and every hit is read again from the database under row security.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from marketplace.catalogue.distance import Near, Spot
from marketplace.catalogue.rules.counting import TOTAL, about, one_in, rounded
from tenants.workspace import Workspace

FACETS = ("category", "grade", "place", "regime", "evidence", "status")


class Shelved(StrEnum):
    """What is on the shelf: goods for sale, for everybody; and stock that is offered for finance, for banks.

    An outer index is given what everybody may find. The rest is searched in the database alone, which knows who asks.
    """

    AUCTION = "AUCTION"
    STOCK = "STOCK"


class Sort(StrEnum):
    """In which order hits come."""

    BEST = "best"
    CLOSING = "closing"
    CHEAPEST = "cheapest"
    DEAREST = "dearest"
    NEWEST = "newest"
    NEAREST = "nearest"


@dataclass(frozen=True, slots=True)
class Document:
    """What the index is given of an offer: the tokens of its name and of all else, which weigh alike, facets, and what it is sorted by.

    `version` grows with every change of the offer, so that news that come late do not undo later ones. `visible_to` are tenants, or everybody.
    Price in minor units. `spot`: where the goods lie; `received_at`: since when.
    """

    tenant_id: UUID
    id: UUID
    version: int
    name: tuple[str, ...]
    text: tuple[str, ...]
    facets: dict[str, str]
    price_minor: int
    closes_at: datetime
    published_at: datetime
    visible_to: tuple[UUID, ...] | None = None
    spot: Spot | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a searcher wants: words, as runs of tokens; facets of which one value each must hold, and ranges. Prices in minor units.

    An offer is found that has enough of the words (`rules.relevance`), the best first; with `every` it must have all of them.

    `received_after`: goods that came into their warehouse since then. What is not known of an offer is not within a range of it.
    """

    tokens: tuple[tuple[str, ...], ...] = ()
    every: bool = False
    facets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    price_min: int | None = None
    price_max: int | None = None
    closes_before: datetime | None = None
    near: Near | None = None
    received_after: datetime | None = None
    kind: Shelved = Shelved.AUCTION
    sort: Sort = Sort.BEST
    past: int = 0
    most: int = 24


@dataclass(frozen=True, slots=True)
class Found:
    """The hits in their order, how many there are in all, and how many each value of a facet would find.

    `about`: which of these numbers are only about right and told to two digits (`rules.counting`): the `total`, and by name facets; where the total is exact,
    of a facet what was not chosen.
    """

    hits: tuple[UUID, ...]
    total: int
    facets: dict[str, dict[str, int]]
    about: frozenset[str] = frozenset()


def told(found: Found, wish: Wish, likely: int) -> Found:
    """What an index found, told alike by whichever it is, where so many offers may have the words: `likely`."""
    chosen = {name: values for name, values in wish.facets.items() if values}
    rough = about(one_in(likely), found.total, frozenset(chosen), frozenset(FACETS))
    if not rough:
        return found
    exact = {} if TOTAL in rough else chosen
    facets = {
        name: {v: n if name not in rough or v in exact.get(name, ()) else rounded(n) for v, n in counts.items()}
        for name, counts in found.facets.items()
    }
    return Found(found.hits, found.total if exact else rounded(found.total), facets, rough)


@dataclass(frozen=True, slots=True)
class Drift:
    """How an outer index differed from the rows. `held`: how many published offers there are. `behind`: those that it lacked or knew older, given to it anew.
    `gone`: what it held and is published no more, taken out. `ahead`: what it knows newer than the rows are, as after a backup was brought back: a build alone mends that.
    """

    held: int = 0
    behind: int = 0
    gone: int = 0
    ahead: int = 0

    def __add__(self, other: "Drift") -> "Drift":
        return Drift(self.held + other.held, self.behind + other.behind, self.gone + other.gone, self.ahead + other.ahead)  # fmt: skip


class Unanswered(Exception):
    """The outer index did not answer, or not in time: ask the database's own."""


class SearchIndex(Protocol):
    """A place to look offers up in."""

    def put(self, ws: Workspace, documents: Sequence[Document]) -> None:
        """Bring these offers up to date. One that is older than what stands there changes nothing."""

    def search(self, ws: Workspace, wish: Wish) -> Found:
        """What this workspace may find, in the order that was asked for."""


class OuterIndex(SearchIndex, Protocol):
    """An index on a server of its own. All but `standing` raise `Unanswered` where that server does not answer."""

    name: str

    def standing(self) -> str | None:
        """Why searches go elsewhere for now; None where they do not."""

    def rebuild(self, batches: Iterable[Sequence[Document]]) -> int:
        """Build it anew from these, and search by it from then on. Until then the old one serves. Returns how many offers it holds."""

    def check(
        self, batches: Iterable[Sequence[Document]], versions: Callable[[Sequence[UUID]], Mapping[UUID, int]]
    ) -> Drift:
        """Hold it against these, all that it should hold in the order of their ids, and mend it while it serves. `versions`: those of the published rows by now."""


_own: list[SearchIndex] = []
_outer: list[OuterIndex] = []


def search_with(own: SearchIndex, *, outer: OuterIndex | None = None) -> None:
    """Choose the process's indexes."""
    _own[:] = [own]
    _outer[:] = [outer] if outer else []


def own_index() -> SearchIndex:
    """The database's own index, written in the transaction that changes the row."""
    assert _own, "no search index was chosen"
    return _own[0]


def outer_index() -> OuterIndex | None:
    """The index beside the database, if there is one."""
    return _outer[0] if _outer else None


def find(ws: Workspace, wish: Wish) -> Found:
    """Search by the outer index; by the database's own where there is none or it does not answer."""
    outer = outer_index()
    if outer is not None and wish.kind is Shelved.AUCTION:
        try:
            return outer.search(ws, wish)
        except Unanswered:
            pass
    return own_index().search(ws, wish)


def standing() -> dict[str, str]:
    """What searches at this moment, and why not the outer index where there is one: for whoever watches over the house."""
    outer = outer_index()
    why_not = outer.standing() if outer else None
    by = outer.name if outer and why_not is None else "postgresql"
    return {"search": by} | ({"search_fallback": why_not} if why_not else {})


def flat(runs: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Runs of tokens as a wish holds them."""
    return tuple(tuple(run) for run in runs)
