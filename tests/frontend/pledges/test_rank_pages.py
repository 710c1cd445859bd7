"""A second rank by screen and by call: each of the three sees its part, the fourth nothing."""

import re
from typing import Any
from uuid import UUID

from marketplace.pledges.queries import pledges_of_deal
from marketplace.pledges.ranks.queries import list_consents
from tests.factories import World
from tests.frontend.pledges.test_pages import approve, post
from tests.marketplace.financing.makers import ADeal, a_request, a_running_loan
from tests.marketplace.pledges.makers import Parties, activate


def two_loans(world: World) -> tuple[ADeal, ADeal]:
    """Two banks' loans to one firm."""
    first = a_running_loan(world)
    own = first.parties
    parties = Parties(world, own.sme, world.firm("BANK"), own.warehouse, own.supervisor)
    request = a_request(world, parties=parties, amount="100000.00", tonnes="10.000")
    return first, a_running_loan(world, deal=request, limit="5000000.00", drawn="50000.00")


def the_consent(deal: ADeal) -> UUID:
    with deal.sme.operator.ws(read_only=True) as ws:
        return list_consents(ws)[0].id


def asked(first: ADeal, second: ADeal, **other: str) -> Any:
    fields = {"second_deal_id": str(second.deal_id), f"lot_{first.lots[0].id}": "yes", "cap": "800,000", "most": "500000", "because": "spring"}  # fmt: skip
    return post(first.sme.operator, f"/pledges/{first.deal_id}/ranks", fields | other)


def test_a_second_rank_by_screen(world: World) -> None:
    first, second = two_loans(world)
    new = first.sme.operator.browser().get(f"/pledges/{first.deal_id}/ranks/new").text
    assert second.bank.name in new
    assert "field-cap" in asked(first, second, cap="0").text
    assert asked(first, second).status_code == 302
    here = f"/ranks/{the_consent(first)}"
    assert "Propose to consent" in first.bank.operator.browser().get(here).text
    assert second.bank.operator.browser().get(here).status_code == 404
    assert post(first.bank.operator, f"{here}/consent").status_code == 302
    assert "Waiting for a colleague" in first.bank.operator.browser().get(here).text
    approve(first.bank)
    page = second.bank.operator.browser().get(here).text
    assert first.bank.name in page
    assert "800,000.00" in page
    assert str(first.deal_id) not in page
    assert post(first.sme.operator, f"{here}/pledges").status_code == 302
    assert "second rank" in first.sme.operator.browser().get(f"/pledges/{second.deal_id}").text
    activate(second.parties, second.deal_id, second.bank)
    assert "Declare the claim" in second.bank.operator.browser().get(here).text
    assert post(second.bank.operator, f"{here}/claim", {"claim": "400000"}).status_code == 302
    assert "400,000.00" in first.bank.operator.browser().get(here).text
    stranger = world.firm("BANK")
    assert stranger.operator.browser().get(here).status_code == 404
    assert re.search("No second ranks", stranger.operator.browser().get("/ranks").text)


def test_a_second_rank_refused_and_taken_back(world: World) -> None:
    first, second = two_loans(world)
    asked(first, second)
    refused = f"/ranks/{the_consent(first)}"
    assert post(first.bank.operator, f"{refused}/refusal", {"because": "Not on our goods."}).status_code == 302
    assert "Not on our goods." in first.sme.operator.browser().get(refused).text
    asked(first, second)
    here = f"/ranks/{the_consent(first)}"
    assert here != refused
    assert post(first.sme.operator, f"{here}/withdrawal").status_code == 302
    assert "Withdrawn" in first.bank.operator.browser().get("/ranks").text
    with second.bank.operator.ws(read_only=True) as ws:
        assert list_consents(ws) == []
        assert {one.rank for one in pledges_of_deal(ws, second.deal_id)} == {1}
