"""The daily collateral report by API."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from frontend.api import Api, Moment, MoneyShape, Ratio, Shape
from frontend.risk.views import in_words
from frontend.valuation.api import money_shape
from marketplace.money import Money
from marketplace.risk.collateral import collateral_report
from marketplace.risk.rules.collateral import Facility, Movement
from tenants.workspace import Workspace

api = Api("risk")


class DayQuery(Shape):
    """The report's day; today where it is left out."""

    day: date | None = None


class FindingView(Shape):
    """Something that is not as it should be."""

    severity: str
    says: str


class MovementView(Shape):
    """The pledged quantity of one lot over the day, in its unit."""

    lot: str
    product: str
    unit: str
    opening: str
    came: str
    went: str
    closing: str
    unexplained: str
    book: str | None
    devices: str | None


class FacilityView(Shape):
    """One deal on the day."""

    deal_id: UUID
    number: str
    borrower: str
    status: str
    owed: MoneyShape
    market_value: MoneyShape | None
    collateral_value: MoneyShape | None
    valued_at: Moment | None
    ltv: Ratio | None
    headroom: Decimal | None
    zone: str | None
    findings: list[FindingView]
    movements: list[MovementView]


class CollateralView(Shape):
    """All facilities of a bank with goods in pledge on a day, exceptions first."""

    day: date
    facilities: list[FacilityView]


@api.look("/reports/collateral", takes=DayQuery, gives=CollateralView)
def show_collateral_report(ws: Workspace, body: DayQuery) -> CollateralView:
    """The bank's daily collateral report."""
    report = collateral_report(ws, on=body.day)
    return CollateralView(day=report.day, facilities=[_facility(one) for one in report.facilities])


def _facility(one: Facility) -> FacilityView:
    return FacilityView(
        deal_id=one.deal_id,
        number=one.number,
        borrower=one.borrower,
        status=one.status,
        owed=money_shape(one.owed),
        market_value=_shape(one.market_value),
        collateral_value=_shape(one.collateral_value),
        valued_at=one.valued_at,
        ltv=one.ltv,
        headroom=one.headroom,
        zone=one.zone,
        findings=[FindingView(severity=finding.severity, says=in_words(finding)) for finding in one.findings],
        movements=[_movement(movement) for movement in one.movements],
    )


def _shape(value: Money | None) -> MoneyShape | None:
    return None if value is None else money_shape(value)


def _movement(one: Movement) -> MovementView:
    figures = {name: f"{getattr(one, name):f}" for name in ("opening", "came", "went", "closing", "unexplained")}
    book, devices = (None if value is None else f"{value:f}" for value in (one.book, one.measured))
    return MovementView(lot=one.lot_number, product=one.product_name, unit=one.unit, book=book, devices=devices, **figures)  # fmt: skip
