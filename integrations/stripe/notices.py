"""Notices of Stripe, believed only under its signature over the very bytes that came, and only while they are fresh."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from stripe import SignatureVerificationError, WebhookSignature

from tenants.errors import Invalid

TOLERANCE_SECONDS = 300
LARGEST_BYTES = 256 * 1024
LONGEST_ID = 255


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice is about: a registration, a fee invoice or a consent of ours, a payment (all that a dispute names), or nothing of ours.
    What it says besides is not believed, but looked up.
    """

    event_id: str
    kind: str
    auction_id: UUID | None
    registration_id: UUID | None
    invoice_id: UUID | None
    mandate_id: UUID | None
    payment_id: str | None


def read_notice(body: bytes, signature: str, secrets: Sequence[str], now: float) -> Notice:
    """Refuses a body that none of these secrets has signed (two, while one takes over from the other), that is older or newer than five minutes,
    and what is no event.
    """
    if len(body) > LARGEST_BYTES:
        raise Invalid("notice_too_large", "This notice is too large.")
    if not any(_signed(body, signature, secret) for secret in secrets):
        raise Invalid("signature_wrong", "The signature does not belong to this message.")
    if abs(now - _sent_at(signature)) > TOLERANCE_SECONDS:
        raise Invalid("notice_stale", "This notice was signed too long ago, or in the future.")
    try:
        event = json.loads(body)
        event_id, kind, about = event["id"], event["type"], event["data"]["object"]
    except (ValueError, KeyError, TypeError, RecursionError) as malformed:
        raise Invalid("notice_malformed", "This is no event.") from malformed
    if not isinstance(event_id, str) or not 0 < len(event_id) <= LONGEST_ID or not isinstance(kind, str):
        raise Invalid("notice_malformed", "This is no event.")
    ours = about.get("metadata") if isinstance(about, dict) else None
    return Notice(
        event_id,
        kind[:LONGEST_ID],
        _id(ours, "auction_id"),
        _id(ours, "registration_id"),
        _id(ours, "fee_invoice_id"),
        _id(ours, "fee_mandate_id"),
        _payment(about),
    )


def _signed(body: bytes, signature: str, secret: str) -> bool:
    try:
        return signature.isascii() and bool(WebhookSignature.verify_header(body, signature, secret))
    except (SignatureVerificationError, UnicodeDecodeError):
        return False


def _sent_at(signature: str) -> int:
    """The moment that the signature covers; checked to be there with the signature itself."""
    return next(int(part[2:]) for part in signature.split(",") if part.startswith("t="))


def _payment(about: Any) -> str | None:
    """The payment that a charge, a refund or a dispute belongs to, or that the notice is about itself."""
    if not isinstance(about, dict):
        return None
    found = about.get("id") if about.get("object") == "payment_intent" else about.get("payment_intent")
    return found if isinstance(found, str) and 0 < len(found) <= LONGEST_ID else None


def _id(ours: Any, name: str) -> UUID | None:
    try:
        return UUID(ours[name])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
