"""Warnings of the blind index where the bank looks: in the deal room, on the lot and by call; nobody else finds them."""

from tests.factories import World
from tests.marketplace.documents.test_blind_index import a_side, number


def test_the_bank_that_was_warned_sees_it_and_nobody_else_does(world: World) -> None:
    same = number(world)
    one, two = a_side(world, number=same), a_side(world, number=same)
    bank, page = one.parties.bank.operator, f"/lots/{one.lot.id}"
    for path in (f"/deals/{one.deal_id}", page):
        (found,) = bank.call("GET", f"{path}/duplicate-warnings").json["items"]
        assert (found["kind"], found["what"], found["lot_id"]) == ("INVOICE", "The same invoice", str(one.lot.id))
        assert two.parties.bank.operator.call("GET", f"{path}/duplicate-warnings").status_code == 404
    assert "Seen in another deal as well" in bank.browser().get(page).text
    assert "另一融资项目中亦有出现" in bank.browser().get(f"{page}?lang=zh").text
    owner = one.parties.sme.operator
    assert owner.call("GET", f"{page}/duplicate-warnings").json["items"] == []
    assert "Seen in another deal" not in owner.browser().get(page).text
