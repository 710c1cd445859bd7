"""Stock for finance by pages and calls: a firm offers, a bank answers, the firm asks that bank."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories import Person, World
from tests.marketplace.pledges.makers import Parties, the_parties


@pytest.fixture
def parties(world: World) -> Parties:
    return the_parties(world)


def send(person: Person, page: str, action: str, **typed: str) -> Any:
    browser = person.browser()
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(page).text)
    assert token
    return browser.post(action, data={"csrf_token": token.group(1), "_key": str(uuid4())} | typed)


def test_from_an_offer_to_the_bank_that_answered(world: World, parties: Parties) -> None:
    lot = parties.a_lot("12.500")
    page = f"/lots/{lot.id}/stock-offer"
    assert f'href="{page}"' in parties.sme.owner.browser().get(f"/lots/{lot.id}").text
    refused = send(parties.sme.owner, page, page, amount="0", tenor_days="90", shown_days="30")
    assert (refused.status_code, "Give an amount above nothing." in refused.text) == (422, True)
    made = send(parties.sme.owner, page, page, amount="300,000", tenor_days="90", shown_days="30", words="By rail.")
    offer = made.headers["Location"]
    bank = parties.bank.owner
    shelf = bank.browser().get(f"/stock?q={lot.product_name}&sort=newest").text
    assert f'href="{offer}"' in shelf
    assert parties.sme.name in shelf
    told = send(bank, offer, f"{offer}/interest", amount="250000", annual_rate="4.35", words="Call us.")
    assert told.headers["Location"] == offer
    seen = parties.sme.owner.browser().get(offer).text
    assert parties.bank.name in seen
    assert "4.35%" in seen
    ask = re.search(r'href="(/deals/new\?[^"]+)"', seen)
    assert ask
    form = parties.sme.owner.browser().get(ask.group(1).replace("&amp;", "&")).text
    assert re.search(rf'name="lot-{lot.id}"[^>]*value="12.5"', form)
    assert re.search(rf'value="{parties.bank.tenant_id}" checked', form)
    assert send(parties.sme.owner, offer, f"{offer}/withdrawal").headers["Location"] == "/stock"
    assert "Withdrawn" in parties.sme.owner.browser().get("/stock").text


def test_the_same_by_calls(world: World, parties: Parties) -> None:
    lot, wanted = parties.a_lot(), {"amount": "300000.00", "currency": "CNY"}
    made = parties.sme.owner.call("POST", "/stock-offers", {"lot_id": str(lot.id), "amount": wanted, "tenor_days": 90})
    assert (made.status_code, made.json["status"]) == (201, "OPEN")
    offer_id = UUID(made.json["id"])
    found = parties.bank.owner.call("GET", "/stock?sort=newest").json["items"]
    assert found[0]["id"] == str(offer_id)
    assert (found[0]["firm"], found[0]["wanted"]) == (parties.sme.name, wanted)
    said = parties.bank.owner.call("POST", f"/stock/{offer_id}/interest", {"amount": wanted, "annual_rate": "0.0435"})
    assert (said.status_code, said.json["annual_rate"]) == (201, "0.0435")
    [answer] = parties.sme.owner.call("GET", f"/stock/{offer_id}").json["interests"]
    assert answer["bank"] == parties.bank.name
    assert parties.sme.owner.call("POST", f"/stock/{offer_id}/interest", {"amount": wanted}).status_code == 403
    assert world.firm("BUYER").owner.call("GET", f"/stock/{offer_id}").status_code == 404
    assert parties.sme.owner.call("POST", f"/stock-offers/{offer_id}/withdrawal", {}).json["status"] == "WITHDRAWN"
    assert [one["status"] for one in parties.sme.owner.call("GET", "/stock-offers").json["items"]] == ["WITHDRAWN"]
