"""What a firm does with its webhooks: register, replace the secret, try, send again, end."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from tenants.database import new_id
from tenants.errors import Conflict, Invalid
from tenants.events import KINDS
from tenants.webhooks import ports
from tenants.webhooks.addresses import checked_url
from tenants.webhooks.carrying import TEST, host_of, queue, write
from tenants.webhooks.facts import WebhookEnded, WebhookRegistered, WebhookSecretReplaced
from tenants.webhooks.forms import Form
from tenants.webhooks.models import DEAD, WAITING, Webhook, WebhookMessage
from tenants.webhooks.queries import find_message, find_webhook
from tenants.workspace import Workspace

MOST = 10
FORMER_SECRET = timedelta(hours=24)
LONGEST_PURPOSE = 100


def register_webhook(
    ws: Workspace, *, url: str, kinds: list[str], purpose: str = "", form: str = Form.SIGNED
) -> tuple[Webhook, str]:
    """Have notices of these kinds (none: all) carried to an https address of the firm's own. `form`: to a program, signed,
    or as a line to a chat. Returns it with its secret, which is shown once and which a chat has no use for.

    Refuses an address that may not be called, a kind that is no notice, and an eleventh webhook.
    """
    ws.may("manage_webhooks")
    parts = checked_url(url.strip(), ports.own_networks())
    _check(ws, kinds, purpose, form)
    webhook = Webhook(
        tenant_id=ws.tenant_id,
        id=new_id(),
        url=parts.geturl(),
        form=form,
        purpose=purpose.strip(),
        kinds=sorted(set(kinds)),
        secret_version=1,
        failures=0,
        maker=ws.member.name,
        created_at=ws.now,
    )
    secret = ports.secret_of(webhook.id, 1)
    ws.session.add(webhook)
    ws.record(WebhookRegistered(webhook_id=webhook.id, host=host_of(webhook)), on=ws.tenant_id)
    return webhook, secret


def _check(ws: Workspace, kinds: list[str], purpose: str, form: str) -> None:
    if form not in set(Form):
        raise Invalid("form_unknown", "There is no such form of webhook.", field="form")
    if any(kind not in KINDS or not KINDS[kind].tells for kind in kinds):
        raise Invalid("kind_unknown", "There is no notice of this kind.", field="kinds")
    if len(purpose.strip()) > LONGEST_PURPOSE:
        raise Invalid("purpose_long", "At most 100 characters, please.", field="purpose")
    standing = select(func.count()).select_from(Webhook)
    if (ws.session.scalar(standing.where(Webhook.tenant_id == ws.tenant_id, Webhook.ended_at.is_(None))) or 0) >= MOST:
        raise Conflict("webhooks_many", "A firm has at most ten webhooks: end one first.")


def replace_secret(ws: Workspace, webhook_id: UUID) -> str:
    """Make a new secret, shown once. For a day the former one signs as well, so that the receiver may change over at leisure."""
    ws.may("manage_webhooks")
    webhook = _standing(ws, webhook_id)
    if webhook.form != Form.SIGNED:
        raise Conflict("webhook_unsigned", "A chat knows its sender by the address: there is no secret to replace.")
    webhook.secret_version += 1
    webhook.former_secret_until = ws.now + FORMER_SECRET
    ws.record(WebhookSecretReplaced(webhook_id=webhook.id, host=host_of(webhook)), on=ws.tenant_id)
    return ports.secret_of(webhook.id, webhook.secret_version)


def send_test(ws: Workspace, webhook_id: UUID) -> WebhookMessage:
    """Send a test, by the same way as every notice; what became of it stands in the log. It waits for no pause."""
    ws.may("manage_webhooks")
    webhook = _standing(ws, webhook_id)
    webhook.resumes_at = None
    message = write(ws, webhook, TEST, {"says": "A test.", "by": ws.member.name})
    queue(ws, message, ws.now)
    return message


def send_again(ws: Workspace, webhook_id: UUID, message_id: UUID) -> WebhookMessage:
    """Send a message again, under the same id: one that was given up, or one that arrived and was lost at the other end."""
    ws.may("manage_webhooks")
    webhook = _standing(ws, webhook_id)
    message = find_message(ws, webhook_id, message_id)
    if message.state == WAITING and not message.tries:
        raise Conflict("message_waiting", "This message is on its way.")
    webhook.resumes_at = None
    _owe(ws, message)
    return message


def send_dead_again(ws: Workspace, webhook_id: UUID) -> int:
    """Send again all that was given up. Returns how many."""
    ws.may("manage_webhooks")
    webhook = _standing(ws, webhook_id)
    dead = select(WebhookMessage).where(WebhookMessage.tenant_id == ws.tenant_id, WebhookMessage.webhook_id == webhook_id, WebhookMessage.state == DEAD)  # fmt: skip
    found = list(ws.session.scalars(dead.order_by(WebhookMessage.created_at, WebhookMessage.id)))
    webhook.resumes_at = None
    for message in found:
        _owe(ws, message)
    return len(found)


def end_webhook(ws: Workspace, webhook_id: UUID) -> None:
    """Carry nothing there from now on; what waits is given up."""
    ws.may("manage_webhooks")
    webhook = _standing(ws, webhook_id)
    webhook.ended_at = ws.now
    ws.record(WebhookEnded(webhook_id=webhook.id, host=host_of(webhook)), on=ws.tenant_id)


def _owe(ws: Workspace, message: WebhookMessage) -> None:
    message.state, message.owed_since = WAITING, ws.now
    queue(ws, message, ws.now)


def _standing(ws: Workspace, webhook_id: UUID) -> Webhook:
    webhook = find_webhook(ws, webhook_id, lock=True)
    if webhook.ended_at:
        raise Conflict("webhook_ended", "This webhook has ended.")
    return webhook
