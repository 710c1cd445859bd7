"""What people take away of a loan: the letter of a margin call, and tables that say the same as the screen, as CSV and as a spreadsheet."""

import pytest

from marketplace.tables import cells_of
from tests.factories import World
from tests.marketplace.financing.makers import a_called_loan, a_running_loan


def test_a_margin_call_as_a_letter_and_all_calls_as_a_table(world: World) -> None:
    deal, other = a_called_loan(world), a_running_loan(world)
    assert deal.call
    here = f"/deals/{deal.deal_id}/margin-calls/{deal.call.id}"
    for firm in (deal.bank, deal.sme):
        browser = firm.operator.browser()
        assert f"{here}.pdf" in browser.get(here).text
        for language in ("en", "zh"):
            assert browser.get(f"{here}.pdf?lang={language}").data.startswith(b"%PDF")
        heading, row = cells_of(browser.get("/margin-calls.xlsx").data, 10)
        told = dict(zip(heading, row, strict=True))
        assert (told["call"], told["state"], told["missing_cash"]) == (
            "1",
            deal.call.status,
            str(deal.call.cash.amount),
        )
        assert told["deal"] in browser.get("/margin-calls.csv").text
    assert other.bank.operator.browser().get(f"{here}.pdf").status_code == 404
    wrong_room = f"/deals/{other.deal_id}/margin-calls/{deal.call.id}.pdf"
    assert other.bank.operator.browser().get(wrong_room).status_code == 404


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_borrowing_base_as_a_table_adds_up_and_is_its_parties_alone(world: World, ending: str) -> None:
    deal = a_running_loan(world)
    here = f"/deals/{deal.deal_id}/borrowing-base"
    assert f"{here}.{ending}?as_of=" in deal.sme.operator.browser().get(here).text
    heading, *rows = cells_of(deal.bank.operator.browser().get(f"{here}.{ending}").data, 100)
    told = [dict(zip(heading, row, strict=True)) for row in rows]
    base = deal.bank.operator.call("GET", here).json
    assert [one["amount"] for one in told if one["kind"] == "sum"][-1] == base["available"]["amount"]
    assert [one["says"].split()[0] for one in told if one["kind"] == "lot"] == [deal.lots[0].number]
    assert deal.parties.supervisor.operator.browser().get(f"{here}.{ending}").status_code == 404
    assert deal.bank.operator.browser().get(f"{here}.{ending}?as_of=soon").status_code == 422
