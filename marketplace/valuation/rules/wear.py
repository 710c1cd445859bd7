"""What heat, age and water leave of the value of goods, and what is said of it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from marketplace.exact import Exact, exact, half_up
from marketplace.valuation.rules.base import EXPIRED
from marketplace.valuation.rules.condition import FADING, Excursion, condition_factor, life_factor
from marketplace.valuation.rules.moisture import DAMP, UNDRIED, moisture_that_counts

HARMED = "Heat or damp has cost value."
CONDITION_PLACES = 18


@dataclass(frozen=True, slots=True)
class Lasting:
    """What is on record of how goods keep: degree-hours over their limit, the day they expire, whether their price is for dry weight, certified moisture."""

    degree_hours: Exact = 0
    expires_on: date | None = None
    by_dry_weight: bool = False
    moisture: Decimal | None = None


@dataclass(frozen=True, slots=True)
class WearTerms:
    """What a bank takes off for it: a share for each degree-hour, all of it over so many last days, and so much water where none is certified."""

    loss_per_degree_hour: Decimal
    expiry_days: int
    moisture_worst: Decimal | None


@dataclass(frozen=True, slots=True)
class Worn:
    """The condition factor k, the moisture m (None: not known at all), whether the goods have expired; reasons as msgids."""

    condition: Fraction
    moisture: Decimal | None
    expired: bool
    reasons: tuple[str, ...]


def worn(goods: Lasting, terms: WearTerms, today: date) -> Worn:
    """What is left of goods on a day.

    k is rounded to the decimals in which a line keeps it: a share of ninety days is no finite decimal, and a price that is put on the line later has to
    make the same value of it.
    """
    heat = condition_factor([Excursion(goods.degree_hours, 1)], terms.loss_per_degree_hour)
    life = life_factor(goods.expires_on, today, terms.expiry_days)
    moisture = moisture_that_counts(goods.moisture, terms.moisture_worst, by_dry_weight=goods.by_dry_weight)
    told = (
        (heat < 1, HARMED),
        (0 < life < 1, FADING),
        (life == 0, EXPIRED),
        (moisture is None, UNDRIED),
        (moisture is not None and goods.by_dry_weight and goods.moisture is None, DAMP),
    )
    factor = exact(half_up(heat * life, CONDITION_PLACES))
    return Worn(factor, moisture, life == 0, tuple(says for applies, says in told if applies))
