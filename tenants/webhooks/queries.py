"""The firm's webhooks and their log."""

from uuid import UUID

from sqlalchemy import func, select

from tenants.errors import NotFound
from tenants.events import KINDS
from tenants.webhooks.models import DEAD, Webhook, WebhookMessage
from tenants.workspace import Workspace


def list_webhooks(ws: Workspace) -> list[Webhook]:
    """The firm's webhooks, ended ones last."""
    ws.may("manage_webhooks")
    mine = select(Webhook).where(Webhook.tenant_id == ws.tenant_id)
    return list(ws.session.scalars(mine.order_by(Webhook.ended_at.is_not(None), Webhook.created_at.desc()).limit(50)))


def find_webhook(ws: Workspace, webhook_id: UUID, *, lock: bool = False) -> Webhook:
    """One of the firm's own."""
    ws.may("manage_webhooks")
    webhook = ws.session.get(Webhook, (ws.tenant_id, webhook_id), with_for_update=lock or None)
    if webhook is None:
        raise NotFound("webhook_unknown", "There is no such webhook.")
    return webhook


def find_message(ws: Workspace, webhook_id: UUID, message_id: UUID) -> WebhookMessage:
    """One message of a webhook's log, for changing it."""
    message = ws.session.get(WebhookMessage, (ws.tenant_id, message_id), with_for_update=True)
    if message is None or message.webhook_id != webhook_id:
        raise NotFound("message_unknown", "There is no such message.")
    return message


def messages_of(ws: Workspace, webhook_id: UUID, *, state: str = "", limit: int = 100) -> list[WebhookMessage]:
    """A webhook's log, newest first; of one state only, where it is named. Messages are kept for thirty days."""
    wanted = select(WebhookMessage).where(
        WebhookMessage.tenant_id == ws.tenant_id, WebhookMessage.webhook_id == webhook_id
    )
    if state:
        wanted = wanted.where(WebhookMessage.state == state)
    newest = wanted.order_by(WebhookMessage.created_at.desc(), WebhookMessage.id.desc())
    return list(ws.session.scalars(newest.limit(limit)))


def counts_of(ws: Workspace, webhook_id: UUID) -> dict[str, int]:
    """How many messages wait, arrived and were given up."""
    grouped = select(WebhookMessage.state, func.count()).where(
        WebhookMessage.tenant_id == ws.tenant_id, WebhookMessage.webhook_id == webhook_id
    )
    return {row[0]: row[1] for row in ws.session.execute(grouped.group_by(WebhookMessage.state))}


def given_up(ws: Workspace) -> dict[UUID, int]:
    """How many messages each webhook has that nobody has sent again."""
    dead = select(WebhookMessage.webhook_id, func.count()).where(
        WebhookMessage.tenant_id == ws.tenant_id, WebhookMessage.state == DEAD
    )
    return {row[0]: row[1] for row in ws.session.execute(dead.group_by(WebhookMessage.webhook_id))}


def notices() -> dict[str, str]:
    """Every kind of notice there is, with what it says."""
    return {name: kind.says for name, kind in KINDS.items() if kind.tells}
