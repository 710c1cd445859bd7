"""Holds on cards by Stripe: its own Checkout page takes the card, so that no card data ever comes near us; the payment is captured by hand, or at once
for a sale that no hold outlasts.

Every call that does something carries an idempotency key of ours, so that a try again does it once. What Stripe says is read anew each time; its
notices only say when to look.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import stripe
import structlog
from stripe import HTTPClient, RequestsClient, StripeClient

from marketplace.disposal.cards.ports import Hold, HoldWish, Opened
from marketplace.disposal.rules.cards import Seen
from marketplace.money import Money, exponent_of
from tenants.errors import Conflict, Unavailable

log = structlog.get_logger()
ANSWER_SECONDS = 10.0


class StripeCards:
    """See `marketplace.disposal.cards.ports.PaymentProvider`."""

    name = "stripe"

    def __init__(self, key: str, *, public_url: str, wire: HTTPClient | None = None) -> None:
        self._client = client(key, wire)
        self._public_url = public_url

    def open_hold(self, wish: HoldWish) -> Opened:
        """A Checkout page that holds the amount and takes nothing, or takes it at once. It closes by itself after a day."""
        if exponent_of(wish.amount.currency) == 3 and wish.amount.minor % 10:
            raise Conflict("card_amount_wrong", "This deposit cannot be held on a card. Transfer it instead.")
        with asking():
            made = self._client.v1.checkout.sessions.create(self._page(wish), {"idempotency_key": wish.key})
        assert made.url, "an open page has an address"
        return Opened(made.id, made.url)

    def find_hold(self, checkout_id: str) -> Hold:
        """How the page and its payment stand."""
        with asking():
            page = self._client.v1.checkout.sessions.retrieve(checkout_id, {"expand": ["payment_intent.latest_charge"]})
        return hold_of(page.to_dict())

    def close_page(self, checkout_id: str, *, key: str) -> None:
        with asking():
            self._client.v1.checkout.sessions.expire(checkout_id, {}, {"idempotency_key": key})

    def capture(self, payment_id: str, amount: Money, *, key: str) -> None:
        with asking():
            self._client.v1.payment_intents.capture(
                payment_id, {"amount_to_capture": amount.minor}, {"idempotency_key": key}
            )

    def release(self, payment_id: str, *, key: str) -> None:
        with asking():
            self._client.v1.payment_intents.cancel(payment_id, {}, {"idempotency_key": key})

    def refund(self, payment_id: str, amount: Money, *, key: str) -> None:
        with asking():
            self._client.v1.refunds.create(
                {"payment_intent": payment_id, "amount": amount.minor}, {"idempotency_key": key}
            )

    def _page(self, wish: HoldWish) -> Any:
        back = f"{self._public_url}/auctions/{wish.auction_id}"
        ours = {"auction_id": str(wish.auction_id), "registration_id": str(wish.registration_id)}
        price = {
            "currency": wish.amount.currency.lower(),
            "unit_amount": wish.amount.minor,
            "product_data": {"name": f"{wish.number} {wish.title}"[:250]},
        }
        return {
            "mode": "payment",
            "payment_method_types": ["card"],
            "line_items": [{"quantity": 1, "price_data": price}],
            "payment_intent_data": {
                "capture_method": "automatic" if wish.takes else "manual",
                "description": wish.number,
                "metadata": ours,
            },
            "metadata": ours,
            "client_reference_id": str(wish.registration_id),
            "success_url": back,
            "cancel_url": back,
            "locale": "zh" if wish.locale.startswith("zh") else "en",
        }


def hold_of(page: dict[str, Any]) -> Hold:
    """A Checkout page, its payment unfolded in it, as a hold. Amounts in minor units, as Stripe counts them too."""
    currency = str(page["currency"]).upper()
    intent = page.get("payment_intent")
    if not isinstance(intent, dict):
        seen = Seen.GONE if page["status"] == "expired" else Seen.AWAITED
        return Hold(seen, Money(int(page["amount_total"] or 0), currency), Money.zero(currency), None, None)
    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, dict) else {}
    seen = _seen(page, intent, charge)
    held = intent["amount_capturable"] if seen is Seen.HELD else intent["amount"]
    until = ((charge.get("payment_method_details") or {}).get("card") or {}).get("capture_before")
    return Hold(
        seen,
        Money(int(held), currency),
        Money(int(intent["amount_received"]), currency),
        str(intent["id"]),
        datetime.fromtimestamp(until, UTC) if until else None,
    )


def _seen(page: dict[str, Any], intent: dict[str, Any], charge: dict[str, Any]) -> Seen:
    status = intent["status"]
    if status == "requires_capture":
        return Seen.HELD
    if status == "succeeded":
        back = int(charge.get("amount_refunded") or 0)
        return Seen.REFUNDED if back >= int(intent["amount_received"]) else Seen.CAPTURED
    return Seen.GONE if status == "canceled" or page["status"] == "expired" else Seen.AWAITED


def client(key: str, wire: HTTPClient | None) -> StripeClient:
    """Stripe's own client over its own wire, or over another one in tests."""
    return StripeClient(key, http_client=wire or RequestsClient(timeout=ANSWER_SECONDS), max_network_retries=1)


@contextmanager
def asking() -> Iterator[None]:
    """Silence and refusal both mean: not by card, for now. The log knows more than people need to."""
    try:
        yield
    except stripe.InvalidRequestError as refused:
        log.warning("stripe refused", code=refused.code, param=refused.param)
        raise Unavailable("card_provider_refused", "The card service does not take this. Pay by bank transfer instead.") from refused  # fmt: skip
    except stripe.StripeError as silent:
        log.warning("stripe failed", kind=type(silent).__name__, status=silent.http_status)
        raise Unavailable("card_provider_silent", "The card service does not answer now. Try again, or pay by bank transfer.") from silent  # fmt: skip
