"""What the card service paid out to the operator's bank, movement by movement. The operator's alone."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.billing.models import ONCE
from marketplace.billing.rules.payouts import Reconciled
from marketplace.money import Money
from tenants.database import Base
from tenants.policies import Access


class FeePayout(Base):
    """One payout, taken apart as `rules.payouts.Reconciled` says; what of it is fees is posted in the book."""

    __tablename__ = "fee_payout"
    __access__ = Access(verbs=ONCE)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str]
    amount_minor: Mapped[int]
    arrived_on: Mapped[date]
    fees_minor: Mapped[int]
    deposits_minor: Mapped[int]
    nobodys_minor: Mapped[int]
    unexplained_minor: Mapped[int]
    strangers: Mapped[int]
    read_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def parts(self) -> Reconciled:
        sums = (self.fees_minor, self.deposits_minor, self.nobodys_minor, self.unexplained_minor)
        fees, deposits, nobodys, unexplained = (Money(minor, self.currency) for minor in sums)
        return Reconciled(fees, deposits, nobodys, unexplained, self.strangers)


class FeePayoutLine(Base):
    """One movement of a payout, as `rules.payouts.Movement` says."""

    __tablename__ = "fee_payout_line"
    __access__ = Access(verbs=ONCE)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "payout_id"], ["house.fee_payout.tenant_id", "house.fee_payout.id"]),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    payout_id: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    belongs: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    kept_minor: Mapped[int]
    payment_id: Mapped[str | None]
    invoice_id: Mapped[UUID | None]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def kept(self) -> Money:
        return Money(self.kept_minor, self.currency)
