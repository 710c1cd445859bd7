"""Which price counts: the lowest of those on record, and never one that is missing, stale or from the future.

A price is money for one unit of the goods and may be finer than a fen. Stale or missing blocks the valuation, and
with it every draw and release (invariant 20): it never falls back to yesterday's answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from marketplace.exact import Exact, exact, half_up
from marketplace.quantity import Quantity
from tenants.errors import Invalid, Unavailable

MEAN_OVER_DAYS = 20
PRICE_AGE_DAYS_MAX = 5  # product default: the longest gap of an ordinary week with a moved holiday is 3 days
RATES = "FX-"
_RECORDED_PLACES = 8


class PriceKind(StrEnum):
    """Where a price comes from. Only an INDEX shows today's market; the others can only pull a value down."""

    INDEX = "INDEX"
    MEAN = "MEAN"
    INVOICE = "INVOICE"


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """`amount` of `currency` for one `unit` (UN/ECE Rec 20), e.g. 19,850 CNY for TNE."""

    amount: Exact
    currency: str
    unit: str

    def __post_init__(self) -> None:
        if exact(self.amount) <= 0:
            raise Invalid("price_not_positive", "A price must be above zero.", field="price")

    def of(self, quantity: Quantity) -> Fraction:
        """The exact price of a quantity in any unit of the same dimension, in major units of the currency."""
        return exact(self.amount) * quantity.exact_in(self.unit)

    def converted(self, rate: Exact, currency: str) -> "UnitPrice":
        """The price in another currency at `rate` units of it for one of this."""
        if exact(rate) <= 0:
            raise Invalid("rate_not_positive", "An exchange rate must be above zero.", field="rate")
        return UnitPrice(exact(self.amount) * exact(rate), currency, self.unit)

    @property
    def recorded(self) -> Decimal:
        """The amount to eight decimals, for a column."""
        return half_up(self.amount, _RECORDED_PLACES)


@dataclass(frozen=True, slots=True)
class Rate:
    """What one of a currency `of` is in another on a day, from the series `code`."""

    code: str
    of: str
    amount: Decimal
    quoted_on: date


@dataclass(frozen=True, slots=True)
class Quote:
    """A price as published or invoiced for a day; `rate`: at which it was converted, where it was."""

    kind: PriceKind
    price: UnitPrice
    quoted_on: date
    rate: Rate | None = None


def rate_code(of: str, into: str) -> str:
    """The series of an exchange rate: FX-USD-CNY holds how many yuan one dollar is."""
    return f"{RATES}{of}-{into}"


def currency_of_rate(code: str) -> str | None:
    """The currency in which a series of exchange rates is told; none where the code is of goods."""
    return code.rpartition("-")[2] if code.startswith(RATES) else None


def converted(quote: Quote, newest: Quote, into: str, today: date, age_days_max: int) -> Quote:
    """A quote in another currency at the newest rate. Refuses, as unavailable, a rate that is too old: no mean and no lowest, since a rate is no value."""
    _require_current(newest, today, age_days_max)
    amount = newest.price.recorded
    rate = Rate(rate_code(quote.price.currency, into), quote.price.currency, amount, newest.quoted_on)
    return Quote(quote.kind, quote.price.converted(amount, into), quote.quoted_on, rate)


def mean_price(series: Sequence[Quote], days: int = MEAN_OVER_DAYS) -> Quote:
    """The mean of the last `days` quotes, dated as the last of them. Refuses a shorter series: a mean of three is no
    mean of twenty.
    """
    last = sorted(series, key=lambda quote: quote.quoted_on)[-days:]
    if len(last) < days:
        raise Unavailable("price_series_short", "The price series has fewer than %(days)s days.", days=days)
    _require_one_measure(last)
    mean = sum((exact(quote.price.amount) for quote in last), Fraction(0)) / days
    return Quote(PriceKind.MEAN, UnitPrice(mean, last[-1].price.currency, last[-1].price.unit), last[-1].quoted_on)


def price_that_counts(newest_first: Sequence[Quote], today: date, age_days_max: int = PRICE_AGE_DAYS_MAX) -> Quote:
    """The price of a series that counts on a day: the lower of its newest quote and the mean of its last twenty, where there are twenty.

    Refuses, as unavailable, a series without a quote and one whose newest is too old.
    """
    candidates = list(newest_first[:1])
    if len(newest_first) >= MEAN_OVER_DAYS:
        candidates.append(mean_price(newest_first))
    return price_to_use(candidates, today, age_days_max)


def price_to_use(quotes: Sequence[Quote], today: date, age_days_max: int = PRICE_AGE_DAYS_MAX) -> Quote:
    """The lowest of `quotes`. Refuses where no index quote is there, or any market quote is stale or dated ahead of
    `today`.

    An invoice does not go stale: it says what the goods cost, and can only lower the value.
    """
    if not any(quote.kind is PriceKind.INDEX for quote in quotes):
        raise Unavailable("price_missing", "There is no market price for these goods.", field="price")
    for quote in quotes:
        _require_current(quote, today, age_days_max)
    _require_one_measure(quotes)
    return min(quotes, key=lambda quote: exact(quote.price.amount))


def _require_current(quote: Quote, today: date, age_days_max: int) -> None:
    if quote.quoted_on > today:
        raise Unavailable("price_from_the_future", "A price is dated %(day)s, after today.", day=str(quote.quoted_on))
    if quote.kind is not PriceKind.INVOICE and today - quote.quoted_on > timedelta(days=age_days_max):
        raise Unavailable(
            "price_stale",
            "The last price is of %(day)s, older than %(days)s days.",
            field="price",
            day=str(quote.quoted_on),
            days=age_days_max,
        )


def _require_one_measure(quotes: Sequence[Quote]) -> None:
    measures = {(quote.price.currency, quote.price.unit) for quote in quotes}
    if len(measures) != 1:
        raise Invalid(
            "price_measures_differ", "Prices in several currencies or units cannot be compared.", field="price"
        )
