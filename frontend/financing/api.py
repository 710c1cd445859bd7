"""All calls of finance, gathered from their modules: deals, money, margin calls."""

from frontend.financing import api_calls, api_deals, api_money
from frontend.financing.blueprint import api

__all__ = ["api", "api_calls", "api_deals", "api_money"]
