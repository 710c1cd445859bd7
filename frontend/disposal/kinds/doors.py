"""The way in for envelopes: in a transaction of its own, so that what was refused is in the book too, and then told.

A refusal that were raised inside would take its line in the book with it.
"""

from collections.abc import Callable
from uuid import NAMESPACE_OID, UUID, uuid5

from marketplace.disposal.answers import Answer
from tenants.errors import Invalid
from tenants.idempotency import LONGEST_KEY
from tenants.workspace import SessionKey, Workspace, enter


def in_the_book(token: str, key: str, act: Callable[[Workspace, UUID], Answer]) -> Answer:
    """Act once for the session of `token`, committed before it is answered. `key`: any text, the same for the same act. Raises SignedOut."""
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Invalid(
            "idempotency_key_wrong", "The idempotency key has to have 1 to 255 characters.", field="Idempotency-Key"
        )
    with enter(SessionKey(token)) as ws:
        return act(ws, uuid5(NAMESPACE_OID, key))


def bytes_of(text: str, field: str, code: str, because: str) -> bytes:
    """Hexadecimal digits as bytes; refuses anything else, naming the field."""
    try:
        return bytes.fromhex(text.strip())
    except ValueError as wrong:
        raise Invalid(code, because, field=field) from wrong
