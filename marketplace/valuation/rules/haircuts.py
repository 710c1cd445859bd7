"""How much is cut from the value before lending: price risk over the time a sale takes, plus costs, plus doubt about
the figures.

h = clamp(ceil to 0.5 per cent(z · σ_d · √T · √((NR + TM - 1) / TM) + cost + model), floor, cap), σ_d an
exponentially weighted daily volatility with λ = 0.94 (RiskMetrics). Square roots and logarithms are irrational, so
these figures are Decimals of 40 digits, then rounded *up*.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from itertools import pairwise

from marketplace.exact import Exact, exact, half_up
from tenants.errors import Invalid, Unavailable

_PRECISE = Context(prec=40)
STEP = Fraction(5, 1000)
DECAY = Decimal("0.94")
RETURNS_MIN = 20
_RECORDED_PLACES = 8


@dataclass(frozen=True, slots=True)
class HaircutPolicy:
    """A bank's figures for a kind of goods: normal quantile z, days to sell T, days between revaluations NR, days of
    the volatility's holding period TM, cost of selling and model doubt as shares, and the least and greatest haircut.
    """

    quantile: Decimal
    sale_days: int
    revaluation_days: int
    period_days: int
    cost: Decimal
    model: Decimal
    floor: Decimal = Decimal(0)
    cap: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        if not 0 <= self.floor <= self.cap <= 1 or self.cost < 0 or self.model < 0:
            raise Invalid(
                "haircut_policy", "Haircut bounds lie between 0 and 1, costs are not negative.", field="haircut"
            )
        if min(self.sale_days, self.revaluation_days, self.period_days) < 1 or self.quantile < 0:
            raise Invalid("haircut_policy", "Days are at least 1 and the quantile is not negative.", field="haircut")


def price_risk(volatility: Decimal, policy: HaircutPolicy) -> Decimal:
    """The price's part of the haircut: z · σ_d · √T · √((NR + TM - 1) / TM); σ_d a share for one day, e.g. 0.012."""
    if volatility < 0:
        raise Invalid("volatility_negative", "Volatility is not negative.", field="volatility")
    days = Fraction(policy.sale_days * (policy.revaluation_days + policy.period_days - 1), policy.period_days)
    root = _PRECISE.sqrt(_PRECISE.divide(Decimal(days.numerator), Decimal(days.denominator)))
    return _PRECISE.multiply(_PRECISE.multiply(policy.quantile, volatility), root)


def haircut(volatility: Decimal, policy: HaircutPolicy, penalty: Exact = 0) -> Decimal:
    """The haircut as a share, rounded up to half a per cent, within the policy's floor and cap; then `penalty`
    points, at most 1.
    """
    raw = exact(price_risk(volatility, policy)) + exact(policy.cost) + exact(policy.model)
    stepped = -(-raw // STEP) * STEP
    clamped = min(max(stepped, exact(policy.floor)), exact(policy.cap))
    final = min(clamped + exact(penalty), Fraction(1))
    return half_up(final, _RECORDED_PLACES)


def daily_volatility(prices: Sequence[Decimal], decay: Decimal = DECAY) -> Decimal:
    """σ of one day from daily prices, oldest first: exponentially weighted squares of log returns, newest heaviest.

    Refuses fewer than twenty returns, and prices that are not above zero.
    """
    if len(prices) <= RETURNS_MIN:
        raise Unavailable("price_series_short", "The price series has fewer than %(days)s days.", days=RETURNS_MIN)
    if any(price <= 0 for price in prices):
        raise Invalid("price_not_positive", "A price must be above zero.", field="price")
    logs = [_PRECISE.ln(price) for price in prices]
    squares = [_PRECISE.power(_PRECISE.subtract(new, old), 2) for old, new in pairwise(logs)]
    return _PRECISE.sqrt(_weighted(squares, decay))


def _weighted(squares: Sequence[Decimal], decay: Decimal) -> Decimal:
    """The weighted mean, weights decay^0, decay^1 ... from the newest back and normalised: no start value is made
    up.
    """
    total, weights = Decimal(0), Decimal(0)
    for age, square in enumerate(reversed(squares)):
        weight = _PRECISE.power(decay, age)
        total = _PRECISE.add(total, _PRECISE.multiply(weight, square))
        weights = _PRECISE.add(weights, weight)
    return _PRECISE.divide(total, weights)
