"""Pages and calls after the hammer: the confirmation on paper, a late booking, the runner-up's answer, bars."""

import hashlib
import json

import pytest

from marketplace.disposal.actions import confirm_balance
from tenants.approvals import waiting
from tests.factories import World
from tests.frontend.disposal.test_pages import post
from tests.marketplace.disposal.makers import an_auction
from tests.marketplace.disposal.settling.test_after_default import Unpaid, an_unpaid_sale
from tests.marketplace.financing.makers import decided


@pytest.fixture
def unpaid(world: World) -> Unpaid:
    return an_unpaid_sale(world)


def test_the_confirmation_is_a_paper_in_both_languages_and_a_file_with_its_hash(world: World) -> None:
    sale = an_auction(world)
    buyer = sale.bidder()
    sale.open()
    sale.bid(buyer, 820_000)
    sale.close()
    browser = buyer.operator.browser()
    for language in ("en", "zh"):
        paper = browser.get(f"/auctions/{sale.auction_id}/confirmation.pdf?lang={language}")
        assert paper.mimetype == "application/pdf"
        assert paper.data.startswith(b"%PDF")
    original = browser.get(f"/auctions/{sale.auction_id}/confirmation.json").data
    told = buyer.operator.call("GET", f"/auctions/{sale.auction_id}/confirmation").json
    assert told["sha256"] == hashlib.sha256(original).hexdigest()
    assert json.loads(told["content"])["price"]["hammer"] == "820000.00"
    room = f"/auctions/{sale.auction_id}/settlement"
    sent = post(buyer.operator, f"/auctions/{sale.auction_id}/payment-cure", room, because="Slow bank", transfer="TT-1")
    assert sent.status_code == 302
    assert "TT-1" in browser.get(room).text
    assert "TT-1" in sale.bank.operator.browser().get(room).text


def test_the_runner_up_is_asked_and_answers_on_the_page(world: World, unpaid: Unpaid) -> None:
    sale, path = unpaid.sale, f"/auctions/{unpaid.sale.auction_id}/second-chance"
    assert unpaid.winner.operator.browser().get(path).status_code == 404
    assert post(sale.bank.operator, path, path).status_code == 302
    page = sale.bank.approver.browser().get("/approvals?lang=en").text
    assert "to the runner-up" in page
    with sale.bank.operator.ws(read_only=True) as ws:
        [proposal] = waiting(ws)
    decided(sale.bank, proposal)
    told = unpaid.runner_up.operator.call("GET", path).json
    assert told["price"] == {"amount": "780000.00", "currency": "CNY"}
    assert "Take the goods" in unpaid.runner_up.operator.browser().get(f"{path}?lang=en").text
    assert "Second chance" in unpaid.runner_up.operator.browser().get(f"/auctions/{sale.auction_id}?lang=en").text
    assert post(unpaid.runner_up.operator, f"{path}/answer", path, answer="accept").status_code == 302
    world.work()
    assert post(sale.bank.operator, f"{path}/deposit", path, reference="DEP-2").status_code == 302
    room = unpaid.runner_up.operator.browser().get(f"/auctions/{sale.auction_id}?lang=en").text
    assert "You won" in room
    with sale.bank.operator.ws() as ws:
        confirm_balance(ws, sale.auction_id, reference="BAL-2")
    assert "Paid in the end" in unpaid.winner.operator.browser().get(f"/auctions/{sale.auction_id}?lang=en").text
    releases = sale.bank.operator.call("GET", "/auctions-ocds?limit=200").json["releases"]
    [told] = [one for one in releases if one["tender"]["id"] == str(sale.auction_id)]
    assert [(one["status"], one["value"]["amount"]) for one in told["awards"]] == [("unsuccessful", 820000), ("active", 780000)]  # fmt: skip
    assert (told["contracts"][0]["awardID"], told["contracts"][0]["value"]["amount"]) == (told["awards"][1]["id"], 780000)  # fmt: skip
    assert "You won" not in unpaid.winner.operator.browser().get(f"/auctions/{sale.auction_id}?lang=en").text


def test_a_refusal_of_the_offer_is_told_on_its_page(unpaid: Unpaid) -> None:
    path = f"/auctions/{unpaid.sale.auction_id}/second-chance"
    post(unpaid.sale.bank.operator, path, path)
    again = post(unpaid.sale.bank.operator, path, path)
    assert again.status_code == 409
    assert "second pair of eyes" in again.text or "复核" in again.text


def test_bars_are_read_by_sellers_and_appealed_by_the_barred(world: World, unpaid: Unpaid) -> None:
    bar = f"/auctions/{unpaid.sale.auction_id}/bar"
    assert unpaid.winner.name in unpaid.sale.bank.operator.browser().get("/bars").text
    assert unpaid.winner.name not in unpaid.runner_up.operator.browser().get("/bars").text
    assert post(unpaid.winner.operator, f"{bar}/appeal", "/bars", because="The bank lost it").status_code == 302
    [told] = [
        one
        for one in unpaid.sale.bank.operator.call("GET", "/bars").json["items"]
        if one["bidder_id"] == str(unpaid.winner.tenant_id)
    ]
    assert (told["appeal"], told["lifted_at"]) == ("The bank lost it", None)
    assert post(unpaid.sale.bank.approver, f"{bar}/lifting", "/bars", because="It did").status_code == 302
    left = unpaid.sale.bank.operator.call("GET", "/bars").json["items"]
    assert str(unpaid.winner.tenant_id) not in {one["bidder_id"] for one in left}
