"""Plans and receipts in the browser and by call: every step has a screen and a call, in both languages, and the QR leads anybody to the truth."""

import re
from typing import Any
from uuid import uuid4

import pytest

from marketplace.inventory import actions as inventory
from marketplace.inventory.conversions.descent import lines_of, plan_for
from marketplace.inventory.receipts.queries import receipts_of_lot, requests_of
from tenants import approvals
from tests.factories import Firm, Person, World
from tests.marketplace.financing.makers import a_running_loan
from tests.marketplace.pledges.test_conversion import Yard
from tests.marketplace.pledges.test_receipts import WRITTEN, Desk


def post(person: Person, address: str, fields: dict[str, Any] | None = None) -> Any:
    browser = person.browser()
    token = re.search(r'name="csrf-token" content="([^"]+)"', browser.get("/lots").text)
    assert token
    return browser.post(address, data={"csrf_token": token[1], "_key": str(uuid4()), **(fields or {})})


def approve(firm: Firm) -> None:
    with firm.approver.ws() as ws:
        (waiting,) = approvals.waiting(ws)
    assert post(firm.approver, f"/approvals/{waiting.id}/approval").status_code == 302


@pytest.fixture
def yard(world: World) -> Yard:
    return Yard(world)


def test_a_lot_is_split_by_screen(yard: Yard) -> None:
    lot, p = yard.lot("10.000"), yard.parties
    assert "Plan the split" in p.sme.operator.browser().get(f"/lots/{lot.id}/conversion").text
    wrong = post(p.sme.operator, f"/lots/{lot.id}/split", {"part_1": "4", "part_2": "5"})
    assert "the lot is 10.000 t" in wrong.text
    assert post(p.sme.operator, f"/lots/{lot.id}/split", {"part_1": "4", "part_2": "6"}).status_code == 302
    with p.warehouse.operator.ws(read_only=True) as ws:
        plan = plan_for(ws, lot.id)
        assert plan
        children = [one.child_id for one in lines_of(ws, plan.id)]
    assert lot.number in p.warehouse.approver.browser().get("/conversions").text
    assert "It is done" in p.warehouse.approver.browser().get(f"/conversions/{plan.id}").text
    places = {f"bin_{child}": str(place) for child, place in zip(children, yard.free_bins(2), strict=True)}
    assert post(p.warehouse.approver, f"/conversions/{plan.id}/execution", places).status_code == 302
    page = p.sme.operator.browser().get(f"/lots/{children[0]}").text
    assert "Where it comes from and went" in page
    assert lot.number in page


def test_a_lot_is_merged_and_given_up_by_call(yard: Yard) -> None:
    one, two, p = yard.lot("10.000"), yard.lot("20.000"), yard.parties
    made = p.sme.operator.call("POST", "/conversions/merges", {"lots": [str(one.id), str(two.id)]})
    assert made.status_code == 201
    plan = made.json
    assert (plan["input"]["amount"], len(plan["lines"])) == ("30.000", 2)
    closed = p.warehouse.approver.call("POST", f"/conversions/{plan['id']}/closing", {"because": "no crane"})
    assert (closed.status_code, closed.json["status"]) == (200, "REFUSED")
    again = p.sme.operator.call("POST", "/conversions/merges", {"lots": [str(one.id), str(two.id)]}).json
    place = {"lot_id": again["lines"][0]["child_id"], "bin_id": str(yard.free_bins(1)[0])}
    done = p.warehouse.approver.call("POST", f"/conversions/{again['id']}/execution", {"places": [place]})
    assert (done.status_code, done.json["status"]) == (200, "DONE")
    family = p.sme.operator.call("GET", f"/lots/{place['lot_id']}/family").json["items"]
    assert {row["number"] for row in family} == {one.number, two.number}


def test_a_receipt_by_screen_from_draft_to_new_holder(world: World) -> None:
    desk = Desk(world)
    p, buyer = desk.p, world.firm("BUYER")
    form = f"/lots/{desk.lot.id}/warehouse-receipt"
    assert "Loss standard" in p.warehouse.operator.browser().get(form).text
    assert post(p.warehouse.operator, form, WRITTEN | {"quantity": "300", "quantity_unit": "TNE"}).status_code == 302
    approve(p.warehouse)
    with p.sme.operator.ws(read_only=True) as ws:
        (receipt,) = receipts_of_lot(ws, desk.lot.id)
    here = f"/receipts/{receipt.id}"
    assert receipt.number in p.sme.operator.browser().get("/receipts").text
    assert "Sign the endorsement" in p.sme.operator.browser().get(here).text
    assert post(p.sme.operator, f"{here}/endorsement", {"to": str(buyer.tenant_id)}).status_code == 302
    with p.sme.operator.ws(read_only=True) as ws:
        (request,) = requests_of(ws, receipt.id)
    assert "Propose to sign" in p.warehouse.operator.browser().get(here).text
    assert post(p.warehouse.operator, f"/receipt-requests/{request.id}/signature").status_code == 302
    approve(p.warehouse)
    assert buyer.name in buyer.operator.browser().get(here).text
    paper = buyer.operator.browser().get(f"{here}/receipt.pdf")
    assert (paper.status_code, paper.mimetype) == (200, "application/pdf")


def test_the_qr_leads_anybody_to_what_it_says_and_to_no_secret(world: World) -> None:
    desk = Desk(world)
    receipt = desk.issue("300.000")
    visitor = world.app.test_client()
    page = visitor.get(f"/verify/{receipt.number}/{receipt.code}")
    assert page.status_code == 200
    assert receipt.content_hash in page.text
    for secret in (desk.p.sme.name, str(receipt.id), str(desk.lot.id), desk.lot.number):
        assert secret not in page.text
    assert visitor.get(f"/verify/{receipt.number}/{'0' * 12}").status_code == 404
    zh = visitor.get(f"/verify/{receipt.number}/{receipt.code}", headers={"Accept-Language": "zh"})
    assert "仓单" in zh.text


@pytest.mark.parametrize("damaged", [True, False])
def test_the_qr_says_that_goods_are_lost_or_damaged(world: World, damaged: bool) -> None:
    desk = Desk(world)
    receipt = desk.issue("300.000")
    visitor, there = world.app.test_client(), f"/verify/{receipt.number}/{receipt.code}"
    assert "reported" not in visitor.get(there).text
    with desk.p.supervisor.operator.ws() as ws:
        inventory.report_loss(ws, desk.lot.id, damaged=damaged, because="a fire in hall 2")
    page = visitor.get(there).text
    assert ("The goods are reported damaged" in page, "The goods are reported lost" in page) == (damaged, not damaged)
    query = {"number": receipt.number, "code": receipt.code}
    told = desk.p.bank.operator.call("GET", f"/receipt-verifications?number={query['number']}&code={query['code']}").json  # fmt: skip
    assert told["spoilt"] == ("DAMAGED" if damaged else "LOST")


def test_a_receipt_by_call(world: World) -> None:
    desk = Desk(world)
    receipt = desk.issue("500.000")
    parts = [{"amount": "200", "unit": "TNE"}, {"amount": "299.999", "unit": "TNE"}]
    wrong = desk.p.sme.operator.call("POST", f"/receipts/{receipt.id}/splits", {"parts": parts})
    assert wrong.status_code == 409
    parts[1]["amount"] = "300"
    asked = desk.p.sme.operator.call("POST", f"/receipts/{receipt.id}/splits", {"parts": parts})
    assert asked.status_code == 201
    signed = desk.p.warehouse.operator.call("POST", f"/receipt-requests/{asked.json['id']}/signatures")
    assert signed.status_code == 201
    approve(desk.p.warehouse)
    rows = desk.p.sme.operator.call("GET", "/receipts").json["items"]
    assert sorted((row["status"], row["quantity"]["amount"]) for row in rows) == [
        ("ISSUED", "200.000"),
        ("ISSUED", "300.000"),
        ("SPLIT", "500.000"),
    ]
    query = f"number={receipt.number}&code={receipt.code}"
    told = desk.p.bank.operator.call("GET", f"/receipt-verifications?{query}")
    assert (told.json["status"], told.json["pledged"]) == ("SPLIT", False)


def test_a_receipt_is_pledged_by_screen(world: World) -> None:
    """Holder signs on the receipt's page, the warehouse signs, and the bank sees the paper on its list of goods."""
    deal = a_running_loan(world)
    desk = Desk(world, deal.parties)
    receipt = desk.issue("300.000")
    here = f"/receipts/{receipt.id}"
    assert f'href="{here}/pledge"' in deal.sme.operator.browser().get(here).text
    assert deal.bank.name in deal.sme.operator.browser().get(f"{here}/pledge").text
    assert "Choose" in post(deal.sme.operator, f"{here}/pledge", {"deal_id": ""}).text
    assert post(deal.sme.operator, f"{here}/pledge", {"deal_id": str(deal.deal_id)}).status_code == 302
    goods = deal.bank.operator.browser().get(f"/pledges/{deal.deal_id}").text
    assert receipt.number in goods
    assert "not endorsed yet" in goods
    with deal.sme.operator.ws() as ws:
        (asked,) = requests_of(ws, receipt.id)
        inventory.close_request(ws, asked.id, because="fees first")
    assert f'action="{here}/pledge-endorsement"' in deal.sme.operator.browser().get(here).text
    assert post(deal.sme.operator, f"{here}/pledge-endorsement").status_code == 302
    desk.endorse_all()
    assert "Endorsed in pledge by holder and warehouse" in deal.bank.operator.browser().get(here).text
    assert "not endorsed yet" not in deal.bank.operator.browser().get(f"/pledges/{deal.deal_id}").text


def test_a_receipt_is_pledged_by_call(world: World) -> None:
    deal = a_running_loan(world)
    desk = Desk(world, deal.parties)
    receipt, sme = desk.issue("300.000"), deal.sme.operator
    body = {"deal_id": str(deal.deal_id)}
    made = sme.call("POST", f"/receipts/{receipt.id}/pledges", body)
    assert made.status_code == 201
    assert [one["quantity"]["amount"] for one in made.json["items"] if one["by_receipt"]] == ["300.000"]
    again = sme.call("POST", f"/receipts/{receipt.id}/pledges", body)
    assert (again.status_code, again.json["code"]) == (409, "goods_not_free")
    twice = sme.call("POST", f"/receipts/{receipt.id}/pledge-endorsements")
    assert (twice.status_code, twice.json["code"]) == (409, "request_open")
    desk.endorse_all()
    assert deal.bank.operator.call("GET", f"/receipts/{receipt.id}").json["pledge_signed_at"]
