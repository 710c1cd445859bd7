"""Pages and calls of undertakings, as each party sees them, in both languages; and the story by forms and by API."""

from datetime import timedelta

from tenants import approvals
from tests.factories import Firm, World
from tests.frontend.forms import form_fields
from tests.marketplace.financing.makers import decided
from tests.marketplace.guarantees.makers import a_backed_loan, asked


def looked_at(firm: Firm, path: str) -> str:
    """The page in both languages; the English one is given back."""
    pages = {}
    for language in ("zh", "en"):
        answer = firm.operator.browser().get(f"{path}?lang={language}")
        assert answer.status_code == 200, answer.text[-2000:]
        pages[language] = answer.text
    return pages["en"]


def sent(firm: Firm, page: str, path: str, *, status: int = 302, **fields: str) -> str:
    """Fill in the form of a page and send it."""
    browser = firm.operator.browser()
    answer = browser.post(path, data=form_fields(browser.get(page).text) | fields)
    assert answer.status_code == status, answer.text[-3000:]
    return answer.location or answer.text


def test_a_confirmed_warehouse_by_its_forms(world: World) -> None:
    deal, core = a_backed_loan(world)
    bank, room = deal.bank, f"/deals/{deal.deal_id}"
    assert "Ask for an undertaking" in looked_at(bank, room)
    until = (world.now + timedelta(days=30)).date().isoformat()
    here = sent(bank, f"{room}/guarantees/new", f"{room}/guarantees", kind="CONFIRMED_WAREHOUSE", amount="500,000.00", until=until, pay_days="5", subject="PO-118")  # fmt: skip
    assert "Give it" in looked_at(core, here)
    sent(core, here, f"{here}/giving")
    with core.approver.ws(read_only=True) as ws:
        proposal = next(iter(approvals.waiting(ws)))
    decided(core, proposal)
    assert "Nothing can be entered here now" in looked_at(bank, f"{here}/notices/new")
    sent(bank, f"{here}/deposits/new", f"{here}/deposits", amount="200000.00", reference="D-1")
    refused = sent(bank, f"{here}/notices/new", f"{here}/notices", status=422, amount="200000.01", reference="N-1")
    assert "The deposits let goods for CN¥200,000.00 go." in refused
    sent(bank, f"{here}/notices/new", f"{here}/notices", amount="200000.00", reference="N-1")
    sent(core, f"{here}/deliveries/new", f"{here}/deliveries", amount="150000.00", reference="DN-1")
    for firm in (bank, core, deal.sme):
        page = looked_at(firm, here)
        assert all(words in page for words in ("CN¥200,000.00", "CN¥50,000.00 to deliver", "CN¥300,000.00", "DN-1"))
        assert "CN¥500,000.00" in looked_at(firm, "/guarantees")


def test_who_has_none_learns_how_one_comes_about(world: World) -> None:
    for kind in ("BANK", "SME", "CORE_ENTERPRISE"):
        assert "No undertakings" in looked_at(world.firm(kind), "/guarantees")


def test_the_list_goes_into_a_spreadsheet(world: World) -> None:
    deal, core = a_backed_loan(world)
    backed = asked(deal, core, "BUY_BACK", "500000.00")
    lines = core.operator.browser().get("/guarantees.csv").text.splitlines()
    assert lines[0].startswith("\ufeffnumber,deal_number,kind,status,amount")
    assert lines[1].startswith(f"{backed.row.number},{backed.row.deal_number},BUY_BACK,ASKED,500000.00,CNY")


def test_a_receivable_by_api(world: World) -> None:
    deal, core = a_backed_loan(world)
    bank, until = deal.bank.operator, (world.now + timedelta(days=30)).date().isoformat()
    amount = {"amount": "600000.00", "currency": "CNY"}
    body = {"kind": "RECEIVABLE_CONFIRMATION", "amount": amount, "until": until, "pay_days": 5, "subject": "Invoice 1"}
    made = bank.call("POST", f"/deals/{deal.deal_id}/guarantees", body)
    assert made.status_code == 201, made.text
    path = f"/guarantees/{made.json['id']}"
    asked_to = core.operator.call("POST", f"{path}/giving", {})
    core.approver.call("POST", f"/approvals/{asked_to.json['approval_id']}/approval", {})
    paid = bank.call("POST", f"{path}/payments", {"amount": amount, "reference": "TT-1"})
    assert (paid.json["status"], paid.json["paid"]) == ("PAID", amount)
    assert core.operator.call("GET", "/guarantees").json["items"] == [core.operator.call("GET", path).json]
    assert deal.parties.warehouse.operator.call("GET", path).status_code == 404
