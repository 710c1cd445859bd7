"""A negotiated sale by page and by call: proposed with its own terms, rooms side by side, offers and answers, the pledgor's word."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from marketplace.disposal.bidding import combiner
from tenants import approvals
from tests.factories import Person, Shared, World
from tests.frontend.disposal.test_kinds import propose, yuan
from tests.frontend.disposal.test_pages import post, token_of
from tests.frontend.forms import reads_before_deciding
from tests.marketplace.disposal.makers import a_bad_loan, an_auction, cny
from tests.marketplace.disposal.negotiating.makers import NEGOTIATED, some_talks


@pytest.fixture(autouse=True)
def hang_up() -> Any:
    yield
    combiner.close()


def look(person: Person, path: str) -> str:
    return person.browser().get(f"{path}?lang=en", follow_redirects=True).text


def said(person: Person, path: str, **fields: str) -> Any:
    """A form of a room, filled in and sent."""
    client, room = person.browser(), path.rpartition("/")[0]
    return client.post(path, data={"csrf_token": token_of(client, room), "_key": str(uuid4()), **fields})


def test_from_the_proposal_to_the_bargain_by_calls_alone(world: World) -> None:
    proposed, bank, checker = propose(a_bad_loan(world), method="NEGOTIATED", answer_minutes=720, alone=yuan("9000000.00"), closes_at=(world.now + timedelta(days=18)).isoformat())  # fmt: skip
    assert proposed.status_code == 201, proposed.json
    with checker.ws() as ws:
        approvals.decide(ws, UUID(proposed.json["approval_id"]), approve=True)
    world.work()
    told = bank.call("GET", "/auctions?limit=1").json["items"][0]
    assert (told["method"], told["stage"], told["answer_seconds"]) == ("NEGOTIATED", "BEFORE", 43_200)
    path = f"/auctions/{told['auction_id']}"
    assert bank.call("GET", f"{path}/floor").json["agreed"] is None
    buyer = world.firm("BUYER").operator
    buyer_id = buyer.call("POST", f"{path}/registration", {}).json["bidder_id"]
    bank.call("POST", f"{path}/deposits", {"bidder_id": buyer_id, "reference": "BK-1"})
    world.advance(timedelta(days=8))
    world.work()
    [mine] = buyer.call("GET", f"{path}/talks").json["items"]
    room = f"{path}/talks/{mine['room_id']}"
    wish = {"amount": "4100000.00", "seen": 0, "delivery": "Ex warehouse", "firm": True}
    made = buyer.call("POST", f"{room}/offers", wish)
    assert (made.status_code, made.json["room"]["waiting"]) == (201, False)
    [offer] = made.json["room"]["offers"]
    assert (offer["receipt"]["outcome"], offer["receipt"]["amount_minor"], len(offer["salt"])) == ("OFFERED", 0, 64)
    firm = buyer.call("POST", f"{room}/withdrawal", {"seen": 1})
    assert (firm.status_code, firm.json["code"]) == (409, "offer_firm")
    low = bank.call("POST", f"{room}/acceptance", {"seen": 1})
    assert (low.status_code, low.json["code"]) == (409, "consent_missing")
    plain = buyer.call("POST", f"{path}/bids", {"amount": "4200000.00"})
    assert (plain.status_code, plain.json["code"]) == (409, "bargains")
    unseen = buyer.call("POST", f"{room}/offers", wish | {"amount": "4200000.00"})
    assert (unseen.status_code, unseen.json["errors"][0]["field"]) == (409, "seen")
    assert bank.call("POST", f"{room}/refusal", {"seen": 1}).json["room"]["offers"][0]["status"] == "DECLINED"
    countered = bank.call("POST", f"{room}/offers", {"amount": "6000000.00", "seen": 1})
    assert countered.json["proposed"] is None
    assert buyer.call("POST", f"{room}/acceptance", {"seen": 2}).status_code == 200
    world.work()
    assert buyer.call("GET", f"{path}/settlement").json["price"] == yuan("6000000.00")


@pytest.mark.parametrize(
    ("own", "field", "code"),
    [
        ({"method": "NEGOTIATED"}, "answer_minutes", "kind_term_missing"),
        ({"method": "NEGOTIATED", "answer_minutes": 5}, "answer_minutes", "window_wrong"),
        ({"method": "ENGLISH", "alone": yuan("1.00")}, "alone", "kind_term_needless"),
        ({"method": "NEGOTIATED", "answer_minutes": 60, "regime": "COURT_ONLINE", "authority": "A court"}, "method", "kind_not_permitted"),
        ({"method": "NEGOTIATED", "answer_minutes": 60, "start_price": yuan("1000000.00"), "deposit": yuan("100000.00")}, "start_price", "start_too_low"),
        ({"method": "NEGOTIATED", "answer_minutes": 60, "closes_at": "2036-01-01T00:00:00+00:00"}, "ends_at", "talks_too_long"),
    ],
)  # fmt: skip
def test_terms_that_make_no_negotiation_are_refused_by_name(
    shared: Shared, own: dict[str, Any], field: str, code: str
) -> None:
    refused, *_ = propose(shared(a_bad_loan), **own)
    assert refused.json["code"] == code, refused.json
    assert refused.json["errors"][0]["field"] == field


def test_rooms_side_by_side_and_each_buyer_its_own(world: World) -> None:
    talks = some_talks(world, alone=780_000)
    one, two = talks.sale.bidders
    path, sale = f"/auctions/{talks.auction_id}/talks", f"/auctions/{talks.auction_id}"
    assert all(words in look(one.operator, sale) for words in ("To my room", "Open for offers", "12 hours"))
    room = f"{path}/{talks.room(one).room_id}"
    assert one.name not in look(two.operator, path)
    assert two.operator.browser().get(room).status_code == 404
    sent = said(one.operator, f"{room}/offers", amount="765,432", delivery="Own trucks", words="All of it", seen="0")  # fmt: skip
    assert sent.status_code == 302
    talks.offer(two, 790_000)
    page = look(talks.seller, path)
    assert all(word in page for word in (one.name, two.name, "765,432", "790,000", "Own trucks", "109.35%"))
    assert "Offers to answer" in look(talks.seller, "/")
    assert "765,432" not in look(two.operator, path)
    assert "outbid" not in look(one.operator, "/"), "a higher offer in another room outbids nobody"
    refused = said(one.operator, f"{room}/offers", amount="700,000", seen="0")
    assert (refused.status_code, "Another offer has come since" in refused.text) == (409, True)
    passed = said(talks.seller, f"{room}/acceptance", seen="1")
    assert "Say why this one is taken" in passed.text
    assert said(talks.seller, f"{room}/acceptance", seen="1", because="Own trucks").status_code == 302
    assert "Waiting for a colleague" in look(talks.seller, path)
    reads_before_deciding(talks.sale.bank.approver, one.name, "Own trucks")
    assert "were refused" not in look(one.operator, sale), "an offer is no refused bid"
    other = f"{path}/{talks.room(two).room_id}"
    assert said(talks.seller, f"{other}/refusal", seen="1").status_code == 302
    assert "Declined" in look(two.operator, path)
    assert said(one.operator, f"{room}/withdrawal", seen="1").status_code == 302
    assert "Withdrawn" in look(one.operator, f"{sale}/bids")
    mine = look(one.operator, room)
    assert f"{sale}/receipts.json" in mine
    assert f"{sale}/receipts.json" not in look(talks.seller, room)
    kept = one.operator.browser().get(f"{sale}/receipts.json").json["receipts"]
    assert {receipt["paddle"] for receipt in kept} == {talks.sale.paddle(one)}
    for language, word in (("en", "Your room with the seller"), ("zh", "您与卖方的洽谈室")):
        assert word in one.operator.browser().get(f"{room}?lang={language}").text
    assert "You have no room here" in look(world.firm("BUYER").operator, path)


def test_the_pledgor_is_asked_by_page_and_the_invitation_goes_out(world: World) -> None:
    world.admin.execute("update house.saved_search set alert = 'OFF'")  # of other tests
    sale = an_auction(world, own=NEGOTIATED, valuation=cny(900_000))
    world.work()
    second = sale.borrower.approver
    pledgor, here = sale.borrower.owner, f"/auctions/{sale.auction_id}/floor"
    assert here in look(pledgor, "/")
    assert "900,000" in look(pledgor, here)
    assert "Do not agree" not in look(sale.bank.operator, here)
    assert world.firm("BUYER").operator.browser().get(here).status_code == 404
    assert post(pledgor, f"{here}/answer", here, answer="accept").status_code == 302
    assert "a colleague has to agree too" in look(pledgor, here)
    [waiting] = [one["id"] for one in second.call("GET", "/approvals").json["items"] if one["act"] == "agree_floor"]
    assert second.call("POST", f"/approvals/{waiting}/approval", {}).status_code == 200
    assert "Answered by" in look(sale.bank.operator, here)
    rooms = f"/auctions/{sale.auction_id}/talks"
    assert "No further firm has saved" in look(sale.bank.operator, rooms)
    nobody = post(sale.bank.operator, f"/catalogue/{sale.auction_id}/invitations", rooms)
    assert nobody.status_code == 302
    assert sale.bank.operator.call("GET", f"/listings/{sale.auction_id}/wishes").json == {"firms": 0}
    assert second.call("POST", f"/auctions/{sale.auction_id}/floor/answer", {"agree": True}).status_code == 403


def test_a_negotiation_is_proposed_by_form(world: World) -> None:
    deal = a_bad_loan(world)
    bank, path = deal.bank.operator, f"/deals/{deal.deal_id}/disposals/new?lot={deal.lots[0].id}"
    entered = {
        "lot": str(deal.lots[0].id), "regime": "AGREED_ONLINE", "method": "NEGOTIATED", "start_price": "5000000", "deposit": "500000", "answer_minutes": "1440", "alone": "6,000,000",
        "starts_at": f"{world.now + timedelta(days=9):%Y-%m-%dT%H:%M}", "ends_at": f"{world.now + timedelta(days=20):%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    assert post(bank, f"/deals/{deal.deal_id}/disposals", path, **entered).status_code == 302
