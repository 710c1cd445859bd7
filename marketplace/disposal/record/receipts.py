"""Signed receipts: what a bidder keeps to show, against anybody, that its bid was taken and where it stood."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from nacl.signing import SigningKey
from sqlalchemy import select

from marketplace.disposal.bidding import Answer
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.bids import Bid
from marketplace.disposal.models.registrations import Paddle
from marketplace.disposal.ports import signer
from marketplace.disposal.rules.sealing import moment, receipt_text
from marketplace.money import Money
from tenants.workspace import Workspace

KIND = "bailee bid receipt 1"
MOST = 1000


class InstallationKey:
    """The house's Ed25519 key for receipts and results, grown from the installation's secret: it lasts as long, and is in every backup.

    Ed25519 is deterministic: the same bid has the same receipt, whenever it is asked for and by whichever process it is answered.
    """

    def __init__(self, secret: str) -> None:
        self._key = SigningKey(hmac.digest(secret.encode(), b"bailee bid receipts 1", sha256))
        self.public = self._key.verify_key.encode().hex()

    def sign(self, text: bytes) -> str:
        """The signature, in hex."""
        return self._key.sign(text).signature.hex()


@dataclass(frozen=True, slots=True)
class Receipt:
    """One bid as the house answers for it. `link`: its hash in the chain; `signature` is over `receipt_text` of the rest."""

    auction_id: UUID
    sequence: int
    paddle: int
    amount: Money
    outcome: str
    at: datetime
    link: bytes

    @property
    def signature(self) -> str:
        """Ed25519, in hex."""
        return signer().sign(
            receipt_text(
                self.auction_id,
                sequence=self.sequence,
                paddle=self.paddle,
                amount=self.amount,
                outcome=self.outcome,
                at=self.at,
                link=self.link,
            )
        )

    def told(self) -> Mapping[str, Any]:
        """The receipt as a file of its own, which `recompute.py` reads."""
        return {
            "kind": KIND,
            "auction": str(self.auction_id),
            "sequence": self.sequence,
            "paddle": self.paddle,
            "amount_minor": self.amount.minor,
            "currency": self.amount.currency,
            "outcome": self.outcome,
            "at": moment(self.at),
            "hash": self.link.hex(),
            "key": signer().public,
            "signature": self.signature,
        }


def receipt_of(auction_id: UUID, answer: Answer, currency: str) -> Receipt | None:
    """The receipt for an answered bid, a refused one too; None where it had no place in the book."""
    if answer.sequence is None or answer.paddle is None or answer.at is None or answer.hash is None:
        return None
    amount = Money(answer.amount_minor, currency)
    return Receipt(auction_id, answer.sequence, answer.paddle, amount, answer.outcome.value, answer.at, answer.hash)


def receipt_in_book(bid: Bid, currency: str) -> Receipt:
    """The receipt for a bid of the book."""
    amount = Money(bid.amount_minor, currency)
    return Receipt(bid.auction_id, bid.sequence, bid.paddle, amount, bid.outcome, bid.at, bid.hash)


def my_receipts(ws: Workspace, auction: Auction) -> list[Receipt]:
    """The viewer's own receipts in an auction, those for what the house bid up to its limit among them; latest first, at most a thousand."""
    mine = select(Paddle.number).where(Paddle.auction_id == auction.auction_id, Paddle.tenant_id == ws.tenant_id)
    bids = select(Bid).where(Bid.auction_id == auction.auction_id, Bid.paddle.in_(mine))
    rows = ws.session.scalars(bids.order_by(Bid.sequence.desc()).limit(MOST))
    return [receipt_in_book(bid, auction.currency) for bid in rows]
