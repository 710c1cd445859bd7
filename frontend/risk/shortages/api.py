"""Shortages of the whole market by API, for the supervising authority."""

from datetime import date

from frontend.api import Api, QuantityShape, Ratio, Shape
from frontend.pledges.api import shape
from frontend.risk.market.api import QuarterQuery
from marketplace.quantity import Quantity
from marketplace.risk.rules.market import quarter_name
from marketplace.risk.shortages import shortage_report
from tenants.workspace import Workspace

api = Api("shortage_statistics")


class ShortageFiguresView(Shape):
    """Shortages of one kind of goods at one site in one state: OPEN, CONFIRMED or LIFTED. `days`: how long the longest stood or stands open.

    Where `is_shown` is false too few owners claim, or one claims too much of it, and there are no quantities.
    """

    site: str
    warehouse: str
    hs_code: str
    grade: str
    state: str
    cases: int
    days: int
    is_shown: bool
    claimed: QuantityShape | None
    found: QuantityShape | None
    found_later: QuantityShape | None
    part: Ratio | None


class ShortageReportView(Shape):
    """The shortages that stood open at any time in one quarter, as they are now."""

    quarter: str
    begins: date
    ends_before: date
    rows: list[ShortageFiguresView]


@api.look("/reports/shortages", takes=QuarterQuery, gives=ShortageReportView)
def show_shortage_report(ws: Workspace, body: QuarterQuery) -> ShortageReportView:
    """The market's shortages for the supervising authority."""
    found = shortage_report(ws, quarter=body.quarter)
    names = ("site", "warehouse", "hs_code", "grade", "state", "cases", "days", "is_shown", "part")
    rows = [
        ShortageFiguresView(
            **{name: getattr(one, name) for name in names},
            claimed=_shape(one.claimed), found=_shape(one.found), found_later=_shape(one.found_later),
        )
        for one in found.rows
    ]  # fmt: skip
    return ShortageReportView(quarter=quarter_name(found.begins), begins=found.begins, ends_before=found.ends, rows=rows)  # fmt: skip


def _shape(quantity: Quantity | None) -> QuantityShape | None:
    return None if quantity is None else shape(quantity)
