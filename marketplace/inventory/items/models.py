"""Serialised goods: the items of a lot, each with a name of its own in the world."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Numeric
from sqlalchemy.dialects.postgresql import INT8RANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.inventory.items import constraints as item_constraints
from marketplace.inventory.models import MOVERS
from marketplace.quantity import Quantity
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

AMOUNT = Numeric(18, 3)
ADDITIONS.extend(item_constraints.STATEMENTS)


class LotItem(Base):
    """A coil, bale or drum: serial and GS1 Digital Link, RFID tag where it has one, what papers and scale say, and which base units of the lot it is.

    `units`: from the verification on. `ended_at`: since when it is no item of a live lot any more: it left, was lost, never came, or was used up.
    """

    __tablename__ = "lot_item"
    __access__ = Access(about="lot_id", read=roles("*"), change=MOVERS | {"platform"}, custodian=True)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "lot_id"], ["house.lot.tenant_id", "house.lot.id"]),
        CheckConstraint("documented_qty > 0 and weighed_qty > 0", name="weights"),
        CheckConstraint("(weighed_qty is null) = (received_at is null)", name="received"),
        CheckConstraint("units is null or weighed_qty is not null", name="there"),
        Index(None, "tenant_id", "lot_id", "position"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID]
    position: Mapped[int]
    serial: Mapped[str]
    gtin: Mapped[str]
    path: Mapped[str]
    tag: Mapped[str | None]
    unit: Mapped[str]
    documented_qty: Mapped[Decimal] = mapped_column(AMOUNT)
    weighed_qty: Mapped[Decimal | None] = mapped_column(AMOUNT)
    units: Mapped[Range[int] | None] = mapped_column(INT8RANGE)
    declared_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @property
    def documented(self) -> Quantity:
        """What its papers say."""
        return Quantity(self.documented_qty, self.unit)

    @property
    def weighed(self) -> Quantity | None:
        """What the scale said, once received."""
        return None if self.weighed_qty is None else Quantity(self.weighed_qty, self.unit)
