"""A device that hangs in a hall, as its keepers attach it and as everybody whose goods lie there reads of it, on pages and by API."""

from uuid import UUID

import pytest

from marketplace.inventory.actions import share_lot
from tenants import approvals
from tests.factories import Person, World
from tests.frontend.supervision.test_pages import post
from tests.marketplace.supervision.makers import an_enrolled_device
from tests.marketplace.supervision.test_halls import MINUTE, Hall, a_hall
from tests.marketplace.valuation.makers import a_price


@pytest.fixture
def hall(world: World) -> Hall:
    return a_hall(world)


def the_alarm(person: Person) -> str:
    [alarm] = person.call("GET", "/alarms").json["items"]
    return str(alarm["id"])


def test_a_device_is_hung_in_a_zone_or_over_a_site_by_its_form(hall: Hall) -> None:
    officer = hall.supervisor.operator
    for kind, place, name in (("smoke", {"zone_id": hall.zone.id}, "H1"), ("door", {"site_id": hall.site.id}, hall.site.name)):  # fmt: skip
        address = f"/devices/{an_enrolled_device(hall.supervisor, kind=kind).device_id}"
        form = officer.browser().get(f"{address}/attachment").text
        assert 'name="zone_id"' in form
        assert 'name="site_id"' in form
        assert post(officer, f"{address}/attachment", {key: str(one) for key, one in place.items()}).location == address
        assert f"All of {name}" in officer.browser().get(address).text
        assert f"All of {name}" in officer.browser().get("/devices").text
    scale = an_enrolled_device(hall.supervisor, kind="weight")
    assert 'name="zone_id"' not in officer.browser().get(f"/devices/{scale.device_id}/attachment").text


def test_a_program_hangs_a_device_in_a_zone(hall: Hall) -> None:
    device = an_enrolled_device(hall.supervisor, kind="water")
    made = hall.supervisor.operator.call("POST", f"/devices/{device.device_id}/attachments", {"zone_id": str(hall.zone.id)})  # fmt: skip
    assert (made.status_code, made.json["zone_id"], made.json["lot_id"]) == (201, str(hall.zone.id), None)
    scale = an_enrolled_device(hall.supervisor, kind="weight")
    refused = hall.supervisor.operator.call("POST", f"/devices/{scale.device_id}/attachments", {"site_id": str(hall.site.id)})  # fmt: skip
    assert (refused.status_code, refused.json["code"]) == (422, "not_for_halls")


def test_a_device_moves_from_a_lot_into_its_hall_by_two_people(hall: Hall) -> None:
    device = hall.hang("water", lot_id=hall.lots[0].id)
    address = f"/devices/{device.device_id}"
    hall.world.advance(MINUTE)
    moved = {"zone_id": str(hall.zone.id), "because": "It stands under the gutter of the hall."}
    assert post(hall.supervisor.operator, f"{address}/attachment", moved).location == "/approvals"
    [waiting] = hall.supervisor.approver.call("GET", "/approvals").json["items"]
    with hall.supervisor.approver.ws() as ws:
        approvals.decide(ws, UUID(waiting["id"]), approve=True)
    assert "All of H1" in hall.supervisor.operator.browser().get(address).text


def test_pages_tell_each_party_of_the_hall_and_of_its_own_goods_alone(hall: Hall) -> None:
    first, second, _ = hall.lots
    hall.says(hall.hang("climate"), "temperature", "21", unit="Cel")
    hall.says(hall.hang("smoke"), "smoke", True, True)
    officer, bank = hall.supervisor.operator, hall.banks[0].operator
    alarm = the_alarm(officer)
    for address in (f"/alarms/{alarm}", f"/incidents/{alarm}"):
        mine, theirs = officer.browser().get(address).text, bank.browser().get(address).text
        assert first.number in mine
        assert second.number in mine
        assert first.number in theirs
        assert second.number not in theirs
        assert hall.banks[1].operator.browser().get(address).status_code == 200
        assert hall.world.firm("BANK").operator.browser().get(address).status_code == 404
    assert "and 1 more in the hall" in officer.browser().get("/incidents").text
    assert "and 1 more in the hall" not in bank.browser().get("/incidents").text
    assert f"/alarms/{alarm}" in bank.browser().get(f"/lots/{first.id}").text
    assert "Smoke" in officer.browser().get(f"/sites/{hall.site.id}/plan").text
    shown = officer.call("GET", f"/incidents/{alarm}").json
    assert set(shown["lot_ids"]) == {str(first.id), str(second.id)}
    assert bank.call("GET", f"/incidents/{alarm}").json["lot_ids"] == [str(first.id)]


def test_at_risk_is_the_worth_of_all_goods_of_the_hall_that_one_sees(hall: Hall) -> None:
    bank = hall.banks[0]
    a_price(hall.world, bank, "70000")
    hall.says(hall.hang("smoke"), "smoke", True, True)
    [incident] = bank.operator.call("GET", "/incidents").json["items"]
    assert incident["at_risk"]["amount"] == "7000000.00"
    with hall.owners[1].operator.ws() as ws:
        share_lot(ws, hall.lots[1].id, to=bank.tenant_id, role="bank")
    [incident] = bank.operator.call("GET", "/incidents").json["items"]
    assert incident["at_risk"]["amount"] == "14000000.00"
    assert "14,000,000" in bank.operator.browser().get(f"/alarms/{incident['id']}").text
