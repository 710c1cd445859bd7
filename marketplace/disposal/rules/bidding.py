"""Which bid stands: steps, limits, priority and the soft close of an English sale.

A bid is accepted in the order of the server, from a bidder with a deposit, at or above the next step; it is never
changed afterwards (invariant 27). A bid in the last minutes moves the end to five minutes after it (网拍 9), and the
end never moves earlier (invariant 28). A bidder may leave a limit (a proxy): the server then bids for them, one step
above the next best and never beyond the limit. Who holds a right of first refusal (优先购买权) may bid "at this price", as much as
stands, and then leads unless overbid; of several the one whose right comes first, of equals the earlier bid (网拍 21). A limit of
theirs is bid no higher than it takes to match.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from marketplace.disposal.increments import Increments
from marketplace.money import Money
from tenants.errors import Conflict, Invalid, NotAllowed

SOFT_CLOSE = timedelta(minutes=5)
NO_RIGHT = 2**31 - 1  # behind every order of a right of first refusal


@dataclass(frozen=True, slots=True)
class Bid:
    """What a bidder offers at `at` (the server's clock); `limit`, if left, is the most that the server may bid for
    them.
    """

    bidder: str
    amount: Money
    at: datetime
    limit: Money | None = None

    @property
    def most(self) -> Money:
        """The limit, or the amount where none is left."""
        return self.amount if self.limit is None else self.limit


@dataclass(frozen=True, slots=True)
class Standing:
    """Who leads, at what price, and up to which limit (kept from everybody else)."""

    bidder: str
    amount: Money
    limit: Money


@dataclass(frozen=True, slots=True)
class Sale:
    """An English sale while it is open: its terms, who may bid, and the standing bid. `priority`: the order of each right of first refusal, the first is 1."""

    start_price: Money
    increments: Increments
    starts_at: datetime
    ends_at: datetime
    admitted: frozenset[str]
    priority: Mapping[str, int] = field(default_factory=dict)
    reserve: Money | None = None
    standing: Standing | None = None
    soft_close: timedelta = SOFT_CLOSE

    @property
    def least_bid(self) -> Money:
        """What the next bid must reach: the start price, then a step above the standing bid."""
        return self.start_price if self.standing is None else self.increments.above(self.standing.amount)

    def least_of(self, bidder: str) -> Money:
        """The least that this bidder may bid: as much as stands, where its right comes before the leader's."""
        held = self.standing
        return held.amount if held is not None and self.precedes(bidder, held.bidder) else self.least_bid

    def precedes(self, bidder: str, other: str) -> bool:
        """Whether `bidder` buys at the price that `other` bids: by a right of first refusal that comes before the other's, if it has one."""
        return self.priority.get(bidder, NO_RIGHT) < self.priority.get(other, NO_RIGHT)

    @property
    def reserve_met(self) -> bool:
        """Whether a bid stands, at or above the reserve."""
        return self.standing is not None and (self.reserve is None or self.standing.amount >= self.reserve)


def next_bid(sale: Sale, bid: Bid) -> Sale:
    """The sale after an accepted bid. Refuses one out of time, without admission, below the next step, or against
    oneself.
    """
    _require_admitted(sale, bid)
    _require_in_time(sale, bid)
    _require_high_enough(sale, bid)
    return replace(sale, standing=_standing_after(sale, bid), ends_at=soft_closed_end(sale, bid.at))


def raise_limit(sale: Sale, bidder: str, limit: Money, at: datetime) -> Sale:
    """The leader's higher limit. The price stands, but for a reserve that the limit now reaches, and the end does not move: nobody else is asked to do
    anything.
    """
    standing = sale.standing
    if standing is None or standing.bidder != bidder:
        raise Conflict("not_leading", "Only the leading bidder can raise the limit.")
    _require_in_time(sale, Bid(bidder, standing.amount, at))
    if limit <= standing.limit:
        raise Conflict("limit_not_higher", "The new limit must be above the old.", field="limit")
    return replace(sale, standing=Standing(bidder, _lifted(sale, standing.amount, limit), limit))


def knock_down(sale: Sale, now: datetime) -> Standing | None:
    """Who buys once the sale has ended, or None where no bid meets the reserve (invariant 32). Refuses before the
    end.
    """
    if now < sale.ends_at:
        raise Conflict("sale_not_ended", "The sale has not ended.")
    return sale.standing if sale.reserve_met else None


def soft_closed_end(sale: Sale, at: datetime) -> datetime:
    """The end after a bid at `at`: in the last minutes it becomes that long after the bid, and it never becomes
    earlier.
    """
    return max(sale.ends_at, at + sale.soft_close)


def _standing_after(sale: Sale, bid: Bid) -> Standing:
    """The standing bid once the newcomer's limit has met the leader's: the higher limit leads, the earlier among
    equals.
    """
    held = sale.standing
    if held is None or held.bidder == bid.bidder:
        limit = bid.most if held is None else max(bid.most, held.limit)
        return Standing(bid.bidder, _lifted(sale, bid.amount, limit), limit)
    if _outranks(sale, bid, held):
        floor = held.limit if sale.precedes(bid.bidder, held.bidder) else sale.increments.above(held.limit)
        price = max(bid.amount, min(bid.most, floor))
        return Standing(bid.bidder, _lifted(sale, price, bid.most), bid.most)
    answer = bid.most if sale.precedes(held.bidder, bid.bidder) else sale.increments.above(bid.most)
    return replace(held, amount=_lifted(sale, min(held.limit, answer), held.limit))


def _outranks(sale: Sale, bid: Bid, held: Standing) -> bool:
    return bid.most > held.limit or (bid.most == held.limit and sale.precedes(bid.bidder, held.bidder))


def _lifted(sale: Sale, price: Money, limit: Money) -> Money:
    """A limit that reaches the reserve is bid up to it at once; otherwise a proxy could lose goods its owner would
    have paid for.
    """
    if sale.reserve is None or limit < sale.reserve:
        return price
    return max(price, sale.reserve)


def _require_admitted(sale: Sale, bid: Bid) -> None:
    if bid.bidder not in sale.admitted:
        raise NotAllowed("bidder_not_admitted", "A bid needs a deposit and admission to this sale.")


def _require_in_time(sale: Sale, bid: Bid) -> None:
    if bid.at < sale.starts_at:
        raise Conflict("sale_not_open", "The sale has not begun.")
    if bid.at >= sale.ends_at:
        raise Conflict("sale_ended", "The sale has ended.")


def _require_high_enough(sale: Sale, bid: Bid) -> None:
    if bid.most < bid.amount:
        raise Invalid("limit_below_bid", "The limit is below the bid.", field="limit")
    held = sale.standing
    if held is not None and held.bidder == bid.bidder and sale.reserve_met:
        raise Conflict("already_leading", "You lead already.")
    if bid.amount < sale.least_bid and bid.amount != sale.least_of(bid.bidder):
        raise Conflict(
            "bid_too_low", "The next bid must be at least %(least)s.", field="amount", least=str(sale.least_bid)
        )
