"""Part of a price held by a dispute, page by page: what the buyer contests, the provisional statement, and what was held."""

from typing import Any
from uuid import uuid4

from tests.factories import World
from tests.frontend.disposal.test_dispute_pages import WORDS, agreed, look
from tests.frontend.disposal.test_pages import post, token_of
from tests.frontend.forms import reads_before_deciding
from tests.marketplace.disposal.makers import an_enforced_sale

COSTS = {"storage": "60000", "enforcement": "40000", "commission_rate": "2", "tax_rate": "13"}


def test_from_what_is_contested_to_the_statement_of_the_whole(world: World) -> None:
    bought = an_enforced_sale(world)
    bought.sell("5650000")
    bought.pay()
    bought.hand_over()
    buyer, bank, room = bought.buyer.operator, bought.deal.bank.operator, f"/auctions/{bought.sale.auction_id}"
    assert "What you contest of the price" in look(buyer, f"{room}/acceptance")
    client = buyer.browser()
    said: dict[str, Any] = {"csrf_token": token_of(client, f"{room}/acceptance"), "_key": str(uuid4()), "ground": "GRADE", "words": WORDS}  # fmt: skip
    assert "at most the price" in client.post(f"{room}/dispute", data=said | {"contested": "5650000.01"}).text
    sent = client.post(f"{room}/dispute", data=said | {"_key": str(uuid4()), "contested": "2000000"})
    assert sent.status_code == 302, sent.text
    world.work()
    dispute = str(sent.location)
    assert "2,000,000.00" in look(bank, dispute)
    assert buyer.call("GET", dispute).json["contested"]["amount"] == "2000000.00"
    assert "Distribute the proceeds" in look(bank, room)
    assert "3,650,000.00" in look(bank, f"{room}/distribution/new")
    assert post(bank, f"{room}/distribution", f"{room}/distribution/new", **COSTS).status_code == 302
    assert "2,000,000.02 stay held" in look(bought.deal.bank.approver, "/approvals")
    reads_before_deciding(bought.deal.bank.approver, "Amount claimed", "Principal")
    agreed(bought)
    for told in (look(bought.deal.sme.operator, f"{room}/distribution"), look(bank, f"{room}/distribution")):
        assert all(word in told for word in ("Provisional", "2,000,000.02", "3,649,999.98", "Still owed, for now"))  # fmt: skip
    assert bank.browser().get(f"{room}/distribution.pdf").data.startswith(b"%PDF")
    assert bank.call("GET", f"{room}/distribution").json["held"]["amount"] == "2000000.02"
    assert "are held until the dispute is decided" in look(bank, room)
    assert bank.call("POST", f"{room}/distribution/rest", {}).status_code == 409
    assert post(bank, f"{dispute}/answer", dispute, words="The assay says grade A.").status_code == 302
    assert post(bank, f"{dispute}/decision", dispute, decision="REDUCE", because="So be it.", reduction="500000").status_code == 302  # fmt: skip
    agreed(bought)
    world.work()
    assert "Distribute what was held" in look(bank, room)
    wrong = post(bank, f"{room}/distribution/rest", room, storage="much")
    assert (wrong.status_code, "field-storage" in wrong.text) == (422, True)
    later = {"storage": {"amount": "100.00", "currency": "CNY"}}
    assert bank.call("POST", f"{room}/distribution/rest", later).status_code == 201
    agreed(bought)
    whole = bank.call("GET", f"{room}/distribution").json
    assert (whole["receipts"]["amount"], whole["held"]["amount"]) == ("5150000.00", "0.00")
    [tax] = [line for line in whole["lines"] if line["rank"] == "TAX"]
    assert (tax["paid"]["amount"], tax["before"]["amount"]) == ("592477.88", "419911.50")
    told = look(bank, f"{room}/distribution", "zh")
    assert all(word in told for word in ("其中此前已付", "419,911.50"))
    assert "暂定" not in told
