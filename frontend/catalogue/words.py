"""The market's words for what is stored as codes: kinds of goods, ways of selling, grades of evidence."""

from typing import Any

from frontend.language import locale, translate
from marketplace.catalogue.rules.passports import CATEGORIES

REGIMES = {
    "AGREED_ONLINE": "Agreed online sale",
    "AUCTION_HOUSE": "Auction house",
    "COURT_ONLINE": "Court online auction",
    "COURT_OFFLINE": "Court auction",
}
EVIDENCE = {
    "A": "Inspected and watched by devices",
    "B": "Inspected",
    "C": "By papers only",
}


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
    return translate(EVIDENCE[code]) if code in EVIDENCE else code


def facet_word(facet: str, value: str) -> str:
    """The word of one value of a facet."""
    words: dict[str, Any] = {
        "category": category_name,
        "regime": regime_name,
        "evidence": lambda code: f"{code} · {evidence_name(code)}",
    }
    return str(words[facet](value)) if facet in words else value
