"""Trades by screen and by call: entered, imported, four flows side by side with the breaks in words, before a deal."""

import base64
import io
from dataclasses import replace
from typing import Any

import pytest

from frontend.documents import flows
from marketplace.documents.matching import matched
from marketplace.documents.queries import find_trade, list_trades
from marketplace.documents.rules.content import Paper
from marketplace.documents.rules.entries import Lane, Party
from marketplace.documents.rules.trade_files import read_trade_rows
from tests.factories import World
from tests.frontend.documents.test_pages import post
from tests.marketplace.documents.makers import PDF, a_document, an_e_invoice
from tests.marketplace.documents.test_trade_files import GOODS, INVOICES, ORDERS, PAYMENTS
from tests.marketplace.documents.trade_makers import (
    COPPER,
    DELIVERED,
    SELLER,
    a_record,
    a_trade,
    a_whole_trade,
    an_upload,
    said,
)
from tests.marketplace.financing.makers import a_request, a_running_loan

ORDER_FORM = {
    "number": "PO-9", "dated": "2026-03-01", "seller": "Jiangxi Copper", "buyer": "Huaxia Cable", "currency": "CNY", "goods-1": "Copper cathode", "quantity-1": "1,500.5",
    "unit-1": "TNE", "price-1": "19850", "quantity-2": "3", "unit-2": "H87", "price-2": "7.5",
}  # fmt: skip


def test_an_order_is_typed_in_and_delivered_by_form(world: World) -> None:
    person = world.firm("SME").operator
    made = post(person, "/trades", ORDER_FORM)
    page = person.browser().get(made.location).text
    assert "CN¥29,784,947.50" in page or "¥29,784,947.50" in page
    added = post(person, f"{made.location}/records", {"kind": "delivery_note", "number": "DN-1", "dated": "2026-03-04", "currency": "CNY", "order_line-1": "1", "quantity-1": "1400", "unit-1": "TNE"})  # fmt: skip
    page = person.browser().get(added.location).text
    assert "Delivery note DN-1 says 1,400 t, Order PO-9, line 1 says 1,500.5 t: 100.5 t (6.70%) less." in page
    assert "送货单 DN-1 为 1,400 吨" in person.browser().get(f"{added.location}?lang=zh").text


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("quantity-1", "many", "Write a figure in digits."),
        ("dated", "1 March", "Write a date as 2026-03-02."),
        ("price-1", "-1", "A price is not negative"),
        ("seller", "", "This must be filled in."),
        ("currency", "XXX", "is not a currency we keep."),
        ("number", "x" * 201, "This is longer than 200 characters."),
    ],
)
def test_wrong_figures_are_told_at_their_field(world: World, field: str, value: str, reason: str) -> None:
    person = world.firm("SME").operator
    answer = post(person, "/trades", ORDER_FORM | {field: value})
    assert answer.status_code == 422
    assert reason in answer.text
    assert 'value="Huaxia Cable"' in answer.text
    with person.ws(read_only=True) as ws:
        assert list_trades(ws) == []


def test_files_go_from_template_to_trade(world: World) -> None:
    person = world.firm("SME").operator
    browser = person.browser()
    for lane in Lane:
        for kind, lang in (("csv", "en"), ("xlsx", "zh"), ("csv", "zh"), ("xlsx", "en")):
            template = browser.get(f"/trades/import-template.{kind}?lane={lane.value}&lang={lang}")
            (row,) = read_trade_rows(template.data, lane)
            assert row["errors"] == []
        assert browser.get(f"/trades/import?lane={lane.value}").status_code == 200
    for lane_, file in (("ORDER", ORDERS), ("GOODS", GOODS), ("INVOICE", INVOICES), ("MONEY", PAYMENTS)):
        read = post(person, "/trades/imports", {"lane": lane_, "file": (io.BytesIO(file.encode()), "file.csv")})
        assert "Good" in browser.get(read.location).text
        post(person, f"{read.location}/import")
    assert "Matched" in browser.get("/trades").text


def test_wrong_cells_stand_beside_their_reason_and_nothing_is_imported(world: World) -> None:
    person = world.firm("SME").operator
    read = post(person, "/trades/imports", {"lane": "ORDER", "file": (io.BytesIO(ORDERS.replace("500,t", "lots,t").encode()), "orders.csv")})  # fmt: skip
    page = person.browser().get(read.location).text
    assert "“lots” is not a quantity of at most three decimals." in page
    assert f"{read.location}/import" not in page
    post(person, f"{read.location}/import")
    with person.ws(read_only=True) as ws:
        assert list_trades(ws) == []


def test_an_electronic_invoice_is_read_on_the_page_or_refused_with_both_figures(world: World) -> None:
    person = world.firm("SME").operator
    trade = a_trade(person)
    wrong = post(person, f"/trades/{trade.trade_id}/e-invoices", {"file": (io.BytesIO(an_e_invoice().replace(b"11215250.00</cbc:Payable", b"11215250.01</cbc:Payable")), "inv.xml")})  # fmt: skip
    assert wrong.status_code == 422
    assert "BT-115 says 11215250.01; recalculated it is 11215250.00." in wrong.text
    read = post(person, f"/trades/{trade.trade_id}/e-invoices", {"file": (io.BytesIO(an_e_invoice()), "inv.xml")})
    page = person.browser().get(read.location).text
    assert "INV-7" in page
    assert "inv.xml" in page


def test_a_paper_is_put_into_figures_and_a_new_version_replaces_it(world: World) -> None:
    person = world.firm("SME").operator
    trade = a_trade(person)
    paper = a_document(person, trade.trade_id, kind="delivery_note", name="note.pdf")
    form = {"number": "DN-5", "dated": "2026-03-04", "seller": "Jiangxi Copper", "currency": "CNY", "order_line-1": "1", "quantity-1": "500", "unit-1": "TNE"}  # fmt: skip
    kept = post(person, f"/documents/{paper.id}/particulars", form)
    assert "DN-5" in person.browser().get(kept.location).text
    assert "DN-5" in person.browser().get(f"/trades/{trade.trade_id}").text
    newer = post(person, "/documents", {"object_id": str(trade.trade_id), "replaces": str(paper.id), "kind": "delivery_note", "file": (io.BytesIO(PDF + b"% 2"), "note.pdf")})  # fmt: skip
    page = person.browser().get(newer.location).text
    assert "version 2" in page
    assert "version 1" in page
    assert "/particulars/new" not in person.browser().get(f"/documents/{paper.id}").text


def test_the_bank_reads_the_four_flows_in_its_deal_and_the_borrower_takes_them_back(world: World) -> None:
    deal = a_running_loan(world)
    trade = a_whole_trade(deal.sme.operator)
    bank, sme = deal.bank.operator, deal.sme.operator
    assert bank.browser().get(f"/trades/{trade.trade_id}").status_code == 404
    post(sme, f"/deals/{deal.deal_id}/trades", {"trade_id": str(trade.trade_id)})
    assert "four flows 100.0%" in bank.browser().get(f"/deals/{deal.deal_id}").text
    page = bank.browser().get(f"/trades/{trade.trade_id}").text
    assert "GRN-PO-1" in page
    assert "Add a record" not in page
    assert bank.call("GET", f"/deals/{deal.deal_id}/trades").json["items"][0]["score"] == "1.0000"
    post(sme, f"/trades/{trade.trade_id}/deals/{deal.deal_id}/withdrawal")
    assert bank.browser().get(f"/trades/{trade.trade_id}").status_code == 404


def test_the_core_enterprise_reads_its_trade_on_its_page_of_the_deal_and_nothing_of_the_pledge(world: World) -> None:
    core = world.firm("CORE_ENTERPRISE")
    deal = a_request(world, core=core)
    trade = a_trade(deal.sme.operator, buyer=Party(core.name))
    post(deal.sme.operator, f"/deals/{deal.deal_id}/trades", {"trade_id": str(trade.trade_id)})
    page = core.operator.browser().get(f"/deals/{deal.deal_id}").text
    assert f"/trades/{trade.trade_id}" in page
    assert "Not open to your firm" in page
    assert page.count("</svg>Requested</span>") == 1  # the deal itself


def test_lines_are_read_as_they_are_numbered_and_name_the_seller_who_is_another(world: World) -> None:
    person = world.firm("SME").operator
    lines = [replace(COPPER, line=str(number)) for number in (11, 10, 9)]
    trade = a_trade(person, lines=lines)
    for number, seller in (("10", Party("Somebody Else")), ("9", SELLER), ("11", SELLER)):
        note = said(f"DN-{number}", DELIVERED, replace(COPPER, line=number), seller=seller)
        a_record(person, trade.trade_id, Paper.DELIVERY_NOTE, note)
    with person.ws(read_only=True) as ws, world.app.test_request_context("/?lang=en"):
        shown = flows.lines_shown(matched(ws, find_trade(ws, trade.trade_id))[0])
    assert [one["line"] for one in shown] == ["10", "9", "11"]  # what is wrong comes first
    other, same, _ = (line["lanes"]["goods"]["entries"][0] for line in shown)
    assert (other["seller"], same["seller"]) == ("Somebody Else", "")
    assert other["figure"] == "500.000 t"


def test_every_step_by_call(world: World) -> None:
    person = world.firm("SME").operator
    line: dict[str, Any] = {"line": "1", "goods_code": "7403", "quantity": "500", "unit": "TNE", "price": "19850"}
    head = {"dated": "2026-03-01", "seller": "Jiangxi Copper", "buyer": "Huaxia Cable"}
    made = person.call("POST", "/trades", head | {"number": "PO-1", "lines": [line]})
    assert (made.status_code, made.json["amount"], made.json["state"]) == (201, "9925000.00", "OPEN")
    trade = f"/trades/{made.json['trade_id']}"
    for kind, number, extra in (("goods_receipt", "GRN-1", {}), ("vat_invoice", "INV-1", {}), ("payment_proof", "PAY-1", {"refers": "INV-1", "lines": [{"amount": "9726500.00"}]})):  # fmt: skip
        body = head | {"kind": kind, "number": number, "dated": "2026-03-05", "lines": [line]} | extra
        assert person.call("POST", f"{trade}/records", body).status_code == 201
    found = person.call("GET", trade).json
    (finding,) = found["lines"][0]["findings"]
    assert (finding["one"], finding["other"], finding["code"]) == ("Payment PAY-1", "Invoice INV-1", "paid")
    assert "198,500.00 (2.00%) less." in finding["reason"]
    assert found["trade"]["score"] == "0.9000"
    assert person.call("GET", "/trades").json["items"][0]["number"] == "PO-1"
    wrong = person.call("POST", f"{trade}/records", head | {"kind": "photo", "number": "X", "lines": [line]})
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "kind")


def test_files_papers_and_figures_by_call(world: World) -> None:
    person = world.firm("CORE_ENTERPRISE").operator
    body = {"lane": "ORDER", "name": "o.csv", "content": base64.b64encode(ORDERS.encode()).decode()}
    read = person.call("POST", "/trade-imports", body).json
    assert (read["good"], read["rows"][0]["cells"]["order"]) == (2, "PO-1")
    assert person.call("POST", f"/trade-imports/{read['id']}/import").status_code == 201
    assert person.call("POST", f"/trade-imports/{read['id']}/import").json["code"] == "file_imported"
    assert person.call("GET", f"/trade-imports/{read['id']}").json["imported_at"]
    trade_id = person.call("GET", "/trades").json["items"][0]["trade_id"]
    invoice = {"name": "i.xml", "content": base64.b64encode(an_e_invoice()).decode()}
    figures = person.call("POST", f"/trades/{trade_id}/e-invoices", invoice).json
    assert (figures["number"], figures["source"], figures["payable"]) == ("INV-7", "READ", "11215250.00")
    paper = figures["document_id"]
    assert person.call("GET", f"/documents/{paper}/particulars").json["lines"][0]["amount"] == "9925000.00"
    assert person.call("POST", f"/documents/{paper}/particulars/reading").status_code == 201
    person.call("POST", f"/documents/{paper}/openings")
    assert person.call("GET", f"/documents/{paper}/openings").json["items"][0]["opened_by"] == person.name
    assert len(person.call("GET", f"/documents/{paper}/versions").json["items"]) == 1


def test_those_who_do_not_trade_find_no_trades(world: World) -> None:
    sme = world.firm("SME").operator
    trade, upload = a_trade(sme), an_upload(sme, "ORDER", ORDERS)
    a_record(sme, trade.trade_id, Paper.DELIVERY_NOTE, said("DN-1", DELIVERED))
    for stranger in (world.firm("SME").operator, world.firm("BANK").operator, world.firm("CORE_ENTERPRISE").operator):
        for address in (f"/trades/{trade.trade_id}", f"/trades/imports/{upload.id}"):
            assert stranger.browser().get(address).status_code == 404
        assert stranger.call("GET", "/trades").json["items"] == []
    assert world.firm("WAREHOUSE_OPERATOR").operator.browser().get("/trades/new").status_code == 403
