"""The daily collateral report on the screen, on paper, as a table and by API."""

from datetime import timedelta

from tests.factories import World
from tests.marketplace.financing.makers import a_called_loan


def test_the_report_in_all_its_forms(world: World) -> None:
    deal = a_called_loan(world)
    browser = deal.bank.operator.browser()
    for language, words in (("en", "Loan-to-value beyond the call line"), ("zh", "质押率超过补仓线")):
        page = browser.get(f"/reports/collateral?lang={language}")
        assert page.status_code == 200, page.text[-2000:]
        assert words in page.text
        assert browser.get(f"/reports/collateral.pdf?lang={language}").data.startswith(b"%PDF")
    table = browser.get("/reports/collateral.csv").text.splitlines()
    assert len(table) == 2
    assert ",TNE,0,100.000,0,100.000,0,100.000,," in table[1]
    by_call = deal.bank.operator.call("GET", "/reports/collateral").json["facilities"]
    assert (by_call[0]["zone"], by_call[0]["movements"][0]["closing"]) == ("CALL", "100.000")


def test_a_day_that_cannot_be_is_refused_and_one_without_goods_says_so(world: World) -> None:
    bank = world.firm("BANK").operator
    assert "No goods in pledge on this day" in bank.browser().get("/reports/collateral").text
    assert bank.browser().get("/reports/collateral?day=yesterday").status_code == 422
    tomorrow = (world.now + timedelta(days=2)).date().isoformat()
    assert bank.call("GET", f"/reports/collateral?day={tomorrow}").json["errors"][0]["field"] == "day"
