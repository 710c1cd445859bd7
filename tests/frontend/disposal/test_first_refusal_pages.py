"""Rights of first refusal on the pages and by call: named in the form, published in the room, used by its holder's button."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from marketplace.disposal.bidding import combiner
from marketplace.disposal.queries import list_auctions
from tenants.approvals import waiting
from tests.factories import World
from tests.frontend.disposal.test_pages import post
from tests.frontend.forms import reads_before_deciding
from tests.marketplace.disposal.first_refusals.makers import a_sale_with_rights
from tests.marketplace.disposal.makers import a_bad_loan
from tests.marketplace.financing.makers import decided
from tests.tenants.ownership.makers import with_code


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    yield
    combiner.close()


def test_the_holder_buys_at_the_price_that_stands(world: World) -> None:
    sale = a_sale_with_rights(world, {0: 1}).open()
    holder, rival, _ = sale.bidders
    room = f"/auctions/{sale.auction_id}"
    assert "When another leads, you may buy at its price here." in holder.operator.browser().get(room).text
    sale.bid(rival, 700_000)
    assert "At this price:" in holder.operator.browser().get(room).text
    assert "At this price:" not in rival.operator.browser().get(room).text
    stranger = world.app.test_client().get(room).text
    assert holder.name in stranger
    assert "Co-owner of the goods by shares" in stranger
    place = holder.operator.call("GET", f"{room}/place").json
    assert (place["right_order"], place["may_match"]) == (1, True)
    assert post(holder.operator, f"{room}/bids", room, amount="700000").status_code == 302
    place = holder.operator.call("GET", f"{room}/place").json
    assert (place["leads"], place["may_match"]) == (True, False)
    assert [one["outcome"] for one in holder.operator.call("GET", f"{room}/bids").json["items"]] == ["MATCHED", "ACCEPTED"]  # fmt: skip
    assert "by right of first refusal" in rival.operator.browser().get(room).text
    told = rival.operator.call("GET", f"{room}/first-refusals").json["items"]
    assert [(one["organisation"], one["order"]) for one in told] == [(holder.name, 1)]


def test_a_right_is_named_in_the_proposal_and_published_by_a_second_officer(world: World) -> None:
    deal, holder, other = a_bad_loan(world), world.firm("BUYER"), world.firm("BUYER")
    here = f"/deals/{deal.deal_id}/disposals"
    opens = world.now + timedelta(days=8)
    terms: dict[str, Any] = {
        "lot": str(deal.lots[0].id), "regime": "AGREED_ONLINE", "start_price": "4000000", "step": "10000", "deposit": "400000",
        "starts_at": f"{opens:%Y-%m-%dT%H:%M}", "ends_at": f"{opens + timedelta(days=2):%Y-%m-%dT%H:%M}",
        "outside_claimants": "Jiangnan Factoring", "right_code_1": with_code(holder), "right_ground_1": "Co-owner by shares", "right_evidence_1": "Agreement of 2025-03-01",
    }  # fmt: skip
    seen = f"{here}/new?lot={deal.lots[0].id}"
    refused = post(deal.bank.operator, here, seen, **(terms | {"right_ground_1": ""}))
    assert "on which ground the right stands" in refused.text
    assert post(deal.bank.operator, here, seen, **terms).status_code == 302
    with deal.bank.approver.ws(read_only=True) as ws:
        [proposal] = waiting(ws)
    reads_before_deciding(
        deal.bank.approver, holder.name, "Co-owner by shares", "Agreement of 2025-03-01", "Jiangnan Factoring", "Other claimant", deal.sme.name,
        "4,000,000.00", "of the valuation of", "400,000.00", "Without the proof by", "May not bid", deal.bank.name,
    )  # fmt: skip
    decided(deal.bank, proposal)
    with deal.bank.operator.ws(read_only=True) as ws:
        [auction] = list_auctions(ws, mine=True)
    told = other.operator.call("GET", f"/auctions/{auction.auction_id}/first-refusals").json["items"]
    assert [one["organisation"] for one in told] == [holder.name]
    notices = f"/auctions/{auction.auction_id}/notices"
    given = deal.bank.operator.call("GET", notices).json["items"]
    assert [(one["capacity"], one["reached_at"] is None) for one in given] == [("DEBTOR", False), ("HOLDER", False), ("CLAIMANT", True)]  # fmt: skip
    assert "To be served" in deal.bank.operator.browser().get(notices).text
    assert other.operator.browser().get(notices).status_code in (403, 404)
    served = f"{notices}/{given[-1]['notice_id']}/service"
    refused = post(deal.bank.operator, served, notices, proof="SF")
    assert refused.status_code == 422
    assert 'value="SF" aria-invalid="true"' in refused.text
    assert post(deal.bank.operator, served, notices, proof="SF 1234, signed for").status_code == 302
    assert deal.bank.operator.call("GET", notices).json["items"][-1]["proof"] == "SF 1234, signed for"
    assert deal.bank.operator.call("POST", served, {"proof": "once more"}).json["code"] == "notice_reached"


def test_the_call_takes_rights_too(world: World) -> None:
    deal, holder = a_bad_loan(world), world.firm("BUYER")
    opens = world.now + timedelta(days=8)
    wish = {
        "lot_id": str(deal.lots[0].id), "regime": "AGREED_ONLINE", "start_price": {"amount": "4000000.00", "currency": "CNY"},
        "step": {"amount": "10000.00", "currency": "CNY"}, "deposit": {"amount": "400000.00", "currency": "CNY"},
        "opens_at": opens.isoformat(), "closes_at": (opens + timedelta(days=2)).isoformat(),
        "first_refusals": [{"code": with_code(holder), "order": 2, "ground": "Co-owner by shares", "evidence": "Agreement"}],
    }  # fmt: skip
    sealed = wish | {"method": "SEALED_FIRST", "opening_minutes": 30}
    refused = deal.bank.operator.call("POST", f"/deals/{deal.deal_id}/disposals", sealed)
    assert refused.json["code"] == "right_needs_open_bids"
    assert deal.bank.operator.call("POST", f"/deals/{deal.deal_id}/disposals", wish).status_code == 201
