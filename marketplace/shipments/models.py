"""Shipments and what happens to them on the way. A shipment is a room of its own: consignor, carrier, warehouse, consignee, the goods' supervisor, bank."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.quantity import Quantity
from tenants.database import Base
from tenants.policies import Access, roles

MOVERS = roles("consignor", "logistics", "warehouse", "consignee", "supervisor", "bank")
WRITTEN_ONCE = frozenset({"select", "insert"})


class Shipment(Base):
    """Goods to be moved, or moving: what, from where, to whom, by which carrier, and what each side signed for.

    `exception`: what went wrong on the way and was not explained yet; `kept_status`: where the journey stood then.
    """

    __tablename__ = "shipment"
    __access__ = Access(own=False, about="shipment_id", read=roles("*"), add=roles("consignor"), change=MOVERS)
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("handed_over > 0 and received >= 0", name="weighed"),
        CheckConstraint("(status = 'EXCEPTION') = (exception is not null)", name="exception_named"),
        CheckConstraint("(exception is null) = (kept_status is null)", name="exception_remembers"),
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
    container: Mapped[str | None]
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
    exception: Mapped[str | None]
    kept_status: Mapped[str | None]

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
    __access__ = Access(own=False, about="shipment_id", read=roles("*"), add=MOVERS, verbs=WRITTEN_ONCE)

    shipment_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[str]
    place: Mapped[str]
    note: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class ShipmentRoute(Base):
    """A plan of the way: the corridor of `corridors.corridor_from`, when it is to be left and to be arrived. Never changed: a new plan is a new version."""

    __tablename__ = "shipment_route"
    __access__ = Access(
        own=False, about="shipment_id", read=roles("*"), add=roles("logistics", "supervisor"), verbs=WRITTEN_ONCE
    )
    __table_args__ = (
        CheckConstraint("width_m between 100 and 20000", name="width"),
        CheckConstraint("arrives_by > leaves_at", name="window"),
    )

    shipment_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    waypoints: Mapped[str]
    width_m: Mapped[int]
    leaves_at: Mapped[datetime]
    arrives_by: Mapped[datetime]
    planned_at: Mapped[datetime]
    planned_by: Mapped[str]
    planned_for: Mapped[str]


class RouteAcceptance(Base):
    """The supervisor's word that goods may travel this way, watched by its own tracker: from then on the corridor judges in place of the site's fence."""

    __tablename__ = "shipment_route_acceptance"
    __access__ = Access(own=False, about="shipment_id", read=roles("*"), add=roles("supervisor"), verbs=WRITTEN_ONCE)
    __table_args__ = (Index(None, "lot_id"),)

    shipment_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID]
    tracker_id: Mapped[UUID]
    accepted_at: Mapped[datetime]
    accepted_by: Mapped[str]
