"""The approval ladder and its decisions, by screen and by call: the bank sets it, its officers decide, nobody else sees."""

from typing import Any

from tests.factories import World
from tests.frontend.financing.test_pages import looked_at, sent
from tests.frontend.forms import form_fields, reads_before_deciding
from tests.marketplace.financing.makers import an_accepted_deal
from tests.marketplace.financing.test_credit import officers, waiting


def test_a_ladder_by_its_form_and_a_deal_up_its_stages(world: World) -> None:
    deal = an_accepted_deal(world)
    bank, room = deal.bank, f"/deals/{deal.deal_id}"
    assert "Until one is set, any second officer approves any amount." in looked_at(bank, "/credit-ladder")
    looked_at(deal.sme, "/credit-ladder", status=403)
    branch, department, _ = officers(bank)
    browser = bank.operator.browser()
    rows: dict[str, Any] = {"name-1": "Branch", "limit-1": "500,000", "people-1": str(branch.person_id), "name-2": "Department", "limit-2": "400,000", "people-2": str(department.person_id)}  # fmt: skip
    refused = sent(browser, "/credit-ladder", "/credit-ladder", rows, status=422)
    assert "The limits rise from stage to stage." in refused
    assert f'value="{branch.person_id}" checked' in refused
    sent(browser, "/credit-ladder", "/credit-ladder", rows | {"limit-2": ""})
    assert "A new ladder waits for a second pair of eyes." in looked_at(bank, "/credit-ladder")
    reads_before_deciding(branch, "up to CN¥500,000.00", "any amount", branch.name, department.name)
    approve(branch)
    page = looked_at(bank, "/credit-ladder")
    assert all(words in page for words in ("CN¥500,000.00", "any amount", department.name))
    sent(browser, room, f"{room}/approval", {})
    assert "Colleagues of yours decide this." in department.browser().get("/approvals?lang=en").text
    approve(branch)
    approve(department)
    assert deal.status == "SIGNED"
    for person in (bank.operator, bank.person("auditor")):
        told = person.browser().get(f"{room}?lang=en").text
        assert all(words in told for words in ("Credit decisions", "Stage 2 · Department", department.name))
    assert "Credit decisions" not in looked_at(deal.sme, room)


def approve(person: Any) -> None:
    """The one proposal that waits for this person, by its form."""
    (proposal,) = waiting(person)
    browser, there = person.browser(), f"/approvals/{proposal.id}"
    answer = browser.post(f"{there}/approval", data=form_fields(browser.get("/approvals").text))
    assert answer.status_code == 302, answer.text[-2000:]


def test_a_ladder_and_its_decisions_by_call(world: World) -> None:
    deal = an_accepted_deal(world)
    bank, clerk = deal.bank, deal.bank.operator
    branch, department, _ = officers(bank)
    stages = [
        {"name": "Branch", "limit": {"amount": "500000.00", "currency": "CNY"}, "people": [str(branch.person_id)]},
        {"name": "Department", "people": [str(department.person_id)]},
    ]
    assert clerk.call("GET", "/credit-ladder").json == {"items": []}
    wrong = clerk.call("POST", "/credit-ladder", {"stages": stages[::-1]})
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "limit-1")
    made = clerk.call("POST", "/credit-ladder", {"stages": stages})
    branch.call("POST", f"/approvals/{made.json['approval_id']}/approval", {})
    told = clerk.call("GET", "/credit-ladder").json["items"]
    assert [(one["name"], one["limit"], one["people"]) for one in told] == [(one["name"], one.get("limit"), one["people"]) for one in stages]  # fmt: skip
    forward = clerk.call("POST", f"/deals/{deal.deal_id}/approval", {})
    early = department.call("POST", f"/approvals/{forward.json['approval_id']}/approval", {})
    assert early.status_code == 403
    branch.call("POST", f"/approvals/{forward.json['approval_id']}/approval", {"note": "Goods seen."})
    (second,) = waiting(department)
    department.call("POST", f"/approvals/{second.id}/approval", {})
    here = f"/deals/{deal.deal_id}/credit-decisions"
    items = bank.person("auditor").call("GET", here).json["items"]
    assert [(one["stage"], one["person"], one["reason"]) for one in items] == [(0, clerk.name, ""), (1, branch.name, "Goods seen."), (2, department.name, "")]  # fmt: skip
    assert deal.sme.operator.call("GET", here).json == {"items": []}
    assert deal.parties.warehouse.operator.call("GET", here).status_code == 404
