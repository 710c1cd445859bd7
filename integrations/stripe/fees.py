"""The platform's fees by Stripe: invoices paid and cards saved at its own Checkout page (strong authentication included), collected with nobody present,
refunded, disputed and paid out. No card data ever comes near us. What Stripe says is read anew each time; its notices only say when to look.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import stripe
from stripe import HTTPClient

from integrations.stripe.cards import asking, client
from marketplace.billing.collecting.ports import FeeLook, FeeWish, Page, PaidOut, SavedCard, SaveWish, Saving
from marketplace.billing.rules.cards import FeeSeen
from marketplace.billing.rules.payouts import Belongs, Movement
from marketplace.billing.rules.settling import CardMoney
from marketplace.money import Money

CHARGE = "latest_charge.balance_transaction"
# Of a dispute: drawn back for now, drawn back for good. Won, or a mere inquiry: nothing is drawn back.
UNDECIDED, LOST = ("needs_response", "under_review"), ("lost",)


class StripeFees:
    """See `marketplace.billing.collecting.ports.FeeProvider`."""

    name = "stripe"

    def __init__(self, key: str, *, public_url: str, wire: HTTPClient | None = None) -> None:
        self._client, self._public_url = client(key, wire), public_url

    def open_page(self, wish: FeeWish) -> Page:
        """A Checkout page that takes the amount. It closes by itself after a day."""
        price = {"currency": wish.amount.currency.lower(), "unit_amount": wish.amount.minor, "product_data": {"name": wish.number}}  # fmt: skip
        return self._open(
            f"/fees/invoices/{wish.invoice_id}",
            wish.locale,
            wish.key,
            mode="payment",
            line_items=[{"quantity": 1, "price_data": price}],
            payment_intent_data={"description": wish.number, "metadata": _ours(wish)},
            metadata=_ours(wish),
            client_reference_id=str(wish.invoice_id),
        )

    def find_page(self, checkout_id: str, currency: str) -> FeeLook:
        with asking():
            page = self._client.v1.checkout.sessions.retrieve(checkout_id, {"expand": [f"payment_intent.{CHARGE}"]}).to_dict()  # fmt: skip
        intent = page.get("payment_intent")
        if isinstance(intent, dict):
            return self._look(intent, currency, page_open=page["status"] == "open")
        seen = FeeSeen.GONE if page["status"] == "expired" else FeeSeen.AWAITED
        return FeeLook(seen, CardMoney.nothing(currency), None, _id(page, "fee_invoice_id"))

    def close_page(self, checkout_id: str, *, key: str) -> None:
        with asking():
            self._client.v1.checkout.sessions.expire(checkout_id, {}, {"idempotency_key": key})

    def open_saving(self, wish: SaveWish) -> Page:
        """A Checkout page that saves a card for later use with nobody present, and takes nothing."""
        ours = {"fee_account_id": str(wish.account_id), "fee_mandate_id": str(wish.mandate_id)}
        return self._open(
            "/fees",
            wish.locale,
            wish.key,
            mode="setup",
            customer_creation="always",
            setup_intent_data={"metadata": ours},
            metadata=ours,
            client_reference_id=str(wish.mandate_id),
        )

    def find_saving(self, checkout_id: str) -> SavedCard:
        with asking():
            page = self._client.v1.checkout.sessions.retrieve(checkout_id, {"expand": ["setup_intent.payment_method"]}).to_dict()  # fmt: skip
        return saved_of(page)

    def forget(self, method_id: str, *, key: str) -> None:
        with asking():
            self._client.v1.payment_methods.detach(method_id, {}, {"idempotency_key": key})

    def collect(self, wish: FeeWish, *, customer_id: str, method_id: str) -> str:
        asked: Any = {
            "amount": wish.amount.minor,
            "currency": wish.amount.currency.lower(),
            "customer": customer_id,
            "payment_method": method_id,
            "payment_method_types": ["card"],
            "off_session": True,
            "confirm": True,
            "description": wish.number,
            "metadata": _ours(wish) | {"fee_try": wish.key},
        }
        with asking():
            try:
                return str(self._client.v1.payment_intents.create(asked, {"idempotency_key": wish.key}).id)
            except stripe.CardError as declined:
                intent = declined.error.payment_intent if declined.error else None
                if intent is None:
                    raise
                return str(intent["id"])

    def find_collected(self, key: str, currency: str) -> FeeLook | None:
        """By the words that we gave the payment. Stripe's search is a minute behind as a rule, an hour at worst."""
        asked: Any = {"query": f"metadata['fee_try']:'{key}'", "expand": [f"data.{CHARGE}"], "limit": 1}
        with asking():
            found = [one.to_dict() for one in self._client.v1.payment_intents.search(asked).data]
        return self._look(found[0], currency, page_open=False) if found else None

    def find_payment(self, payment_id: str, currency: str) -> FeeLook:
        with asking():
            intent = self._client.v1.payment_intents.retrieve(payment_id, {"expand": [CHARGE]}).to_dict()
        return self._look(intent, currency, page_open=False)

    def refund(self, payment_id: str, amount: Money, *, key: str) -> None:
        with asking():
            self._client.v1.refunds.create({"payment_intent": payment_id, "amount": amount.minor}, {"idempotency_key": key})  # fmt: skip

    def payouts(self, since: datetime) -> list[PaidOut]:
        """What has reached the bank. Each is named once, whatever comes of it later."""
        asked: Any = {"status": "paid", "created": {"gte": int(since.timestamp())}, "limit": 100}
        with asking():
            return [paid_out_of(one.to_dict()) for one in self._client.v1.payouts.list(asked).auto_paging_iter()]

    def movements(self, payout_id: str, currency: str) -> list[Movement]:
        """What a payout is made of, each movement with whose it is: by the words that we gave its payment."""
        asked: Any = {"payout": payout_id, "expand": ["data.source"], "limit": 100}
        with asking():
            found = [one.to_dict() for one in self._client.v1.balance_transactions.list(asked).auto_paging_iter()]
            intents = {name for one in found if (name := payment_of(one))}
            words = {name: self._client.v1.payment_intents.retrieve(name).to_dict() for name in sorted(intents)}
        return [movement_of(one, words.get(payment_of(one) or ""), currency) for one in found if one["type"] != "payout"]  # fmt: skip

    def _open(self, back: str, locale: str, key: str, **page: Any) -> Page:
        ways: Any = {
            "payment_method_types": ["card"],
            "success_url": f"{self._public_url}{back}",
            "cancel_url": f"{self._public_url}{back}",
            "locale": "zh" if locale.startswith("zh") else "en",
        }
        with asking():
            made = self._client.v1.checkout.sessions.create(page | ways, {"idempotency_key": key})
        assert made.url, "an open page has an address"
        return Page(made.id, made.url)

    def _look(self, intent: dict[str, Any], currency: str, *, page_open: bool) -> FeeLook:
        charge = intent.get("latest_charge")
        disputes: list[dict[str, Any]] = []
        if isinstance(charge, dict) and charge.get("disputed"):
            with asking():
                found = self._client.v1.disputes.list({"payment_intent": intent["id"], "limit": 10})
            disputes = [one.to_dict() for one in found.data]
        return look_of(intent, disputes, currency, page_open=page_open)


def look_of(intent: dict[str, Any], disputes: list[dict[str, Any]], currency: str, *, page_open: bool) -> FeeLook:
    """A payment, its charge unfolded in it, and the disputes over it. A payment in another currency than asked for is none of ours."""
    ours = _id(intent, "fee_invoice_id") if str(intent["currency"]).upper() == currency else None
    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, dict) else {}
    because = (intent.get("last_payment_error") or {}) if intent["status"] == "requires_payment_method" else {}
    return FeeLook(
        _seen(intent, page_open),
        _money(intent, charge, disputes, currency),
        str(intent["id"]),
        ours,
        because.get("decline_code") or because.get("code"),
    )


def paid_out_of(payout: dict[str, Any]) -> PaidOut:
    """A payout; the day by the clock of its bank's country is Stripe's own, at midnight UTC."""
    arrived_on = datetime.fromtimestamp(payout["arrival_date"], UTC).date()
    return PaidOut(str(payout["id"]), Money(int(payout["amount"]), str(payout["currency"]).upper()), arrived_on)


def payment_of(moved: dict[str, Any]) -> str | None:
    """The payment behind a movement's charge, refund or dispute."""
    source = moved.get("source")
    return source.get("payment_intent") if isinstance(source, dict) else None


def movement_of(moved: dict[str, Any], intent: dict[str, Any] | None, currency: str) -> Movement:
    """One movement of a payout. `intent`: its payment, if it has one."""
    invoice_id = _id(intent or {}, "fee_invoice_id")
    deposit = _id(intent or {}, "registration_id")
    belongs = Belongs.FEE if invoice_id else Belongs.DEPOSIT if deposit else Belongs.NOBODY
    amount, kept = (Money(int(moved[name]), currency) for name in ("amount", "fee"))
    return Movement(str(moved["id"]), str(moved["type"]), amount, kept, payment_of(moved), invoice_id, belongs)


def saved_of(page: dict[str, Any]) -> SavedCard:
    """A Checkout page that saves a card, its set-up and card unfolded in it."""
    ours = _id(page, "fee_mandate_id")
    setup = page.get("setup_intent")
    if not isinstance(setup, dict) or setup.get("status") != "succeeded":
        return SavedCard(Saving.GONE if page["status"] == "expired" else Saving.AWAITED, ours)
    method, customer = setup["payment_method"], page.get("customer") or setup.get("customer")
    card = method.get("card") or {}
    expires = f"{card['exp_year']}-{card['exp_month']:02d}" if card else ""
    return SavedCard(Saving.SAVED, ours, str(customer), str(method["id"]), card.get("brand", ""), card.get("last4", ""), expires)  # fmt: skip


def _seen(intent: dict[str, Any], page_open: bool) -> FeeSeen:
    status = intent["status"]
    if status == "succeeded":
        return FeeSeen.TAKEN
    if status == "canceled":
        return FeeSeen.GONE
    failed = status in ("requires_payment_method", "requires_action") and not page_open
    return FeeSeen.DECLINED if failed else FeeSeen.AWAITED


def _money(intent: dict[str, Any], charge: dict[str, Any], disputes: list[dict[str, Any]], currency: str) -> CardMoney:
    """What came, went back, is disputed and was kept. Costs in another currency than the invoice's stand in the payouts alone."""
    own = charge.get("balance_transaction")
    moved: list[dict[str, Any]] = [own] if isinstance(own, dict) else []
    moved += [one for dispute in disputes for one in dispute.get("balance_transactions") or []]
    costs = sum(int(one["fee"]) for one in moved if str(one["currency"]).upper() == currency)
    drawn = {states: sum(int(one["amount"]) for one in disputes if one["status"] in states) for states in (UNDECIDED, LOST)}  # fmt: skip
    sums = (int(intent.get("amount_received") or 0), int(charge.get("amount_refunded") or 0), drawn[UNDECIDED], drawn[LOST], costs)  # fmt: skip
    return CardMoney(*(Money(minor, currency) for minor in sums))


def _ours(wish: FeeWish) -> dict[str, str]:
    return {"fee_account_id": str(wish.account_id), "fee_invoice_id": str(wish.invoice_id)}


def _id(told: dict[str, Any], name: str) -> UUID | None:
    try:
        return UUID((told.get("metadata") or {})[name])
    except (KeyError, ValueError, TypeError):
        return None
