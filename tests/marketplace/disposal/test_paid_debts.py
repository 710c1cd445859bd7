"""A debt that is paid while its goods are for sale: the sale is called off before the hammer, carried through after it, and nobody's money or goods are stuck."""

from datetime import timedelta

import pytest

from marketplace.disposal import actions, queries
from marketplace.inventory.queries import find_lot
from marketplace.ledger.queries import balances
from marketplace.ledger.rules.accounts import Account
from tenants.errors import Conflict
from tests.factories import World
from tests.marketplace.disposal.accepting.test_part_held import contested_in_part, rest, stands
from tests.marketplace.disposal.makers import Enforced, an_enforced_sale, cny
from tests.marketplace.financing.makers import decided


def pay_the_debt(enforced: Enforced) -> None:
    """The debtor pays all that it owes."""
    enforced.deal.repay(str(enforced.deal.position.outstanding.amount), "R-1")


def lot_of(enforced: Enforced) -> tuple[str, str]:
    """The lot as its owner sees it, and the deal."""
    with enforced.deal.sme.operator.ws(read_only=True) as ws:
        return find_lot(ws, enforced.deal.lots[0].id).status, enforced.deal.status


def test_before_the_hammer_the_sale_is_called_off_and_deposits_go_back(world: World) -> None:
    enforced = an_enforced_sale(world)
    bidder = enforced.sale.bidder()
    enforced.sale.open()
    enforced.sale.bid(bidder, str(enforced.sale.auction.start.amount))
    pay_the_debt(enforced)
    assert enforced.sale.auction.status == "CANCELLED"
    assert lot_of(enforced) == ("VERIFIED", "RECOVERED")
    with enforced.deal.bank.operator.ws(read_only=True) as ws:
        [only] = queries.registrations(ws, enforced.sale.auction_id)
        assert only.deposit_state == "RETURNED"


def test_what_was_bought_is_carried_through_and_all_that_is_left_is_the_pledgors(world: World) -> None:
    enforced = an_enforced_sale(world)
    enforced.sell("5650000")
    pay_the_debt(enforced)
    assert lot_of(enforced) == ("IN_DISPOSAL", "DEFAULT"), "the goods are another's: they do not go free"
    enforced.deliver()
    decided(enforced.deal.bank, enforced.propose_waterfall(juniors=[]))
    world.work()
    with enforced.deal.bank.operator.ws(read_only=True) as ws:
        book = balances(ws, enforced.deal.deal_id)
    # 5,650,000 less storage 60,000, enforcement 40,000, commission 113,000 and tax 650,000.
    assert (book[Account.SURPLUS_PAID], book[Account.PROCEEDS_TO_DISTRIBUTE]) == (-cny("4787000"), cny("0"))
    assert lot_of(enforced) == ("DEPARTED", "RECOVERED")
    assert enforced.sale.auction.status == "CLOSED"


def test_what_a_dispute_holds_keeps_the_debt_from_ending_too(world: World) -> None:
    scene = contested_in_part(world)
    decided(scene.bank, scene.enforced.propose_waterfall(juniors=[]))
    pay_the_debt(scene.enforced)
    assert stands(scene)[:3] == ("HANDED_OVER", {"ENFORCING"}, "DEFAULT")
    scene.decide("REJECT")
    decided(scene.bank, rest(scene))
    world.work()
    assert scene.book()[Account.PROCEEDS_TO_DISTRIBUTE] == cny("0")
    assert stands(scene)[:3] == ("CLOSED", set(), "RECOVERED")


def test_goods_that_nobody_pays_for_go_free_with_their_debt(world: World) -> None:
    enforced = an_enforced_sale(world)
    enforced.sell("5650000")
    pay_the_debt(enforced)
    world.advance(timedelta(days=10))
    world.work()
    assert enforced.sale.auction.status == "BUYER_DEFAULT"
    assert lot_of(enforced) == ("VERIFIED", "RECOVERED")
    with enforced.deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="is paid"):
        actions.propose_second_chance(ws, enforced.sale.auction_id)
