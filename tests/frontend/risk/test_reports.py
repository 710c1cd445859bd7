"""Market statistics, disposal figures and data access: on the screen, on paper, as tables and by API, in both languages."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.factories import Person, World
from tests.marketplace.disposal.makers import an_enforced_sale
from tests.marketplace.pledges.short_makers import a_mass

WORDS = {
    "/reports/market": {"en": "Firms in the register", "zh": "登记企业"},
    "/reports/disposals": {"en": "Below 70% of the valuation", "zh": "低于估值的 70%"},
    "/reports/shortages": {"en": "Longest open", "zh": "最长未结"},
    "/reports/access": {"en": "Who could see what", "zh": "谁可以查看什么"},
}


def test_a_sale_that_was_paid_in_the_reports_of_those_it_concerns(world: World) -> None:
    enforced = an_enforced_sale(world)
    enforced.sell("4200000")
    enforced.deliver()
    world.advance(timedelta(minutes=1))  # a report tells what was before the moment of asking
    seller, borrower = enforced.deal.bank.operator, enforced.deal.sme.operator
    authority, number = world.firm("REGULATOR").owner, enforced.sale.auction.number
    in_all_forms(seller, "/reports/disposals", number)
    in_all_forms(borrower, "/reports/access", enforced.deal.bank.name)
    in_all_forms(authority, "/reports/market", "Agreed online sale")
    [liquidation] = seller.call("GET", "/reports/disposals").json["liquidations"]
    assert (liquidation["number"], liquidation["proceeds"]["amount"]) == (number, "4200000.00")
    sights = borrower.call("GET", "/reports/access").json["sights"]
    assert (enforced.deal.bank.name, "deal", "bank") in {(one["firm"], one["kind"], one["role"]) for one in sights}
    market = authority.call("GET", "/reports/market").json
    assert "sales" in {one["topic"] for one in market["cells"]}
    hidden = [one for one in market["cells"] if not one["is_shown"]]
    assert {(one["cases"], one["money"], one["share"]) for one in hidden} <= {(None, None, None)}
    assert ("not told" in authority.browser().get("/reports/market?lang=en").text) == bool(hidden)
    assert market["firms"]["REGULATOR"] >= 1


def test_shortages_in_the_authority_s_report(world: World) -> None:
    """Three owners at one site: how much; two at another: that it is, and for how long."""
    authority, mass, few = world.firm("REGULATOR").owner, a_mass(world), a_mass(world)
    lots = [mass.lot(world.firm("SME"), "100") for _ in range(3)]
    shortage = mass.report(lots[0], "200")
    few.lot(world.firm("SME"), "100")
    few.report(few.lot(world.firm("SME"), "50"), "40")
    world.advance(timedelta(days=2))
    in_all_forms(authority, "/reports/shortages", mass.site.name)
    page = authority.browser().get("/reports/shortages?lang=en").text
    assert few.site.name in page
    assert "not told" in page
    rows = {one["site"]: one for one in authority.call("GET", "/reports/shortages").json["rows"]}
    told, hidden = rows[mass.site.name], rows[few.site.name]
    assert (told["warehouse"], told["state"], told["cases"], told["days"]) == (mass.warehouse.name, "OPEN", 1, 2)
    assert (told["claimed"]["amount"], told["found"]["amount"], told["part"]) == ("300.000", "200.000", "0.6667")
    assert (hidden["cases"], hidden["is_shown"], hidden["claimed"], hidden["found"], hidden["part"]) == (1, False, None, None, None)  # fmt: skip
    mass.confirm(shortage.id)
    rows = {one["site"]: one for one in authority.call("GET", "/reports/shortages").json["rows"]}
    assert rows[mass.site.name]["state"] == "CONFIRMED"
    before = authority.call("GET", "/reports/shortages?quarter=2025-Q4").json["rows"]
    assert mass.site.name not in {one["site"] for one in before}
    table = authority.browser().get("/reports/shortages.csv").text
    assert mass.site.name in table
    assert "hidden" in table


def in_all_forms(person: Person, address: str, telling: str) -> None:
    """The report as page, paper and tables, in English and in Chinese; its English page or its table tells `telling`."""
    browser = person.browser()
    for language, words in WORDS[address].items():
        page = browser.get(f"{address}?lang={language}")
        assert page.status_code == 200, page.text[-2000:]
        assert words in page.text
        assert browser.get(f"{address}.pdf?lang={language}").data.startswith(b"%PDF")
    assert telling in browser.get(f"{address}?lang=en").text
    assert browser.get(f"{address}.csv").status_code == browser.get(f"{address}.xlsx").status_code == 200


def test_what_is_not_one_s_own_and_what_cannot_be_is_refused(world: World) -> None:
    bank, authority = world.firm("BANK").operator, world.firm("REGULATOR").owner
    assert bank.call("GET", "/reports/market").status_code == bank.call("GET", "/reports/shortages").status_code == 403
    with bank.ws(read_only=True) as ws, pytest.raises(DBAPIError, match="supervising authority"):
        ws.session.execute(text("select * from gate.shortage_statistics('2026-01-01')"))
    assert authority.call("GET", "/reports/disposals").status_code == 403
    for person, call, field in (
        (authority, "/reports/market?quarter=2026-Q7", "quarter"),
        (authority, "/reports/market?quarter=2099-Q4", "quarter"),
        (authority, "/reports/shortages?quarter=2099-Q4", "quarter"),
        (bank, "/reports/disposals?since=2026-02-02&until=2026-02-01", "until"),
        (bank, "/reports/access?since=2026-02-02&until=2026-02-01", "until"),
    ):
        refused = person.call("GET", call)
        assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field), call
    assert bank.browser().get("/reports/access?since=yesterday").status_code == 422
