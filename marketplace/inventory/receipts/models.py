"""Electronic warehouse receipts (电子仓单): one authoritative copy in the warehouse's own rows, under one holder's control, standing for certain units of a lot.

Content as Civil Code 909 and GB/T 30332 list it, fixed by a hash when it is issued.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, Numeric, UniqueConstraint
from sqlalchemy.dialects.postgresql import INT8RANGE, JSONB, Range
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.inventory.receipts import constraints as receipt_constraints
from marketplace.quantity import Quantity
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

AMOUNT = Numeric(18, 3)
ADDITIONS.extend(receipt_constraints.STATEMENTS)


class WarehouseReceipt(Base):
    """One receipt. `units`: the base units of its lot that it stands for; no unit stands in two live receipts, and none outside the lot's.

    `holder_id` controls it, unless `bank_id` is set: the units are held for that bank, which alone controls it then (the pledge mark, kept by the database
    from the pledges themselves). `pledge_signed_at`: since when holder and warehouse have signed its endorsement in pledge to that bank.
    `code`: what a verifier must know beside the number, so that nobody can walk through the numbers.
    """

    __tablename__ = "warehouse_receipt"
    # The gate keeps the pledge mark, and answers on the public verification page.
    __access__ = Access(about="id", read=roles("*"), change=roles("holder", "bank"), custodian=True)
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint("quantity = (upper(units) - lower(units)) / 1000.0 and quantity > 0", name="quantity"),
        CheckConstraint("(status = 'LOST') <= (notice_until is not null)", name="noticed"),
        CheckConstraint("(bank_id is not null) <= (status not in ('DRAFT', 'ISSUED'))", name="marked"),
        CheckConstraint("(pledge_signed_at is not null) <= (bank_id is not null)", name="pledge_signed"),
        Index(None, "id"),
        Index(None, "owner_id", "lot_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    code: Mapped[str]
    lot_id: Mapped[UUID]
    lot_number: Mapped[str]
    owner_id: Mapped[UUID]
    holder_id: Mapped[UUID]
    bank_id: Mapped[UUID | None]
    pledge_signed_at: Mapped[datetime | None]
    status: Mapped[str]
    product_name: Mapped[str]
    grade: Mapped[str]
    site_name: Mapped[str]
    units: Mapped[Range[int]] = mapped_column(INT8RANGE)
    live_units: Mapped[Range[int] | None] = mapped_column(
        INT8RANGE, Computed("case when status in ('ISSUED', 'PLEDGED', 'LOST') then units end", persisted=True)
    )
    quantity: Mapped[Decimal] = mapped_column(AMOUNT)
    unit: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    content_hash: Mapped[str | None]
    parents: Mapped[list[Any]] = mapped_column(JSONB)
    drafted_by: Mapped[str]
    drafted_at: Mapped[datetime]
    issued_by: Mapped[str | None]
    issued_at: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]
    notice_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @property
    def amount(self) -> Quantity:
        """The quantity with its unit."""
        return Quantity(self.quantity, self.unit)

    @property
    def controller_id(self) -> UUID:
        """Who alone may ask for anything to be done with it."""
        return self.bank_id or self.holder_id


class ReceiptRequest(Base):
    """What a receipt's controller signed and the warehouse has still to sign, or has signed: endorse, endorse in pledge, split, merge, surrender, reissue (背书等)."""

    __tablename__ = "receipt_request"
    __access__ = Access(
        about="receipt_id", read=roles("*"), add=roles("holder", "bank"), change=roles("warehouse"), custodian=True
    )
    __table_args__ = (
        CheckConstraint("(status = 'REQUESTED') = (answered_at is null)", name="answered"),
        Index(None, "receipt_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    receipt_id: Mapped[UUID]
    kind: Mapped[str]
    status: Mapped[str]
    receipts: Mapped[list[Any]] = mapped_column(JSONB)
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    note: Mapped[str]
