"""A journey by screen and by call, each party in its own workspace."""

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.factories import Firm, World
from tests.frontend.forms import form_fields
from tests.marketplace.inventory.makers import a_verified_lot
from tests.marketplace.shipments.makers import a_planned_shipment
from tests.marketplace.supervision.makers import a_scene, a_watching_device
from tests.marketplace.supervision.roads import WAY, a_yard, line, on_the_road


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


def test_the_way_is_planned_accepted_and_shown_by_screens(world: World) -> None:
    """The carrier plans, the supervisor takes it with its tracker, all see the plan; a container with a slip of the pen is refused at its field."""
    scene = a_scene(world, amount="10")
    tracker, carrier = a_watching_device(scene.supervisor, scene.lot.id, kind="position"), world.firm("LOGISTICS")
    page = f"/shipments/{a_planned_shipment(world, scene.lot, scene.sme, carrier).shipment_id}"

    def send(firm: Firm, step: str, job: str = "operator", **fields: str) -> Any:
        browser = firm.person(job).browser()
        return browser.post(page + step, data=form_fields(browser.get(page).text) | fields)

    booking = {"vehicle": "浙B 7A213", "driver": "Zheng", "container": "CSQU3054384"}
    refused = send(carrier, "/booking", **booking)
    assert refused.status_code == 422
    assert 'id="error-container"' in refused.text
    assert send(carrier, "/booking", **booking | {"container": "csqu 3054383"}).status_code == 302
    assert "CSQU3054383" in scene.sme.operator.browser().get(page).text
    plan = {"waypoints": WAY, "width_m": "1000", "leaves_at": "2027-03-01T08:00", "arrives_by": "2027-03-01T20:00"}
    for wrong in ({"waypoints": "31.2, 121.5"}, {"width_m": "99"}, {"arrives_by": "2027-03-01T07:00"}):
        refused = send(carrier, "/routes", **plan | wrong)
        assert refused.status_code == 422
        assert f'id="error-{next(iter(wrong))}"' in refused.text
    assert send(carrier, "/routes", **plan).status_code == 302
    assert "waits for the supervisor" in carrier.operator.browser().get(f"{page}?lang=en").text
    assert "Ways of goods to accept" in scene.supervisor.approver.browser().get("/?lang=en").text
    assert send(scene.supervisor, "/route-acceptance", "approver", tracker_id=str(tracker.device_id)).status_code == 302
    for firm in (carrier, scene.sme, scene.warehouse, scene.supervisor):
        shown = firm.operator.browser().get(f"{page}?lang=en").text
        assert "A way of 19.0 km, planned stops: 1, in a corridor 1,000 m wide." in shown
        assert "<polyline" in shown
    assert "全程" in carrier.operator.browser().get(f"{page}?lang=zh").text


def test_a_journey_that_went_wrong_is_explained_by_call(world: World) -> None:
    road = on_the_road(a_yard(world))
    path = f"/shipments/{road.shipment.shipment_id}"
    [plan] = road.carrier.operator.call("GET", f"{path}/routes").json["items"]
    assert (plan["version"], plan["tracker_id"]) == (1, str(road.tracker.device_id))
    assert road.carrier.operator.call("POST", f"{path}/explanation", {"because": "Nothing."}).status_code == 409
    road.drives(line(121.52, 121.54, 6, north=31.21))
    assert road.carrier.operator.call("GET", path).json["exception"] == "ROUTE_DEVIATION"
    page = f"{path}?lang=en"
    assert "Journeys to explain" in road.carrier.operator.browser().get("/?lang=en").text
    assert "The goods left their corridor" in road.scene.sme.operator.browser().get(page).text
    way = road.scene.sme.operator.browser().get(page).text
    assert "places shown lie outside" in way
    assert "Of the first stretch nothing was heard." in way
    assert way.count('class="road-unheard"') == 1
    assert "Say what happened" in road.carrier.operator.browser().get(page).text
    assert 'class="road-driven"' not in road.carrier.operator.browser().get(page).text, "readings are not the carrier's"
    assert road.scene.supervisor.operator.call("POST", f"{path}/explanation", {"because": "I."}).status_code == 403
    told = road.carrier.operator.call("POST", f"{path}/explanation", {"because": "The bridge is closed."})
    assert (told.json["status"], told.json["exception"]) == ("IN_TRANSIT", None)
