"""The papers about a pledge: the tri-party agreement and its signatures, filings in the registry, reports of lost control, exchanges of goods.

All are rows of the deal's room. What was signed, filed or reported is never changed.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.money import Money
from marketplace.pledges.models import AMOUNT
from marketplace.quantity import Quantity
from tenants.database import Base
from tenants.policies import Access, roles

WRITTEN_ONCE = frozenset({"select", "insert"})
KEEPERS = roles("borrower", "bank", "warehouse", "supervisor")


class Agreement(Base):
    """The tri-party supervision agreement (三方监管协议) as the bank drew it up with four eyes: whether the pledge is static or floating above a control
    floor (最低控货线), who holds the keys, how often the supervisor reports, and the clauses that it has. A newer one takes the place of the older.
    """

    __tablename__ = "supervision_agreement"
    __access__ = Access(about="deal_id", read=KEEPERS, add=roles("bank"), verbs=WRITTEN_ONCE)
    __table_args__ = (CheckConstraint("(mode = 'FLOATING') = (floor is not null)", name="floor"),)

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    mode: Mapped[str]
    floor: Mapped[Decimal | None] = mapped_column(AMOUNT)
    floor_unit: Mapped[str | None]
    description: Mapped[str]
    keys_with: Mapped[str]
    report_days: Mapped[int]
    liability_cap_minor: Mapped[int]
    currency: Mapped[str]
    clauses: Mapped[list[Any]] = mapped_column(JSONB)
    drawn_up_by: Mapped[str]
    signed_by: Mapped[str]
    signed_at: Mapped[datetime]

    @property
    def control_floor(self) -> Quantity | None:
        """What must stay under control, in a floating pledge."""
        return None if self.floor is None or self.floor_unit is None else Quantity(self.floor, self.floor_unit)

    @property
    def liability_cap(self) -> Money:
        """The most that the supervisor answers for."""
        return Money(self.liability_cap_minor, self.currency)


class AgreementSignature(Base):
    """The borrower's or a supervisor's signature under an agreement."""

    __tablename__ = "agreement_signature"
    __access__ = Access(about="deal_id", read=KEEPERS, add=roles("borrower", "supervisor"), verbs=WRITTEN_ONCE)

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    signed_by: Mapped[str]
    signed_at: Mapped[datetime]


class Filing(Base):
    """An entry that the bank made in the notice-filing system (动产融资统一登记公示系统), by its certificate. `kind`: FilingKind."""

    __tablename__ = "registry_filing"
    __access__ = Access(about="deal_id", read=roles("borrower", "bank"), add=roles("bank"), verbs=WRITTEN_ONCE)
    __table_args__ = (CheckConstraint("certificate <> '' and secured_minor >= 0", name="complete"),)

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    kind: Mapped[str]
    certificate: Mapped[str]
    search_certificate: Mapped[str]
    secured_minor: Mapped[int]
    currency: Mapped[str]
    filed_on: Mapped[date]
    expires_on: Mapped[date | None]
    note: Mapped[str]
    filed_by: Mapped[str]

    @property
    def secured(self) -> Money:
        """The most that the pledge secures (最高债权额); nothing where none was named."""
        return Money(self.secured_minor, self.currency)


class ControlLoss(Base):
    """Somebody who watches the goods says that they are not under control any more. A newer control record ends it."""

    __tablename__ = "control_loss"
    __access__ = Access(about="deal_id", read=KEEPERS, add=roles("bank", "supervisor"), verbs=WRITTEN_ONCE)

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    because: Mapped[str]
    reported_by: Mapped[str]
    lost_at: Mapped[datetime]


class Substitution(Base):
    """The borrower's wish to exchange pledged goods (换货): these in first, those out then. `status`: SubstitutionState."""

    __tablename__ = "substitution"
    __access__ = Access(about="deal_id", read=KEEPERS, add=roles("borrower"), change=roles("bank"))
    __table_args__ = (CheckConstraint("coming > 0 and leaving > 0", name="quantities"), Index(None, "deal_id"))

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    status: Mapped[str]
    coming_lot_id: Mapped[UUID]
    coming_number: Mapped[str]
    coming: Mapped[Decimal] = mapped_column(AMOUNT)
    coming_unit: Mapped[str]
    leaving_lot_id: Mapped[UUID]
    leaving_number: Mapped[str]
    leaving: Mapped[Decimal] = mapped_column(AMOUNT)
    leaving_unit: Mapped[str]
    because: Mapped[str]
    answer: Mapped[str]
    asked_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    @property
    def comes(self) -> Quantity:
        """How much of the new goods comes under the pledge."""
        return Quantity(self.coming, self.coming_unit)

    @property
    def leaves(self) -> Quantity:
        """How much of the old goods leaves it."""
        return Quantity(self.leaving, self.leaving_unit)
