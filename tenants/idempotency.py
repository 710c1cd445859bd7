"""Idempotency keys: the same key and the same body get the same answer, whatever happened on the line (as Stripe's API does it).

An answer may hold a secret that is shown once (a token, a webhook's secret). So it is kept under the request's own key, which is kept nowhere: whoever
reads the table learns no answer, and whoever asks again with the key brings what opens it.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nacl.secret import SecretBox
from sqlalchemy import LargeBinary, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.errors import Conflict, Invalid
from tenants.policies import Access
from tenants.workspace import Workspace

LONGEST_KEY = 255


class AnsweredRequest(Base):
    """A POST that was answered: hashes of its key and of what it asked, and the answer under the key, written in the transaction of its effects."""

    __tablename__ = "answered_request"
    __access__ = Access(verbs=frozenset({"select", "insert", "update"}), custodian=True)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime]


@dataclass(frozen=True)
class Answer:
    """What was answered the first time."""

    status: int
    location: str | None
    content_type: str
    body: bytes

    def sealed(self, key: str) -> bytes:
        """The answer as it is kept under its request's key."""
        head = json.dumps([self.status, self.location, self.content_type]).encode()
        return bytes(_box(key).encrypt(head + b"\n" + self.body))

    @classmethod
    def opened(cls, sealed: bytes, key: str) -> "Answer":
        """The answer that `sealed` keeps."""
        head, _, body = _box(key).decrypt(sealed).partition(b"\n")
        status, location, content_type = json.loads(head)
        return cls(status, location, content_type, body)


def earlier_answer(ws: Workspace, key: str, request: bytes) -> Answer | None:
    """Claim `key` for this request, waiting for a twin that is under way; its answer where it was given before.

    Refuses a key that came with another request.
    """
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Invalid(
            "idempotency_key_wrong", "The idempotency key has to have 1 to 255 characters.", field="Idempotency-Key"
        )
    request_hash = hashlib.sha256(request).digest()
    claim = {"tenant_id": ws.tenant_id, "person_id": ws.person_id, "key_hash": _key_hash(key)}
    ws.session.execute(
        insert(AnsweredRequest).values(**claim, request_hash=request_hash, at=ws.now).on_conflict_do_nothing()
    )
    row = ws.session.scalars(select(AnsweredRequest).filter_by(**claim).with_for_update()).one()
    if row.request_hash != request_hash:
        raise Conflict(
            "idempotency_key_reused", "This idempotency key came with another request before.", field="Idempotency-Key"
        )
    return Answer.opened(row.answer, key) if row.answer else None


def keep_answer(ws: Workspace, key: str, answer: Answer) -> None:
    """Keep the answer beside its effects: both are committed, or neither."""
    row = ws.session.get_one(AnsweredRequest, (ws.tenant_id, ws.person_id, _key_hash(key)))
    row.answer = answer.sealed(key)


def _key_hash(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=32, person=b"bailee key").digest()


def _box(key: str) -> SecretBox:
    return SecretBox(hashlib.blake2b(key.encode(), digest_size=SecretBox.KEY_SIZE, person=b"bailee answer").digest())
