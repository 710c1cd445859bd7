"""Money: whole minor units of one currency, exact in every step.

Kept as an integer (fen, cent, yen) because that is what the ledger stores and what row security can index. There is
no float anywhere, and no amount of one currency meets an amount of another: that is a refusal, not a conversion.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from marketplace.exact import Exact, exact, half_up_whole, largest_remainder
from tenants.errors import Invalid

# ISO 4217 minor-unit exponents of the currencies that goods of this trade are priced in. Not CLDR's: those are
# display digits (CLDR shows no decimals for several currencies whose ISO exponent is 2), and a ledger counts what
# ISO counts.
_TWO = ["CNY", "USD", "EUR", "GBP", "HKD", "MOP", "TWD", "SGD", "AUD", "NZD", "CAD", "CHF", "SEK", "NOK", "DKK", "PLN"]
_TWO += ["INR", "IDR", "MYR", "THB", "PHP", "BRL", "MXN", "ZAR", "RUB", "KZT", "TRY", "AED", "SAR"]
EXPONENTS: dict[str, int] = (
    dict.fromkeys(["JPY", "KRW", "VND", "CLP"], 0) | dict.fromkeys(_TWO, 2) | dict.fromkeys(["KWD", "BHD", "OMR"], 3)
)

LARGEST_MINOR = 2**63 - 1  # a PostgreSQL bigint

_WRITTEN = re.compile(r"[+-]?[0-9]{1,19}(\.[0-9]{1,12})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` whole minor units (may be negative, for a reversal or a difference) of ISO 4217 `currency`."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        assert type(self.minor) is int, "minor units are whole"
        exponent_of(self.currency)
        if abs(self.minor) > LARGEST_MINOR:
            raise Invalid("money_too_large", "The amount is larger than the ledger can hold.", field="amount")

    @classmethod
    def of(cls, amount: str | Decimal | int, currency: str) -> "Money":
        """Money from a written amount of major units, e.g. `Money.of("1234.56", "CNY")`.

        Refuses what is not a plain decimal number and what is finer than the currency's minor unit: nothing is
        rounded on the way in.
        """
        written, places = _written(amount), exponent_of(currency)
        whole, _, decimals = written.partition(".")
        if decimals[places:].strip("0"):
            raise Invalid(
                "money_too_fine",
                "%(currency)s has no unit as small as in %(amount)s.",
                field="amount",
                currency=currency,
                amount=str(amount),
            )
        return cls(int(whole + decimals[:places].ljust(places, "0")), currency)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Nothing, in that currency."""
        return cls(0, currency)

    @classmethod
    def rounded(cls, amount: Exact, currency: str) -> "Money":
        """The exact `amount` of major units, rounded half-up to the minor unit: the one rounding, done at posting."""
        return cls(half_up_whole(exact(amount) * 10 ** exponent_of(currency)), currency)

    @property
    def exact(self) -> Fraction:
        """Major units as a fraction, for a rule's arithmetic."""
        return Fraction(self.minor, 10 ** exponent_of(self.currency))

    @property
    def amount(self) -> Decimal:
        """Major units with all the currency's decimals, for a door to format: 1234.50, never 1234.5."""
        return Decimal(self.minor).scaleb(-exponent_of(self.currency))

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._beside(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._beside(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._beside(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._beside(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._beside(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._beside(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        """For logs and messages of programs; people's screens format by locale."""
        return f"{self.currency} {self.amount}"

    def times(self, factor: Exact) -> "Money":
        """This much `factor` times, rounded half-up once at the end."""
        return Money(half_up_whole(self.minor * exact(factor)), self.currency)

    def ratio(self, other: "Money") -> Fraction:
        """How many times `other` goes into this, exactly. Refuses to divide by nothing (a loan against no value has
        no ratio).
        """
        if self._beside(other) == 0:
            raise Invalid("ratio_undefined", "A ratio to an amount of zero is undefined.")
        return Fraction(self.minor, other.minor)

    def at_least_zero(self) -> "Money":
        """This, or nothing where it is negative: a shortfall is never a gift."""
        return self if self.minor > 0 else Money.zero(self.currency)

    def allocate(self, weights: Sequence[Exact]) -> tuple["Money", ...]:
        """Share this out by `weights` so that the shares add up to it exactly.

        Largest remainder: each share is rounded down and the minor units left over go to the largest lost fractions,
        the earliest first among equals (100.00 among three equals is 33.34, 33.33, 33.33). Refuses weights that are
        negative or all zero.
        """
        parts = [exact(weight) for weight in weights]
        if any(part < 0 for part in parts) or sum(parts) <= 0:
            raise Invalid(
                "weights_unusable", "Shares need weights that are not negative and not all zero.", field="weights"
            )
        if self.minor < 0:
            return tuple(-share for share in (-self).allocate(weights))
        return tuple(Money(minor, self.currency) for minor in largest_remainder(self.minor, parts))

    def _beside(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise Invalid(
                "currency_mismatch",
                "Amounts in %(one)s and %(other)s cannot be joined or compared.",
                one=self.currency,
                other=other.currency,
            )
        return other.minor


def exponent_of(currency: str) -> int:
    """How many decimals the minor unit has (CNY 2, JPY 0). Refuses a currency that is not on the list."""
    if currency not in EXPONENTS:
        raise Invalid(
            "currency_unknown", "%(currency)s is not a currency we keep.", field="currency", currency=currency
        )
    return EXPONENTS[currency]


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of `amounts`, all in `currency`; nothing where there are none."""
    return sum(amounts, Money.zero(currency))


def lowest(first: Money, *others: Money) -> Money:
    """The smallest of amounts in one currency."""
    least = first
    for money in others:
        least = money if money < least else least
    return least


def _written(amount: str | Decimal | int) -> str:
    assert not isinstance(amount, float | bool), "a float is never an amount"
    written = f"{amount:f}" if isinstance(amount, Decimal) else str(amount)
    if not _WRITTEN.fullmatch(written):
        raise Invalid("money_unreadable", "%(amount)s is not an amount of money.", field="amount", amount=written[:40])
    return written
