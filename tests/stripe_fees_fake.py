"""The fake Stripe where it takes fees: pages that take or save a card, payments with nobody present, refunds, disputes, balance and payouts.

The same server as the deposits': both may be asked of it at once, as of the one account that an installation has.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from integrations.stripe.fees import StripeFees
from marketplace.billing.collecting.ports import collect_by
from marketplace.disposal.cards.ports import pay_by
from tests.factories import World
from tests.stripe_fake import START, FakeStripe

Answer = tuple[str, int, dict[str, str]]
SEARCH_BEHIND = timedelta(hours=1)  # at worst, as Stripe says of it


@contextmanager
def a_fake_fee_stripe(world: World) -> Iterator["FakeFeeStripe"]:
    """Cards are taken for fees and deposits by a fake; afterwards none are."""
    fake = FakeFeeStripe(world)
    pay_by(fake.provider())
    collect_by(fake.collector())
    try:
        yield fake
    finally:
        pay_by(None)
        collect_by(None)
        world.admin.execute("update house.delivery set done_at = now() where subscriber like 'collecting.%%' and done_at is null", ())  # fmt: skip


def kept_of(amount: int) -> int:
    """What Stripe keeps of a payment: 2.9 per cent and two yuan."""
    return amount * 29 // 1000 + 200


class WorkerDied(BaseException):
    """Whoever asked is not there any more, and its transaction neither."""


class FakeFeeStripe(FakeStripe):
    """See the module. `declines`: by which code saved cards are declined from now on, if they are. `dies`: whoever charges a saved card dies BEFORE Stripe
    hears of it, or AFTER Stripe has done it and before anybody is told.
    """

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.methods: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.balance: dict[str, dict[str, Any]] = {}
        self.payouts: dict[str, dict[str, Any]] = {}
        self.declines: str | None = None
        self.dies: str | None = None
        self.made_at: dict[str, datetime] = {}

    def collector(self) -> StripeFees:
        return StripeFees("sk_test_fake", public_url="https://bailee.example", wire=self)

    # What people, banks and time do ------------------------------------------------------------------------------------------------

    def pay(self, checkout_id: str, *, amount: int | None = None) -> None:
        """Somebody types a good card: of a fee the amount is taken."""
        page = self.pages[checkout_id]
        if "_fee" not in page:
            super().pay(checkout_id, amount=amount)
            return
        assert page["status"] == "open"
        intent = self._taken(page["amount_total"] if amount is None else amount, page["currency"], page["metadata"])
        page |= {"status": "complete", "payment_intent": intent["id"], "payment_status": "paid", "url": None}
        self._tell("payment_intent.succeeded", intent)
        self._tell("checkout.session.completed", page)

    def save(self, checkout_id: str) -> str:
        """Somebody types a good card to be saved."""
        page, method_id, customer = self.pages[checkout_id], self._id("pm"), self._id("cus")
        card = {"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2031}
        self.methods[method_id] = {"id": method_id, "object": "payment_method", "type": "card", "card": card, "customer": customer}  # fmt: skip
        setup = {"id": self._id("seti"), "object": "setup_intent", "status": "succeeded", "metadata": page["metadata"], "payment_method": self.methods[method_id]}  # fmt: skip
        page |= {"status": "complete", "setup_intent": setup, "customer": customer, "url": None}
        self._tell("setup_intent.succeeded", setup)
        self._tell("checkout.session.completed", page)
        return method_id

    def give_back(self, payment_id: str, amount: int) -> None:
        """Somebody at Stripe's own desk refunds a part."""
        self._refund(payment_id, amount)

    def dispute(self, payment_id: str, *, amount: int | None = None) -> str:
        """The cardholder's bank draws a payment back, and Stripe keeps a fee for it."""
        charge = self.charges[self.intents[payment_id]["latest_charge"]]
        drawn = charge["amount"] if amount is None else amount
        moved = self._move("adjustment", -drawn, 1500, charge["id"], charge["currency"])
        dispute = {
            "id": self._id("dp"), "object": "dispute", "status": "needs_response", "amount": drawn, "currency": charge["currency"], "charge": charge["id"],
            "payment_intent": payment_id, "metadata": {}, "balance_transactions": [moved],
        }  # fmt: skip
        charge["disputed"] = True
        self.disputes[dispute["id"]] = dispute
        self._tell("charge.dispute.created", dispute)
        return str(dispute["id"])

    def decide(self, dispute_id: str, *, won: bool) -> None:
        """The bank decides."""
        dispute = self.disputes[dispute_id]
        dispute["status"] = "won" if won else "lost"
        if won:
            moved = self._move("adjustment", dispute["amount"], 0, dispute["charge"], dispute["currency"])
            dispute["balance_transactions"].append(moved)
        self._tell("charge.dispute.closed", dispute)

    def pay_out(self) -> str:
        """What lies with Stripe goes to the bank, in one payout."""
        moves = [one for one in self.balance.values() if one["_payout"] is None]
        payout = {
            "id": self._id("po"), "object": "payout", "status": "paid", "amount": sum(one["net"] for one in moves), "currency": moves[0]["currency"],
            "arrival_date": int(self.world.now.timestamp()), "created": int(self.world.now.timestamp()),
        }  # fmt: skip
        self._move("payout", -payout["amount"], 0, payout["id"], payout["currency"])
        for one in self.balance.values():
            one["_payout"] = one["_payout"] or payout["id"]
        self.payouts[str(payout["id"])] = payout
        self._tell("payout.paid", payout)
        return str(payout["id"])

    # The wire ----------------------------------------------------------------------------------------------------------------------

    def request(self, method: str, url: str, headers: Any, post_data: Any = None, *, _usage: Any = None) -> Answer:
        answer = super().request(method, url, headers, post_data, _usage=_usage)
        if self.dies == "AFTER" and method == "post" and url.endswith("/payment_intents"):
            raise WorkerDied
        return answer

    def _search(self, asked: dict[str, str]) -> Answer:
        [(_, name, _, value, _)] = [asked["query"].split("'")]
        old = [self.intents[one] for one, made_at in self.made_at.items() if made_at <= self.world.now - SEARCH_BEHIND]
        return self._list([self._unfolded(one) for one in old if one["metadata"].get(name) == value][: int(asked["limit"])])  # fmt: skip

    def _find(self, path: list[str], asked: dict[str, str]) -> Answer:
        match path:
            case ["payment_intents", "search"]:
                return self._search(asked)
            case ["payment_intents", intent_id]:
                return self._ok(self._unfolded(self.intents[intent_id]))
            case ["disputes"]:
                return self._list([one for one in self.disputes.values() if one["payment_intent"] == asked["payment_intent"]])  # fmt: skip
            case ["payouts"]:
                return self._list([one for one in self.payouts.values() if one["created"] >= int(asked["created[gte]"])])  # fmt: skip
            case ["balance_transactions"]:
                paid = [one for one in self.balance.values() if one["_payout"] == asked["payout"]]
                return self._list([one | {"source": self._source(one["source"])} for one in paid])
        page = self.pages[path[-1]]
        if "_fee" not in page:
            return super()._find(path, asked)
        intent = page.get("payment_intent")
        return self._ok(page | ({"payment_intent": self._unfolded(self.intents[intent])} if intent else {}))

    def _do(self, path: list[str], told: dict[str, Any]) -> Answer:
        match path:
            case ["payment_intents"]:
                if self.dies == "BEFORE":
                    raise WorkerDied
                return self._collect(told)
            case ["payment_methods", method_id, "detach"]:
                self.methods[method_id]["customer"] = None
                return self._ok(self.methods[method_id])
            case ["refunds"] if "currency" in self.charges[self.intents[told["payment_intent"]]["latest_charge"]]:
                return self._refund(told["payment_intent"], int(told["amount"]))
        return super()._do(path, told)

    def _new_page(self, told: dict[str, Any]) -> dict[str, Any]:
        if told["mode"] == "payment" and "capture_method" in told["payment_intent_data"]:
            return super()._new_page(told)
        price = told["line_items"]["0"]["price_data"] if told["mode"] == "payment" else {"currency": None, "unit_amount": 0}  # fmt: skip
        page_id = self._id("cs_test")
        self.pages[page_id] = {
            "id": page_id, "object": "checkout.session", "status": "open", "payment_status": "unpaid", "mode": told["mode"], "currency": price["currency"],
            "amount_total": int(price["unit_amount"]), "payment_intent": None, "setup_intent": None, "metadata": told["metadata"],
            "url": f"https://checkout.stripe.example/c/pay/{page_id}", "client_reference_id": told["client_reference_id"], "livemode": False, "_fee": True,
        }  # fmt: skip
        return self.pages[page_id]

    def _collect(self, told: dict[str, Any]) -> Answer:
        assert (told["off_session"], told["confirm"]) == ("true", "true")
        method = self.methods[told["payment_method"]]
        if method["customer"] != told["customer"]:
            return self._failed(400, "invalid_request_error", "no such card")
        if self.declines is None:
            intent = self._taken(int(told["amount"]), told["currency"], told["metadata"])
            self._tell("payment_intent.succeeded", intent)
            return self._ok(intent)
        error = {"type": "card_error", "code": "card_declined", "decline_code": self.declines}
        intent = self._intent("requires_payment_method", int(told["amount"]), told["currency"], told["metadata"])
        intent |= {"last_payment_error": dict(error)}
        self._tell("payment_intent.payment_failed", intent)
        body, _, headers = self._ok({"error": error | {"message": "declined", "payment_intent": intent}})
        return body, 402, headers

    def _intent(self, status: str, amount: int, currency: str, metadata: Any) -> dict[str, Any]:
        intent = {
            "id": self._id("pi"), "object": "payment_intent", "status": status, "amount": amount, "amount_received": 0, "currency": currency, "metadata": metadata,
            "latest_charge": None, "last_payment_error": None, "livemode": False
        }  # fmt: skip
        self.intents[str(intent["id"])], self.made_at[str(intent["id"])] = intent, self.world.now
        return intent

    def _taken(self, amount: int, currency: str, metadata: Any) -> dict[str, Any]:
        intent = self._intent("succeeded", amount, currency, metadata)
        charge_id = self._id("ch")
        moved = self._move("charge", amount, kept_of(amount), charge_id, currency)
        self.charges[charge_id] = {
            "id": charge_id, "object": "charge", "amount": amount, "amount_refunded": 0, "currency": currency, "metadata": metadata, "disputed": False,
            "payment_intent": intent["id"], "balance_transaction": moved,
        }  # fmt: skip
        return intent | self.intents[intent["id"]].__ior__({"amount_received": amount, "latest_charge": charge_id})

    def _refund(self, payment_id: str, amount: int) -> Answer:
        charge = self.charges[self.intents[payment_id]["latest_charge"]]
        if charge["amount_refunded"] + amount > charge["amount"]:
            return self._failed(400, "invalid_request_error", "more than was taken")
        charge["amount_refunded"] += amount
        self._move("refund", -amount, 0, charge["id"], charge["currency"])
        self._tell("charge.refunded", charge)
        return self._ok({"object": "refund", "id": self._id("re"), "amount": amount})

    def _move(self, kind: str, amount: int, fee: int, source: str, currency: str) -> dict[str, Any]:
        moved = {
            "id": self._id("txn"), "object": "balance_transaction", "type": kind, "amount": amount, "fee": fee, "net": amount - fee, "currency": currency,
            "source": source, "created": START, "_payout": None,
        }  # fmt: skip
        self.balance[str(moved["id"])] = moved
        return moved

    def _unfolded(self, intent: dict[str, Any]) -> dict[str, Any]:
        charge = self.charges.get(intent["latest_charge"] or "")
        return intent | {"latest_charge": charge}

    def _source(self, source: str) -> Any:
        """What a movement comes from, unfolded: a charge has its payment; a payout has none."""
        return self.charges.get(source) or {"id": source, "object": "payout"}

    def _list(self, found: list[dict[str, Any]]) -> Answer:
        seen = [{name: value for name, value in one.items() if not name.startswith("_")} for one in found]
        return self._ok({"object": "list", "data": seen, "has_more": False, "url": "/"})
