"""Prices, the banks' published lending terms, and what a deal's goods were worth at each look."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.exact import exact
from marketplace.money import Money
from marketplace.quantity import Quantity, dry
from tenants.database import Base
from tenants.policies import Access, roles

SHARE = Numeric(9, 8)  # a share of one: 0.65
PRICE = Numeric(20, 8)
AMOUNT = Numeric(18, 3)


class PriceImport(Base):
    """One delivery of prices: a file or a call. `rows` are [day, price] as read, `faults` what could not be read."""

    __tablename__ = "price_import"
    __access__ = Access()
    __table_args__ = (
        Index(None, "tenant_id", "code", "uploaded_at"),
        CheckConstraint("(status = 'IMPORTED') = (imported_at is not null)", name="imported"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    currency: Mapped[str]
    unit: Mapped[str]
    name: Mapped[str]
    digest: Mapped[str]
    rows: Mapped[list[Any]] = mapped_column(JSONB)
    faults: Mapped[list[Any]] = mapped_column(JSONB)
    status: Mapped[str]
    uploaded_at: Mapped[datetime]
    uploader: Mapped[str]
    imported_at: Mapped[datetime | None]
    added: Mapped[int] = mapped_column(default=0)
    superseded: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)


class PriceQuote(Base):
    """The price of one unit of a kind of goods on a day. A newer import supersedes; the older row stays as history."""

    __tablename__ = "price_quote"
    __access__ = Access()
    __table_args__ = (
        Index(
            "uq_price_quote_current",
            "tenant_id",
            "code",
            "quoted_on",
            unique=True,
            postgresql_where="superseded_at is null",
        ),
        CheckConstraint("price > 0", name="price"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    quoted_on: Mapped[date] = mapped_column(primary_key=True)
    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    price: Mapped[Decimal] = mapped_column(PRICE)
    currency: Mapped[str]
    unit: Mapped[str]
    superseded_at: Mapped[datetime | None]


class LendingPolicy(Base):
    """The terms on which a bank lends against a kind of goods, published to every firm, with its last price beside.

    `expiry_days`: over how many last days before their expiry goods lose their value in a straight line. `moisture_worst`: how wet goods that
    are priced by dry weight are taken to be where nobody has certified it; without it they carry nothing then. Shares of one; `grades` maps a grade to its factor (a grade that is not listed is not lent on, unless none is listed).
    """

    __tablename__ = "lending_policy"
    __access__ = Access(everyone=True)
    __table_args__ = (
        CheckConstraint("haircut between 0 and 1", name="haircut"),
        CheckConstraint("expiry_days > 0", name="expiry"),
        CheckConstraint("moisture_worst >= 0 and moisture_worst < 1", name="moisture"),
        CheckConstraint(
            "0 < ltv_initial and ltv_initial <= ltv_warn and ltv_warn <= ltv_call and ltv_call <= ltv_liquidation and ltv_liquidation <= 1",
            name="lines",
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    price_code: Mapped[str] = mapped_column(primary_key=True)
    haircut: Mapped[Decimal] = mapped_column(SHARE)
    ltv_initial: Mapped[Decimal] = mapped_column(SHARE)
    ltv_warn: Mapped[Decimal] = mapped_column(SHARE)
    ltv_call: Mapped[Decimal] = mapped_column(SHARE)
    ltv_liquidation: Mapped[Decimal] = mapped_column(SHARE)
    price_age_days_max: Mapped[int]
    loss_per_degree_hour: Mapped[Decimal] = mapped_column(SHARE)
    expiry_days: Mapped[int]
    moisture_worst: Mapped[Decimal | None] = mapped_column(SHARE)
    devices_required: Mapped[bool]
    grades: Mapped[dict[str, Any]]
    decided_at: Mapped[datetime]
    reference_price: Mapped[Decimal | None] = mapped_column(PRICE)
    reference_on: Mapped[date | None]
    currency: Mapped[str | None]
    unit: Mapped[str | None]


class ValuationBasis(Base):
    """How a deal's goods are valued, as its offer says: the haircut, and whether goods that no device watches count at all."""

    __tablename__ = "valuation_basis"
    __access__ = Access(about="deal_id", read=roles("borrower", "bank"), add=roles("bank"))
    __table_args__ = (CheckConstraint("haircut between 0 and 1", name="haircut"),)

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    haircut: Mapped[Decimal] = mapped_column(SHARE)
    devices_required: Mapped[bool]
    set_at: Mapped[datetime]


class DealValuation(Base):
    """What the goods of a deal were worth at a moment: rows of the deal's room, never changed.

    `goods_of`, `found_at`: the valuation whose lines hold the goods as they were found, and when that was: this one, or an earlier one where only a price
    was new. `prices`: {code: {price, unit, kind, quoted_on}}, exact, with the {code, of, amount, quoted_on} of a rate at which it was converted. Goods and prices together make its lines, whenever they are asked for (repricing.py).
    """

    __tablename__ = "deal_valuation"
    __access__ = Access(
        about="deal_id",
        read=roles("borrower", "bank"),
        add=roles("bank"),
        verbs=frozenset({"select", "insert"}),
    )
    __table_args__ = (
        Index(None, "deal_id", "at", "id"),
        ForeignKeyConstraint(["deal_id", "goods_of"], ["house.deal_valuation.deal_id", "house.deal_valuation.id"]),
        CheckConstraint("found_at <= at and (goods_of <> id or found_at = at)", name="found"),
        CheckConstraint(
            "0 <= base_minor and base_minor <= collateral_value_minor and collateral_value_minor <= market_value_minor",
            name="values",
        ),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    at: Mapped[datetime]
    goods_of: Mapped[UUID]
    found_at: Mapped[datetime]
    prices: Mapped[dict[str, Any]]
    market_value_minor: Mapped[int]
    collateral_value_minor: Mapped[int]
    base_minor: Mapped[int]
    base_terms: Mapped[dict[str, Any]]
    currency: Mapped[str]
    cause: Mapped[str]

    # Written by a statement of their own, many valuations' at once (valuing.py); read by `queries.latest_valuation`, which puts them at this one's prices.
    lines: Mapped[list["ValuationLine"]] = relationship(
        lazy="raise",
        order_by="ValuationLine.line",
        viewonly=True,
        primaryjoin="and_(foreign(ValuationLine.deal_id) == DealValuation.deal_id, foreign(ValuationLine.valuation_id) == DealValuation.goods_of)",
    )

    @property
    def market_value(self) -> Money:
        """Σ q · p · g · k."""
        return Money(self.market_value_minor, self.currency)

    @property
    def collateral_value(self) -> Money:
        """Market value less haircuts."""
        return Money(self.collateral_value_minor, self.currency)

    @property
    def carries(self) -> Money:
        """The borrowing base: what of the collateral value is eligible, within its caps and above its reserves."""
        return Money(self.base_minor, self.currency)


class ValuationLine(Base):
    """One lot in a valuation, with every figure that made its value: q (and what it is the least of), p, g, k, h; what a first rank takes of it, so that
    the values are what it leaves; and why it is barred from the borrowing base, if it is (a msgid). `evidence_points` of the haircut are for the grade of
    the evidence and cost `doubt_minor`; `plain_haircut` is what the bank cuts without them. `fades_from`: the day from which its age takes more of it
    each day, until it expires.
    """

    __tablename__ = "valuation_line"
    __access__ = Access(
        about="deal_id",
        read=roles("borrower", "bank"),
        add=roles("bank"),
        verbs=frozenset({"select", "insert"}),
    )
    __table_args__ = (
        ForeignKeyConstraint(["deal_id", "valuation_id"], ["house.deal_valuation.deal_id", "house.deal_valuation.id"]),
        CheckConstraint(
            "0 <= moisture and moisture < 1 and grade between 0 and 1 and condition between 0 and 1 and 0 <= plain_haircut and plain_haircut <= haircut and haircut <= 1",
            name="shares",
        ),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    valuation_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    lot_id: Mapped[UUID]
    lot_number: Mapped[str]
    site_id: Mapped[UUID]
    product_name: Mapped[str]
    price_code: Mapped[str]
    unit: Mapped[str]
    pledged_qty: Mapped[Decimal] = mapped_column(AMOUNT)
    documented_qty: Mapped[Decimal] = mapped_column(AMOUNT)
    verified_qty: Mapped[Decimal] = mapped_column(AMOUNT)
    measured_qty: Mapped[Decimal | None] = mapped_column(AMOUNT)
    quantity: Mapped[Decimal] = mapped_column(AMOUNT)
    moisture: Mapped[Decimal] = mapped_column(SHARE)
    price: Mapped[Decimal] = mapped_column(PRICE)
    price_unit: Mapped[str]
    rate: Mapped[Decimal | None] = mapped_column(PRICE)
    rate_of: Mapped[str | None]
    price_kind: Mapped[str]
    quoted_on: Mapped[date]
    grade: Mapped[Decimal] = mapped_column(SHARE)
    expires_on: Mapped[date | None]
    fades_from: Mapped[date | None]
    condition: Mapped[Decimal] = mapped_column(Numeric(20, 18))
    haircut: Mapped[Decimal] = mapped_column(SHARE)
    plain_haircut: Mapped[Decimal] = mapped_column(SHARE)
    evidence_grade: Mapped[str]
    evidence_points: Mapped[Decimal] = mapped_column(SHARE)
    doubt_minor: Mapped[int]
    pledged_value_minor: Mapped[int]
    barred: Mapped[str]
    ahead_minor: Mapped[int]
    market_value_minor: Mapped[int]
    collateral_value_minor: Mapped[int]
    currency: Mapped[str]
    reasons: Mapped[list[str]]

    @property
    def counted(self) -> Quantity:
        """The quantity that counts, as it lies there."""
        return Quantity(self.quantity, self.unit)

    @property
    def dry(self) -> Quantity:
        """What of it is no water, where it is priced by that; else all of it."""
        return dry(self.counted, self.moisture)

    @property
    def factor(self) -> Fraction:
        """What of the quantity is worth the whole price: (1 - m) · g · k."""
        return (1 - exact(self.moisture)) * exact(self.grade) * exact(self.condition)

    @property
    def pledged_value(self) -> Money:
        """What all that is pledged would be worth, were it there."""
        return Money(self.pledged_value_minor, self.currency)

    @property
    def ahead(self) -> Money:
        """What another bank's first rank takes of the market value."""
        return Money(self.ahead_minor, self.currency)

    @property
    def market_value(self) -> Money:
        """q · p · g · k, less what stands ahead."""
        return Money(self.market_value_minor, self.currency)

    @property
    def collateral_value(self) -> Money:
        """q · p · g · k less the haircut, less what stands ahead."""
        return Money(self.collateral_value_minor, self.currency)

    @property
    def doubt(self) -> Money:
        """What of the haircut is for the grade of the evidence."""
        return Money(self.doubt_minor, self.currency)
