"""All calls of finance, gathered from their modules: deals, money, margin calls, the borrowing base."""

from frontend.financing import (
    api_bank,
    api_base,
    api_calls,
    api_credit,
    api_deals,
    api_inquiries,
    api_loans,
    api_misuses,
    api_money,
    api_raising,
    api_term_sheets,
    curing,
    reconciliation,
)
from frontend.financing.blueprint import api

__all__ = [
    "api",
    "api_bank",
    "api_base",
    "api_calls",
    "api_credit",
    "api_deals",
    "api_inquiries",
    "api_loans",
    "api_misuses",
    "api_money",
    "api_raising",
    "api_term_sheets",
    "curing",
    "reconciliation",
]
