"""What a paper says of itself, in figures: number, day, parties, amounts, quantities, line by line; typed in or read from the file."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marketplace.documents.rules.entries import Party
from marketplace.exact import half_up, half_up_whole
from marketplace.money import Money, exponent_of
from marketplace.quantity import UNITS
from tenants.errors import Invalid

MOST_LINES = 500
LONGEST = 200
PRICE_PLACES = 8
_LARGEST_PRICE = Decimal(10) ** 14
_LARGEST_QUANTITY = Decimal(10) ** 15


@dataclass(frozen=True, slots=True)
class ParticularLine:
    """One line of a paper. `line`: that of the order it is about (or its own, on an order). Amounts in minor units; `tax` on top of `amount`."""

    line: str = ""
    goods_code: str = ""
    goods: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    price: Decimal | None = None
    amount: int | None = None
    tax: int = 0


@dataclass(frozen=True, slots=True)
class Particulars:
    """A paper in figures. `order`: the order that it is about. `refers`: the invoice that it pays. `payable`: what the whole invoice asks."""

    number: str
    dated: date | None
    seller: Party
    buyer: Party
    currency: str
    lines: tuple[ParticularLine, ...]
    order: str = ""
    refers: str = ""
    account: str = ""
    due_on: date | None = None
    delivered_on: date | None = None
    payable: int | None = None

    @property
    def total(self) -> Money:
        """What it comes to: what it says itself, else its lines with their tax."""
        lines = sum((one.amount or 0) + one.tax for one in self.lines)
        return Money(lines if self.payable is None else self.payable, self.currency)

    @property
    def quantities(self) -> dict[str, Decimal]:
        """How much in all, by unit."""
        found: dict[str, Decimal] = {}
        for one in self.lines:
            if one.quantity is not None:
                found[one.unit] = found.get(one.unit, Decimal(0)) + one.quantity
        return found


def checked(said: Particulars) -> Particulars:
    """Particulars that can be kept, amounts filled in from quantity and price where only these are given.

    Refuses a paper without a number or lines, texts that are too long, an unknown currency, and figures that no record can hold; each at its field.
    """
    exponent_of(said.currency)
    if not said.number.strip():
        raise Invalid("missing", "This must be filled in.", field="number")
    for field in ("number", "order", "refers", "account"):
        _require_short(getattr(said, field), field)
    for field, party in (("seller", said.seller), ("buyer", said.buyer)):
        _require_short(party.name, field)
        _require_short(party.code, f"{field}_code")
    if not 0 < len(said.lines) <= MOST_LINES:
        raise Invalid("lines_missing", "A paper has between 1 and %(most)s lines.", field="lines", most=MOST_LINES)
    return replace(said, lines=tuple(_line(one, said.currency) for one in said.lines))


def _line(one: ParticularLine, currency: str) -> ParticularLine:
    for field in ("line", "goods_code", "goods", "unit"):
        _require_short(getattr(one, field), field)
    if one.quantity is not None:
        _require_quantity(one.quantity, one.unit)
    if one.price is not None and not 0 <= one.price < _LARGEST_PRICE:
        raise Invalid("price_unreadable", "A price is not negative and not beyond measure.", field="price")
    amount = one.amount
    if amount is None and one.quantity is not None and one.price is not None:
        amount = Money.rounded(Fraction(one.quantity) * Fraction(one.price), currency).minor
    if amount is None and one.quantity is None:
        raise Invalid("line_says_nothing", "A line says a quantity or an amount.", field="quantity")
    price = None if one.price is None else half_up(one.price, PRICE_PLACES)
    return replace(one, amount=amount, price=price)


def _require_quantity(quantity: Decimal, unit: str) -> None:
    if abs(quantity) >= _LARGEST_QUANTITY or (Fraction(quantity) * 1000).denominator != 1:
        raise Invalid("quantity_too_fine", "A quantity has at most three decimals.", field="quantity")
    if not unit:
        raise Invalid("unit_missing", "Say in which unit the quantity is.", field="unit")
    if unit in UNITS and not UNITS[unit].divisible and quantity != int(quantity):
        raise Invalid("quantity_not_whole", "%(unit)s counts whole pieces.", field="quantity", unit=unit)


def _require_short(text: str, field: str) -> None:
    if len(text) > LONGEST:
        raise Invalid("too_long", "This is longer than %(longest)s characters.", field=field, longest=LONGEST)


def lines_kept(lines: Sequence[ParticularLine]) -> list[dict[str, Any]]:
    """Lines as a record keeps them: exact figures as text."""
    return [
        {
            "line": one.line,
            "goods_code": one.goods_code,
            "goods": one.goods,
            "quantity": None if one.quantity is None else str(one.quantity),
            "unit": one.unit,
            "price": None if one.price is None else str(one.price),
            "amount": one.amount,
            "tax": one.tax,
        }
        for one in lines
    ]


def lines_read(kept: Sequence[dict[str, Any]]) -> tuple[ParticularLine, ...]:
    """The lines of a record."""
    return tuple(
        ParticularLine(**{**one, "quantity": _figure(one["quantity"]), "price": _figure(one["price"])}) for one in kept
    )


def _figure(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def minor(amount: Decimal, currency: str) -> int:
    """An amount in minor units; the one rounding of a figure that a paper gives finer than its currency."""
    return half_up_whole(Fraction(amount) * 10 ** exponent_of(currency))
