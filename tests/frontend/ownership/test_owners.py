"""The register of owners by page and by call: entered by one, decided by another, read by the firm, objected to, ended."""

from decimal import Decimal

from tests.factories import World
from tests.frontend.forms import form_fields, reads_before_deciding
from tests.tenants.ownership.makers import an_owner, with_code


def test_a_page_enters_an_owner_a_colleague_agrees_and_the_firm_objects(world: World) -> None:
    platform, firm, parent = world.firm("PLATFORM"), world.firm("SME"), world.firm("SUPERVISOR")
    address, browser = f"/organisations/{firm.tenant_id}/owners", platform.operator.browser()
    sent = {"kind": "SHARES", "percent": "60", "owner_name": parent.name, "owner_code": with_code(parent), "since": "2020-01-01", "evidence": "Extract"}  # fmt: skip
    refused = browser.post(address, data=form_fields(browser.get(address).text) | sent | {"percent": "101"})
    assert refused.status_code == 422
    assert "at most 100 per cent" in refused.text
    assert browser.post(address, data=form_fields(browser.get(address).text) | sent).status_code == 302
    reads_before_deciding(platform.approver, "60%", "Extract", "Shares")
    [waiting] = platform.approver.call("GET", "/approvals").json["items"]
    platform.approver.call("POST", f"/approvals/{waiting['id']}/approval", {})
    page = browser.get(f"{address}?lang=en").text
    assert parent.name in page
    assert "one controls the other" in page
    assert "股权" in browser.get(f"{address}?lang=zh").text
    own = firm.operator.browser()
    assert parent.name in own.get("/owners?lang=en").text
    [entry] = firm.operator.call("GET", "/owners").json["items"]
    assert own.post(f"/owners/{entry['id']}/objection", data=form_fields(own.get("/owners").text) | {"because": "We were sold."}).status_code == 302  # fmt: skip
    assert "We were sold." in browser.get(address).text


def test_calls_do_the_same_and_end_an_entry(world: World) -> None:
    platform, firm, parent = world.firm("PLATFORM"), world.firm("SME"), world.firm("SME")
    path = f"/organisations/{firm.tenant_id}/owners"
    body = {"kind": "SHARES", "percent": "30.5", "since": "2020-01-01", "evidence": "Extract", "owner_id": str(parent.tenant_id)}  # fmt: skip
    assert firm.owner.call("POST", path, body).status_code == 403
    assert firm.owner.call("GET", path).status_code == 403
    for wrong, field in (({"percent": "101"}, "percent"), ({"since": "2040-01-01"}, "since"), ({"kind": "PARENT"}, "percent")):  # fmt: skip
        answer = platform.operator.call("POST", path, body | wrong)
        assert (answer.status_code, [one["field"] for one in answer.json["errors"]] if "errors" in answer.json else [answer.json["field"]]) == (422, [field])  # fmt: skip
    stake = an_owner(world, firm, parent, platform=platform, percent=Decimal("30.5"))
    told = platform.operator.call("GET", path).json
    assert told["related"] == [{"name": parent.name, "rule": "QUARTER"}]
    assert [one["percent"] for one in told["items"]] == ["30.5000"]
    assert firm.owner.call("POST", f"/owners/{stake.id}/objection", {"because": "Sold."}).json["objection"] == "Sold."
    proposed = platform.operator.call("POST", f"/owners/{stake.id}/end", {"until": "2026-03-01"})
    assert proposed.status_code == 201
    platform.approver.call("POST", f"/approvals/{proposed.json['id']}/approval", {})
    assert [one["until"] for one in firm.owner.call("GET", "/owners").json["items"]] == ["2026-03-01"]
    assert platform.operator.call("GET", path).json["related"] == []
    assert platform.operator.call("POST", f"/owners/{stake.id}/end", {"until": "2026-03-01"}).status_code == 409
