"""After the hammer: what was confirmed to the winner, a clerical slip that is cured, the runner-up's second chance, the defaulter's bar and its deposit."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.money import Money
from tenants.database import SCHEMA, Base
from tenants.policies import ADDITIONS, Access, roles

ADDED_ONCE = frozenset({"select", "insert"})
BOTH = roles("bidder", "seller")
ADDITIONS.append((Path(__file__).parent / "sql" / "settling.sql").read_text())


def _of_a_settlement() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["auction_id", "attempt"], [f"{SCHEMA}.settlement.auction_id", f"{SCHEMA}.settlement.attempt"]
    )


class Confirmation(Base):
    """The confirmation of sale (成交确认书) as it was made out with the hammer: between the seller and this buyer, never changed.

    `content`: canonical JSON, the original from which paper is printed in either language. `sha256`: of its UTF-8 bytes.
    """

    __tablename__ = "confirmation"
    __access__ = Access(about="registration_id", read=BOTH, add=roles("seller"), verbs=ADDED_ONCE)
    __table_args__ = (
        CheckConstraint("sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex')", name="hash"),
        _of_a_settlement(),
    )

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    registration_id: Mapped[UUID]
    content: Mapped[str]
    sha256: Mapped[str]
    made_at: Mapped[datetime]


class PaymentCure(Base):
    """A payment that left in time and is booked late by a clerical slip: said before the deadline, by the buyer or the seller, once.

    Until when it may be booked follows from the regime, not from this row.
    """

    __tablename__ = "payment_cure"
    __access__ = Access(about="registration_id", read=BOTH, add=BOTH, verbs=ADDED_ONCE)

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    registration_id: Mapped[UUID]
    by: Mapped[str]
    because: Mapped[str]
    reference: Mapped[str]
    asked_at: Mapped[datetime]


class SecondChance(Base):
    """The goods offered to the runner-up at its own last bid after the buyer before it defaulted. Offered by the seller with four eyes.

    The bidder answers, and changes nothing else (a trigger sees to it). `attempt` is that of the settlement that would follow.
    """

    __tablename__ = "second_chance"
    __access__ = Access(about="registration_id", read=BOTH, add=roles("seller"), change=roles("bidder"))
    __table_args__ = (
        CheckConstraint("status in ('OFFERED', 'ACCEPTED', 'TAKEN', 'DECLINED', 'LAPSED')", name="status"),
        CheckConstraint("price_minor > 0 and deposit_minor >= 0 and attempt > 1", name="amounts"),
        CheckConstraint("status not in ('ACCEPTED', 'DECLINED') or answered_at is not null", name="answered"),
    )

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    registration_id: Mapped[UUID]
    paddle: Mapped[int]
    status: Mapped[str]
    currency: Mapped[str]
    price_minor: Mapped[int]
    deposit_minor: Mapped[int]
    offered_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    deposit_by: Mapped[datetime | None]

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def deposit(self) -> Money:
        return Money(self.deposit_minor, self.currency)


class BidderBar(Base):
    """A buyer that did not pay: it bids for the same goods no more, and until `until_at` in no sale of the house.

    Sellers see it (`gate.bars`), the buyer sees its own and may appeal; the seller that barred it may lift it.
    """

    __tablename__ = "bidder_bar"
    __access__ = Access(about="registration_id", read=BOTH, add=roles("seller"), change=roles("bidder"), custodian=True)
    __table_args__ = (
        CheckConstraint("(appeal is null) = (appealed_at is null)", name="appealed"),
        CheckConstraint("(lifted_because is null) = (lifted_at is null)", name="lifted"),
        Index(None, "bidder_id"),
        _of_a_settlement(),
    )

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    registration_id: Mapped[UUID]
    bidder_id: Mapped[UUID]
    bidder: Mapped[str]
    title: Mapped[str]
    barred_at: Mapped[datetime]
    until_at: Mapped[datetime]
    appeal: Mapped[str | None]
    appealed_at: Mapped[datetime | None]
    lifted_because: Mapped[str | None]
    lifted_at: Mapped[datetime | None]


class ForfeitedEnvelope(Base):
    """The deposit of an envelope that stayed shut, once the goods are sold: all of it joined the proceeds of that sale. Made out once.

    `auction_id` is the sale in which it was handed in, `joined_id` the one whose proceeds it joined: the same, or a later one of the same goods.
    """

    __tablename__ = "forfeited_envelope"
    __access__ = Access(about="registration_id", read=BOTH, add=roles("seller"), verbs=ADDED_ONCE)
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount"),)

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    registration_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    joined_id: Mapped[UUID]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    made_at: Mapped[datetime]


class Forfeiture(Base):
    """Where a defaulter's deposit went once the goods were sold again: costs of the new sale, what it fetched less, the debt, or back. Made out once."""

    __tablename__ = "forfeiture"
    __access__ = Access(about="registration_id", read=BOTH, add=roles("seller"), verbs=ADDED_ONCE)
    __table_args__ = (
        CheckConstraint("costs_minor >= 0 and shortfall_minor >= 0 and debt_minor >= 0 and refund_minor >= 0", name="parts"),
        CheckConstraint("deposit_minor = costs_minor + shortfall_minor + debt_minor + refund_minor", name="conserved"),
        _of_a_settlement(),
    )  # fmt: skip

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    registration_id: Mapped[UUID]
    currency: Mapped[str]
    deposit_minor: Mapped[int]
    costs_minor: Mapped[int]
    shortfall_minor: Mapped[int]
    debt_minor: Mapped[int]
    refund_minor: Mapped[int]
    made_at: Mapped[datetime]

    def part(self, name: str) -> Money:
        """One of `deposit`, `costs`, `shortfall`, `debt`, `refund`."""
        return Money(getattr(self, f"{name}_minor"), self.currency)
