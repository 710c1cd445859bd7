"""The market's words for what is stored as codes: kinds of goods, ways of selling, grades of evidence."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import url_for
from markupsafe import Markup, escape

from frontend.language import in_words, locale, translate, translate_plural
from marketplace.catalogue.ports import Shelved
from marketplace.catalogue.queries import Offer
from marketplace.catalogue.rules.passports import CATEGORIES
from marketplace.catalogue.rules.tokens import parts_found
from marketplace.money import Money
from marketplace.quantity import Quantity
from marketplace.reliance.rules.table import Grade

REGIMES = {
    "AGREED_ONLINE": "Agreed online sale",
    "AUCTION_HOUSE": "Auction house",
    "COURT_ONLINE": "Court online auction",
    "COURT_OFFLINE": "Court auction",
}
PASSPORT_FIELDS = {
    "category": "Kind of goods",
    "city": "Place",
    "climate.humidity": "Humidity",
    "climate.temperature": "Temperature",
    "coverage": "Devices heard",
    "documented": "By its papers",
    "evidence": "Evidence",
    "expires_on": "Expires on",
    "hs_code": "Customs code",
    "identity": "Digital identity",
    "inspections": "Inspections",
    "lot": "Number of the lot",
    "made_of": "Made of",
    "moisture": "Moisture",
    "origin": "Origin",
    "owner": "Owner",
    "papers": "Papers",
    "pieces": "Pieces",
    "readings": "Seal of the readings",
    "receipts": "Warehouse receipts",
    "received_at": "Received",
    "record": "Record of the goods",
    "site": "Lies in",
    "verified": "Verified",
    "verified_at": "Verified on",
    "weighed": "Weighed",
    "weighings": "Weighings",
}
ALERTS = {"AT_ONCE": "At once", "DAILY": "Once a day", "OFF": "Not at all"}


def category_name(code: str) -> str:
    """The kind of goods, by the chapter of the Harmonized System."""
    if code not in CATEGORIES:
        return translate("Other goods")
    english, chinese = CATEGORIES[code]
    return chinese if locale() == "zh" else english


def regime_name(code: str) -> str:
    """The way of selling."""
    return translate(REGIMES[code]) if code in REGIMES else code


def evidence_name(code: str) -> str:
    """How far the figures can be relied on without having been there."""
    return translate(Grade(code).means) if code in set(Grade) else code


def passport_field(name: str) -> str:
    """What a field of a sealed passport tells of."""
    return translate(PASSPORT_FIELDS[name]) if name in PASSPORT_FIELDS else name


def passport_value(name: str, told: Any) -> str:
    """A field's value in a few words: figures and times as people read them; of a list what its entries are called, of a curve how many readings it has."""
    if name in ("documented", "weighed", "verified"):
        return in_words(dict(zip(("amount", "unit"), told.split(), strict=True)))
    if isinstance(told, list):
        return ", ".join(one.get("name") or one.get("number") or in_words(one["at"]) for one in told)
    if not isinstance(told, dict):
        return in_words(told)
    if "readings" in told:
        return translate_plural("%(num)s reading", "%(num)s readings", told["readings"])
    return " · ".join(str(one)[:16] for one in told.values())


def facet_word(facet: str, value: str) -> str:
    """The word of one value of a facet."""
    words: dict[str, Any] = {
        "category": category_name,
        "regime": regime_name,
        "evidence": lambda code: f"{code} · {evidence_name(code)}",
    }
    return str(words[facet](value)) if facet in words else value


def facet_options(counts: Mapping[str, int], facet: str, asked: Mapping[str, str]) -> list[tuple[str, str, int]]:
    """A facet's values as one may choose them: code, word, how many; what is chosen stays on the list also where nothing of it is left."""
    chosen = [code for code in asked.get(facet, "").split(",") if code and code not in counts]
    return [
        (code, facet_word(facet, code), count) for code, count in [*counts.items(), *((code, 0) for code in chosen)]
    ]


def shelf_url(query: Mapping[str, str]) -> str:
    """Where a search is run: on the shelf that it was saved for."""
    plain: dict[str, Any] = {name: value for name, value in query.items() if name != "kind"}
    page = "catalogue.show_stock" if query.get("kind") == Shelved.STOCK else "catalogue.show_catalogue"
    return url_for(page, **plain)


def marked(text: str, question: str) -> Markup:
    """A text with what was searched for in it marked."""
    parts = parts_found(text, question)
    return Markup("").join(Markup("<mark>{}</mark>").format(part) if found else escape(part) for part, found in parts)


def per_unit(price: Money, goods: Quantity) -> Money:
    """What one unit of the goods costs at this price, rounded for display."""
    return price.times(1 / goods.exact)


def cheapest(offers: Sequence[Offer]) -> set[UUID]:
    """The lots that cost least a unit; none where all cost the same, or units or currencies differ."""
    prices = {one.listing.id: per_unit(one.auction.sold or one.price, one.listing.goods) for one in offers}
    if len(prices) < 2 or len({(one.listing.goods.unit, one.price.currency) for one in offers}) > 1:
        return set()
    least = min(prices.values(), key=lambda price: price.minor)
    found = {listing_id for listing_id, price in prices.items() if price == least}
    return found if len(found) < len(prices) else set()
