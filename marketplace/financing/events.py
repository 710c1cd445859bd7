"""What happens to a deal: facts on the deal's stream. Those that tell an amount are heard by borrower and bank alone."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from marketplace.money import Money
from tenants.events import Fact

PARTIES = frozenset({"borrower", "bank"})
WITH_CORE = PARTIES | {"core"}
BANK = frozenset({"bank"})
BORROWER = frozenset({"borrower"})
_DEAL = "/deals/{stream}"
_CALL = "/deals/{stream}/margin-calls/{call_id}"


@dataclass(frozen=True, kw_only=True)
class FinancingRequested(Fact):
    """A firm asked a bank for money on its goods."""

    says: ClassVar[str] = "%(borrower)s asked for %(amount)s (deal %(number)s). Lots put up: %(lots)s."
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = _DEAL
    number: str
    borrower: str
    amount: Money
    tenor_days: int
    lots: int


@dataclass(frozen=True, kw_only=True)
class RequestWithdrawn(Fact):
    """The firm took its request back."""

    says: ClassVar[str] = "Deal %(number)s was withdrawn: %(because)s"
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = _DEAL
    number: str
    because: str


@dataclass(frozen=True, kw_only=True)
class RequestRejected(Fact):
    """The bank declined."""

    says: ClassVar[str] = "Deal %(number)s was declined: %(because)s"
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = _DEAL
    number: str
    because: str


@dataclass(frozen=True, kw_only=True)
class OfferMade(Fact):
    """The bank made an offer."""

    says: ClassVar[str] = "The bank offers up to %(limit)s at %(annual_rate)s a year, valid until %(valid_until)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = _DEAL
    offer_id: UUID
    limit: Money
    annual_rate: str
    tenor_days: int
    valid_until: datetime


@dataclass(frozen=True, kw_only=True)
class OfferAccepted(Fact):
    """The borrower accepted the bank's terms and offered its goods in pledge."""

    says: ClassVar[str] = "The offer of %(limit)s was accepted."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = _DEAL
    offer_id: UUID
    limit: Money


@dataclass(frozen=True, kw_only=True)
class OfferExpired(Fact):
    """An offer ran out before the deal was signed."""

    says: ClassVar[str] = "The offer on deal %(number)s ran out."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = _DEAL
    number: str
    offer_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReviewBegun(Fact):
    """The bank put the deal before its second officer."""

    says: ClassVar[str] = "Deal %(number)s is under review."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = _DEAL
    number: str


@dataclass(frozen=True, kw_only=True)
class DealApproved(Fact):
    """A second officer of the bank approved the deal."""

    says: ClassVar[str] = "Deal %(number)s was approved by a second officer."
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = _DEAL
    number: str


@dataclass(frozen=True, kw_only=True)
class DealSigned(Fact):
    """Both have signed: the borrower by accepting, the bank by two officers."""

    says: ClassVar[str] = "Deal %(number)s is signed by both parties."
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = _DEAL
    number: str


@dataclass(frozen=True, kw_only=True)
class ConditionRecorded(Fact):
    """Evidence for a condition precedent was entered, or the condition waived with a reason."""

    says: ClassVar[str] = "The condition “%(condition)s” was recorded: %(reference)s"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = _DEAL
    condition: dict[str, Any]
    reference: str
    waived: bool


@dataclass(frozen=True, kw_only=True)
class ConditionsMet(Fact):
    """Everything that had to come before the money is there."""

    says: ClassVar[str] = "All conditions of deal %(number)s are met: it may be drawn."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = _DEAL
    number: str


@dataclass(frozen=True, kw_only=True)
class DrawdownRequested(Fact):
    """The borrower asks for money under its facility."""

    says: ClassVar[str] = "%(amount)s was asked for, payable to %(payee)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = _DEAL
    drawdown_id: UUID
    amount: Money
    payee: str


@dataclass(frozen=True, kw_only=True)
class DrawdownApproved(Fact):
    """Two officers of the bank agreed to pay."""

    says: ClassVar[str] = "The drawdown of %(amount)s was approved."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = _DEAL
    drawdown_id: UUID
    amount: Money


@dataclass(frozen=True, kw_only=True)
class DrawdownInstructed(Fact):
    """The order to pay was given to the bank's payment room."""

    says: ClassVar[str] = "The payment of %(amount)s to %(payee)s was instructed."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = _DEAL
    drawdown_id: UUID
    amount: Money
    payee: str


@dataclass(frozen=True, kw_only=True)
class DrawdownRefused(Fact):
    """The bank does not pay."""

    says: ClassVar[str] = "The drawdown of %(amount)s was refused: %(because)s"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = _DEAL
    drawdown_id: UUID
    amount: Money
    because: str


@dataclass(frozen=True, kw_only=True)
class PaymentConfirmed(Fact):
    """The bank has paid: from this day the money is lent."""

    says: ClassVar[str] = "%(amount)s was paid out (bank reference %(reference)s)."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = _DEAL
    drawdown_id: UUID
    amount: Money
    reference: str


@dataclass(frozen=True, kw_only=True)
class PaymentFailed(Fact):
    """The payment did not go through; nothing was lent."""

    says: ClassVar[str] = "The payment of %(amount)s failed: %(because)s"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = _DEAL
    drawdown_id: UUID
    amount: Money
    because: str


@dataclass(frozen=True, kw_only=True)
class InterestAccrued(Fact):
    """Interest for the days up to and with `until` was taken up."""

    says: ClassVar[str] = "Interest of %(amount)s was taken up, up to %(until)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = "/deals/{stream}/statement"
    amount: Money
    days: int
    until: date


@dataclass(frozen=True, kw_only=True)
class RepaymentReceived(Fact):
    """The borrower paid: fees first, then interest, then principal (Civil Code 561)."""

    says: ClassVar[str] = "%(amount)s was received: %(interest)s for interest, %(principal)s for principal."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = "/deals/{stream}/statement"
    repayment_id: UUID
    reference: str
    amount: Money
    fees: Money
    interest: Money
    principal: Money


@dataclass(frozen=True, kw_only=True)
class GoodsToppedUp(Fact):
    """The borrower offered more goods."""

    says: ClassVar[str] = "Goods of %(lots)s more lots were offered."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = _DEAL
    lots: int


@dataclass(frozen=True, kw_only=True)
class WatchBegun(Fact):
    """The loan came near its lines: the bank watches it."""

    says: ClassVar[str] = "Deal %(number)s is on watch: loan-to-value %(ltv)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = _DEAL
    number: str
    ltv: str


@dataclass(frozen=True, kw_only=True)
class WatchEnded(Fact):
    """The bank takes the deal off its watch list."""

    says: ClassVar[str] = "Deal %(number)s is off watch: %(because)s"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = _DEAL
    number: str
    because: str


@dataclass(frozen=True, kw_only=True)
class LoanFellOverdue(Fact):
    """The loan was due and is not paid."""

    says: ClassVar[str] = "Deal %(number)s is overdue since %(since)s: %(outstanding)s is owed."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = _DEAL
    number: str
    since: date
    outstanding: Money


@dataclass(frozen=True, kw_only=True)
class MarginCallOpened(Fact):
    """The loan has outgrown its goods: the bank calls for cash or goods (Civil Code 433)."""

    says: ClassVar[str] = (
        "Margin call %(number)s: loan-to-value is %(ltv)s. Pay %(cash)s or add goods worth %(goods)s by %(cure_by)s."
    )
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = _CALL
    call_id: UUID
    number: int
    ltv: str
    outstanding: Money
    market_value: Money
    cash: Money
    goods: Money
    cure_by: datetime


@dataclass(frozen=True, kw_only=True)
class NoticeReached(Fact):
    """The notice of a call reached the borrower's workspace, or was served by hand with proof."""

    says: ClassVar[str] = "The notice of margin call %(number)s was delivered (%(proof)s)."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = _CALL
    call_id: UUID
    number: int
    proof: str


@dataclass(frozen=True, kw_only=True)
class MarginCallNotified(Fact):
    """The call counts as notified; the time to answer and to cure runs."""

    says: ClassVar[str] = "Margin call %(number)s is notified; it has to be cured by %(cure_by)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = _CALL
    call_id: UUID
    number: int
    answer_by: datetime
    cure_by: datetime


@dataclass(frozen=True, kw_only=True)
class NoticeOverdue(Fact):
    """An hour has passed without proof that the notice was delivered."""

    says: ClassVar[str] = "There is no proof yet that margin call %(number)s was delivered: serve it by hand."
    audience: ClassVar[frozenset[str] | None] = BANK
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = _CALL
    call_id: UUID
    number: int


@dataclass(frozen=True, kw_only=True)
class MarginCallAccepted(Fact):
    """The call stands: the borrower accepted it, did not answer in time, or its objection was not upheld."""

    says: ClassVar[str] = "Margin call %(number)s was accepted (%(how)s)."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = _CALL
    call_id: UUID
    number: int
    how: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class MarginCallDisputed(Fact):
    """The borrower objects to the call's figures; the time to cure runs on."""

    says: ClassVar[str] = "Margin call %(number)s is disputed: %(because)s"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BANK
    link: ClassVar[str] = _CALL
    call_id: UUID
    number: int
    because: str


@dataclass(frozen=True, kw_only=True)
class MarginCallPartlyCured(Fact):
    """Something came in, and not enough."""

    says: ClassVar[str] = "Margin call %(number)s is partly cured; %(cash)s or goods worth %(goods)s are still missing."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = _CALL
    call_id: UUID
    number: int
    cash: Money
    goods: Money


@dataclass(frozen=True, kw_only=True)
class MarginCallCured(Fact):
    """The loan is back at its initial share of the value."""

    says: ClassVar[str] = "Margin call %(number)s is cured: loan-to-value is %(ltv)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = _CALL
    call_id: UUID
    number: int
    ltv: str


@dataclass(frozen=True, kw_only=True)
class MarginCallExpired(Fact):
    """The time to cure ran out."""

    says: ClassVar[str] = "Margin call %(number)s was not cured in time."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = _CALL
    call_id: UUID
    number: int


@dataclass(frozen=True, kw_only=True)
class MarginCallEscalated(Fact):
    """The bank has to decide: more time, or default."""

    says: ClassVar[str] = "Margin call %(number)s is escalated: %(because)s"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = _CALL
    call_id: UUID
    number: int
    because: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class MarginCallExtended(Fact):
    """The bank gave more time, with four eyes."""

    says: ClassVar[str] = "Margin call %(number)s was extended until %(cure_by)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = _CALL
    call_id: UUID
    number: int
    cure_by: datetime


@dataclass(frozen=True, kw_only=True)
class MarginCallCancelled(Fact):
    """The bank withdrew the call, the loan being below its warning line again."""

    says: ClassVar[str] = "Margin call %(number)s was cancelled."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = _CALL
    call_id: UUID
    number: int


@dataclass(frozen=True, kw_only=True)
class MarginCallDefaulted(Fact):
    """The call ended in the default of the loan."""

    says: ClassVar[str] = "Margin call %(number)s ended in default."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = _CALL
    call_id: UUID
    number: int


@dataclass(frozen=True, kw_only=True)
class DefaultProposed(Fact):
    """An officer of the bank asks to declare default; a second one decides."""

    says: ClassVar[str] = "Default of deal %(number)s was proposed: %(because)s"
    audience: ClassVar[frozenset[str] | None] = BANK
    link: ClassVar[str] = _DEAL
    number: str
    because: str


@dataclass(frozen=True, kw_only=True)
class DefaultDeclared(Fact):
    """The bank declared default, by two officers; the pledge is enforced."""

    says: ClassVar[str] = "Default of deal %(number)s was declared: %(because)s"
    audience: ClassVar[frozenset[str] | None] = WITH_CORE | {"supervisor"}
    tells: ClassVar[frozenset[str]] = WITH_CORE | {"supervisor"}
    link: ClassVar[str] = _DEAL
    number: str
    event: str
    because: str


@dataclass(frozen=True, kw_only=True)
class DealSettled(Fact):
    """Everything is paid: the deal ends and its goods are free."""

    says: ClassVar[str] = "Deal %(number)s is paid in full and closed."
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = _DEAL
    number: str


@dataclass(frozen=True, kw_only=True)
class DebtRecovered(Fact):
    """The proceeds of the goods (or a late payment) covered the debt of a defaulted deal."""

    says: ClassVar[str] = "The debt of deal %(number)s is recovered in full."
    audience: ClassVar[frozenset[str] | None] = WITH_CORE
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = _DEAL
    number: str


@dataclass(frozen=True, kw_only=True)
class ProceedsApplied(Fact):
    """Proceeds of the goods paid interest and principal; what is left is a claim without goods."""

    says: ClassVar[str] = (
        "Proceeds paid %(interest)s of interest and %(principal)s of principal; %(deficiency)s is still owed."
    )
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = PARTIES
    link: ClassVar[str] = "/deals/{stream}/statement"
    interest: Money
    principal: Money
    deficiency: Money


@dataclass(frozen=True, kw_only=True)
class DebtWrittenOff(Fact):
    """The bank gave up what it could not recover, by two officers."""

    says: ClassVar[str] = "%(amount)s of deal %(number)s was written off: %(because)s"
    audience: ClassVar[frozenset[str] | None] = BANK
    link: ClassVar[str] = _DEAL
    number: str
    amount: Money
    because: str
