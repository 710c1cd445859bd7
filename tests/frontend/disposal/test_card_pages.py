"""Paying a deposit by card on the page and by call; without a provider the page offers the bank transfer alone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from marketplace.disposal.cards.ports import pay_by
from tests.factories import Person, World
from tests.frontend.disposal.test_pages import post
from tests.marketplace.disposal.makers import Sale, an_auction
from tests.stripe_fake import FakeStripe, a_fake_stripe


@pytest.fixture
def stripe(world: World) -> Iterator[FakeStripe]:
    with a_fake_stripe(world) as fake:
        yield fake


@pytest.fixture
def sale(world: World) -> Sale:
    made = an_auction(world)
    world.advance(timedelta(days=2, hours=1))
    world.work()
    return made


def registered(world: World, sale: Sale) -> Person:
    return sale.bidder(firm=world.firm("BUYER"), deposit=False).operator


def paid(world: World, stripe: FakeStripe, page_id: str) -> None:
    """The card is good, and the clock looks where no notice comes."""
    world.work()
    stripe.pay(page_id)
    world.advance(timedelta(minutes=31))
    world.work()


def seen(person: Person, sale: Sale) -> str:
    return person.browser().get(f"/auctions/{sale.auction_id}").text


def test_a_bidder_goes_to_the_providers_page_and_comes_back_with_a_paddle(world: World, sale: Sale, stripe: FakeStripe) -> None:  # fmt: skip
    buyer = registered(world, sale)
    room = f"/auctions/{sale.auction_id}"
    assert "Hold it on a card" in seen(buyer, sale)
    answer = post(buyer, f"{room}/card-deposit", room)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{room}#card-deposit"), "forms lead nowhere else"
    [page_id] = stripe.pages
    assert f'href="{stripe.pages[page_id]["url"]}"' in seen(buyer, sale)
    paid(world, stripe, page_id)
    page = seen(buyer, sale)
    assert "Paddle" in page
    assert "card-deposit" not in page
    desk = sale.bank.operator.browser().get(f"{room}/registrations").text
    assert "by card" in desk


def test_a_card_that_would_not_do_says_why_and_another_may_be_tried(world: World, sale: Sale, stripe: FakeStripe) -> None:  # fmt: skip
    buyer = registered(world, sale)
    stripe.holds_for = timedelta(days=4)
    post(buyer, f"/auctions/{sale.auction_id}/card-deposit", f"/auctions/{sale.auction_id}")
    [page_id] = stripe.pages
    paid(world, stripe, page_id)
    page = seen(buyer, sale)
    assert "holds amounts too shortly" in page
    assert "Hold it on a card" in page


def test_of_a_sale_that_no_hold_outlasts_the_page_says_that_the_card_is_charged(world: World, stripe: FakeStripe) -> None:  # fmt: skip
    far = an_auction(world)
    buyer = registered(world, far)
    page = seen(buyer, far)
    assert "the deposit is charged now. It goes back to the card when you do not win." in page
    assert "Hold it on a card" not in page
    post(buyer, f"/auctions/{far.auction_id}/card-deposit", f"/auctions/{far.auction_id}")
    paid(world, stripe, next(iter(stripe.pages)))
    assert "Paddle" in seen(buyer, far)
    assert "taken from the card" in far.bank.operator.browser().get(f"/auctions/{far.auction_id}/registrations").text


def test_without_a_provider_the_page_offers_the_transfer_alone(world: World, sale: Sale) -> None:
    pay_by(None)
    buyer = registered(world, sale)
    page = seen(buyer, sale)
    assert "Transfer the deposit with this code" in page
    assert "card" not in page.split("<main")[1].split("</main>")[0].replace("discard", "")
    answer = buyer.call("POST", f"/auctions/{sale.auction_id}/card-deposit")
    assert (answer.status_code, answer.json["code"]) == (409, "cards_not_taken")


def test_by_call(world: World, sale: Sale, stripe: FakeStripe) -> None:
    buyer = registered(world, sale)
    path = f"/auctions/{sale.auction_id}/card-deposit"
    assert buyer.call("GET", path).status_code == 404
    made = buyer.call("POST", path)
    assert made.status_code == 201
    assert (made.json["status"], made.json["amount"]) == ("OPENED", {"amount": "70000.00", "currency": "CNY"})
    assert made.json["url"] == next(iter(stripe.pages.values()))["url"]
    [page_id] = stripe.pages
    paid(world, stripe, page_id)
    now = buyer.call("GET", path).json
    assert (now["status"], now["url"], now["because"]) == ("HELD", None, None)
    assert now["lapses_at"]
    assert world.firm("BUYER").operator.call("GET", path).status_code == 404
    assert buyer.call("POST", path).json["code"] == "deposit_confirmed"
