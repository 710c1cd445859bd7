"""What the parties of a deal do, from request to the last fen. The front page of the slice; each act is written out in the module it comes from."""

from marketplace.financing.accruals import accrue
from marketplace.financing.calls import (
    answer_margin_call,
    call_margin,
    cancel_call,
    propose_extension,
    serve_notice,
    uphold_call,
)
from marketplace.financing.certificates import confirm_base, sign_base
from marketplace.financing.conditions import meet_conditions, record_condition
from marketplace.financing.defaults import (
    close_after_enforcement,
    end_watch,
    propose_default,
    propose_write_off,
)
from marketplace.financing.drawdowns import (
    confirm_payment,
    fail_payment,
    propose_drawdown,
    refuse_drawdown,
    request_drawdown,
)
from marketplace.financing.margin import review_deal
from marketplace.financing.offers import accept_offer, offer_financing, propose_approval
from marketplace.financing.releases import require_cover
from marketplace.financing.repayments import record_repayment
from marketplace.financing.requests import reject_request, request_financing, top_up, withdraw_request

__all__ = [
    "accept_offer",
    "accrue",
    "answer_margin_call",
    "call_margin",
    "cancel_call",
    "close_after_enforcement",
    "confirm_base",
    "confirm_payment",
    "end_watch",
    "fail_payment",
    "meet_conditions",
    "offer_financing",
    "propose_approval",
    "propose_default",
    "propose_drawdown",
    "propose_extension",
    "propose_write_off",
    "record_condition",
    "record_repayment",
    "refuse_drawdown",
    "reject_request",
    "request_drawdown",
    "request_financing",
    "require_cover",
    "review_deal",
    "serve_notice",
    "sign_base",
    "top_up",
    "uphold_call",
    "withdraw_request",
]
