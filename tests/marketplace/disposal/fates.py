"""Bids in the server's order by the rule alone: what each led to."""

from collections.abc import Iterable
from dataclasses import dataclass

from marketplace.disposal.rules.bidding import Bid, Sale, next_bid
from tenants.errors import Refused


@dataclass(frozen=True, slots=True)
class Fate:
    """What a bid led to: the sale after it (unchanged if refused), whether its bidder leads, and the refusal if any."""

    sale: Sale
    leads: bool
    refusal: Refused | None = None


def take_bids(sale: Sale, bids: Iterable[Bid]) -> tuple[Sale, tuple[Fate, ...]]:
    """Each against the sale that the one before left: accepted or refused, none lost."""
    fates = []
    for bid in bids:
        fates.append(_fate(sale, bid))
        sale = fates[-1].sale
    return sale, tuple(fates)


def _fate(sale: Sale, bid: Bid) -> Fate:
    try:
        after = next_bid(sale, bid)
    except Refused as refusal:
        return Fate(sale, False, refusal)
    assert after.standing is not None, "an accepted bid leaves a standing one"
    return Fate(after, after.standing.bidder == bid.bidder)
