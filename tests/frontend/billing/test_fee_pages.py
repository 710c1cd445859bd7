"""Fees by page and by call: the operator proposes a plan and confirms a payment, a firm reads what it costs, its invoice, its paper."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tenants import approvals
from tests.factories import Firm, Person, World
from tests.frontend.disposal.test_pages import post
from tests.frontend.forms import reads_before_deciding
from tests.marketplace.billing.makers import Billed, a_plan_in_force, clear_fees
from tests.marketplace.billing.test_rules_plans import USUAL
from tests.marketplace.supervision.makers import a_scene, a_watching_device

FIGURES = {
    "effective_from": "2031-06-01", "currency": "CNY", "lots_free": "5", "lot_month": "30", "deal_fee": "200", "sale_share": "0.5", "vat_rate": "6", "pay_days": "30",
    "notice_days": "14", "payee": "Bailee Operations", "payee_account": "6222 1", "because": "What it costs to run.",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _for_this_test_alone(world: World) -> Iterator[None]:
    clear_fees(world)
    yield
    clear_fees(world)


def a_watched_firm(world: World) -> tuple[Billed, Firm]:
    billed, scene = a_plan_in_force(world, replace(USUAL, lots_free=0)), a_scene(world)
    a_watching_device(scene.supervisor, scene.lot.id)
    return billed, scene.sme


def to_confirm(operator: Person) -> int:
    """How many payments wait for the operator, by its first page: other tests' firms are billed too."""
    page = operator.browser().get("/?lang=en").text
    found = re.search(r"Fee payments to confirm</b>.*?<b class=\"figure\">(\d+)</b>", page, re.DOTALL)
    return int(found[1]) if found else 0


def test_the_operator_proposes_and_everybody_reads(world: World) -> None:
    operator, firm = world.firm("PLATFORM"), world.firm()
    wrong = post(operator.operator, "/fees/plans", "/fees", **(FIGURES | {"effective_from": "2031-06-02"}))
    assert wrong.status_code == 422
    assert "begins on the first day of a month" in wrong.text
    assert post(operator.operator, "/fees/plans", "/fees", **FIGURES).status_code == 302
    assert "second pair of eyes" in operator.operator.browser().get("/fees?lang=en").text
    reads_before_deciding(operator.approver, "A sale costs its seller 0.50% of the price", "Paid to")
    with operator.approver.ws() as ws:
        [one] = approvals.waiting(ws)
        approvals.decide(ws, one.id, approve=True)
    page = firm.operator.browser().get("/fees?lang=en").text
    assert "5 watched lots a month are free for every firm." in page
    assert "Propose a plan" not in page
    [plan] = firm.operator.call("GET", "/fee-plans").json["items"]
    assert (plan["lot_month"], plan["sale_share"]) == ({"amount": "30.00", "currency": "CNY"}, "0.005000")


def test_a_firm_reads_what_it_owes_and_the_operator_confirms_what_came(world: World) -> None:
    billed, firm = a_watched_firm(world)
    so_far = firm.owner.call("GET", "/fees").json
    assert [(one["kind"], one["number"] != "") for one in so_far["used"]] == [("LOT_MONTH", True)]
    assert so_far["bills"][0]["total"] == {"amount": "31.80", "currency": "CNY"}
    page = firm.owner.browser().get("/fees?lang=en").text
    assert all(words in page for words in ("31.80", "Each watched lot costs its owner CN¥30.00 a month."))
    assert "are free for every firm" not in page
    billed.end_month()
    [listed] = firm.owner.call("GET", "/fee-invoices?status=ISSUED").json["items"]
    path, operator = f"/fees/invoices/{listed['id']}", billed.operator.operator
    assert f"Fee invoice {listed['number']} to pay" in firm.owner.browser().get("/?lang=en").text
    waiting = to_confirm(operator)
    assert waiting >= 1
    page = firm.owner.browser().get(f"{path}?lang=zh").text
    assert listed["number"] in page
    assert "Confirm the payment" not in firm.owner.browser().get(f"{path}?lang=en").text
    paid = {"amount": "31.80", "reference": "TT-9", "received_on": f"{world.now:%Y-%m-%d}"}
    assert post(firm.owner, f"{path}/payments", path, **paid).status_code == 403
    assert post(operator, f"{path}/payments", path, **paid).status_code == 302
    assert listed["number"] + " to pay" not in firm.owner.browser().get("/?lang=en").text
    assert to_confirm(operator) == waiting - 1
    sheet = firm.owner.call("GET", f"/fee-invoices/{listed['id']}").json
    assert (sheet["status"], sheet["payment"]["reference"]) == ("PAID", "TT-9")


def test_an_invoice_is_on_paper_and_in_a_table_in_both_languages(world: World) -> None:
    billed, firm = a_watched_firm(world)
    billed.end_month()
    path = f"/fees/invoices/{billed.invoice(firm).id}"
    browser = firm.owner.browser()
    for language in ("en", "zh"):
        assert browser.get(f"{path}.pdf?lang={language}").data.startswith(b"%PDF")
    lines = browser.get(f"{path}.csv").text.splitlines()
    assert lines[1].startswith("LOT_MONTH,,,1,0,30.00,30.00,CNY")
    assert len(lines) == 3
    assert billed.invoice(firm).number in browser.get("/fees/invoices.csv").text


def test_a_credit_note_is_proposed_by_call_and_read_by_the_firm(world: World) -> None:
    billed, firm = a_watched_firm(world)
    billed.end_month()
    call = f"/fee-invoices/{billed.invoice(firm).id}"
    assert firm.owner.call("POST", f"{call}/credit-notes", {"because": "No."}).status_code == 403
    made = billed.operator.operator.call("POST", f"{call}/credit-notes", {"because": "Its device was broken."})
    assert made.status_code == 201
    with billed.operator.approver.ws() as ws:
        approvals.decide(ws, approvals.waiting(ws)[0].id, approve=True)
    assert firm.owner.call("GET", call).json["credit"]["because"] == "Its device was broken."
    page = firm.owner.browser().get(f"/fees/invoices/{billed.invoice(firm).id}?lang=en").text
    assert "Taken back by credit note" in page
