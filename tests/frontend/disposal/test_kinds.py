"""Sales that do not ascend by pages and calls: proposed with their own terms, taken from the clock, sealed and opened."""

import json
import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest

from marketplace.disposal.bidding import combiner
from marketplace.disposal.record import recompute
from tenants import approvals
from tests.factories import Person, Shared, World
from tests.frontend.disposal.test_pages import post
from tests.marketplace.disposal.makers import Sale, a_bad_loan, an_auction
from tests.marketplace.disposal.test_kinds import FIRST, FIXED, a_clock, later, stopped
from tests.marketplace.financing.makers import ADeal


@pytest.fixture(autouse=True)
def hang_up() -> Any:
    yield
    combiner.close()


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def look(person: Person, path: str) -> str:
    return person.browser().get(path).text


def sealed_by_hand(sale: Sale, paddle: int, minor: int) -> tuple[str, str]:
    """Seal and salt as a stranger's program makes them from the published words alone."""
    salt = secrets.token_hex(32)
    text = "\n".join(["bailee envelope 1", str(sale.auction_id), str(paddle), str(minor), "CNY", salt])
    return sha256(text.encode()).hexdigest(), salt


def propose(deal: ADeal, **own: Any) -> tuple[Any, Person, Person]:
    wish = {
        "lot_id": str(deal.lots[0].id), "regime": "AGREED_ONLINE", "start_price": yuan("4000000.00"), "step": yuan("10000.00"), "deposit": yuan("400000.00"),
        "opens_at": (deal.world.now + timedelta(days=8)).isoformat(), "closes_at": (deal.world.now + timedelta(days=9)).isoformat(),
    }  # fmt: skip
    bank = deal.bank.operator
    return bank.call("POST", f"/deals/{deal.deal_id}/disposals", wish | own), bank, deal.bank.approver


def test_a_sealed_sale_by_calls_alone(world: World) -> None:
    proposed, bank, checker = propose(a_bad_loan(world), method="SEALED_SECOND", opening_minutes=60)
    assert proposed.status_code == 201, proposed.json
    with checker.ws() as ws:
        approvals.decide(ws, UUID(proposed.json["approval_id"]), approve=True)
    world.work()
    told = bank.call("GET", "/auctions?limit=1").json["items"][0]
    assert (told["method"], told["stage"], told["opening_seconds"]) == ("SEALED_SECOND", "BEFORE", 3600)
    path, auction_id = f"/auctions/{told['auction_id']}", UUID(told["auction_id"])
    buyers, envelopes = [world.firm("BUYER").operator for _ in range(2)], []
    for buyer in buyers:
        buyer_id = buyer.call("POST", f"{path}/registration", {}).json["bidder_id"]
        bank.call("POST", f"{path}/deposits", {"bidder_id": buyer_id, "reference": "BK-1"})
    world.advance(timedelta(days=8))
    world.work()
    for buyer, amount in zip(buyers, ("4100000.00", "4300000.00"), strict=True):
        paddle, salt = buyer.call("GET", f"{path}/place").json["paddle"], secrets.token_hex(32)
        text = "\n".join(["bailee envelope 1", str(auction_id), str(paddle), amount.replace(".", ""), "CNY", salt])
        handed = buyer.call("POST", f"{path}/envelopes", {"seal": sha256(text.encode()).hexdigest()})
        assert (handed.status_code, handed.json["outcome"], handed.json["receipt"]["amount_minor"]) == (
            201,
            "SEALED",
            0,
        )
        envelopes.append({"amount": amount, "salt": salt})
    plain = buyers[0].call("POST", f"{path}/bids", {"amount": "4200000.00"})
    assert (plain.status_code, plain.json["code"]) == (409, "envelopes")
    early = buyers[0].call("POST", f"{path}/envelopes/opening", envelopes[0])
    assert (early.status_code, early.json["code"]) == (409, "sale_not_open")
    world.advance(timedelta(days=1))
    for buyer, envelope in zip(buyers, envelopes, strict=True):
        key = str(uuid4())
        opened = buyer.call("POST", f"{path}/envelopes/opening", envelope, key=key)
        assert opened.status_code == 201, opened.json
        assert buyer.call("POST", f"{path}/envelopes/opening", envelope, key=key).json == opened.json
    assert opened.json["standing"] == yuan("4100000.00")
    world.advance(timedelta(hours=1))
    world.work()
    assert buyers[1].call("GET", f"{path}/settlement").json["price"] == yuan("4100000.00")
    record, found = bank.call("GET", f"{path}/record").json, recompute.Findings(chinese=False)
    recompute.recompute(json.loads(json.dumps(record)), bytes.fromhex(record["key"]), found)
    assert found.wrong == 0
    assert [bid["outcome"] for bid in record["bids"]] == ["SEALED", "SEALED", "NOT_OPEN", "OPENED", "OPENED"], (
        "what was refused is in the book too"
    )


@pytest.mark.parametrize(
    ("own", "field", "code"),
    [
        ({"method": "FIXED"}, "start_price", "start_too_low"),
        ({"method": "FIXED", "regime": "COURT_ONLINE", "authority": "A court"}, "method", "sell_off_too_early"),
        ({"method": "FIXED", "reserve": yuan("9000000.00")}, "reserve", "price_is_reserve"),
        ({"method": "DUTCH"}, "drop", "kind_term_missing"),
        ({"method": "ENGLISH", "opening_minutes": 30}, "opening_minutes", "kind_term_needless"),
        ({"method": "SEALED_FIRST", "opening_minutes": 5}, "opening_minutes", "window_wrong"),
        ({"method": "DUTCH", "drop": yuan("1.00"), "drop_seconds": 60, "floor": yuan("3900000.00")}, "drop", "clock_too_slow"),
        ({"method": "DUTCH", "drop": yuan("1000.00"), "drop_seconds": 5, "floor": yuan("3900000.00")}, "drop_seconds", "interval_wrong"),
        ({"method": "DUTCH", "drop": yuan("10000.00"), "drop_seconds": 60, "floor": yuan("100.00")}, "start_price", "start_too_low"),
        ({"method": "DUTCH", "drop": yuan("10000.00"), "drop_seconds": 60, "floor": yuan("3900000.00"), "reserve": yuan("4000000.00")}, "reserve", "floor_is_reserve"),
        ({"method": "SEALED_FIRST", "opening_minutes": 60, "regime": "COURT_ONLINE", "authority": "A court"}, "method", "kind_not_permitted"),
    ],
)  # fmt: skip
def test_terms_that_make_no_such_sale_are_refused_by_name(
    shared: Shared, own: dict[str, Any], field: str, code: str
) -> None:
    refused, *_ = propose(shared(a_bad_loan), **own)
    assert refused.json["code"] == code, refused.json
    assert refused.json["errors"][0]["field"] == field


def test_the_clock_is_on_the_page_and_a_press_takes_it(world: World) -> None:
    sale = a_clock(world)
    later(sale, timedelta(seconds=605))
    bidder, path = sale.bidders[0].operator, f"/auctions/{sale.auction_id}"
    page = look(bidder, path)
    assert "800,000" in page
    assert 'every="60"' in page
    assert "data-take" in page
    answered = post(bidder, f"{path}/bids", path, **{"amount": "800000"})
    assert answered.status_code == 302
    world.work()
    assert sale.auction.status == "SOLD"
    assert "Sold for" in look(bidder, path)


def test_a_fixed_price_is_on_the_page_and_a_press_takes_it(world: World) -> None:
    sale = an_auction(world, own=FIXED).open_with_bidders(1)
    bidder, path = sale.bidders[0].operator, f"/auctions/{sale.auction_id}"
    page = look(bidder, path)
    assert "Fixed price" in page
    assert "data-take" in page
    assert "<dutch-clock" not in page
    assert post(bidder, f"{path}/bids", path, **{"amount": "700000"}).status_code == 302
    world.work()
    assert sale.auction.status == "SOLD"
    assert "Sold for" in look(bidder, path)


def test_an_envelope_by_page(world: World) -> None:
    sale = an_auction(world, own=FIRST).open_with_bidders(2)
    bidder, path = sale.bidders[0].operator, f"/auctions/{sale.auction_id}"
    page = look(bidder, path)
    assert "<sealed-envelope" in page
    seal, salt = sealed_by_hand(sale, sale.paddle(sale.bidders[0]), 765_432_00)
    post(bidder, f"{path}/envelopes", path, **{"seal": seal})
    assert "Your envelope is in" in look(bidder, path)
    world.set_clock(sale.auction.closes_at)
    assert "Open my envelope" in look(bidder, path)
    post(bidder, f"{path}/envelopes/opening", path, **{"amount": "765,432", "salt": "no salt"})
    post(bidder, f"{path}/envelopes/opening", path, **{"amount": "765,432", "salt": salt})
    assert "Your envelope is open" in look(bidder, path)
    assert "765,432" in look(sale.bidders[1].operator, path)
    assert sale.close().sold_minor == 765_432_00
    assert "Sealed" in look(bidder, f"{path}/bids")


def test_whoever_stopped_the_clock_finds_its_last_word_on_the_page(world: World) -> None:
    sale = stopped(world)
    taker, _, high = sale.bidders
    path = f"/auctions/{sale.auction_id}"
    sale.open_up(high, 850_000)
    world.set_clock(sale.auction.ends_at - timedelta(minutes=20))
    assert 'least="85500000"' in look(taker.operator, path)
    assert "<bid-panel" not in look(high.operator, path)
    assert "last word" in look(high.operator, path)


def test_a_clock_is_proposed_by_form(world: World) -> None:
    deal = a_bad_loan(world)
    bank = deal.bank.operator
    path = f"/deals/{deal.deal_id}/disposals/new?lot={deal.lots[0].id}"
    form = look(bank, path)
    assert "DUTCH_SEALED_BEST" in form
    entered = {
        "lot": str(deal.lots[0].id), "regime": "AGREED_ONLINE", "method": "DUTCH", "start_price": "5000000", "deposit": "400000", "drop": "50000", "drop_seconds": "300",
        "floor": "4000000", "starts_at": f"{world.now + timedelta(days=9):%Y-%m-%dT%H:%M}", "ends_at": f"{world.now + timedelta(days=10):%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    assert post(bank, f"/deals/{deal.deal_id}/disposals", path, **entered).status_code == 302
    refused = post(bank, f"/deals/{deal.deal_id}/disposals", path, **(entered | {"drop_seconds": "often"}))
    assert "Give a whole number." in refused.text
