"""Pledges as ranges of a lot's base units, the control record behind them, and the bank's orders to let goods go.

A pledge belongs to the pledgor's rows and is seen through the deal's room: a bank sees its own pledges and never another bank's.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKeyConstraint, Index, Numeric, text
from sqlalchemy.dialects.postgresql import INT8RANGE, JSONB, TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.inventory.receipts import models as goods  # noqa: F401 (pledges refer to lots and to their receipts, so those come first)
from marketplace.pledges import constraints
from marketplace.quantity import Quantity
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

AMOUNT = Numeric(18, 3)
ADDITIONS.extend(constraints.STATEMENTS)


class Pledge(Base):
    """One unbroken range of a lot's base units, held for one bank under one deal, for a time.

    `units`: what it holds now; a partial release takes units off it. `during`: from the offer, or from when it moved up, until it ends. `rank`: 1, or
    2 behind the first rank of a deal whose bank consented (`consent_id`); the lot's account counts the first. `by_receipt`: the warehouse receipt for the
    goods is what was pledged, and the goods through it.
    Number, product and unit are kept here because a bank keeps its records after it has lost sight of the lot.
    """

    __tablename__ = "pledge"
    __access__ = Access(
        about="deal_id",
        read=roles("borrower", "bank", "warehouse", "supervisor", "auctioneer"),
        add=roles("borrower"),
        change=roles("bank", "warehouse", "supervisor"),
        custodian=True,  # pledges follow their units into other lots by the gate's hand
    )
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "lot_id"], ["house.lot.tenant_id", "house.lot.id"]),
        CheckConstraint("rank in (1, 2)", name="rank"),
        CheckConstraint("quantity = (upper(units) - lower(units)) / 1000.0", name="quantity"),
        Index(None, "deal_id"),
        Index(None, "tenant_id", "lot_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID]
    lot_id: Mapped[UUID]
    lot_number: Mapped[str]
    product_name: Mapped[str]
    grade: Mapped[str]
    site_name: Mapped[str]
    bank_id: Mapped[UUID]
    supervisor_id: Mapped[UUID]
    warehouse_id: Mapped[UUID]
    rank: Mapped[int]
    consent_id: Mapped[UUID | None]
    by_receipt: Mapped[bool] = mapped_column(server_default=text("false"))
    units: Mapped[Range[int]] = mapped_column(INT8RANGE)
    held_units: Mapped[Range[int] | None] = mapped_column(
        INT8RANGE, Computed("case when upper_inf(during) then units end", persisted=True)
    )
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    quantity: Mapped[Decimal] = mapped_column(AMOUNT)
    unit: Mapped[str]
    status: Mapped[str]
    certificate: Mapped[str | None]
    control_id: Mapped[UUID | None]
    offered_at: Mapped[datetime]
    active_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @property
    def amount(self) -> Quantity:
        """The quantity with its unit."""
        return Quantity(self.quantity, self.unit)


class ControlRecord(Base):
    """The supervisor's statement that it holds the goods for the bank, with its evidence (出质监管确认). Never changed."""

    __tablename__ = "control_record"
    __access__ = Access(
        about="deal_id",
        read=roles("borrower", "bank", "warehouse", "supervisor"),
        add=roles("supervisor"),
        verbs=frozenset({"select", "insert"}),
    )
    __table_args__ = (Index(None, "deal_id"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID]
    principal_id: Mapped[UUID]
    mode: Mapped[str]
    statement: Mapped[str]
    keys_held: Mapped[bool]
    goods_segregated: Mapped[bool]
    devices_online: Mapped[bool]
    lots: Mapped[list[Any]] = mapped_column(JSONB)
    evidence: Mapped[list[Any]] = mapped_column(JSONB)
    signed_by: Mapped[str]
    effective_at: Mapped[datetime]


class ReleaseOrder(Base):
    """The bank's order to let so much of a lot go (放货指令); executed at most as far as it was ordered."""

    __tablename__ = "release_order"
    __access__ = Access(
        about="deal_id",
        read=roles("borrower", "bank", "warehouse", "supervisor", "logistics"),
        add=roles("bank"),
        change=roles("warehouse", "supervisor"),
        custodian=True,  # the gate looks whether an order is open before it ends a lot
    )
    __table_args__ = (
        CheckConstraint("ordered > 0 and executed >= 0 and executed <= ordered", name="within_order"),
        Index(None, "deal_id"),
        Index(None, "tenant_id", "lot_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID]
    lot_id: Mapped[UUID]
    lot_number: Mapped[str]
    product_name: Mapped[str]
    ordered: Mapped[Decimal] = mapped_column(AMOUNT)
    executed: Mapped[Decimal] = mapped_column(AMOUNT)
    unit: Mapped[str]
    status: Mapped[str]
    because: Mapped[str]
    ordered_by: Mapped[str]
    approved_by: Mapped[str]
    ordered_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    @property
    def remaining(self) -> Decimal:
        """What may still leave under it."""
        return self.ordered - self.executed if self.status == "ORDERED" else Decimal(0)


class ReleaseExecution(Base):
    """One weighing-out under a release order. Never changed."""

    __tablename__ = "release_execution"
    __access__ = Access(
        about="deal_id",
        read=roles("borrower", "bank", "warehouse", "supervisor", "logistics"),
        add=roles("warehouse", "supervisor"),
        counted=True,  # the gate counts what left before a shortage
        verbs=frozenset({"select", "insert"}),
    )
    __table_args__ = (Index(None, "tenant_id", "order_id"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID]
    order_id: Mapped[UUID]
    lot_id: Mapped[UUID]
    weighed: Mapped[Decimal] = mapped_column(AMOUNT)
    unit: Mapped[str]
    units: Mapped[list[Any]] = mapped_column(JSONB)
    executed_by: Mapped[str]
    executed_at: Mapped[datetime]
