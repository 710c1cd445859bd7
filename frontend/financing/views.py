"""All pages of finance, gathered from their modules: the borrowing base, deals, money, calls, portfolio."""

from frontend.financing import bank, base, calls, deals, inquiries, loans, money, offers, portfolio, statements
from frontend.financing.blueprint import pages

__all__ = [
    "bank",
    "base",
    "calls",
    "deals",
    "inquiries",
    "loans",
    "money",
    "offers",
    "pages",
    "portfolio",
    "statements",
]
