"""Where a price may go, and how often such forecasts have held. Pure: prices in, chances out.

A forecast is no opinion on direction: its middle is today's price, because nothing simple beats that (a random walk). What it tells is how far prices stray,
by filtered historical simulation (Barone-Adesi, Giannopoulos and Vosper 1999) made symmetric, with the finite-sample ranks of split conformal prediction: every
past move over h days is measured by what was known on its first day to be a usual move, and today's interval is as wide as that share of them was.

A usual move over h days mixes the newest volatility (the very one that haircuts rest on, RiskMetrics with 0.94) with the mean of all that was seen, because
storms calm down: its share is the mean of 0.9^k over the h days.

Chances are estimates, not amounts: they are floats inside and rounded Decimals outside.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import exp, log, sqrt
from statistics import NormalDist

from marketplace.valuation.rules.haircuts import DECAY, RETURNS_MIN
from tenants.errors import Invalid, Unavailable

HORIZONS = (1, 5, 10, 20)  # trading days: tomorrow, a week, two, a month
LEVELS = (Decimal("0.50"), Decimal("0.80"), Decimal("0.95"))
PINBALL_AT = (0.025, 0.10, 0.25, 0.50, 0.75, 0.90, 0.975)
WINDOWS_MIN = 60  # below so many past moves a twentieth of them is two or three, and no tail
TRIED_FALL = Decimal("0.05")
CALMING = 0.9
_DECAY = float(DECAY)
_PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Interval:
    """With this chance the price lies between these multiples of today's in so many trading days."""

    level: Decimal
    low: Decimal
    high: Decimal


@dataclass
class _Moves:
    """What past moves over one horizon came to, in usual moves, sorted: the size of each move, and the deepest point on its way (both directions: a rise is a fall turned over)."""

    ends: list[float] = field(default_factory=list)
    depths: list[float] = field(default_factory=list)


class Forecaster:
    """Sees prices one by one, the oldest first, and can say after each where the next ones may go. It knows nothing that it has not seen."""

    def __init__(self, prices: Iterable[Decimal] = ()) -> None:
        self._logs: list[float] = []
        self._usual: list[dict[int, float]] = []
        self._square = self._weight = self._sum = 0.0
        self._moves = {days: _Moves() for days in HORIZONS}
        for price in prices:
            self.see(price)

    def see(self, price: Decimal) -> None:
        """The next day's price. Refuses one that is not above zero."""
        if price <= 0:
            raise Invalid("price_not_positive", "A price must be above zero.", field="price")
        self._logs.append(log(price))
        if len(self._logs) > 1:
            square = (self._logs[-1] - self._logs[-2]) ** 2
            self._square, self._weight = _DECAY * self._square + square, _DECAY * self._weight + 1
            self._sum += square
        self._usual.append(self._usual_moves())
        for days, moves in self._moves.items():
            self._remember(days, moves)

    @property
    def horizons(self) -> tuple[int, ...]:
        """The horizons of which enough has been seen to speak."""
        return tuple(days for days in HORIZONS if len(self._moves[days].ends) >= WINDOWS_MIN and self.usual(days) > 0)

    def usual(self, days: int) -> float:
        """A usual move over so many days, as a log return."""
        return self._usual[-1].get(days, 0.0) if self._usual else 0.0

    def reach(self, days: int, share: float) -> float:
        """How far, as a log return, this share of past moves would have gone at today's volatility. The rank is that of split conformal prediction."""
        return quantile(self._moves[days].ends, share) * self.usual(days)

    def interval(self, days: int, level: Decimal) -> Interval:
        """Where the price lies in so many days with this chance. Refuses a horizon of which too little was seen."""
        self._require(days)
        reach = self.reach(days, float(level))
        return Interval(level, rounded(exp(-reach)), rounded(exp(reach)))

    def chance_of_fall(self, days: int, to: Decimal) -> Decimal:
        """The chance that within so many days the price is once at or below this multiple of today's. One where it is already; never quite nothing."""
        self._require(days)
        if to >= 1:
            return Decimal(1)
        depths = self._moves[days].depths
        if to <= 0:
            return rounded(1 / (len(depths) + 1))
        deeper = len(depths) - bisect_left(depths, -log(to) / self.usual(days))
        return rounded((deeper + 1) / (len(depths) + 1))

    def _require(self, days: int) -> None:
        if days not in self.horizons:
            raise Unavailable(
                "price_series_short",
                "The price series has fewer than %(days)s days.",
                days=RETURNS_MIN + days + WINDOWS_MIN,
            )

    def _usual_moves(self) -> dict[int, float]:
        if not self._weight or not self._sum:
            return {}
        newest, mean = self._square / self._weight, self._sum / (len(self._logs) - 1)
        return {days: sqrt(_mixed(newest, mean, days) * days) for days in HORIZONS}

    def _remember(self, days: int, moves: _Moves) -> None:
        """The move that ends today, measured by what was usual on its first day."""
        first = len(self._logs) - 1 - days
        if first < RETURNS_MIN or not self._usual[first]:
            return
        usual, start = self._usual[first][days], self._logs[first]
        way = self._logs[first + 1 :]
        insort(moves.ends, abs(way[-1] - start) / usual)
        insort(moves.depths, max(0.0, start - min(way)) / usual)
        insort(moves.depths, max(0.0, max(way) - start) / usual)


def _mixed(newest: float, mean: float, days: int) -> float:
    share = (1 - CALMING**days) / (days * (1 - CALMING))
    return share * newest + (1 - share) * mean


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value at rank share · (n + 1), between neighbours in proportion; the greatest where that is beyond it."""
    place = min(max(share * (len(ordered) + 1) - 1, 0.0), len(ordered) - 1.0)
    lower = int(place)
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (ordered[upper] - ordered[lower]) * (place - lower)


def rounded(figure: float) -> Decimal:
    """A chance, a share or a multiple as people are told it: to a millionth."""
    return Decimal(figure).quantize(_PLACES)


@dataclass(frozen=True, slots=True)
class Score:
    """How forecasts over so many days held, replayed day by day with nothing known of the future.

    held: level -> the share of forecasts whose interval held the price. loss, naive_loss: mean pinball loss of the quantiles, in log returns, of these
    forecasts and of the plain bell curve over all that was seen. fall_said, fall_seen: the mean chance that was given to a fall by a twentieth, and how often it came.
    """

    days: int
    forecasts: int
    held: dict[Decimal, Decimal]
    loss: Decimal
    naive_loss: Decimal
    fall_said: Decimal
    fall_seen: Decimal

    @property
    def apart(self) -> int:
        """How many of the forecasts do not overlap: so few are independent."""
        return self.forecasts // self.days

    @property
    def skill(self) -> Decimal:
        """By what share the loss is below the naive one; negative where it is above."""
        return Decimal(0) if not self.naive_loss else rounded(float(1 - self.loss / self.naive_loss))


class _Tally:
    """What is counted of one horizon's forecasts."""

    def __init__(self) -> None:
        self.forecasts = self.seen = 0
        self.held = dict.fromkeys(LEVELS, 0)
        self.loss = self.naive = self.said = 0.0

    def count(self, known: Forecaster, days: int, way: Sequence[float], naive: float) -> None:
        """Hold a forecast against the way that prices then took: log returns since its day."""
        self.forecasts += 1
        end = way[-1]
        for level in LEVELS:
            self.held[level] += abs(end) <= known.reach(days, float(level))
        for share in PINBALL_AT:
            reach = known.reach(days, abs(2 * share - 1)) if share != 0.5 else 0.0
            self.loss += pinball(share, end, reach if share > 0.5 else -reach)
            self.naive += pinball(share, end, NormalDist().inv_cdf(share) * naive)
        self.said += float(known.chance_of_fall(days, 1 - TRIED_FALL))
        self.seen += min(way) <= log(1 - TRIED_FALL)

    def score(self, days: int) -> Score:
        """What it came to."""
        many, asked = self.forecasts, self.forecasts * len(PINBALL_AT)
        held = {level: rounded(times / many) for level, times in self.held.items()}
        return Score(
            days,
            many,
            held,
            rounded(self.loss / asked),
            rounded(self.naive / asked),
            rounded(self.said / many),
            rounded(self.seen / many),
        )


def pinball(share: float, came: float, said: float) -> float:
    """The loss whose least expectation is at the true quantile (Koenker and Bassett 1978)."""
    return max(share * (came - said), (share - 1) * (came - said))


def backtest(prices: Sequence[Decimal]) -> list[Score]:
    """Replay a series: after each day say where prices may go, then see whether they did. Horizons of which too little was seen are left out."""
    known, logs = Forecaster(), [log(price) for price in prices]
    tallies = {days: _Tally() for days in HORIZONS}
    squares = 0.0
    for today, price in enumerate(prices):
        known.see(price)
        if today:
            squares += (logs[today] - logs[today - 1]) ** 2
        for days in known.horizons:
            if today + days < len(prices):
                way = [later - logs[today] for later in logs[today + 1 : today + days + 1]]
                tallies[days].count(known, days, way, sqrt(squares / today * days))
    return [tally.score(days) for days, tally in tallies.items() if tally.forecasts]


def basket(series: Sequence[tuple[Decimal, Sequence[Decimal]]]) -> list[Decimal]:
    """Several kinds of goods as one: what today's holding would have been worth on each past day, as a multiple of today's worth.

    series: (worth today, prices of the same days, the oldest first). Kinds that are worth nothing weigh nothing.
    """
    whole = sum((worth for worth, _ in series), Decimal(0))
    if whole <= 0 or len({len(prices) for _, prices in series}) != 1:
        return []
    days = range(len(series[0][1]))
    return [sum((worth * prices[day] / prices[-1] for worth, prices in series), Decimal(0)) / whole for day in days]
