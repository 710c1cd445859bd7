"""Under which law goods are sold, and what that law asks: notice, start price, deposit, hours, who may bid.

Not every sale may call itself an auction (拍卖): that needs a licensed auctioneer or a court; a sale by agreement is
网络竞价 or 变卖 (Auction Law 10-14; Interpretation on Security 45). Sources: 网络司法拍卖规定 2016 (court, online),
拍卖变卖规定 2020 (court, offline), 拍卖法 (auction house), the parties' agreement with our defaults (agreed sale).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from marketplace.disposal.kind_terms import ALL_KINDS, KindName
from marketplace.exact import exact
from marketplace.money import Money
from tenants.errors import Conflict, Invalid


class RegimeName(StrEnum):
    """The four ways of selling pledged goods to the public."""

    AGREED_ONLINE = "AGREED_ONLINE"
    AUCTION_HOUSE = "AUCTION_HOUSE"
    COURT_ONLINE = "COURT_ONLINE"
    COURT_OFFLINE = "COURT_OFFLINE"


class Remainder(StrEnum):
    """Who gets what is left of a forfeited deposit: the debt (网拍 24) or the buyer (2020 rules 22)."""

    DEBT = "DEBT"
    BUYER = "BUYER"


@dataclass(frozen=True, slots=True)
class Regime:
    """One way of selling. Shares are of the valuation (start), of the last start (cut) or of the start price
    (deposit). `kinds`: how bids may be taken. `sell_off_after`: how many rounds must have found no buyer before the goods are sold off
    (变卖) at a fixed price, for at most `fixed_days`; `contest`: how long others may outbid who takes it first, where the rule has it so; `buy_now_share_min`: the share of the valuation at which they may be sold so before, if at all. `notice_reached_days`: how long before the opening notice has to have reached everybody (in a court's room five days, 2020 rules 11, own knowledge; else the product's usual). `unopened_forfeits`: whether an envelope that is never opened costs its deposit.
    """

    name: RegimeName
    may_be_called_auction: bool
    licence_needed: bool
    creditor_may_bid: bool
    notice_days: tuple[int, ...]
    viewing_days: int
    start_share_min: Decimal
    cut_share_max: Decimal
    rounds_max: int
    open_hours_min: int
    soft_close: timedelta
    deposit_share_min: Decimal
    deposit_share_max: Decimal
    losers_refunded_within: timedelta
    relist_within_days: int
    remainder: Remainder
    second_chance: bool
    sell_off_share_min: Decimal | None
    sell_off_after: int
    fixed_days: int
    buy_now_share_min: Decimal | None
    kinds: frozenset[KindName]
    unopened_forfeits: bool
    contest: timedelta | None = None
    notice_reached_days: int = 2


# Courts sell by rising bids (网拍 20, own knowledge). A bid binds once it is made (拍卖法 36), a sealed one too: whoever never opens it has backed out.
RISING = frozenset({KindName.ENGLISH})
AT_AUCTION = ALL_KINDS - {
    KindName.NEGOTIATED
}  # what is sold by offers in rooms is no auction (拍卖法 3: by public bidding)
_FIVE_MINUTES = timedelta(minutes=5)
_DAY = timedelta(hours=24)
TALKS_OPEN = timedelta(days=30)  # the valuation behind the floor is to stay near the market

COURT_ONLINE = Regime(
    RegimeName.COURT_ONLINE, True, False, True, (15, 7), 2, Decimal("0.70"), Decimal("0.20"), 2, 24, _FIVE_MINUTES,
    Decimal("0.05"), Decimal("0.20"), _DAY, 30, Remainder.DEBT, False, None, 2, 60, None, RISING, False, _DAY, notice_reached_days=3,
)  # fmt: skip
COURT_OFFLINE = Regime(
    RegimeName.COURT_OFFLINE, True, True, True, (7, 7), 2, Decimal("1.00"), Decimal("0.20"), 2, 0, timedelta(0),
    Decimal("0.05"), Decimal("0.20"), _DAY, 60, Remainder.BUYER, False, Decimal("0.50"), 2, 60, None, RISING, False, notice_reached_days=5,
)  # fmt: skip
AUCTION_HOUSE = Regime(
    RegimeName.AUCTION_HOUSE, True, True, False, (7, 7), 2, Decimal("0.70"), Decimal("0.20"), 3, 0, _FIVE_MINUTES,
    Decimal("0.05"), Decimal("0.20"), _DAY, 30, Remainder.DEBT, True, None, 1, 60, None, AT_AUCTION, True, notice_reached_days=3,
)  # fmt: skip
AGREED_ONLINE = Regime(
    RegimeName.AGREED_ONLINE, False, False, False, (7, 3), 2, Decimal("0.70"), Decimal("0.20"), 3, 24, _FIVE_MINUTES,
    Decimal("0.05"), Decimal("0.20"), _DAY, 30, Remainder.DEBT, True, None, 1, 60, Decimal("1.00"), ALL_KINDS, True,
)  # fmt: skip
REGIMES: dict[RegimeName, Regime] = {
    regime.name: regime for regime in (AGREED_ONLINE, AUCTION_HOUSE, COURT_ONLINE, COURT_OFFLINE)
}


@dataclass(frozen=True, slots=True)
class DepositRange:
    """The least and the most that may be asked of a bidder."""

    least: Money
    most: Money


@dataclass(frozen=True, slots=True)
class Attempt:
    """An earlier attempt to sell the same goods. `lowest`: the least at which they could have gone. `unsold`: nobody bought; else a buyer won and did not pay.
    `fixed`: at a fixed price, `negotiated`: by offers in rooms; neither is a round.
    """

    regime: RegimeName
    lowest: Money
    ended_at: datetime
    unsold: bool
    fixed: bool = False
    negotiated: bool = False


def rounds_under(regime: Regime, attempts: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """The attempts that were rounds of this regime: each law counts its own, and its first round starts at its own share of the valuation."""
    return tuple(one for one in attempts if one.regime is regime.name and not (one.fixed or one.negotiated))


def floor_price(regime: Regime, valuation: Money) -> Money:
    """Below this nothing is put up under the regime, whatever happened before: its start share of today's valuation, cut once for each later round.

    Valuation 1,000,000 under COURT_ONLINE (70 per cent, two rounds, 20 per cent): 560,000.
    """
    left = exact(regime.start_share_min)
    for _ in range(regime.rounds_max - 1):
        left *= 1 - exact(regime.cut_share_max)
    return valuation.times(left)


def least_start(regime: Regime, valuation: Money, attempts: Sequence[Attempt] = (), *, now: datetime) -> Money:
    """The lowest lawful start price of the next round: a share of the valuation, then at most one cut below the round that found no buyer.

    Valuation 1,000,000 under COURT_ONLINE: 700,000, then (after 700,000) 560,000. No cut where the last round did find a buyer who then did not pay, nor
    where the next one comes later than `relist_within_days` after it. Never below the regime's floor. Refuses a round more than the regime has.
    """
    rounds = rounds_under(regime, attempts)
    if sum(one.unsold for one in rounds) >= regime.rounds_max:
        raise Conflict("rounds_exhausted", "The goods may not be put up again under these rules.")
    if not rounds:
        return valuation.times(regime.start_share_min)
    last = rounds[-1]
    cut = last.unsold and now - last.ended_at <= timedelta(days=regime.relist_within_days)
    least = last.lowest.times(1 - exact(regime.cut_share_max)) if cut else last.lowest
    return max(least, floor_price(regime, valuation))


def deposit_range(regime: Regime, start_price: Money) -> DepositRange:
    """What deposit may be asked: 5 to 20 per cent of the start price."""
    return DepositRange(start_price.times(regime.deposit_share_min), start_price.times(regime.deposit_share_max))


def least_sell_off(regime: Regime, valuation: Money, last_start: Money) -> Money:
    """The lowest price of a sell-off (变卖) after failed rounds: a share of the valuation where the law says one,
    else the last start, and never below the regime's floor.
    """
    if regime.sell_off_share_min is not None:
        return valuation.times(regime.sell_off_share_min)
    return max(last_start, floor_price(regime, valuation))


def least_fixed(regime: Regime, valuation: Money, attempts: Sequence[Attempt] = ()) -> Money:
    """The lowest fixed price: of a sell-off once enough rounds found no buyer, before that the buy-now share of the valuation.

    Refuses a fixed price that comes too early where there is no buy-now, and a second sell-off: after one that found no buyer the goods go to the bank by
    agreement with the debtor, or back (2020 rules 25 to 28).
    """
    failed = [one for one in rounds_under(regime, attempts) if one.unsold]
    if len(failed) >= regime.sell_off_after:
        since = attempts[attempts.index(failed[-1]) + 1 :]
        if any(one.fixed and one.unsold and one.regime is regime.name for one in since):
            raise Conflict("sold_off_before", "A sell-off found no buyer already. What is left is taking the goods over by agreement with the debtor, or giving them back.", field="method")  # fmt: skip
        return least_sell_off(regime, valuation, failed[-1].lowest)
    if regime.buy_now_share_min is None:
        raise Conflict("sell_off_too_early", "Under these rules goods are sold at a fixed price only after %(rounds)s rounds that found no buyer.", field="method", rounds=regime.sell_off_after)  # fmt: skip
    return valuation.times(regime.buy_now_share_min)


def least_negotiated(regime: Regime, valuation: Money, attempts: Sequence[Attempt] = ()) -> Money:
    """The lowest floor of a negotiated sale: the start share of the valuation, or what a round that found no buyer asked, where that is less. It cuts
    nothing itself. Below the valuation a bargain takes the pledgor's word as well (`rules.negotiating`).
    """
    failed = [one.lowest for one in rounds_under(regime, attempts) if one.unsold]
    least = valuation.times(regime.start_share_min)
    return max(min([least, *failed[-1:]]), floor_price(regime, valuation))


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one round, fixed when it is announced."""

    start_price: Money
    step: Money
    deposit: Money
    reserve: Money | None
    announced_at: datetime
    starts_at: datetime
    ends_at: datetime
    fixed: bool = False
    negotiated: bool = False


def require_lawful(regime: Regime, terms: Terms, valuation: Money, attempts: Sequence[Attempt] = ()) -> None:
    """Refuse terms that the regime does not permit: start too low, deposit out of range, notice or opening hours too
    short.
    """
    if terms.step.minor <= 0:
        raise Invalid("step_not_positive", "The bid increment must be above zero.", field="step")
    least = _least(regime, terms, valuation, attempts)
    if terms.start_price < least:
        raise Conflict(
            "start_too_low", "The start price must be at least %(least)s.", field="start_price", least=str(least)
        )
    allowed = deposit_range(regime, terms.start_price)
    if not allowed.least <= terms.deposit <= allowed.most:
        raise Conflict(
            "deposit_out_of_range",
            "The deposit must lie between %(least)s and %(most)s.",
            field="deposit",
            least=str(allowed.least),
            most=str(allowed.most),
        )
    _require_times(regime, terms, len(rounds_under(regime, attempts)))


def _least(regime: Regime, terms: Terms, valuation: Money, attempts: Sequence[Attempt]) -> Money:
    if terms.fixed:
        return least_fixed(regime, valuation, attempts)
    if terms.negotiated:
        return least_negotiated(regime, valuation, attempts)
    return least_start(regime, valuation, attempts, now=terms.announced_at)


def _require_times(regime: Regime, terms: Terms, round_before: int) -> None:
    notice = regime.notice_days[min(round_before, len(regime.notice_days) - 1)]
    if terms.starts_at - terms.announced_at < timedelta(days=notice):
        raise Conflict(
            "notice_too_short", "The sale must be announced %(days)s days ahead.", field="starts_at", days=notice
        )
    if terms.ends_at <= terms.starts_at or terms.ends_at - terms.starts_at < timedelta(hours=regime.open_hours_min):
        raise Conflict(
            "open_too_short",
            "Bidding must stay open for %(hours)s hours.",
            field="ends_at",
            hours=regime.open_hours_min,
        )
    if terms.fixed and terms.ends_at - terms.starts_at > timedelta(days=regime.fixed_days):
        raise Conflict("open_too_long", "A fixed price stands open for at most %(days)s days.", field="ends_at", days=regime.fixed_days)  # fmt: skip
    if terms.negotiated and terms.ends_at - terms.starts_at > TALKS_OPEN:
        raise Conflict("talks_too_long", "Offers are taken for at most %(days)s days.", field="ends_at", days=TALKS_OPEN.days)  # fmt: skip
