"""What Stripe is asked for fees, and how its answers are read: over Stripe's own client, and against Stripe's published shapes where they are at hand."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from integrations.stripe.fees import look_of, saved_of
from integrations.stripe.notices import read_notice
from marketplace.billing.collecting.ports import FeeWish, SaveWish, Saving
from marketplace.billing.rules.cards import FeeSeen
from marketplace.disposal.cards.ports import HoldWish
from marketplace.money import Money
from tenants.errors import Unavailable
from tests.factories import World
from tests.stripe_fake import SECRETS, START
from tests.stripe_fees_fake import FakeFeeStripe, a_fake_fee_stripe, kept_of

DATA = Path(os.environ.get("BAILEE_DATA") or Path(__file__).parents[4] / "shared" / "data")
SHAPES = DATA / "stripe-fixtures" / "openapi" / "fixtures3.json"
INVOICE = UUID(int=7)
WISH = FeeWish(key="fee:7:1:open", account_id=UUID(int=1), invoice_id=INVOICE, amount=Money(212_00, "CNY"), number="F-202603-0007", locale="zh")  # fmt: skip
SAVE = SaveWish(key="mandate:9:open", account_id=UUID(int=1), mandate_id=UUID(int=9), locale="en")


@pytest.fixture
def fake(world: World) -> Iterator[FakeFeeStripe]:
    with a_fake_fee_stripe(world) as made:
        yield made


def test_a_page_takes_what_is_open_and_what_came_is_read_with_its_costs(fake: FakeFeeStripe) -> None:
    fees = fake.collector()
    page = fees.open_page(WISH)
    [(asked, _)] = fake.answered.values()
    told = asked[2]
    assert told["line_items"]["0"]["price_data"] == {"currency": "cny", "unit_amount": "21200", "product_data": {"name": "F-202603-0007"}}  # fmt: skip
    assert told["metadata"] == told["payment_intent_data"]["metadata"] == {"fee_account_id": str(UUID(int=1)), "fee_invoice_id": str(INVOICE)}  # fmt: skip
    assert (told["locale"], told["success_url"]) == ("zh", f"https://bailee.example/fees/invoices/{INVOICE}")
    assert fees.open_page(WISH) == page, "the same wish opens one page"
    assert fees.find_page(page.checkout_id, "CNY").seen is FeeSeen.AWAITED
    fake.pay(page.checkout_id)
    found = fees.find_page(page.checkout_id, "CNY")
    assert (found.seen, found.invoice_id, found.money.taken) == (FeeSeen.TAKEN, INVOICE, WISH.amount)
    assert found.money.costs == Money(kept_of(212_00), "CNY")
    assert fees.find_payment(found.payment_id or "", "CNY").money == found.money
    assert fees.find_payment(found.payment_id or "", "USD").invoice_id is None, "in another currency it is none of ours"
    for _ in range(2):
        fees.refund(found.payment_id or "", Money(12_00, "CNY"), key="fee:7:1:refund:1")
    assert fees.find_payment(found.payment_id or "", "CNY").money.refunded == Money(12_00, "CNY")


def test_a_saved_card_is_charged_or_declined_with_nobody_present_and_forgotten(fake: FakeFeeStripe) -> None:
    fees = fake.collector()
    page = fees.open_saving(SAVE)
    assert fees.find_saving(page.checkout_id).saving is Saving.AWAITED
    fake.save(page.checkout_id)
    saved = fees.find_saving(page.checkout_id)
    assert (saved.saving, saved.mandate_id, saved.last4, saved.expires) == (Saving.SAVED, UUID(int=9), "4242", "2031-08")  # fmt: skip
    card = {"customer_id": saved.customer_id, "method_id": saved.method_id}
    fake.declines = "insufficient_funds"
    declined = fees.find_payment(fees.collect(WISH, **card), "CNY")
    assert (declined.seen, declined.because, declined.money.taken.minor) == (FeeSeen.DECLINED, "insufficient_funds", 0)
    fake.declines = None
    again = FeeWish(key="fee:7:2:open", account_id=WISH.account_id, invoice_id=INVOICE, amount=WISH.amount, number=WISH.number, locale="en")  # fmt: skip
    ids = {fees.collect(again, **card) for _ in range(2)}
    assert len(ids) == 1, "the same wish charges once"
    assert fees.find_payment(ids.pop(), "CNY").seen is FeeSeen.TAKEN
    fees.forget(saved.method_id, key="mandate:9:forget")
    with pytest.raises(Unavailable):
        fees.collect(FeeWish(key="fee:7:3:open", account_id=WISH.account_id, invoice_id=INVOICE, amount=WISH.amount, number="", locale="en"), **card)  # fmt: skip


def test_a_collection_is_found_by_its_key_once_the_search_knows_it(fake: FakeFeeStripe, world: World) -> None:
    fees, page = fake.collector(), fake.collector().open_saving(SAVE).checkout_id
    fake.save(page)
    saved = fees.find_saving(page)
    payment_id = fees.collect(WISH, customer_id=saved.customer_id, method_id=saved.method_id)
    assert fake.intents[payment_id]["metadata"]["fee_try"] == WISH.key
    assert fees.find_collected(WISH.key, "CNY") is None, "the search is behind"
    world.advance(timedelta(hours=1))
    found = fees.find_collected(WISH.key, "CNY")
    assert found is not None
    assert (found.payment_id, found.invoice_id, found.money.taken) == (payment_id, INVOICE, WISH.amount)
    assert fees.find_collected("fee:7:2:open", "CNY") is None


def test_a_dispute_names_its_payment_alone_and_is_read_with_its_fee(fake: FakeFeeStripe) -> None:
    fees, page = fake.collector(), fake.collector().open_page(WISH).checkout_id
    fake.pay(page)
    payment = fees.find_page(page, "CNY").payment_id or ""
    dispute = fake.dispute(payment)
    body, signature = fake.signed(fake.notices[-1], START)
    notice = read_notice(body, signature, SECRETS, START)
    assert (notice.invoice_id, notice.payment_id) == (None, payment)
    money = fees.find_payment(payment, "CNY").money
    assert (money.disputed.minor, money.lost.minor, money.costs.minor) == (212_00, 0, kept_of(212_00) + 1500)
    fake.decide(dispute, won=False)
    money = fees.find_payment(payment, "CNY").money
    assert (money.disputed.minor, money.lost.minor) == (0, 212_00)


def test_the_same_stripe_holds_deposits_and_takes_fees(fake: FakeFeeStripe) -> None:
    hold = HoldWish(key="r:1:open", auction_id=UUID(int=1), registration_id=UUID(int=2), amount=Money(5, "CNY"), number="A", title="Copper", locale="en")  # fmt: skip
    deposit, fee = fake.provider().open_hold(hold).checkout_id, fake.collector().open_page(WISH).checkout_id
    fake.pay(deposit)
    fake.pay(fee)
    assert fake.provider().find_hold(deposit).amount.minor == 5
    assert fake.collector().find_page(fee, "CNY").seen is FeeSeen.TAKEN


@pytest.fixture(scope="module")
def shapes() -> dict[str, Any]:
    if not SHAPES.exists():
        pytest.skip(f"Stripe's published shapes are not at hand ({SHAPES.name}: set BAILEE_DATA)")
    return dict(json.loads(SHAPES.read_text())["resources"])


def test_stripes_own_shapes_are_read(shapes: dict[str, Any]) -> None:
    charge = shapes["charge"] | {"balance_transaction": shapes["balance_transaction"] | {"fee": 33, "currency": "usd"}}
    intent = shapes["payment_intent"] | {"latest_charge": charge, "currency": "usd", "amount_received": 1000}
    for status, seen in (("succeeded", FeeSeen.TAKEN), ("canceled", FeeSeen.GONE), ("processing", FeeSeen.AWAITED), ("requires_action", FeeSeen.DECLINED)):  # fmt: skip
        assert look_of(intent | {"status": status}, [], "USD", page_open=False).seen is seen
    assert look_of(intent | {"status": "requires_payment_method"}, [], "USD", page_open=True).seen is FeeSeen.AWAITED
    inquiry = shapes["dispute"]
    found = look_of(intent | {"status": "succeeded"}, [inquiry, inquiry | {"status": "needs_response", "amount": 400}], "USD", page_open=False)  # fmt: skip
    assert [one.minor for one in (found.money.taken, found.money.disputed, found.money.costs)] == [1000, 400, 33]
    assert found.invoice_id is None
    page = shapes["checkout.session"] | {"status": "open", "setup_intent": None}
    assert saved_of(page).saving is Saving.AWAITED
    card = {"id": "pm_1", "card": {"brand": "visa", "last4": "4242", "exp_month": 4, "exp_year": 2030}}
    setup = shapes["setup_intent"] | {"status": "succeeded", "payment_method": card, "customer": "cus_1"}
    assert saved_of(page | {"setup_intent": setup}).expires == "2030-04"


def test_the_fake_invents_no_field(fake: FakeFeeStripe, shapes: dict[str, Any]) -> None:
    fees, page = fake.collector(), fake.collector().open_page(WISH).checkout_id
    fake.pay(page)
    fake.save(fees.open_saving(SAVE).checkout_id)
    fake.dispute(fees.find_page(page, "CNY").payment_id or "")
    fake.pay_out()
    of_ours = {"checkout.session": fake.pages, "payment_intent": fake.intents, "charge": fake.charges, "dispute": fake.disputes, "balance_transaction": fake.balance, "payout": fake.payouts, "payment_method": fake.methods}  # fmt: skip
    for theirs, made in of_ours.items():
        for one in made.values():
            assert {name for name in one if not name.startswith("_")} <= set(shapes[theirs]) | {"billing_details"}, (
                theirs
            )
