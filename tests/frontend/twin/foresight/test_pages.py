"""Outlooks on the screen and by call: chances beside the record of such forecasts."""

from html import unescape

from tests.factories import World
from tests.marketplace.financing.makers import a_running_loan
from tests.marketplace.twin.foresight.test_outlook import priced


def test_a_bank_reads_chances_beside_how_they_held(world: World) -> None:
    deal, _ = priced(world, 130)
    browser = deal.bank.operator.browser()
    page = unescape(browser.get(f"/deals/{deal.deal_id}/outlook").text)
    for words in (
        "Chance to meet a line",
        "Figures to come",
        "If nobody inspects the goods",
        "How such forecasts have held",
        "80% held",
    ):
        assert words in page
    page = unescape(browser.get("/prices/CU/outlook").text)
    assert "<series-chart" in page
    assert "with 95%" in page
    assert 'href="/prices/CU/outlook"' in browser.get("/prices/CU").text
    assert f"/deals/{deal.deal_id}/outlook" in browser.get(f"/deals/{deal.deal_id}").text
    called = deal.bank.operator.call("GET", f"/deals/{deal.deal_id}/outlook").json
    assert [one["line"] for one in called["crossings"]] == ["WARN", "CALL", "LIQUIDATION"]
    assert called["ahead"][0]["low"]["market_value"]["currency"] == "CNY"
    price = deal.bank.operator.call("GET", "/prices/CU/outlook").json
    assert [one["trading_days"] for one in price["scores"]] == [one["trading_days"] for one in called["scores"]]


def test_a_short_series_and_a_borrower_are_told_what_is_missing(world: World) -> None:
    deal = a_running_loan(world)
    assert "Too short to foretell" in unescape(deal.bank.operator.browser().get("/prices/CU/outlook").text)
    assert "No forecast of prices" in unescape(deal.sme.operator.browser().get(f"/deals/{deal.deal_id}/outlook").text)
    assert world.firm("BANK").operator.browser().get(f"/deals/{deal.deal_id}/outlook").status_code == 404
    assert world.firm("BANK").operator.call("GET", "/prices/CU/outlook").status_code == 404
