"""A worker that dies while it charges a saved card, and stays away for as long as it likes: the firm is charged once, and what was charged is found."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.billing.collecting.mandates import mandates, withdraw_mandate
from marketplace.billing.rules.cards import ASKED_WITHIN, NEVER_MADE_AFTER, NOTICE, may_ask, never_made
from tests import cluster
from tests.factories import World
from tests.marketplace.billing.makers import clear_fees
from tests.marketplace.billing.test_collecting import TOTAL, Owed, a_saved_card, next_invoice, owed
from tests.stripe_fake import KEYS_KEPT
from tests.stripe_fees_fake import SEARCH_BEHIND, FakeFeeStripe, WorkerDied


def about_to_be_collected(world: World, fake: FakeFeeStripe) -> Owed:
    """An invoice whose time to be collected has come."""
    fee = owed(world, fake)
    fee.transfer()
    a_saved_card(fee)
    fee.invoice_id = next_invoice(fee)
    world.advance(NOTICE)
    return fee


def die(fee: Owed, when: str) -> None:
    fee.stripe.dies = when
    with pytest.raises(WorkerDied):
        fee.world.work()
    fee.stripe.dies = None


def come_back(fee: Owed) -> None:
    fee.world.admin.execute("update house.delivery set leased_until = null where done_at is null and subscriber like 'collecting.%%'", ())  # fmt: skip
    fee.world.work()


def kept(fee: Owed) -> list[int]:
    """What Stripe took for the invoice and did not give back, charge by charge."""
    ours = [one for one in fee.stripe.charges.values() if one["metadata"]["fee_invoice_id"] == str(fee.invoice_id)]
    return [one["amount"] - one["amount_refunded"] for one in ours]


def withdraw(fee: Owed) -> None:
    """The consent, where it still stands."""
    with fee.firm.owner.ws() as ws:
        if mandates(ws)[0].status == "ACTIVE":
            withdraw_mandate(ws, mandates(ws)[0].id)


def test_what_was_charged_before_the_key_was_forgotten_is_adopted(world: World, stripe: FakeFeeStripe) -> None:
    fee = about_to_be_collected(world, stripe)
    die(fee, "AFTER")
    world.advance(KEYS_KEPT + timedelta(hours=2))
    come_back(fee)
    invoice, _, [card] = fee.stands()
    assert (invoice.status, card.status, card.taken_minor, kept(fee)) == ("PAID", "TAKEN", TOTAL, [TOTAL])
    fee.agreed()


def test_what_was_charged_unseen_goes_back_when_a_transfer_came_meanwhile(world: World, stripe: FakeFeeStripe) -> None:
    fee = about_to_be_collected(world, stripe)
    die(fee, "AFTER")
    world.advance(timedelta(hours=30))
    fee.transfer()
    assert kept(fee) == [0]
    come_back(fee)
    fee.agreed()


def test_what_was_never_made_is_begun_anew(world: World, stripe: FakeFeeStripe) -> None:
    fee = about_to_be_collected(world, stripe)
    die(fee, "BEFORE")
    world.advance(timedelta(hours=30))
    come_back(fee)
    assert [card.status for card in fee.stands()[2]] == ["EXPIRED", "TAKEN"]
    fee.agreed()


def test_a_decline_unseen_is_told_and_tried_again_as_any_other(world: World, stripe: FakeFeeStripe) -> None:
    fee = about_to_be_collected(world, stripe)
    stripe.declines = "insufficient_funds"
    die(fee, "AFTER")
    world.advance(timedelta(hours=30))
    stripe.declines = None
    come_back(fee)
    assert [card.status for card in fee.stands()[2]] == ["DECLINED"]
    world.advance(timedelta(days=3))
    world.work()
    assert [card.status for card in fee.stands()[2]] == ["DECLINED", "TAKEN"]


AWAY = st.sampled_from([timedelta(minutes=5), timedelta(hours=11), timedelta(hours=13), timedelta(hours=23), timedelta(hours=25), timedelta(days=4)])  # fmt: skip
MEANWHILE = {"nothing": lambda fee: None, "heard": Owed.hear, "transfer": Owed.transfer, "credit": Owed.credit, "withdraw": withdraw}  # fmt: skip


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(["BEFORE", "AFTER"]), AWAY, st.sampled_from(sorted(MEANWHILE))), min_size=1, max_size=2), st.booleans())  # fmt: skip
def test_nobody_is_charged_twice_however_often_and_long_workers_die(world: World, stripe: FakeFeeStripe, deaths: list[tuple[str, timedelta, str]], declined: bool) -> None:  # fmt: skip
    clear_fees(world)
    for left in (stripe.notices, stripe.balance, stripe.charges):
        left.clear()
    world.set_clock(cluster.START)
    fee = about_to_be_collected(world, stripe)
    stripe.declines = "insufficient_funds" if declined else None
    for when, away, meanwhile in deaths:
        stripe.dies = when
        with suppress(WorkerDied):  # nobody dies where nothing is asked any more
            come_back(fee)
        stripe.dies = None
        world.advance(away)
        if fee.status in ("ISSUED", "OVERDUE") or meanwhile in ("nothing", "heard"):
            MEANWHILE[meanwhile](fee)
    stripe.declines = None
    come_back(fee)
    assert sum(kept(fee)) <= TOTAL, "while it is not yet seen no second one is made"
    for _ in range(3):
        world.advance(timedelta(days=5))
        fee.hear()
    assert sum(kept(fee)) == sum(card.taken_minor - card.refunded_minor for card in fee.stands()[2]) <= TOTAL
    fee.agreed()


def test_a_second_asking_is_one_that_the_card_service_knows_again() -> None:
    """Whoever asks, asks within the life of a key; and when nothing is found the search has had its hour since the last that may have asked."""
    begun, a_moment = cluster.START, timedelta(microseconds=1)
    last_asked, first_sure = begun + ASKED_WITHIN - a_moment, begun + NEVER_MADE_AFTER
    assert (may_ask(begun, last_asked), may_ask(begun, begun + ASKED_WITHIN)) == (True, False)
    assert (never_made(begun, first_sure - a_moment), never_made(begun, first_sure)) == (False, True)
    assert last_asked - begun < KEYS_KEPT
    assert first_sure - last_asked > SEARCH_BEHIND
