"""The operator's fee plans, and for each firm an account: what was charged for, the invoices, what was paid and what was taken back.

Rows are the operator's; a firm reads those of its own account by its grant on it, and writes none. Nothing here is edited: an invoice's state moves on, the
rest is added once (`sql/billing.sql` holds it so).
"""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.money import Money
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

RATE = Numeric(7, 6)
ONCE = frozenset({"select", "insert"})
OF_ACCOUNT = Access(about="account_id", read=roles("customer"), verbs=ONCE)


class FeePlan(Base):
    """One version of what the platform charges, public to every firm. `tenant_id` is the operator that published it; `payee_account` is where fees are paid to."""

    __tablename__ = "fee_plan"
    __access__ = Access(everyone=True, verbs=ONCE)
    __table_args__ = (
        CheckConstraint("lots_free >= 0 and lot_month_minor >= 0 and deal_minor >= 0", name="fees"),
        CheckConstraint("sale_share between 0 and 1 and vat_rate between 0 and 1", name="shares"),
        CheckConstraint("pay_days > 0 and notice_days > 0", name="days"),
        CheckConstraint("extract(day from effective_from) = 1", name="whole_months"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    effective_from: Mapped[date]
    currency: Mapped[str]
    lots_free: Mapped[int]
    lot_month_minor: Mapped[int]
    deal_minor: Mapped[int]
    sale_share: Mapped[Decimal] = mapped_column(RATE)
    vat_rate: Mapped[Decimal] = mapped_column(RATE)
    pay_days: Mapped[int]
    notice_days: Mapped[int]
    payee: Mapped[str]
    payee_account: Mapped[str]
    because: Mapped[str]
    approval_id: Mapped[UUID]
    set_at: Mapped[datetime]

    @property
    def lot_month(self) -> Money:
        """What each watched lot beyond the free ones costs a month."""
        return Money(self.lot_month_minor, self.currency)

    @property
    def deal(self) -> Money:
        """What a loan costs its bank, once."""
        return Money(self.deal_minor, self.currency)


class FeeAccount(Base):
    """What operator and firm share about fees: opened with the first invoice."""

    __tablename__ = "fee_account"
    __access__ = OF_ACCOUNT

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    firm_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    opened_at: Mapped[datetime]


class FeeInvoice(Base):
    """What a firm owes for one month in one currency. Its number is the reference by which it is paid. `refuses_from`: from this day on, while it is overdue, new requests wait."""

    __tablename__ = "fee_invoice"
    __access__ = Access(about="account_id", read=roles("customer"))
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "firm_id", "month", "currency"),
        Index(None, "firm_id", "status"),
        CheckConstraint("total_minor = net_minor + vat_minor and net_minor > 0 and vat_minor >= 0", name="total"),
        CheckConstraint("status in ('ISSUED', 'OVERDUE', 'PAID', 'CREDITED', 'WRITTEN_OFF')", name="status"),
        CheckConstraint("due_on <= refuses_from and extract(day from month) = 1", name="days"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    firm_id: Mapped[UUID]
    firm: Mapped[str]
    firm_code: Mapped[str]
    issuer: Mapped[str]
    number: Mapped[str]
    month: Mapped[date]
    plan_version: Mapped[int]
    currency: Mapped[str]
    net_minor: Mapped[int]
    vat_rate: Mapped[Decimal] = mapped_column(RATE)
    vat_minor: Mapped[int]
    total_minor: Mapped[int]
    payee: Mapped[str]
    payee_account: Mapped[str]
    issued_at: Mapped[datetime]
    due_on: Mapped[date]
    refuses_from: Mapped[date]
    status: Mapped[str]
    moved_at: Mapped[datetime]

    @property
    def net(self) -> Money:
        return Money(self.net_minor, self.currency)

    @property
    def vat(self) -> Money:
        return Money(self.vat_minor, self.currency)

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)


class FeeLine(Base):
    """One line of an invoice, as `rules.bills.Line` says."""

    __tablename__ = "fee_line"
    __access__ = OF_ACCOUNT
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["house.fee_invoice.tenant_id", "house.fee_invoice.id"]),
        CheckConstraint("quantity > 0 and free between 0 and quantity and amount_minor >= 0", name="amount"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    invoice_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    currency: Mapped[str]
    quantity: Mapped[int]
    free: Mapped[int]
    each_minor: Mapped[int]
    amount_minor: Mapped[int]

    @property
    def each(self) -> Money:
        return Money(self.each_minor, self.currency)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class FeeUsage(Base):
    """One thing that an invoice charges. The key keeps it from counting twice: a lot once in a month, a deal and a sale once for ever."""

    __tablename__ = "fee_usage"
    __access__ = Access(about="account_id", read=roles("customer"), verbs=ONCE, counted=True)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["house.fee_invoice.tenant_id", "house.fee_invoice.id"]),
        Index("uq_fee_usage_once", "tenant_id", "kind", "subject_id", unique=True, postgresql_where="kind <> 'LOT_MONTH'"),
        Index(None, "kind", "subject_id"),
    )  # fmt: skip

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    invoice_id: Mapped[UUID]
    account_id: Mapped[UUID]
    label: Mapped[str]
    at: Mapped[datetime]
    currency: Mapped[str | None]
    price_minor: Mapped[int | None]

    @property
    def price(self) -> Money | None:
        return None if self.price_minor is None or self.currency is None else Money(self.price_minor, self.currency)


class FeePayment(Base):
    """A payment that the operator's person found on its account, for one invoice, whole."""

    __tablename__ = "fee_payment"
    __access__ = OF_ACCOUNT
    __table_args__ = (
        UniqueConstraint("tenant_id", "reference"),
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["house.fee_invoice.tenant_id", "house.fee_invoice.id"]),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    invoice_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    reference: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    received_on: Mapped[date]
    confirmed_by: Mapped[str]
    confirmed_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class FeeCredit(Base):
    """A credit note: a document of its own that takes one invoice back, whole. `owed_back`: it had been paid."""

    __tablename__ = "fee_credit"
    __access__ = OF_ACCOUNT
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["house.fee_invoice.tenant_id", "house.fee_invoice.id"]),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    invoice_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    number: Mapped[str]
    because: Mapped[str]
    owed_back: Mapped[bool]
    approval_id: Mapped[UUID]
    credited_at: Mapped[datetime]


ADDITIONS.append((Path(__file__).parent / "sql" / "billing.sql").read_text())
