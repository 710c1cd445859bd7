"""Where a price, and with it a deal, may go in the coming days: intervals, the chance to cross each line, and what happens if nobody does anything.

The market's part is told by forecasts of its price (`rules`), the deal's by the rules that value and call it: a forecast price is put to them as a supposition
(`twin/supposing`). Nothing here has a formula for a value, a base or a line.
"""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from marketplace.financing.models.deals import Deal
from marketplace.financing.rules.margin import Zone
from marketplace.twin.foresight.rules import LEVELS, Forecaster, Interval, Score, backtest, basket
from marketplace.twin.supposing.comparing import Desk, Outcome
from marketplace.twin.supposing.rules import BOUNDS, Supposition
from marketplace.valuation.models import DealValuation, PriceQuote
from marketplace.valuation.queries import find_series, quotes
from tenants.workspace import Workspace

MOST_QUOTES = 750
TOLD_AT = Decimal("0.80")  # between these ends a deal's figures are told; the price is told at all levels
WEEKDAYS = 5
# Whether nobody looks is asked of these days to come, so that what runs out is seen before it does.
UNSEEN_DAYS = (7, 14, 30, 60, 90, 180)
STEPS = 12  # halvings of the search for the price at a line: to a fortieth of a per cent
BEYOND = {"WARN": (Zone.WARN, Zone.CALL, Zone.LIQUIDATION), "CALL": (Zone.CALL, Zone.LIQUIDATION), "LIQUIDATION": (Zone.LIQUIDATION,)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ahead:
    """A price in so many trading days: its intervals, the narrowest first, as multiples of today's."""

    days: int
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class PriceOutlook:
    """A series with what may come and how such forecasts have held on the same series. Both are empty where the series is too short."""

    code: str
    newest: PriceQuote
    seen: int
    ahead: tuple[Ahead, ...]
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class Crossing:
    """A line of the loan: the multiple of today's prices at which it is met (None: at no price that may be supposed), and by horizon the chance to be there once."""

    line: str
    at_price: Decimal | None
    chances: dict[int, Decimal]

    @property
    def even_by(self) -> int | None:
        """The first horizon by which it is as likely as not; None where that lies beyond all of them."""
        return next((days for days, chance in sorted(self.chances.items()) if chance >= Decimal("0.5")), None)


@dataclass(frozen=True, slots=True)
class DealAhead:
    """A deal in so many trading days, nobody having looked at the goods since: its outcomes at the lower end, the middle and the upper end of prices."""

    days: int
    low: Outcome
    middle: Outcome
    high: Outcome


@dataclass(frozen=True, slots=True)
class DealOutlook:
    """What may become of a deal. `ahead`, `crossings`, `scores` are empty without the viewer's own prices of all its goods, long enough; `unseen`: what it
    carries after so many days in which nobody inspects anything, at today's prices.
    """

    deal: Deal
    now: Outcome
    ahead: tuple[DealAhead, ...]
    crossings: tuple[Crossing, ...]
    unseen: tuple[tuple[int, Outcome], ...]
    scores: tuple[Score, ...]


def price_outlook(ws: Workspace, code: str) -> PriceOutlook:
    """Where the viewer's own series may go. Refuses, as not found, a series without a quote."""
    series = find_series(ws, code)
    prices = [quote.price for quote in quotes(ws, code, limit=MOST_QUOTES)][::-1]
    known = Forecaster(prices)
    ahead = tuple(Ahead(days, tuple(known.interval(days, level) for level in LEVELS)) for days in known.horizons)
    return PriceOutlook(code, series.newest, len(prices), ahead, tuple(backtest(prices)))


def deal_outlook(ws: Workspace, deal_id: UUID) -> DealOutlook:
    """What may become of a deal, for its bank and its borrower. Refuses others, and a deal without pledged goods."""
    desk = Desk(ws, deal_id)
    now = desk.suppose(Supposition())
    unseen = tuple((days, desk.suppose(Supposition(days=days))) for days in UNSEEN_DAYS)
    prices = _basket(ws, now.value) if now.value else []
    known = Forecaster(prices)
    return DealOutlook(
        desk.deal,
        now,
        tuple(_ahead(desk, known, days) for days in known.horizons),
        _crossings(desk, known, now) if known.horizons else (),
        unseen,
        tuple(backtest(prices)),
    )


def calendar_days(trading: int) -> int:
    """How many days so many trading days take, holidays left aside."""
    return trading + trading // WEEKDAYS * 2


def _basket(ws: Workspace, value: DealValuation) -> list[Decimal]:
    """The deal's goods as one series of the viewer's own prices, on the days on which all kinds have one; nothing where a kind has none."""
    worth: dict[str, Decimal] = {}
    for line in value.lines:
        worth[line.price_code] = worth.get(line.price_code, Decimal(0)) + line.market_value.amount
    quoted = {code: {one.quoted_on: one.price for one in quotes(ws, code, limit=MOST_QUOTES)} for code in worth}
    days = sorted(set.intersection(*(set(one) for one in quoted.values()))) if quoted else []
    return basket([(worth[code], [prices[day] for day in days]) for code, prices in quoted.items()]) if days else []


def _ahead(desk: Desk, known: Forecaster, days: int) -> DealAhead:
    within, later = known.interval(days, TOLD_AT), calendar_days(days)
    low, middle, high = (
        desk.suppose(Supposition(price=price - 1, days=later)) for price in (within.low, Decimal(1), within.high)
    )
    return DealAhead(days, low, middle, high)


def _crossings(desk: Desk, known: Forecaster, now: Outcome) -> tuple[Crossing, ...]:
    if not now.position.outstanding or now.position.lines is None:
        return ()
    return tuple(_crossing(desk, known, line) for line in BEYOND)


def _crossing(desk: Desk, known: Forecaster, line: str) -> Crossing:
    at = _price_at(desk, line)
    if at is None:
        return Crossing(line, None, {})
    return Crossing(line, at, {days: known.chance_of_fall(days, at) for days in known.horizons})


def _price_at(desk: Desk, line: str) -> Decimal | None:
    """The multiple of today's prices at which the loan stands beyond a line, found by halving: the lower the price, the worse the zone (invariant 19)."""
    low, high = 1 + BOUNDS["price"][0], Decimal(1)
    if _is_beyond(desk, high, line):
        return Decimal(1)
    if not _is_beyond(desk, low, line):
        return None
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _is_beyond(desk, middle, line) else (low, middle)
    return low.quantize(Decimal("0.0001"))


def _is_beyond(desk: Desk, price: Decimal, line: str) -> bool:
    return desk.suppose(Supposition(price=price - 1)).position.zone in BEYOND[line]
