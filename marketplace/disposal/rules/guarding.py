"""What keeps sales from pressing on a market that falls: a throttle on lots for sale at once, and a breaker that makes new announcements wait.

The figures are the operator's, published and versioned; no law gives them. The floor below which nothing is put up is each regime's own
(`rules.regimes.floor_price`) and no setting moves it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from tenants.errors import Conflict, Invalid


class Brake(StrEnum):
    """Why a new announcement waits."""

    CROWDED = "CROWDED"
    FALLING = "FALLING"
    UNSOLD = "UNSOLD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """`lots_max`: how many lots of one kind may be for sale at once in one place. The breaker looks back over `days`: it holds where the price fell from its
    highest by more than `fall_share`, or where of `sales_least` ended sales or more a larger share than `unsold_share` found no buyer. `lifted_until`: until
    then the operator has lifted the breaker, never the throttle. Shares of one. Refuses figures that guard nothing or stop everything.
    """

    lots_max: int
    days: int
    fall_share: Decimal
    unsold_share: Decimal
    sales_least: int
    lifted_until: datetime | None = None

    def __post_init__(self) -> None:
        for field, most in (("lots_max", 10_000), ("days", 90), ("sales_least", 1000)):
            if not 1 <= getattr(self, field) <= most:
                raise Invalid("guard_count_wrong", "Give a whole number from 1 to %(most)s.", field=field, most=most)
        for field in ("fall_share", "unsold_share"):
            share: Decimal = getattr(self, field)
            if not share.is_finite() or not 0 < share < 1:
                raise Invalid("guard_share_wrong", "Give a share above 0% and below 100%.", field=field)


@dataclass(frozen=True, slots=True)
class Market:
    """How the market of one kind of goods stands: lots for sale in this place, prices by day, and whether each sale that ended lately found a buyer."""

    for_sale: int
    prices: Sequence[tuple[date, Decimal]]
    sold: Sequence[bool]


def brakes(guard: Guard, market: Market, now: datetime, today: date) -> tuple[Brake, ...]:
    """Why an announcement of these goods would wait now; empty where nothing stands against it."""
    found = [Brake.CROWDED] if market.for_sale >= guard.lots_max else []
    if guard.lifted_until is not None and now < guard.lifted_until:
        return tuple(found)
    if _falls(guard, market, today):
        found.append(Brake.FALLING)
    if _finds_no_buyers(guard, market):
        found.append(Brake.UNSOLD)
    return tuple(found)


def require_calm(guard: Guard, held: Sequence[Brake]) -> None:
    """Refuse an announcement that has to wait, naming the first reason. The proposal stays, and may be approved once the reason is gone."""
    if not held:
        return
    code, because, facts = REASONS[held[0]], WORDS[held[0]], facts_of(guard)
    raise Conflict(code, because, field="lot_id", **facts)


def facts_of(guard: Guard) -> dict[str, object]:
    """The figures that the sentences in `WORDS` name."""
    return {
        "lots": guard.lots_max,
        "days": guard.days,
        "fall": _percent(guard.fall_share),
        "unsold": _percent(guard.unsold_share),
    }


REASONS = {Brake.CROWDED: "market_crowded", Brake.FALLING: "market_falling", Brake.UNSOLD: "market_unsold"}
WORDS = {
    Brake.CROWDED: "As many lots of this kind as the guard allows are for sale in this place already: %(lots)s. A new announcement waits until one of these sales has ended.",
    Brake.FALLING: "The market price fell by more than %(fall)s within %(days)s days. A new announcement waits until that is over, or until the operator lifts the breaker.",
    Brake.UNSOLD: "More than %(unsold)s of the sales of this kind within %(days)s days found no buyer. A new announcement waits until that is over, or until the operator lifts the breaker.",
}  # fmt: skip


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}%"


def _falls(guard: Guard, market: Market, today: date) -> bool:
    recent = sorted(one for one in market.prices if today - timedelta(days=guard.days) <= one[0] <= today)
    return bool(recent) and recent[-1][1] < max(price for _, price in recent) * (1 - guard.fall_share)


def _finds_no_buyers(guard: Guard, market: Market) -> bool:
    unsold = sum(not one for one in market.sold)
    return len(market.sold) >= guard.sales_least and unsold > guard.unsold_share * len(market.sold)
