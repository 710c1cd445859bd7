"""Who holds money on cards for us. Card data never passes here: people type it at the provider's own page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from marketplace.disposal.rules.cards import Seen
from marketplace.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldWish:
    """What is to be held; `takes`: taken at once, where no hold lasts as long. `key` is the same for the same wish, so that asking twice opens one page."""

    key: str
    auction_id: UUID
    registration_id: UUID
    amount: Money
    number: str
    title: str
    locale: str
    takes: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A page of the provider where somebody pays by card: its id there, and its address."""

    checkout_id: str
    url: str


@dataclass(frozen=True, slots=True)
class Hold:
    """What the provider says now: what was asked for or is held, what was taken, under which payment, until when the hold lasts."""

    seen: Seen
    amount: Money
    taken: Money
    payment_id: str | None
    lapses_at: datetime | None


class PaymentProvider(Protocol):
    """Holds, takes and returns money on cards. Each call is made with a key under which the provider does it once.

    What cannot be asked or done now raises `Unavailable`.
    """

    name: str

    def open_hold(self, wish: HoldWish) -> Opened: ...

    def find_hold(self, checkout_id: str) -> Hold: ...

    def close_page(self, checkout_id: str, *, key: str) -> None: ...

    def capture(self, payment_id: str, amount: Money, *, key: str) -> None: ...

    def release(self, payment_id: str, *, key: str) -> None: ...

    def refund(self, payment_id: str, amount: Money, *, key: str) -> None: ...


_providers: list[PaymentProvider] = []


def pay_by(provider: PaymentProvider | None) -> None:
    """Choose the process's provider; None where deposits come by bank transfer alone."""
    _providers[:] = [provider] if provider else []


def payment_provider() -> PaymentProvider | None:
    """Who takes cards here, if anybody."""
    return _providers[0] if _providers else None
