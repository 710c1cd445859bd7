"""What heat, damp and age leave of the value: the condition factor k in [k_min, 1].

k = max(k_min, 1 - α · degree-hours over the limit); goods near their end lose value in a straight line over their
last days. Product defaults, to be set for each product.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from marketplace.exact import Exact, exact
from tenants.errors import Invalid


@dataclass(frozen=True, slots=True)
class Excursion:
    """`hours` spent `over` (in the metric's unit: °C or % RH) beyond the limit; negative `over` is inside it and
    costs nothing.
    """

    hours: Exact
    over: Exact


def degree_hours(excursions: Sequence[Excursion]) -> Fraction:
    """Σ max(0, T - T_max) · Δt: 6 h at +3 °C and 2 h at +5 °C are 28 °C·h. Refuses negative time."""
    if any(exact(excursion.hours) < 0 for excursion in excursions):
        raise Invalid("time_negative", "Time over a limit is not negative.", field="hours")
    return sum((exact(each.hours) * max(Fraction(0), exact(each.over)) for each in excursions), Fraction(0))


def condition_factor(excursions: Sequence[Excursion], loss_per_degree_hour: Exact, least: Exact = 0) -> Fraction:
    """The factor k that the excursions leave, never below `least`."""
    alpha, k_min = exact(loss_per_degree_hour), exact(least)
    if alpha < 0 or not 0 <= k_min <= 1:
        raise Invalid(
            "condition_policy", "A loss is not negative and the least factor lies between 0 and 1.", field="k"
        )
    return max(k_min, 1 - alpha * degree_hours(excursions))


EXPIRY_DAYS = 90  # product default of the threshold below which an expiry matters
FADING = "It expires soon: its value falls day by day."


def life_factor(expires_on: date | None, today: date, threshold_days: int) -> Fraction:
    """What age leaves of goods that expire on a day; all of it where they keep."""
    return Fraction(1) if expires_on is None else expiry_factor((expires_on - today).days, threshold_days)


def fades_from(expires_on: date | None, threshold_days: int) -> date | None:
    """The first day on which age alone takes something off, and from which each day takes more."""
    return None if expires_on is None else expires_on - timedelta(days=threshold_days - 1)


def expiry_factor(days_left: int, threshold_days: int) -> Fraction:
    """1 while more than `threshold_days` remain, then a straight line to 0 on the day of expiry."""
    if threshold_days <= 0:
        raise Invalid("condition_policy", "The threshold is at least one day.", field="threshold_days")
    return min(Fraction(1), max(Fraction(0), Fraction(days_left, threshold_days)))
