"""All pages of finance, gathered from their modules: deals, money, calls, portfolio."""

from frontend.financing import calls, deals, money, offers, portfolio
from frontend.financing.blueprint import pages

__all__ = ["calls", "deals", "money", "offers", "pages", "portfolio"]
