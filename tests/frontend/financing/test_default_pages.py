"""The page and the calls of a declared default, as each party has them."""

from tests.factories import World
from tests.frontend.financing.test_api import call
from tests.frontend.financing.test_pages import looked_at, sent
from tests.marketplace.financing.makers import a_defaulted_deal, call_on, default_on
from tests.marketplace.guarantees.makers import a_backed_loan, asked
from tests.marketplace.guarantees.test_extending import a_longer_day


def test_a_default_is_contested_and_answered_by_forms(world: World) -> None:
    deal = a_defaulted_deal(world)
    here = f"/deals/{deal.deal_id}/default"
    assert here in looked_at(deal.sme, f"/deals/{deal.deal_id}")
    assert "This is needed" in sent(deal.sme.operator.browser(), here, f"{here}/objections", {"ground": "PAID", "because": ""}, status=422)  # fmt: skip
    sent(deal.sme.operator.browser(), here, f"{here}/objections", {"ground": "PAID", "because": "We paid before."})
    page = looked_at(deal.sme, here)
    assert "Not answered yet" in page
    assert f'action="{here}/objections"' not in page
    assert "the bank has not answered yet" in looked_at(deal.bank, f"/deals/{deal.deal_id}")
    assert "We paid before." in looked_at(deal.bank, here)
    sent(deal.bank.operator.browser(), here, f"{here}/answer", {"answer": "reject", "because": "Not by noon.", "objection_id": _said(deal.bank, here)})  # fmt: skip
    assert "Waiting for a colleague" in looked_at(deal.bank, here)
    assert "Not by noon." in deal.bank.approver.browser().get("/approvals").text
    looked_at(world.firm("BANK"), here, status=404)
    looked_at(deal.parties.supervisor, here, status=404)


def test_a_default_by_api_and_for_who_stands_behind_it(world: World) -> None:
    deal, core = a_backed_loan(world)
    here = f"/deals/{deal.deal_id}/default"
    call(deal.bank, "GET", here, status=404)
    default_on(deal)
    assert call(core, "GET", here)["event"] == "UNCURED_CALL"
    assert here in looked_at(core, f"/deals/{deal.deal_id}")
    said = call(core, "POST", f"{here}/objections", {"ground": "EVENT", "because": "No call was due."}, status=201)
    assert call(deal.sme, "GET", here)["objections"] == [said]
    call(core, "POST", f"{here}/answer", {"objection_id": said["id"], "upheld": True, "because": "Yes."}, status=403)
    assert call(deal.bank, "POST", f"{here}/answer", {"objection_id": said["id"], "upheld": False, "because": "It was."})  # fmt: skip
    call(deal.bank, "POST", f"{here}/answer", {"objection_id": str(deal.deal_id), "upheld": False, "because": "It was."}, status=404)  # fmt: skip
    call(deal.parties.supervisor, "GET", here, status=404)


def _said(firm: object, here: str) -> str:
    found: str = call(firm, "GET", here)["objections"][0]["id"]
    return found


def test_who_stands_behind_a_loan_reads_its_calls_and_signs_for_a_longer_time(world: World) -> None:
    deal, core = a_backed_loan(world)
    backed = asked(deal, core, "BUY_BACK", "900000.00").given()
    plan, there = f"/deals/{deal.deal_id}/plan", f"/guarantees/{backed.id}"
    until = a_longer_day(deal).isoformat()
    call(deal.bank, "POST", f"/deals/{deal.deal_id}/extension-consents", {"until": until, "because": "Later."}, status=201)  # fmt: skip
    assert "Ask who stands behind the loan" in looked_at(deal.bank, plan)
    assert "this undertaking stand until" in looked_at(core, there)
    sent(core.operator.browser(), there, f"{there}/extension/giving", {})
    assert "waits for a colleague" in looked_at(core, there)
    [shown] = call(core, "GET", f"/deals/{deal.deal_id}/extension-consents")["items"]
    assert (shown["status"], shown["loan_until"]) == ("ASKED", until)
    sent(deal.bank.operator.browser(), plan, f"/deals/{deal.deal_id}/extension", {"until": until, "because": "Later."}, status=409)  # fmt: skip
    call_on(deal)
    [found] = call(core, "GET", "/margin-calls")["items"]
    here = f"/deals/{deal.deal_id}/margin-calls/{found['id']}"
    assert here in looked_at(core, "/margin-calls")
    assert here in looked_at(core, f"/deals/{deal.deal_id}")
    assert "Missing in goods" in looked_at(core, here)
    looked_at(core, f"{here}.pdf", status=404)
    call(core, "GET", f"/margin-calls/{found['id']}/objection", status=404)
