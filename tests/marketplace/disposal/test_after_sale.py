"""What a loan in enforcement stands on: the goods that are left, at today's price; what was sold carries it no more."""

from tests.factories import World
from tests.marketplace.disposal.makers import an_enforced_sale, cny
from tests.marketplace.financing.makers import decided


def test_goods_that_were_sold_carry_the_loan_no_more(world: World) -> None:
    enforced = an_enforced_sale(world)
    deal = enforced.deal
    deal.price("10000")
    assert deal.position.market_value == cny("4200000"), "420 t: in enforcement too a new price is a new value"
    enforced.sell("4100000")
    enforced.pay()
    enforced.hand_over()
    enforced.accept()
    decided(deal.bank, enforced.propose_waterfall())
    world.work()
    assert deal.status == "ENFORCEMENT"
    assert deal.position.market_value == cny("0")
    with deal.bank.operator.browser() as browser:
        page = browser.get(f"/deals/{deal.deal_id}?lang=en").text
    assert "Realised" in page
    assert "Requested</span>" not in page
