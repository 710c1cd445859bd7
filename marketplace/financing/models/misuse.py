"""A loan that is used for something else than was agreed: that it was found, until when, and what it added to each day's interest."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.financing.models.deals import ONCE, PARTIES
from marketplace.financing.models.loans import RATE, WEIGHTED
from marketplace.money import Money
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles


class LoanMisuse(Base):
    """Two officers found that part of a loan serves another purpose (挪用), since a day and by a paper; it bears the misuse rate until `ended_on` (not counted)."""

    __tablename__ = "loan_misuse"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), change=roles("bank"))
    __table_args__ = (
        CheckConstraint("amount_minor > 0 and factor between 1.5 and 2", name="figures"),
        CheckConstraint("(ended_on is null) = (ended_because = '') and ended_on >= since", name="ended"),
        Index("uq_loan_misuse_open", "deal_id", unique=True, postgresql_where="ended_on is null"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    since: Mapped[date]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    factor: Mapped[Decimal] = mapped_column(Numeric(3, 2))
    because: Mapped[str]
    document_id: Mapped[UUID]
    found_at: Mapped[datetime]
    ended_on: Mapped[date | None]
    ended_because: Mapped[str] = mapped_column(default="")

    @property
    def amount(self) -> Money:
        """How much was misused."""
        return Money(self.amount_minor, self.currency)


class MisuseDay(Base):
    """What a misuse added to one day's interest: on how much, how much of that was overdue, at what rate. The exact figure is kept before the division by the year."""

    __tablename__ = "misuse_day"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), verbs=ONCE)
    __table_args__ = (CheckConstraint("overdue_minor between 0 and misused_minor", name="figures"),)

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    misuse_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    misused_minor: Mapped[int]
    overdue_minor: Mapped[int]
    annual_rate: Mapped[Decimal] = mapped_column(RATE)
    running: Mapped[Decimal] = mapped_column(WEIGHTED)
    posted_minor: Mapped[int]


ADDITIONS.append("""
create trigger loan_misuse_is_settled before update on house.loan_misuse for each row execute function house.only_these_change('ended_on', 'ended_because');
""")
