"""What leaves this room for the outside: a hint that an auction has moved, and the house's signature under what it answers for."""

from typing import Protocol
from uuid import UUID


class Announcer(Protocol):
    """Tells the watchers of an auction that it now stands at `version`. May lose a hint, must never block or fail a bid. A hint carries no news; who hears
    it fetches the present state.
    """

    def announce(self, auction_id: UUID, version: int) -> None: ...


class Signer(Protocol):
    """Signs for the house. `public`: the key by which anyone can check it, Ed25519 in hex."""

    public: str

    def sign(self, text: bytes) -> str: ...


_announcers: list[Announcer] = []
_signers: list[Signer] = []


def announce_by(announcer: Announcer) -> None:
    """Choose the process's announcer; without one, watchers find out when they ask."""
    _announcers[:] = [announcer]


def announce(auction_id: UUID, version: int) -> None:
    """Tell whoever watches."""
    for announcer in _announcers:
        announcer.announce(auction_id, version)


def sign_by(signer: Signer) -> None:
    """Choose the process's signer."""
    _signers[:] = [signer]


def signer() -> Signer:
    """Who signs for the house."""
    assert _signers, "wsgi chooses a signer for web and worker"
    return _signers[0]
