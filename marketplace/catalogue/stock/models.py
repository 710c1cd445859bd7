"""Stock that its owner shows to banks, and what banks answer."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.money import Money
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

ADDITIONS.append((Path(__file__).parent / "sql" / "stock.sql").read_text())


class StockOffer(Base):
    """A lot that its owner offers to banks as security: how much it would borrow on it and for how long.

    Its id is that of its file on the shelf (`Listing`, kind STOCK), which banks alone may read. `until`: when it is taken off by itself.
    """

    __tablename__ = "stock_offer"
    __access__ = Access()
    __table_args__ = (
        Index("uq_stock_offer_open", "tenant_id", "lot_id", unique=True, postgresql_where="status = 'OPEN'"),
        CheckConstraint("status in ('OPEN', 'WITHDRAWN', 'EXPIRED', 'TAKEN')", name="status"),
        CheckConstraint("amount_minor > 0 and tenor_days > 0 and offered_at < until", name="sense"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    lot_id: Mapped[UUID]
    status: Mapped[str]
    title: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    tenor_days: Mapped[int]
    words: Mapped[str]
    offered_at: Mapped[datetime]
    until: Mapped[datetime]
    moved_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class StockInterest(Base):
    """A bank that would look at lending on what is offered: an invitation to ask it, and no commitment. The owner reads it, other banks do not.

    `annual_rate`: a yearly share of one, where the bank names one already.
    """

    __tablename__ = "stock_interest"
    __access__ = Access(about="offer_id", read=roles("owner"), counted=True)
    __table_args__ = (
        Index(None, "offer_id"),
        CheckConstraint("amount_minor > 0 and (annual_rate is null or annual_rate between 0 and 1)", name="sense"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    offer_id: Mapped[UUID] = mapped_column(primary_key=True)
    bank: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    annual_rate: Mapped[Decimal | None] = mapped_column(Numeric(12, 8))
    words: Mapped[str]
    shown_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
