"""A bank's proposal to take pledged goods over at their value, and what the pledgor says to it."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.disposal.costs import Costs
from marketplace.disposal.rules.appropriating import AppropriationState
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

ADDITIONS.append((Path(__file__).parent / "sql" / "appropriating.sql").read_text())


class Appropriation(Base):
    """Goods of a defaulted deal that its bank would take over (折价), for itself or for a buyer that it names. Between bank and pledgor.

    The terms stand as proposed; the pledgor says yes or no, the bank does the rest (a trigger sees to it, and to it that nothing is taken over without a yes).
    `value_minor`: at which; `valuation_minor` and `valued_at`: the valuation that it was held against. `costs`: what is paid from it before the bank.
    `lines`, `surplus_minor`, `deficiency_minor`: how the value would be shared out, as proposed; interest runs until the goods are taken over, and what was
    paid then is the distribution of the same id. `surplus_paid_at`: since when the pledgor has its surplus.
    """

    __tablename__ = "appropriation"
    __access__ = Access(
        about="deal_id", read=roles("borrower", "bank"), add=roles("bank"), change=roles("bank", "borrower")
    )
    __table_args__ = (
        CheckConstraint("status in ('PROPOSED', 'CONSENTED', 'DONE', 'DECLINED', 'LAPSED')", name="status"),
        CheckConstraint("value_minor >= valuation_minor and valuation_minor > 0", name="at_the_market"),
        CheckConstraint("surplus_minor >= 0 and deficiency_minor >= 0", name="difference"),
        CheckConstraint("proposed_at < answer_by and answer_by < take_by", name="times"),
        CheckConstraint("status not in ('CONSENTED', 'DONE', 'DECLINED') or answered_at is not null", name="answered"),
        CheckConstraint("(done_at is not null) = (status = 'DONE')", name="done"),
        CheckConstraint("surplus_paid_at is null or status = 'DONE'", name="surplus_paid"),
        CheckConstraint("(surplus_paid_at is null) = (surplus_reference is null)", name="surplus_whole"),
        Index(
            "uq_appropriation_open",
            "deal_id",
            "lot_id",
            unique=True,
            postgresql_where="status in ('PROPOSED', 'CONSENTED')",
        ),
        Index(None, "id"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    lot_id: Mapped[UUID]
    borrower_id: Mapped[UUID]
    status: Mapped[str]
    number: Mapped[str]
    title: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 3))
    unit: Mapped[str]
    currency: Mapped[str]
    value_minor: Mapped[int]
    valuation_minor: Mapped[int]
    valued_at: Mapped[datetime]
    costs: Mapped[dict[str, Any]] = mapped_column(JSONB)
    lines: Mapped[list[Any]] = mapped_column(JSONB)
    surplus_minor: Mapped[int]
    deficiency_minor: Mapped[int]
    buyer_id: Mapped[UUID]
    buyer: Mapped[str]
    approval_id: Mapped[UUID]
    proposed_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    take_by: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    done_at: Mapped[datetime | None]
    surplus_paid_at: Mapped[datetime | None]
    surplus_reference: Mapped[str | None]

    @property
    def state(self) -> AppropriationState:
        return AppropriationState(self.status)

    @property
    def goods(self) -> Quantity:
        return Quantity(self.quantity, self.unit)

    @property
    def value(self) -> Money:
        return Money(self.value_minor, self.currency)

    @property
    def valuation(self) -> Money:
        return Money(self.valuation_minor, self.currency)

    @property
    def surplus(self) -> Money:
        """What would be the pledgor's, as proposed."""
        return Money(self.surplus_minor, self.currency)

    @property
    def deficiency(self) -> Money:
        """What would stay owed, as proposed."""
        return Money(self.deficiency_minor, self.currency)

    @property
    def own_costs(self) -> Costs:
        """What is paid from the value before the bank."""
        return Costs.read(self.costs, self.currency)
