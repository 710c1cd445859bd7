"""The risk assessment of a deal by API."""

from fractions import Fraction
from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, MoneyShape, Ratio, Shape
from frontend.valuation.api import money_shape
from marketplace.exact import half_up
from marketplace.money import Money
from marketplace.risk.assessment import advice, scorecard
from marketplace.risk.assessment.report import Assessment, assess
from tenants.workspace import Workspace

api = Api("assessments")


class FactorView(Shape):
    """One figure of the score and what it adds or takes; `figure` is null where nothing is known."""

    kind: str
    figure: Ratio | None
    points: int


class ScoreView(Shape):
    """Base, factors and their sum; `default_probability`: the yearly one that the points mean."""

    model: str
    base: Ratio
    factors: list[FactorView]
    points: Ratio
    default_probability: Ratio


class LossView(Shape):
    """PD of the stage, LGD, EAD and the loss to expect; `booked`: by the bank's own probability, as in its books."""

    stage: int
    loan_class: str
    days_past_due: int
    default_probability: Ratio
    loss_given_default: Ratio
    exposure: MoneyShape
    expected: MoneyShape
    booked: MoneyShape


class FlowsView(Shape):
    """The trades before the deal: how they agree, what contradicts, how concentrated their buyers are (Herfindahl-Hirschman)."""

    trades: int
    score: Ratio | None
    breaks: int
    concentration: Ratio | None
    largest_buyer: str
    largest_share: Ratio | None


class TurnoverView(Shape):
    """How long goods of the deal's kind lie before they leave, in days, now and as is usual for this firm; null where too little is known."""

    days: Ratio | None
    usual: Ratio | None
    is_slow: bool


class CoreView(Shape):
    """The core enterprise by the trades it buys in: health from 0 to 100; shares of one, days."""

    name: str
    health: Ratio | None
    overdue: Ratio | None
    drift_days: Ratio | None
    order_drop: Ratio | None


class SignalView(Shape):
    """Something that smells of fraud, and how often it was found."""

    code: str
    count: int


class ShockView(Shape):
    """The loan after a fall of all prices."""

    fall: Ratio
    market_value: MoneyShape
    ltv: Ratio | None
    zone: str | None
    cash_to_cure: MoneyShape
    expected_loss: MoneyShape


class AssessmentView(Shape):
    """The risk assessment of a deal, for its bank. The advice is no decision: an officer decides."""

    deal_id: UUID
    number: str
    at: Moment
    borrower: str
    owed: MoneyShape
    market_value: MoneyShape | None
    ltv: Ratio | None
    score: ScoreView
    loss: LossView
    flows: FlowsView
    turnover: TurnoverView
    core: CoreView | None
    signals: list[SignalView]
    shocks: list[ShockView]
    advice: Annotated[str, Field(examples=["PROCEED"])]
    reasons: list[str]
    advice_model: str


@api.look("/deals/<uuid:deal_id>/assessment", gives=AssessmentView)
def show_assessment(ws: Workspace, deal_id: UUID) -> AssessmentView:
    """The risk assessment of a deal."""
    one = assess(ws, deal_id)
    return AssessmentView(
        deal_id=deal_id,
        number=one.deal.number,
        at=one.at,
        borrower=one.profile.borrower,
        owed=money_shape(one.position.outstanding),
        market_value=_shape(one.position.market_value),
        ltv=one.position.ltv,
        score=_score(one),
        loss=_loss(one),
        flows=_flows(one),
        turnover=TurnoverView.model_validate(one.turnover),
        core=_core(one),
        signals=[SignalView(code=signal.code, count=signal.count) for signal in one.signals],
        shocks=_shocks(one),
        advice=one.recommendation.advice.value,
        reasons=[reason.value for reason in one.recommendation.reasons],
        advice_model=advice.MODEL,
    )


def _score(one: Assessment) -> ScoreView:
    factors = [FactorView(kind=factor.kind.value, figure=factor.figure, points=factor.points) for factor in one.score.factors]  # fmt: skip
    return ScoreView(model=scorecard.MODEL, base=one.score.base, factors=factors, points=one.score.points, default_probability=one.score.default_probability)  # fmt: skip


def _loss(one: Assessment) -> LossView:
    loan_class, stage, days = one.quality
    return LossView(
        stage=stage,
        loan_class=loan_class.value,
        days_past_due=days,
        default_probability=half_up(one.probability, 6),
        loss_given_default=half_up(one.loss.loss_given_default, 6),
        exposure=money_shape(one.loss.exposure),
        expected=money_shape(one.loss.loss),
        booked=money_shape(one.booked.loss),
    )


def _flows(one: Assessment) -> FlowsView:
    flows = one.flows
    return FlowsView(
        trades=flows.trades,
        score=_rounded(flows.score),
        breaks=flows.breaks,
        concentration=_rounded(flows.buyers),
        largest_buyer=flows.largest,
        largest_share=_rounded(flows.largest_share),
    )


def _core(one: Assessment) -> CoreView | None:
    if one.core is None:
        return None
    figures = {name: _rounded(getattr(one.core, name)) for name in ("overdue", "drift_days", "order_drop")}
    return CoreView(name=one.profile.core or "", health=one.core.health, **figures)


def _shocks(one: Assessment) -> list[ShockView]:
    return [
        ShockView(
            fall=shock.fall,
            market_value=money_shape(shock.market_value),
            ltv=shock.ltv,
            zone=shock.zone,
            cash_to_cure=money_shape(shock.cash),
            expected_loss=money_shape(shock.loss),
        )
        for shock in one.shocks
    ]


def _rounded(figure: Fraction | Ratio | None) -> Ratio | None:
    return None if figure is None else half_up(figure, 4)


def _shape(value: Money | None) -> MoneyShape | None:
    return None if value is None else money_shape(value)
