"""What became of messages that the outbox carries, and having one tried anew that failed: the outbox itself gives up after twelve times (some hours)."""

from collections.abc import Iterable

from sqlalchemy import select, text

from tenants.events import Delivery
from tenants.workspace import Workspace

TRY_AGAIN = text("select gate.try_again(:subscriber, :key)")


def failed_among(ws: Workspace, subscriber: str, keys: Iterable[str]) -> set[str]:
    """Those of one's own messages, by their keys, that were tried and did not go out yet. Why they failed is the operator's to know."""
    failed = (Delivery.done_at.is_(None)) & (Delivery.attempts > 0)
    mine = select(Delivery.timer_key).where(
        Delivery.tenant_id == ws.tenant_id, Delivery.subscriber == subscriber, failed
    )
    return {key for key in ws.session.scalars(mine.where(Delivery.timer_key.in_(list(keys)))) if key}


def try_again(ws: Workspace, subscriber: str, key: str) -> bool:
    """Have a message that failed tried anew, from now on. False where it has not failed: it is on its way."""
    ws.session.flush()
    return bool(ws.session.scalar(TRY_AGAIN, {"subscriber": subscriber, "key": key}))
