"""What leaves this room for the outside: a hint that an auction has moved. A hint carries no news; who hears it fetches the present state."""

from typing import Protocol
from uuid import UUID


class Announcer(Protocol):
    """Tells the watchers of an auction that it now stands at `version`. May lose a hint, must never block or fail a bid."""

    def announce(self, auction_id: UUID, version: int) -> None: ...


_announcers: list[Announcer] = []


def announce_by(announcer: Announcer) -> None:
    """Choose the process's announcer; without one, watchers find out when they ask."""
    _announcers[:] = [announcer]


def announce(auction_id: UUID, version: int) -> None:
    """Tell whoever watches."""
    for announcer in _announcers:
        announcer.announce(auction_id, version)
