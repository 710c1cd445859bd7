"""Contests: the owner of the goods says that an alarm about them is wrong, and the supervisor answers. Neither word is ever changed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.supervision.models.devices import VIEWERS
from tenants.database import Base
from tenants.policies import Access, roles

WRITTEN_ONCE = frozenset({"select", "insert"})


class AlarmContest(Base):
    """What the owner holds against an alarm, and by when an answer is due. It changes nothing about the alarm itself.

    `round`: 1 for the first time, one more after each answer that left the alarm standing.
    """

    __tablename__ = "alarm_contest"
    __access__ = Access(about="lot_id", read=VIEWERS, add=roles("owner"), verbs=WRITTEN_ONCE)
    __table_args__ = (
        UniqueConstraint("tenant_id", "alarm_id", "round"),
        CheckConstraint("answer_by > contested_at", name="time_to_answer"),
        Index(None, "alarm_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    alarm_id: Mapped[UUID]
    lot_id: Mapped[UUID]
    round: Mapped[int]
    because: Mapped[str]
    evidence: Mapped[list[str]]
    contested_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    by: Mapped[str]
    organisation: Mapped[str]


class ContestAnswer(Base):
    """The supervisor's answer: upheld, and the alarm was closed as no true one; or not, with the reason.

    `amends`: the alarm had its end already, which stays written as it is; from this entry on it counts as false.
    """

    __tablename__ = "contest_answer"
    __access__ = Access(about="lot_id", read=VIEWERS, add=roles("supervisor", "warehouse"), verbs=WRITTEN_ONCE)
    __table_args__ = (
        CheckConstraint("upheld or not amends", name="amends_upheld"),
        Index(None, "contest_id"),
        Index(None, "alarm_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    contest_id: Mapped[UUID] = mapped_column(primary_key=True)
    alarm_id: Mapped[UUID]
    lot_id: Mapped[UUID]
    upheld: Mapped[bool]
    amends: Mapped[bool]
    note: Mapped[str]
    evidence: Mapped[list[str]]
    answered_at: Mapped[datetime]
    by: Mapped[str]
    organisation: Mapped[str]
