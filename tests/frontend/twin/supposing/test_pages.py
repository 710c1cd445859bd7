"""What if: the page puts suppositions side by side and keeps them in its address; the call gives one."""

import re
from html import unescape

from tests.factories import Person, World
from tests.marketplace.financing.makers import ADeal, a_running_loan


def page(person: Person, deal: ADeal, query: str = "", status: int = 200) -> str:
    answer = person.browser().get(f"/deals/{deal.deal_id}/what-if{query}")
    assert answer.status_code == status, answer.text
    return unescape(str(answer.text))


def row(told: str, says: str) -> list[str]:
    """A line of the comparison."""
    line = re.search(rf'<th scope="row">{re.escape(says)}</th>(.*?)</tr>', told, re.DOTALL)
    assert line, told
    return [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", line[1], re.DOTALL)]


def test_suppositions_stand_beside_what_is_and_stay_in_the_address(world: World) -> None:
    deal = a_running_loan(world)
    told = page(deal.bank.operator, deal, "?price=-10&beside=price%3D-35&beside=frozen%3Dyes")
    assert row(told, "Value of the goods") == [
        "CN¥2,000,000.00",
        "CN¥1,800,000.00",
        "CN¥1,300,000.00",
        "CN¥2,000,000.00",
    ]
    assert row(told, "What follows") == ["Nothing follows", "Nothing follows", "A margin call would be opened", "Nothing follows"]  # fmt: skip
    assert row(told, "May be drawn")[3] == "CN¥0.00"
    assert "The lot is frozen." in told
    # Taking the middle one away leaves the others; one click adds a usual one.
    assert f"/deals/{deal.deal_id}/what-if?beside=price%3D-10&beside=frozen%3Dyes" in told
    assert "?beside=price%3D-10&beside=price%3D-35&beside=frozen%3Dyes&beside=price%3D-20" in told
    assert "Prices −10.0%" in told


def test_what_cannot_be_read_or_supposed_is_refused_and_so_is_a_stranger(world: World) -> None:
    deal = a_running_loan(world)
    for query in ("price=-100", "price=much", "days=-1", "missing=101", "lot_id=12", "heat=x", "beside=price%3Dx"):
        page(deal.bank.operator, deal, f"?{query}", 422)
    page(world.firm("BANK").operator, deal, status=404)
    assert f"/deals/{deal.deal_id}/what-if" in deal.bank.operator.browser().get(f"/deals/{deal.deal_id}").text


def test_the_call_gives_both_outcomes_with_their_lots(world: World) -> None:
    deal = a_running_loan(world)
    address = f"/deals/{deal.deal_id}/what-if"
    found = deal.bank.operator.call("GET", f"{address}?price=-0.35&silent_hours=3").json
    assert (found["now"]["follows"], found["supposed"]["follows"]) == ("none", "open")
    assert found["supposed"]["ltv"] == "0.76923077"
    assert found["supposed"]["cash_to_cure"] == {"amount": "155000.00", "currency": "CNY"}
    [lot] = found["supposed"]["lots"]
    assert (lot["lot_id"], lot["market_value"]["amount"]) == (str(deal.lots[0].id), "1300000.00")
    wrong = deal.bank.operator.call("GET", f"{address}?missing=2")
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "missing")
    assert world.firm("SME").operator.call("GET", address).status_code == 404
