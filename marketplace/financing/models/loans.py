"""What a running loan keeps beside its terms: its rate over time, its plan of payments, what has fallen due, each day's interest, its class.

Rows of the deal's room, for borrower and bank; written by the bank alone. Of what was found none is ever changed, but for how much of a due is still open.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.financing.models.deals import ONCE, PARTIES, SHARE
from marketplace.money import Money
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

RATE = Numeric(14, 10)
WEIGHTED = Numeric(50, 10)


class LoanRate(Base):
    """From `effective_on` on, the loan bears `annual_rate` (a share); for a floating rate, which reference rate it was made of."""

    __tablename__ = "loan_rate"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), verbs=ONCE)
    __table_args__ = (CheckConstraint("annual_rate between 0 and 2", name="rate"),)

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    effective_on: Mapped[date] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    annual_rate: Mapped[Decimal] = mapped_column(SHARE)
    reference_rate: Mapped[Decimal | None] = mapped_column(SHARE)
    set_at: Mapped[datetime]


class LoanPlan(Base):
    """A plan of payments, and why it was made: the first drawdown, another one, an early repayment, a new rate, an extension, a reversal. The newest counts."""

    __tablename__ = "loan_plan"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), verbs=ONCE)

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    because: Mapped[str]
    principal_minor: Mapped[int]
    annual_rate: Mapped[Decimal] = mapped_column(SHARE)
    made_at: Mapped[datetime]


class Instalment(Base):
    """One planned payment: the period whose interest it pays (its last day not counted), and the business day on which it falls due."""

    __tablename__ = "instalment"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), verbs=ONCE)
    __table_args__ = (
        CheckConstraint("starts_on < ends_on and ends_on <= due_on", name="days"),
        CheckConstraint("least(interest_minor, principal_minor, balance_minor) >= 0", name="parts"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    due_on: Mapped[date]
    interest_minor: Mapped[int]
    principal_minor: Mapped[int]
    balance_minor: Mapped[int]
    currency: Mapped[str]

    @property
    def interest(self) -> Money:
        """Planned interest."""
        return Money(self.interest_minor, self.currency)

    @property
    def principal(self) -> Money:
        """Planned principal."""
        return Money(self.principal_minor, self.currency)

    @property
    def payment(self) -> Money:
        """Both together."""
        return self.interest + self.principal

    @property
    def balance(self) -> Money:
        """Principal that is left after it."""
        return Money(self.balance_minor, self.currency)


class FallenDue(Base):
    """Interest or principal that has fallen due on `due_on`; `open_minor` is what of it is not paid."""

    __tablename__ = "fallen_due"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), change=roles("bank"))
    __table_args__ = (
        CheckConstraint("part in ('INTEREST', 'PRINCIPAL')", name="part"),
        CheckConstraint("amount_minor > 0 and open_minor between 0 and amount_minor", name="open"),
        Index("ix_fallen_due_open", "deal_id", "due_on", postgresql_where="open_minor > 0"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    due_on: Mapped[date]
    amount_minor: Mapped[int]
    open_minor: Mapped[int]
    currency: Mapped[str]
    billed_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        """What fell due."""
        return Money(self.amount_minor, self.currency)

    @property
    def open(self) -> Money:
        """What is not paid."""
        return Money(self.open_minor, self.currency)


class DuePayment(Base):
    """How much of a due a repayment paid, so that its reversal opens the same again."""

    __tablename__ = "due_payment"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), verbs=ONCE)
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount"),)

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    repayment_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    amount_minor: Mapped[int]


class Reversal(Base):
    """A repayment that was taken back by a contra posting: once, approved by two."""

    __tablename__ = "repayment_reversal"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), verbs=ONCE)
    __table_args__ = (UniqueConstraint("deal_id", "repayment_id"),)

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    repayment_id: Mapped[UUID]
    posting_id: Mapped[UUID]
    because: Mapped[str]
    reversed_at: Mapped[datetime]


class AccruedDay(Base):
    """Interest of one business date. Each `_minor` that was posted is the rounded running total less what was posted before: rounding happens once a period.

    The day's exact interest is principal · annual_rate · day_weight / year; a day weighs 1, or 0 to 3 under 30/360. What is overdue bears the penalty
    rate instead, and unpaid interest bears it too where the terms say so (compound). Running totals are kept before the division by the year, so exact.
    """

    __tablename__ = "accrued_day"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), verbs=ONCE, booked=True)
    __table_args__ = (
        CheckConstraint(
            "least(principal_minor, overdue_minor, overdue_interest_minor, day_weight) >= 0", name="figures"
        ),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    principal_minor: Mapped[int]
    overdue_minor: Mapped[int]
    overdue_interest_minor: Mapped[int]
    annual_rate: Mapped[Decimal] = mapped_column(RATE)
    penalty_rate: Mapped[Decimal] = mapped_column(RATE)
    day_weight: Mapped[int]
    year: Mapped[int]
    running: Mapped[Decimal] = mapped_column(WEIGHTED)
    running_penalty: Mapped[Decimal] = mapped_column(WEIGHTED)
    running_compound: Mapped[Decimal] = mapped_column(WEIGHTED)
    posted_minor: Mapped[int]
    penalty_minor: Mapped[int]
    compound_minor: Mapped[int]
    currency: Mapped[str]
    closes_period: Mapped[bool]


class LoanQuality(Base):
    """The class and stage of a loan from a day on, and what it rests on: one row for each change, so the rows are its history."""

    __tablename__ = "loan_quality"
    __access__ = Access(about="deal_id", read=roles("bank"), add=roles("bank"), verbs=ONCE)
    __table_args__ = (
        CheckConstraint("loan_class in ('NORMAL', 'SPECIAL_MENTION', 'SUBSTANDARD', 'DOUBTFUL', 'LOSS')", name="class"),
        CheckConstraint("stage between 1 and 3 and days_past_due >= 0", name="stage"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    on_day: Mapped[date]
    days_past_due: Mapped[int]
    loan_class: Mapped[str]
    stage: Mapped[int]
    lowered_to: Mapped[str] = mapped_column(default="")
    because: Mapped[str] = mapped_column(default="")
    found_at: Mapped[datetime]


ADDITIONS.append("""
create trigger fallen_due_is_settled before update on house.fallen_due for each row execute function house.only_these_change('open_minor');
""")
