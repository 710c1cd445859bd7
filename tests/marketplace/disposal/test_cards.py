"""A deposit by card from the page to its one end, by every road that notices may take."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.disposal import actions
from marketplace.disposal.cards.models import CardDeposit
from marketplace.disposal.cards.ports import pay_by
from marketplace.disposal.queries import tally
from tenants.errors import Conflict, NotAllowed, Unavailable
from tests import cluster
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import Sale, an_auction, call_off, cny
from tests.stripe_fake import SECRETS, FakeStripe, a_fake_stripe

DEPOSIT = 70_000_00


@pytest.fixture
def stripe(world: World) -> Iterator[FakeStripe]:
    with a_fake_stripe(world) as fake:
        yield fake


@dataclass
class CardSale:
    """A sale that a card can hold for: it ends within six days."""

    sale: Sale
    stripe: FakeStripe

    def begin(self, firm: Firm) -> CardDeposit:
        """Register, and open the page."""
        self.sale.bidder(firm=firm, deposit=False)
        return self.open(firm)

    def open(self, firm: Firm) -> CardDeposit:
        with firm.operator.ws() as ws:
            card = actions.open_card_deposit(ws, self.sale.auction_id)
        self.sale.world.work()
        return card

    def pay(self, firm: Firm, **other: Any) -> CardDeposit:
        """The card is good, and Stripe's notices come in their order."""
        card = self.begin(firm)
        self.stripe.pay(card.checkout_id, **other)
        self.hear()
        return card

    def hear(self) -> None:
        """Every notice there is, as Stripe sends them."""
        for notice in self.stripe.notices:
            assert tell(self.sale.world, self.stripe, notice) == 200
        self.sale.world.work()

    def status(self, firm: Firm) -> str:
        return str(self.row(firm)[0])

    def row(self, firm: Firm) -> Any:
        found = self.sale.world.admin.execute(
            "select status, taken_minor, because, payment_id from house.card_deposit where auction_id = %s and tenant_id = %s order by attempt desc limit 1",
            (self.sale.auction_id, firm.tenant_id),
        ).fetchone()
        assert found
        return found

    def moves(self, firm: Firm) -> list[tuple[str, str]]:
        """What the ledger of deposits says of this bidder."""
        return self.sale.world.admin.execute(
            "select d.side, d.outcome from house.deposit_move d join house.registration r using (auction_id, registration_id) where r.tenant_id = %s and r.auction_id = %s order by d.side",
            (firm.tenant_id, self.sale.auction_id),
        ).fetchall()

    def paid(self, firm: Firm) -> dict[str, Any]:
        """The payment at Stripe."""
        return self.stripe.intents[self.row(firm)[3]]


def tell(world: World, stripe: FakeStripe, notice: dict[str, Any], secret: str = SECRETS[0]) -> int:
    body, signature = stripe.signed(notice, time.time(), secret)
    answer = world.app.test_client().post("/hooks/stripe", data=body, headers={"Stripe-Signature": signature})
    return answer.status_code


def a_card_sale(world: World, stripe: FakeStripe, **other: Any) -> CardSale:
    sale = an_auction(world, **other)
    world.advance(timedelta(days=2, hours=1))  # of eight: the end is within six
    return CardSale(sale, stripe)


def a_long_sale(world: World, stripe: FakeStripe, **other: Any) -> CardSale:
    """It ends in eight days: later than a card can hold for."""
    return CardSale(an_auction(world, **other), stripe)


@pytest.fixture
def card_sale(world: World, stripe: FakeStripe) -> CardSale:
    return a_card_sale(world, stripe)


def test_what_is_held_is_the_deposit_and_hands_a_paddle(world: World, card_sale: CardSale) -> None:
    buyer = world.firm("BUYER")
    card = card_sale.pay(buyer)
    assert card_sale.status(buyer) == "HELD"
    assert card_sale.moves(buyer) == [("IN", "HELD")]
    assert card_sale.paid(buyer)["status"] == "requires_capture", "held, not taken"
    assert card_sale.stripe.pages[card.checkout_id]["amount_total"] == DEPOSIT
    card_sale.sale.open()
    assert card_sale.sale.bid(buyer, 700_000).accepted


def test_losers_cards_are_let_go_and_the_winners_is_taken_when_it_has_paid(world: World, card_sale: CardSale) -> None:
    winner, loser = world.firm("BUYER"), world.firm("BUYER")
    for firm in (winner, loser):
        card_sale.pay(firm)
    card_sale.sale.open()
    card_sale.sale.bid(winner, 700_000)
    card_sale.sale.close()
    assert (card_sale.status(loser), card_sale.paid(loser)["status"]) == ("RELEASED", "canceled")
    assert (card_sale.status(winner), card_sale.paid(winner)["status"]) == ("HELD", "requires_capture")
    with card_sale.sale.bank.operator.ws() as ws:
        actions.confirm_balance(ws, card_sale.sale.auction_id, reference="BAL-1")
    world.work()
    assert (card_sale.status(winner), card_sale.paid(winner)["amount_received"]) == ("CAPTURED", DEPOSIT)
    assert card_sale.moves(winner) == [("IN", "HELD"), ("OUT", "APPLIED")]
    agreed(card_sale)


def test_a_defaulters_card_is_taken_although_its_hold_would_have_lapsed(world: World, card_sale: CardSale) -> None:
    """The winner has ten days to pay, the hold seven from the card: a day before it lapses it is taken, so that the forfeit finds something."""
    winner = world.firm("BUYER")
    card_sale.pay(winner)
    card_sale.sale.open()
    card_sale.sale.bid(winner, 700_000)
    card_sale.sale.close()
    world.advance(timedelta(days=1))
    world.work()
    assert (card_sale.status(winner), card_sale.moves(winner)) == ("CAPTURED", [("IN", "HELD")])
    world.advance(timedelta(days=10))
    world.work()
    assert (card_sale.status(winner), card_sale.moves(winner)[1]) == ("CAPTURED", ("OUT", "FORFEITED"))
    agreed(card_sale)


def test_for_a_sale_that_no_hold_outlasts_a_card_is_charged_and_losers_are_paid_back(world: World, stripe: FakeStripe) -> None:  # fmt: skip
    scene = a_long_sale(world, stripe)
    winner, loser = world.firm("BUYER"), world.firm("BUYER")
    for firm in (winner, loser):
        scene.pay(firm)
        assert (scene.row(firm)[:2], scene.paid(firm)["status"]) == (("CAPTURED", DEPOSIT), "succeeded")
        assert scene.moves(firm) == [("IN", "HELD")], "it is a deposit like any, and hands a paddle"
    scene.sale.open()
    scene.sale.bid(winner, 700_000)
    scene.sale.close()
    assert scene.status(loser) == "REFUNDED"
    assert stripe.charges[scene.paid(loser)["latest_charge"]]["amount_refunded"] == DEPOSIT
    with scene.sale.bank.operator.ws() as ws:
        actions.confirm_balance(ws, scene.sale.auction_id, reference="BAL-1")
    world.work()
    assert (scene.status(winner), scene.moves(winner)) == ("CAPTURED", [("IN", "HELD"), ("OUT", "APPLIED")])
    agreed(scene)


def test_a_charge_that_comes_after_the_hammer_is_paid_back(world: World, stripe: FakeStripe) -> None:
    scene, late = a_long_sale(world, stripe), world.firm("BUYER")
    card = scene.begin(late)
    scene.sale.open()
    stripe.pay(card.checkout_id)
    scene.sale.close()
    scene.hear()
    assert (scene.row(late)[0::2][:2], scene.moves(late)) == (("REFUSED", "SALE_ENDED"), [])
    agreed(scene)


def test_a_sale_that_is_called_off_lets_every_card_go(world: World, card_sale: CardSale) -> None:
    firms = [world.firm("BUYER") for _ in range(2)]
    for firm in firms:
        card_sale.pay(firm)
    call_off(card_sale.sale, "The debt was paid.")
    world.work()
    assert {card_sale.status(firm) for firm in firms} == {"RELEASED"}
    agreed(card_sale)


def test_a_hold_that_comes_after_the_hammer_is_let_go(world: World, card_sale: CardSale) -> None:
    late = world.firm("BUYER")
    card = card_sale.begin(late)
    card_sale.sale.open()
    card_sale.stripe.pay(card.checkout_id)
    card_sale.sale.close()
    card_sale.hear()
    assert card_sale.row(late)[0::2][:2] == ("REFUSED", "SALE_ENDED")
    assert card_sale.moves(late) == []
    agreed(card_sale)


def test_a_hold_beside_a_transfer_is_let_go(world: World, card_sale: CardSale) -> None:
    buyer = world.firm("BUYER")
    card = card_sale.begin(buyer)
    with card_sale.sale.bank.operator.ws() as ws:
        actions.confirm_deposit(ws, card_sale.sale.auction_id, buyer.tenant_id, "BK-1")
    card_sale.stripe.pay(card.checkout_id)
    card_sale.hear()
    assert (card_sale.status(buyer), card_sale.row(buyer)[2]) == ("REFUSED", "PAID_ALREADY")
    assert card_sale.paid(buyer)["status"] == "canceled"


def test_another_amount_than_ours_is_not_the_deposit(world: World, card_sale: CardSale) -> None:
    buyer = world.firm("BUYER")
    card_sale.pay(buyer, amount=DEPOSIT - 1)
    assert (card_sale.status(buyer), card_sale.row(buyer)[2], card_sale.moves(buyer)) == ("REFUSED", "AMOUNT", [])
    again = card_sale.open(buyer)
    assert again.attempt == 2, "the bidder may try again"


def test_a_card_whose_bank_holds_too_shortly_will_not_do(world: World, card_sale: CardSale) -> None:
    card_sale.stripe.holds_for = timedelta(days=5)
    buyer = world.firm("BUYER")
    card_sale.pay(buyer)
    assert (card_sale.status(buyer), card_sale.row(buyer)[2]) == ("REFUSED", "TOO_SHORT")


def test_a_hold_that_the_cards_bank_lets_go_is_told_to_both(world: World, card_sale: CardSale) -> None:
    buyer = world.firm("BUYER")
    card_sale.pay(buyer)
    card_sale.stripe.lapse(card_sale.row(buyer)[3])
    card_sale.hear()
    assert card_sale.status(buyer) == "LAPSED"
    told = world.admin.execute(
        "select n.tenant_id from house.notification n where n.kind = 'CardHoldLapsed' and n.tenant_id = any (%s)",
        ([buyer.tenant_id, card_sale.sale.bank.tenant_id],),
    ).fetchall()
    assert {row[0] for row in told} == {buyer.tenant_id, card_sale.sale.bank.tenant_id}


def test_a_hold_that_does_not_say_when_it_lapses_lasts_a_week_from_the_page(world: World, card_sale: CardSale) -> None:
    card_sale.stripe.holds_for = None
    buyer = world.firm("BUYER")
    card = card_sale.pay(buyer)
    assert card_sale.status(buyer) == "HELD"
    card_sale.sale.open()
    card_sale.sale.bid(buyer, 700_000)
    card_sale.sale.close()
    assert card_sale.status(buyer) == "HELD"
    world.set_clock(card.opened_at + timedelta(days=6))
    world.work()
    assert card_sale.status(buyer) == "CAPTURED", "taken a day before it could lapse"


def test_another_amount_taken_at_the_card_service_is_told_to_both(world: World, card_sale: CardSale) -> None:
    buyer = world.firm("BUYER")
    card_sale.pay(buyer)
    card_sale.stripe._capture(card_sale.paid(buyer), DEPOSIT - 5_00)
    card_sale.hear()
    assert card_sale.row(buyer)[:2] == ("CAPTURED", DEPOSIT - 5_00)
    told = world.admin.execute(
        "select facts from house.event e join house.registration r on r.registration_id = e.stream_id where e.kind = 'CardAmountDiffers' and r.tenant_id = %s",
        (buyer.tenant_id,),
    ).fetchall()
    assert len(told) == 1


def test_without_a_notice_the_clock_looks(world: World, card_sale: CardSale) -> None:
    buyer = world.firm("BUYER")
    card = card_sale.begin(buyer)
    card_sale.stripe.pay(card.checkout_id)
    world.advance(timedelta(minutes=30))
    world.work()
    assert card_sale.status(buyer) == "HELD"


def test_a_page_nobody_paid_at_is_closed_when_bidding_ends(world: World, card_sale: CardSale) -> None:
    buyer = world.firm("BUYER")
    card = card_sale.begin(buyer)
    card_sale.sale.close()
    assert card_sale.status(buyer) == "EXPIRED"
    assert card_sale.stripe.pages[card.checkout_id]["status"] == "expired"


def test_one_page_for_one_wish_and_a_new_one_when_it_ran_out(world: World, card_sale: CardSale) -> None:
    buyer = world.firm("BUYER")
    first = card_sale.begin(buyer)
    assert card_sale.open(buyer).url == first.url
    card_sale.stripe.close_unpaid(first.checkout_id)
    second = card_sale.open(buyer)
    assert (second.attempt, card_sale.stripe.pages[second.checkout_id]["status"]) == (2, "open")


def test_two_colleagues_at_the_same_moment_are_given_one_page(world: World, card_sale: CardSale) -> None:
    """The second one asks and commits while the first one waits for the provider."""
    buyer = world.firm("BUYER")
    card_sale.sale.bidder(firm=buyer, deposit=False)
    provider = card_sale.stripe.provider()
    ask, others = provider.open_hold, []

    def meanwhile(wish: Any) -> Any:
        if not others:
            others.append(None)
            others[0] = card_sale.open(buyer)
        return ask(wish)

    provider.open_hold = meanwhile  # type: ignore[method-assign]
    pay_by(provider)
    mine = card_sale.open(buyer)
    assert (mine.attempt, mine.url) == (1, others[0].url)
    assert len(card_sale.stripe.pages) == 1


def test_when_stripe_is_silent_nothing_is_lost(world: World, card_sale: CardSale) -> None:
    buyer = world.firm("BUYER")
    card = card_sale.begin(buyer)
    card_sale.stripe.pay(card.checkout_id)
    card_sale.stripe.silent = True
    with pytest.raises(Unavailable):
        card_sale.hear()
    card_sale.stripe.silent = False
    world.admin.execute("update house.delivery set leased_until = null where done_at is null")
    world.work()
    assert card_sale.status(buyer) == "HELD"
    with pytest.raises(Conflict, match="deposit_confirmed"):
        card_sale.open(buyer)


def test_what_is_refused(world: World, stripe: FakeStripe, card_sale: CardSale) -> None:
    buyer = world.firm("BUYER")
    with buyer.operator.ws() as ws, pytest.raises(Conflict, match="registration_missing"):
        actions.open_card_deposit(ws, card_sale.sale.auction_id)
    with world.firm("LOGISTICS").operator.ws() as ws, pytest.raises(NotAllowed):
        actions.open_card_deposit(ws, card_sale.sale.auction_id)
    dear = a_card_sale(world, stripe, start="9999999", deposit=cny("1000000"))
    with pytest.raises(Conflict, match="too large"):
        dear.begin(buyer)
    pay_by(None)
    card_sale.sale.bidder(firm=buyer, deposit=False)
    with buyer.operator.ws() as ws, pytest.raises(Conflict, match="Transfer the deposit"):
        actions.open_card_deposit(ws, card_sale.sale.auction_id)


def test_nobody_else_sees_a_card(world: World, card_sale: CardSale) -> None:
    buyer = world.firm("BUYER")
    card_sale.pay(buyer)
    for firm, seen in ((buyer, 1), (card_sale.sale.bank, 1), (world.firm("BUYER"), 0), (card_sale.sale.borrower, 0)):
        with firm.operator.ws(read_only=True) as ws:
            assert ws.session.query(CardDeposit).filter_by(auction_id=card_sale.sale.auction_id).count() == seen


roads = st.tuples(st.sampled_from(["pays", "defaults", "loses", "unsold"]), st.booleans(), st.integers(0, 10**9))


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(roads)
def test_any_order_and_repetition_of_notices_ends_in_one_state(world: World, stripe: FakeStripe, road: Any) -> None:
    """Notices shuffled, repeated, some lost, signed by either secret, with the worker between them or not, the amount held or charged: card and ledger end alike."""
    fate, charged, chance = road[0], road[1], Random(road[2])
    stripe.notices.clear()
    world.set_clock(cluster.START)
    make = a_long_sale if charged else a_card_sale
    scene = make(world, stripe, **({"reserve": "900000"} if fate == "unsold" else {}))
    ours, rival = world.firm("BUYER"), world.firm("BUYER")
    for firm in (ours, rival):
        card = scene.begin(firm)
        stripe.pay(card.checkout_id)
        shuffled(scene, chance)
    scene.sale.open()
    assert scene.sale.bid(rival if fate == "loses" else ours, 700_000).accepted
    scene.sale.close()
    shuffled(scene, chance)
    if fate == "pays":
        with scene.sale.bank.operator.ws() as ws:
            actions.confirm_balance(ws, scene.sale.auction_id, reference="BAL")
    world.advance(timedelta(days=11))
    shuffled(scene, chance)
    back = "REFUNDED" if charged else "RELEASED"
    ends = {"pays": ("CAPTURED", "APPLIED"), "defaults": ("CAPTURED", "FORFEITED"), "loses": (back, "RETURNED"), "unsold": (back, "RETURNED")}  # fmt: skip
    assert (scene.status(ours), scene.moves(ours)[1][1]) == ends[fate]
    agreed(scene)


def shuffled(scene: CardSale, chance: Any) -> None:
    """Every notice so far, in a chance order, some twice, some not (yet); the worker works in between."""
    world, stripe = scene.sale.world, scene.stripe
    notices = [one for one in stripe.notices for _ in range(chance.choice([0, 1, 1, 2]))]
    chance.shuffle(notices)
    for notice in notices:
        assert tell(world, stripe, notice, chance.choice(SECRETS)) == 200
        if chance.random() < 0.3:
            world.work()
    world.work()
    open_still = "select count(*) from house.card_deposit where auction_id = %s and status = 'OPENED'"
    if world.admin.execute(open_still, (scene.sale.auction_id,)).fetchone() != (0,):  # all may be lost: the clock looks
        world.advance(timedelta(minutes=31))
        world.work()


def agreed(scene: CardSale) -> None:
    """Stripe, our cards and the ledger of deposits say the same: captured = applied + forfeited, let go = returned, each done once."""
    with scene.sale.bank.operator.ws(read_only=True) as ws:
        books = tally(ws, scene.sale.auction)
    ours = [
        one for one in scene.stripe.intents.values() if UUID(one["metadata"]["auction_id"]) == scene.sale.auction_id
    ]
    taken = sum(one["amount_received"] for one in ours)
    back = sum(scene.stripe.charges[one["latest_charge"]]["amount_refunded"] for one in ours)
    assert taken - back == books.applied.minor + books.forfeited.minor
    assert books.held.minor == 0
    assert len({key for _, key in scene.stripe.done}) == len(scene.stripe.done)
    assert not any(one["status"] == "requires_capture" for one in ours)
