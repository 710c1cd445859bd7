"""The kind of sale as a form and a call enter it: lengths in seconds and minutes, amounts in the currency of the goods."""

from collections.abc import Callable
from datetime import timedelta

from frontend.language import translate
from marketplace.disposal.kind_terms import KindName, KindTerms
from marketplace.money import Money
from tenants.errors import Invalid

LONGEST = 10**7
WORDS = {
    KindName.ENGLISH: ("Rising bids", "Bids go up by steps; a late one moves the end."),
    KindName.DUTCH: ("Falling price", "The price falls by steps; the first to take it buys."),
    KindName.SEALED_FIRST: ("Sealed bids, own price", "Envelopes are opened after the close; the best pays what it bid."),
    KindName.SEALED_SECOND: ("Sealed bids, second price", "Envelopes are opened after the close; the best pays the best other bid."),
    KindName.DUTCH_SEALED_BEST: ("Falling price, then sealed, then best bid", "Who stops the price leads; envelopes may outdo it; who stopped it has the last word."),
    KindName.FIXED: ("Fixed price", "The first bidder who takes it buys: at the full valuation, or as a sell-off after rounds that found no buyer."),
    KindName.NEGOTIATED: ("Negotiation", "Each buyer makes offers in a room of its own with you; what is accepted is the price."),
}  # fmt: skip


def kind_word(code: str) -> str:
    """The kind of sale in words."""
    return translate(WORDS[KindName(code)][0])


def kind_named(name: str) -> KindName:
    """Refuses a kind of sale that we do not hold."""
    try:
        return KindName(name or KindName.ENGLISH)
    except ValueError as unknown:
        raise Invalid("kind_unknown", "Choose a kind of sale from the list.", field="method") from unknown


def kind_terms(
    kind: KindName, *, money: Callable[[str], Money | None], length: Callable[[str], int | None]
) -> KindTerms:
    """The kind's own terms, read by name; what is left empty is none, and the rule says whether it is needed."""
    windows = {
        name: _span(length(f"{name}_minutes"), 60, f"{name}_minutes")
        for name in ("sealing", "opening", "best", "answer")
    }
    every = _span(length("drop_seconds"), 1, "drop_seconds")
    return KindTerms(kind=kind, drop=money("drop"), every=every, floor=money("floor"), **windows)


def length_text(text: str, field: str) -> int | None:
    """A whole number that somebody typed; none where the field was left empty."""
    bare = text.strip()
    if not bare:
        return None
    if not bare.isascii() or not bare.isdigit():
        raise Invalid("length_unreadable", "Give a whole number.", field=field)
    return int(bare)


def _span(length: int | None, seconds: int, field: str) -> timedelta | None:
    if length is None:
        return None
    if not 0 < length <= LONGEST:
        raise Invalid("length_unreadable", "Give a whole number.", field=field)
    return timedelta(seconds=length * seconds)
