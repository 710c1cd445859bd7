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
        act = replace(act, amount=self._made(act))
        try:
            return self._bid(act)
        except Refused as refusal:
            return self, (Line(act.paddle, act.amount, FATES[refusal.code]),)

    def _made(self, act: Act) -> Money:
        """What is bid: the amount named; with a limit the least that counts, or the amount named if that is more."""
        if act.limit is None:
            return act.amount
        least = self.sale.least_of(str(act.paddle))
        return min(act.limit, least if act.amount <= least else max(act.amount, self.sale.least_bid))

    def _bid(self, act: Act) -> tuple["English", tuple[Line, ...]]:
        held, bidder = self.sale.standing, str(act.paddle)
        leads = held is not None and held.bidder == bidder and self.sale.reserve_met
        if leads and held and act.limit is not None:
            raised = raise_limit(self.sale, bidder, act.limit, act.at)
            return English(raised), (Line(act.paddle, held.amount, "RAISED"),)
        sale = replace(self.sale, admitted=self.sale.admitted | {bidder})
        after = next_bid(sale, Bid(bidder, act.amount, act.at, act.limit))
        assert after.standing is not None, "an accepted bid leaves a standing one"
        return English(after), _lines(act, sale, after.standing)


def _lines(act: Act, before: Sale, now: Standing) -> tuple[Line, ...]:
    """The bid by hand, then what limits bid against each other: the loser's to its end, the leader's to where it stands."""
    mine, held = str(act.paddle), before.standing
    rival = held if held and held.bidder != mine else None
    most, sent = act.limit or act.amount, [(mine, act.amount)]
    outdone = rival is not None and now.bidder == mine and rival.limit >= act.amount and rival.limit > rival.amount
    if rival and outdone:
        sent.append((rival.bidder, rival.limit))
    if now.bidder != mine and most > act.amount:
        sent.append((mine, most))
    if now.bidder != mine or now.amount > act.amount or outdone:
        sent.append((now.bidder, now.amount))
    stood = (held.bidder, held.amount) if held else ("", None)
    pairs = zip([stood, *sent], sent, ("HAND", *("LIMIT" for _ in sent)), strict=False)
    return tuple(Line(int(who), amount, _fate(before, last, (who, amount)), by) for last, (who, amount), by in pairs)


def _fate(sale: Sale, last: tuple[str, Money | None], line: tuple[str, Money]) -> str:
    """MATCHED where a right of first refusal is used: as much as the line before, by somebody whose right comes before."""
    return "MATCHED" if line[1] == last[1] and sale.precedes(line[0], last[0]) else "ACCEPTED"
