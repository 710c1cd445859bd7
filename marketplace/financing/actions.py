"""What the parties of a deal do, from request to the last fen. The front page of the slice; each act is written out in the module it comes from."""

from marketplace.financing.agreeing.competing import ask_banks, withdraw_inquiry
from marketplace.financing.agreeing.conditions import meet_conditions, record_condition
from marketplace.financing.agreeing.offers import accept_offer, offer_financing, propose_approval
from marketplace.financing.agreeing.requests import (
    reject_request,
    request_financing,
    top_up,
    top_up_behind,
    top_up_by_receipt,
    withdraw_request,
)
from marketplace.financing.banking.orders import order_payments
from marketplace.financing.banking.statements import import_statement, park_line, propose_assignment
from marketplace.financing.bases.certificates import confirm_base, sign_base
from marketplace.financing.contesting import object_to_default, propose_default_answer
from marketplace.financing.defaults import (
    close_after_enforcement,
    end_watch,
    propose_default,
    propose_write_off,
)
from marketplace.financing.exchanges import ask_substitution
from marketplace.financing.margin.calls import (
    accept_call,
    call_margin,
    cancel_call,
    propose_extension,
    serve_notice,
)
from marketplace.financing.margin.objections import object_to_call, propose_objection_answer
from marketplace.financing.margin.watching import review_deal
from marketplace.financing.misuses.finding import propose_misuse, propose_misuse_end
from marketplace.financing.money.changes import propose_loan_extension, propose_reversal
from marketplace.financing.money.drawdowns import (
    confirm_payment,
    fail_payment,
    propose_drawdown,
    refuse_drawdown,
    request_drawdown,
)
from marketplace.financing.money.reference_rates import import_reference_rates
from marketplace.financing.money.repayments import record_repayment
from marketplace.financing.nights.classes import propose_class
from marketplace.financing.nights.end_of_day import start_close, stop_close
from marketplace.financing.nights.provisions import set_loss_shares
from marketplace.financing.nights.running import accrue
from marketplace.financing.releases import require_cover

__all__ = [
    "accept_call",
    "accept_offer",
    "accrue",
    "ask_banks",
    "ask_substitution",
    "call_margin",
    "cancel_call",
    "close_after_enforcement",
    "confirm_base",
    "confirm_payment",
    "end_watch",
    "fail_payment",
    "import_reference_rates",
    "import_statement",
    "meet_conditions",
    "object_to_call",
    "object_to_default",
    "offer_financing",
    "order_payments",
    "park_line",
    "propose_approval",
    "propose_assignment",
    "propose_class",
    "propose_default",
    "propose_default_answer",
    "propose_drawdown",
    "propose_extension",
    "propose_loan_extension",
    "propose_misuse",
    "propose_misuse_end",
    "propose_objection_answer",
    "propose_reversal",
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
    "set_loss_shares",
    "sign_base",
    "start_close",
    "stop_close",
    "top_up",
    "top_up_behind",
    "top_up_by_receipt",
    "withdraw_inquiry",
    "withdraw_request",
]
