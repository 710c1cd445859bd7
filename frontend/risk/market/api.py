"""Statistics of the whole market by API."""

from datetime import date

from frontend.api import Api, MoneyShape, Ratio, Shape
from frontend.valuation.api import money_shape
from marketplace.risk.market import market_statistics
from marketplace.risk.rules.market import Cell, quarter_name
from tenants.workspace import Workspace

api = Api("market_statistics")


class QuarterQuery(Shape):
    """A quarter as 2026-Q4; the present one where it is left out."""

    quarter: str | None = None


class AnnouncedView(Shape):
    """Public sales announced in the quarter, of one state: how many, and what the hammers fell at."""

    status: str
    sales: int
    hammers: MoneyShape


class CellView(Shape):
    """One sum over many firms. Where `is_shown` is false too few firms stand behind it, or one makes up too much of it, and it has no figures.

    `topic`: loans (what is owed), calls (margin calls opened: what was called for), alarms (raised: judged and false ones), sales (paid: proceeds and valuation).
    """

    topic: str
    state: str
    is_shown: bool
    cases: int | None
    money: MoneyShape | None
    valuation: MoneyShape | None
    judged: int | None
    false: int | None
    share: Ratio | None


class MarketView(Shape):
    """The market in one quarter. `firms`: those in the register, by kind."""

    quarter: str
    begins: date
    ends_before: date
    firms: dict[str, int]
    announced: list[AnnouncedView]
    cells: list[CellView]


@api.look("/reports/market", takes=QuarterQuery, gives=MarketView)
def show_market_statistics(ws: Workspace, body: QuarterQuery) -> MarketView:
    """The market's figures for the supervising authority."""
    found = market_statistics(ws, quarter=body.quarter)
    return MarketView(
        quarter=quarter_name(found.begins),
        begins=found.begins,
        ends_before=found.ends,
        firms=found.firms,
        announced=[AnnouncedView(status=one.status, sales=one.sales, hammers=money_shape(one.hammers)) for one in found.announced],
        cells=[_cell(one) for one in found.cells],
    )  # fmt: skip


def _cell(one: Cell) -> CellView:
    counted = one.is_shown and not one.unit
    return CellView(
        topic=one.topic,
        state=one.state,
        is_shown=one.is_shown,
        cases=one.cases,
        money=money_shape(one.money) if one.money else None,
        valuation=money_shape(one.valuation) if one.valuation else None,
        judged=int(one.amount) if counted and one.amount is not None else None,
        false=int(one.against) if counted and one.against is not None else None,
        share=one.share,
    )
