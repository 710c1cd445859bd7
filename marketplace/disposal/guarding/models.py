"""The operator's published settings against mass sales, each version kept."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.disposal.rules.guarding import Guard
from tenants.database import Base
from tenants.policies import Access


class SaleGuard(Base):
    """One version of the settings, public to every firm. `tenant_id` is the operator that published it: other firms' rows count for nothing."""

    __tablename__ = "sale_guard"
    __access__ = Access(everyone=True, verbs=frozenset({"select", "insert"}))
    __table_args__ = (
        CheckConstraint("lots_max > 0 and days > 0 and sales_least > 0", name="counts"),
        CheckConstraint("fall_share > 0 and fall_share < 1 and unsold_share > 0 and unsold_share < 1", name="shares"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    lots_max: Mapped[int]
    days: Mapped[int]
    fall_share: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    unsold_share: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    sales_least: Mapped[int]
    lifted_until: Mapped[datetime | None]
    because: Mapped[str]
    approval_id: Mapped[UUID]
    set_at: Mapped[datetime]

    @property
    def guard(self) -> Guard:
        """As the rules take them."""
        return Guard(
            lots_max=self.lots_max,
            days=self.days,
            fall_share=self.fall_share,
            unsold_share=self.unsold_share,
            sales_least=self.sales_least,
            lifted_until=self.lifted_until,
        )
