"""A Stripe in this process: its Checkout, payments and refunds as far as holds need them, idempotent as Stripe is, its notices signed by its own rule.

It stands behind Stripe's own client as its wire, so that what is tested is what would be sent. What people do at the page (`pay`, `turn away`) and what
time does (`lapse`) is told to it; each change writes a notice, which the test delivers in whatever order and as often as it likes.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe

from integrations.stripe.cards import StripeCards
from marketplace.disposal.cards.ports import pay_by
from tests import cluster
from tests.factories import World

SECRETS = ("whsec_new", "whsec_old")
KEYS_KEPT = timedelta(hours=24)
START = int(cluster.START.timestamp())


@contextmanager
def a_fake_stripe(world: World) -> Iterator["FakeStripe"]:
    """Cards are taken by a fake; afterwards none are, and no deposit of this world asks for it any more."""
    fake = FakeStripe(world)
    pay_by(fake.provider())
    try:
        yield fake
    finally:
        pay_by(None)
        world.admin.execute(
            "update house.card_deposit set status = 'EXPIRED' where status in ('OPENED', 'HELD', 'CAPTURED')"
        )
        world.admin.execute(
            "update house.delivery set done_at = now() where subscriber like 'cards.%%' and done_at is null", ()
        )


class FakeStripe(stripe.HTTPClient):
    """See the module. `holds_for`: how long a card's bank holds an amount."""

    name = "fake"

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world, self._prefix = world, secrets.token_hex(6)
        self.pages: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.charges: dict[str, dict[str, Any]] = {}
        self.notices: list[dict[str, Any]] = []
        self.answered: dict[str, tuple[Any, Any]] = {}
        self.done: list[tuple[str, str]] = []
        self.answered_at: dict[str, datetime] = {}
        self.silent = False
        self.holds_for: timedelta | None = timedelta(days=7)
        self._ids = count(1)

    def provider(self) -> StripeCards:
        return StripeCards("sk_test_fake", public_url="https://bailee.example", wire=self)

    # What people and time do -----------------------------------------------------------------------------------------------------

    def pay(self, checkout_id: str, *, amount: int | None = None) -> None:
        """Somebody types a good card: the amount is held, or taken where the page takes at once."""
        page = self.pages[checkout_id]
        assert page["status"] == "open"
        asked = page["_intent_data"]
        total = page["amount_total"] if amount is None else amount
        intent = self._new_intent(page, total, asked)
        page |= {"status": "complete", "payment_intent": intent["id"], "payment_status": "unpaid", "url": None}
        self._tell("payment_intent.created", intent | {"status": "requires_payment_method"})
        if asked["capture_method"] == "automatic":
            self._capture(intent, total)
        else:
            self._tell("payment_intent.amount_capturable_updated", intent)
        self._tell("checkout.session.completed", page)

    def close_unpaid(self, checkout_id: str) -> None:
        """A day has passed."""
        self.pages[checkout_id] |= {"status": "expired", "url": None}
        self._tell("checkout.session.expired", self.pages[checkout_id])

    def lapse(self, payment_id: str) -> None:
        """The card's bank lets go."""
        self._cancel(self.intents[payment_id], "automatic")

    # What is told ------------------------------------------------------------------------------------------------------------------

    def signed(self, notice: dict[str, Any], at: float, secret: str = SECRETS[0]) -> tuple[bytes, str]:
        """A notice as it is sent: its bytes, and the header by Stripe's own rule."""
        body = json.dumps(notice, indent=2)
        return body.encode(), stripe.WebhookSignature.generate_signature_header(body, secret, int(at))

    # The wire ----------------------------------------------------------------------------------------------------------------------

    def request(
        self, method: str, url: str, headers: Any, post_data: Any = None, *, _usage: Any = None
    ) -> tuple[str, int, dict[str, str]]:
        if self.silent:
            raise stripe.APIConnectionError("nobody is there")
        told = unfolded(dict(parse_qsl(post_data or "")))
        place = urlsplit(url)
        key = {name.lower(): value for name, value in (headers or {}).items()}.get("idempotency-key")
        if method == "post":
            assert key, "whatever does something carries a key"
            assert len(key) <= 255
            asked = (method, place.path, told)
            if key in self.answered and self.world.now < self.answered_at[key] + KEYS_KEPT:
                before, answer = self.answered[key]
                if before != asked:
                    return self._failed(400, "idempotency_error", "same key, other request")
                return answer  # type: ignore[no-any-return]
            answer = self._do(place.path.removeprefix("/v1").strip("/").split("/"), told)
            self.answered[key], self.answered_at[key] = (asked, answer), self.world.now
            if answer[1] == 200:
                self.done.append((place.path, key))
            return answer
        return self._find(place.path.removeprefix("/v1/").split("/"), dict(parse_qsl(place.query)))

    def close(self) -> None:
        """Nothing is open."""

    def _find(self, path: list[str], asked: dict[str, str]) -> tuple[str, int, dict[str, str]]:
        [_, _, page_id] = path
        return self._ok(self._unfolded_page(self.pages[page_id]))

    def _do(self, path: list[str], told: dict[str, Any]) -> tuple[str, int, dict[str, str]]:
        match path:
            case ["checkout", "sessions"]:
                return self._ok(self._new_page(told))
            case ["checkout", "sessions", page_id, "expire"]:
                if self.pages[page_id]["status"] != "open":
                    return self._failed(400, "invalid_request_error", "not open")
                self.close_unpaid(page_id)
                return self._ok(self.pages[page_id])
            case ["payment_intents", intent_id, "capture"]:
                return self._capture(self.intents[intent_id], int(told["amount_to_capture"]))
            case ["payment_intents", intent_id, "cancel"]:
                if self.intents[intent_id]["status"] != "requires_capture":
                    return self._failed(400, "invalid_request_error", "cannot be canceled")
                self._cancel(self.intents[intent_id], "requested_by_customer")
                return self._ok(self.intents[intent_id])
            case ["refunds"]:
                charge = self.charges[self.intents[told["payment_intent"]]["latest_charge"]]
                charge["amount_refunded"] += int(told["amount"])
                self._tell("charge.refunded", charge)
                return self._ok({"object": "refund", "id": self._id("re"), "amount": int(told["amount"])})
        raise AssertionError(f"no such call: {path}")

    def _new_page(self, told: dict[str, Any]) -> dict[str, Any]:
        price = told["line_items"]["0"]["price_data"]
        assert told["mode"] == "payment"
        assert told["payment_intent_data"]["capture_method"] in ("manual", "automatic")
        page_id = self._id("cs_test")
        page = {
            "id": page_id, "object": "checkout.session", "status": "open", "payment_status": "unpaid", "mode": "payment", "currency": price["currency"],
            "amount_total": int(price["unit_amount"]), "payment_intent": None, "metadata": told["metadata"], "url": f"https://checkout.stripe.example/c/pay/{page_id}",
            "client_reference_id": told["client_reference_id"], "livemode": False, "_intent_data": told["payment_intent_data"],
        }  # fmt: skip
        self.pages[page_id] = page
        return page

    def _new_intent(self, page: dict[str, Any], total: int, asked: dict[str, Any]) -> dict[str, Any]:
        until = int((self.world.now + self.holds_for).timestamp()) if self.holds_for else None
        charge = {
            "id": self._id("ch"), "object": "charge", "amount": total, "amount_refunded": 0, "metadata": asked["metadata"],
            "payment_method_details": {"type": "card", "card": {"capture_before": until}},
        }  # fmt: skip
        intent = {
            "id": self._id("pi"), "object": "payment_intent", "status": "requires_capture", "amount": total, "amount_capturable": total, "amount_received": 0,
            "capture_method": asked["capture_method"], "currency": page["currency"], "metadata": asked["metadata"], "latest_charge": charge["id"], "livemode": False,
        }  # fmt: skip
        self.charges[charge["id"]], self.intents[intent["id"]] = charge, intent
        return intent

    def _capture(self, intent: dict[str, Any], amount: int) -> tuple[str, int, dict[str, str]]:
        if intent["status"] != "requires_capture" or amount > intent["amount_capturable"]:
            return self._failed(400, "invalid_request_error", "cannot be captured")
        intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
        self._tell("payment_intent.succeeded", intent)
        return self._ok(intent)

    def _cancel(self, intent: dict[str, Any], reason: str) -> None:
        intent |= {"status": "canceled", "amount_capturable": 0, "cancellation_reason": reason}
        self._tell("payment_intent.canceled", intent)

    def _unfolded_page(self, page: dict[str, Any]) -> dict[str, Any]:
        if page["payment_intent"] is None:
            return page
        intent = self.intents[page["payment_intent"]]
        return page | {"payment_intent": intent | {"latest_charge": self.charges[intent["latest_charge"]]}}

    def _tell(self, kind: str, about: dict[str, Any]) -> None:
        seen = {name: value for name, value in deepcopy(about).items() if not name.startswith("_")}
        self.notices.append(
            {"id": self._id("evt"), "object": "event", "type": kind, "created": START, "data": {"object": seen}}
        )

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{self._prefix}{next(self._ids):08d}"

    @staticmethod
    def _ok(what: dict[str, Any]) -> tuple[str, int, dict[str, str]]:
        seen = {name: value for name, value in what.items() if not name.startswith("_")}
        return json.dumps(seen), 200, {"request-id": "req_fake"}

    @staticmethod
    def _failed(status: int, kind: str, message: str) -> tuple[str, int, dict[str, str]]:
        return json.dumps({"error": {"type": kind, "message": message}}), status, {"request-id": "req_fake"}


def unfolded(flat: dict[str, str]) -> dict[str, Any]:
    """`a[b][c]=d` as Stripe reads a form."""
    made: dict[str, Any] = {}
    for name, value in flat.items():
        parts = name.replace("]", "").split("[")
        here = made
        for part in parts[:-1]:
            here = here.setdefault(part, {})
        here[parts[-1]] = value
    return made
