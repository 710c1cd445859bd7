"""Goods: lots with their identity, weighings, inspections and base units. Where they lie and what they are called is in `places`.

A lot belongs to its owner. Warehouse, supervisor and bank see and act upon it through their grants on it; what each of them may change is held by
the database as well (`constraints.py`).
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, INT8RANGE, JSONB, Range
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.inventory import constraints
from marketplace.quantity import Quantity
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

AMOUNT = Numeric(18, 3)
NOTHING = Decimal(0)
MOVERS = roles("warehouse", "supervisor", "bank", "logistics", "auctioneer")

ADDITIONS.extend(constraints.STATEMENTS)


class Lot(Base):
    """A batch of goods of one product, lying in one place. Quantities are in `unit`, to three decimals.

    documented: what the papers say. weighed: net over the scale. verified: what four eyes confirmed from evidence, less what was lost or has left.
    converted: what became other lots (`conversion_id`: the plan that this lot itself was made by).
    reserved and pledged: what pledges that are being made, and pledges in force, hold of it, and `held` the base units that they hold; kept by the
    database from the pledges themselves, so that every party sees what is free without seeing whose the pledges are. `held_behind`: those of them that a
    second rank holds too.
    shortage_id: the open shortage that stops it, and `share_left`: how much of it may still leave since a shortage was shared out.
    bulk_id: the tank or heap in which it is poured together with lots of others, of which it is a share.
    expires_on: the day from which the goods are worth nothing, as declared until the supervisor confirms it; none where they keep.
    moisture: the share of its weight that is water, where the supervisor saw it certified; what it is priced by only if `by_dry_weight`.
    receipted: the base units for which warehouse receipts stand, and of these `endorsed` those whose receipt another firm than the owner holds.
    """

    __tablename__ = "lot"
    __access__ = Access(about="id", read=roles("*"), change=MOVERS | {"platform"}, custodian=True)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "product_id"], ["house.product.tenant_id", "house.product.id"]),
        UniqueConstraint("tenant_id", "number"),
        Index(None, "id"),
        Index(None, "bulk_id", postgresql_where="bulk_id is not null"),
        Index(None, "site_id", "hs_code"),
        CheckConstraint("share_left >= 0", name="share"),
        CheckConstraint("moisture >= 0 and moisture < 1", name="moisture"),
        CheckConstraint("documented_qty > 0", name="documented"),
        CheckConstraint("reserved_qty >= 0 and pledged_qty >= 0 and departed_qty >= 0", name="holds"),
        CheckConstraint("verified_qty >= 0 and weighed_qty > 0 and converted_qty >= 0", name="found"),
        CheckConstraint("(status = 'FROZEN') = (kept_status is not null)", name="frozen"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    product_id: Mapped[UUID]
    product_name: Mapped[str]
    grade: Mapped[str]
    hs_code: Mapped[str]
    unit: Mapped[str]
    price_code: Mapped[str]
    tolerance: Mapped[Decimal] = mapped_column(Numeric(12, 8))
    unit_kg: Mapped[Decimal | None] = mapped_column(Numeric(18, 6))
    tracking: Mapped[str] = mapped_column(server_default=text("'LOT'"))
    reference: Mapped[str]
    origin: Mapped[str]
    pieces: Mapped[int | None]
    produced_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    by_dry_weight: Mapped[bool]
    moisture: Mapped[Decimal | None] = mapped_column(Numeric(9, 8))
    documented_qty: Mapped[Decimal] = mapped_column(AMOUNT)
    weighed_qty: Mapped[Decimal | None] = mapped_column(AMOUNT)
    verified_qty: Mapped[Decimal | None] = mapped_column(AMOUNT)
    reserved_qty: Mapped[Decimal] = mapped_column(AMOUNT, server_default=text("0"))
    pledged_qty: Mapped[Decimal] = mapped_column(AMOUNT, server_default=text("0"))
    departed_qty: Mapped[Decimal] = mapped_column(AMOUNT, server_default=text("0"))
    converted_qty: Mapped[Decimal] = mapped_column(AMOUNT, server_default=text("0"))
    held: Mapped[list[Range[int]]] = mapped_column(INT8MULTIRANGE, server_default=text("'{}'"))
    held_behind: Mapped[list[Range[int]]] = mapped_column(INT8MULTIRANGE, server_default=text("'{}'"))
    receipted: Mapped[list[Range[int]]] = mapped_column(INT8MULTIRANGE, server_default=text("'{}'"))
    endorsed: Mapped[list[Range[int]]] = mapped_column(INT8MULTIRANGE, server_default=text("'{}'"))
    status: Mapped[str]
    kept_status: Mapped[str | None]
    frozen_reason: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    frozen_by: Mapped[UUID | None]
    warehouse_id: Mapped[UUID]
    supervisor_id: Mapped[UUID]
    site_id: Mapped[UUID]
    site_name: Mapped[str]
    bin_id: Mapped[UUID | None]
    bin_code: Mapped[str | None]
    bulk_id: Mapped[UUID | None]
    conversion_id: Mapped[UUID | None]
    shortage_id: Mapped[UUID | None]
    share_left: Mapped[Decimal | None] = mapped_column(AMOUNT)
    declared_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    departed_at: Mapped[datetime | None]

    @property
    def documented(self) -> Quantity:
        """What the papers say."""
        return Quantity(self.documented_qty, self.unit)

    @property
    def weighed(self) -> Quantity | None:
        """Net over the scale, once received."""
        return None if self.weighed_qty is None else Quantity(self.weighed_qty, self.unit)

    @property
    def verified(self) -> Quantity | None:
        """What is confirmed to be there, once verified."""
        return None if self.verified_qty is None else Quantity(self.verified_qty, self.unit)

    @property
    def held_qty(self) -> Decimal:
        """Reserved and pledged together."""
        return self.reserved_qty + self.pledged_qty

    @property
    def free_qty(self) -> Decimal:
        """Verified, held by nobody, and under no receipt in another's hands; what a new pledge may take. Never negative."""
        return max(NOTHING, (self.verified_qty or NOTHING) - self.held_qty - _covered(self.endorsed))

    @property
    def spoken_qty(self) -> Decimal:
        """What pledges hold or receipts stand for, each unit once."""
        return _covered([*self.held, *self.receipted])

    @property
    def loose_qty(self) -> Decimal:
        """Verified, held by nobody and under no receipt; what may leave without more ado. Never negative."""
        return max(NOTHING, (self.verified_qty or NOTHING) - self.spoken_qty)

    @property
    def short_qty(self) -> Decimal:
        """By how much the holds exceed what is still there, after a loss."""
        return max(NOTHING, self.held_qty - (self.verified_qty or NOTHING))

    @property
    def is_frozen(self) -> bool:
        """Whether nothing of it may move."""
        return self.kept_status is not None

    @property
    def standing(self) -> str:
        """The status beneath a freeze."""
        return self.kept_status or self.status


def _covered(spans: list[Range[int]]) -> Decimal:
    """How much a list of ranges of base units covers, overlaps once."""
    covered = reached = 0
    for start, end in sorted((span.lower or 0, span.upper or 0) for span in spans):
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return Decimal(covered).scaleb(-3)


class LotIdentity(Base):
    """A lot's one name in the world: GS1 key and the path of its Digital Link, unique among all tenants, on a label once bound."""

    __tablename__ = "lot_identity"
    # The gate reads it for the public verification page, which tells this row and nothing of the lot.
    __access__ = Access(about="lot_id", read=roles("*"), change=roles("warehouse"), custodian=True)
    __table_args__ = (Index("uq_lot_identity_path", "path", unique=True),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    scheme: Mapped[str]
    gtin: Mapped[str]
    batch: Mapped[str]
    path: Mapped[str]
    product_name: Mapped[str]
    grade: Mapped[str]
    custodian_id: Mapped[UUID]
    issued_at: Mapped[datetime]
    bound_at: Mapped[datetime | None]


class Weighing(Base):
    """One pass over the warehouse's scale. Never changed."""

    __tablename__ = "weighing"
    __access__ = Access(about="lot_id", read=roles("*"), add=roles("warehouse"), verbs=frozenset({"select", "insert"}))
    __table_args__ = (CheckConstraint("tare >= 0 and gross > tare", name="net"), Index(None, "tenant_id", "lot_id"))

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID]
    site_id: Mapped[UUID]
    gross: Mapped[Decimal] = mapped_column(AMOUNT)
    tare: Mapped[Decimal] = mapped_column(AMOUNT)
    unit: Mapped[str]
    ticket: Mapped[str]
    vehicle: Mapped[str]
    photo_id: Mapped[UUID | None]
    calibrated_until: Mapped[datetime]
    weighed_by: Mapped[str]
    weighed_at: Mapped[datetime]


class Inspection(Base):
    """What the supervisor's inspector counted; decided by a colleague."""

    __tablename__ = "inspection"
    __access__ = Access(about="lot_id", read=roles("*"), add=roles("supervisor"))
    __table_args__ = (Index(None, "tenant_id", "lot_id"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID]
    counted: Mapped[Decimal] = mapped_column(AMOUNT)
    unit: Mapped[str]
    passed: Mapped[bool]
    expires_on: Mapped[date | None]
    moisture: Mapped[Decimal | None] = mapped_column(Numeric(9, 8))
    moisture_certificate: Mapped[str]
    note: Mapped[str]
    inspector: Mapped[str]
    inspected_at: Mapped[datetime]
    outcome: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]


class LotUnits(Base):
    """The base units (thousandths of the lot's unit) that a verified lot is made of: ranges that never overlap, in which all pledges lie."""

    __tablename__ = "lot_units"
    __access__ = Access(
        own=False,
        about="lot_id",
        read=MOVERS | {"owner"},
        add=MOVERS | {"owner"},
        change=MOVERS | {"owner"},
        verbs=frozenset({"select", "insert", "update", "delete"}),
        custodian=True,
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    units: Mapped[Range[int]] = mapped_column(INT8RANGE, primary_key=True)


class LotImport(Base):
    """A file of lots, or of one lot's items (`lot_id`), as it was read: rows and their errors, kept from preview to declaration."""

    __tablename__ = "lot_import"
    __access__ = Access()

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID | None]
    name: Mapped[str]
    sha256: Mapped[str]
    rows: Mapped[list[Any]] = mapped_column(JSONB)
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    declared_at: Mapped[datetime | None]
