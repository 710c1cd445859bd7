"""Calls about finance: request, offer, acceptance, approval, drawdown, repayment, margin call, default; the ledger behind them."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, MoneyShape, Nothing, PageQuery, QuantityShape, Ratio, Shape
from frontend.pledges.api import Proposed, proposed, quantity
from frontend.valuation.api import money_shape
from marketplace.financing import actions, queries
from marketplace.financing.models import Deal, Drawdown, MarginCall, Offer, Repayment
from marketplace.ledger import queries as ledger
from marketplace.money import Money
from tenants.workspace import Workspace

api = Api("financing")
Sentence = Annotated[str, Field(min_length=1, max_length=500)]
Share = Annotated[Decimal, Field(ge=0, le=2, max_digits=9, decimal_places=8)]
Days = Annotated[int, Field(ge=1, le=3660)]


class GoodsBody(Shape):
    """So much of a lot."""

    lot_id: UUID
    quantity: QuantityShape


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


class OfferBody(Shape):
    """The bank's terms: rates, lines and haircut as shares of one."""

    limit: MoneyShape
    annual_rate: Share
    day_count: Annotated[str, Field(pattern=r"^(ACT/360|ACT/365|30/360)$")] = "ACT/360"
    tenor_days: Days
    ltv_initial: Share
    ltv_warn: Share
    ltv_call: Share
    ltv_liquidation: Share
    haircut: Share
    valid_until: Moment
    fee: MoneyShape | None = None
    devices_required: bool = False


class OfferView(Shape):
    """An offer."""

    id: UUID
    deal_id: UUID
    status: str
    limit: MoneyShape
    annual_rate: Ratio
    day_count: str
    tenor_days: int
    fee: MoneyShape
    ltv_initial: Ratio
    ltv_warn: Ratio
    ltv_call: Ratio
    ltv_liquidation: Ratio
    haircut: Ratio
    valid_until: Moment


class OfferPage(Shape):
    """A deal's offers, newest first."""

    items: list[OfferView]


class PositionView(Shape):
    """What is owed, what the goods are worth, and how the two stand to each other."""

    principal: MoneyShape
    interest: MoneyShape
    fees: MoneyShape
    outstanding: MoneyShape
    market_value: MoneyShape | None
    ltv: Ratio | None
    zone: str


class ConditionBody(Shape):
    """Evidence for a condition precedent that people have to give, or why it is waived."""

    kind: Annotated[str, Field(pattern="^(INSURANCE|ACCOUNT)$")]
    reference: Annotated[str, Field(max_length=200)] = ""
    waived_because: Annotated[str, Field(max_length=500)] = ""
    valid_until: date | None = None
    document_id: UUID | None = None


class DrawBody(Shape):
    """Money to be paid out, to whom (entrusted payment)."""

    amount: MoneyShape
    payee: Annotated[str, Field(min_length=1, max_length=200)]
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


class RepaymentView(Shape):
    """How a repayment was allocated: fees, interest, principal; what is beyond the debt stays the borrower's."""

    id: UUID
    amount: MoneyShape
    fees: MoneyShape
    interest: MoneyShape
    principal: MoneyShape
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


class AnswerBody(Shape):
    """The borrower's answer to a call."""

    accept: bool
    because: Annotated[str, Field(max_length=1000)] = ""


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


@api.look("/deals", takes=PageQuery, gives=DealPage)
def list_deals(ws: Workspace, body: PageQuery) -> DealPage:
    """Deals of the caller's: its requests, or requests to it."""
    rows = queries.list_deals(ws, cursor=body.cursor, limit=body.limit)
    return DealPage(items=[deal_view(row) for row in rows], next=rows[-1].deal_id if len(rows) == body.limit else None)


@api.act("/deals", takes=RequestBody, gives=DealView, status=201)
def request_financing(ws: Workspace, body: RequestBody) -> DealView:
    """Ask a bank for finance on goods."""
    asked = body.model_dump() | {"amount": money(body.amount), "goods": goods(body.goods)}
    return deal_view(actions.request_financing(ws, **asked))


@api.look("/deals/<uuid:deal_id>", gives=DealView)
def show_deal(ws: Workspace, deal_id: UUID) -> DealView:
    """One deal."""
    return deal_view(queries.find_deal(ws, deal_id))


@api.look("/deals/<uuid:deal_id>/position", gives=PositionView)
def show_position(ws: Workspace, deal_id: UUID) -> PositionView:
    """What is owed on a deal and what its goods are worth."""
    queries.find_deal(ws, deal_id)
    found = queries.position(ws, deal_id)
    return PositionView(
        principal=money_shape(found.principal),
        interest=money_shape(found.interest),
        fees=money_shape(found.fees),
        outstanding=money_shape(found.outstanding),
        market_value=money_shape(found.market_value) if found.market_value else None,
        ltv=found.ltv,
        zone=str(found.zone) if found.zone else "",
    )


@api.look("/deals/<uuid:deal_id>/offers", gives=OfferPage)
def list_offers(ws: Workspace, deal_id: UUID) -> OfferPage:
    """A deal's offers."""
    return OfferPage(items=[offer_view(row) for row in queries.offers(ws, deal_id)])


@api.act("/deals/<uuid:deal_id>/offers", takes=OfferBody, gives=OfferView, status=201)
def offer_financing(ws: Workspace, deal_id: UUID, body: OfferBody) -> OfferView:
    """The bank offers terms."""
    terms = body.model_dump() | {"limit": money(body.limit), "fee": money(body.fee) if body.fee else None}
    return offer_view(actions.offer_financing(ws, deal_id, **terms))


@api.act("/deals/<uuid:deal_id>/acceptance", takes=Nothing, gives=DealView)
def accept_offer(ws: Workspace, deal_id: UUID, body: Nothing) -> DealView:
    """The borrower accepts the bank's offer; its goods are put at the bank's disposal."""
    actions.accept_offer(ws, deal_id)
    return deal_view(queries.find_deal(ws, deal_id))


@api.act("/deals/<uuid:deal_id>/approval", takes=Nothing, gives=Proposed)
def propose_approval(ws: Workspace, deal_id: UUID, body: Nothing) -> Proposed:
    """Put the deal before a second officer."""
    return proposed(actions.propose_approval(ws, deal_id))


@api.act("/deals/<uuid:deal_id>/withdrawal", takes=Because, gives=DealView)
def withdraw_request(ws: Workspace, deal_id: UUID, body: Because) -> DealView:
    """The borrower takes its request back."""
    actions.withdraw_request(ws, deal_id, because=body.because)
    return deal_view(queries.find_deal(ws, deal_id))


@api.act("/deals/<uuid:deal_id>/conditions", takes=ConditionBody, gives=DealView)
def record_condition(ws: Workspace, deal_id: UUID, body: ConditionBody) -> DealView:
    """Enter evidence for a condition precedent."""
    given = body.model_dump()
    actions.record_condition(ws, deal_id, given.pop("kind"), **given)
    return deal_view(queries.find_deal(ws, deal_id))


@api.look("/deals/<uuid:deal_id>/drawdowns", gives=DrawPage)
def list_drawdowns(ws: Workspace, deal_id: UUID) -> DrawPage:
    """A deal's drawdowns."""
    return DrawPage(items=[draw_view(row) for row in queries.drawdowns(ws, deal_id)])


@api.act("/deals/<uuid:deal_id>/drawdowns", takes=DrawBody, gives=DrawView, status=201)
def request_drawdown(ws: Workspace, deal_id: UUID, body: DrawBody) -> DrawView:
    """The borrower asks for money."""
    return draw_view(actions.request_drawdown(ws, deal_id, **(body.model_dump() | {"amount": money(body.amount)})))


@api.act("/drawdowns/<uuid:drawdown_id>/approval", takes=Nothing, gives=Proposed)
def propose_drawdown(ws: Workspace, drawdown_id: UUID, body: Nothing) -> Proposed:
    """Put a drawdown before a second officer; approved, the payment is instructed."""
    return proposed(actions.propose_drawdown(ws, drawdown_id))


@api.act("/drawdowns/<uuid:drawdown_id>/payment", takes=PaymentBody, gives=DrawView)
def confirm_payment(ws: Workspace, drawdown_id: UUID, body: PaymentBody) -> DrawView:
    """Enter the paying bank's receipt: the money is lent."""
    return draw_view(actions.confirm_payment(ws, drawdown_id, bank_reference=body.bank_reference))


@api.act("/deals/<uuid:deal_id>/repayments", takes=RepaymentBody, gives=RepaymentView, status=201)
def record_repayment(ws: Workspace, deal_id: UUID, body: RepaymentBody) -> RepaymentView:
    """Enter money received."""
    return repayment_view(actions.record_repayment(ws, deal_id, amount=money(body.amount), reference=body.reference))


@api.act("/deals/<uuid:deal_id>/top-ups", takes=TopUpBody, gives=DealView)
def top_up(ws: Workspace, deal_id: UUID, body: TopUpBody) -> DealView:
    """The borrower offers more goods."""
    actions.top_up(ws, deal_id, goods(body.goods))
    return deal_view(queries.find_deal(ws, deal_id))


@api.look("/margin-calls", gives=CallPage)
def list_margin_calls(ws: Workspace) -> CallPage:
    """Margin calls of the caller's deals."""
    return CallPage(items=[call_view(row) for row in queries.margin_calls(ws)])


@api.act("/deals/<uuid:deal_id>/margin-calls", takes=Nothing, gives=CallView, status=201)
def call_margin(ws: Workspace, deal_id: UUID, body: Nothing) -> CallView:
    """Look at a deal now, and call for cover where its lines ask for it."""
    return call_view(actions.call_margin(ws, deal_id))


@api.act("/margin-calls/<uuid:call_id>/answer", takes=AnswerBody, gives=CallView)
def answer_margin_call(ws: Workspace, call_id: UUID, body: AnswerBody) -> CallView:
    """The borrower accepts a call, or objects to it."""
    return call_view(actions.answer_margin_call(ws, call_id, accept=body.accept, because=body.because))


@api.act("/deals/<uuid:deal_id>/default", takes=Because, gives=Proposed)
def propose_default(ws: Workspace, deal_id: UUID, body: Because) -> Proposed:
    """Put a declaration of default before a second officer."""
    return proposed(actions.propose_default(ws, deal_id, because=body.because))


@api.look("/deals/<uuid:deal_id>/trial-balance", gives=TrialBalance)
def show_trial_balance(ws: Workspace, deal_id: UUID) -> TrialBalance:
    """Debits, credits and balance of each of a deal's accounts."""
    deal = queries.find_deal(ws, deal_id)
    rows: list[Any] = list(ledger.trial_balance(ws, deal_id))
    lines = [
        LineView(account=str(row.account), debit=money_shape(row.debits), credit=money_shape(row.credits), balance=money_shape(row.balance))
        for row in rows
    ]  # fmt: skip
    nothing = Money.zero(deal.currency)
    return TrialBalance(
        items=lines,
        debits=money_shape(sum((row.debits for row in rows), nothing)),
        credits=money_shape(sum((row.credits for row in rows), nothing)),
    )


def deal_view(row: Deal) -> DealView:
    """A deal in the API's shape."""
    plain = ("number", "status", "bank_id", "tenor_days", "purpose", "requested_at", "matures_on", "closed_at")
    amount = money_shape(Money(row.amount_minor, row.currency))
    return DealView(
        id=row.deal_id, borrower_id=row.tenant_id, amount=amount, **{name: getattr(row, name) for name in plain}
    )


def offer_view(row: Offer) -> OfferView:
    """An offer in the API's shape."""
    plain = (
        "id", "deal_id", "status", "annual_rate", "day_count", "tenor_days", "ltv_initial", "ltv_warn", "ltv_call",
        "ltv_liquidation", "haircut", "valid_until",
    )  # fmt: skip
    return OfferView(
        limit=money_shape(Money(row.limit_minor, row.currency)),
        fee=money_shape(Money(row.fee_minor, row.currency)),
        **{name: getattr(row, name) for name in plain},
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
        for name in ("amount", "fees", "interest", "principal", "over")
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
