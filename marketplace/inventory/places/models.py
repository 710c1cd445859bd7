"""What goods are called and where they may lie: products, and sites with their zones and bins."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Numeric, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.inventory.places import constraints as place_constraints
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

AMOUNT = Numeric(18, 3)
METRES = Numeric(9, 2)

ADDITIONS.extend(place_constraints.STATEMENTS)


class Product(Base):
    """What a firm trades in: trade item number, customs code, grade, unit, and the price series that values it. `unit_kg`: what one unit weighs, if counted;
    `shelf_life_days`: how long it keeps from its production, if not for ever; `by_dry_weight`: its price is for what is left without water (ores).
    """

    __tablename__ = "product"
    __access__ = Access()
    __table_args__ = (UniqueConstraint("tenant_id", "sku"), CheckConstraint("shelf_life_days > 0", name="shelf_life"))

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sku: Mapped[str]
    name: Mapped[str]
    grade: Mapped[str]
    gtin: Mapped[str]
    hs_code: Mapped[str]
    unit: Mapped[str]
    price_code: Mapped[str]
    tolerance: Mapped[Decimal] = mapped_column(Numeric(12, 8))
    unit_kg: Mapped[Decimal | None] = mapped_column(Numeric(18, 6))
    shelf_life_days: Mapped[int | None]
    by_dry_weight: Mapped[bool]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class Site(Base):
    """A warehouse: its operator's own to change, in the register for everybody to read."""

    __tablename__ = "site"
    __access__ = Access(everyone=True)
    __table_args__ = (Index(None, "id"), CheckConstraint("width > 0 and depth > 0", name="floor"))

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    address: Mapped[str]
    city: Mapped[str]
    gln: Mapped[str | None]
    latitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    longitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    width: Mapped[Decimal] = mapped_column(METRES)
    depth: Mapped[Decimal] = mapped_column(METRES)
    scale_calibrated_until: Mapped[datetime]
    opened_at: Mapped[datetime]


class Zone(Base):
    """A part of a site that is built for a kind of goods, with a capacity by weight (KGM) or volume (MTQ) for all that lies in its bins together."""

    __tablename__ = "zone"
    __access__ = Access(everyone=True)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "site_id"], ["house.site.tenant_id", "house.site.id"]),
        UniqueConstraint("tenant_id", "site_id", "code"),
        CheckConstraint("capacity > 0 and capacity_unit in ('KGM', 'MTQ')", name="capacity"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    capacity: Mapped[Decimal] = mapped_column(AMOUNT)
    capacity_unit: Mapped[str]
    opened_at: Mapped[datetime]


class Bin(Base):
    """A marked place on a site's floor: a rectangle in metres from the site's north-west corner. `capacity` by weight (KGM) or volume (MTQ), if limited."""

    __tablename__ = "bin"
    __access__ = Access(everyone=True, counted=True)  # the gate asks which goods lie in a hall that a device watches
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "site_id"], ["house.site.tenant_id", "house.site.id"]),
        UniqueConstraint("tenant_id", "site_id", "code"),
        ForeignKeyConstraint(["tenant_id", "zone_id"], ["house.zone.tenant_id", "house.zone.id"]),
        CheckConstraint("x >= 0 and y >= 0 and width > 0 and height > 0", name="rectangle"),
        CheckConstraint("(capacity is null) = (capacity_unit is null)", name="measured"),
        CheckConstraint("capacity > 0 and capacity_unit in ('KGM', 'MTQ')", name="capacity"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    code: Mapped[str]
    x: Mapped[Decimal] = mapped_column(METRES)
    y: Mapped[Decimal] = mapped_column(METRES)
    width: Mapped[Decimal] = mapped_column(METRES)
    height: Mapped[Decimal] = mapped_column(METRES)
    zone_id: Mapped[UUID | None]
    capacity: Mapped[Decimal | None] = mapped_column(AMOUNT)
    capacity_unit: Mapped[str | None]
    drawn_at: Mapped[datetime]


class Bulk(Base):
    """Goods of several owners poured together in one bin: a tank, a silo, a heap. Each owner's part is a lot of its own (`lot.bulk_id`).

    All that is poured in is alike: product, grade, customs code, unit, price series and supervisor.
    """

    __tablename__ = "bulk"
    __access__ = Access(
        about="id", read=roles("*"), custodian=True
    )  # the gate tells its holders how much there is in all
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "bin_id"], ["house.bin.tenant_id", "house.bin.id"]),
        Index("uq_bulk_open_bin", "tenant_id", "bin_id", unique=True, postgresql_where="closed_at is null"),
        Index(None, "id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    bin_id: Mapped[UUID]
    bin_code: Mapped[str]
    name: Mapped[str]
    product_name: Mapped[str]
    grade: Mapped[str]
    hs_code: Mapped[str]
    unit: Mapped[str]
    price_code: Mapped[str]
    supervisor_id: Mapped[UUID]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class BinStay(Base):
    """A lot in a bin for a time. One pile cannot be two lots: the database lets no two stays in a bin overlap, unless they are parts of one bulk."""

    __tablename__ = "bin_stay"
    # The gate lets found goods lie in their bin again.
    __access__ = Access(about="lot_id", read=roles("*"), add=roles("warehouse"), custodian=True)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "bin_id"], ["house.bin.tenant_id", "house.bin.id"]),
        Index(None, "tenant_id", "lot_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    bin_id: Mapped[UUID]
    lot_id: Mapped[UUID]
    bulk_id: Mapped[UUID | None]
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
