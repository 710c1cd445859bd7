"""The papers of a pledge by screen and by API: agreement, registry, lost control, exchange; each refusal at its field, each party its part."""

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from marketplace.financing.actions import top_up
from marketplace.pledges.actions import confirm_control, release_pledges
from marketplace.pledges.queries import pledges_of_deal
from marketplace.pledges.rules.papers import Clause
from marketplace.pledges.substitutions import substitutions_of
from marketplace.quantity import Quantity
from tests.factories import Firm, World
from tests.frontend.forms import reads_before_deciding
from tests.frontend.pledges.test_pages import approve, post
from tests.marketplace.financing.makers import a_running_loan
from tests.marketplace.pledges.makers import Parties, activate, an_active_pledge, an_offered_pledge, the_parties

CLAUSES = {f"clause_{clause.value}": "yes" for clause in Clause}
FLOATING = CLAUSES | {
    "mode": "FLOATING",
    "floor": "40",
    "description": "Copper cathode, at least 40 t",
    "keys_with": "Zhongzheng",
    "report_days": "1",
    "liability_cap": "5,000,000",
}
FILED = {
    "kind": "INITIAL",
    "certificate": "0231-7745",
    "search_certificate": "S-1",
    "months": "36",
    "secured": "1300000",
}


@pytest.fixture
def parties(world: World) -> Parties:
    return the_parties(world)


def shown(firm: Firm, path: str, status: int = 200) -> str:
    """The page in both languages; the English one is given back."""
    for language in ("zh", "en"):
        page = firm.operator.browser().get(f"{path}?lang={language}")
        assert page.status_code == status, page.text[-2000:]
    return page.text


def test_an_agreement_by_screen(parties: Parties) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_offered_pledge(parties, lot, "60")
    here = f"/pledges/{deal_id}"
    assert "Draw up an agreement" in shown(parties.bank, here)
    assert "Control floor" in shown(parties.bank, f"{here}/agreements/new")
    assert post(parties.bank.operator, f"{here}/agreements", FLOATING).location == here
    assert "waits for a second pair of eyes" in shown(parties.bank, here)
    reads_before_deciding(
        parties.bank.approver, "Keys with", "Liability cap", "The warehouse waives its lien", "40.000"
    )
    approve(parties.bank)
    assert "Sign the agreement" not in shown(parties.bank, here)
    for firm in (parties.sme, parties.supervisor):
        assert "Sign the agreement" in shown(firm, here)
        assert post(firm.operator, f"{here}/agreement-signature").location == here
        assert "Sign the agreement" not in shown(firm, here)
    activate(parties, deal_id)
    beyond = {"lot_id": str(lot.id), "quantity": "20.001", "because": "sold"}
    refused = post(parties.bank.operator, f"{here}/release-orders", beyond)
    assert (refused.status_code, "Less than the control floor of 40.000" in refused.text) == (409, True)


@pytest.mark.parametrize(
    ("slip", "says"),
    [
        ({"keys_with": ""}, "Say who holds the keys."),
        ({"floor": "much"}, "much is not a quantity."),
        ({"description": " "}, "Say which goods float"),
        ({"report_days": "x"}, "Write a whole number."),
        ({"mode": "STATIC"}, "Only a floating pledge has a control floor."),
    ],
)
def test_an_agreement_that_cannot_be_is_told_at_its_field(parties: Parties, slip: dict[str, str], says: str) -> None:
    deal_id, _ = an_offered_pledge(parties, parties.a_lot(), "60")
    refused = post(parties.bank.operator, f"/pledges/{deal_id}/agreements", FLOATING | slip)
    assert (refused.status_code, says in refused.text) == (422, True)


def test_a_missing_clause_is_told_and_what_was_ticked_stays(parties: Parties) -> None:
    deal_id, _ = an_offered_pledge(parties, parties.a_lot(), "60")
    fields = {name: value for name, value in FLOATING.items() if name != "clause_LIEN_WAIVER"}
    refused = post(parties.bank.operator, f"/pledges/{deal_id}/agreements", fields)
    assert (refused.status_code, "The agreement lacks a clause" in refused.text) == (422, True)
    assert refused.text.count(" checked") == len(Clause) - 1


def test_the_registry_by_screen_and_its_export(parties: Parties) -> None:
    deal_id, _ = an_active_pledge(parties, parties.a_lot(), "60")
    here = f"/pledges/{deal_id}"
    assert "Not filed" in shown(parties.bank, here)
    shown(parties.bank, f"{here}/registration/new")
    refused = post(parties.bank.operator, f"{here}/registration", FILED | {"months": "361"})
    assert (refused.status_code, "A filing runs for 1 to 360 months." in refused.text) == (422, True)
    assert post(parties.bank.operator, f"{here}/registration", FILED).location == here
    page = shown(parties.sme, here)
    assert "0231-7745" in page
    assert "1,300,000.00" in page
    assert "1,300,000.00" not in shown(parties.supervisor, here)
    assert "End of the filing" in shown(parties.bank, f"{here}/registration/new")
    browser = parties.bank.operator.browser()
    (row,) = csv.DictReader(io.StringIO(browser.get(f"{here}/registration.csv").text.lstrip("\ufeff")))
    told = browser.get(f"{here}/registration.json").get_json()
    assert {name: row[name] for name in row} == told
    assert (told["pledgor"], told["pledgee"]) == (parties.sme.name, parties.bank.name)
    assert (told["secured"], told["certificate"]) == ("1300000.00", "0231-7745")
    for firm in (parties.supervisor, parties.world.firm("BANK")):
        assert firm.operator.browser().get(f"{here}/registration.csv").status_code == 404


def test_the_end_of_a_filing_waits_on_the_first_page(parties: Parties) -> None:
    deal_id, _ = an_active_pledge(parties, parties.a_lot(), "60")
    post(parties.bank.operator, f"/pledges/{deal_id}/registration", FILED)
    waits = "Filings to end in the registry"
    assert waits not in shown(parties.bank, "/")
    with parties.bank.operator.ws() as ws:
        release_pledges(ws, deal_id)
    assert waits in shown(parties.bank, "/")
    ended = {"kind": "DEREGISTRATION", "certificate": "0231-9999"}
    assert post(parties.bank.operator, f"/pledges/{deal_id}/registration", ended).status_code == 302
    assert waits not in shown(parties.bank, "/")


def test_lost_control_by_screen(world: World, parties: Parties) -> None:
    deal_id, _ = an_active_pledge(parties, parties.a_lot(), "60")
    here = f"/pledges/{deal_id}"
    world.advance(timedelta(minutes=1))
    assert "Report lost control" in shown(parties.supervisor, here)
    assert "Report lost control" not in shown(parties.sme, here)
    shown(parties.supervisor, f"{here}/control-losses/new")
    refused = post(parties.supervisor.operator, f"{here}/control-losses", {"because": ""})
    assert (refused.status_code, "Say why." in refused.text) == (422, True)
    assert (
        post(parties.supervisor.operator, f"{here}/control-losses", {"because": "The locks were changed."}).location
        == here
    )
    world.work()
    world.advance(timedelta(hours=2, seconds=1))
    world.work()
    page = shown(parties.supervisor, here)
    assert "The locks were changed." in page
    assert "Confirm control" in page
    world.advance(timedelta(minutes=1))
    kept = {"statement": "New locks.", "keys_held": "yes", "goods_segregated": "yes", "devices_online": "yes"}
    assert post(parties.supervisor.operator, f"{here}/control-records", kept).location == here
    assert "Propose to accept control" in shown(parties.bank, here)
    assert post(parties.bank.operator, f"{here}/control-acceptance").location == here
    approve(parties.bank)
    with parties.bank.operator.ws(read_only=True) as ws:
        assert {one.status for one in pledges_of_deal(ws, deal_id)} == {"ACTIVE"}


def test_goods_added_later_wait_for_a_control_record_of_their_own(world: World) -> None:
    """An older record is there, for other goods or for less of the same lot: nobody is offered what would be refused."""
    deal = a_running_loan(world)
    grown, other = deal.parties.a_lot("50.000"), deal.parties.a_lot("7.000")
    here = f"/pledges/{deal.deal_id}"
    for lot, tonnes in ((grown, "20"), (grown, "30"), (other, "7")):
        world.advance(timedelta(minutes=1))
        with deal.sme.operator.ws() as ws:
            top_up(ws, deal.deal_id, [(lot.id, Quantity.of(tonnes, "TNE"))])
        page = shown(deal.bank, here)
        assert "Propose to accept control" not in page
        assert f"Lots {lot.number}" in page
        assert "not confirmed" in page
        refused = post(deal.bank.operator, f"{here}/control-acceptance")
        assert refused.status_code == 409
        with deal.parties.supervisor.operator.ws() as ws:
            confirm_control(ws, deal.deal_id, statement="Bin locked, keys with us.")
        assert "Propose to accept control" in shown(deal.bank, here)
        assert post(deal.bank.operator, f"{here}/control-acceptance").location == here
        approve(deal.bank)
        world.work()


def test_an_exchange_by_screen(world: World) -> None:
    deal = a_running_loan(world)
    new, here = deal.parties.a_lot("50.000"), f"/pledges/{deal.deal_id}"
    wish = {"leaving_lot_id": str(deal.lots[0].id), "leaving": "50", "coming_lot_id": str(new.id), "coming": "50", "because": "sold"}  # fmt: skip
    assert new.number in shown(deal.sme, f"{here}/substitutions/new")
    refused = post(deal.sme.operator, f"{here}/substitutions", wish | {"leaving": "much"})
    assert (refused.status_code, "much is not a quantity." in refused.text) == (422, True)
    assert post(deal.sme.operator, f"{here}/substitutions", wish).location == here
    with deal.bank.operator.ws(read_only=True) as ws:
        (asked,) = substitutions_of(ws, deal.deal_id)
    place = f"{here}/substitutions/{asked.id}"
    assert new.number in shown(deal.bank, here)
    assert "Let the old goods go" in shown(deal.bank, place)
    early = post(deal.bank.operator, f"{place}/order")
    assert (early.status_code, "The new goods must be pledged before" in early.text) == (409, True)
    assert "Say why." in post(deal.bank.operator, f"{place}/refusal", {"because": ""}).text
    activate(deal.parties, deal.deal_id)
    world.work()
    assert post(deal.bank.operator, f"{place}/order").location == here
    approve(deal.bank)
    assert "Old goods ordered out" in shown(deal.sme, place)
    assert "Let the old goods go" not in shown(deal.bank, place)


def test_the_same_by_api(world: World) -> None:
    deal = a_running_loan(world)
    bank, sme, keeper = deal.bank.operator, deal.sme.operator, deal.parties.supervisor.operator
    here, tonnes = f"/deals/{deal.deal_id}", {"amount": "50.000", "unit": "TNE"}

    def done(answer: Any, status: int = 200) -> Any:
        assert answer.status_code == status, answer.text
        return answer.get_json()

    assert bank.call("GET", f"{here}/agreement").status_code == 404
    body = {
        "mode": "STATIC",
        "keys_with": "Zhongzheng",
        "report_days": 1,
        "clauses": [clause.value for clause in Clause],
    }
    done(bank.call("POST", f"{here}/agreements", body))
    approve(deal.bank)
    done(sme.call("POST", f"{here}/agreement-signature", {}))
    signed = done(keeper.call("POST", f"{here}/agreement-signature", {}))
    assert len(done(bank.call("GET", f"{here}/agreement"))["signatures"]) == len(signed["signatures"]) == 2
    filed = done(bank.call("POST", f"{here}/registration", {"certificate": "0231-7745", "months": 12}))
    assert [one["kind"] for one in filed["entries"]] == ["INITIAL"]
    assert done(sme.call("GET", f"{here}/registration"))["certificate"] == "0231-7745"
    assert keeper.call("GET", f"{here}/registration").status_code == 404
    new = deal.parties.a_lot("50.000")
    wish = {"leaving_lot_id": str(deal.lots[0].id), "leaving": tonnes, "coming_lot_id": str(new.id), "coming": tonnes, "because": "sold"}  # fmt: skip
    asked = done(sme.call("POST", f"{here}/substitutions", wish), 201)
    place = f"{here}/substitutions/{asked['id']}"
    assert bank.call("POST", f"{place}/order", {}).get_json()["code"] == "substitute_inactive"
    declined = done(bank.call("POST", f"{place}/refusal", {"because": "another grade"}))
    assert (declined["status"], declined["answer"]) == ("REFUSED", "another grade")
    assert done(sme.call("GET", f"{here}/substitutions"))["items"] == [declined]
    lost = done(keeper.call("POST", f"{here}/control-losses", {"because": "locks changed"}), 201)
    assert UUID(lost["deal_id"]) == deal.deal_id
