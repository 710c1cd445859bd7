"""The operator's own book of its fees, and what is put on record beside payments and credit notes: what was paid back by transfer, what was written off."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.billing.models import OF_ACCOUNT, ONCE
from marketplace.money import Money
from tenants.database import Base
from tenants.policies import Access


class FeeEntry(Base):
    """One line of one posting in the operator's book; debits above zero. The key lets each cause be posted once; the database asks that its lines balance.

    Nobody but the operator reads it, and nothing in it is ever changed.
    """

    __tablename__ = "fee_entry"
    __access__ = Access(verbs=ONCE)
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="amount"),
        Index(None, "tenant_id", "invoice_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    invoice_id: Mapped[UUID | None]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    posted_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class FeeReturn(Base):
    """What a firm had paid by transfer and is owed back, paid back by transfer, whole."""

    __tablename__ = "fee_return"
    __access__ = OF_ACCOUNT
    __table_args__ = (
        UniqueConstraint("tenant_id", "reference"),
        CheckConstraint("amount_minor > 0", name="amount"),
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["house.fee_invoice.tenant_id", "house.fee_invoice.id"]),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    invoice_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    reference: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    returned_on: Mapped[date]
    confirmed_by: Mapped[str]
    confirmed_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class FeeWriteOff(Base):
    """What was open of an invoice and is not expected any more. The invoice stays; its tax stays owed to the state."""

    __tablename__ = "fee_write_off"
    __access__ = OF_ACCOUNT
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["house.fee_invoice.tenant_id", "house.fee_invoice.id"]),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    invoice_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    because: Mapped[str]
    approval_id: Mapped[UUID]
    written_off_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
