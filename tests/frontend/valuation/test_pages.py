"""Pages of prices: import with preview, series, lending terms."""

import io
from decimal import Decimal

from tests.factories import Firm, World
from tests.frontend.forms import form_fields, reads_before_deciding
from tests.marketplace.valuation.makers import a_price_series


def looked_at(firm: Firm, path: str, *, status: int = 200) -> str:
    for language in ("zh", "en"):
        answer = firm.operator.browser().get(f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert answer.status_code == status, (path, answer.text[-2000:])
    return answer.text


def test_who_may_not_is_not_shown_the_form(world: World) -> None:
    sme = world.firm("SME")
    for path in ("/prices/new", "/lending-terms/new"):
        looked_at(sme, path, status=403)
    assert 'href="/prices/new"' not in looked_at(sme, "/prices")
    assert 'href="/prices/new"' in looked_at(world.firm("BANK"), "/prices")


def test_prices_of_earlier_days_wait_for_a_colleague_who_reads_which(world: World) -> None:
    bank = world.firm("BANK")
    a_price_series(world, bank, ["19850", "19900"])
    [today, before] = [one["quoted_on"] for one in bank.operator.call("GET", "/prices/CU/quotes").json["items"]]
    told = bank.operator.call("POST", "/prices/CU/quotes", {"quotes": [{"on": before, "price": "19000"}, {"on": today, "price": "19950"}]}).json  # fmt: skip
    assert (told["status"], told["changed"]) == ("PROPOSED", 0)
    assert "Until a colleague agrees" in looked_at(bank, f"/prices/imports/{told['import_id']}")
    read = reads_before_deciding(bank.approver, "19,850.00", "19,000.00", f"/prices/imports/{told['import_id']}")
    assert read["terms"] == {
        "act": "approve_prices", "code": "CU", "currency": "CNY", "count": 1, "newest": [[before, "19850", "19000"]],
    }  # fmt: skip
    assert bank.approver.call("POST", f"/approvals/{read['id']}/approval", {}).status_code == 200
    assert "are imported" in looked_at(bank, f"/prices/imports/{told['import_id']}")
    kept = bank.operator.call("GET", "/prices/CU/quotes").json["items"]
    assert [Decimal(one["price"]) for one in kept] == [19950, 19000]


def test_a_file_from_upload_to_chart(world: World) -> None:
    bank = world.firm("BANK")
    browser = bank.operator.browser()
    assert "No prices yet" in looked_at(bank, "/prices")

    def upload(content: bytes, name: str, code: str = "cu") -> object:
        fields = form_fields(browser.get("/prices/new").text) | {"code": code, "unit": "TNE", "currency": "CNY"}
        return browser.post("/prices/imports", data=fields | {"file": (io.BytesIO(content), name)})

    for content, name, code, said in (
        (b"", "", "CU", "Choose a file"),
        (b"date,weight\n2026-02-27,5\n", "x.csv", "CU", "one column of dates and one of prices"),
        (b"\x00\xff\xfe" * 9, "x.csv", "CU", "neither a CSV nor an xlsx file"),
        (b"date,price\n2026-02-27,5\n", "x.csv", "copper cathode", "price code has"),
    ):
        refused = upload(content, name, code)
        assert refused.status_code == 422, name  # type: ignore[attr-defined]
        assert said in refused.text  # type: ignore[attr-defined]
    made = upload("日期,结算价\n2026-02-27,19850\n2026-02-28,nothing\n2026-03-02,19900.5\n".encode("gb18030"), "铜.csv")
    page = made.location  # type: ignore[attr-defined]
    preview = looked_at(bank, page)
    assert "is not a price" in preview
    assert "19,900.50" in preview
    done = browser.post(f"{page}/confirmation", data=form_fields(browser.get(page).text))
    assert done.location == "/prices/CU"
    series = looked_at(bank, "/prices/CU")
    assert "<series-chart" in series
    assert browser.get("/prices/CU.csv").text.splitlines()[1] == "2026-02-27,19850,CNY,TNE"
    again = browser.post(f"{page}/confirmation", data=form_fields(browser.get("/prices/new").text))
    assert again.status_code == 409
    assert "price" in browser.get("/prices/template.csv").text
    looked_at(world.firm("BANK"), "/prices/CU", status=404)
    looked_at(world.firm("BANK"), page, status=404)


def test_lending_terms_by_form(world: World) -> None:
    bank = world.firm("BANK")
    a_price_series(world, bank, [str(Decimal(20000) + 13 * (n % 5)) for n in range(40)])
    browser = bank.operator.browser()
    page = looked_at(bank, "/lending-terms/new?code=CU")
    assert "Volatility of a day" in page
    terms = {"code": "CU", "haircut": "30", "price_age_days_max": "5", "ltv_initial": "65", "ltv_warn": "70", "ltv_call": "75", "ltv_liquidation": "85", "loss_per_degree_hour": "0", "expiry_days": "90"}  # fmt: skip

    def send(**change: str) -> object:
        return browser.post("/lending-terms", data=form_fields(browser.get("/lending-terms/new").text) | terms | change)

    for change, said in (
        ({"haircut": "130"}, "between 0 and 1"),
        ({"ltv_warn": "60"}, "rise from initial"),
        ({"price_age_days_max": "90"}, "1 to 30 days"),
        ({"grades": "A is 98"}, "one grade on a line"),
    ):
        refused = send(**change)
        assert refused.status_code == 422  # type: ignore[attr-defined]
        assert said in refused.text  # type: ignore[attr-defined]
    assert send(grades="A = 98\nB = 95.5").location == "/approvals"  # type: ignore[attr-defined]
    reads_before_deciding(bank.approver, "B 95.5%", "A price may be old", "Not required", "carries nothing")
    looked_at(world.firm("SME"), "/lending-terms")
