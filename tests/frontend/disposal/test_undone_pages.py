"""What a buyer reads of goods that it disputes, and of a sale that was undone: nothing that it should still pay or collect."""

from marketplace.disposal import actions
from marketplace.quantity import Quantity
from tests.factories import World
from tests.marketplace.disposal.accepting.test_disputing import Disputed


def test_a_disputed_purchase_says_what_comes_next_and_an_undone_one_asks_for_nothing(world: World) -> None:
    scene = Disputed(world).answered()
    browser, sale = scene.buyer.operator.browser(), f"/auctions/{scene.auction_id}"
    assert "until two people of the seller have decided" in browser.get(f"{sale}/acceptance?lang=en").text
    scene.decide("RESCIND")
    with scene.enforced.deal.parties.warehouse.operator.ws() as ws:
        actions.take_back_goods(ws, scene.auction_id, quantity=Quantity.of("420", "TNE"))
    world.work()
    page = browser.get(f"{sale}?lang=en").text
    assert all(words in page for words in ("Was sold for", "The sale is undone"))
    assert not any(words in page for words in ("You won", "Payment and collection"))
