"""Margin calls: one at most stands on a deal."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.exact import half_up
from marketplace.financing.models.deals import PARTIES
from marketplace.money import Money
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles


class MarginCall(Base):
    """A call for more cover: the figures at its opening never change, its state does. One live call for a deal, by constraint."""

    __tablename__ = "margin_call"
    __access__ = Access(
        about="deal_id", read=PARTIES, add=roles("bank"), change=roles("borrower", "bank"), counted=True
    )
    __table_args__ = (
        Index(
            "uq_margin_call_live",
            "deal_id",
            unique=True,
            postgresql_where="status not in ('CURED', 'DEFAULTED', 'CANCELLED')",
        ),
        CheckConstraint("(closed_at is null) = (status not in ('CURED', 'DEFAULTED', 'CANCELLED'))", name="closed"),
        CheckConstraint("outstanding_minor > 0 and market_value_minor >= 0", name="figures"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    number: Mapped[int]
    status: Mapped[str]
    zone: Mapped[str]
    cause: Mapped[str]
    valuation_id: Mapped[UUID]
    outstanding_minor: Mapped[int]
    market_value_minor: Mapped[int]
    cash_minor: Mapped[int]
    goods_minor: Mapped[int]
    currency: Mapped[str]
    opened_at: Mapped[datetime]
    notified_at: Mapped[datetime | None]
    answer_by: Mapped[datetime]
    cure_by: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer_note: Mapped[str] = mapped_column(default="")
    expired_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    @property
    def outstanding(self) -> Money:
        """The debt when it was opened."""
        return Money(self.outstanding_minor, self.currency)

    @property
    def market_value(self) -> Money:
        """The goods' value when it was opened."""
        return Money(self.market_value_minor, self.currency)

    @property
    def ltv(self) -> Decimal | None:
        """The loan-to-value that opened it, to eight decimals; None where the goods were worth nothing."""
        return half_up(self.outstanding.ratio(self.market_value), 8) if self.market_value_minor else None

    @property
    def cash(self) -> Money:
        """Cash that would have cured it then."""
        return Money(self.cash_minor, self.currency)

    @property
    def goods(self) -> Money:
        """Goods of this value that would have cured it then."""
        return Money(self.goods_minor, self.currency)


ADDITIONS.append("""
create trigger margin_call_is_settled before update on house.margin_call for each row
  execute function house.only_these_change('status', 'notified_at', 'answer_by', 'cure_by', 'answered_at', 'answer_note', 'expired_at', 'escalated_at', 'closed_at');
create trigger margin_call_steps before update on house.margin_call for each row
  execute function house.borrower_steps('{status,answered_at,answer_note}', '{ACCEPTED,DISPUTED}');
""")
