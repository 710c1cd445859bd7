"""The terms of a deal's borrowing base, as its bank set them with four eyes."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.money import Money
from marketplace.valuation.models import SHARE
from marketplace.valuation.rules.base import Limits, Reserve
from marketplace.valuation.rules.sub_limits import LimitedBy, SubLimit
from tenants.database import Base
from tenants.policies import Access, roles


class BaseTerms(Base):
    """What a bank asks beyond the haircut before goods count: caps, reserves, ages, and points for wrong-way risk.

    `cap`: the most that one kind of goods may be of all that is eligible. `wrong_way`: points added to the haircut where the price falls when the
    borrower does. `reserves`: [{why, minor}] and `sub_limits`: [{by, of, name, minor}] in the deal's currency.
    """

    __tablename__ = "base_terms"
    __access__ = Access(about="deal_id", read=roles("borrower", "bank"), add=roles("bank"))
    __table_args__ = (
        CheckConstraint("cap > 0 and cap <= 1 and wrong_way between 0 and 1", name="shares"),
        CheckConstraint("evidence_days_max > 0 and stock_days_max > 0", name="ages"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    cap: Mapped[Decimal] = mapped_column(SHARE)
    wrong_way: Mapped[Decimal] = mapped_column(SHARE)
    evidence_days_max: Mapped[int | None]
    stock_days_max: Mapped[int | None]
    reserves: Mapped[list[Any]] = mapped_column(JSONB)
    sub_limits: Mapped[list[Any]] = mapped_column(JSONB)
    currency: Mapped[str]
    set_at: Mapped[datetime]

    @property
    def limits(self) -> Limits:
        """How old inspections and goods may be."""
        return Limits(self.evidence_days_max, self.stock_days_max)

    @property
    def held_back(self) -> list[Reserve]:
        """The reserves as money."""
        return [Reserve(one["why"], Money(one["minor"], self.currency)) for one in self.reserves]

    @property
    def limited(self) -> list[SubLimit]:
        """The sub-limits as such."""
        return sub_limits_of(self.sub_limits, self.currency)


def sub_limits_of(kept: list[Any], currency: str) -> list[SubLimit]:
    """Sub-limits as they are kept, in the terms and beside each valuation."""
    return [SubLimit(LimitedBy(one["by"]), one["of"], one["name"], Money(one["minor"], currency)) for one in kept]
