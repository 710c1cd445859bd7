"""Questions about the goods and the seller's answers: read by all who registered, asked by nobody whom they can name."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import SCHEMA, Base
from tenants.policies import ADDITIONS, Access, roles

ADDITIONS.append((Path(__file__).parent / "sql" / "questions.sql").read_text())
FROZEN_BEFORE_CLOSE = timedelta(hours=24)


class Question(Base):
    """A question and its answer. It belongs to the seller and says nothing of who asked: not even the seller can tell.

    Asked through the gate alone; answered once, and only until the time at which questions are frozen.
    """

    __tablename__ = "question"
    __access__ = Access(about="auction_id", read=roles("buyer"), verbs=frozenset({"select", "update"}), custodian=True)
    __table_args__ = (
        CheckConstraint("(answer is null) = (answered_at is null)", name="answered"),
        CheckConstraint("length(words) between 5 and 1000 and length(answer) between 2 and 2000", name="words"),
    )

    auction_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.auction.auction_id"), primary_key=True)
    question_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    words: Mapped[str]
    asked_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]


class QuestionSlip(Base):
    """The asker's own counterfoil: which questions are its."""

    __tablename__ = "question_slip"
    __access__ = Access(verbs=frozenset({"select"}), custodian=True)

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    question_id: Mapped[UUID] = mapped_column(primary_key=True)
