"""A valuation's lines at its own prices: the goods as they were found, and what they are worth at another price.

Where only a price is new, neither the goods nor their lines are written down again: q, g, k and h of each lot are those of the look, p is the new one,
and the rule makes the same value of them whoever asks and whenever.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm.attributes import set_committed_value

from marketplace.exact import half_up
from marketplace.quantity import Quantity
from marketplace.valuation.models import DealValuation, ValuationLine
from marketplace.valuation.rules.prices import PriceKind, Quote, UnitPrice
from marketplace.valuation.rules.worth import Goods, Worth, worth

EXACT_PLACES = 18  # eight of a quote, two more in the mean of twenty, eight of an exchange rate


def kept(quote: Quote) -> dict[str, Any]:
    """A price as a valuation keeps it, exactly; a line has eight decimals of it."""
    price = half_up(quote.price.amount, EXACT_PLACES).normalize()
    told = {
        "price": f"{price:f}",
        "unit": quote.price.unit,
        "kind": quote.kind.value,
        "quoted_on": f"{quote.quoted_on}",
    }
    if quote.rate is None:
        return told
    rate = quote.rate
    return told | {"rate": {"code": rate.code, "of": rate.of, "amount": str(rate.amount), "quoted_on": f"{rate.quoted_on}"}}  # fmt: skip


def quote_of(told: dict[str, Any], currency: str) -> Quote:
    """The same price read again."""
    price = UnitPrice(Decimal(told["price"]), currency, told["unit"])
    return Quote(PriceKind(told["kind"]), price, date.fromisoformat(told["quoted_on"]))


def at_own_prices(value: DealValuation) -> DealValuation:
    """The valuation with its lines: as they were found, or, where it only has another price on them, at that price."""
    if value.goods_of != value.id:
        quotes = {code: quote_of(told, value.currency) for code, told in value.prices.items()}
        lines = [_at(line, value, quotes[line.price_code]) for line in value.lines]
        set_committed_value(value, "lines", lines)
    return value


def _at(found: ValuationLine, value: DealValuation, quote: Quote) -> ValuationLine:
    """A lot's line at this price, all else as it was found."""

    def worth_of(quantity: Quantity, haircut: Decimal) -> Worth:
        return worth(Goods(quantity, quote.price, found.grade, found.condition, haircut, found.moisture))

    counts, plain = worth_of(found.counted, found.haircut), worth_of(found.counted, found.plain_haircut)
    priced = {
        "valuation_id": value.id,
        "price": quote.price.recorded,
        "price_unit": quote.price.unit,
        "price_kind": quote.kind.value,
        "quoted_on": quote.quoted_on,
        "market_value_minor": counts.market_value.minor,
        "collateral_value_minor": counts.collateral_value.minor,
        "doubt_minor": plain.collateral_value.minor - counts.collateral_value.minor,
        "pledged_value_minor": worth_of(Quantity(found.pledged_qty, found.unit), found.haircut).market_value.minor,
    }
    names = ValuationLine.__table__.columns.keys()
    return ValuationLine(**{name: getattr(found, name) for name in names} | priced)
