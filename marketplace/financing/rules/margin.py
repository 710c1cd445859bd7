"""When a loan has outgrown its goods, how much cures it, and by when.

Loan-to-value O / MV is compared exactly with the four agreed lines. A cure brings it back to the initial line, by
cash, by goods or by both. Deadlines of a call: proof of delivery in 1 hour, an answer in 4, a cure in 2 business
days (product defaults).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from marketplace.business_days import SHANGHAI, business_time_after
from marketplace.exact import Exact, exact
from marketplace.money import Money
from marketplace.states import Actor, Guard, Machine, step
from tenants.errors import Conflict, Invalid


class Zone(StrEnum):
    """Where a loan-to-value lies between the lines."""

    SAFE = "SAFE"
    WARN = "WARN"
    CALL = "CALL"
    LIQUIDATION = "LIQUIDATION"


@dataclass(frozen=True, slots=True)
class Lines:
    """The agreed lines as shares of the value: initial, warning, call, liquidation, in this order, e.g. 0.65, 0.70,
    0.75, 0.85.
    """

    initial: Exact
    warn: Exact
    call: Exact
    liquidation: Exact

    def __post_init__(self) -> None:
        initial, warn, call, liquidation = (
            exact(line) for line in (self.initial, self.warn, self.call, self.liquidation)
        )
        if not 0 < initial <= warn <= call <= liquidation <= 1:
            raise Invalid(
                "lines_out_of_order", "The lines rise from initial to liquidation and lie in 0 to 1.", field="ltv"
            )


@dataclass(frozen=True, slots=True)
class Cure:
    """What brings a loan back to its initial line: this much cash, or goods of this value."""

    cash: Money
    goods: Money


def zone(outstanding: Money, market_value: Money, lines: Lines) -> Zone:
    """The zone of O / MV; on a line counts as beyond it. Goods worth nothing under a debt are LIQUIDATION, without
    debt SAFE.
    """
    owed, value = outstanding.exact, market_value.exact
    if owed <= 0:
        return Zone.SAFE
    if owed >= exact(lines.liquidation) * value:
        return Zone.LIQUIDATION
    if owed >= exact(lines.call) * value:
        return Zone.CALL
    return Zone.WARN if owed >= exact(lines.warn) * value else Zone.SAFE


def cure(outstanding: Money, market_value: Money, lines: Lines) -> Cure:
    """Cash max(0, O - L0 · MV), or goods max(0, O / L0 - MV), rounded up: a fen too little would not cure."""
    initial = exact(lines.initial)
    cash = outstanding.exact - initial * market_value.exact
    goods = outstanding.exact / initial - market_value.exact
    return Cure(rounded_up(cash, outstanding.currency), rounded_up(goods, outstanding.currency))


def is_cured(outstanding: Money, market_value: Money, lines: Lines) -> bool:
    """Whether O / MV is at most the initial line."""
    return outstanding.exact <= exact(lines.initial) * market_value.exact


def trigger_price(outstanding: Money, line: Exact, worth_per_price: Exact) -> Money:
    """The unit price at which the loan meets `line`: O / (L · q · g · k), `worth_per_price` being q · g · k in the
    price's unit.
    """
    if exact(worth_per_price) <= 0 or exact(line) <= 0:
        raise Conflict("trigger_undefined", "Without goods there is no price at which the loan meets the line.")
    return Money.rounded(outstanding.exact / (exact(line) * exact(worth_per_price)), outstanding.currency)


class CallState(StrEnum):
    """Where a margin call stands."""

    OPEN = "OPEN"
    NOTIFIED = "NOTIFIED"
    ACCEPTED = "ACCEPTED"
    DISPUTED = "DISPUTED"
    PARTIAL = "PARTIAL"
    CURED = "CURED"
    EXPIRED = "EXPIRED"
    ESCALATED = "ESCALATED"
    DEFAULTED = "DEFAULTED"
    CANCELLED = "CANCELLED"


DELIVERY_PROOF_WITHIN = timedelta(hours=1)
ANSWER_WITHIN = timedelta(hours=4)
CURE_BUSINESS_DAYS = 2

AT_CALL_LINE = Guard("at_call_line", "The loan-to-value has not reached the call line.")
AT_LIQUIDATION_LINE = Guard("at_liquidation_line", "The loan-to-value has not reached the liquidation line.")
NOTICE_SENT = Guard("notice_sent", "The notice has not been sent.")
BACK_TO_INITIAL = Guard("back_to_initial", "The loan-to-value is still above the initial line.")
SOMETHING_RECEIVED = Guard("something_received", "Neither cash nor goods have come in.")
CURE_PERIOD_OVER = Guard("cure_period_over", "The time to cure has not run out.")
BELOW_WARNING = Guard("below_warning", "The loan-to-value is not below the warning line.")
BELOW_CALL_LINE = Guard(
    "below_call_line", "By the figures on record the call stands: correct the price, the quantity or the book first."
)

_C = CallState
_PENDING = (_C.NOTIFIED, _C.ACCEPTED, _C.DISPUTED, _C.PARTIAL)
_UNCURED = (_C.OPEN, *_PENDING)

MARGIN_CALL = Machine[CallState](
    "Margin call",
    step(None, "open", _C.OPEN, Actor.SYSTEM, Actor.BANK, guards=(AT_CALL_LINE,)),
    step(None, "liquidate", _C.ESCALATED, Actor.SYSTEM, guards=(AT_LIQUIDATION_LINE,)),
    step(_UNCURED, "liquidate", _C.ESCALATED, Actor.SYSTEM, guards=(AT_LIQUIDATION_LINE,)),
    step(_C.OPEN, "notify", _C.NOTIFIED, Actor.SYSTEM, Actor.BANK, guards=(NOTICE_SENT,)),
    step(_C.NOTIFIED, "accept", _C.ACCEPTED, Actor.SME),
    step(_C.NOTIFIED, "dispute", _C.DISPUTED, Actor.SME),
    # Silence is no way out of a call: unanswered, it stands.
    step(_C.NOTIFIED, "take_as_accepted", _C.ACCEPTED, Actor.SYSTEM, after=ANSWER_WITHIN),
    step(_C.DISPUTED, "reject_objection", _C.ACCEPTED, Actor.BANK, four_eyes=True),
    step(
        (_C.DISPUTED, _C.ACCEPTED, _C.PARTIAL, _C.EXPIRED, _C.ESCALATED),
        "uphold_objection",
        _C.CANCELLED,
        Actor.BANK,
        four_eyes=True,
        guards=(BELOW_CALL_LINE,),
    ),
    step((*_UNCURED, _C.EXPIRED, _C.ESCALATED), "cure", _C.CURED, Actor.SYSTEM, Actor.BANK, guards=(BACK_TO_INITIAL,)),
    step(_PENDING, "cure_in_part", _C.PARTIAL, Actor.SYSTEM, Actor.BANK, guards=(SOMETHING_RECEIVED,)),
    step(_PENDING, "expire", _C.EXPIRED, Actor.SYSTEM, guards=(CURE_PERIOD_OVER,)),
    step(_C.EXPIRED, "escalate", _C.ESCALATED, Actor.SYSTEM, Actor.BANK),
    step(_C.ESCALATED, "extend", _C.ACCEPTED, Actor.BANK, four_eyes=True),
    step(_C.ESCALATED, "declare_default", _C.DEFAULTED, Actor.BANK, four_eyes=True),
    step(_UNCURED, "cancel", _C.CANCELLED, Actor.BANK, guards=(BELOW_WARNING,)),
)


@dataclass(frozen=True, slots=True)
class CallDeadlines:
    """When delivery must be proven, an answer given and the shortfall cured."""

    delivery_proof_at: datetime
    answer_at: datetime
    cure_at: datetime


def call_deadlines(notified_at: datetime, zone_of_place: ZoneInfo = SHANGHAI, country: str = "CN") -> CallDeadlines:
    """The deadlines of a call notified then. Business days are those of `country`, moved working days included."""
    return CallDeadlines(
        notified_at + DELIVERY_PROOF_WITHIN,
        notified_at + ANSWER_WITHIN,
        business_time_after(notified_at, CURE_BUSINESS_DAYS, zone_of_place, country),
    )


def call_step(zone_now: Zone, cured: bool, state: CallState | None) -> str | None:
    """What a revaluation does to the facility's live call (None: there is none): a step's name, or None to leave it.

    Run twice on the same figures it does nothing the second time (invariant 44).
    """
    if state is None:
        return {Zone.CALL: "open", Zone.LIQUIDATION: "liquidate"}.get(zone_now)
    if MARGIN_CALL.is_final(state):
        return None
    if cured:
        return "cure"
    return "liquidate" if zone_now is Zone.LIQUIDATION and state in _UNCURED else None


def rounded_up(amount: Fraction, currency: str) -> Money:
    """The least whole amount that is no less, and never below nothing."""
    whole = Money.rounded(amount, currency)
    return (whole if whole.exact >= amount else whole + Money(1, currency)).at_least_zero()
