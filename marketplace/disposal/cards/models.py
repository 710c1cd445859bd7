"""Deposits by card, beside the ledger of deposits that they fill, and the provider's notices that were heard."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.money import Money
from tenants.database import SCHEMA, Base
from tenants.policies import ADDITIONS, Access, roles

ADDITIONS.append((Path(__file__).parent.parent / "sql" / "cards.sql").read_text())


class CardDeposit(Base):
    """One try of a bidder to have its deposit held on a card. Begun by the bidder, followed by the seller's side as the provider and the ledger say.

    It books nothing: that a deposit is held, returned, applied or forfeited stands in `DepositMove` alone. `checkout_id` is the provider's page,
    `payment_id` the payment that came of it. `because`: why a hold was refused. Amount in minor units.
    """

    __tablename__ = "card_deposit"
    __access__ = Access(about="registration_id", read=roles("seller"), change=roles("seller"), custodian=True)
    __table_args__ = (
        ForeignKeyConstraint(
            ["auction_id", "registration_id"],
            [f"{SCHEMA}.registration.auction_id", f"{SCHEMA}.registration.registration_id"],
        ),
        CheckConstraint(
            "status in ('OPENED', 'HELD', 'CAPTURED', 'RELEASED', 'REFUNDED', 'EXPIRED', 'REFUSED', 'LAPSED')",
            name="status",
        ),
        CheckConstraint("amount_minor > 0 and taken_minor between 0 and amount_minor", name="amounts"),
        Index(
            "uq_card_deposit_live",
            "auction_id",
            "registration_id",
            unique=True,
            postgresql_where="status in ('OPENED', 'HELD', 'CAPTURED')",
        ),
    )

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    registration_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    status: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    taken_minor: Mapped[int] = mapped_column(default=0)
    checkout_id: Mapped[str]
    url: Mapped[str]
    payment_id: Mapped[str | None]
    because: Mapped[str | None]
    opened_at: Mapped[datetime]
    lapses_at: Mapped[datetime | None]
    moved_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def key(self) -> str:
        """What this try is called with the provider."""
        return f"{self.registration_id}:{self.attempt}"
