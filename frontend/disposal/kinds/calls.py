"""Calls about envelopes: hand one in by its hash, open it in its window."""

from typing import Any
from uuid import UUID

from frontend.disposal.amounts import shaped
from frontend.disposal.blueprint import api
from frontend.disposal.doors import bid_door, currency_of
from frontend.disposal.kinds.doors import in_the_book
from frontend.disposal.kinds.shapes import EnvelopeReceipt, EnvelopeWish, Opening
from marketplace.disposal import actions
from marketplace.disposal.answers import Answer, refusal
from marketplace.disposal.record.receipts import receipt_of
from marketplace.money import Money


@api.act("/auctions/<uuid:auction_id>/envelopes", gives=EnvelopeReceipt, takes=EnvelopeWish, status=201, door=bid_door)
def hand_in_envelope(token: str, key: str, auction_id: UUID, body: EnvelopeWish) -> Any:
    """Hand in a sealed bid by its hash. It binds; a refused one is in the book too."""
    seal = bytes.fromhex(body.seal)
    return _told(auction_id, in_the_book(token, key, lambda ws, once: actions.hand_in_envelope(ws, auction_id, seal=seal, key=once)))  # fmt: skip


@api.act("/auctions/<uuid:auction_id>/envelopes/opening", gives=EnvelopeReceipt, takes=Opening, status=201, door=bid_door)  # fmt: skip
def open_envelope(token: str, key: str, auction_id: UUID, body: Opening) -> Any:
    """Open the caller's envelope with its amount and salt, while envelopes are opened."""
    amount, salt = Money.of(body.amount, currency_of(auction_id)), bytes.fromhex(body.salt)
    return _told(auction_id, in_the_book(token, key, lambda ws, once: actions.open_envelope(ws, auction_id, amount=amount, salt=salt, key=once)))  # fmt: skip


def _told(auction_id: UUID, answer: Answer) -> dict[str, Any]:
    currency = currency_of(auction_id)
    refused = refusal(answer, currency)
    if refused is not None:
        raise refused
    receipt = receipt_of(auction_id, answer, currency)
    assert receipt is not None, "what was taken is in the book"
    standing = None if answer.standing_minor is None else Money(answer.standing_minor, currency)
    return {"sequence": answer.sequence, "paddle": answer.paddle, "outcome": answer.outcome, "at": answer.at, "leads": answer.leads,
            "standing": shaped(standing), "receipt": receipt.told()}  # fmt: skip
