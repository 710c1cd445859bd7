"""Payments on their way out and money coming home: what the bank sent to its payment system, and what the account's statements say."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.financing.models.deals import ONCE
from marketplace.money import Money
from tenants.database import Base
from tenants.policies import ADDITIONS, Access


class PaymentFile(Base):
    """A pain.001 message as it was written, kept as it is: what left the house can be shown for ever."""

    __tablename__ = "payment_file"
    __access__ = Access(verbs=ONCE)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[str]
    payments: Mapped[int]
    total_minor: Mapped[int]
    currency: Mapped[str]
    content: Mapped[str]
    made_at: Mapped[datetime]
    maker: Mapped[str]

    @property
    def total(self) -> Money:
        """All payments together."""
        return Money(self.total_minor, self.currency)


class PaymentOrder(Base):
    """A drawdown in a payment file. Its end-to-end reference comes back with the statement; one drawdown is ordered once."""

    __tablename__ = "payment_order"
    __access__ = Access(verbs=ONCE)
    __table_args__ = (
        UniqueConstraint("tenant_id", "end_to_end_id"),
        CheckConstraint("amount_minor > 0", name="amount"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    drawdown_id: Mapped[UUID] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID]
    file_id: Mapped[UUID]
    end_to_end_id: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]


class BankStatement(Base):
    """A statement or notice that was read: the same bytes again are the same statement."""

    __tablename__ = "bank_statement"
    __access__ = Access(verbs=ONCE)
    __table_args__ = (UniqueConstraint("tenant_id", "sha256"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    message_id: Mapped[str]
    account: Mapped[str]
    name: Mapped[str]
    sha256: Mapped[str]
    movements: Mapped[int]
    fresh: Mapped[int]
    imported_at: Mapped[datetime]
    importer: Mapped[str]


class BankLine(Base):
    """One movement on the bank's account and what it turned out to be. The same movement told twice, by whatever message, is one line."""

    __tablename__ = "bank_line"
    __access__ = Access()
    __table_args__ = (
        UniqueConstraint("tenant_id", "identity"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("status in ('MATCHED', 'UNMATCHED', 'ASSIGNED', 'PARKED')", name="status"),
        CheckConstraint("direction in ('IN', 'OUT')", name="direction"),
        CheckConstraint("(status in ('MATCHED', 'ASSIGNED')) = (matched_id is not null)", name="matched"),
        Index(None, "tenant_id", "status"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    statement_id: Mapped[UUID]
    identity: Mapped[str]
    account: Mapped[str]
    direction: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    booked_on: Mapped[date | None]
    value_on: Mapped[date | None]
    end_to_end_id: Mapped[str]
    bank_reference: Mapped[str]
    counterparty: Mapped[str]
    counterparty_account: Mapped[str]
    remittance: Mapped[str]
    is_return: Mapped[bool]
    status: Mapped[str]
    matched_kind: Mapped[str] = mapped_column(default="")
    matched_id: Mapped[UUID | None]
    deal_id: Mapped[UUID | None]
    note: Mapped[str] = mapped_column(default="")
    settled_at: Mapped[datetime | None]

    @property
    def amount(self) -> Money:
        """What moved."""
        return Money(self.amount_minor, self.currency)

    @property
    def reference(self) -> str:
        """Under what a payment by it is entered: the bank's own reference, else the payer's."""
        return self.bank_reference or self.end_to_end_id or self.identity[:32]


ADDITIONS.append("""
create trigger bank_line_is_settled before update on house.bank_line for each row
  execute function house.only_these_change('status', 'matched_kind', 'matched_id', 'deal_id', 'note', 'settled_at');
""")
