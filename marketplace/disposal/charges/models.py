"""What comes on top of the price: published by the seller before the opening, once."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.disposal.rules.charges import Charges
from marketplace.money import Money
from tenants.database import SCHEMA, Base
from tenants.policies import ADDITIONS, Access

ADDITIONS.append((Path(__file__).parent / "sql" / "charges.sql").read_text())


class SaleCharges(Base):
    """The charges of one sale, public like its terms. They stand still once bidding is open (a trigger sees to it). Money in minor units."""

    __tablename__ = "sale_charges"
    __access__ = Access(everyone=True, verbs=frozenset({"select", "insert"}))
    __table_args__ = (
        CheckConstraint("premium_share between 0 and 0.05 and tax_share between 0 and 0.3 and vat_rate between 0 and 0.3", name="shares"),
        CheckConstraint("handling_minor >= 0 and storage_day_minor >= 0 and free_days >= 0", name="amounts"),
    )  # fmt: skip

    auction_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.auction.auction_id"), primary_key=True)
    tenant_id: Mapped[UUID]
    currency: Mapped[str]
    premium_share: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    tax_share: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    vat_rate: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    handling_minor: Mapped[int]
    storage_day_minor: Mapped[int]
    free_days: Mapped[int]
    published_at: Mapped[datetime]

    @property
    def charges(self) -> Charges:
        """As the rules take them."""
        handling, storage = Money(self.handling_minor, self.currency), Money(self.storage_day_minor, self.currency)
        return Charges(self.premium_share, self.tax_share, self.vat_rate, handling, storage, self.free_days)
