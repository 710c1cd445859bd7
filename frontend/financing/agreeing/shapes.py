"""What calls about offers take and give: a bank's terms, and what they cost all in."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, Ratio, Shape
from frontend.financing.shapes import Days, Share, money
from frontend.valuation.api import money_shape
from marketplace.financing.models.deals import Offer
from marketplace.financing.rules.all_in import AllIn
from marketplace.financing.rules.offers import CHARGES, Terms


class OfferBody(Shape):
    """The bank's terms: rates, lines and haircut as shares of one. `premium`, and `storage` and `supervision` a month: what the firm pays to others."""

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
    premium: MoneyShape | None = None
    storage: MoneyShape | None = None
    supervision: MoneyShape | None = None
    devices_required: bool = False
    overdue_factor: Annotated[Decimal, Field(ge=1, le=2, max_digits=3, decimal_places=2)] = Decimal("1.5")
    misuse_factor: Annotated[Decimal, Field(ge=1, le=2, max_digits=3, decimal_places=2)] = Decimal(2)
    repayment_plan: Annotated[str, Field(pattern="^(BULLET|INTEREST_ONLY|LEVEL|EQUAL_PRINCIPAL)$")] = "BULLET"
    reference_code: Annotated[str, Field(pattern=r"^([A-Z0-9][A-Z0-9._-]{0,31})?$")] = ""
    spread: Annotated[Decimal, Field(gt=-1, lt=1, max_digits=9, decimal_places=8)] = Decimal(0)
    reset_months: Annotated[int, Field(ge=0, le=12)] = 0
    grace_days: Annotated[int, Field(ge=0, le=30)] = 0
    objection_days: Annotated[int, Field(ge=0, le=5)] = 0
    compounds: bool = True
    principal_first: bool = False
    conditions: Annotated[
        list[Annotated[str, Field(pattern="^(INSURANCE|ACCOUNT|GUARANTEE)$")]], Field(max_length=3)
    ] = Field(default_factory=lambda: ["INSURANCE", "ACCOUNT"])


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
    premium: MoneyShape
    storage: MoneyShape
    supervision: MoneyShape
    repayment_plan: str
    ltv_initial: Ratio
    ltv_warn: Ratio
    ltv_call: Ratio
    ltv_liquidation: Ratio
    haircut: Ratio
    objection_days: int
    valid_until: Moment


class OfferPage(Shape):
    """A deal's offers, newest first."""

    items: list[OfferView]


class CostView(Shape):
    """What an offer costs all in on the amount and term that were asked for: its parts, and two yearly rates as shares of one (simple; compound)."""

    amount: MoneyShape
    days: int
    interest: MoneyShape
    fee: MoneyShape
    premium: MoneyShape
    storage: MoneyShape
    supervision: MoneyShape
    total: MoneyShape
    simple: Ratio
    compound: Ratio | None


def terms_of(body: OfferBody) -> Terms:
    """The terms as the action takes them."""
    charges = {name: money(given) if (given := getattr(body, name)) else None for name in CHARGES}
    plain = body.model_dump(exclude={"valid_until"})
    return Terms(**(plain | charges | {"limit": money(body.limit), "conditions": tuple(body.conditions)}))


def offer_view(row: Offer) -> OfferView:
    """An offer in the API's shape."""
    plain = (
        "id", "deal_id", "status", "annual_rate", "day_count", "tenor_days", "repayment_plan", "ltv_initial", "ltv_warn", "ltv_call",
        "ltv_liquidation", "haircut", "objection_days", "valid_until",
    )  # fmt: skip
    sums: dict[str, Any] = {name: money_shape(getattr(row, name)) for name in ("limit", *CHARGES)}
    return OfferView(**sums, **{name: getattr(row, name) for name in plain})


def cost_view(cost: AllIn) -> CostView:
    """A cost in the API's shape."""
    parts = ("amount", "interest", "fee", "premium", "storage", "supervision", "total")
    sums: dict[str, Any] = {name: money_shape(getattr(cost, name)) for name in parts}
    return CostView(**sums, days=cost.days, simple=cost.simple, compound=cost.compound)
