"""Webhooks of a firm, and each message that is carried to one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.policies import Access

WAITING, SENT, DEAD = "WAITING", "SENT", "DEAD"


class Webhook(Base):
    """An address of a firm's own program that is told what the firm is told. Its secret is not here: it is grown from the installation's."""

    __tablename__ = "webhook"
    __access__ = Access()
    __table_args__ = (CheckConstraint("secret_version >= 1", name="secret_version"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str]
    form: Mapped[str]
    purpose: Mapped[str]
    kinds: Mapped[list[str]]
    secret_version: Mapped[int]
    former_secret_until: Mapped[datetime | None]
    maker: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    # While the receiver fails, nothing else is tried before this: a slow one costs the house one wait, not one for each message.
    resumes_at: Mapped[datetime | None]
    failures: Mapped[int]
    failing_since: Mapped[datetime | None]
    gave_up_at: Mapped[datetime | None]

    def wants(self, kind: str) -> bool:
        """Whether it is told of this kind; none chosen means all."""
        return self.ended_at is None and (not self.kinds or kind in self.kinds)


class WebhookMessage(Base):
    """One message to one webhook, what became of each try, and whether it is still owed."""

    __tablename__ = "webhook_message"
    __access__ = Access(custodian=True)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "webhook_id"], ["house.webhook.tenant_id", "house.webhook.id"]),
        CheckConstraint(f"state in ('{WAITING}', '{SENT}', '{DEAD}')", name="state"),
        Index(None, "tenant_id", "webhook_id", "created_at"),
        Index("ix_webhook_message_dead", "tenant_id", "webhook_id", postgresql_where=f"state = '{DEAD}'"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID]
    kind: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[datetime]
    state: Mapped[str]
    turns: Mapped[int]
    owed_since: Mapped[datetime]
    tries: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    due_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]

    @property
    def name(self) -> str:
        """Its `webhook-id`: the same in every try, so that a receiver knows a second copy."""
        return f"msg_{self.id.hex}"
