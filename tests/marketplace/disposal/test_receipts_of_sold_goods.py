"""Goods that were pledged by their receipts, sold and handed over: no paper stands for them any more."""

from tests.factories import World
from tests.marketplace.disposal.makers import an_enforced_sale
from tests.marketplace.financing.makers import (
    a_request,
    a_signed_deal,
    decided,
    default_on,
    draw,
    prove_conditions,
)
from tests.marketplace.pledges.makers import activate
from tests.marketplace.pledges.test_receipts import Desk


def test_the_receipts_end_with_the_sale_and_not_while_the_buyer_may_send_the_goods_back(world: World) -> None:
    asked = a_request(world, tonnes="420.000", amount="4200000.00")
    desk, lot = Desk(world, asked.parties), asked.lots[0]
    papers = [desk.issue(tonnes, lot) for tonnes in ("400.000", "20.000")]
    elsewhere = desk.issue("500.000")
    deal = a_signed_deal(world, deal=asked, limit="5460000.00")
    desk.endorse_all(lot)
    prove_conditions(deal)
    activate(deal.parties, deal.deal_id)
    world.work()
    draw(deal, "4200000.00", "PAY-1")
    enforced = an_enforced_sale(world, deal=default_on(deal))
    enforced.sell("5650000")
    enforced.pay()
    enforced.hand_over()
    assert [desk.see(one.id).live_units is not None for one in papers] == [True, True], "the goods may come back"
    enforced.accept()
    decided(deal.bank, enforced.propose_waterfall(juniors=[]))
    world.work()
    assert [desk.see(one.id).status for one in papers] == ["CANCELLED", "CANCELLED"]
    assert desk.see(elsewhere.id).status == "ISSUED", "other goods keep theirs"
