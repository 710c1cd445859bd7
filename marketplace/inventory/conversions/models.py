"""How lots become other lots: the plan of a split, merge or transformation, who consented, and which units went where."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, text
from sqlalchemy.dialects.postgresql import INT8RANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.inventory.conversions import constraints as conversion_constraints
from marketplace.quantity import Quantity
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

AMOUNT = Numeric(18, 3)
ADDITIONS.extend(conversion_constraints.STATEMENTS)


class Conversion(Base):
    """A split, merge or transformation of lots on one site, from the owner's plan to the warehouse's hands.

    Quantities are in `unit`. `input_qty`: all that the old lots are. `output_qty`: what became of it; the rest is `loss_qty`.
    """

    __tablename__ = "conversion"
    # The gate moves the goods (`conversion_constraints.py`): it writes this table, its lots and their units.
    __access__ = Access(about="id", read=roles("*"), change=roles("warehouse", "bank"), custodian=True)
    __table_args__ = (
        CheckConstraint("input_qty > 0 and planned_loss_qty >= 0", name="planned"),
        CheckConstraint("kind = 'TRANSFORM' or planned_loss_qty = 0", name="conserved"),
        CheckConstraint("(status = 'DONE') = (output_qty is not null)", name="done"),
        CheckConstraint("output_qty is null or (output_qty + loss_qty = input_qty and loss_qty >= 0)", name="balanced"),
        Index(None, "id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    status: Mapped[str]
    warehouse_id: Mapped[UUID]
    supervisor_id: Mapped[UUID]
    site_id: Mapped[UUID]
    unit: Mapped[str]
    input_qty: Mapped[Decimal] = mapped_column(AMOUNT)
    planned_loss_qty: Mapped[Decimal] = mapped_column(AMOUNT)
    tolerance: Mapped[Decimal] = mapped_column(Numeric(12, 8))
    output_qty: Mapped[Decimal | None] = mapped_column(AMOUNT)
    loss_qty: Mapped[Decimal] = mapped_column(AMOUNT, server_default=text("0"))
    held: Mapped[bool]
    reason: Mapped[str]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    closed_by: Mapped[str | None]
    closed_because: Mapped[str | None]
    closed_at: Mapped[datetime | None]

    @property
    def input(self) -> Quantity:
        """All that goes in."""
        return Quantity(self.input_qty, self.unit)

    @property
    def planned_loss(self) -> Quantity:
        """What the owner expects to lose."""
        return Quantity(self.planned_loss_qty, self.unit)

    @property
    def loss(self) -> Quantity:
        """What was lost by the scale."""
        return Quantity(self.loss_qty, self.unit)


class LotDescent(Base):
    """One line from an old lot to a new one. In a split or merge it carries base units of the one into the other; in a transformation none, since the
    new goods are weighed anew. `moved_at`: when the goods went that way.
    """

    __tablename__ = "lot_descent"
    __access__ = Access(about="child_id", read=roles("*"), verbs=frozenset({"select", "insert"}), custodian=True)
    __table_args__ = (
        CheckConstraint("(parent_units is null) = (child_units is null)", name="both"),
        CheckConstraint(
            "parent_units is null or upper(parent_units) - lower(parent_units) = upper(child_units) - lower(child_units)",
            name="conserved",
        ),
        CheckConstraint("(quantity is null) = (parent_units is null)", name="weighed_anew"),
        Index(None, "tenant_id", "conversion_id"),
        Index(None, "tenant_id", "child_id"),
        Index(None, "tenant_id", "parent_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    conversion_id: Mapped[UUID]
    kind: Mapped[str]
    parent_id: Mapped[UUID]
    parent_number: Mapped[str]
    child_id: Mapped[UUID]
    child_number: Mapped[str]
    product_name: Mapped[str]
    quantity: Mapped[Decimal | None] = mapped_column(AMOUNT)
    unit: Mapped[str]
    parent_units: Mapped[Range[int] | None] = mapped_column(INT8RANGE)
    child_units: Mapped[Range[int] | None] = mapped_column(INT8RANGE)
    moved_at: Mapped[datetime | None]


class ConversionConsent(Base):
    """A bank's consent, by two people, that goods it holds go into other lots, its pledge with them."""

    __tablename__ = "conversion_consent"
    __access__ = Access(
        about="conversion_id",
        read=roles("owner", "warehouse", "supervisor"),
        add=roles("bank"),
        verbs=frozenset({"select", "insert"}),
        custodian=True,
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversion_id: Mapped[UUID] = mapped_column(primary_key=True)
    approval_id: Mapped[UUID]
    given_by: Mapped[str]
    given_at: Mapped[datetime]
