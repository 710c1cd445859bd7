"""Every page of finance in both languages, as each party sees it; and the story by forms."""

import hashlib
import json
import re
from decimal import Decimal
from uuid import UUID

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from tenants import approvals
from tests.factories import Firm, Shared, World
from tests.frontend.forms import form_fields
from tests.marketplace.financing.makers import (
    a_called_loan,
    a_defaulted_deal,
    a_drawable_deal,
    a_request,
    a_running_loan,
    an_accepted_deal,
    an_escalated_call,
    an_offer,
    yuan,
)
from tests.marketplace.financing.test_competing import offered
from tests.marketplace.financing.test_raising import publish
from tests.marketplace.inventory.makers import a_received_lot
from tests.marketplace.inventory.test_items import a_verified_coil_lot, coils
from tests.marketplace.pledges.makers import activate, the_parties
from tests.marketplace.valuation.makers import a_price


def looked_at(firm: Firm, path: str, *, status: int = 200) -> str:
    """The page in both languages; the English one is given back."""
    pages = {}
    for language in ("zh", "en"):
        answer = firm.operator.browser().get(f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert answer.status_code == status, (path, answer.text[-2000:])
        pages[language] = answer.text
    return pages["en"]


def sent(browser: FlaskClient, page: str, path: str, fields: dict[str, str], *, status: int = 302) -> str:
    """Fill in the form of a page and send it."""
    answer = browser.post(path, data=form_fields(browser.get(page).text) | fields)
    assert answer.status_code == status, answer.text[-3000:]
    return answer.location or answer.text


def test_empty_pages_teach_the_next_step(world: World) -> None:
    sme, bank = world.firm("SME"), world.firm("BANK")
    assert "Ask for finance" in looked_at(sme, "/deals")
    assert "Import the prices" in looked_at(bank, "/deals")
    assert "No lot is free" in looked_at(sme, "/deals/new")
    for path in ("/margin-calls", "/portfolio", "/margin-calls?state=ended"):
        looked_at(bank, path)


def test_the_deal_room_shows_the_loan_on_its_scale_and_its_cushion(world: World) -> None:
    running, called = a_running_loan(world), a_called_loan(world)
    calm = looked_at(running.bank, f"/deals/{running.deal_id}")
    assert re.search(
        r'class="gauge"[^>]*aria-label="Loan to value [\d.]+%; Warn \d+%; Call \d+%; Liquidate \d+%"', calm
    )
    assert "Cushion before the call" in calm
    assert "Value missing at the call line" in looked_at(called.bank, f"/deals/{called.deal_id}")


def test_nothing_may_be_drawn_once_a_deal_is_in_default(world: World) -> None:
    deal = a_defaulted_deal(world)
    page = looked_at(deal.bank, f"/deals/{deal.deal_id}")
    assert "no more drawing" in page
    assert not deal.position.available
    deal.price("20000")
    assert not deal.position.available


def test_words_of_the_scale_that_lie_near_each_other_stand_in_rows_of_their_own(app: Flask) -> None:
    lines = {"warn": Decimal("0.70"), "call": Decimal("0.75"), "liquidation": Decimal("0.85")}
    source = "{% from 'financing/macros.html' import ltv_gauge %}{{ ltv_gauge(ltv, lines) }}"
    rows = {}
    for ltv in ("0.30", "0.50"):  # on a scale from nothing the words are near, from 40 per cent they are not
        with app.test_request_context("/"):
            shown = render_template_string(source, ltv=Decimal(ltv), lines=lines)
        rows[ltv] = re.findall(r'class="gauge-word"[^>]* y="(\d+)"', shown)
    assert rows == {"0.30": ["16", "67", "84"], "0.50": ["16", "67", "16"]}


def test_lists_leave_as_spreadsheets_as_they_are_filtered(world: World) -> None:
    deal = a_running_loan(world)
    browser = deal.bank.operator.browser()
    for path in ("/deals.csv", "/portfolio.csv"):
        head, row = browser.get(path).text.lstrip("\ufeff").splitlines()
        told = dict(zip(head.split(","), row.split(","), strict=True))
        assert re.fullmatch(r"\d+\.\d\d", told["outstanding"])
        assert 0 < float(told["loan_to_value"]) < 1
    assert len(browser.get("/deals.csv?status=REQUESTED").text.splitlines()) == 1
    before, after = (browser.get(path).text for path in ("/portfolio.csv", "/portfolio.csv?fall=30"))
    assert before.partition("\n")[0] == after.partition("\n")[0]
    assert before != after


def test_the_book_is_ordered_as_the_reader_wants(world: World) -> None:
    deal = a_called_loan(world)
    for order in ("ltv", "-ltv", "owed", "-worth", "valued", "colour"):
        assert f"/deals/{deal.deal_id}" in looked_at(deal.bank, f"/portfolio?sort={order}")


def test_a_deal_on_each_of_its_steps(world: World) -> None:
    for deal in (a_request(world), an_offer(world), a_drawable_deal(world), a_running_loan(world), a_called_loan(world), an_escalated_call(world), a_defaulted_deal(world)):  # fmt: skip
        for firm in (deal.sme, deal.bank):
            page = looked_at(firm, f"/deals/{deal.deal_id}")
            assert "CN¥" in page or "¥" in page
            looked_at(firm, f"/deals/{deal.deal_id}/statement")
            looked_at(firm, "/deals")
        looked_at(deal.bank, "/portfolio?fall=20")
        looked_at(deal.bank, "/margin-calls")


def test_those_who_keep_the_goods_see_no_amount(world: World) -> None:
    deal = a_called_loan(world)
    for firm in (deal.parties.warehouse, deal.parties.supervisor):
        page = looked_at(firm, f"/deals/{deal.deal_id}")
        assert deal.lots[0].number in page
        assert not re.search(r"¥|1,000,000|1,300,000|margin|Margin|watch\b", page.split("<main")[1]), (
            "no amount, no standing"
        )
        looked_at(firm, "/deals")
        looked_at(firm, f"/deals/{deal.deal_id}/statement", status=404)
        looked_at(firm, f"/deals/{deal.deal_id}/margin-calls/{deal.call.id if deal.call else ''}", status=404)
    for path in ("", "/statement", "/offers/new", "/drawdowns/new", "/repayments/new", "/default/new", "/goods/new"):
        looked_at(world.firm("BANK"), f"/deals/{deal.deal_id}{path}", status=404)


def test_the_forms_and_the_clock_of_a_call(world: World) -> None:
    deal = a_called_loan(world)
    call = deal.call
    assert call is not None
    here = f"/deals/{deal.deal_id}/margin-calls/{call.id}"
    page = looked_at(deal.sme, here)
    assert "<count-down" in page
    assert "155,000.00" in page
    assert "This would cure the call" in looked_at(deal.sme, f"{here}?cash=155,000")
    assert "This would not cure it" in looked_at(deal.sme, f"{here}?cash=154999.99")
    assert "This would cure the call" in looked_at(deal.sme, f"{here}?cash=100000&goods=6.6")
    assert "This cannot be worked out" in looked_at(deal.sme, f"{here}?goods=lots")
    browser = deal.sme.operator.browser()
    refused = sent(browser, here, f"{here}/objection", {"ground": "PRICE", "because": ""}, status=422)
    assert "This is needed" in refused
    sent(browser, here, f"{here}/objection", {"ground": "PRICE", "because": "The index is of another grade."})
    assert "another grade" in looked_at(deal.bank, here)
    sent(deal.bank.operator.browser(), here, f"{here}/objection-answer", {"answer": "reject", "because": "It is not."})
    assert "Waiting for a colleague" in looked_at(deal.bank, here)
    assert f"/margin-calls/{call.id}" in deal.bank.approver.browser().get("/approvals").text
    assert deal.bank.approver.browser().get(f"/margin-calls/{call.id}").location == here


def test_a_loan_by_forms(world: World) -> None:
    """Request, offer, acceptance, approval, conditions, control, drawdown, repayment: each by the party's own screen."""
    parties = the_parties(world)
    lot = parties.a_lot()
    a_price(world, parties.bank, "20000")
    sme, bank = parties.sme.operator.browser(), parties.bank.operator.browser()
    asked = {"bank_id": str(parties.bank.tenant_id), "amount": "1,000,000", "tenor_days": "90", "purpose": "Copper", f"lot-{lot.id}": "100"}  # fmt: skip
    assert "Choose between 1 and" in sent(sme, "/deals/new", "/deals", asked | {f"lot-{lot.id}": ""}, status=422)
    assert "is not an amount" in sent(sme, "/deals/new", "/deals", asked | {"amount": "a lot"}, status=422)
    assert "Choose one from the list" in sent(sme, "/deals/new", "/deals", asked | {"bank_id": ""}, status=422)
    room = sent(sme, "/deals/new", "/deals", asked)
    terms = {
        "limit": "1200000", "annual_rate": "4.35", "day_count": "ACT/360", "tenor_days": "90", "overdue_factor": "1.5", "misuse_factor": "2", "haircut": "30",
        "ltv_initial": "65", "ltv_warn": "70", "ltv_call": "75", "ltv_liquidation": "85", "insurance": "yes", "account": "yes", "premium": "3,000", "valid_until": "2026-03-10T12:00",
    }  # fmt: skip
    assert "rise from initial" in sent(
        bank, f"{room}/offers/new", f"{room}/offers", terms | {"ltv_call": "60"}, status=422
    )
    assert "Write a percentage" in sent(
        bank, f"{room}/offers/new", f"{room}/offers", terms | {"haircut": "much"}, status=422
    )
    sent(bank, f"{room}/offers/new", f"{room}/offers", terms)
    assert "CN¥3,000.00" in sme.get(room).text.split("Insurance premium")[1]
    sent(sme, room, f"{room}/acceptance", {})
    sent(bank, room, f"{room}/approval", {})
    approve(world, parties.bank)
    for condition in ("INSURANCE", "ACCOUNT"):
        sent(bank, f"{room}/conditions/new", f"{room}/conditions", {"condition": condition, "reference": "2026-1"})
    activate(parties, UUID(room.rsplit("/", 1)[1]))
    world.work()
    sent(sme, f"{room}/drawdowns/new", f"{room}/drawdowns", {"amount": "900000", "payee": "Jiangxi Copper"})
    found = re.search(rf"{room}/drawdowns/[0-9a-f-]{{36}}", bank.get(room).text)
    assert found
    sent(bank, found[0], f"{found[0]}/approval", {})
    approve(world, parties.bank)
    sent(bank, found[0], f"{found[0]}/confirmation", {"bank_reference": "PAY-7"})
    world.work()
    assert "900,000.00" in looked_at(parties.sme, f"{room}/statement")
    again = sent(bank, f"{room}/repayments/new", f"{room}/repayments", {"amount": "0", "reference": "R"}, status=422)
    assert "above zero" in again
    sent(bank, f"{room}/repayments/new", f"{room}/repayments", {"amount": "900,000.00", "reference": "REP-1"})
    assert "Settled" in looked_at(parties.sme, room)
    csv = bank.get(f"{room}/statement.csv").text
    assert "loan_principal,900000.00" in csv


def test_what_stock_can_raise_and_the_choice_of_single_coils(world: World) -> None:
    parties = the_parties(world)
    assert "No stock yet" in looked_at(parties.sme, "/raisable")
    looked_at(parties.bank, "/raisable", status=403)
    a_price(world, parties.bank, "20000")
    publish(parties.bank)
    lot, _ = a_verified_coil_lot(parties)
    a_received_lot(world, parties.sme, parties.warehouse, parties.supervisor)
    page = looked_at(parties.sme, f"/raisable?bank={parties.bank.tenant_id}")
    assert "CN¥1,300,000.00" in page
    assert "The supervisor has not verified it yet." in page
    sme, known = parties.sme.operator.browser(), coils(parties, lot)
    asked = {"bank_id": str(parties.bank.tenant_id), "amount": "100,000", "tenor_days": "90", "purpose": "Coils", f"item-{lot.id}": str(known["C-3"].id)}  # fmt: skip
    assert f'value="{known["C-3"].id}" checked' in sent(sme, "/deals/new", "/deals", asked | {"amount": "?"}, status=422)  # fmt: skip
    room = sent(sme, "/deals/new", "/deals", asked)
    deal_id = room.rsplit("/", 1)[1]
    (row,) = parties.bank.operator.call("GET", f"/deals/{deal_id}/goods").json["items"]
    assert (row["quantity"]["amount"], row["items"]) == ("30.000", [str(known["C-3"].id)])
    assert "C-3" in looked_at(parties.bank, room)


def test_offers_of_several_banks_stand_side_by_side_and_one_is_accepted(world: World) -> None:
    found = offered(world)
    sme, here = found.parties.sme, f"/inquiries/{found.inquiry_id}"
    page = looked_at(sme, here)
    assert "3 of 3 banks have answered" in page
    assert all(words in page for words in ("4.74%", "CN¥23,100.00", "Cheapest", "Less than was asked for"))
    assert page.index("CN¥23,100.00") < page.index("CN¥29,000.00")
    room = f"/deals/{found.deals[1].deal_id}"
    assert "Compare the offers" in looked_at(sme, room)
    assert "Compare the offers" not in looked_at(found.banks[1], room)
    looked_at(found.banks[1], here, status=404)
    sent(sme.operator.browser(), here, f"{room}/acceptance", {})
    assert "One offer was accepted" in looked_at(sme, here)
    assert "the borrower accepted another offer" in looked_at(found.banks[0], f"/deals/{found.deals[0].deal_id}")


def test_several_banks_are_asked_by_one_form_and_the_request_taken_back(world: World) -> None:
    parties, other = the_parties(world), world.firm("BANK")
    lot, browser = parties.a_lot(), parties.sme.operator.browser()
    asked = {"amount": "1,000,000", "tenor_days": "90", "purpose": "Copper", f"lot-{lot.id}": "100"}
    form = form_fields(browser.get("/deals/new").text) | asked
    answer = browser.post("/deals", data=form | {"bank_id": [str(one.tenant_id) for one in (parties.bank, other)]})
    assert "/inquiries/" in answer.location
    here = answer.location
    assert "0 of 2 banks have answered" in looked_at(parties.sme, here)
    sent(browser, here, f"{here}/withdrawal", {})
    assert "The request was taken back from every bank." in looked_at(parties.sme, here)


def test_the_term_sheet_on_paper_in_both_languages_and_by_call(world: World) -> None:
    deal = an_accepted_deal(world, storage=yuan("200.00"), reference_code="", conditions=("INSURANCE",))
    here = f"/deals/{deal.deal_id}"
    for firm in (deal.sme, deal.bank):
        assert f"{here}/term-sheet.pdf?lang=zh" in looked_at(firm, here)
        for language in ("zh", "en"):
            sheet = firm.operator.browser().get(f"{here}/term-sheet.pdf?lang={language}")
            assert (sheet.mimetype, sheet.data[:5]) == ("application/pdf", b"%PDF-")
    told = deal.bank.operator.call("GET", f"{here}/term-sheet").json
    assert hashlib.sha256(told["content"].encode()).hexdigest() == told["sha256"]
    assert json.loads(told["content"]) == told["told"]
    keeper = deal.parties.warehouse.operator
    assert keeper.browser().get(f"{here}/term-sheet.pdf").status_code == keeper.call("GET", f"{here}/term-sheet").status_code == 404  # fmt: skip


def approve(world: World, bank: Firm) -> None:
    """The bank's second officer says yes to all that waits."""
    with bank.approver.ws() as ws:
        for waiting in approvals.waiting(ws):
            approvals.decide(ws, waiting.id, approve=True)
    world.work()


@pytest.mark.parametrize("path", ["default/new", "offers/new", "goods/new", "conditions/new"])
def test_the_other_forms_show(shared: Shared, path: str) -> None:
    deal = shared(a_called_loan)
    looked_at(deal.sme if path.startswith("goods") else deal.bank, f"/deals/{deal.deal_id}/{path}")
