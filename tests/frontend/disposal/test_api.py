"""The whole sale by calls alone, and refusals that programs can act on."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from marketplace.disposal.bidding import combiner
from tenants import approvals
from tenants.members import issue_token
from tests.factories import Person, World
from tests.marketplace.disposal.makers import a_bad_loan, an_auction


@pytest.fixture(autouse=True)
def hang_up() -> Any:
    yield
    combiner.close()


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def approve(person: Person, approval_id: str) -> None:
    with person.ws() as ws:
        approvals.decide(ws, UUID(approval_id), approve=True)


def test_a_sale_by_calls_alone(world: World) -> None:
    deal = a_bad_loan(world)
    bank, checker = deal.bank.operator, deal.bank.approver
    wish = {
        "lot_id": str(deal.lots[0].id), "regime": "AGREED_ONLINE", "start_price": cny("4000000.00"), "step": cny("10000.00"), "deposit": cny("400000.00"),
        "opens_at": (world.now + timedelta(days=8)).isoformat(), "closes_at": (world.now + timedelta(days=9)).isoformat(),
    }  # fmt: skip
    proposed = bank.call("POST", f"/deals/{deal.deal_id}/disposals", wish)
    assert proposed.status_code == 201, proposed.json
    approve(checker, proposed.json["approval_id"])
    world.work()
    path = f"/auctions/{bank.call('GET', '/auctions?limit=1').json['items'][0]['auction_id']}"
    buyers = [world.firm("BUYER").operator for _ in range(2)]
    for buyer in buyers:
        registered = buyer.call("POST", f"{path}/registration", {})
        assert (registered.status_code, registered.json["deposit_state"]) == (201, None)
        held = bank.call("POST", f"{path}/deposits", {"bidder_id": registered.json["bidder_id"], "reference": "BK-1"})
        assert held.json["deposit_state"] == "HELD"
    assert len(bank.call("GET", f"{path}/registrations").json["items"]) == 2
    assert len(buyers[0].call("GET", f"{path}/registrations").json["items"]) == 1
    world.advance(timedelta(days=8))
    world.work()
    key = str(uuid4())
    first = buyers[0].call("POST", f"{path}/bids", {"amount": "4000000.00"}, key=key)
    assert (first.status_code, first.json["sequence"]) == (201, 1)
    assert buyers[0].call("POST", f"{path}/bids", {"amount": "4000000.00"}, key=key).json == first.json
    low = buyers[1].call("POST", f"{path}/bids", {"amount": "4000001.00"})
    assert (low.status_code, low.json["code"]) == (409, "bid_too_low")
    assert buyers[1].call("POST", f"{path}/bids", {"amount": "5650000.00"}).status_code == 201
    assert buyers[1].call("GET", f"{path}/place").json["leads"] is True
    book = buyers[0].call("GET", f"{path}/bids").json["items"]
    assert [(bid["sequence"], bid["outcome"]) for bid in book] == [(3, "ACCEPTED"), (2, "TOO_LOW"), (1, "ACCEPTED")]
    world.advance(timedelta(days=1))
    world.work()
    owed = buyers[1].call("GET", f"{path}/settlement").json
    assert owed["balance"] == cny("5250000.00")
    assert buyers[0].call("GET", f"{path}/settlement").status_code == 404
    assert bank.call("POST", f"{path}/payment", {"reference": "BAL-1"}).json["status"] == "PAID"
    keeper = deal.parties.warehouse.operator
    assert (
        keeper.call("POST", f"{path}/handover", {"code": owed["collection_code"], "collector": "Li Lei"}).json["status"]
        == "DONE"
    )
    assert keeper.call("GET", "/handovers").json["items"][0]["collector"] == "Li Lei"
    world.work()
    assert buyers[1].call("GET", f"{path}/acceptance").json["status"] == "TO_ACCEPT"
    assert buyers[0].call("POST", f"{path}/acceptance", {}).status_code == 404
    assert buyers[1].call("POST", f"{path}/acceptance", {}).json["status"] == "ACCEPTED"
    waterfall = {
        "storage": cny("60000.00"),
        "enforcement": cny("40000.00"),
        "commission_rate": "0.02",
        "tax_rate": "0.13",
        "juniors": [{"claimant": "Jiangnan Factoring", "amount": cny("1.00")}],
    }
    approve(checker, bank.call("POST", f"{path}/distribution", waterfall).json["approval_id"])
    statement = deal.sme.operator.call("GET", f"{path}/distribution").json
    assert sum(int(line["paid"]["amount"].replace(".", "")) for line in statement["lines"]) == 5_650_000_00
    assert bank.call("GET", path).json["status"] == "CLOSED"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [({"amount": "0.00"}, 422, "amount_not_positive"), ({"amount": "-1"}, 422, None), ({"amount": "NaN"}, 422, None), ({"amount": "1e6"}, 422, None), ({}, 422, None),
     ({"amount": "700000.00", "currency": "USD"}, 422, None), ({"amount": "1.00"}, 403, "bidder_not_admitted")],
)  # fmt: skip
def test_bids_that_cannot_be_are_refused(world: World, body: dict[str, str], status: int, code: str | None) -> None:
    sale = an_auction(world)
    answer = sale.bidder(deposit=False).operator.call("POST", f"/auctions/{sale.auction_id}/bids", body)
    assert answer.status_code == status, answer.json
    assert answer.content_type == "application/problem+json"
    assert code in (None, answer.json["code"])


def test_bids_need_a_token_a_key_and_a_scope(world: World) -> None:
    sale = an_auction(world)
    bidder = sale.bidder()
    path = f"/auctions/{sale.auction_id}/bids"
    client = world.app.test_client()
    assert (
        client.post(f"/api/v1{path}", json={"amount": "700000.00"}, headers={"Idempotency-Key": "k"}).status_code == 401
    )
    assert (
        client.post(
            f"/api/v1{path}", json={"amount": "700000.00"}, headers={"Authorization": f"Bearer {bidder.operator.token}"}
        ).status_code
        == 422
    )
    with bidder.operator.ws() as ws:
        reading = issue_token(ws, label="reads", scopes=["read"])
        bidding = issue_token(ws, label="bids", scopes=["place_bid"])
    sale.open()
    refused = client.post(
        f"/api/v1{path}",
        json={"amount": "700000.00"},
        headers={"Authorization": f"Bearer {reading}", "Idempotency-Key": "k"},
    )
    assert (refused.status_code, refused.json["code"]) == (403, "not_allowed")
    made = client.post(
        f"/api/v1{path}",
        json={"amount": "700000.00"},
        headers={"Authorization": f"Bearer {bidding}", "Idempotency-Key": "k"},
    )
    assert made.status_code == 201, made.json
    assert bidder.person("auditor").call("POST", path, {"amount": "705000.00"}).json["code"] == "not_allowed"
    assert bidder.operator.call("POST", f"/auctions/{uuid4()}/bids", {"amount": "705000.00"}).status_code == 404


def test_a_session_that_ended_bids_no_more(world: World) -> None:
    sale = an_auction(world)
    bidder = sale.bidder().operator
    sale.open()
    world.admin.execute("update gate.session set revoked_at = now() where person_id = %s", (bidder.person_id,))
    assert bidder.call("POST", f"/auctions/{sale.auction_id}/bids", {"amount": "700000.00"}).status_code == 401
    assert sale.auction.sequence == 0


def test_signs_that_no_text_can_hold_are_refused(world: World) -> None:
    """NUL has no place in a text of the database: it is refused at the door, wherever it comes in."""
    sale = an_auction(world)
    path, bank, buyer = f"/auctions/{sale.auction_id}", sale.bank.operator, sale.bidder(deposit=False).operator
    answers = [
        bank.call("POST", f"{path}/deposits", {"bidder_id": str(buyer.firm.tenant_id), "reference": "a\u0000b"}),
        bank.call("POST", f"{path}/payment", {"reference": "a\u0000b"}),
        bank.call("POST", f"{path}/cancellation", {"because": "no\u0000reason"}),
        buyer.call("POST", "/searches", {"name": "a\u0000b"}),
        buyer.call("POST", "/searches", {"name": "a", "q": "\u0000"}),
        buyer.call("GET", "/listings?q=%00&place=%00"),
    ]
    assert all(answer.status_code < 500 for answer in answers), [answer.json for answer in answers]


def test_a_limit_by_call_bids_for_its_owner_and_is_told_to_nobody_else(world: World) -> None:
    sale = an_auction(world).open_with_bidders(2)
    path, (one, two) = f"/auctions/{sale.auction_id}", [firm.operator for firm in sale.bidders]
    first = one.call("POST", f"{path}/bids", {"limit": "800000.00"})
    assert (first.status_code, first.json["amount"], first.json["leads"]) == (201, cny("700000.00"), True), first.json
    second = two.call("POST", f"{path}/bids", {"amount": "710000.00", "limit": "750000.00"})
    assert (second.json["amount"], second.json["leads"]) == (cny("710000.00"), False)
    assert one.call("GET", f"{path}/place").json["limit"] == cny("800000.00")
    assert two.call("GET", f"{path}/place").json["limit"] == cny("750000.00")
    book = two.call("GET", f"{path}/bids").json["items"]
    assert [(bid["amount"]["amount"], bid["origin"]) for bid in book[:2]] == [("755000.00", "LIMIT"), ("750000.00", "LIMIT")]  # fmt: skip
    for body, field in (({}, "amount"), ({"limit": "0"}, "limit"), ({"amount": "760000", "limit": "750000"}, "limit")):
        refused = two.call("POST", f"{path}/bids", body)
        assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field), refused.json
