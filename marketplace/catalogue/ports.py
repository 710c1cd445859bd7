"""The search index behind the catalogue: what is asked of it, whichever stands there.

An index never decides who may see what: it holds published offers alone, and every hit is read again from the database under row security.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from tenants.workspace import Workspace

FACETS = ("category", "grade", "place", "regime", "evidence", "status")


class Sort(StrEnum):
    """In which order hits come."""

    BEST = "best"
    CLOSING = "closing"
    CHEAPEST = "cheapest"
    DEAREST = "dearest"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Document:
    """What the index is given of an offer: tokens that weigh more (its name) and less (all else)."""

    tenant_id: UUID
    id: UUID
    name: tuple[str, ...]
    text: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a searcher wants: runs of tokens that must all be there, facets of which one value each must hold, and ranges. Prices in minor units."""

    tokens: tuple[tuple[str, ...], ...] = ()
    facets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    price_min: int | None = None
    price_max: int | None = None
    closes_before: datetime | None = None
    sort: Sort = Sort.BEST
    past: int = 0
    most: int = 24


@dataclass(frozen=True, slots=True)
class Found:
    """The hits in their order, how many there are in all, and how many each value of a facet would find."""

    hits: tuple[UUID, ...]
    total: int
    facets: dict[str, dict[str, int]]


class SearchIndex(Protocol):
    """A place to look offers up in."""

    def put(self, ws: Workspace, document: Document) -> None: ...

    def search(self, ws: Workspace, wish: Wish) -> Found: ...


_indexes: list[SearchIndex] = []


def search_with(index: SearchIndex) -> None:
    """Choose the process's index."""
    _indexes[:] = [index]


def index() -> SearchIndex:
    """The index of this process."""
    assert _indexes, "no search index was chosen"
    return _indexes[0]


def flat(runs: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Runs of tokens as a wish holds them."""
    return tuple(tuple(run) for run in runs)
