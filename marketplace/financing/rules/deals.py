"""What may happen to a deal and to a drawdown on it, and who may do it.

This room decides when a request becomes a loan, when a loan is in trouble, and that only the bank, by two people,
may declare a default (invariant 43). Rows as in domain.md section 3; those behind the comment are implied by it.
"""

from enum import StrEnum

from marketplace.states import Actor, Guard, Machine, step


class DealState(StrEnum):
    """Where a deal stands, from the request to the last payment or loss."""

    REQUESTED = "REQUESTED"
    OFFERED = "OFFERED"
    TERM_SHEET = "TERM_SHEET"
    UNDER_REVIEW = "UNDER_REVIEW"
    APPROVED = "APPROVED"
    SIGNED = "SIGNED"
    CONDITIONS_MET = "CONDITIONS_MET"
    ACTIVE = "ACTIVE"
    WATCH = "WATCH"
    EXTENDED = "EXTENDED"
    OVERDUE = "OVERDUE"
    DEFAULT = "DEFAULT"
    ENFORCEMENT = "ENFORCEMENT"
    RECOVERED = "RECOVERED"
    WRITTEN_OFF = "WRITTEN_OFF"
    SETTLED = "SETTLED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class DrawdownState(StrEnum):
    """Where a drawdown stands: money moves at the bank, we keep the instruction and its confirmation."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    INSTRUCTED = "INSTRUCTED"
    CONFIRMED = "CONFIRMED"
    FAILED = "FAILED"


GOODS_VERIFIED = Guard("goods_verified", "Only verified goods can be financed.")
OFFER_VALID = Guard("offer_valid", "The offer has run out.")
OFFER_RUN_OUT = Guard("offer_run_out", "The offer is still valid.")
VALUATION_FRESH = Guard("valuation_fresh", "The valuation is out of date.")
KYC_VALID = Guard("kyc_valid", "The borrower's identity check is missing or has run out.")
BOTH_SIGNED = Guard("both_signed", "Not every party has signed.")
PLEDGE_ACTIVE = Guard("pledge_active", "The pledge is not active.")
INSURANCE_IN_FORCE = Guard("insurance_in_force", "The goods are not insured with the bank as loss payee.")
ACCOUNT_OPENED = Guard("account_opened", "The supervised account is not open.")
DRAWDOWN_CONFIRMED = Guard("drawdown_confirmed", "No drawdown has been confirmed.")
REASON_GIVEN = Guard("reason_given", "A reason is needed.")
AMOUNT_OVERDUE = Guard("amount_overdue", "Nothing is overdue.")
ARREARS_PAID = Guard("arrears_paid", "There are still arrears.")
EVENT_OF_DEFAULT = Guard("event_of_default", "There is no event of default.")
OBJECTION_UPHELD = Guard("objection_upheld", "No objection to the default was upheld.")
DEBT_ZERO = Guard("debt_zero", "The debt is not paid in full.")
PROCEEDS_DISTRIBUTED = Guard("proceeds_distributed", "The proceeds are not distributed.")
GUARANTORS_CONSENT = Guard("guarantors_consent", "The guarantors have not consented.")
PURPOSE_STATED = Guard("purpose_stated", "A drawdown needs its purpose.")
WITHIN_AVAILABILITY = Guard("within_availability", "More is asked for than is available.")
PURPOSE_ACCOUNT = Guard("purpose_account", "The payee's account does not fit the purpose of the loan.")
NO_DRAW_STOP = Guard("no_draw_stop", "Drawing is stopped on this facility.")
BANK_RECEIPT = Guard("bank_receipt", "The bank's receipt is missing.")

_D = DealState
_BEFORE_SIGNED = (_D.REQUESTED, _D.OFFERED, _D.TERM_SHEET, _D.UNDER_REVIEW, _D.APPROVED)
_PERFORMING = (_D.ACTIVE, _D.WATCH, _D.EXTENDED)
_LENT = (*_PERFORMING, _D.OVERDUE)

DEAL = Machine[DealState](
    "Deal",
    step(None, "request", _D.REQUESTED, Actor.SME, guards=(GOODS_VERIFIED,)),
    step((_D.REQUESTED, _D.OFFERED), "offer", _D.OFFERED, Actor.BANK, guards=(VALUATION_FRESH,)),
    step(_D.OFFERED, "accept_offer", _D.TERM_SHEET, Actor.SME, guards=(OFFER_VALID,)),
    step(_D.TERM_SHEET, "review", _D.UNDER_REVIEW, Actor.BANK),
    step(_D.UNDER_REVIEW, "approve", _D.APPROVED, Actor.BANK, guards=(KYC_VALID, VALUATION_FRESH), four_eyes=True),
    step(_D.APPROVED, "sign", _D.SIGNED, Actor.BANK, Actor.SME, guards=(BOTH_SIGNED, OFFER_VALID)),
    step(
        _D.SIGNED,
        "meet_conditions",
        _D.CONDITIONS_MET,
        Actor.BANK,
        guards=(PLEDGE_ACTIVE, INSURANCE_IN_FORCE, ACCOUNT_OPENED),
    ),
    step(_D.CONDITIONS_MET, "activate", _D.ACTIVE, Actor.BANK, Actor.SYSTEM, guards=(DRAWDOWN_CONFIRMED,)),
    step((_D.ACTIVE, _D.EXTENDED), "watch", _D.WATCH, Actor.SYSTEM, Actor.BANK, guards=(REASON_GIVEN,)),
    step(_D.WATCH, "end_watch", _D.ACTIVE, Actor.BANK, guards=(REASON_GIVEN,)),
    step(_PERFORMING, "fall_overdue", _D.OVERDUE, Actor.SYSTEM, guards=(AMOUNT_OVERDUE,)),
    step(_D.OVERDUE, "catch_up", _D.ACTIVE, Actor.SYSTEM, Actor.BANK, guards=(ARREARS_PAID,)),
    step(_LENT, "declare_default", _D.DEFAULT, Actor.BANK, guards=(EVENT_OF_DEFAULT,), four_eyes=True),
    step(_D.DEFAULT, "enforce", _D.ENFORCEMENT, Actor.BANK, four_eyes=True),
    step(_D.ENFORCEMENT, "recover", _D.RECOVERED, Actor.BANK, guards=(DEBT_ZERO,)),
    step(_D.ENFORCEMENT, "write_off", _D.WRITTEN_OFF, Actor.BANK, guards=(PROCEEDS_DISTRIBUTED,), four_eyes=True),
    step(_LENT, "settle", _D.SETTLED, Actor.BANK, Actor.SYSTEM, guards=(DEBT_ZERO,)),
    step(
        (_D.ACTIVE, _D.WATCH, _D.OVERDUE),
        "extend",
        _D.EXTENDED,
        Actor.BANK,
        guards=(GUARANTORS_CONSENT,),
        four_eyes=True,
    ),
    step(_BEFORE_SIGNED, "withdraw", _D.WITHDRAWN, Actor.SME),
    step(_BEFORE_SIGNED, "reject", _D.REJECTED, Actor.BANK, guards=(REASON_GIVEN,)),
    step(
        (_D.OFFERED, _D.TERM_SHEET, _D.UNDER_REVIEW, _D.APPROVED),
        "expire",
        _D.EXPIRED,
        Actor.SYSTEM,
        guards=(OFFER_RUN_OUT,),
    ),
    # Implied, not rows of the table: a debtor may pay until the goods are sold, a default that should not have been is taken back, and a signed deal may end undrawn.
    step(_D.DEFAULT, "withdraw_default", _D.WATCH, Actor.BANK, guards=(OBJECTION_UPHELD,), four_eyes=True),
    step(_D.DEFAULT, "recover", _D.RECOVERED, Actor.BANK, guards=(DEBT_ZERO,)),
    step((_D.SIGNED, _D.CONDITIONS_MET), "settle", _D.SETTLED, Actor.BANK, Actor.SYSTEM, guards=(DEBT_ZERO,)),
)

DRAWDOWN = Machine[DrawdownState](
    "Drawdown",
    step(None, "request", DrawdownState.REQUESTED, Actor.SME, guards=(PURPOSE_STATED,)),
    step(
        DrawdownState.REQUESTED,
        "approve",
        DrawdownState.APPROVED,
        Actor.BANK,
        guards=(WITHIN_AVAILABILITY, PURPOSE_ACCOUNT, VALUATION_FRESH, NO_DRAW_STOP),
        four_eyes=True,
    ),
    step(DrawdownState.APPROVED, "instruct", DrawdownState.INSTRUCTED, Actor.BANK, guards=(NO_DRAW_STOP,)),
    step(DrawdownState.INSTRUCTED, "confirm", DrawdownState.CONFIRMED, Actor.BANK, guards=(BANK_RECEIPT,)),
    step(DrawdownState.INSTRUCTED, "fail", DrawdownState.FAILED, Actor.BANK, Actor.SYSTEM),
    # Implied, not rows of the table:
    step((DrawdownState.REQUESTED, DrawdownState.APPROVED), "refuse", DrawdownState.REFUSED, Actor.BANK),
)


def next_state(state: DealState | None, action: str) -> DealState:
    """Where a step of a deal leads; refuses what the table does not list."""
    return DEAL.next_state(state, action)
