"""A journey by screen and by call, each party in its own workspace."""

import re
from datetime import timedelta

import pytest

from tests.factories import Firm, World
from tests.frontend.forms import form_fields
from tests.marketplace.inventory.makers import a_verified_lot


@pytest.fixture
def parties(world: World) -> tuple[str, Firm, Firm, Firm]:
    sme, warehouse, supervisor = world.firm("SME"), world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR")
    lot = a_verified_lot(world, sme, warehouse, supervisor)
    return str(lot.id), sme, warehouse, world.firm("LOGISTICS")


def test_a_journey_by_calls(world: World, parties: tuple[str, Firm, Firm, Firm]) -> None:
    lot_id, sme, warehouse, carrier = parties
    plan = {
        "lot_id": lot_id, "quantity": {"amount": "10", "unit": "TNE"}, "carrier_id": str(carrier.tenant_id), "consignee": "Jiangnan",
        "to_place": "Suzhou", "deliver_by": (world.now + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    made = sme.operator.call("POST", "/shipments", plan)
    assert made.status_code == 201, made.text
    path = f"/shipments/{made.json['id']}"
    steps: list[tuple[Firm, str, dict[str, object]]] = [
        (carrier, "/booking", {"vehicle": "浙B 7A213", "driver": "Zheng"}),
        (warehouse, "/handout", {"weighed": {"amount": "10.000", "unit": "TNE"}, "seals": ["C1"]}),
        (carrier, "/pickup", {}),
        (carrier, "/milestones", {"step": "depart", "place": "Beilun"}),
        (carrier, "/milestones", {"step": "arrive", "place": "Suzhou"}),
        (
            carrier,
            "/delivery",
            {"received": {"amount": "10.000", "unit": "TNE"}, "receiver": "Qian", "seals_seen": ["C1"]},
        ),
    ]
    for firm, step, body in steps:
        answer = firm.operator.call("POST", path + step, body)
        assert answer.status_code == 200, answer.text
    assert answer.json["status"] == "DELIVERED"
    assert world.firm("LOGISTICS").operator.call("GET", path).status_code == 404


def test_a_journey_by_screens(world: World, parties: tuple[str, Firm, Firm, Firm]) -> None:
    lot_id, sme, warehouse, carrier = parties
    planner = sme.operator.browser()
    sent = form_fields(planner.get("/shipments/new").text) | {
        "lot_id": lot_id, "quantity": "10", "carrier_id": str(carrier.tenant_id), "consignee": "Jiangnan", "to_place": "Suzhou", "deliver_by": "2026-03-20T12:00",
    }  # fmt: skip
    page = planner.post("/shipments", data=sent).location
    assert re.fullmatch(r"/shipments/[0-9a-f-]{36}", page)
    acts: list[tuple[Firm, str, dict[str, str]]] = [
        (carrier, "/booking", {"vehicle": "浙B 7A213", "driver": "Zheng"}),
        (warehouse, "/handout", {"weighed": "10.000", "seals": "C1, C2"}),
        (carrier, "/pickup", {}),
        (carrier, "/milestones", {"step": "depart", "place": "Beilun"}),
        (carrier, "/milestones", {"step": "arrive", "place": "Suzhou"}),
        (carrier, "/delivery", {"received": "9.999", "receiver": "Qian", "seals_seen": "C1, C2"}),
    ]
    for firm, step, fields in acts:
        browser = firm.operator.browser()
        done = browser.post(page + step, data=form_fields(browser.get(page).text) | fields)
        assert done.status_code == 302, done.text
    for language in ("en", "zh"):
        assert planner.get(f"{page}?lang={language}").status_code == 200
        assert planner.get(f"/shipments?lang={language}").status_code == 200


def test_a_wrong_weight_is_refused_at_its_field(world: World, parties: tuple[str, Firm, Firm, Firm]) -> None:
    lot_id, sme, _warehouse, carrier = parties
    planner = sme.operator.browser()
    sent = form_fields(planner.get("/shipments/new").text) | {
        "lot_id": lot_id,
        "quantity": "ten",
        "carrier_id": str(carrier.tenant_id),
    }
    answer = planner.post("/shipments", data=sent)
    assert answer.status_code == 422
    assert 'id="error-quantity"' in answer.text or "error-summary" in answer.text
