"""Warehouse receipts: who controls the paper that stands for the goods, and that no receipt says more than there is.

An endorsement needs the holder *and* the warehouse (Civil Code 910; Interpretation on Security 59). A receipt is
split or merged without a grain gained or lost, and a pledged one only with the bank.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from marketplace.quantity import Quantity, base_units
from marketplace.states import Actor, Guard, Machine, step
from tenants.errors import Conflict, Invalid


class ReceiptState(StrEnum):
    """Where a receipt stands. SPLIT, MERGED, CANCELLED and REISSUED are ends: others have taken its place.

    It is frozen with its goods, and no state of its own says so: while their lot is frozen, or in an open shortage, nothing is signed on it (`receipts/signing.py`).
    """

    DRAFT = "DRAFT"
    ISSUED = "ISSUED"
    PLEDGED = "PLEDGED"
    SPLIT = "SPLIT"
    MERGED = "MERGED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"
    LOST = "LOST"
    REISSUED = "REISSUED"


CONTENT_COMPLETE = Guard("content_complete", "The receipt lacks content that Civil Code 909 asks for.")
GOODS_RECEIVED = Guard("goods_received", "A receipt may only be issued for goods that came in and were weighed.")
HOLDER_SIGNED = Guard("holder_signed", "The holder has not endorsed.")
WAREHOUSE_SIGNED = Guard("warehouse_signed", "The warehouse has not signed the endorsement.")
PLEDGE_ENDORSED = Guard("pledge_endorsed_or_registered", "The pledge is neither endorsed and sealed nor registered.")
QUANTITY_CONSERVED = Guard("quantity_conserved", "The new receipts do not add up to the old.")
BANK_CONSENTS = Guard("bank_consents", "A pledged receipt needs the bank's consent.")
GOODS_OUT = Guard("goods_out", "The goods have not gone out.")
ORIGINAL_SURRENDERED = Guard("original_surrendered", "The original receipt has not been surrendered.")
PUBLIC_NOTICE = Guard("public_notice_given", "The loss has not been notified publicly.")
INDEMNITY = Guard("indemnity_given", "No indemnity has been given for the lost receipt.")

_S = ReceiptState
_LIVE = (_S.ISSUED, _S.PLEDGED)
_BOTH_SIGN = (HOLDER_SIGNED, WAREHOUSE_SIGNED)
_WAREHOUSE = Actor.WAREHOUSE_OPERATOR

RECEIPT = Machine[ReceiptState](
    "Warehouse receipt",
    step(None, "draft", _S.DRAFT, _WAREHOUSE),
    step(_S.DRAFT, "issue", _S.ISSUED, _WAREHOUSE, guards=(CONTENT_COMPLETE, GOODS_RECEIVED), four_eyes=True),
    step(_S.ISSUED, "endorse", _S.ISSUED, Actor.SME, Actor.BUYER, guards=_BOTH_SIGN),
    step(_S.ISSUED, "pledge", _S.PLEDGED, Actor.SME, Actor.BANK, guards=(PLEDGE_ENDORSED,)),
    step(_S.PLEDGED, "release", _S.ISSUED, Actor.BANK, four_eyes=True),
    step(_S.ISSUED, "split", _S.SPLIT, Actor.SME, _WAREHOUSE, guards=(QUANTITY_CONSERVED, *_BOTH_SIGN)),
    step(_S.ISSUED, "merge", _S.MERGED, Actor.SME, _WAREHOUSE, guards=(QUANTITY_CONSERVED, *_BOTH_SIGN)),
    step(_S.PLEDGED, "split", _S.SPLIT, Actor.BANK, guards=(QUANTITY_CONSERVED, BANK_CONSENTS), four_eyes=True),
    step(_S.PLEDGED, "merge", _S.MERGED, Actor.BANK, guards=(QUANTITY_CONSERVED, BANK_CONSENTS), four_eyes=True),
    step(_S.ISSUED, "deliver", _S.DELIVERED, _WAREHOUSE, guards=(GOODS_OUT,)),
    step(_S.PLEDGED, "withdraw", _S.CANCELLED, Actor.BANK, guards=(BANK_CONSENTS,), four_eyes=True),
    step(_S.DRAFT, "discard", _S.CANCELLED, _WAREHOUSE),
    step(_S.DELIVERED, "cancel", _S.CANCELLED, _WAREHOUSE, guards=(ORIGINAL_SURRENDERED,)),
    step(_LIVE, "report_loss", _S.LOST, Actor.SME, Actor.BANK),
    step(_S.LOST, "reissue", _S.REISSUED, _WAREHOUSE, guards=(PUBLIC_NOTICE, INDEMNITY), four_eyes=True),
)


def require_conserved(parents: Sequence[Quantity], children: Sequence[Quantity]) -> None:
    """Refuse a split or merge whose children do not add up exactly to their parents (invariant 4).

    500.000 into 200.000 and 300.000 passes; into 200.000 and 299.999 does not. No child may be empty or negative.
    """
    if not parents or not children or any(base_units(child) <= 0 for child in children):
        raise Invalid("receipt_empty", "Every receipt needs a quantity above zero.", field="quantity")
    before = sum(parents[1:], parents[0])
    after = sum(children[1:], children[0])
    if base_units(before - after) != 0:
        raise Conflict(
            "quantity_not_conserved",
            "The new receipts say %(after)s where the old said %(before)s.",
            field="quantity",
            before=str(before),
            after=str(after),
        )


def require_covered(live_receipts: Sequence[Quantity], on_hand: Quantity) -> None:
    """Refuse receipts that together say more than lies in the warehouse (invariant 3: no empty receipts)."""
    said = sum(live_receipts, Quantity.zero(on_hand.unit))
    if said > on_hand:
        raise Conflict(
            "receipts_exceed_goods",
            "Receipts for %(said)s would stand against %(on_hand)s of goods.",
            field="quantity",
            said=str(said),
            on_hand=str(on_hand),
        )


class RequestKind(StrEnum):
    """What a controller may ask to be done with a receipt."""

    ENDORSE = "ENDORSE"
    PLEDGE = "PLEDGE"
    SPLIT = "SPLIT"
    MERGE = "MERGE"
    SURRENDER = "SURRENDER"
    REISSUE = "REISSUE"


# Content that Civil Code 909 and GB/T 30332 list beside depositor, goods, quantity, place, issuer and date, which the record itself knows.
WRITTEN = ("packing", "marks", "loss_standard", "stored_until", "storage_fee", "insurance")
REQUIRED = ("packing", "loss_standard", "stored_until", "storage_fee")
# A court's public summons runs for at least sixty days (Civil Procedure Law 230); a notice by agreement runs no shorter here.
NOTICE_PERIOD = timedelta(days=60)


def require_content(written: Mapping[str, str]) -> dict[str, str]:
    """The written content, trimmed. Refuses what the standard requires and is missing, at its field."""
    content = {name: written.get(name, "").strip()[:300] for name in WRITTEN}
    for name in REQUIRED:
        if not content[name]:
            raise Invalid("missing", "This must be filled in.", field=name)
    return content


def content_hash(content: Mapping[str, object]) -> str:
    """SHA-256 of the content in canonical JSON: what paper, screen and verification page all show."""
    written = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def cut_units(units: tuple[int, int], parts: Sequence[Quantity]) -> list[tuple[int, int]]:
    """The ranges of the receipts that one is split into, in order. Refuses parts that do not add up (E33) and a single part."""
    whole = Quantity.from_base_units(units[1] - units[0], parts[0].unit if parts else "TNE")
    if len(parts) < 2:
        raise Invalid("parts_count", "A lot is split into between 2 and %(most)s parts.", field="parts", most=20)
    require_conserved([whole], parts)
    ranges, reached = [], units[0]
    for part in parts:
        ranges.append((reached, reached + base_units(part)))
        reached = ranges[-1][1]
    return ranges


def join_units(ranges: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The one range of receipts that are merged. Refuses fewer than two, and goods that do not lie side by side."""
    laid = sorted(ranges)
    if len(laid) < 2:
        raise Invalid("receipts_count", "At least two receipts are merged.", field="receipts")
    if any(before[1] != after[0] for before, after in pairwise(laid)):
        raise Conflict(
            "receipts_apart", "Only receipts for goods that lie side by side in one lot are merged.", field="receipts"
        )
    return laid[0][0], laid[-1][1]


def find_room(free: Sequence[tuple[int, int]], quantity: Quantity) -> tuple[int, int]:
    """The unbroken range that a new receipt of `quantity` takes: the tightest that fits. Refuses more than any holds (invariant 3)."""
    wanted = base_units(quantity)
    if wanted <= 0:
        raise Invalid("receipt_empty", "Every receipt needs a quantity above zero.", field="quantity")
    fitting = [span for span in free if span[1] - span[0] >= wanted]
    if not fitting:
        most = max((end - start for start, end in free), default=0)
        raise Conflict(
            "receipts_exceed_goods",
            "A receipt for at most %(most)s can stand for goods of this lot that are under no receipt yet.",
            field="quantity",
            most=str(Quantity.from_base_units(most, quantity.unit)),
        )
    start, _ = min(fitting, key=lambda span: (span[1] - span[0], span[0]))
    return start, start + wanted


def require_notice_over(notice_until: datetime | None, now: datetime, indemnity: str) -> None:
    """Refuse to reissue before the public notice has run out, or without an indemnity."""
    if notice_until is None or now < notice_until:
        raise Conflict(PUBLIC_NOTICE.name, PUBLIC_NOTICE.because)
    if not indemnity.strip():
        raise Invalid(INDEMNITY.name, INDEMNITY.because, field="indemnity")
