"""Carrying a message to its webhook: at least once, later each time it fails, and given up where everybody can see it."""

from datetime import datetime
from uuid import UUID

from tenants.events import Happened, reacts_to
from tenants.webhooks import ports
from tenants.webhooks.carrying import host_of, owed, queue
from tenants.webhooks.facts import WebhookEnded, WebhookGaveUp
from tenants.webhooks.forms import Form
from tenants.webhooks.models import DEAD, SENT, Webhook, WebhookMessage
from tenants.webhooks.ports import Answer
from tenants.webhooks.trying import GONE, is_given_up, pause_after
from tenants.workspace import Workspace

MOST_TOLD = 30


@reacts_to(roles=set())
def carry_message(ws: Workspace, happened: Happened) -> None:
    """Try one message. The outcome is committed after the try: it may arrive twice, under one id, and is never lost silently."""
    message = owed(ws, UUID(happened.facts["message_id"]), happened.facts["turn"])
    if message is None:
        return
    webhook = ws.session.get_one(Webhook, (ws.tenant_id, message.webhook_id))
    if webhook.ended_at:
        message.state, message.due_at = DEAD, None
    elif webhook.resumes_at and ws.now < webhook.resumes_at:
        _wait(ws, webhook, message, webhook.resumes_at)
    else:
        _take(ws, webhook, message, _carried(ws, webhook, message))


def _carried(ws: Workspace, webhook: Webhook, message: WebhookMessage) -> Answer:
    secrets = [ports.secret_of(webhook.id, webhook.secret_version)] if webhook.form == Form.SIGNED else []
    if secrets and webhook.former_secret_until and ws.now < webhook.former_secret_until:
        secrets.append(ports.secret_of(webhook.id, webhook.secret_version - 1))
    return ports.carrier().carry(url=webhook.url, message_id=message.name, body=message.body.encode(), secrets=secrets)


def _take(ws: Workspace, webhook: Webhook, message: WebhookMessage, answer: Answer) -> None:
    tried = {"at": ws.now.isoformat(), "status": answer.status, "failure": answer.failure, "took_ms": answer.took_ms}
    message.tries = [*message.tries, tried][-MOST_TOLD:]
    if answer.arrived:
        message.state, message.sent_at, message.due_at = SENT, ws.now, None
        webhook.resumes_at, webhook.failures, webhook.failing_since, webhook.gave_up_at = None, 0, None, None
        return
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or ws.now
    if answer.status == GONE:
        message.state, message.due_at, webhook.ended_at = DEAD, None, ws.now
        ws.record(WebhookEnded(webhook_id=webhook.id, host=host_of(webhook)), on=ws.tenant_id)
        return
    webhook.resumes_at = ws.now + pause_after(webhook.failures, answer.status)
    _wait(ws, webhook, message, webhook.resumes_at)


def _wait(ws: Workspace, webhook: Webhook, message: WebhookMessage, until: datetime) -> None:
    if not is_given_up(message.owed_since, ws.now):
        queue(ws, message, until)
        return
    message.state, message.due_at = DEAD, None
    if webhook.gave_up_at is None:
        webhook.gave_up_at = ws.now
        ws.record(WebhookGaveUp(webhook_id=webhook.id, host=host_of(webhook)), on=ws.tenant_id)
