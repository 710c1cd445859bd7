"""Who takes fees by card for the operator. Card data never passes here: people type it at the card service's own page, and a saved card is a name there."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from marketplace.billing.rules.cards import FeeSeen
from marketplace.billing.rules.payouts import Movement
from marketplace.billing.rules.settling import CardMoney
from marketplace.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeWish:
    """What is to be paid, and for which invoice. `key` is the same for the same wish, so that asking twice asks once."""

    key: str
    account_id: UUID
    invoice_id: UUID
    amount: Money
    number: str
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveWish:
    """A card is to be saved for a firm's consent."""

    key: str
    account_id: UUID
    mandate_id: UUID
    locale: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the card service: its id there, and its address."""

    checkout_id: str
    url: str


@dataclass(frozen=True, slots=True)
class FeeLook:
    """What the card service says of a payment now. `invoice_id`: for which invoice it says it is. `because`: why a card was declined, in the service's code."""

    seen: FeeSeen
    money: CardMoney
    payment_id: str | None
    invoice_id: UUID | None
    because: str | None = None


class Saving(StrEnum):
    AWAITED = "AWAITED"
    SAVED = "SAVED"
    GONE = "GONE"


@dataclass(frozen=True, slots=True)
class SavedCard:
    """A card as the card service knows it: whose, by which name, and what its owner recognises it by. Empty until it is saved."""

    saving: Saving
    mandate_id: UUID | None
    customer_id: str = ""
    method_id: str = ""
    brand: str = ""
    last4: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True)
class PaidOut:
    """A payout to the operator's bank."""

    id: str
    amount: Money
    arrived_on: date


class FeeProvider(Protocol):
    """Takes, saves and pays back. Each call that does something is made with a key under which the card service does it once.

    What cannot be asked or done now raises `Unavailable`.
    """

    name: str

    def open_page(self, wish: FeeWish) -> Page: ...

    def find_page(self, checkout_id: str, currency: str) -> FeeLook: ...

    def close_page(self, checkout_id: str, *, key: str) -> None: ...

    def open_saving(self, wish: SaveWish) -> Page: ...

    def find_saving(self, checkout_id: str) -> SavedCard: ...

    def forget(self, method_id: str, *, key: str) -> None: ...

    def collect(self, wish: FeeWish, *, customer_id: str, method_id: str) -> str:
        """Charge a saved card with nobody present, and give the payment's id; whether it was declined is seen when it is looked at."""

    def find_collected(self, key: str, currency: str) -> FeeLook | None:
        """The payment that was asked for under this key, however long ago; None where there is none, or none that can be found yet."""

    def find_payment(self, payment_id: str, currency: str) -> FeeLook: ...

    def refund(self, payment_id: str, amount: Money, *, key: str) -> None: ...

    def payouts(self, since: datetime) -> list[PaidOut]: ...

    def movements(self, payout_id: str, currency: str) -> list[Movement]: ...


_providers: list[FeeProvider] = []


def collect_by(provider: FeeProvider | None) -> None:
    """Choose the process's card service for fees; None where they are paid by transfer alone."""
    _providers[:] = [provider] if provider else []


def fee_provider() -> FeeProvider | None:
    """Who takes fees by card here, if anybody."""
    return _providers[0] if _providers else None
