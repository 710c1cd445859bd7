"""Idempotency keys: the same key and the same body get the same answer, whatever happened on the line (as Stripe's API does it)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.errors import Conflict, Invalid
from tenants.policies import Access
from tenants.workspace import Workspace

LONGEST_KEY = 255


class AnsweredRequest(Base):
    """A POST that was answered: its key, what it asked, and the answer, written in the transaction of its effects."""

    __tablename__ = "answered_request"
    __access__ = Access(verbs=frozenset({"select", "insert", "update"}), custodian=True)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    location: Mapped[str | None]
    content_type: Mapped[str | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime]


@dataclass(frozen=True)
class Answer:
    """What was answered the first time."""

    status: int
    location: str | None
    content_type: str
    body: bytes


def earlier_answer(ws: Workspace, key: str, request: bytes) -> Answer | None:
    """Claim `key` for this request, waiting for a twin that is under way; its answer where it was given before.

    Refuses a key that came with another request.
    """
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Invalid(
            "idempotency_key_wrong", "The idempotency key has to have 1 to 255 characters.", field="Idempotency-Key"
        )
    request_hash = hashlib.sha256(request).digest()
    claim = {"tenant_id": ws.tenant_id, "person_id": ws.person_id, "key": key}
    ws.session.execute(
        insert(AnsweredRequest).values(**claim, request_hash=request_hash, at=ws.now).on_conflict_do_nothing()
    )
    row = ws.session.scalars(select(AnsweredRequest).filter_by(**claim).with_for_update()).one()
    if row.request_hash != request_hash:
        raise Conflict(
            "idempotency_key_reused", "This idempotency key came with another request before.", field="Idempotency-Key"
        )
    if row.status is None:
        return None
    return Answer(row.status, row.location, row.content_type or "", row.body or b"")


def keep_answer(ws: Workspace, key: str, answer: Answer) -> None:
    """Keep the answer beside its effects: both are committed, or neither."""
    row = ws.session.get_one(AnsweredRequest, (ws.tenant_id, ws.person_id, key))
    row.status, row.location, row.content_type, row.body = (
        answer.status,
        answer.location,
        answer.content_type,
        answer.body,
    )
