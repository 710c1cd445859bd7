"""Outlooks on the screen and by call: chances beside the record of such forecasts."""

from datetime import timedelta
from decimal import Decimal
from html import unescape

from tests.factories import World
from tests.marketplace.financing.makers import a_running_loan
from tests.marketplace.supervision.makers import a_scene, a_watching_device, say, values
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


def test_a_lot_is_told_how_warm_it_may_get_and_how_its_evidence_ages(world: World) -> None:
    scene = a_scene(world)
    climate = a_watching_device(scene.supervisor, scene.lot.id, kind="climate")
    start, heat = world.now, [20 + 15 * (hour % 24 > 12) for hour in range(24 * 6)]
    world.advance(timedelta(days=6))
    for day in range(6):
        hours = heat[24 * day : 24 * day + 24]
        say(world, climate, values("temperature", "Cel", start + timedelta(days=day), hours, every=timedelta(hours=1)))
    found = scene.bank.operator.call("GET", f"/lots/{scene.lot.id}/outlook").json
    [one] = found["climates"]
    assert (one["metric"], [each["hours"] for each in one["ahead"]]) == ("temperature", [1, 6, 24, 48])
    assert one["scores"]
    # The goods lie above their thirty degrees for the second half of each day, and a day ahead is like today.
    assert Decimal(one["ahead"][2]["middle"]) in (20, 35)
    assert [each["days"] for each in found["evidence"]][:2] == [0, 7]
    grades = [each["grade"] for each in found["evidence"]]
    assert grades == sorted(grades)
    page = unescape(scene.sme.operator.browser().get(f"/lots/{scene.lot.id}/outlook").text)
    assert "Outside the limits" in page
    assert "in 24 hours" in page
    assert f"/lots/{scene.lot.id}/outlook" in scene.bank.operator.browser().get(f"/lots/{scene.lot.id}").text
    assert world.firm("BANK").operator.browser().get(f"/lots/{scene.lot.id}/outlook").status_code == 404


def test_a_lot_that_nothing_watches_says_so(world: World) -> None:
    scene = a_scene(world)
    page = unescape(scene.bank.operator.browser().get(f"/lots/{scene.lot.id}/outlook").text)
    assert "No climate is measured here" in page
