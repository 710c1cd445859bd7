"""Standing a sale still and letting it go on, by page and by call; what the room says meanwhile."""

from datetime import timedelta

import pytest

from tests.factories import World
from tests.frontend.disposal.test_pages import post
from tests.marketplace.disposal.makers import Sale, an_auction
from tests.marketplace.disposal.outages.test_halting import ORDER, halt


@pytest.fixture
def sale(world: World) -> Sale:
    return an_auction(world).open_with_bidders(1)


def test_by_page_it_stands_still_says_why_and_goes_on(sale: Sale) -> None:
    seller, bidder = sale.bank.operator, sale.bidders[0].operator.browser()
    room = f"/auctions/{sale.auction_id}"
    desk = f"{room}/registrations"
    assert "Let the sale stand still" in seller.browser().get(desk).text
    assert post(seller, f"{room}/standstills", desk, **ORDER).status_code == 302
    told = bidder.get(room).text
    assert "The sale stands still by order" in told
    assert all(words in told for words in (ORDER["ordered_by"], ORDER["paper"], ORDER["because"], "Court order"))
    assert "<bid-panel" not in told
    assert "No bid is taken until the order is lifted" in told
    assert "Paused" in bidder.get("/bids").text
    sale.world.advance(timedelta(minutes=1))
    assert post(seller, f"{room}/resumption", desk).status_code == 302
    told = bidder.get(room).text
    assert "The sale stands still by order" not in told
    assert "The order is lifted: the sale goes on soon" in told


@pytest.mark.parametrize("field", ["ground", "ordered_by", "paper", "because"])
def test_what_is_missing_is_refused_by_its_field(sale: Sale, field: str) -> None:
    room = f"/auctions/{sale.auction_id}"
    page = post(sale.bank.operator, f"{room}/standstills", f"{room}/registrations", **ORDER | {field: " x "})
    assert f'href="#field-{field}' in page.text
    for wrong in ("x", "    ", "x" * 501):
        answer = sale.bank.operator.call("POST", f"{room}/standstills", ORDER | {field: wrong})
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)
    assert sale.auction.halted_at is None


def test_by_call_and_everybody_sees_it(sale: Sale) -> None:
    room, seller, bidder = f"/auctions/{sale.auction_id}", sale.bank.operator, sale.bidders[0].operator
    made = seller.call("POST", f"{room}/standstills", ORDER)
    assert (made.status_code, made.json["halted_at"] is not None) == (201, True)
    refused = bidder.call("POST", f"{room}/bids", {"amount": "700000.00"})
    assert (refused.status_code, refused.json["code"]) == (409, "sale_paused")
    for call, body in (("standstills", ORDER), ("resumption", {})):
        assert bidder.call("POST", f"{room}/{call}", body).status_code == 403
    [order] = bidder.call("GET", f"{room}/standstills").json["orders"]
    assert {name: order[name] for name in ORDER} == ORDER
    assert (order["lifted_at"], order["standstill"]) == (None, None)
    sale.world.advance(timedelta(hours=1))
    lifted = seller.call("POST", f"{room}/resumption", {}).json
    assert (lifted["halted_at"], lifted["resumes_at"] is not None) == (None, True)
    seen = bidder.call("GET", f"{room}/standstills").json
    assert (seen["orders"][0]["standstill"], len(seen["standstills"])) == (1, 1)
    again = seller.call("POST", f"{room}/resumption", {})
    assert (again.status_code, again.json["code"]) == (409, "sale_not_halted")


def test_in_chinese(sale: Sale) -> None:
    halt(sale)
    told = sale.bidders[0].operator.browser().get(f"/auctions/{sale.auction_id}?lang=zh").text
    assert "本场已依决定暂停" in told
