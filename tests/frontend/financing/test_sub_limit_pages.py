"""Sub-limits and an undertaking as condition, by screen and by call; and the lines of the home page about papers that wait for a signature."""

from tests.factories import Firm, World
from tests.frontend.financing.test_pages import approve, looked_at, sent
from tests.marketplace.financing.makers import a_request, a_running_loan
from tests.marketplace.pledges.makers import Parties, an_offered_pledge, the_parties
from tests.marketplace.pledges.test_papers import draw_up, sign


def test_sub_limits_are_set_and_explained_on_the_screen(world: World) -> None:
    deal = a_running_loan(world)
    here, site = f"/deals/{deal.deal_id}/borrowing-base", deal.lots[0].site_id
    page = looked_at(deal.bank, here)
    assert all(name in page for name in ("sub-KIND-CU", f"sub-SITE-{site}"))
    browser, terms = deal.bank.operator.browser(), {"cap": "100", "wrong_way": "0", "sub-KIND-CU": "1,100,000"}
    assert "is not an amount" in sent(browser, here, f"{here}/terms", terms | {f"sub-SITE-{site}": "much"}, status=422)
    sent(browser, here, f"{here}/terms", terms)
    approve(world, deal.bank)
    for firm in (deal.bank, deal.sme):
        told = looked_at(firm, here)
        assert all(words in told for words in ("Above the sub-limit for CU", "-CN¥300,000.00", "CN¥100,000.00"))
    refused = sent(deal.sme.operator.browser(), f"/deals/{deal.deal_id}/drawdowns/new", f"/deals/{deal.deal_id}/drawdowns", {"amount": "100,000.01", "payee": "Jiangxi"}, status=409)  # fmt: skip
    assert "held back by the sub-limit for CU" in refused


def test_sub_limits_by_call(world: World) -> None:
    deal = a_running_loan(world)
    site = {"by": "SITE", "of": str(deal.lots[0].site_id), "name": "Yangshan", "most": {"amount": "1050000.00", "currency": "CNY"}}  # fmt: skip
    made = deal.bank.operator.call("POST", f"/deals/{deal.deal_id}/base-terms", {"sub_limits": [site]})
    assert made.status_code == 200, made.text
    deal.bank.approver.call("POST", f"/approvals/{made.json['approval_id']}/approval", {})
    world.work()
    told = deal.sme.operator.call("GET", f"/deals/{deal.deal_id}/borrowing-base").json
    assert (told["available"]["amount"], told["borrowing_base"]["amount"]) == ("50000.00", "1050000.00")
    assert any("Yangshan" in one["says"] for one in told["lines"])
    twice = deal.bank.operator.call("POST", f"/deals/{deal.deal_id}/base-terms", {"sub_limits": [site, site]})
    assert (twice.status_code, twice.json["errors"][0]["field"]) == (422, "sub_limits")


def test_an_offer_may_ask_for_an_undertaking_where_there_is_a_core_enterprise(world: World) -> None:
    alone, backed = a_request(world), a_request(world, core=world.firm("CORE_ENTERPRISE"))
    box = 'name="guarantee"'
    assert box not in looked_at(alone.bank, f"/deals/{alone.deal_id}/offers/new")
    assert box in looked_at(backed.bank, f"/deals/{backed.deal_id}/offers/new")
    assert 'value="GUARANTEE"' in looked_at(backed.bank, f"/deals/{backed.deal_id}/conditions/new")


def home(firm: Firm) -> str:
    return firm.operator.browser().get("/?lang=en").text


def test_an_agreement_waits_for_those_who_have_not_signed(world: World) -> None:
    parties: Parties = the_parties(world)
    deal_id, _ = an_offered_pledge(parties, parties.a_lot(), "60")
    line = "Supervision agreements to sign"
    assert line not in home(parties.sme)
    draw_up(parties, deal_id)
    assert all(line in home(firm) for firm in (parties.sme, parties.supervisor))
    assert all(line not in home(firm) for firm in (parties.bank, parties.warehouse, world.firm("SUPERVISOR")))
    sign(deal_id, parties.sme)
    assert line not in home(parties.sme)
    assert f'href="/pledges/{deal_id}"' in home(parties.supervisor)
    sign(deal_id, parties.supervisor)
    draw_up(parties, deal_id)
    assert all(line in home(firm) for firm in (parties.sme, parties.supervisor)), "a newer agreement is another one"


def test_a_certificate_waits_for_the_supervisor_of_its_goods(world: World) -> None:
    deal = a_running_loan(world)
    line, here = "A borrowing base certificate to confirm", f"/deals/{deal.deal_id}/borrowing-base"
    assert line not in home(deal.parties.supervisor)
    signed = deal.sme.operator.call("POST", f"/deals/{deal.deal_id}/base-certificates", {})
    assert signed.status_code == 201, signed.text
    assert line in home(deal.parties.supervisor)
    assert f'href="{here}"' in home(deal.parties.supervisor)
    assert all(line not in home(firm) for firm in (deal.sme, deal.bank, deal.parties.warehouse))
    word = f"/deals/{deal.deal_id}/base-certificates/{signed.json['id']}/confirmation"
    said = deal.parties.supervisor.operator.call("POST", word, {"agrees": True})
    assert said.status_code == 200, said.text
    assert line not in home(deal.parties.supervisor)
