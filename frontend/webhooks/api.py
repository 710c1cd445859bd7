"""Calls about webhooks: every act of the screen."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, Nothing, Shape
from tenants.webhooks import actions, queries
from tenants.webhooks.forms import Form
from tenants.webhooks.models import Webhook, WebhookMessage
from tenants.workspace import Workspace

api = Api("webhooks")


class WebhookBody(Shape):
    """Where notices are carried, and which: kinds by name as `/webhooks/kinds` lists them; none means all."""

    url: Annotated[str, Field(min_length=1, max_length=2000, examples=["https://hooks.example.com/bailee"])]
    kinds: Annotated[list[Annotated[str, Field(max_length=100)]], Field(default_factory=list, max_length=500)]
    purpose: Annotated[str, Field(max_length=100)] = ""
    form: Form = Form.SIGNED


class WebhookView(Shape):
    """A webhook. Never its secret."""

    id: UUID
    url: str
    form: Form
    purpose: str
    kinds: list[str]
    maker: str
    created_at: Moment
    ended_at: Moment | None
    failing_since: Moment | None
    resumes_at: Moment | None
    former_secret_until: Moment | None


class WebhookPage(Shape):
    """The firm's webhooks."""

    items: list[WebhookView]


class NewWebhook(Shape):
    """A webhook and its secret, which is told only now."""

    webhook: WebhookView
    secret: str


class SecretView(Shape):
    """A new secret, told only now."""

    secret: str


class TryView(Shape):
    """One try of a message: the receiver's status, or why there is none."""

    at: Moment
    status: int | None
    failure: str | None
    took_ms: int


class MessageView(Shape):
    """A message as it is carried, and what became of it. `name` is its `webhook-id`."""

    id: UUID
    name: str
    kind: str
    body: str
    state: str
    created_at: Moment
    due_at: Moment | None
    sent_at: Moment | None
    tries: list[TryView]


class MessagePage(Shape):
    """A webhook's log, newest first."""

    items: list[MessageView]


class MessageQuery(Shape):
    """Of which state."""

    state: Literal["WAITING", "SENT", "DEAD"] | None = None


class Kind(Shape):
    """A kind of notice and what it says, with `%(name)s` places for its facts."""

    name: str
    says: str


class KindPage(Shape):
    """Every kind of notice there is."""

    items: list[Kind]


class Repeated(Shape):
    """How many messages are on their way again."""

    number: int


@api.look("/webhooks", gives=WebhookPage)
def list_webhooks(ws: Workspace) -> WebhookPage:
    """The firm's webhooks."""
    return WebhookPage(items=[_seen(one) for one in queries.list_webhooks(ws)])


@api.act("/webhooks", takes=WebhookBody, gives=NewWebhook, status=201)
def register_webhook(ws: Workspace, body: WebhookBody) -> NewWebhook:
    """Have notices carried to a program of the firm's own."""
    webhook, secret = actions.register_webhook(ws, url=body.url, kinds=body.kinds, purpose=body.purpose, form=body.form)
    return NewWebhook(webhook=_seen(webhook), secret=secret)


@api.look("/webhooks/kinds", gives=KindPage)
def list_kinds(ws: Workspace) -> KindPage:
    """The kinds of notice that a webhook may choose from."""
    return KindPage(items=[Kind(name=name, says=says) for name, says in sorted(queries.notices().items())])


@api.look("/webhooks/<uuid:webhook_id>", gives=WebhookView)
def show_webhook(ws: Workspace, webhook_id: UUID) -> WebhookView:
    """One webhook."""
    return _seen(queries.find_webhook(ws, webhook_id))


@api.act("/webhooks/<uuid:webhook_id>/secret", gives=SecretView)
def replace_secret(ws: Workspace, webhook_id: UUID, body: Nothing) -> SecretView:
    """Replace the secret; for a day the former one signs as well."""
    return SecretView(secret=actions.replace_secret(ws, webhook_id))


@api.act("/webhooks/<uuid:webhook_id>/tests", gives=MessageView, status=201)
def send_test(ws: Workspace, webhook_id: UUID, body: Nothing) -> MessageView:
    """Send a test."""
    return _message(actions.send_test(ws, webhook_id))


@api.look("/webhooks/<uuid:webhook_id>/messages", takes=MessageQuery, gives=MessagePage)
def list_messages(ws: Workspace, webhook_id: UUID, body: MessageQuery) -> MessagePage:
    """A webhook's log."""
    queries.find_webhook(ws, webhook_id)
    return MessagePage(items=[_message(one) for one in queries.messages_of(ws, webhook_id, state=body.state or "")])


@api.act("/webhooks/<uuid:webhook_id>/messages/<uuid:message_id>/repetition", gives=MessageView)
def send_again(ws: Workspace, webhook_id: UUID, message_id: UUID, body: Nothing) -> MessageView:
    """Send one message again, under the same id."""
    return _message(actions.send_again(ws, webhook_id, message_id))


@api.act("/webhooks/<uuid:webhook_id>/repetition", gives=Repeated)
def send_dead_again(ws: Workspace, webhook_id: UUID, body: Nothing) -> Repeated:
    """Send again all that was given up."""
    return Repeated(number=actions.send_dead_again(ws, webhook_id))


@api.act("/webhooks/<uuid:webhook_id>/end", gives=WebhookView)
def end_webhook(ws: Workspace, webhook_id: UUID, body: Nothing) -> WebhookView:
    """Carry nothing there from now on."""
    actions.end_webhook(ws, webhook_id)
    return _seen(queries.find_webhook(ws, webhook_id))


def _seen(webhook: Webhook) -> WebhookView:
    return WebhookView.model_validate(webhook)


def _message(message: WebhookMessage) -> MessageView:
    return MessageView.model_validate(message)
