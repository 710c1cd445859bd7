"""Kinds of sale as data: what each announces beside the terms that all sales have, and what of it is refused.

English: bids rise. Dutch: the price falls by published steps, the first taker buys. Sealed: bids are committed to by a hash, opened in a window after the
close, and the winner pays the own bid (first price) or the best of the others (second price). Dutch, then sealed, then best bid: who stops the clock leads;
the others hand in envelopes that must outdo that price; then the one who stopped the clock may bid once more (as Ukraine's public disposals are held).
Fixed: the price stands still and the first to take it buys: buy-now at the full valuation, or the sell-off (变卖) after rounds that found no buyer
(of a court online the first bid opens a day in which others may outbid it: `rules/kinds/contested.py`).
Negotiated: buyers and seller make each other offers, each buyer in a room of its own; what is accepted is the price (协议转让).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.money import Money


class KindName(StrEnum):
    """The kinds of public sale."""

    ENGLISH = "ENGLISH"
    DUTCH = "DUTCH"
    SEALED_FIRST = "SEALED_FIRST"
    SEALED_SECOND = "SEALED_SECOND"
    DUTCH_SEALED_BEST = "DUTCH_SEALED_BEST"
    FIXED = "FIXED"
    NEGOTIATED = "NEGOTIATED"


FALLING = frozenset({KindName.DUTCH, KindName.DUTCH_SEALED_BEST})
SEALED = frozenset({KindName.SEALED_FIRST, KindName.SEALED_SECOND})
WITH_ENVELOPES = SEALED | {KindName.DUTCH_SEALED_BEST}
ALL_KINDS = frozenset(KindName)
NO_ROUNDS = frozenset(
    {KindName.FIXED, KindName.NEGOTIATED}
)  # no round of falling starts, which the law counts apart, and no contest


@dataclass(frozen=True, slots=True, kw_only=True)
class KindTerms:
    """A kind and its own terms. `drop` each `every` down to `floor`: the clock. `sealing`, `opening`, `best`: how long each window lasts; of a plain sealed
    sale envelopes are handed in until the announced close, so it has no `sealing`. `answer`: how long an offer in a negotiated sale stands open.
    """

    kind: KindName = KindName.ENGLISH
    drop: Money | None = None
    every: timedelta | None = None
    floor: Money | None = None
    sealing: timedelta | None = None
    opening: timedelta | None = None
    best: timedelta | None = None
    answer: timedelta | None = None

    def lowest(self, start: Money) -> Money:
        """The least at which the goods can go: what the law's start price guards."""
        return start if self.floor is None else self.floor

    def first_end(self, closes_at: datetime) -> datetime:
        """The end as it is announced: envelopes are opened after the close."""
        return closes_at + self.opening if self.kind in SEALED and self.opening else closes_at


ENGLISH_TERMS = KindTerms()
