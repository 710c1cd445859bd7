"""Calls about value: a bank's price series, and what a deal's goods are worth."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, MoneyShape, QuantityShape, Ratio, Shape
from frontend.pledges.api import Proposed, proposed
from marketplace.money import Money
from marketplace.quantity import Quantity
from marketplace.valuation import actions, queries
from marketplace.valuation.models import DealValuation, ValuationLine
from tenants.errors import NotFound
from tenants.workspace import Workspace

api = Api("valuation")
Code = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9._-]{0,31}$")]
Share = Annotated[Decimal, Field(ge=0, le=2, max_digits=9, decimal_places=8)]
Price = Annotated[Decimal, Field(gt=0, lt=Decimal(10) ** 12, max_digits=20, decimal_places=8)]


class QuoteBody(Shape):
    """One day's price of one unit."""

    on: date
    price: Price


class QuotesBody(Shape):
    """Prices of one series by day; a newer price of a day supersedes the older one, which stays as history."""

    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "CNY"
    unit: Annotated[str, Field(pattern="^[A-Z0-9]{2,3}$")] = "TNE"
    quotes: Annotated[list[QuoteBody], Field(min_length=1, max_length=20_000)]


class Imported(Shape):
    """How many prices were new or different. `status`: `IMPORTED`; or `PROPOSED`, and none yet, where a colleague decides first, since prices of earlier days would be replaced."""

    import_id: UUID
    status: str
    changed: int


class SeriesView(Shape):
    """A series of prices and how fresh it is."""

    code: str
    price: Ratio
    currency: str
    unit: str
    quoted_on: date
    count: int
    age_days: int
    is_stale: bool


class SeriesPage(Shape):
    """The bank's series."""

    items: list[SeriesView]


class QuoteView(Shape):
    """One day's price."""

    quoted_on: date
    price: Ratio


class QuotePage(Shape):
    """A series' current prices, newest first."""

    code: str
    items: list[QuoteView]


class LineView(Shape):
    """What one lot is worth, and why."""

    lot_id: UUID
    lot_number: str
    product_name: str
    quantity: QuantityShape
    price: Ratio
    quoted_on: date
    rate: Annotated[Ratio | None, Field(description="at which the price was converted")]
    rate_of: str | None
    grade: Ratio
    expires_on: date | None
    moisture: Ratio
    condition: Ratio
    haircut: Ratio
    evidence_grade: str
    evidence_points: Ratio
    market_value: MoneyShape
    collateral_value: MoneyShape
    reasons: list[str]


class ValuationView(Shape):
    """What a deal's goods are worth. `found_at`: when they were last looked at; since then only their price has been another."""

    id: UUID
    deal_id: UUID
    at: Moment
    found_at: Moment
    cause: str
    market_value: MoneyShape
    collateral_value: MoneyShape
    lines: list[LineView]


class Now(Shape):
    """Value the goods now: nothing to add."""


class TermsBody(Shape):
    """On what terms a bank lends against the goods of a series: shares of one; lines rise from initial to liquidation."""

    code: Code
    haircut: Share
    ltv_initial: Share
    ltv_warn: Share
    ltv_call: Share
    ltv_liquidation: Share
    price_age_days_max: Annotated[int, Field(ge=1, le=30)] = 5
    loss_per_degree_hour: Share = Decimal(0)
    moisture_worst: Annotated[Decimal, Field(ge=0, lt=1, decimal_places=6, description="taken where none is certified")] | None = None  # fmt: skip
    expiry_days: Annotated[int, Field(ge=1, le=3650, description="last days over which goods that expire lose their value")] = 90  # fmt: skip
    devices_required: bool = True
    grades: Annotated[dict[Annotated[str, Field(min_length=1, max_length=60)], Share], Field(max_length=50)] = Field(
        default_factory=dict
    )


class TermsView(Shape):
    """Published terms, with the bank's last price beside them."""

    bank_id: UUID
    code: str
    haircut: Ratio
    ltv_initial: Ratio
    ltv_warn: Ratio
    ltv_call: Ratio
    ltv_liquidation: Ratio
    expiry_days: int
    moisture_worst: Ratio | None
    devices_required: bool
    reference_price: Ratio | None
    reference_on: date | None


class TermsPage(Shape):
    """What banks lend against which goods."""

    items: list[TermsView]


@api.look("/lending-terms", gives=TermsPage)
def list_terms(ws: Workspace) -> TermsPage:
    """Terms that banks have published."""
    plain = ("haircut", "ltv_initial", "ltv_warn", "ltv_call", "ltv_liquidation", "expiry_days", "moisture_worst", "devices_required", "reference_price", "reference_on")  # fmt: skip
    return TermsPage(
        items=[
            TermsView(bank_id=row.tenant_id, code=row.price_code, **{name: getattr(row, name) for name in plain})
            for row in queries.policies(ws)
        ]
    )


@api.act("/lending-terms", takes=TermsBody, gives=Proposed)
def propose_terms(ws: Workspace, body: TermsBody) -> Proposed:
    """Put lending terms before a second officer; approved, they are published."""
    return proposed(actions.propose_lending_terms(ws, **body.model_dump()))


@api.look("/prices", gives=SeriesPage)
def list_series(ws: Workspace) -> SeriesPage:
    """The bank's price series."""
    return SeriesPage(items=[_series(one) for one in queries.all_series(ws)])


@api.look("/prices/<string(maxlength=32):code>/quotes", gives=QuotePage)
def list_quotes(ws: Workspace, code: str) -> QuotePage:
    """A series' prices, newest first."""
    queries.find_series(ws, code)
    return QuotePage(code=code, items=[QuoteView.model_validate(row) for row in queries.quotes(ws, code, limit=1000)])


@api.act("/prices/<string(maxlength=32):code>/quotes", takes=QuotesBody, gives=Imported)
def import_quotes(ws: Workspace, code: str, body: QuotesBody) -> Imported:
    """Take in prices; those that would replace prices of earlier days wait for a colleague, with all that came with them."""
    rows = [(quote.on, quote.price) for quote in body.quotes]
    made = actions.import_quotes(ws, code=code, rows=rows, currency=body.currency, unit=body.unit)
    return Imported(import_id=made.id, status=made.status, changed=made.added + made.superseded)


@api.act("/deals/<uuid:deal_id>/valuations", takes=Now, gives=ValuationView, status=201)
def value_deal(ws: Workspace, deal_id: UUID, body: Now) -> ValuationView:
    """Value a deal's pledged goods now."""
    return valuation_view(actions.value_deal(ws, deal_id))


@api.look("/deals/<uuid:deal_id>/valuation", gives=ValuationView)
def show_valuation(ws: Workspace, deal_id: UUID) -> ValuationView:
    """What a deal's goods were last worth."""
    found = queries.latest_valuation(ws, deal_id)
    if found is None:
        raise NotFound("valuation_unknown", "There is no valuation yet.")
    return valuation_view(found)


def valuation_view(row: DealValuation) -> ValuationView:
    """A valuation in the API's shape."""
    return ValuationView(
        id=row.id,
        deal_id=row.deal_id,
        at=row.at,
        found_at=row.found_at,
        cause=row.cause,
        market_value=money_shape(Money(row.market_value_minor, row.currency)),
        collateral_value=money_shape(Money(row.collateral_value_minor, row.currency)),
        lines=[_line(line) for line in row.lines],
    )


def money_shape(value: Money) -> MoneyShape:
    """Money in the API's shape."""
    return MoneyShape(amount=str(value.amount), currency=value.currency)


def _line(row: ValuationLine) -> LineView:
    quantity = Quantity(row.quantity, row.unit)
    plain = (
        "lot_id",
        "lot_number",
        "product_name",
        "price",
        "quoted_on",
        "rate",
        "rate_of",
        "grade",
        "expires_on",
        "moisture",
        "condition",
        "haircut",
        "evidence_grade",
        "evidence_points",
        "reasons",
    )
    return LineView(
        quantity=QuantityShape(amount=f"{quantity.amount:.3f}", unit=quantity.unit),
        market_value=money_shape(Money(row.market_value_minor, row.currency)),
        collateral_value=money_shape(Money(row.collateral_value_minor, row.currency)),
        **{name: getattr(row, name) for name in plain},
    )


def _series(one: queries.Series) -> SeriesView:
    newest = one.newest
    return SeriesView(
        code=one.code,
        price=newest.price,
        currency=newest.currency,
        unit=newest.unit,
        quoted_on=newest.quoted_on,
        count=one.count,
        age_days=one.age_days,
        is_stale=one.is_stale,
    )
