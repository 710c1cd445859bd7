"""What a core enterprise undertakes towards the bank, and when and for how much it can be claimed.

- buy_back 回购: once the loan is in default the core enterprise pays what is owed, at most its amount; the goods go to it by their receipts.
- differential_refund 差额退款: what it was paid and has not delivered by the last day it refunds.
- confirmed_warehouse 保兑仓: goods leave it only against the bank's notices, these only against deposits; what no notice was given for it refunds
  on the last day. Of 10,000,000 with deposits of 3,000,000 and 4,500,000 it delivers for 7,500,000 and refunds 2,500,000 (domain model, E21).
- receivable_confirmation 应收账款确权: it confirms that the invoice exists and that it pays it to the bank on its day; confirmed is binding (Interpretation
  of the Supreme People's Court on security, article 61).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from marketplace.money import Money, lowest
from marketplace.states import Actor, Guard, Machine, step
from tenants.errors import Conflict, Invalid

PAY_DAYS_MAX = 60


class GuaranteeKind(StrEnum):
    """What is undertaken."""

    BUY_BACK = "BUY_BACK"
    DIFFERENTIAL_REFUND = "DIFFERENTIAL_REFUND"
    CONFIRMED_WAREHOUSE = "CONFIRMED_WAREHOUSE"
    RECEIVABLE_CONFIRMATION = "RECEIVABLE_CONFIRMATION"


class GuaranteeState(StrEnum):
    """Where an undertaking stands."""

    ASKED = "ASKED"
    GIVEN = "GIVEN"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    CLAIMED = "CLAIMED"
    PAID = "PAID"
    DISCHARGED = "DISCHARGED"


class EntryKind(StrEnum):
    """What is entered under an undertaking."""

    DEPOSIT = "DEPOSIT"  # the borrower paid in
    NOTICE = "NOTICE"  # the bank lets goods of this value go: the delivery notice 提货通知
    DELIVERY = "DELIVERY"  # the core enterprise handed goods of this value over
    PAYMENT = "PAYMENT"  # the core enterprise paid the bank


LIVE = frozenset({GuaranteeState.ASKED, GuaranteeState.GIVEN, GuaranteeState.CLAIMED})
DUE = Guard("claim_due", "Nothing can be claimed under this undertaking yet.")
PAID_IN_FULL = Guard("paid_in_full", "The undertaking is not paid in full.")

GUARANTEE = Machine(
    "Undertaking",
    step(None, "ask", GuaranteeState.ASKED, Actor.BANK),
    step(GuaranteeState.ASKED, "give", GuaranteeState.GIVEN, Actor.CORE_ENTERPRISE, four_eyes=True),
    step(GuaranteeState.ASKED, "decline", GuaranteeState.DECLINED, Actor.CORE_ENTERPRISE),
    step(GuaranteeState.ASKED, "withdraw", GuaranteeState.WITHDRAWN, Actor.BANK),
    step(GuaranteeState.GIVEN, "claim", GuaranteeState.CLAIMED, Actor.BANK, guards=(DUE,), four_eyes=True),
    step(GuaranteeState.CLAIMED, "let_claim_fall", GuaranteeState.GIVEN, Actor.SYSTEM),
    step((GuaranteeState.GIVEN, GuaranteeState.CLAIMED), "pay", GuaranteeState.PAID, Actor.BANK, guards=(PAID_IN_FULL,)),
    step((GuaranteeState.ASKED, GuaranteeState.GIVEN, GuaranteeState.CLAIMED), "discharge", GuaranteeState.DISCHARGED, Actor.BANK, Actor.SYSTEM),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tally:
    """An undertaking in figures: its amount, and what was entered under it."""

    kind: GuaranteeKind
    amount: Money
    deposited: Money
    notified: Money
    delivered: Money
    paid: Money

    @property
    def may_be_notified(self) -> Money:
        """For how much more goods the bank may let go: what was deposited and not yet used, within the amount."""
        return (lowest(self.amount, self.deposited) - self.notified).at_least_zero()

    @property
    def to_deliver(self) -> Money:
        """For how much more the core enterprise has to deliver: the bank's notices, or all it was paid for."""
        promised = self.notified if self.kind is GuaranteeKind.CONFIRMED_WAREHOUSE else self.amount
        return (promised - self.delivered).at_least_zero()

    @property
    def refund(self) -> Money:
        """What would have to be refunded on the last day, as things stand."""
        used = self.notified if self.kind is GuaranteeKind.CONFIRMED_WAREHOUSE else self.delivered
        return (self.amount - used).at_least_zero()

    def claim(self, *, today: date, until: date, in_default: bool, owed: Money) -> Money:
        """How much can be claimed today. Refuses, with the reason, where that is nothing.

        A buy-back from the default to its last day; a refund and a receivable from the day after their last day on.
        """
        if self.kind is GuaranteeKind.BUY_BACK:
            return self._buy_back(in_default=in_default, in_time=today <= until, owed=owed)
        if today <= until:
            raise Conflict(
                "undertaking_runs", "This undertaking can be claimed after %(until)s.", until=until.isoformat()
            )
        due = self.amount - self.paid if self.kind is GuaranteeKind.RECEIVABLE_CONFIRMATION else self.refund
        if not due:
            raise Conflict(DUE.name, DUE.because)
        return due

    def _buy_back(self, *, in_default: bool, in_time: bool, owed: Money) -> Money:
        if not in_default:
            raise Conflict("not_in_default", "A buy-back is claimed when the loan is in default.")
        if not in_time:
            raise Conflict("undertaking_lapsed", "The last day of this undertaking has passed.")
        return lowest(self.amount, owed)


def require_terms(kind: str, amount: Money, until: date, pay_days: int, today: date) -> GuaranteeKind:
    """The kind, if the terms can be. Refuses an unknown kind, no amount, a last day that has passed and an impossible time to pay."""
    if kind not in set(GuaranteeKind):
        raise Invalid("guarantee_kind_unknown", "There is no such undertaking.", field="kind")
    if amount.minor <= 0:
        raise Invalid("amount_not_positive", "The amount must be above zero.", field="amount")
    if until <= today:
        raise Invalid("date_passed", "The last day has to lie in the future.", field="until")
    if not 1 <= pay_days <= PAY_DAYS_MAX:
        raise Invalid("pay_days_wrong", "The time to pay is 1 to %(most)s days.", field="pay_days", most=PAY_DAYS_MAX)
    return GuaranteeKind(kind)


def require_within(amount: Money, most: Money, because: str, *, code: str) -> None:
    """Refuse an amount that is nothing, of another currency, or more than `most`; `because` says so with a place for %(most)s."""
    if amount.currency != most.currency:
        raise Invalid("currency_mismatch", "This deal is in %(currency)s.", field="amount", currency=most.currency)
    if amount.minor <= 0:
        raise Invalid("amount_not_positive", "The amount must be above zero.", field="amount")
    if amount > most:
        raise Invalid(code, because, field="amount", most=most)
