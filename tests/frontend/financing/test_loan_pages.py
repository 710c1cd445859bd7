"""Pages and calls of running loans and of the bank's account: what each shows, what each does, and to whom."""

import io
from datetime import timedelta

import pytest

from marketplace.financing.nights.dues import open_dues
from tenants import approvals
from tests import cluster
from tests.factories import World
from tests.frontend.forms import form_fields, reads_before_deciding
from tests.marketplace.documents.makers import a_document
from tests.marketplace.financing.makers import ADeal, a_running_loan
from tests.marketplace.financing.test_rules_bank import entry, statement


@pytest.fixture
def deal(world: World) -> ADeal:
    """A loan of ten days, with a repayment."""
    made = a_running_loan(world)
    world.advance(timedelta(days=10))
    world.work()
    made.repay("1000.00", "R-1")
    return made


def test_the_plan_the_book_and_the_close_are_shown(deal: ADeal) -> None:
    bank, firm = deal.bank.operator.browser(), deal.sme.operator.browser()
    here = f"/deals/{deal.deal_id}"
    for path, word in (
        (f"{here}/plan", "Plan of payments"),
        (f"{here}/statement", "Trial balance"),
        (f"{here}/statement?until=2026-03-05", "As of the end of"),
        ("/end-of-day", "Books are open for"),
        ("/reference-rates", "Reference rates"),
        ("/bank-lines", "Read a statement"),
        ("/bank-payments", "No payment waits"),
        ("/portfolio", "Expected loss"),
        (f"{here}/repayments/new", "Record a repayment"),
    ):
        page = bank.get(path)
        assert page.status_code == 200, (path, page.text[:500])
        assert word in page.text, path
    assert firm.get(f"{here}/plan").status_code == 200
    assert "Lower the class" not in firm.get(f"{here}/plan").text
    assert bank.get(f"{here}/statement?until=yesterday").status_code == 422


def test_each_payment_of_a_plan_says_how_it_stands(world: World) -> None:
    deal = a_running_loan(world, repayment_plan="LEVEL", tenor_days=91)
    here, firm = f"/deals/{deal.deal_id}/plan", deal.sme.operator.browser()
    said, called = [], []
    for days in (10, 31, 35):
        world.set_clock(cluster.START + timedelta(days=days))
        world.work()
        said.append([word for word in ("Fallen due<", "Not paid<", "Paid<") if word in firm.get(here).text])
        called.append([one["state"] for one in deal.bank.operator.call("GET", here).json["instalments"]])
    with deal.bank.operator.ws(read_only=True) as ws:
        owed = sum((due.open for due in open_dues(ws, deal.deal_id)), deal.position.penalty)
    deal.repay(str(owed.amount), "R-1")
    said.append([word for word in ("Fallen due<", "Not paid<", "Paid<") if word in firm.get(here).text])
    assert said == [[], ["Fallen due<"], ["Not paid<"], ["Paid<"]]
    assert [one[0] for one in called] == ["PLANNED", "DUE", "LATE"]
    assert {state for one in called for state in one[1:]} == {"PLANNED"}


def test_the_statement_is_taken_away_in_three_forms(deal: ADeal) -> None:
    firm, here = deal.sme.operator.browser(), f"/deals/{deal.deal_id}/statement"
    assert firm.get(f"{here}.pdf").data.startswith(b"%PDF")
    assert "accrual:2026-03-02" in firm.get(f"{here}.csv").text
    assert "accrual:2026-03-02" not in firm.get(f"{here}.csv?until=2026-03-01").text
    assert firm.get(f"{here}.xlsx").data.startswith(b"PK")


def test_the_statement_by_month_tells_the_same_everywhere(deal: ADeal) -> None:
    firm, here = deal.sme.operator, f"/deals/{deal.deal_id}/monthly-statement"
    said = [list(line.split(",")) for line in firm.browser().get(f"{here}.csv").text.splitlines()[1:]]
    told = firm.call("GET", here).json["items"]
    assert [(one["month"][:7], one["closing"]["amount"]) for one in told] == [(row[0], row[6]) for row in said]
    assert told[0]["opening"]["amount"] == "0.00"
    assert told[-1]["closing"]["amount"] == str(deal.position.outstanding.amount)
    page = firm.browser().get(f"/deals/{deal.deal_id}/statement").text
    assert all(text in page for text in ("By month", told[-1]["month"][:7], f"{deal.position.outstanding.amount:,}"))
    assert firm.call("GET", f"{here}?until=2026-03-01").json["items"] == []
    assert firm.browser().get(f"{here}.xlsx").data.startswith(b"PK")


def test_a_statement_is_read_by_page_and_by_call(deal: ADeal) -> None:
    officer = deal.bank.operator
    browser = officer.browser()
    form = form_fields(browser.get("/bank-lines").text)
    sent = browser.post(
        "/bank-lines/statements", data={**form, "file": (io.BytesIO(statement(entry(reference="C-9"))), "s.xml")}
    )
    assert sent.status_code == 302, sent.text[:500]
    (line,) = officer.call("GET", "/bank-lines").json["items"]
    assert (line["bank_reference"], line["status"]) == ("C-9", "UNMATCHED")
    assert "C-9" in browser.get(f"/bank-lines/{line['id']}").text
    again = officer.call("POST", "/bank-statements", {"xml": statement(entry(reference="C-9"), kind="054").decode()})
    assert (again.status_code, again.json["fresh"]) == (201, 0)
    assert officer.call("POST", "/bank-statements", {"xml": "<a/>"}).status_code == 422
    proposed = officer.call(
        "POST", f"/bank-lines/{line['id']}/assignment", {"deal_id": str(deal.deal_id), "because": "The payer called."}
    )
    assert proposed.status_code == 200
    assert (
        officer.call("POST", f"/bank-lines/{line['id']}/parking", {"because": "Not ours."}).json["status"] == "PARKED"
    )


def test_the_calls_of_a_loan(deal: ADeal) -> None:
    officer = deal.bank.operator
    plan = officer.call("GET", f"/deals/{deal.deal_id}/plan").json
    assert (plan["days_past_due"], len(plan["instalments"]), plan["rates"][0]["annual_rate"]) == (0, 1, "0.04350000")
    assert officer.call("GET", f"/deals/{deal.deal_id}/classes").json["items"][0]["loan_class"] == "NORMAL"
    assert (
        officer.call(
            "POST", f"/deals/{deal.deal_id}/class", {"loan_class": "SUBSTANDARD", "because": "The firm lost its buyer."}
        ).status_code
        == 200
    )
    assert (
        officer.call(
            "POST", f"/deals/{deal.deal_id}/extension", {"until": "2020-01-01", "because": "Late."}
        ).status_code
        == 422
    )
    made = officer.call("GET", f"/deals/{deal.deal_id}/repayments").json["items"][0]
    assert officer.call("POST", f"/repayments/{made['id']}/reversal", {"because": "Called back."}).status_code == 200
    closes = officer.call("GET", "/end-of-day").json
    (run,) = closes["items"]
    assert (closes["open_on"], run["since"], run["business_date"], run["days_of_loans"]) == ("2026-03-12", "2026-03-02", "2026-03-11", 10)  # fmt: skip
    assert officer.call("POST", "/end-of-day/start").status_code == 409
    assert officer.call("POST", "/end-of-day/stop").status_code == 409
    assert officer.call(
        "POST", "/reference-rates/LPR1Y", {"rates": [{"effective_on": "2026-03-02", "annual_rate": "0.031"}]}
    ).json == {"fresh": 1}
    assert officer.call("GET", "/reference-rates").json["items"][0]["code"] == "LPR1Y"
    shares = {
        "default_probability": "0.025",
        "unsecured_loss": "0.4",
        "secured_loss": "0.25",
        "haircut": "0.4",
        "conversion": "0.4",
    }
    assert officer.call("POST", "/end-of-day/loss-shares", shares).status_code == 200
    assert officer.call("POST", "/payment-files", {}).status_code == 409


def test_a_misuse_is_found_shown_and_put_right(deal: ADeal) -> None:
    officer, here = deal.bank.operator, f"/deals/{deal.deal_id}"
    paper = a_document(officer, deal.deal_id, kind="payment_proof", name="account.pdf")
    browser = officer.browser()
    form = form_fields(browser.get(f"{here}/plan").text)
    told = {"amount": "100000", "since": "2026-03-05", "document_id": str(paper.id), "because": "Paid on to another firm."}  # fmt: skip
    assert browser.post(f"{here}/misuses", data={**form, **told, "since": "2020-01-01"}).status_code == 422
    assert browser.post(f"{here}/misuses", data={**form, **told}).status_code == 302
    assert "waits for a second pair of eyes" in browser.get(f"{here}/plan").text
    reads_before_deciding(deal.bank.approver, "Paper that shows it", f"/documents/{paper.id}", "account.pdf")
    with deal.bank.approver.ws() as ws:
        approvals.decide(ws, approvals.waiting(ws)[0].id, approve=True)
    firm = deal.sme.operator.browser().get(f"{here}/plan").text
    assert "Paid on to another firm." in firm
    assert "How it was put right" not in firm
    (one,) = deal.sme.operator.call("GET", f"{here}/misuses").json["items"]
    assert (one["amount"]["amount"], one["factor"], one["ended_on"]) == ("100000.00", "2.00", None)
    # 7 days of 100,000 at 4.35 per cent are 84.583; rounded together with the interest of the whole.
    assert one["added"]["amount"] == "84.59"
    assert "put right" in browser.get(f"{here}/plan").text
    assert officer.call("POST", f"{here}/misuses/end", {"because": "The money came back."}).status_code == 200
