"""What one lot could raise at a bank's published terms, or why it raises nothing: told before any bank is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from marketplace.exact import Exact, exact
from marketplace.money import Money, exponent_of
from marketplace.quantity import Quantity
from marketplace.reliance.rules.grades import Evidence
from marketplace.valuation.rules.base import ALARMED, EXPIRED, FROZEN, UNPROVEN, UNWATCHED
from marketplace.valuation.rules.condition import EXPIRY_DAYS
from marketplace.valuation.rules.doubt import Cut, haircut_with
from marketplace.valuation.rules.moisture import UNDRIED
from marketplace.valuation.rules.prices import UnitPrice
from marketplace.valuation.rules.wear import Lasting, WearTerms, Worn, worn
from marketplace.valuation.rules.worth import Goods, worth
from tenants.errors import Refused

NOT_WEIGHED = "The warehouse has not weighed it in yet."
NOT_VERIFIED = "The supervisor has not verified it yet."
NOT_FREE = "Nothing of it is free: it is pledged, reserved, or under a receipt in other hands."
NO_TERMS = "This bank publishes no terms for such goods."
NO_PRICE = "This bank has no price for such goods."
OLD_PRICE = "This bank’s last price is too old to lend by."
NO_GRADE = "This bank lends nothing on this grade."
OTHER_MEASURE = "This bank’s price is for goods of another measure."


@dataclass(frozen=True, slots=True)
class Stock:
    """What is known of one lot: what of it is free (and there), its grade, where it stands and what its devices say.

    `coverage`: share of the last day's readings that arrived, in [0, 1]; `evidence`: its grade, of goods that could be put up at all; `degree_hours`: how long it was how much too warm;
    `expires_on`: from when on it is worth nothing; `moisture`: as certified, where it is priced by dry weight.
    """

    free: Quantity
    grade: str
    received: bool = True
    verified: bool = True
    frozen: bool = False
    alarmed: bool = False
    coverage: Exact = 1
    evidence: Evidence | None = None
    degree_hours: Exact = 0
    expires_on: date | None = None
    by_dry_weight: bool = False
    moisture: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """A bank's terms for a kind of goods, as it publishes them: shares of one, its last price and how old that may be."""

    haircut: Decimal
    initial: Decimal
    grades: Mapping[str, str]
    devices_required: bool
    price: UnitPrice | None
    quoted_on: date | None
    price_age_days_max: int
    loss_per_degree_hour: Decimal = Decimal(0)
    expiry_days: int = EXPIRY_DAYS
    moisture_worst: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Raised:
    """What a lot would count for: market value, haircut, the share lent at most, and the advance; or why nothing (a msgid)."""

    reason: str = ""
    value: Money | None = None
    haircut: Decimal | None = None
    share: Decimal | None = None
    advance: Money | None = None


def standing_against(stock: Stock) -> str:
    """Why a lot could not be put up with any bank, the gravest reason first; empty where it could."""
    grounds = (
        (not stock.received, NOT_WEIGHED),
        (not stock.verified, NOT_VERIFIED),
        (stock.frozen, FROZEN),
        (stock.alarmed, ALARMED),
        (stock.free.amount <= 0, NOT_FREE),
    )
    return next((ground for applies, ground in grounds if applies), "")


def raised_on(stock: Stock, terms: Published | None, today: date) -> Raised:
    """The advance on one lot: q · p · g · k, lent up to the lower of the initial line and one less the haircut, rounded down.

    The deal's own offer decides later; this is the same sum with what the bank has published.
    """
    reason = standing_against(stock) or _terms_against(stock, terms, today)
    if reason:
        return Raised(reason)
    assert terms is not None, "asked before"
    assert terms.price is not None, "asked before"
    wear = _worn(stock, terms, today)
    if wear.expired or wear.moisture is None:
        return Raised(EXPIRED if wear.expired else UNDRIED)
    cut = _cut(stock, terms)
    if not (cut.watched and cut.proven):
        return Raised(UNPROVEN if cut.watched else UNWATCHED)
    haircut = cut.whole
    grade = Fraction(terms.grades[stock.grade]) if terms.grades else Fraction(1)
    goods = Goods(stock.free, terms.price, grade, wear.condition, haircut, wear.moisture)
    share = min(terms.initial, 1 - haircut)
    value = worth(goods).market_value
    advance = Money(int(goods.exact_value * exact(share) * 10 ** exponent_of(value.currency)), value.currency)
    return Raised("", value, haircut, share, advance)


def _terms_against(stock: Stock, terms: Published | None, today: date) -> str:
    if terms is None:
        return NO_TERMS
    if terms.price is None or terms.quoted_on is None:
        return NO_PRICE
    if today - terms.quoted_on > timedelta(days=terms.price_age_days_max):
        return OLD_PRICE
    if terms.grades and stock.grade not in terms.grades:
        return NO_GRADE
    try:
        stock.free.exact_in(terms.price.unit)
    except Refused:
        return OTHER_MEASURE
    return ""


def _worn(stock: Stock, terms: Published, today: date) -> Worn:
    lasting = Lasting(stock.degree_hours, stock.expires_on, stock.by_dry_weight, stock.moisture)
    return worn(lasting, WearTerms(terms.loss_per_degree_hour, terms.expiry_days, terms.moisture_worst), today)


def _cut(stock: Stock, terms: Published) -> Cut:
    """The published haircut with what the grade of the evidence adds."""
    if not terms.devices_required:
        return Cut(terms.haircut)
    assert stock.evidence is not None, "graded with its devices"
    return haircut_with(terms.haircut, Decimal(0), stock.evidence, coverage=stock.coverage, required=True)
