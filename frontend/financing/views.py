"""All pages of finance, gathered from their modules: the borrowing base, deals, money, calls, portfolio."""

from frontend.financing import base, calls, deals, money, offers, portfolio
from frontend.financing.blueprint import pages

__all__ = ["base", "calls", "deals", "money", "offers", "pages", "portfolio"]
