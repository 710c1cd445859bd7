"""Shipments and what happens to them on the way. A shipment is a room of its own: consignor, carrier, warehouse, consignee, bank."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.quantity import Quantity
from tenants.database import Base
from tenants.policies import Access, roles

MOVERS = roles("consignor", "logistics", "warehouse", "consignee", "bank")


class Shipment(Base):
    """Goods to be moved, or moving: what, from where, to whom, by which carrier, and what each side signed for."""

    __tablename__ = "shipment"
    __access__ = Access(own=False, about="shipment_id", read=roles("*"), add=roles("consignor"), change=MOVERS)
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("handed_over > 0 and received >= 0", name="weighed"),
    )

    shipment_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    status: Mapped[str]
    lot_id: Mapped[UUID]
    lot_number: Mapped[str]
    product_name: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 3))
    unit: Mapped[str]
    consignor_id: Mapped[UUID]
    consignor: Mapped[str]
    carrier_id: Mapped[UUID]
    carrier: Mapped[str]
    warehouse_id: Mapped[UUID]
    warehouse: Mapped[str]
    consignee_id: Mapped[UUID | None]
    consignee: Mapped[str]
    from_place: Mapped[str]
    to_place: Mapped[str]
    deliver_by: Mapped[datetime]
    vehicle: Mapped[str | None]
    driver: Mapped[str | None]
    release_order_id: Mapped[UUID | None]
    handed_over: Mapped[Decimal | None] = mapped_column(Numeric(18, 3))
    seals: Mapped[list[str] | None]
    handed_out_by: Mapped[str | None]
    picked_up_by: Mapped[str | None]
    received: Mapped[Decimal | None] = mapped_column(Numeric(18, 3))
    receiver: Mapped[str | None]
    planned_at: Mapped[datetime]
    picked_up_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]

    @property
    def planned_quantity(self) -> Quantity:
        """What is to be moved."""
        return Quantity(self.quantity, self.unit)

    @property
    def handed_over_quantity(self) -> Quantity | None:
        """What the warehouse weighed out."""
        return None if self.handed_over is None else Quantity(self.handed_over, self.unit)

    @property
    def received_quantity(self) -> Quantity | None:
        """What the receiver signed for."""
        return None if self.received is None else Quantity(self.received, self.unit)


class Milestone(Base):
    """A place on the way, when it was reached, and who says so."""

    __tablename__ = "shipment_milestone"
    __access__ = Access(
        own=False, about="shipment_id", read=roles("*"), add=MOVERS, verbs=frozenset({"select", "insert"})
    )

    shipment_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[str]
    place: Mapped[str]
    note: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
