"""Money out and money back: what was asked for and paid, and what was repaid and which parts of the debt it paid."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.financing.models.deals import PARTIES
from marketplace.money import Money
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles


class Drawdown(Base):
    """Money asked for under a deal: requested by the borrower, approved by two at the bank, instructed, confirmed."""

    __tablename__ = "drawdown"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("borrower"), change=roles("bank"), counted=True)
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("(status = 'CONFIRMED') = (bank_reference is not null)", name="confirmed"),
        UniqueConstraint("deal_id", "bank_reference"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    status: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    payee: Mapped[str]
    payee_code: Mapped[str] = mapped_column(default="")
    payee_account: Mapped[str]
    purpose: Mapped[str]
    requested_at: Mapped[datetime]
    instructed_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    bank_reference: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")

    @property
    def amount(self) -> Money:
        """What is to be paid out, in full: interest is never kept back (Civil Code 670)."""
        return Money(self.amount_minor, self.currency)


class Repayment(Base):
    """Money received from the borrower, and what it paid: fees, then interest and penalty, then principal (Civil Code 561), unless agreed otherwise; or, once the debt was written off, the loss."""

    __tablename__ = "repayment"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), verbs=frozenset({"select", "insert"}))
    __table_args__ = (
        UniqueConstraint("deal_id", "reference"),
        CheckConstraint(
            "amount_minor > 0 and amount_minor = fees_minor + interest_minor + penalty_minor + principal_minor + recovered_minor + over_minor",
            name="allocated",
        ),
        CheckConstraint(
            "least(fees_minor, interest_minor, penalty_minor, principal_minor, recovered_minor, over_minor) >= 0",
            name="parts",
        ),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    reference: Mapped[str]
    amount_minor: Mapped[int]
    fees_minor: Mapped[int]
    interest_minor: Mapped[int]
    penalty_minor: Mapped[int] = mapped_column(default=0)
    principal_minor: Mapped[int]
    recovered_minor: Mapped[int] = mapped_column(default=0)
    over_minor: Mapped[int]
    currency: Mapped[str]
    received_at: Mapped[datetime]
    posting_id: Mapped[UUID]

    @property
    def amount(self) -> Money:
        """What was received."""
        return Money(self.amount_minor, self.currency)

    @property
    def interest(self) -> Money:
        """What of it paid interest."""
        return Money(self.interest_minor, self.currency)

    @property
    def principal(self) -> Money:
        """What of it paid principal."""
        return Money(self.principal_minor, self.currency)

    @property
    def recovered(self) -> Money:
        """What of it came back of a debt that was written off."""
        return Money(self.recovered_minor, self.currency)


ADDITIONS.append("""
create trigger drawdown_is_settled before update on house.drawdown for each row
  execute function house.only_these_change('status', 'instructed_at', 'confirmed_at', 'bank_reference', 'note');
create trigger drawdown_steps before update on house.drawdown for each row
  execute function house.borrower_steps('{status}', '{}');
""")
