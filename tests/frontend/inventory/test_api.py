"""Goods by API alone: the story from product to verified lot and out again, and what is refused with the field named."""

import base64
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from marketplace.inventory.places.queries import find_site
from tenants import approvals
from tests.factories import Firm, Person, World
from tests.marketplace.inventory.makers import a_declared_lot, a_product, a_site, a_verified_lot


@pytest.fixture
def firms(world: World) -> dict[str, Firm]:
    kinds = {"sme": "SME", "warehouse": "WAREHOUSE_OPERATOR", "supervisor": "SUPERVISOR"}
    return {name: world.firm(kind) for name, kind in kinds.items()}


def tonnes(amount: str) -> dict[str, str]:
    return {"amount": amount, "unit": "TNE"}


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json


def approve(person: Person) -> None:
    with person.ws() as ws:
        for one in approvals.waiting(ws):
            approvals.decide(ws, one.id, approve=True)


def test_the_story_by_api_alone(firms: dict[str, Firm]) -> None:
    sme, warehouse, supervisor = (firms[name].operator for name in ("sme", "warehouse", "supervisor"))
    product = {
        "sku": "CU-1",
        "name": "Copper cathode",
        "grade": "A",
        "hs_code": "7403111000",
        "unit": "TNE",
        "price_code": "CU",
    }
    product_id = done(sme.call("POST", "/products", product), 201)["id"]
    site = {
        "name": "Wusong",
        "address": "1 Tongshun",
        "city": "Shanghai",
        "width": 60,
        "depth": 40,
        "scale_calibrated_until": "2027-01-01T00:00:00Z",
    }
    nowhere = warehouse.call("POST", "/sites", site | {"latitude": "95", "longitude": "121.49"})
    assert (nowhere.status_code, nowhere.json["errors"][0]["field"]) == (422, "latitude")
    half = warehouse.call("POST", "/sites", site | {"latitude": "31.23"})
    assert (half.status_code, half.json["errors"][0]["field"]) == (422, "longitude")
    site_id = done(warehouse.call("POST", "/sites", site | {"latitude": "31.23", "longitude": "121.49"}), 201)["id"]
    with warehouse.ws(read_only=True) as ws:
        assert find_site(ws, UUID(site_id)).latitude == Decimal("31.23")
    place = {"latitude": "31.2401", "longitude": "121.49"}
    assert firms["sme"].operator.call("POST", f"/sites/{site_id}/position", place).status_code == 403
    assert done(warehouse.call("POST", f"/sites/{site_id}/position", place))["latitude"] == "31.2401"
    place = done(
        warehouse.call("POST", f"/sites/{site_id}/bins", {"code": "A-1", "x": 1, "y": 1, "width": 8, "height": 8}), 201
    )
    told = {
        "product_id": product_id,
        "quantity": tonnes("100.5"),
        "site_id": site_id,
        "supervisor_id": str(firms["supervisor"].tenant_id),
    }
    lot = done(sme.call("POST", "/lots", told), 201)
    here = f"/lots/{lot['id']}"
    weighed = done(
        warehouse.call("POST", f"{here}/receipt", {"gross": tonnes("75"), "tare": tonnes("15"), "bin_id": place["id"]})
    )
    assert (weighed["status"], weighed["weighed"]) == ("RECEIVED", tonnes("60.000"))
    assert done(warehouse.call("POST", f"{here}/weighings", {"gross": tonnes("55.4"), "tare": tonnes("15")}), 201)[
        "weighed"
    ] == tonnes("100.400")
    assert [one["net"]["amount"] for one in done(sme.call("GET", f"{here}/weighings"))["items"]] == ["60.000", "40.400"]
    done(supervisor.call("POST", f"{here}/inspections", {"counted": tonnes("100.4"), "passed": True}), 201)
    approve(firms["supervisor"].approver)
    (inspection,) = done(sme.call("GET", f"{here}/inspections"))["items"]
    assert inspection["outcome"] == "verified"
    path = done(sme.call("GET", f"{here}/identity"))["path"]
    public = done(world_buyer(firms).call("GET", f"/identities?path={path}"))
    assert (public["product_name"], public["custodian"]) == ("Copper cathode", firms["warehouse"].name)
    assert done(supervisor.call("POST", f"{here}/write-offs", {"left": tonnes("100"), "because": "stock-take"}))[
        "verified"
    ] == tonnes("100.000")
    assert done(warehouse.call("POST", f"{here}/freeze", {"reason": "seal broken"}))["status"] == "FROZEN"
    assert warehouse.call("POST", f"{here}/departures", {"quantity": tonnes("1")}).status_code == 409
    refused = warehouse.call("POST", f"{here}/unfreezing", {"because": "in order"})
    assert (refused.status_code, refused.json["code"]) == (409, "freeze_supervisors")
    done(supervisor.call("POST", f"{here}/unfreezing", {"because": "in order"}), 201)
    approve(firms["supervisor"].approver)
    assert done(sme.call("GET", here))["status"] == "VERIFIED"


def world_buyer(firms: dict[str, Firm]) -> Person:
    return firms["sme"].world.firm("BUYER").operator


def test_free_goods_leave_and_losses_are_told_by_api(world: World, firms: dict[str, Firm]) -> None:
    lot = a_verified_lot(world, firms["sme"], firms["warehouse"], firms["supervisor"])
    gone = done(firms["warehouse"].operator.call("POST", f"/lots/{lot.id}/departures", {"quantity": tonnes("40")}))
    assert (gone["departed"], gone["verified"]) == (tonnes("40.000"), tonnes("60.000"))
    lost = {"damaged": True, "because": "flood in hall 3"}
    assert firms["warehouse"].operator.call("POST", f"/lots/{lot.id}/losses", lost).status_code == 403
    assert done(firms["supervisor"].operator.call("POST", f"/lots/{lot.id}/losses", lost))["status"] == "DAMAGED"
    until = {"until": "2028-01-01T00:00:00Z"}
    assert done(firms["warehouse"].operator.call("POST", f"/sites/{lot.site_id}/calibrations", until))[
        "site_id"
    ] == str(lot.site_id)


def test_a_file_is_read_and_declared_by_api(world: World, firms: dict[str, Firm]) -> None:
    sme, product, (site, _) = firms["sme"].operator, a_product(world, firms["sme"]), a_site(world, firms["warehouse"])
    text = f"sku,quantity,site,supervisor\n{product.sku},100.5,{site.name},{firms['supervisor'].name}\nNOPE,1,{site.name},{firms['supervisor'].name}\n"
    body = {"name": "lots.csv", "content": base64.b64encode(text.encode()).decode()}
    upload = done(sme.call("POST", "/lot-imports", body), 201)
    assert (upload["good"], upload["rows"][1]["errors"][0]["column"]) == (1, "sku")
    assert done(sme.call("GET", f"/lot-imports/{upload['id']}"))["rows"] == upload["rows"]
    lots = done(sme.call("POST", f"/lot-imports/{upload['id']}/declaration"), 201)["items"]
    assert [one["documented"] for one in lots] == [tonnes("100.500")]
    assert sme.call("POST", f"/lot-imports/{upload['id']}/declaration").json["code"] == "import_declared"
    assert world.firm("SME").operator.call("GET", f"/lot-imports/{upload['id']}").status_code == 404
    wrong = sme.call("POST", "/lot-imports", {"name": "a", "content": "not base64!"})
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "content")


def test_the_list_is_filtered(world: World, firms: dict[str, Firm]) -> None:
    lots = [a_declared_lot(world, firms["sme"], firms["warehouse"], firms["supervisor"]) for _ in range(3)]
    sme = firms["sme"].operator
    assert len(done(sme.call("GET", "/lots?status=DECLARED"))["items"]) == 3
    assert done(sme.call("GET", "/lots?status=PLEDGED"))["items"] == []
    assert [one["id"] for one in done(sme.call("GET", f"/lots?text={lots[1].number}"))["items"]] == [str(lots[1].id)]
    first = done(sme.call("GET", "/lots?limit=2"))
    assert [one["id"] for one in done(sme.call("GET", f"/lots?limit=2&cursor={first['next']}"))["items"]] == [
        str(lots[0].id)
    ]
    assert sme.call("GET", "/lots?status=NOSUCH").status_code == 422


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"quantity": {"amount": "0", "unit": "TNE"}}, 422, "quantity_not_positive", "quantity"),
        ({"quantity": {"amount": "1.2345", "unit": "TNE"}}, 422, "fields_wrong", None),
        ({"quantity": {"amount": "1", "unit": "XYZ"}}, 422, "unit_unknown", "unit"),
        ({"product_id": str(uuid4())}, 404, "product_unknown", "product_id"),
        ({"site_id": str(uuid4())}, 404, "site_unknown", "site_id"),
        ({"supervisor_id": str(uuid4())}, 422, "supervisor_unknown", "supervisor_id"),
        ({"quantitty": 5}, 422, "fields_wrong", None),
        ({"pieces": 0}, 422, "fields_wrong", None),
    ],
)
def test_a_declaration_is_refused_with_its_field(
    world: World, firms: dict[str, Firm], change: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    told = {
        "product_id": str(a_product(world, firms["sme"]).id), "quantity": tonnes("10"), "site_id": str(a_site(world, firms["warehouse"])[0].id),
        "supervisor_id": str(firms["supervisor"].tenant_id),
    }  # fmt: skip
    answer = firms["sme"].operator.call("POST", "/lots", told | change)
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert answer.mimetype == "application/problem+json"
    if field:
        assert answer.json["errors"][0]["field"] == field


def test_one_key_declares_once_and_another_body_is_refused(world: World, firms: dict[str, Firm]) -> None:
    told = {
        "product_id": str(a_product(world, firms["sme"]).id), "quantity": tonnes("10"), "site_id": str(a_site(world, firms["warehouse"])[0].id),
        "supervisor_id": str(firms["supervisor"].tenant_id),
    }  # fmt: skip
    sme, key = firms["sme"].operator, str(uuid4())
    first, again = (sme.call("POST", "/lots", told, key=key) for _ in range(2))
    assert first.json == again.json
    assert sme.call("POST", "/lots", told | {"origin": "Chile"}, key=key).json["code"] == "idempotency_key_reused"
    assert len(done(sme.call("GET", "/lots"))["items"]) == 1
