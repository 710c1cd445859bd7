"""A person's own phone and the text messages that were sent to it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.policies import Access


class MemberPhone(Base):
    """The number at which a member wants to be told of some notices. It counts once its holder has typed the code that was sent there."""

    __tablename__ = "member_phone"
    __access__ = Access()
    __table_args__ = (CheckConstraint("verified_at is null or number is not null", name="verified"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str | None]
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime | None]
    tries: Mapped[int]
    verified_at: Mapped[datetime | None]
    kinds: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))  # none: nothing chosen yet


class TextMessage(Base):
    """One text message to one member. `kind`: of which notice, or none for a code."""

    __tablename__ = "text_message"
    __access__ = Access(custodian=True)
    __table_args__ = (Index(None, "tenant_id", "person_id", "created_at"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    number: Mapped[str]
    kind: Mapped[str | None]
    text: Mapped[str]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
