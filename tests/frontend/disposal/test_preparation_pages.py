"""Questions, answers and visits by pages and calls."""

from datetime import timedelta

from tests.factories import World
from tests.frontend.disposal.test_pages import post
from tests.marketplace.disposal.makers import an_auction


def test_a_question_is_asked_and_answered(world: World) -> None:
    sale = an_auction(world)
    buyer, outsider = sale.bidder(), world.firm("BUYER")
    path = f"/auctions/{sale.auction_id}/questions"
    assert "Register for the sale" in outsider.operator.browser().get(f"{path}?lang=en").text
    assert post(buyer.operator, path, path, words="Hm").status_code == 422
    assert post(buyer.operator, path, path, words="Is the packing sound?").status_code == 302
    assert "Questions to answer" in sale.bank.operator.browser().get("/?lang=en").text
    page = sale.bank.operator.browser().get(path).text
    assert "Is the packing sound?" in page
    assert buyer.name not in page
    [asked] = sale.bank.operator.call("GET", path).json["items"]
    sent = post(sale.bank.operator, f"{path}/{asked['question_id']}/answer", path, answer="It is.")
    assert sent.status_code == 302
    [told] = buyer.operator.call("GET", path).json["items"]
    assert (told["answer"], told["mine"]) == ("It is.", True)
    assert outsider.operator.call("GET", path).json["items"] == []


def test_a_time_is_offered_booked_and_given_back(world: World) -> None:
    sale = an_auction(world)
    buyer = sale.bidder()
    path = f"/auctions/{sale.auction_id}/visits"
    begins = (world.now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    ends = (world.now + timedelta(days=1, hours=2)).strftime("%Y-%m-%dT%H:%M")
    fields = {"kind": "INSPECTION", "starts_at": begins, "ends_at": ends, "places": "1", "note": "Gate 2"}
    assert post(sale.bank.operator, f"/auctions/{sale.auction_id}/visit-slots", path, **fields).status_code == 302
    assert "Gate 2" in world.app.test_client().get(path).text
    [slot] = buyer.operator.call("GET", path).json["times"]
    assert post(buyer.operator, path, path, slot_id=slot["slot_id"], visitor="Li Lei").status_code == 302
    seen = sale.bank.operator.call("GET", path).json
    assert (seen["times"][0]["free"], seen["visits"][0]["organisation"]) == (0, buyer.name)
    assert buyer.name not in world.app.test_client().get(path).text
    visit = seen["visits"][0]["visit_id"]
    assert post(buyer.operator, f"{path}/{visit}/cancellation", path).status_code == 302
    assert buyer.operator.call("GET", path).json["times"][0]["free"] == 1
