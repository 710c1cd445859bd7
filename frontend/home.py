"""Home: what needs this member now. Each room offers its own lines; home only puts the most pressing first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tenants.workspace import Workspace


@dataclass(frozen=True)
class Need:
    """One thing to do: in words, how many there are, where to do it, how pressing it is, and until when, where there is a deadline."""

    label: str
    href: str
    count: int = 1
    tone: str = "info"
    note: str = ""
    icon: str = "dot"
    until: datetime | None = None


@dataclass(frozen=True)
class Figure:
    """One figure of the member's day."""

    label: str
    value: str
    unit: str = ""
    note: str = ""
    href: str = ""
    tone: str = "neutral"


@dataclass(frozen=True)
class Step:
    """A first step for a firm that has nothing in a room yet: where it begins, and what comes of it."""

    label: str
    href: str
    note: str
    icon: str = "dot"


NEEDS: list[Callable[[Workspace], list[Need]]] = []
FIGURES: list[Callable[[Workspace], list[Figure]]] = []
PRESSING = {"danger": 0, "watch": 1, "info": 2, "neutral": 3, "ok": 4}


def needs(offer: Callable[[Workspace], list[Need]]) -> Callable[[Workspace], list[Need]]:
    """Register a room's lines for the home page."""
    NEEDS.append(offer)
    return offer


def figures(offer: Callable[[Workspace], list[Figure]]) -> Callable[[Workspace], list[Figure]]:
    """Register a room's figures for the home page."""
    FIGURES.append(offer)
    return offer


def needs_of(ws: Workspace) -> list[Need]:
    """Everything that waits for this member, most pressing first, and among equals what is due first."""
    found = [need for offer in NEEDS for need in offer(ws) if need.count]
    return sorted(found, key=_pressing_first)


def figures_of(ws: Workspace) -> list[Figure]:
    """The figures of the rooms that this member's firm uses."""
    return [figure for offer in FIGURES for figure in offer(ws)]


def _pressing_first(need: Need) -> tuple[int, bool, float]:
    return PRESSING.get(need.tone, 3), need.until is None, need.until.timestamp() if need.until else 0.0
