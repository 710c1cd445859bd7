"""The market's pages: the room for everybody, bids by form and by panel, desks for those whose they are."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from frontend.disposal import shown
from frontend.disposal.watchers import PublicAuctions
from frontend.live import _may_watch
from marketplace.disposal.bidding import combiner
from marketplace.disposal.kind_terms import ENGLISH_TERMS
from marketplace.money import Money
from marketplace.tables import cells_of
from tenants.approvals import waiting
from tests.factories import Person, World
from tests.marketplace.disposal.makers import Sale, a_bad_loan, an_auction, an_enforced_sale
from tests.marketplace.financing.makers import decided


@pytest.fixture(autouse=True)
def hang_up() -> Any:
    yield
    combiner.close()


def token_of(client: FlaskClient, path: str) -> str:
    page = client.get(path).text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page) or re.search(
        r'name="csrf-token" content="([^"]+)"', page
    )
    assert found
    return found.group(1)


def post(person: Person, path: str, seen: str, accept: str | None = None, key: str | None = None, **fields: str) -> Any:
    """Fill in the form of the page `seen` and send it."""
    client = person.browser()
    body = {"csrf_token": token_of(client, seen), "_key": key or str(uuid4()), **fields}
    return client.post(path, data=body, headers={"Accept": accept} if accept else {})


@pytest.fixture
def sale(world: World) -> Sale:
    made = an_auction(world)
    world.work()
    return made


def test_visitors_see_the_room_and_no_way_to_bid(world: World, sale: Sale) -> None:
    client = world.app.test_client()
    for path in (
        "/auctions",
        f"/auctions/{sale.auction_id}",
        f"/auctions/{sale.auction_id}/room",
        f"/auctions/{sale.auction_id}/bids",
        f"/auctions/{sale.auction_id}/bids.csv",
    ):
        assert client.get(path).status_code == 200, path
    page = client.get(f"/auctions/{sale.auction_id}").text
    assert "Cathode copper" in page
    assert "<bid-panel" not in page
    assert sale.borrower.name not in page
    for path in (
        "/bids",
        "/disposals",
        "/handovers",
        f"/auctions/{sale.auction_id}/registrations",
        f"/auctions/{sale.auction_id}/settlement",
    ):
        answer = client.get(path)
        assert (answer.status_code, "/sign-in" in answer.headers.get("Location", "")) == (302, True), path
    assert client.get(f"/auctions/{uuid4()}").status_code == 404


def test_a_buyer_registers_pays_and_bids_by_form(world: World, sale: Sale) -> None:
    buyer = world.firm("BUYER", name="Huadong Cable Works").operator
    room = f"/auctions/{sale.auction_id}"
    assert "Register to bid" in buyer.browser().get(room).text
    assert post(buyer, f"{room}/registration", room).status_code == 302
    assert "Transfer the deposit with this code" in buyer.browser().get(room).text
    bank = sale.bank.operator
    desk = f"{room}/registrations"
    assert "Huadong Cable Works" in bank.browser().get(desk).text
    refused = post(bank, f"{room}/deposits", desk, bidder=str(buyer.firm.tenant_id), reference="")
    assert refused.status_code == 422
    assert "at most 64 characters" in refused.text
    assert post(bank, f"{room}/deposits", desk, bidder=str(buyer.firm.tenant_id), reference="BK-1").status_code == 302
    sale.open()
    assert "<bid-panel" in buyer.browser().get(room).text
    answer = post(buyer, f"{room}/bids", room, amount="700,000.00")
    assert answer.status_code == 302
    assert "You lead" in buyer.browser().get(room).text
    assert "Huadong" not in sale.bidder().operator.browser().get(room).text, "a rival sees a paddle"


def test_the_panel_is_answered_in_json_with_a_receipt_once(world: World, sale: Sale) -> None:
    buyer = sale.bidder().operator
    sale.open()
    room, key = f"/auctions/{sale.auction_id}", str(uuid4())
    first = post(buyer, f"{room}/bids", room, accept="application/json", key=key, amount="700000")
    again = post(buyer, f"{room}/bids", room, accept="application/json", key=key, amount="700000")
    assert (first.status_code, first.json["receipt"]["sequence"], first.json) == (200, 1, again.json)
    assert re.fullmatch(r"[0-9a-f]{128}", first.json["receipt"]["signature"])
    low = post(sale.bidder().operator, f"{room}/bids", room, accept="application/json", amount="700000")
    assert (low.status_code, low.json["receipt"]["outcome"]) == (409, "TOO_LOW"), "a refused bid has its receipt too"
    assert sale.auction.sequence == 2


def test_a_limit_by_form_leads_or_is_outdone_and_the_room_says_so(world: World, sale: Sale) -> None:
    one, two = sale.bidder().operator, sale.bidder().operator
    sale.open()
    room = f"/auctions/{sale.auction_id}"
    post(one, f"{room}/bids", room, amount="", limit="800,000")
    page = one.browser().get(f"{room}?lang=en").text
    assert "Your limit is CN¥800,000.00" in page
    outdone = post(two, f"{room}/bids", room, accept="application/json", amount="705000", limit="760000")
    assert (outdone.status_code, outdone.json["leads"]) == (200, False)
    assert outdone.json["detail"] == "Another bidder’s limit is higher"
    rival = two.browser().get(f"{room}?lang=en").text
    assert "by limit" in rival
    assert "800,000" not in rival
    assert "Limit raised" not in rival
    raised = post(one, f"{room}/bids", room, accept="application/json", amount="", limit="900000")
    assert raised.json["detail"] == "Your limit is raised"
    assert "Limit raised" in two.browser().get(f"{room}/bids?lang=en").text


@pytest.mark.parametrize(
    ("amount", "status", "code"),
    [("1", 409, "bid_too_low"), ("", 422, None), ("ten", 422, None), ("0", 422, "amount_not_positive"), ("700000.001", 422, "money_too_fine"), ("99999999999", 409, "bid_too_high"),
     ("1e9", 422, None), ("-5", 422, None)],
)  # fmt: skip
def test_bad_bids_are_refused_in_words(world: World, sale: Sale, amount: str, status: int, code: str | None) -> None:
    buyer = sale.bidder().operator
    sale.open()
    room = f"/auctions/{sale.auction_id}"
    answer = post(buyer, f"{room}/bids", room, accept="application/json", amount=amount)
    assert answer.status_code == status, answer.text
    assert answer.json["detail"]
    assert code in (None, answer.json["code"])


def test_nobody_bids_without_session_token_deposit_or_role(world: World, sale: Sale) -> None:
    sale.open()
    room = f"/auctions/{sale.auction_id}"
    waiting, seller = sale.bidder(deposit=False).operator, sale.bank.operator
    assert post(waiting, f"{room}/bids", room, accept="application/json", amount="700000").status_code == 403
    assert post(seller, f"{room}/bids", room, accept="application/json", amount="700000").status_code == 403
    client = world.app.test_client()
    body = {"csrf_token": token_of(client, room), "_key": str(uuid4()), "amount": "700000"}
    assert client.post(f"{room}/bids", data=body).headers["Location"].startswith("/sign-in")
    assert sale.bidder().operator.browser().post(f"{room}/bids", data={"amount": "700000"}).status_code == 400, (
        "a form without its token"
    )
    assert sale.auction.sequence == 0


def test_desks_are_closed_to_strangers(world: World, sale: Sale) -> None:
    stranger = world.firm("BANK").operator.browser()
    room = f"/auctions/{sale.auction_id}"
    for path in (
        f"{room}/registrations",
        f"{room}/settlement",
        f"{room}/distribution",
        f"{room}/distribution/new",
        f"/deals/{sale.deal_id}/disposals/new?lot={uuid4()}",
    ):
        assert stranger.get(path).status_code == 404, path
    assert world.firm("BUYER").operator.browser().get("/disposals").status_code == 403


def test_watchers_are_let_in_to_what_is_published_alone(world: World, sale: Sale) -> None:
    assert sale.auction_id in PublicAuctions(world.app)
    assert sale.deal_id not in PublicAuctions(world.app)
    assert _may_watch(world.app, None, str(sale.auction_id))
    assert not _may_watch(world.app, None, str(sale.deal_id))
    assert not _may_watch(world.app, None, "no id")


def test_the_whole_sale_by_pages(world: World) -> None:
    """From the proposal to the buyer's code, each on the page that asks for it."""
    enforced = an_enforced_sale(world)
    auction_id, bank, winner = enforced.sale.auction_id, enforced.deal.bank, enforced.sale
    enforced.sell("5650000")
    room = f"/auctions/{auction_id}"
    buyer = winner.bidders[1].operator
    assert "You won" in buyer.browser().get(room).text
    assert "collection" not in buyer.browser().get(f"{room}/settlement").text.lower().split("transfer the balance")[0]
    assert post(bank.operator, f"{room}/payment", f"{room}/settlement", reference="BAL-9").status_code == 302
    code = re.search(r'<copy-text text="([A-Z2-9]{8})"', buyer.browser().get(f"{room}/settlement").text)
    assert code
    keeper = enforced.deal.parties.warehouse.operator
    assert "Sold goods to hand over" in keeper.browser().get("/").text
    assert post(keeper, f"{room}/handover", "/handovers", code="WRONG", collector="Li Lei").status_code == 422
    assert post(keeper, f"{room}/handover", "/handovers", code=code.group(1), collector="Li Lei").status_code == 302
    world.work()
    held = post(bank.operator, f"{room}/distribution", f"{room}/distribution/new", storage="0", enforcement="0", commission_rate="0", tax_rate="0")  # fmt: skip
    assert (held.status_code, "the proceeds are held" in held.text) == (409, True)
    assert "Bought goods to accept or dispute" in buyer.browser().get("/").text
    assert post(buyer, f"{room}/acceptance", f"{room}/acceptance").status_code == 302
    assert "Distribute the proceeds" in bank.operator.browser().get(room).text
    wrong = post(
        bank.operator,
        f"{room}/distribution",
        f"{room}/distribution/new",
        storage="60000",
        enforcement="x",
        commission_rate="2",
        tax_rate="13",
    )
    assert wrong.status_code == 422
    assert 'id="error-enforcement"' in wrong.text
    sent = post(
        bank.operator,
        f"{room}/distribution",
        f"{room}/distribution/new",
        storage="60000",
        enforcement="40000",
        commission_rate="2",
        tax_rate="13",
        junior="Jiangnan Factoring",
        junior_amount="300000",
    )
    assert sent.status_code == 302
    with bank.operator.ws() as ws:
        [proposal] = waiting(ws)
    decided(bank, proposal)
    borrower = enforced.deal.sme.operator.browser()
    statement = borrower.get(f"{room}/distribution").text
    assert borrower.get(f"{room}/distribution.pdf").data.startswith(b"%PDF")
    heading, *ranks = cells_of(borrower.get(f"{room}/distribution.xlsx").data, 20)
    assert len(ranks) == len(borrower.get(f"{room}/distribution.csv").text.splitlines()) - 1
    assert sum(Decimal(rank[heading.index("paid")]) for rank in ranks) == 5_650_000
    assert "650,000.00" in statement
    assert "Jiangnan Factoring" in statement
    assert "Closed" in bank.operator.browser().get(room).text


def test_a_proposal_by_form_is_refused_at_its_field_and_then_made(world: World) -> None:
    deal = a_bad_loan(world)
    form = f"/deals/{deal.deal_id}/disposals/new?lot={deal.lots[0].id}"
    officer = deal.bank.operator
    page = officer.browser().get(form)
    assert page.status_code == 200
    filled = dict(re.findall(r'name="(\w+)" type="(?:text|datetime-local)"[^>]*?value="([^"]*)"', page.text))
    filled |= {"lot": str(deal.lots[0].id), "regime": "AGREED_ONLINE"}
    low = post(officer, f"/deals/{deal.deal_id}/disposals", form, **(filled | {"start_price": "1"}))
    assert low.status_code == 409
    assert 'id="error-start_price"' in low.text
    filled |= {"larger_steps": "5,000,000：20,000\n6000000: 50,000"}
    for steps in ("5,000,000 20,000", "much: 20,000", "5,000,000: 20,000\n4,000,000: 30,000"):
        unclear = post(officer, f"/deals/{deal.deal_id}/disposals", form, **(filled | {"larger_steps": steps}))
        assert unclear.status_code == 422
        assert "error-summary" in unclear.text
    raffle = post(officer, f"/deals/{deal.deal_id}/disposals", form, **(filled | {"regime": "RAFFLE"}))
    assert (raffle.status_code, "Choose a kind of sale" in raffle.text) == (422, True)
    made = post(officer, f"/deals/{deal.deal_id}/disposals", form, **filled)
    assert (made.status_code, made.headers.get("Location")) == (302, "/disposals"), made.text[-3000:]


def test_pages_speak_chinese(world: World, sale: Sale) -> None:
    client = world.app.test_client()
    client.set_cookie("locale", "zh")
    assert "起拍价" in client.get(f"/auctions/{sale.auction_id}").text
    assert "找货" in client.get("/catalogue").text


def test_a_bid_of_another_day_names_its_day(world: World, sale: Sale) -> None:
    at = datetime(2026, 5, 4, 9, 30, 15, tzinfo=UTC)
    bid = SimpleNamespace(at=at, ends_at=at, amount_minor=100, paddle=7, origin="HAND", outcome="ACCEPTED")
    auction = SimpleNamespace(
        closes_at=at,
        own=ENGLISH_TERMS,
        kind=ENGLISH_TERMS.kind,
        soft_close_seconds=300,
        money=lambda minor: Money(minor, "CNY"),
    )
    with world.app.test_request_context("/?lang=en"):
        told = [shown.ladder([bid], auction, 7, now)[0]["shown_at"] for now in (at, at + timedelta(days=1))]  # type: ignore[list-item,arg-type]
    assert told == ["17:30:15", "4 May 17:30:15"]
