"""What calls of finance take and give, and how rows become it."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, QuantityShape, Ratio, Shape
from frontend.pledges.api import quantity
from frontend.valuation.api import money_shape
from marketplace.financing.models.calls import MarginCall
from marketplace.financing.models.deals import Deal
from marketplace.financing.models.money import Drawdown, Repayment
from marketplace.money import Money

Sentence = Annotated[str, Field(min_length=1, max_length=500)]
Share = Annotated[Decimal, Field(ge=0, le=2, max_digits=9, decimal_places=8)]
Days = Annotated[int, Field(ge=1, le=3660)]


class GoodsBody(Shape):
    """So much of a lot; `items` names which of a serialised lot's items make it."""

    lot_id: UUID
    quantity: QuantityShape
    items: Annotated[list[UUID], Field(min_length=1, max_length=500)] | None = None


Goods = Annotated[list[GoodsBody], Field(min_length=1, max_length=100)]


class RequestBody(Shape):
    """A request for finance on quantities of verified lots."""

    bank_id: UUID
    amount: MoneyShape
    tenor_days: Days
    purpose: Sentence
    goods: Goods
    core_id: UUID | None = None


class DealView(Shape):
    """A deal as its two parties see it."""

    id: UUID
    number: str
    status: str
    borrower_id: UUID
    bank_id: UUID
    amount: MoneyShape
    tenor_days: int
    purpose: str
    requested_at: Moment
    matures_on: date | None
    closed_at: Moment | None


class DealPage(Shape):
    """Deals, newest first; `next` is the cursor of the page after."""

    items: list[DealView]
    next: UUID | None


class PositionView(Shape):
    """What is owed, what the goods are worth, and how the two stand to each other."""

    principal: MoneyShape
    interest: MoneyShape
    penalty: MoneyShape
    fees: MoneyShape
    outstanding: MoneyShape
    market_value: MoneyShape | None
    ltv: Ratio | None
    zone: str


class ConditionBody(Shape):
    """Evidence for a condition precedent that people have to give, or why it is waived."""

    kind: Annotated[str, Field(pattern="^(INSURANCE|ACCOUNT|GUARANTEE)$")]
    reference: Annotated[str, Field(max_length=200)] = ""
    waived_because: Annotated[str, Field(max_length=500)] = ""
    valid_until: date | None = None
    document_id: UUID | None = None


class DrawBody(Shape):
    """Money to be paid out, to whom (entrusted payment); `payee_code`: its unified social credit code, where it has one."""

    amount: MoneyShape
    payee: Annotated[str, Field(min_length=1, max_length=200)]
    payee_code: Annotated[str, Field(max_length=30)] = ""
    payee_account: Annotated[str, Field(max_length=64)] = ""
    purpose: Annotated[str, Field(max_length=500)] = ""


class DrawView(Shape):
    """A drawdown."""

    id: UUID
    deal_id: UUID
    status: str
    amount: MoneyShape
    payee: str
    bank_reference: str | None
    requested_at: Moment


class DrawPage(Shape):
    """A deal's drawdowns."""

    items: list[DrawView]


class PaymentBody(Shape):
    """The paying bank's receipt."""

    bank_reference: Annotated[str, Field(min_length=1, max_length=64)]


class RepaymentBody(Shape):
    """Money received from the borrower, under the bank's reference."""

    amount: MoneyShape
    reference: Annotated[str, Field(min_length=1, max_length=64)]
    recalculation: Annotated[str, Field(pattern="^(SMALLER|SHORTER)$")] = "SMALLER"


class RepaymentView(Shape):
    """How a repayment was allocated: fees, interest, principal, or what was written off; what is beyond the debt stays the borrower's."""

    id: UUID
    amount: MoneyShape
    fees: MoneyShape
    interest: MoneyShape
    penalty: MoneyShape
    principal: MoneyShape
    recovered: MoneyShape
    over: MoneyShape


class CallView(Shape):
    """A margin call: what it asks for, in cash or in goods, and until when."""

    id: UUID
    deal_id: UUID
    number: int
    status: str
    zone: str
    outstanding: MoneyShape
    market_value: MoneyShape
    cash: MoneyShape
    goods: MoneyShape
    opened_at: Moment
    answer_by: Moment
    cure_by: Moment
    closed_at: Moment | None


class CallPage(Shape):
    """Margin calls, newest first."""

    items: list[CallView]


class Because(Shape):
    """Why."""

    because: Sentence


class TopUpBody(Shape):
    """More goods for a deal."""

    goods: Goods


class LineView(Shape):
    """An account's turnover and balance; debit above zero."""

    account: str
    debit: MoneyShape
    credit: MoneyShape
    balance: MoneyShape


class TrialBalance(Shape):
    """Debits equal credits, account by account."""

    items: list[LineView]
    debits: MoneyShape
    credits: MoneyShape


def deal_view(row: Deal) -> DealView:
    """A deal in the API's shape."""
    plain = ("number", "status", "bank_id", "tenor_days", "purpose", "requested_at", "matures_on", "closed_at")
    amount = money_shape(Money(row.amount_minor, row.currency))
    return DealView(
        id=row.deal_id, borrower_id=row.tenant_id, amount=amount, **{name: getattr(row, name) for name in plain}
    )


def draw_view(row: Drawdown) -> DrawView:
    """A drawdown in the API's shape."""
    plain = ("id", "deal_id", "status", "payee", "bank_reference", "requested_at")
    amount = money_shape(Money(row.amount_minor, row.currency))
    return DrawView(amount=amount, **{name: getattr(row, name) for name in plain})


def repayment_view(row: Repayment) -> RepaymentView:
    """A repayment in the API's shape."""
    parts = {
        name: money_shape(Money(getattr(row, f"{name}_minor"), row.currency))
        for name in ("amount", "fees", "interest", "penalty", "principal", "recovered", "over")
    }
    return RepaymentView(id=row.id, **parts)


def call_view(row: MarginCall) -> CallView:
    """A margin call in the API's shape."""
    plain = ("id", "deal_id", "number", "status", "zone", "opened_at", "answer_by", "cure_by", "closed_at")
    sums: dict[str, Any] = {
        name: money_shape(Money(getattr(row, f"{name}_minor"), row.currency))
        for name in ("outstanding", "market_value", "cash", "goods")
    }
    return CallView(**sums, **{name: getattr(row, name) for name in plain})


def money(given: MoneyShape) -> Money:
    """Money from its shape; refuses an unknown currency and more places than it has."""
    return Money.of(given.amount, given.currency)


def goods(given: list[GoodsBody]) -> list[tuple[UUID, Any]]:
    """Lots and quantities from their shapes."""
    return [(one.lot_id, quantity(one.quantity)) for one in given]


def chosen(given: list[GoodsBody]) -> dict[UUID, list[UUID]]:
    """The items that were chosen, by their lots."""
    return {one.lot_id: one.items for one in given if one.items is not None}
