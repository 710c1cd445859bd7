"""What Stripe is asked, and how its answers are read: over Stripe's own client, and against Stripe's published shapes where they are at hand."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import stripe

from integrations.stripe.cards import hold_of
from marketplace.disposal.cards.ports import HoldWish
from marketplace.disposal.rules.cards import Seen
from marketplace.money import Money
from tenants.errors import Conflict, Unavailable
from tests.factories import World
from tests.stripe_fake import FakeStripe, a_fake_stripe

DATA = Path(os.environ.get("BAILEE_DATA") or Path(__file__).parents[4] / "shared" / "data")
SHAPES = DATA / "stripe-fixtures" / "openapi" / "fixtures3.json"
WISH = HoldWish(
    key="r:1:open",
    auction_id=UUID(int=1),
    registration_id=UUID(int=2),
    amount=Money(70_000_00, "CNY"),
    number="A2603-ABCDE",
    title="Cathode copper",
    locale="zh",
)


@pytest.fixture
def fake(world: World) -> Iterator[FakeStripe]:
    with a_fake_stripe(world) as made:
        yield made


def test_a_page_holds_and_takes_nothing(fake: FakeStripe) -> None:
    opened = fake.provider().open_hold(WISH)
    [(asked, _)] = fake.answered.values()
    told = asked[2]
    assert told["payment_intent_data"]["capture_method"] == "manual"
    assert told["line_items"]["0"]["price_data"] == {
        "currency": "cny", "unit_amount": "7000000", "product_data": {"name": "A2603-ABCDE Cathode copper"},
    }  # fmt: skip
    assert told["metadata"] == told["payment_intent_data"]["metadata"] == {"auction_id": str(UUID(int=1)), "registration_id": str(UUID(int=2))}  # fmt: skip
    assert told["success_url"] == f"https://bailee.example/auctions/{UUID(int=1)}"
    assert (told["locale"], told["payment_method_types"]) == ("zh", {"0": "card"})
    assert fake.provider().open_hold(WISH) == opened, "the same wish opens one page"
    assert fake.provider().find_hold(opened.checkout_id).seen is Seen.AWAITED


def test_a_page_that_takes_at_once_is_seen_as_taken_and_paid_back(fake: FakeStripe) -> None:
    provider = fake.provider()
    page = provider.open_hold(replace(WISH, takes=True)).checkout_id
    fake.pay(page)
    taken = provider.find_hold(page)
    assert (taken.seen, taken.amount, taken.taken) == (Seen.CAPTURED, WISH.amount, WISH.amount)
    assert taken.payment_id
    provider.refund(taken.payment_id, WISH.amount, key="r:1:refund")
    assert provider.find_hold(page).seen is Seen.REFUNDED


def test_hold_capture_and_refund_once_for_each_key(fake: FakeStripe) -> None:
    provider = fake.provider()
    page = provider.open_hold(WISH).checkout_id
    fake.pay(page)
    held = provider.find_hold(page)
    assert (held.seen, held.amount, held.taken.minor) == (Seen.HELD, WISH.amount, 0)
    assert held.lapses_at == fake.world.now + (fake.holds_for or 0)  # type: ignore[operator]
    assert held.payment_id
    for _ in range(2):
        provider.capture(held.payment_id, WISH.amount, key="r:1:capture")
    assert (provider.find_hold(page).seen, provider.find_hold(page).taken) == (Seen.CAPTURED, WISH.amount)
    for _ in range(2):
        provider.refund(held.payment_id, WISH.amount, key="r:1:refund")
    assert provider.find_hold(page).seen is Seen.REFUNDED
    assert [path for path, _ in fake.done][1:] == [f"/v1/payment_intents/{held.payment_id}/capture", "/v1/refunds"]


def test_a_released_hold_and_a_closed_page_are_gone(fake: FakeStripe) -> None:
    provider = fake.provider()
    page = provider.open_hold(WISH).checkout_id
    fake.pay(page)
    payment = provider.find_hold(page).payment_id
    assert payment
    provider.release(payment, key="r:1:release")
    assert provider.find_hold(page).seen is Seen.GONE
    with pytest.raises(Unavailable, match="does not take this"):
        provider.capture(payment, WISH.amount, key="r:1:capture")
    other = provider.open_hold(HoldWish(**{name: getattr(WISH, name) for name in WISH.__slots__} | {"key": "r:2:open"}))  # type: ignore[arg-type]
    provider.close_page(other.checkout_id, key="r:2:close")
    assert provider.find_hold(other.checkout_id).seen is Seen.GONE


def test_silence_is_told_as_that(fake: FakeStripe) -> None:
    fake.silent = True
    with pytest.raises(Unavailable, match="does not answer now"):
        fake.provider().open_hold(WISH)


def test_three_places_are_finer_than_a_card_payment(fake: FakeStripe) -> None:
    fine = {name: getattr(WISH, name) for name in WISH.__slots__} | {"amount": Money(70_001, "KWD")}
    with pytest.raises(Conflict, match="cannot be held"):
        fake.provider().open_hold(HoldWish(**fine))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def shapes() -> dict[str, Any]:
    if not SHAPES.exists():
        pytest.skip(f"Stripe's published shapes are not at hand ({SHAPES.name}: set BAILEE_DATA)")
    return dict(json.loads(SHAPES.read_text())["resources"])


def test_stripes_own_shapes_are_read(shapes: dict[str, Any]) -> None:
    """The published page has a payment by its id, the published payment its charge: read alone and unfolded in each other."""
    page = shapes["checkout.session"] | {"status": "open", "currency": "cny", "amount_total": 5}
    assert hold_of(page | {"payment_intent": None}).seen is Seen.AWAITED
    charge = shapes["charge"]
    for status, seen in (("requires_capture", Seen.HELD), ("canceled", Seen.GONE), ("succeeded", Seen.CAPTURED), ("requires_action", Seen.AWAITED)):  # fmt: skip
        intent = shapes["payment_intent"] | {"status": status, "latest_charge": charge, "amount_capturable": 5, "amount_received": 5}  # fmt: skip
        found = hold_of(page | {"payment_intent": intent})
        assert (found.seen, found.payment_id) == (seen, intent["id"])


@pytest.mark.parametrize(("ours", "theirs"), [("pages", "checkout.session"), ("intents", "payment_intent"), ("charges", "charge")])  # fmt: skip
def test_the_fake_invents_no_field(fake: FakeStripe, shapes: dict[str, Any], ours: str, theirs: str) -> None:
    fake.pay(fake.provider().open_hold(WISH).checkout_id)
    [made] = getattr(fake, ours).values()
    invented = {name for name in made if not name.startswith("_")} - set(shapes[theirs])
    assert invented == set()
    assert type(shapes[theirs]["metadata"]) is type(made["metadata"])


def test_an_event_of_the_fake_has_stripes_shape(fake: FakeStripe, shapes: dict[str, Any]) -> None:
    fake.pay(fake.provider().open_hold(WISH).checkout_id)
    for notice in fake.notices:
        assert set(notice) <= set(shapes["event"])
        assert isinstance(stripe.Event.construct_from(notice, "sk_test_x").data.object, stripe.StripeObject)
