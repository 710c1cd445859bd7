"""Proceeds wait for the buyer's yes, through the real actions: handed over, accepted, or silent until the published time is over."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal import actions
from marketplace.disposal.accepting.models import Acceptance
from marketplace.disposal.accepting.queries import find_acceptance
from marketplace.inventory.queries import find_lot
from marketplace.pledges.queries import pledges_of_deal
from tenants.errors import Conflict, Invalid, NotFound, Refused
from tests.factories import World
from tests.marketplace.disposal.makers import Enforced, an_enforced_sale, propose_sale
from tests.marketplace.financing.makers import decided


def acceptance(enforced: Enforced) -> Acceptance:
    with enforced.deal.bank.operator.ws(read_only=True) as ws:
        return find_acceptance(ws, enforced.sale.auction_id)


def refused_as(enforced: Enforced) -> str:
    with pytest.raises(Refused) as refused:
        enforced.propose_waterfall(juniors=[])
    return refused.value.code


def test_the_proceeds_are_held_until_the_buyer_accepts(world: World) -> None:
    enforced = an_enforced_sale(world)
    lot_id, warehouse = enforced.deal.lots[0].id, enforced.deal.parties.warehouse
    enforced.sell("5650000")
    enforced.pay()
    assert refused_as(enforced) == "not_handed_over"
    enforced.hand_over()
    assert enforced.sale.auction.status == "HANDED_OVER"
    assert refused_as(enforced) == "not_accepted"
    with warehouse.operator.ws(read_only=True) as ws:
        lot = find_lot(ws, lot_id)
        assert (lot.status, lot.verified_qty, lot.departed_qty, lot.pledged_qty) == ("IN_DISPOSAL", 0, 420, 420)
    with enforced.sale.bidders[0].operator.ws() as ws, pytest.raises(NotFound):
        actions.accept_goods(ws, enforced.sale.auction_id)
    enforced.accept()
    with enforced.buyer.operator.ws() as ws, pytest.raises(Conflict):
        actions.accept_goods(ws, enforced.sale.auction_id)
    decided(enforced.deal.bank, enforced.propose_waterfall(juniors=[]))
    world.work()
    assert enforced.sale.auction.status == "CLOSED"
    with warehouse.operator.ws(read_only=True) as ws:
        lot = find_lot(ws, lot_id)
        assert (lot.status, lot.verified_qty, lot.departed_qty, lot.pledged_qty) == ("DEPARTED", 0, 420, 0)
    with enforced.deal.bank.operator.ws(read_only=True) as ws:
        assert {one.status for one in pledges_of_deal(ws, enforced.deal.deal_id, live=False)} == {"REALISED"}


def test_silence_is_acceptance_when_the_published_time_is_over(world: World) -> None:
    enforced = an_enforced_sale(world, accept_days=5)
    enforced.sell("5650000")
    enforced.pay()
    world.advance(timedelta(days=2))
    enforced.hand_over()
    waiting = acceptance(enforced)
    assert waiting.accept_by == world.now + timedelta(days=5)
    world.advance(timedelta(days=5) - timedelta(seconds=1))
    world.work()
    assert refused_as(enforced) == "not_accepted"
    world.advance(timedelta(seconds=1))
    with enforced.buyer.operator.ws() as ws, pytest.raises(Conflict, match="time to answer is over"):
        actions.accept_goods(ws, enforced.sale.auction_id)
    for _ in range(2):
        world.work()
    assert acceptance(enforced).status == "LAPSED"
    decided(enforced.deal.bank, enforced.propose_waterfall(juniors=[]))


def test_a_buyer_that_does_not_come_has_accepted_and_may_still_collect(world: World) -> None:
    enforced = an_enforced_sale(world)
    enforced.sell("5650000")
    enforced.pay()
    world.advance(timedelta(days=10))
    world.work()
    assert acceptance(enforced).status == "LAPSED"
    decided(enforced.deal.bank, enforced.propose_waterfall(juniors=[]))
    world.work()
    assert enforced.sale.auction.status == "PAID"
    enforced.hand_over()
    assert (enforced.sale.auction.status, acceptance(enforced).status) == ("CLOSED", "LAPSED")
    with enforced.deal.parties.warehouse.operator.ws(read_only=True) as ws:
        lot = find_lot(ws, enforced.deal.lots[0].id)
        assert (lot.status, lot.departed_qty) == ("DEPARTED", 420)


@pytest.mark.parametrize("days", [0, 31])
def test_a_time_to_accept_that_is_none_is_refused_with_the_terms(world: World, days: int) -> None:
    with pytest.raises(Invalid) as refused:
        an_enforced_sale(world, accept_days=days)
    assert refused.value.field == "accept_days"


def test_nobody_accepts_in_anothers_name_whatever_the_code_says(world: World) -> None:
    """Planted: the seller says yes for its buyer, and calls its time over while it runs; the buyer lifts its own dispute. Straight into the table."""
    enforced = an_enforced_sale(world)
    enforced.sell("5650000")
    enforced.pay()
    enforced.hand_over()
    bank, buyer = enforced.deal.bank.operator, enforced.buyer.operator
    cases = [(bank, "ACCEPTED", "the buyer accepts"), (bank, "LAPSED", "still has time"), (bank, "REDUCED", "nothing is disputed"), (buyer, "REJECTED", "the seller carries")]  # fmt: skip
    for person, status, because in cases:
        with person.ws() as ws, pytest.raises(DBAPIError, match=because), ws.session.begin_nested():
            ws.session.execute(text("update house.acceptance set status = :status where auction_id = :auction"), {"status": status, "auction": enforced.sale.auction_id})  # fmt: skip


def test_the_terms_of_a_second_attempt_may_differ(world: World) -> None:
    enforced = an_enforced_sale(world, accept_days=2)
    assert (enforced.sale.auction.accept_days, enforced.sale.auction.collect_days) == (2, 10)
    with pytest.raises(Conflict, match="for sale already"):
        propose_sale(enforced.deal)
