"""Calls of running loans: plan, dues, class, more time, reversals; the bank's close of the day, its reference rates and loss shares."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, Nothing, Ratio, Shape
from frontend.financing.blueprint import api
from frontend.financing.shapes import Because, Sentence
from frontend.pledges.api import Proposed, proposed
from frontend.valuation.api import money_shape
from marketplace.financing import actions, queries
from marketplace.financing.models.books import EndOfDay
from marketplace.financing.money import plans, reference_rates
from marketplace.financing.nights import classes, dues, end_of_day, provisions
from marketplace.financing.nights.provisions import LossShares
from marketplace.financing.rules.quality import LoanClass
from tenants.workspace import Workspace

Class = Annotated[str, Field(pattern="^(" + "|".join(LoanClass) + ")$")]
Part = Annotated[Decimal, Field(ge=0, le=1, max_digits=9, decimal_places=8)]


class InstalmentView(Shape):
    """One planned payment. `state`: PLANNED until it falls due; then DUE while it is in time, LATE once the loan is past due, PAID."""

    number: int
    state: Annotated[str, Field(pattern="^(PLANNED|DUE|LATE|PAID)$")]
    starts_on: date
    ends_on: date
    due_on: date
    interest: MoneyShape
    principal: MoneyShape
    payment: MoneyShape
    balance: MoneyShape


class DueView(Shape):
    """What has fallen due and is not paid."""

    number: int
    part: str
    due_on: date
    amount: MoneyShape
    open: MoneyShape


class RateView(Shape):
    """The loan's rate from a day on."""

    effective_on: date
    annual_rate: Ratio
    reference_rate: Ratio | None


class PlanView(Shape):
    """A loan's plan of payments, its rates, what is due, and how late it is."""

    instalments: list[InstalmentView]
    dues: list[DueView]
    rates: list[RateView]
    days_past_due: int


class QualityView(Shape):
    """Class and stage from a day on."""

    on_day: date
    days_past_due: int
    loan_class: str
    stage: int
    because: str


class QualityPage(Shape):
    """A loan's classes over time, newest first."""

    items: list[QualityView]


class ClassBody(Shape):
    """The class that an officer orders, and why."""

    loan_class: Class
    because: Sentence


class ExtensionBody(Shape):
    """A loan's new last day, and why. `uncovered`: though guarantors that have not agreed to it do not cover it."""

    until: date
    because: Sentence
    uncovered: bool = False


class RunView(Shape):
    """The close of the days from `since` to `business_date`, usually one."""

    since: date
    business_date: date
    status: str
    loans: int
    days_of_loans: int
    fallen_due: int
    troubled: int
    started_at: Moment
    finished_at: Moment | None
    expected_loss: MoneyShape | None


class RunPage(Shape):
    """For which day the books are open, and the closes, newest first."""

    open_on: date | None
    items: list[RunView]


class ReferenceRateBody(Shape):
    """A rate and the day from which it counts; a share of one."""

    effective_on: date
    annual_rate: Part


class ReferenceRatesBody(Shape):
    """Rates of one series."""

    rates: Annotated[list[ReferenceRateBody], Field(min_length=1, max_length=5000)]


class ReferenceRateView(Shape):
    """A reference rate."""

    code: str
    effective_on: date
    annual_rate: Ratio


class ReferenceRatePage(Shape):
    """The bank's reference rates."""

    items: list[ReferenceRateView]


class RatesImported(Shape):
    """How many rates were new."""

    fresh: int


class LossSharesBody(Shape):
    """By what shares losses are expected, each of one."""

    default_probability: Part
    unsecured_loss: Part
    secured_loss: Part
    haircut: Part
    conversion: Part


class LossSharesView(Shape):
    """The bank's shares."""

    default_probability: Ratio
    unsecured_loss: Ratio
    secured_loss: Ratio
    haircut: Ratio
    conversion: Ratio


@api.look("/deals/<uuid:deal_id>/plan", gives=PlanView)
def show_plan(ws: Workspace, deal_id: UUID) -> PlanView:
    """A loan's plan of payments."""
    deal = queries.find_deal(ws, deal_id)
    states = dues.instalment_states(ws, deal)
    return PlanView(
        instalments=[
            InstalmentView(
                number=one.number,
                state=states.get(one.number, "PLANNED"),
                starts_on=one.starts_on,
                ends_on=one.ends_on,
                due_on=one.due_on,
                interest=money_shape(one.interest),
                principal=money_shape(one.principal),
                payment=money_shape(one.payment),
                balance=money_shape(one.balance),
            )
            for one in plans.instalments_of(ws, deal_id)
        ],
        dues=[
            DueView(number=one.number, part=one.part, due_on=one.due_on, amount=money_shape(one.amount), open=money_shape(one.open))
            for one in dues.open_dues(ws, deal_id)
        ],
        rates=[RateView.model_validate(one) for one in plans.rates_of(ws, deal_id)],
        days_past_due=dues.days_late(ws, deal),
    )  # fmt: skip


@api.act("/deals/<uuid:deal_id>/extension", takes=ExtensionBody, gives=Proposed)
def propose_loan_extension(ws: Workspace, deal_id: UUID, body: ExtensionBody) -> Proposed:
    """Ask a second officer to give a loan more time."""
    return proposed(actions.propose_loan_extension(ws, deal_id, **body.model_dump()))


@api.act("/repayments/<uuid:repayment_id>/reversal", takes=Because, gives=Proposed)
def propose_reversal(ws: Workspace, repayment_id: UUID, body: Because) -> Proposed:
    """Ask a second officer to take a repayment back by a contra posting."""
    return proposed(actions.propose_reversal(ws, repayment_id, because=body.because))


@api.look("/deals/<uuid:deal_id>/classes", gives=QualityPage)
def list_classes(ws: Workspace, deal_id: UUID) -> QualityPage:
    """A loan's class and stage over time; for its bank."""
    queries.find_deal(ws, deal_id)
    return QualityPage(items=[QualityView.model_validate(one) for one in classes.history_of(ws, deal_id)])


@api.act("/deals/<uuid:deal_id>/class", takes=ClassBody, gives=Proposed)
def propose_class(ws: Workspace, deal_id: UUID, body: ClassBody) -> Proposed:
    """Ask a second officer to lower a loan's class."""
    return proposed(actions.propose_class(ws, deal_id, loan_class=body.loan_class, because=body.because))


@api.look("/end-of-day", gives=RunPage)
def show_end_of_day(ws: Workspace) -> RunPage:
    """The bank's business date and the closes of its days."""
    books = end_of_day.books_of(ws)
    return RunPage(open_on=books.open_on if books else None, items=[_run(one) for one in end_of_day.runs(ws)])


@api.act("/end-of-day/start", takes=Nothing, gives=RunView)
def start_close(ws: Workspace, body: Nothing) -> RunView:
    """Close the day that is over, or resume a close that was stopped."""
    return _run(actions.start_close(ws))


@api.act("/end-of-day/stop", takes=Nothing, gives=RunView)
def stop_close(ws: Workspace, body: Nothing) -> RunView:
    """Stop the close that is running."""
    return _run(actions.stop_close(ws))


@api.look("/end-of-day/loss-shares", gives=LossSharesView)
def show_loss_shares(ws: Workspace) -> LossSharesView:
    """By what shares the bank expects losses."""
    return LossSharesView.model_validate(provisions.loss_shares(ws))


@api.act("/end-of-day/loss-shares", takes=LossSharesBody, gives=LossSharesView)
def set_loss_shares(ws: Workspace, body: LossSharesBody) -> LossSharesView:
    """Set them."""
    return LossSharesView.model_validate(actions.set_loss_shares(ws, LossShares(**body.model_dump())))


@api.look("/reference-rates", gives=ReferenceRatePage)
def list_reference_rates(ws: Workspace) -> ReferenceRatePage:
    """The bank's reference rates, newest first."""
    return ReferenceRatePage(items=[ReferenceRateView.model_validate(one) for one in reference_rates.series(ws)])


@api.act("/reference-rates/<code>", takes=ReferenceRatesBody, gives=RatesImported)
def import_reference_rates(ws: Workspace, code: str, body: ReferenceRatesBody) -> RatesImported:
    """Enter rates of one series."""
    rates = [(one.effective_on, one.annual_rate) for one in body.rates]
    return RatesImported(fresh=actions.import_reference_rates(ws, code, rates))


def _run(row: EndOfDay) -> RunView:
    plain = ("since", "business_date", "status", "loans", "fallen_due", "troubled", "started_at", "finished_at")
    loss = money_shape(row.expected_loss) if row.expected_loss else None
    return RunView(expected_loss=loss, days_of_loans=row.accrued, **{name: getattr(row, name) for name in plain})
