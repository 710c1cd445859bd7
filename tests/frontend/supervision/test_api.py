"""Supervision by programs: devices, readings page by page, alarms with their life, and refusals that name the field."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from nacl.signing import SigningKey

from marketplace.supervision.rules.seals import stamp
from tenants import approvals
from tests.factories import World
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, say, weights

BOOK = 498750


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def enrolment(**change: Any) -> dict[str, Any]:
    return {"kind": "weight", "name": "Scale", "public_key": bytes(SigningKey.generate().verify_key).hex()} | change


def test_a_device_from_enrolment_to_revocation(scene: Scene) -> None:
    officer = scene.supervisor.operator
    made = officer.call("POST", "/devices", enrolment(calibrated_until="2027-01-01"))
    assert made.status_code == 201, made.text
    device = f"/devices/{made.json['id']}"
    assert made.json["state"] == "ENROLLED"
    attached = officer.call("POST", f"{device}/attachments", {"lot_id": str(scene.lot.id)})
    assert attached.status_code == 201, attached.text
    again = officer.call("POST", f"{device}/attachments", {"lot_id": str(scene.lot.id)})
    assert (again.status_code, again.json["code"]) == (409, "move_needs_four_eyes")
    moved = officer.call("POST", f"{device}/moves", {"bin_id": str(scene.lot.bin_id), "because": "New frame"})
    assert moved.status_code == 201, moved.text
    with scene.supervisor.approver.ws() as ws:
        approvals.decide(ws, moved.json["approval_id"], approve=True)
    shown = officer.call("GET", device).json
    assert shown["attachment"]["bin_id"] == str(scene.lot.bin_id)
    assert (
        officer.call("POST", f"{device}/calibrations", {"until": "2028-01-01", "certificate": "C-7"}).json[
            "certificate"
        ]
        == "C-7"
    )
    assert officer.call("POST", f"{device}/detachment", {}).json["until"]
    assert officer.call("POST", f"{device}/revocation", {"because": "Scrapped"}).json["state"] == "REVOKED"
    assert [one["id"] for one in officer.call("GET", "/devices").json["items"]] == [made.json["id"]]
    assert scene.warehouse.operator.call("GET", device).status_code == 404


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"kind": "drone"}, 422, "kind"),
        ({"public_key": "00" * 32}, 422, "public_key"),
        ({"public_key": "ff" * 32}, 422, "public_key"),
        ({"interval_seconds": 0}, 422, "interval_seconds"),
        ({"deviation": "-1"}, 422, "deviation"),
        ({"name": ""}, 422, "name"),
        ({"colour": "red"}, 422, "colour"),
    ],
)
def test_an_enrolment_that_is_wrong_names_the_field(
    scene: Scene, change: dict[str, Any], status: int, field: str
) -> None:
    answer = scene.supervisor.operator.call("POST", "/devices", enrolment(**change))
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (status, field)


def test_the_pledgor_and_the_bank_enrol_nothing(scene: Scene) -> None:
    for firm in (scene.sme, scene.bank):
        assert firm.operator.call("POST", "/devices", enrolment()).status_code == 403


def test_readings_come_page_by_page_in_event_time(scene: Scene) -> None:
    scale, start = a_watching_device(scene.supervisor, scene.lot.id), scene.world.now
    for minute in range(5):
        say(scene.world, scale, weights(start + timedelta(minutes=minute), [BOOK, BOOK + 1]))
    reader, path = scene.bank.operator, f"/lots/{scene.lot.id}/readings?metric=weight&limit=2"
    pages, cursor = [], ""
    while True:
        page = reader.call("GET", f"{path}&cursor={cursor.replace('+', '%2B')}").json
        pages.append([points["sequence"] for points in page["items"]])
        cursor = page["next"]
        if not cursor:
            break
    assert pages == [[0, 1], [2, 3], [4]]
    assert page["items"][0]["values"] == ["498750", "498751"]
    [latest] = reader.call("GET", f"/lots/{scene.lot.id}/latest-readings").json["items"]
    assert (latest["value"], latest["trusted"]) == ("498751", True)
    condition = reader.call("GET", f"/lots/{scene.lot.id}/condition").json
    assert condition["measured_qty"] == "498.750"


@pytest.mark.parametrize(
    "query",
    [
        "cursor=abc",
        "cursor=1|2|3|4|5",
        "metric=Weight",
        "start=2026-01-01T00:00:00Z&end=2025-01-01T00:00:00Z",
        "limit=0",
    ],
)
def test_a_query_that_is_wrong_is_refused(scene: Scene, query: str) -> None:
    assert scene.bank.operator.call("GET", f"/lots/{scene.lot.id}/readings?{query}").status_code == 422


def test_an_alarm_s_life_by_calls(scene: Scene) -> None:
    scale = a_watching_device(scene.supervisor, scene.lot.id)
    say(scene.world, scale, weights(scene.world.now, [BOOK - 30000] * 12))
    officer, bank = scene.supervisor.operator, scene.bank.operator
    [alarm] = bank.call("GET", "/alarms?state=open").json["items"]
    path = f"/alarms/{alarm['id']}"
    assert alarm["quantity"] == {"amount": "30.000", "unit": "TNE"}
    assert officer.call("POST", f"{path}/acknowledgement", {}).json["status"] == "ACTIVE_ACK"
    twice = officer.call("POST", f"{path}/acknowledgement", {})
    assert (twice.status_code, twice.json["code"]) == (409, "already_acknowledged")
    looked = officer.call("POST", f"{path}/looks", {"how": "on_site", "saw": "The bay is empty."})
    clocks = {one["of"]: one["done_at"] for one in looked.json["clocks"]}
    assert (looked.status_code, clocks["on_site"], clocks["seen_by_video"]) == (201, looked.json["on_site_at"], None)
    assert officer.call("POST", f"{path}/looks", {"how": "heard", "saw": "Steps"}).status_code == 422
    assert bank.call("POST", f"{path}/comments", {"text": "What is happening?"}).status_code == 201
    assert [note["text"] for note in officer.call("GET", f"{path}/comments").json["items"]] == [
        "The bay is empty.",
        "What is happening?",
    ]
    assert officer.call("POST", f"{path}/shelvings", {"hours": 3, "because": "Repair"}).status_code == 201
    unexplained = officer.call("POST", f"{path}/closing", {"disposition": "TRUE", "note": "Theft"})
    assert (unexplained.status_code, unexplained.json["errors"][0]["field"]) == (422, "evidence")
    closed = officer.call("POST", f"{path}/closing", {"disposition": "TRUE", "note": "Theft", "evidence": ["photo 3"]})
    assert closed.json["status"] == "CLOSED"
    assert bank.call("GET", path).json["disposition"] == "TRUE"
    assert bank.call("GET", "/alarms?state=open").json["items"] == []


def test_who_may_not_act_upon_alarms(scene: Scene) -> None:
    scale = a_watching_device(scene.supervisor, scene.lot.id)
    say(scene.world, scale, weights(scene.world.now, [BOOK - 30000] * 12))
    [alarm] = scene.bank.operator.call("GET", "/alarms").json["items"]
    for act, body in (
        ("acknowledgement", {}),
        ("clearance", {}),
        ("closing", {"disposition": "FALSE"}),
        ("shelvings", {"hours": 1, "because": "x"}),
        ("looks", {"how": "on_site", "saw": "x"}),
    ):
        for firm in (scene.sme, scene.bank):
            assert firm.operator.call("POST", f"/alarms/{alarm['id']}/{act}", body).status_code == 403
        stranger = scene.world.firm("SUPERVISOR").operator
        assert stranger.call("POST", f"/alarms/{alarm['id']}/{act}", body).status_code == 404
    assert scene.bank.operator.call("GET", f"/alarms/{uuid4()}").status_code == 404


def test_the_gate_the_climate_and_announced_work(scene: Scene) -> None:
    lot = f"/lots/{scene.lot.id}"
    keeper, officer = scene.warehouse.operator, scene.supervisor.operator
    assert keeper.call("POST", f"{lot}/handlings", {"hours": 2, "because": "Turning"}).status_code == 201
    assert officer.call("POST", f"{lot}/climate", {"metric": "temperature", "high": "35"}).json["high"] == "35"
    crossed = officer.call("POST", f"{lot}/climate", {"metric": "humidity", "low": "60", "high": "61"})
    assert crossed.json["errors"][0]["field"] == "high"
    start = scene.world.now
    window = {
        "types": ["weight_change"],
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(hours=5)).isoformat(),
        "because": "Repair",
    }
    assert officer.call("POST", f"{lot}/maintenances", window).json["code"] == "maintenance_too_long"
    window["ends_at"] = (start + timedelta(hours=4)).isoformat()
    assert officer.call("POST", f"{lot}/maintenances", window).status_code == 201
    allowed = keeper.call("POST", f"{lot}/gate-exits", {"quantity": {"amount": "10", "unit": "TNE"}})
    assert (allowed.status_code, allowed.json["alarm"]) == (201, None)
    unit = keeper.call("POST", f"{lot}/gate-exits", {"quantity": {"amount": "10", "unit": "KGM"}})
    assert unit.json["code"] == "unit_mismatch"
    too_much = keeper.call("POST", f"{lot}/gate-exits", {"quantity": {"amount": "490", "unit": "TNE"}})
    assert too_much.json["alarm"]["severity"] == "CRITICAL"
    assert too_much.json["alarm"]["quantity"]["amount"] == "1.250"


def test_a_record_of_readings_proves_itself_by_call_and_by_file(scene: Scene, tmp_path: Path) -> None:
    scale = a_watching_device(scene.supervisor, scene.lot.id)
    say(scene.world, scale, weights(scene.world.now, [BOOK, BOOK]))
    began = scene.world.now
    scene.world.advance(timedelta(hours=23))
    scene.world.work()
    answers = [
        scene.bank.operator.call("GET", f"/lots/{scene.lot.id}/readings/record").json,
        scene.supervisor.operator.call("GET", f"/devices/{scale.device_id}/readings/record").json,
        scene.bank.operator.browser().get(f"/lots/{scene.lot.id}/readings.json?hours=24").json,
        scene.supervisor.operator.browser().get(f"/devices/{scale.device_id}/readings.json?hours=24").json,
    ]
    program = tmp_path / "check_readings.py"
    program.write_text(scene.world.app.test_client().get("/readings/check_readings.py").text)
    for number, answer in enumerate(answers):
        (tmp_path / f"{number}.json").write_text(json.dumps(answer))
        done = subprocess.run([sys.executable, "-I", "-S", program, tmp_path / f"{number}.json"], capture_output=True, text=True, check=False)  # fmt: skip
        assert (done.returncode, "1 of 1 sealed messages" in done.stdout) == (0, True), done.stdout + done.stderr
    assert (
        answers[0]["chains"][0]["seals"][0]["head"]
        in scene.bank.operator.browser().get(f"/lots/{scene.lot.id}/readings").text
    )
    for span, field in (
        (f"start={'1066-10-14T09:00:00Z'}", "start"),
        (f"start={stamp(began)}&end={stamp(began)}", "end"),
    ):
        refused = scene.bank.operator.call("GET", f"/lots/{scene.lot.id}/readings/record?{span}")
        assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field)
    assert scene.bank.operator.call("GET", f"/devices/{scale.device_id}/readings/record").status_code == 404
