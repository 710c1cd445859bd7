"""Goods taken over at their value, by page and by call: the bank proposes, the pledgor answers, the bank takes over and pays the surplus."""

from tests.factories import World
from tests.frontend.disposal.test_pages import post
from tests.frontend.forms import reads_before_deciding
from tests.marketplace.disposal.appropriating.test_taking_over import a_lonely_borrower
from tests.marketplace.disposal.makers import a_bad_loan
from tests.marketplace.financing.makers import ADeal

FORM = {"value": "5,460,000", "storage": "60000", "enforcement": "0", "tax_rate": "13", "junior": "", "buyer_id": ""}


def in_favour(deal: ADeal, words: str) -> None:
    """The colleague finds the proposal on its page of approvals and agrees."""
    assert words in deal.bank.approver.browser().get("/approvals?lang=en").text
    [one] = deal.bank.approver.call("GET", "/approvals").json["items"]
    assert deal.bank.approver.call("POST", f"/approvals/{one['id']}/approval", {}).status_code == 200


def test_from_the_desk_to_the_pledgor_s_money_by_pages(world: World) -> None:
    deal = a_bad_loan(world)
    a_lonely_borrower(deal)
    bank, owner, lot = deal.bank.operator, deal.sme.owner, deal.lots[0].id
    assert "Take over" in bank.browser().get("/disposals?lang=en").text
    form, sent = f"/deals/{deal.deal_id}/appropriations/new?lot={lot}&lang=en", f"/deals/{deal.deal_id}/appropriations"
    assert "5,460,000.00" in bank.browser().get(form).text
    low = post(bank, sent, form, **(FORM | {"lot": str(lot), "value": "5459999.99"}))
    assert low.status_code == 409
    assert post(bank, sent, form, **(FORM | {"lot": str(lot)})).status_code == 302
    reads_before_deciding(deal.bank.approver, "Whose the goods become", "Costs of enforcement")
    in_favour(deal, "Take over")
    [told] = owner.call("GET", "/appropriations").json["items"]
    here = f"/appropriations/{told['id']}"
    assert here in owner.browser().get("/?lang=en").text
    for language, word in (("en", "Do not agree"), ("zh", "不同意")):
        assert word in owner.browser().get(f"{here}?lang={language}").text
    assert "Do not agree" not in bank.browser().get(f"{here}?lang=en").text
    assert world.firm("BANK").operator.browser().get(here).status_code == 404
    assert post(owner, f"{here}/answer", here, answer="accept").status_code == 302
    assert "Being taken over" in bank.browser().get("/disposals?lang=en").text
    assert "Take the goods over" in bank.browser().get(f"{here}?lang=en").text
    assert post(bank, f"{here}/taking-over", here).status_code == 302
    page = bank.browser().get(f"{here}?lang=en").text
    assert "Collection code" in page
    assert "The surplus is owed" in page
    assert "Collection code" not in owner.browser().get(f"{here}?lang=en").text
    assert post(bank, f"{here}/surplus", here, reference="TT-1").status_code == 302
    assert "TT-1" in owner.browser().get(f"{here}?lang=en").text
    assert "Times to collect" not in deal.parties.warehouse.operator.browser().get("/handovers?lang=en").text


def test_the_same_by_calls(world: World) -> None:
    deal = a_bad_loan(world)
    a_lonely_borrower(deal)
    bank, owner = deal.bank.operator, deal.sme.owner

    def yuan(amount: str) -> dict[str, str]:
        return {"amount": amount, "currency": "CNY"}

    body = {"lot_id": str(deal.lots[0].id), "value": yuan("5460000.00"), "storage": yuan("60000.00"), "enforcement": yuan("0.00"), "tax_rate": "0.13"}  # fmt: skip
    path = f"/deals/{deal.deal_id}/appropriations"
    refused = bank.call("POST", path, body | {"value": yuan("1.00")})
    assert (refused.status_code, refused.json["code"]) == (409, "below_market")
    assert bank.call("POST", path, body).status_code == 201
    in_favour(deal, "Take over")
    [told] = bank.call("GET", "/appropriations").json["items"]
    here = f"/appropriations/{told['id']}"
    assert bank.call("POST", f"{here}/taking-over", {}).status_code == 409
    assert owner.call("POST", f"{here}/answer", {"accept": True}).json["status"] == "CONSENTED"
    done = bank.call("POST", f"{here}/taking-over", {}).json
    assert (done["status"], done["buyer"], done["deficiency"]["amount"]) == ("DONE", deal.bank.name, "0.00")
    lines = [(one["claimant"], one["paid"]["amount"]) for one in done["lines"]]
    assert (lines[0], lines[-1][0]) == (("storage", "60000.00"), "pledgor")
    assert lines[-1][1] == done["surplus"]["amount"]
    paid = bank.call("POST", f"{here}/surplus", {"reference": "TT-9"}).json
    assert paid["surplus_reference"] == owner.call("GET", here).json["surplus_reference"] == "TT-9"
