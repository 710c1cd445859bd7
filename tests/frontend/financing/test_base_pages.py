"""The borrowing base by screen, on paper and by API: one set of figures, each party its part."""

import pytest

from marketplace.financing.bases.certificates import certificates_of
from tests.factories import Shared, World
from tests.frontend.financing.test_pages import looked_at, sent
from tests.frontend.forms import reads_before_deciding
from tests.marketplace.financing.makers import ADeal, a_running_loan

TERMS = {
    "cap": "100",
    "wrong_way": "5",
    "evidence_days_max": "30",
    "stock_days_max": "",
    "reserves": "仓储费：12,000\nSale: 8000",
}


@pytest.fixture
def deal(world: World) -> ADeal:
    return a_running_loan(world)


def at(deal: ADeal, after: str = "") -> str:
    return f"/deals/{deal.deal_id}/borrowing-base{after}"


def approve_the_waiting(deal: ADeal) -> None:
    browser = deal.bank.approver.browser()
    (one,) = deal.bank.approver.call("GET", "/approvals").get_json()["items"]
    sent(browser, "/approvals", f"/approvals/{one['id']}/approval", {})
    deal.world.work()


def the_certificate(deal: ADeal) -> str:
    with deal.sme.operator.ws(read_only=True) as ws:
        return str(certificates_of(ws, deal.deal_id)[0].id)


def test_terms_signature_and_confirmation_by_forms(deal: ADeal) -> None:
    bank, sme, keeper = (firm.operator.browser() for firm in (deal.bank, deal.sme, deal.parties.supervisor))
    assert "300,000.00" in looked_at(deal.bank, at(deal))
    sent(bank, at(deal), at(deal, "/terms"), TERMS)
    reads_before_deciding(deal.bank.approver, "Cap on one kind of goods", "In the warehouse at most")
    approve_the_waiting(deal)
    page = looked_at(deal.bank, at(deal))
    assert "Held back: 仓储费" in page
    assert "280,000.00" in page
    assert "a larger haircut" in page
    sent(sme, at(deal), at(deal, "/certificates"), {})
    certificate = the_certificate(deal)
    goods = looked_at(deal.parties.supervisor, at(deal))
    assert "Confirm the goods" in goods
    assert "280,000" not in goods
    assert "This is needed." in sent(
        keeper, at(deal), at(deal, f"/certificates/{certificate}/objection"), {"because": ""}, status=422
    )
    sent(keeper, at(deal), at(deal, f"/certificates/{certificate}/confirmation"), {})
    assert "Confirmed by the supervisor" in looked_at(deal.bank, at(deal))
    assert "Confirm the goods" not in looked_at(deal.parties.supervisor, at(deal))
    for firm in (deal.bank, deal.sme, deal.parties.supervisor):
        for language in ("en", "zh"):
            paper = firm.operator.browser().get(at(deal, f"/certificates/{certificate}.pdf?lang={language}"))
            assert (paper.mimetype, paper.data[:5]) == ("application/pdf", b"%PDF-")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"cap": "0"}, "A cap is a share above 0 and at most 1."),
        ({"wrong_way": "much"}, "Write a percentage"),
        ({"evidence_days_max": "4000"}, "Give 1 to 3650 days, or none."),
        ({"reserves": "12000"}, "Say what the reserve is for."),
        ({"reserves": "Storage: much"}, "Write each reserve on a line of its own"),
    ],
)
def test_terms_that_cannot_be_are_told_at_their_field(shared: Shared, wrong: dict[str, str], says: str) -> None:
    deal = shared(a_running_loan)
    assert says in sent(deal.bank.operator.browser(), at(deal), at(deal, "/terms"), TERMS | wrong, status=422)


def test_any_day_by_screen_and_on_paper(deal: ADeal) -> None:
    looked_at(deal.sme, at(deal, "?as_of=2020-01-01"))
    assert "Write a date as" in looked_at(deal.sme, at(deal, "?as_of=yesterday"), status=422)
    for language in ("en", "zh"):
        paper = deal.bank.operator.browser().get(at(deal, f".pdf?lang={language}"))
        assert (paper.mimetype, paper.data[:5]) == ("application/pdf", b"%PDF-")
    assert deal.parties.supervisor.operator.browser().get(at(deal, ".pdf")).status_code == 404


def test_the_same_by_api(deal: ADeal) -> None:
    bank, sme, keeper = deal.bank.operator, deal.sme.operator, deal.parties.supervisor.operator
    here = f"/deals/{deal.deal_id}"
    told = bank.call("GET", f"{here}/borrowing-base").get_json()
    assert told["available"]["amount"] == "300000.00"
    assert told["lines"][-1] == {"says": "May be drawn", "amount": told["available"], "is_sum": True}
    assert told["lots"][0]["advance_rate"] == "0.70000000"
    reserves = [{"why": "storage", "amount": {"amount": "12000", "currency": "CNY"}}]
    proposal = bank.call("POST", f"{here}/base-terms", {"cap": "0.9", "reserves": reserves})
    assert proposal.status_code == 200, proposal.text
    approve_the_waiting(deal)
    made = sme.call("POST", f"{here}/base-certificates", {})
    assert made.status_code == 201, made.text
    certificate = made.get_json()
    assert certificate["status"] == "SIGNED"
    assert certificate["lines"][-1]["says"] == "May be drawn"
    refused = keeper.call("POST", f"{here}/base-certificates/{certificate['id']}/confirmation", {"agrees": False})
    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (422, "because")
    said = keeper.call("POST", f"{here}/base-certificates/{certificate['id']}/confirmation", {}).get_json()
    assert (said["status"], said["lines"]) == ("CONFIRMED", [])
    assert bank.call("GET", f"{here}/base-certificates").get_json()["items"][0]["status"] == "CONFIRMED"
    assert keeper.call("GET", f"{here}/borrowing-base").status_code == 404
    earlier = bank.call("GET", f"{here}/borrowing-base?as_of=2020-01-01").get_json()
    assert (earlier["available"]["amount"], earlier["lots"]) == ("0.00", [])
