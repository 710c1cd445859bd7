"""What carries a webhook's message outside, and what the house grows the secrets from; chosen where the house is put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from tenants.errors import Unavailable
from tenants.webhooks.addresses import Network
from tenants.webhooks.signing import grown_secret


@dataclass(frozen=True)
class Answer:
    """What a try came to: the receiver's status, or a word for why there is none. `took_ms` is shown in the log."""

    status: int | None
    failure: str | None
    took_ms: int

    @property
    def arrived(self) -> bool:
        """The receiver has it: any status of success."""
        return self.failure is None and self.status is not None and 200 <= self.status < 300


class Carrier(Protocol):
    """Carries one message, once: stamps it with the time of the world outside (receivers compare with their own clock), signs it, and never raises."""

    def carry(self, *, url: str, message_id: str, body: bytes, secrets: Sequence[str]) -> Answer:
        """Without secrets it speaks to a chat, which is not signed to, and which may refuse a line although it answers 200."""
        ...


class NoCarrier:
    """Where nothing may be carried outside: every try fails, visibly."""

    def carry(self, **_message: Any) -> Answer:
        return Answer(None, "no way outside", 0)


@dataclass
class _Chosen:
    carrier: Carrier
    installation: str
    own: tuple[Network, ...]
    public_url: str


_chosen = _Chosen(NoCarrier(), "", (), "")


def carry_by(carrier: Carrier, *, installation: str, own: tuple[Network, ...] = (), public_url: str = "") -> None:
    """Choose what carries, the installation's secret, the operator's own networks to which webhooks may go as well, and where people reach the house."""
    _chosen.carrier, _chosen.installation, _chosen.own, _chosen.public_url = carrier, installation, own, public_url


def carrier() -> Carrier:
    return _chosen.carrier


def own_networks() -> tuple[Network, ...]:
    return _chosen.own


def public_url() -> str:
    return _chosen.public_url


def secret_of(webhook_id: UUID, version: int) -> str:
    """The secret of this version. Refused where the installation has no secret of its own to grow it from."""
    if not _chosen.installation:
        raise Unavailable("webhooks_unavailable", "This installation has no secret of its own: webhooks cannot be signed.")  # fmt: skip
    return grown_secret(_chosen.installation, webhook_id, version)
