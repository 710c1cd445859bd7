"""From what was used to what is owed, to the minor unit: each use counts once, the free allowance comes first, and each figure is rounded half up once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from marketplace.billing.rules.plans import Plan
from marketplace.exact import exact
from marketplace.money import Money, total
from marketplace.states import Actor, Machine, step
from tenants.errors import Conflict, Invalid


class FeeKind(StrEnum):
    """What is charged for. LOT_MONTH: a lot on which a device sat at any time in the month. DEAL: a loan, when it is first paid out. SALE: goods sold and paid for, once their price is final."""

    LOT_MONTH = "LOT_MONTH"
    DEAL = "DEAL"
    SALE = "SALE"


@dataclass(frozen=True, slots=True)
class Used:
    """One thing that is charged for: which lot, deal or auction, by its number, and when it first counted. `price`: of a sale, what the buyer paid and did not get back."""

    kind: FeeKind
    subject_id: UUID
    label: str
    at: datetime
    price: Money | None = None

    @property
    def key(self) -> tuple[FeeKind, UUID]:
        """What makes it one and the same within a month."""
        return self.kind, self.subject_id


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an invoice: how many were used, how many of them were free, what one costs (a commission: the sum of the prices it is a share of), and what is owed."""

    kind: FeeKind
    quantity: int
    free: int
    each: Money
    amount: Money


@dataclass(frozen=True, slots=True)
class Bill:
    """What one firm owes for one month in one currency: its lines, the tax upon their sum, and the uses that it charges."""

    lines: tuple[Line, ...]
    net: Money
    vat: Money
    used: tuple[Used, ...]

    @property
    def total(self) -> Money:
        return self.net + self.vat


def bills(plan: Plan, used: Iterable[Used]) -> tuple[Bill, ...]:
    """What a firm owes for what it used in a month: one bill for each currency, the plan's own first. Nothing is owed for what the allowance covers.

    Commissions are owed in the currency of their sales: no price is converted.
    """
    once = {one.key: one for one in sorted(used, key=lambda one: (one.at, one.key))}
    of_currency: dict[str, list[Used]] = {plan.currency: []}
    for one in once.values():
        of_currency.setdefault(one.price.currency if one.price else plan.currency, []).append(one)
    made = [_bill(plan, uses, currency) for currency, uses in sorted(of_currency.items(), key=lambda one: (one[0] != plan.currency, one[0]))]  # fmt: skip
    return tuple(bill for bill in made if bill.used)


def _bill(plan: Plan, used: list[Used], currency: str) -> Bill:
    lines = tuple(_line(plan, kind, uses, currency) for kind in FeeKind if (uses := [one for one in used if one.kind is kind]))  # fmt: skip
    net = total((line.amount for line in lines), currency)
    return Bill(lines, net, net.times(plan.vat_rate), tuple(used))


def _line(plan: Plan, kind: FeeKind, used: list[Used], currency: str) -> Line:
    count = len(used)
    if kind is FeeKind.LOT_MONTH:
        free = min(count, plan.lots_free)
        return Line(kind, count, free, plan.lot_month, plan.lot_month.times(count - free))
    if kind is FeeKind.DEAL:
        return Line(kind, count, 0, plan.deal, plan.deal.times(count))
    prices = total((one.price for one in used if one.price), currency)
    return Line(kind, count, 0, prices, Money.rounded(prices.exact * exact(plan.sale_share), currency))


class InvoiceState(StrEnum):
    """Where an invoice stands. What the running month costs so far is no invoice yet: it is worked out whenever it is looked at."""

    ISSUED = "ISSUED"
    OVERDUE = "OVERDUE"
    PAID = "PAID"
    CREDITED = "CREDITED"
    WRITTEN_OFF = "WRITTEN_OFF"


_I, _SYSTEM, _PLATFORM = InvoiceState, Actor.SYSTEM, Actor.PLATFORM
INVOICE = Machine[InvoiceState](
    "Fee invoice",
    step(None, "issue", _I.ISSUED, _SYSTEM),
    step(_I.ISSUED, "remind", _I.OVERDUE, _SYSTEM),
    step((_I.ISSUED, _I.OVERDUE), "pay", _I.PAID, _PLATFORM, _SYSTEM),
    step(
        _I.PAID, "reopen", _I.OVERDUE, _SYSTEM
    ),  # a cardholder's bank drew the payment back, or it was returned at the card service
    step((_I.ISSUED, _I.OVERDUE), "write_off", _I.WRITTEN_OFF, _PLATFORM, four_eyes=True),
    step((_I.ISSUED, _I.OVERDUE, _I.PAID), "credit", _I.CREDITED, _PLATFORM, four_eyes=True),
)
OPEN = (InvoiceState.ISSUED, InvoiceState.OVERDUE)


def invoice_number(letter: str, month: date, place: int) -> str:
    """How a document is called: `F-202603-0007` is the seventh invoice for March 2026, `C-202603-0001` the first credit note on one."""
    return f"{letter}-{month:%Y%m}-{place:04d}"


def require_whole(amount: Money, owed: Money) -> None:
    """Refuse less or more than what is open of the invoice: a part paid would be neither open nor paid."""
    if amount.currency != owed.currency:
        raise Invalid("currency_wrong_for_invoice", "This invoice is in %(currency)s.", field="amount", currency=owed.currency)  # fmt: skip
    if amount != owed:
        raise Conflict("invoice_amount_differs", "Of this invoice %(owed)s is open. Confirm a payment of exactly that.", field="amount", owed=str(owed))  # fmt: skip
