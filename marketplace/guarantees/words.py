"""The words of undertakings: English msgids of their kinds, and why they end."""

KINDS = {
    "BUY_BACK": "Buy-back",
    "DIFFERENTIAL_REFUND": "Differential refund",
    "CONFIRMED_WAREHOUSE": "Confirmed warehouse",
    "RECEIVABLE_CONFIRMATION": "Confirmation of a receivable",
}
DEBT_PAID = "the debt is paid"
