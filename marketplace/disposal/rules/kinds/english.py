"""The English sale behind the one interface: the rules are `rules.bidding`'s, here are their lines in the book."""

from dataclasses import dataclass, replace
from datetime import datetime

from marketplace.disposal.rules.bidding import Bid, Sale, Standing, next_bid, raise_limit
from marketplace.disposal.rules.kinds.protocol import Act, Award, Deed, Line
from marketplace.money import Money
from tenants.errors import Refused

FATES = {"sale_not_open": "NOT_OPEN", "sale_ended": "CLOSED", "already_leading": "LEADING", "bid_too_low": "TOO_LOW", "limit_not_higher": "LEADING"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class English:
    """Bids rise by steps, late ones move the end, limits are bid up to."""

    sale: Sale

    @property
    def ends_at(self) -> datetime:
        return self.sale.ends_at

    @property
    def standing(self) -> Award | None:
        held = self.sale.standing
        return Award(int(held.bidder), held.amount) if held else None

    @property
    def award(self) -> Award | None:
        return self.standing if self.sale.reserve_met else None

    @property
    def forfeits(self) -> frozenset[int]:
        return frozenset()

    def take(self, act: Act) -> tuple["English", tuple[Line, ...]]:
        if act.deed is not Deed.BID:
            return self, ()
        try:
            return self._bid(act)
        except Refused as refusal:
            return self, (Line(act.paddle, act.amount, FATES[refusal.code]),)

    def _bid(self, act: Act) -> tuple["English", tuple[Line, ...]]:
        held, bidder = self.sale.standing, str(act.paddle)
        leads = held is not None and held.bidder == bidder and self.sale.reserve_met
        if leads and held and act.limit is not None:
            raised = raise_limit(self.sale, bidder, act.limit, act.at)
            return English(raised), (Line(act.paddle, held.amount, "RAISED"),)
        if (
            act.limit is not None
        ):  # a limit is made at the least amount that counts, or at the amount named if that is more
            act = replace(act, amount=min(act.limit, max(act.amount, self.sale.least_bid)))
        sale = replace(self.sale, admitted=self.sale.admitted | {bidder})
        after = next_bid(sale, Bid(bidder, act.amount, act.at, act.limit))
        assert after.standing is not None, "an accepted bid leaves a standing one"
        return English(after), _lines(act, held, after.standing)


def _lines(act: Act, held: Standing | None, now: Standing) -> tuple[Line, ...]:
    """The bid by hand, then what limits bid against each other: the loser's to its end, the leader's to where it stands."""
    mine, rival = str(act.paddle), held if held and held.bidder != str(act.paddle) else None
    lines = [Line(act.paddle, act.amount, "ACCEPTED")]
    if rival and now.bidder == mine and rival.limit >= act.amount:
        lines.append(_by_limit(rival.bidder, rival.limit))
    most = act.limit or act.amount
    if now.bidder != mine and most > act.amount:
        lines.append(_by_limit(mine, most))
    if now.bidder != mine or now.amount > act.amount:
        lines.append(_by_limit(now.bidder, now.amount))
    return tuple(lines)


def _by_limit(bidder: str, amount: Money) -> Line:
    return Line(int(bidder), amount, "ACCEPTED", "LIMIT")
