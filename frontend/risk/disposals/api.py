"""A seller's figures of its disposals by API."""

from uuid import UUID

from frontend.api import Api, Moment, MoneyShape, Ratio, Shape
from frontend.risk.periods import PeriodQuery, period_of
from frontend.valuation.api import money_shape
from marketplace.risk.disposals import disposal_report
from marketplace.risk.rules.disposals import Liquidation, ProductFigures
from tenants.workspace import Workspace

api = Api("disposal_figures")


class LiquidationView(Shape):
    """Pledged goods that were sold and paid for. `valuation`: as of the first attempt; `ratio`: proceeds for each yuan of it."""

    auction_id: UUID
    number: str
    product: str
    rounds: int
    announced_at: Moment
    paid_at: Moment
    proceeds: MoneyShape
    valuation: MoneyShape
    ratio: Ratio
    below_70_percent: bool


class ProductView(Shape):
    """One product in one currency. `holds`: no more than 10 per cent of its liquidations brought less than 70 per cent of the valuation."""

    product: str
    liquidations: int
    below_70_percent: int
    poor_share: Ratio
    proceeds: MoneyShape
    valuation: MoneyShape
    ratio: Ratio
    median_days: int
    holds: bool


class DisposalsView(Shape):
    """The seller's disposals over a period. `unsold` and `unpaid`: attempts that found no buyer, or one that did not pay."""

    since: Moment
    until: Moment
    unsold: int
    unpaid: int
    products: list[ProductView]
    liquidations: list[LiquidationView]


@api.look("/reports/disposals", takes=PeriodQuery, gives=DisposalsView)
def show_disposal_figures(ws: Workspace, body: PeriodQuery) -> DisposalsView:
    """Proceeds beside valuations, product by product."""
    report = disposal_report(ws, *period_of(ws, body.since, body.until))
    return DisposalsView(
        since=report.start,
        until=report.end,
        unsold=report.unsold,
        unpaid=report.unpaid,
        products=[_product(one) for one in report.products],
        liquidations=[_liquidation(one) for one in report.liquidations],
    )


def _product(one: ProductFigures) -> ProductView:
    return ProductView(
        product=one.product,
        liquidations=one.liquidations,
        below_70_percent=one.poor,
        poor_share=one.poor_share,
        proceeds=money_shape(one.proceeds),
        valuation=money_shape(one.valuation),
        ratio=one.ratio,
        median_days=one.median_took.days,
        holds=one.holds,
    )


def _liquidation(one: Liquidation) -> LiquidationView:
    return LiquidationView(
        auction_id=one.auction_id,
        number=one.number,
        product=one.product,
        rounds=one.rounds,
        announced_at=one.begun_at,
        paid_at=one.paid_at,
        proceeds=money_shape(one.proceeds),
        valuation=money_shape(one.valuation),
        ratio=one.ratio,
        below_70_percent=one.is_poor,
    )
