"""Goods kept item by item are sold, handed out and sent back: each serial number is where it was, and is sold again."""

from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.disposal import actions
from marketplace.disposal.queries import list_auctions
from marketplace.inventory.queries import find_lot
from marketplace.quantity import Quantity
from tests.factories import World
from tests.marketplace.disposal.accepting.test_disputing import Disputed
from tests.marketplace.disposal.makers import propose_sale
from tests.marketplace.financing.makers import a_defaulted_deal, a_request, decided
from tests.marketplace.inventory.test_items import a_verified_coil_lot, coils, spans
from tests.marketplace.pledges.makers import the_parties

ROWS = {"C-1": "100", "C-2": "120", "C-3": "200"}


def latest_of(scene: Disputed) -> UUID:
    with scene.bank.operator.ws(read_only=True) as ws:
        return list_auctions(ws, mine=True)[0].auction_id


def test_each_item_of_an_undone_sale_lies_under_the_pledge_again_and_leaves_with_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    parties = the_parties(world)
    lot, _ = a_verified_coil_lot(parties, ROWS)
    monkeypatch.setattr(parties, "a_lot", lambda *_: lot)
    asked = a_request(world, parties=parties, tonnes="420.000", amount="4200000.00")
    deal = a_defaulted_deal(world, deal=asked, limit="5460000.00", drawn="4200000.00")
    before = spans(parties, lot)
    assert set(before) == set(ROWS)
    scene = Disputed(world, deal=deal).answered()
    assert spans(parties, lot) == before, "what the buyer holds may come back"
    scene.decide("RESCIND")
    with parties.warehouse.operator.ws() as ws:
        actions.take_back_goods(ws, scene.auction_id, quantity=Quantity.of("420", "TNE"))
    world.work()
    assert spans(parties, lot) == before
    with parties.warehouse.operator.ws(read_only=True) as ws:
        back = find_lot(ws, lot.id)
        assert (back.verified_qty, back.departed_qty, back.pledged_qty) == (420, 0, 420)
    first = scene.enforced
    times = {"opens_at": world.now + timedelta(days=4), "closes_at": world.now + timedelta(days=5)}
    decided(scene.bank, propose_sale(deal, **times))
    world.work()
    first.sale.auction_id, first.sale.bidders = latest_of(scene), []
    first.sell("5000000")
    first.deliver()
    decided(scene.bank, first.propose_waterfall(juniors=[]))
    world.work()
    assert all(one.ended_at for one in coils(parties, lot).values()), "the items are the buyer's now"
    with parties.warehouse.operator.ws(read_only=True) as ws:
        assert find_lot(ws, lot.id).status == "DEPARTED"
