"""Standing a sale still and letting it go on, by page and by call; what the room says meanwhile."""

from datetime import timedelta

import pytest

from tests.factories import Person, World
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


def test_the_operator_stands_a_sale_still_by_page_with_a_colleague(world: World, sale: Sale) -> None:
    platform = world.firm("PLATFORM")
    room, page = f"/auctions/{sale.auction_id}", f"/auctions/{sale.auction_id}/standstill"
    maker, checker = platform.operator, platform.approver
    assert f'href="{page}"' in maker.browser().get(room).text
    assert page not in sale.bank.operator.browser().get(room).text
    wrong = post(maker, f"{room}/standstill-proposals", page, **ORDER | {"paper": ""})
    assert 'href="#field-paper' in wrong.text
    assert post(maker, f"{room}/standstill-proposals", page, **ORDER).status_code == 302
    assert "A proposal about this sale waits" in maker.browser().get(page).text
    laid_open = checker.browser().get("/approvals?lang=en").text
    assert all(words in laid_open for words in (ORDER["paper"], ORDER["because"], "Court order"))
    _decide(checker)
    assert "The sale stands still by order" in sale.bidders[0].operator.browser().get(room).text
    desk = sale.bank.operator.browser().get(f"{room}/registrations").text
    assert "The platform’s operator ordered it, and lets it go on." in desk
    assert "Let the sale go on" not in desk
    assert "暂停" in maker.browser().get(f"{page}?lang=zh").text
    sale.world.advance(timedelta(minutes=1))
    assert post(maker, f"{room}/resumption-proposals", page, because="The claim was withdrawn.").status_code == 302
    _decide(checker)
    told = sale.bidders[0].operator.browser().get(room).text
    assert "The order is lifted: the sale goes on soon" in told
    assert "Carried out by the platform’s operator" in told


def test_by_call_the_operator_proposes_and_everybody_reads_who_carried_it_out(world: World, sale: Sale) -> None:
    platform, room = world.firm("PLATFORM"), f"/auctions/{sale.auction_id}"
    made = platform.operator.call("POST", f"{room}/standstill-proposals", ORDER)
    assert made.status_code == 201
    terms = [one["terms"] for one in platform.approver.call("GET", "/approvals").json["items"]]
    assert {"act": "approve_halt", **ORDER} in terms
    _decide(platform.approver)
    [order] = sale.bidders[0].operator.call("GET", f"{room}/standstills").json["orders"]
    assert order["through"] == "OPERATOR"
    refused = sale.bank.operator.call("POST", f"{room}/resumption", {})
    assert (refused.status_code, refused.json["code"]) == (409, "halted_by_another")
    assert sale.bank.operator.call("POST", f"{room}/resumption-proposals", {"because": "Over."}).status_code == 403
    assert platform.operator.call("POST", f"{room}/resumption-proposals", {"because": "Over."}).status_code == 201


def test_calling_off_waits_for_a_colleague(sale: Sale) -> None:
    seller, room = sale.bank, f"/auctions/{sale.auction_id}"
    desk = f"{room}/registrations"
    assert "field-because" in post(seller.operator, f"{room}/cancellation", desk, because="x").text
    assert post(seller.operator, f"{room}/cancellation", desk, because="The debt was paid.").status_code == 302
    told = seller.operator.browser().get(desk).text
    assert "That the sale be called off waits for a second pair of eyes." in told
    assert 'data-open="cancel-sale"' not in told
    assert sale.auction.status == "OPEN"
    again = seller.operator.call("POST", f"{room}/cancellation", {"because": "The debt was paid."})
    assert (again.status_code, again.json["code"]) == (409, "already_proposed")
    _decide(seller.approver)
    assert sale.auction.status == "CANCELLED"


def _decide(checker: Person) -> None:
    [waiting] = checker.call("GET", "/approvals").json["items"]
    assert checker.call("POST", f"/approvals/{waiting['id']}/approval", {}).status_code == 200
