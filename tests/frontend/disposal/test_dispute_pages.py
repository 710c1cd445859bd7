"""A purchase that goes wrong, page by page: disputed with evidence, reported on, answered, mediated, decided; goods and money go back, or part of the price."""

import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tenants.approvals import waiting
from tests.factories import Person, World
from tests.frontend.disposal.test_pages import post, token_of
from tests.marketplace.disposal.makers import Enforced, an_enforced_sale
from tests.marketplace.financing.makers import decided

WORDS = "Forty tonnes of it are grade B, see the assay."


@pytest.fixture
def bought(world: World) -> Enforced:
    """Goods that their buyer has paid for and holds."""
    enforced = an_enforced_sale(world)
    enforced.sell("5650000")
    enforced.pay()
    enforced.hand_over()
    return enforced


def look(person: Person, path: str, language: str = "en") -> str:
    return person.browser().get(f"{path}?lang={language}").text


def disputed(bought: Enforced) -> str:
    """The buyer fills in the form, with a paper; gives the page of the dispute."""
    buyer, page = bought.buyer.operator, f"/auctions/{bought.sale.auction_id}/acceptance"
    client = buyer.browser()
    body: dict[str, Any] = {"csrf_token": token_of(client, page), "_key": str(uuid4()), "ground": "GRADE", "words": WORDS, "found": "418.5", "found_unit": "TNE"}  # fmt: skip
    sent = client.post(page.replace("acceptance", "dispute"), data=body | {"file": (io.BytesIO(b"%PDF-1.7 grade B"), "assay.pdf")})  # fmt: skip
    assert sent.status_code == 302, sent.text
    bought.deal.world.work()
    return str(sent.location)


def agreed(bought: Enforced) -> None:
    """A colleague agrees to what the seller's officer proposed."""
    with bought.deal.bank.operator.ws(read_only=True) as ws:
        [proposal] = waiting(ws)
    decided(bought.deal.bank, proposal)


def test_from_the_complaint_to_goods_and_money_back(world: World, bought: Enforced) -> None:
    buyer, bank, supervisor = bought.buyer.operator, bought.deal.bank.operator, bought.deal.parties.supervisor.operator
    purchase = f"/auctions/{bought.sale.auction_id}/acceptance"
    assert all(word in look(buyer, purchase) for word in ("Is it what you bought?", "Dispute the goods"))
    page = disputed(bought)
    for person in (buyer, bank, supervisor):
        told = look(person, page)
        assert all(
            word in told for word in (WORDS, "418.5", "assay.pdf", "To be settled by", "It is worse than was sold")
        )
        assert "异议" in look(person, page, "zh")
    assert page in look(bank, "/disputes")
    assert world.firm("BUYER").operator.browser().get(page).status_code == 404
    assert "What do your records say?" in look(supervisor, page)
    assert post(supervisor, f"{page}/finding", page, words="Seal unbroken; 420 t weighed out.", found="420", found_unit="TNE").status_code == 302  # fmt: skip
    assert post(bank, f"{page}/answer", page, words="Bad.").status_code in (400, 422)
    assert post(bank, f"{page}/answer", page, words="The assay says grade A.").status_code == 302
    assert "The assay says grade A." in look(buyer, page)
    early = post(bank, f"/auctions/{bought.sale.auction_id}/refund", page, reference="R-1")
    assert early.status_code == 409
    assert post(bank, f"{page}/decision", page, decision="RESCIND", because="The samples say so.").status_code == 302
    assert "undo the sale" in look(bought.deal.bank.approver, "/approvals")
    agreed(bought)
    world.work()
    assert all(word in look(buyer, page) for word in ("Undo the sale", "The samples say so."))
    assert "The goods go back" in look(buyer, purchase)
    warehouse = bought.deal.parties.warehouse.operator
    assert "420" in look(warehouse, "/handovers")
    back = f"/auctions/{bought.sale.auction_id}/return"
    assert post(warehouse, back, "/handovers", quantity="419", quantity_unit="TNE").status_code in (400, 422)
    assert post(warehouse, back, "/handovers", quantity="420", quantity_unit="TNE").status_code == 302
    world.work()
    assert post(bank, f"/auctions/{bought.sale.auction_id}/refund", purchase, reference="REF-9").status_code == 302
    assert all(word in look(buyer, purchase) for word in ("REF-9", "5,650,000.00"))
    assert "已撤销" in look(buyer, purchase, "zh")


def test_a_silent_seller_is_mediated_and_part_of_the_price_goes_back(world: World, bought: Enforced) -> None:
    operator, bank, buyer = world.firm("PLATFORM").operator, bought.deal.bank.operator, bought.buyer.operator
    page, purchase = disputed(bought), f"/auctions/{bought.sale.auction_id}/acceptance"
    assert "Propose the decision" not in look(bank, page)
    assert operator.browser().get(page).status_code == 404
    world.advance(timedelta(days=5))
    world.work()
    assert all(word in look(operator, page) for word in ("In mediation", "How both sides could settle it"))
    assert "Disputes about sold goods" in look(operator, "/")
    assert post(operator, f"{page}/proposal", page, words="Split the difference between you.").status_code == 302
    assert "Split the difference between you." in look(buyer, page)
    assert all(word in look(bank, page) for word in ("Your answer", "Propose the decision"))
    assert post(bank, f"{page}/decision", page, decision="REDUCE", because="The samples say so.", reduction="75000").status_code == 302  # fmt: skip
    agreed(bought)
    world.work()
    assert all(word in look(buyer, purchase) for word in ("Price reduced", "75,000.00", "5,575,000.00"))
    assert "Paid in the end" in look(buyer, f"/auctions/{bought.sale.auction_id}")
    assert buyer.call("GET", page).json["proposal"] == "Split the difference between you."
    assert buyer.call("GET", f"/auctions/{bought.sale.auction_id}").json["settled"]["amount"] == "5575000.00"
