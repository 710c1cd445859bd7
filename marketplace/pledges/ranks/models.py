"""The first bank's consent to a second rank on goods that it holds: a room of three, so that neither bank sees the other's deal."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.money import Money
from marketplace.pledges.ranks import constraints
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

ADDITIONS.extend(constraints.STATEMENTS)


class RankConsent(Base):
    """The pledgor asks the bank of `first_deal_id` to let the bank of `second_deal_id` stand behind it on these goods (民法典 414, 415: 清偿顺序).

    What the three of them learn is in this row and nothing else is: which goods, who holds which rank, `cap` (the most that the first bank is paid
    before the second) and `most` (the most that the second secures); neither bank's debt, rate or lines. The pledgor's row; the second bank is let in
    with the consent. `in_force_at`: since when the second holds goods by it, while it does. `claim`: what the second bank declares once the first enforces.
    """

    __tablename__ = "rank_consent"
    __access__ = Access(about="id", read=roles("pledgor", "first", "second"), change=roles("first", "second"))
    __table_args__ = (
        CheckConstraint("status in ('ASKED', 'CONSENTED', 'REFUSED', 'WITHDRAWN', 'ENDED')", name="status"),
        CheckConstraint("cap_minor > 0 and most_minor > 0 and claim_minor between 0 and most_minor", name="amounts"),
        CheckConstraint("first_deal_id <> second_deal_id and first_bank_id <> second_bank_id", name="two_banks"),
        Index(None, "tenant_id", "first_deal_id"),
        Index(None, "second_deal_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    first_deal_id: Mapped[UUID]
    first_bank_id: Mapped[UUID]
    second_deal_id: Mapped[UUID]
    second_bank_id: Mapped[UUID]
    goods: Mapped[list[Any]] = mapped_column(JSONB)
    cap_minor: Mapped[int]
    most_minor: Mapped[int]
    claim_minor: Mapped[int | None]
    currency: Mapped[str]
    status: Mapped[str]
    because: Mapped[str]
    answer: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    in_force_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]

    @property
    def lot_ids(self) -> tuple[UUID, ...]:
        """The lots that it is about, in the order of their ids."""
        return tuple(sorted(UUID(one["lot_id"]) for one in self.goods))

    @property
    def cap(self) -> Money:
        """The most that the first bank is paid before the second."""
        return Money(self.cap_minor, self.currency)

    @property
    def most(self) -> Money:
        """The most that the second rank secures."""
        return Money(self.most_minor, self.currency)

    @property
    def claim(self) -> Money | None:
        """What the second bank declared to be owed to it, once it has."""
        return None if self.claim_minor is None else Money(self.claim_minor, self.currency)

    @property
    def claimed(self) -> Money:
        """What is kept for the second bank from the proceeds: its declared claim, or else the most that it secures."""
        return self.most if self.claim is None else self.claim
