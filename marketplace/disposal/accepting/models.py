"""What follows the payment: the goods that wait for their buyer's yes, and the dispute about them."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.disposal.rules.accepting import FINAL, UNDONE, AcceptanceState
from marketplace.disposal.rules.accepting import due_at as silence_counts_at
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

ADDITIONS.append((Path(__file__).parent / "sql" / "accepting.sql").read_text())
STATES = ", ".join(f"'{state.value}'" for state in AcceptanceState)


class Acceptance(Base):
    """A purchase from its payment to the buyer's yes. Between the seller and this buyer.

    `collect_by`, `accept_by`: until when, by the published terms; the second once the goods were handed over. `reduction_minor`: by how much the price was
    reduced; `refund_minor`: what the buyer has back in all, with the premium on it, and `refunded_at` since when.
    """

    __tablename__ = "acceptance"
    __access__ = Access(
        about="registration_id",
        read=roles("bidder", "seller"),
        add=roles("seller"),
        change=roles("bidder"),
        custodian=True,
    )
    __table_args__ = (
        CheckConstraint(f"status in ({STATES})", name="status"),
        CheckConstraint("(handed_at is null) = (accept_by is null)", name="handed"),
        CheckConstraint("reduction_minor >= 0 and refund_minor >= reduction_minor", name="refund"),
        CheckConstraint("(refunded_at is null) = (refund_reference is null)", name="refunded"),
        CheckConstraint("refunded_at is null or refund_minor > 0", name="refund_owed"),
    )

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    registration_id: Mapped[UUID]
    status: Mapped[str]
    currency: Mapped[str]
    collect_by: Mapped[datetime]
    handed_at: Mapped[datetime | None]
    accept_by: Mapped[datetime | None]
    accepted_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    reduction_minor: Mapped[int] = mapped_column(server_default="0")
    refund_minor: Mapped[int] = mapped_column(server_default="0")
    refunded_at: Mapped[datetime | None]
    refund_reference: Mapped[str | None]

    @property
    def state(self) -> AcceptanceState:
        return AcceptanceState(self.status)

    @property
    def is_final(self) -> bool:
        """Whether the proceeds are free."""
        return self.state in FINAL

    @property
    def is_over(self) -> bool:
        """Whether what goes back to the buyer, if anything does, may be paid: the sale stands or is undone for good."""
        return self.is_final or self.state in UNDONE

    @property
    def due_at(self) -> datetime | None:
        """When silence counts as a yes."""
        return silence_counts_at(self.state, collect_by=self.collect_by, accept_by=self.accept_by)

    @property
    def reduction(self) -> Money:
        return Money(self.reduction_minor, self.currency)

    @property
    def refund(self) -> Money:
        return Money(self.refund_minor, self.currency)


class SaleDispute(Base):
    """What a buyer says is wrong with goods that it bought: its own room, with the seller and the goods' supervisor. Each says its part once.

    `found`: how much there is by the buyer's count; `finding_found` by the supervisor's. Evidence are papers in the room. `decision`: of two people of the seller.
    `settle_by`: until when both sides settle it between themselves; `mediation_from`: since when the operator mediates instead, and `proposal` what it proposes.
    `contested_minor` of `price_minor`: what is held of the price until it is decided; the rest is distributed.
    """

    __tablename__ = "sale_dispute"
    __access__ = Access(about="id", read=roles("buyer", "seller", "supervisor", "mediator"), change=roles("seller", "supervisor", "mediator"))  # fmt: skip
    __table_args__ = (
        CheckConstraint("ground in ('QUANTITY', 'GRADE', 'PASSPORT', 'NOT_DELIVERED')", name="ground"),
        CheckConstraint("decision in ('REJECT', 'REDUCE', 'RESCIND')", name="decision"),
        CheckConstraint("(answer is null) = (answered_at is null)", name="answered"),
        CheckConstraint("(finding is null) = (finding_at is null)", name="finding_whole"),
        CheckConstraint("(decision is null) = (decided_at is null) and (decision is null or answer is not null or mediation_from is not null)", name="decided"),
        CheckConstraint("settle_by > raised_at and mediation_from >= settle_by", name="mediation"),
        CheckConstraint("(proposal is null) = (proposal_at is null) and (proposal is null or mediation_from is not null)", name="proposal_whole"),
        CheckConstraint("found >= 0 and finding_found >= 0", name="found"),
        CheckConstraint("contested_minor between 1 and price_minor", name="contested"),
        CheckConstraint("reduction_minor <= contested_minor and (decision is distinct from 'RESCIND' or contested_minor = price_minor)", name="within"),
        UniqueConstraint("tenant_id", "auction_id", "attempt"),
        Index(None, "id"),
        Index(None, "auction_id"),
    )  # fmt: skip

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    auction_id: Mapped[UUID]
    attempt: Mapped[int]
    seller_id: Mapped[UUID]
    number: Mapped[str]
    title: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 3))
    unit: Mapped[str]
    currency: Mapped[str]
    ground: Mapped[str]
    words: Mapped[str]
    found: Mapped[Decimal | None] = mapped_column(Numeric(18, 3))
    price_minor: Mapped[int]
    contested_minor: Mapped[int]
    raised_by: Mapped[str]
    raised_at: Mapped[datetime]
    settle_by: Mapped[datetime]
    answer: Mapped[str | None]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    finding: Mapped[str | None]
    finding_found: Mapped[Decimal | None] = mapped_column(Numeric(18, 3))
    finding_by: Mapped[str | None]
    finding_at: Mapped[datetime | None]
    mediation_from: Mapped[datetime | None]
    proposal: Mapped[str | None]
    proposal_by: Mapped[str | None]
    proposal_at: Mapped[datetime | None]
    decision: Mapped[str | None]
    decided_because: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reduction_minor: Mapped[int] = mapped_column(server_default="0")

    @property
    def goods(self) -> Quantity:
        """What was sold."""
        return Quantity(self.quantity, self.unit)

    @property
    def contested(self) -> Money:
        """What the buyer wants back at most, and what is held."""
        return Money(self.contested_minor, self.currency)

    @property
    def undisputed(self) -> Money:
        """What of the price is not disputed."""
        return Money(self.price_minor - self.contested_minor, self.currency)

    @property
    def counted(self) -> Quantity | None:
        """How much there is, by the buyer."""
        return None if self.found is None else Quantity(self.found, self.unit)

    @property
    def found_by_supervisor(self) -> Quantity | None:
        return None if self.finding_found is None else Quantity(self.finding_found, self.unit)

    @property
    def reduction(self) -> Money:
        return Money(self.reduction_minor, self.currency)
