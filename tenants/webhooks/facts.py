"""What happens to a firm's webhooks; on the firm's own stream."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class WebhookRegistered(Fact):
    """An administrator had the firm's notices carried to a program of its own."""

    says: ClassVar[str] = "Notices are carried to %(host)s from now on."
    link: ClassVar[str] = "/webhooks/{webhook_id}"
    webhook_id: UUID
    host: str


@dataclass(frozen=True, kw_only=True)
class WebhookSecretReplaced(Fact):
    """An administrator had a new secret made for a webhook; the former one signs too for a day."""

    says: ClassVar[str] = "The secret of the webhook to %(host)s was replaced."
    link: ClassVar[str] = "/webhooks/{webhook_id}"
    webhook_id: UUID
    host: str


@dataclass(frozen=True, kw_only=True)
class WebhookEnded(Fact):
    """Notices are no longer carried to this program: an administrator ended it, or its receiver said that it is gone."""

    says: ClassVar[str] = "Notices are no longer carried to %(host)s."
    tells: ClassVar[frozenset[str]] = frozenset({"actor"})
    link: ClassVar[str] = "/webhooks/{webhook_id}"
    webhook_id: UUID
    host: str


@dataclass(frozen=True, kw_only=True)
class WebhookGaveUp(Fact):
    """A notice could not be carried to a webhook for more than a day. It is kept, to be sent again; told once until something arrives there again."""

    says: ClassVar[str] = "A notice could not be carried to %(host)s for more than a day. It is kept to be sent again."
    tells: ClassVar[frozenset[str]] = frozenset({"actor"})
    link: ClassVar[str] = "/webhooks/{webhook_id}"
    webhook_id: UUID
    host: str
