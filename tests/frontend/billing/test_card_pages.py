"""Paying fees by card on the page and by call, the consent to collect, and what the operator does about what is left."""

from collections.abc import Iterator

import pytest

from marketplace.billing.collecting.ports import collect_by
from tenants import approvals
from tests.factories import World
from tests.frontend.disposal.test_pages import post
from tests.marketplace.billing.makers import a_plan_in_force, an_invoice, clear_fees
from tests.marketplace.financing.makers import a_request
from tests.stripe_fees_fake import FakeFeeStripe, a_fake_fee_stripe


@pytest.fixture
def stripe(world: World) -> Iterator[FakeFeeStripe]:
    with a_fake_fee_stripe(world) as fake:
        yield fake
    clear_fees(world)


def test_a_firm_goes_to_the_card_page_and_comes_back_paid(world: World, stripe: FakeFeeStripe) -> None:
    operator, firm, invoice_id = an_invoice(world)
    path, owner = f"/fees/invoices/{invoice_id}", firm.owner
    assert "Pay CN¥212.00 by card" in owner.browser().get(f"{path}?lang=en").text
    assert "by card" not in operator.owner.browser().get(f"{path}?lang=en").text
    answer = post(owner, f"{path}/card-payments", path)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{path}#card"), "forms lead nowhere else"
    [page_id] = stripe.pages
    assert f'href="{stripe.pages[page_id]["url"]}"' in owner.browser().get(path).text
    assert owner.call("POST", f"/fee-invoices/{invoice_id}/card-payments", {}).json["url"] == stripe.pages[page_id]["url"]  # fmt: skip
    stripe.pay(page_id)
    world.work()
    page = owner.browser().get(f"{path}?lang=en").text
    assert "Continue to the card page" not in page
    sheet = owner.call("GET", f"/fee-invoices/{invoice_id}").json
    assert (sheet["status"], sheet["position"]["paid"]["amount"], sheet["cards"][0]["status"]) == ("PAID", "212.00", "TAKEN")  # fmt: skip
    book = {one["account"]: one["balance"]["amount"] for one in operator.owner.call("GET", "/fee-book").json["items"]}
    assert (book["receivable"], book["fee_income"], book["vat_owed"]) == ("0.00", "-200.00", "-12.00")
    assert owner.call("GET", "/fee-book").status_code == 403
    desk = operator.owner.browser().get("/fees?lang=zh").text
    assert "支付服务商待结算款" in desk


def test_a_consent_is_given_with_a_limit_and_withdrawn(world: World, stripe: FakeFeeStripe) -> None:
    _, firm, _ = an_invoice(world)
    owner = firm.owner
    wrong = post(owner, "/fees/mandates", "/fees", limit="500", limit_currency="CNY")
    assert wrong.status_code == 422
    assert "Say that you agree." in wrong.text
    assert post(owner, "/fees/mandates", "/fees", limit="500", limit_currency="CNY", agreed="yes").status_code == 302
    [page_id] = stripe.pages
    assert stripe.pages[page_id]["url"] in owner.browser().get("/fees").text
    stripe.save(page_id)
    world.work()
    assert "•••• 4242" in owner.browser().get("/fees?lang=en").text
    [consent] = owner.call("GET", "/fee-mandates").json["items"]
    assert (consent["status"], consent["limit"]["amount"]) == ("ACTIVE", "500.00")
    assert "at most CN¥500.00" in consent["consent"]
    gone = owner.call("POST", f"/fee-mandates/{consent['id']}/withdrawal", {})
    assert gone.json["status"] == "WITHDRAWN"
    assert "Save a card" in owner.browser().get("/fees?lang=en").text


def test_the_operator_writes_off_and_without_a_card_service_nothing_is_offered(world: World, stripe: FakeFeeStripe) -> None:  # fmt: skip
    operator, firm, invoice_id = an_invoice(world)
    collect_by(None)
    path = f"/fees/invoices/{invoice_id}"
    assert "by card" not in firm.owner.browser().get(f"{path}?lang=en").text
    assert firm.owner.call("POST", f"/fee-invoices/{invoice_id}/card-payments", {}).status_code == 409
    assert post(operator.operator, f"{path}/returns", path, reference="B", returned_on="2026-03-01").status_code == 409
    assert operator.operator.call("POST", f"/fee-invoices/{invoice_id}/write-offs", {"because": "Gone."}).status_code == 201  # fmt: skip
    assert "write-off waits" in operator.operator.browser().get(f"{path}?lang=en").text
    with operator.approver.ws() as ws:
        approvals.decide(ws, approvals.waiting(ws)[0].id, approve=True)
    sheet = firm.owner.call("GET", f"/fee-invoices/{invoice_id}").json
    assert (sheet["status"], sheet["write_off"]["because"], sheet["position"]["open"]["amount"]) == ("WRITTEN_OFF", "Gone.", "0.00")  # fmt: skip


def test_what_an_act_costs_is_said_where_it_is_done(world: World, stripe: FakeFeeStripe) -> None:
    firm = a_request(world).sme
    assert "Platform fees</a>" not in firm.owner.browser().get("/lots/new?lang=en").text, "nothing is charged yet"
    a_plan_in_force(world)
    assert "5 more are free this month" in firm.owner.browser().get("/lots/new?lang=en").text
    deal = a_request(world)
    deal.parties.a_lot("10.000")
    assert "Asking and borrowing cost you nothing" in deal.sme.owner.browser().get("/deals/new?lang=en").text
    offer = deal.bank.owner.browser().get(f"/deals/{deal.deal_id}/offers/new?lang=en").text
    assert "charges your bank CN¥200.00" in offer
