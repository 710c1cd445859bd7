"""What is done in surprise counts: ordered (`ordering`), walked (`answering`), by phones (`phones`)."""

from marketplace.stocktakes.answering import answer_challenge, open_challenges
from marketplace.stocktakes.ordering import order_stocktake, withdraw_stocktake
from marketplace.stocktakes.phones import enrol_phone, revoke_phone

__all__ = [
    "answer_challenge",
    "enrol_phone",
    "open_challenges",
    "order_stocktake",
    "revoke_phone",
    "withdraw_stocktake",
]
