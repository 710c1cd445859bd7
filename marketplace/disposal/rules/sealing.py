"""The texts that are sealed and signed in a sale, so that anyone can recompute it later.

Each is lines of plain text joined by line feeds, its first line naming what it is: `record/recompute.py`, which shares no code with the house, writes
them again. Times are UTC with six places, amounts minor units, hashes hex.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from marketplace.money import Money

SALT_BYTES = 32


def moment(at: datetime) -> str:
    """A time as the database writes it into the chain of bids."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def first_link(auction_id: UUID) -> bytes:
    """Where the chain of bids begins."""
    return sha256(str(auction_id).encode()).digest()


def seal_reserve(auction_id: UUID, reserve: Money, salt: bytes) -> bytes:
    """What is published of a reserve before the sale: it binds the seller and tells nothing, since the salt has 256 bits.

    At the end both are opened, and anyone can see that the reserve was not moved while bids came in (invariant 31).
    """
    assert len(salt) == SALT_BYTES, "a shorter salt could be guessed with its amount"
    return sha256(_lines("bailee reserve 1", auction_id, reserve.minor, reserve.currency, salt.hex())).digest()


def seal_envelope(auction_id: UUID, paddle: int, amount: Money, salt: bytes) -> bytes:
    """What a bidder hands in of a sealed bid: it binds this paddle to this amount and tells nobody, the house least of all, what it is.

    The bidder's own machine makes salt and hash; both envelope and salt stay there until it is opened.
    """
    assert len(salt) == SALT_BYTES, "a shorter salt could be guessed with its amount"
    return sha256(_lines("bailee envelope 1", auction_id, paddle, amount.minor, amount.currency, salt.hex())).digest()


def receipt_text(
    auction_id: UUID, *, sequence: int, paddle: int, amount: Money, outcome: str, at: datetime, link: bytes
) -> bytes:
    """What the house signs for a bid: its place, its fate, and its link, which covers every bid before it."""
    return _lines("bailee bid receipt 1", auction_id, sequence, paddle, amount.minor, amount.currency, outcome, moment(at), link.hex())  # fmt: skip


def result_text(
    auction_id: UUID, *, status: str, price_minor: int | None, paddle: int | None, ends_at: datetime, bids: int, head: bytes
) -> bytes:  # fmt: skip
    """What the house signs for a whole sale: how it ended, and the head of its chain of bids."""
    sold = ("", "") if price_minor is None else (price_minor, paddle)
    return _lines("bailee sale result 1", auction_id, status, *sold, moment(ends_at), bids, head.hex())


def outage_text(
    auction_id: UUID, *, after: int, began_at: datetime, back_at: datetime, resumes_at: datetime, ends_at: datetime, order: Sequence[str] = ()
) -> bytes:  # fmt: skip
    """What the house signs for a standstill: after how many lines of the book, from when until when, what it did to the sale, and by which order, if any."""
    times = (moment(one) for one in (began_at, back_at, resumes_at, ends_at))
    return _lines("bailee outage 1", auction_id, after, *times, *order)


def _lines(*parts: object) -> bytes:
    return "\n".join(str(part) for part in parts).encode()
