"""Messages on their way: written with the notice, in its transaction, and carried by the outbox like everything else that is owed."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select

from tenants.database import new_id
from tenants.webhooks import ports
from tenants.webhooks.forms import Form, line
from tenants.webhooks.models import WAITING, Webhook, WebhookMessage
from tenants.workspace import Workspace

TEST = "WebhookTest"


def tell_webhooks(ws: Workspace, kind: str, told: dict[str, Any], facts: dict[str, Any]) -> None:
    """Write what the firm was told for each of its webhooks that wants it. A webhook is not told of itself: its own failure would go round for ever."""
    standing = select(Webhook).where(Webhook.tenant_id == ws.tenant_id, Webhook.ended_at.is_(None))
    for webhook in ws.session.scalars(standing.order_by(Webhook.id)):
        if webhook.wants(kind) and facts.get("webhook_id") != str(webhook.id):
            queue(ws, write(ws, webhook, kind, told | {"facts": facts}), ws.now)


def write(ws: Workspace, webhook: Webhook, kind: str, content: dict[str, Any]) -> WebhookMessage:
    """One message: its kind, when, and what is told. The very characters are kept, so that each try carries the same."""
    message = WebhookMessage(
        tenant_id=ws.tenant_id,
        id=new_id(),
        webhook_id=webhook.id,
        kind=kind,
        body=_body(ws, webhook, kind, content),
        created_at=ws.now,
        state=WAITING,
        turns=0,
        owed_since=ws.now,
        tries=[],
    )
    ws.session.add(message)
    return message


def _body(ws: Workspace, webhook: Webhook, kind: str, content: dict[str, Any]) -> str:
    if webhook.form != Form.SIGNED:
        return line(Form(webhook.form), content["says"], f"{ports.public_url()}{content.get('link', '')}")
    told = {"type": kind, "timestamp": ws.now.isoformat(), "data": content}
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def queue(ws: Workspace, message: WebhookMessage, due: datetime) -> None:
    """Owe a try at `due`. Each turn is a timer of its own, so that a repeated one is never taken for one that is done."""
    message.turns += 1
    message.due_at = due
    key = f"{message.id}:{message.turns}"
    ws.set_timer("webhooks.carry_message", key=key, due=due, stream_id=ws.tenant_id, message_id=str(message.id), turn=message.turns)  # fmt: skip


def host_of(webhook: Webhook) -> str:
    """The host alone: an address may hold something that only administrators should read."""
    return urlsplit(webhook.url).hostname or ""


def owed(ws: Workspace, message_id: UUID, turn: int) -> WebhookMessage | None:
    """The message, locked, where this turn is still the one that counts."""
    message = ws.session.get(WebhookMessage, (ws.tenant_id, message_id), with_for_update=True)
    return message if message is not None and message.state == WAITING and message.turns == turn else None
