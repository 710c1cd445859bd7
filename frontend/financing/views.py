"""All pages of finance, gathered from their modules: the borrowing base, deals, money, calls, portfolio."""

from frontend.financing import (
    bank,
    base,
    call_papers,
    calls,
    credit,
    deals,
    inquiries,
    loans,
    misuses,
    money,
    offers,
    portfolio,
    proposed,
    reconciliation,
    statements,
    term_sheets,
)
from frontend.financing.blueprint import pages

__all__ = [
    "bank",
    "base",
    "call_papers",
    "calls",
    "credit",
    "deals",
    "inquiries",
    "loans",
    "misuses",
    "money",
    "offers",
    "pages",
    "portfolio",
    "proposed",
    "reconciliation",
    "statements",
    "term_sheets",
]
