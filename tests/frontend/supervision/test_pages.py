"""Supervision's pages, each as those who may see it, and every form refused by name."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from nacl.signing import SigningKey

from marketplace.inventory.queries import find_lot
from marketplace.supervision.alarms.raising import raise_alarm
from marketplace.supervision.queries import alarms_of_lot, list_devices
from tests.factories import Person, World
from tests.marketplace.supervision.makers import (
    Scene,
    a_scene,
    a_watching_device,
    an_enrolled_device,
    say,
    values,
    weights,
)

BOOK = 498750


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def post(person: Person, address: str, fields: dict[str, Any]) -> Any:
    """Send a form as its page would: with the page's own token."""
    browser = person.browser()
    page = browser.get("/alarms").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    return browser.post(address, data={"csrf_token": token[1], "_key": str(uuid4()), **fields})


def the_alarm(scene: Scene) -> Any:
    scale = a_watching_device(scene.supervisor, scene.lot.id)
    say(scene.world, scale, weights(scene.world.now, [BOOK - 30000] * 12))
    with scene.supervisor.operator.ws(read_only=True) as ws:
        return alarms_of_lot(ws, scene.lot.id)[0]


def test_a_device_is_enrolled_attached_and_shown(scene: Scene) -> None:
    officer = scene.supervisor.operator
    assert "No devices yet" in officer.browser().get("/devices").text
    assert officer.browser().get("/devices/new").status_code == 200
    key = bytes(SigningKey.generate().verify_key).hex()
    made = post(
        officer, "/devices", {"kind": "weight", "name": "Scale 3", "public_key": key, "calibrated_until": "2027-01-01"}
    )
    assert made.status_code == 302, made.text
    address = made.location
    assert officer.browser().get(f"{address}/attachment").status_code == 200
    attached = post(officer, f"{address}/attachment", {"lot_id": str(scene.lot.id), "tare_kg": "12.5"})
    assert attached.location == address
    page = officer.browser().get(address).text
    assert scene.lot.number in page
    assert "Nothing heard yet" in page
    assert officer.browser().get(f"{address}/label").text.count("data:image/svg+xml") == 1
    assert "Scale 3" in officer.browser().get("/devices?state=ENROLLED").text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "drone"}, "This kind of device is not known."),
        ({"name": " "}, "Give the device a name"),
        ({"public_key": "schlüssel"}, "A public key is 64 hexadecimal digits"),
        ({"public_key": "01" + "00" * 31}, "This is not a safe Ed25519 public key"),
        ({"interval_seconds": "0"}, "A device sends at least once a day"),
        ({"interval_seconds": "soon"}, "Write a whole number."),
        ({"deviation": "NaN"}, "Write a figure in digits."),
        ({"calibrated_until": "tomorrow"}, "Write a date as"),
    ],
)
def test_an_enrolment_that_is_wrong_is_shown_again_with_the_reason(
    scene: Scene, change: dict[str, str], says: str
) -> None:
    good = {"kind": "door", "name": "Door", "public_key": bytes(SigningKey.generate().verify_key).hex()}
    answer = post(scene.supervisor.operator, "/devices", good | change)
    assert answer.status_code in (400, 422)
    assert says in answer.text
    with scene.supervisor.operator.ws(read_only=True) as ws:
        assert list_devices(ws) == []


def test_readings_are_shown_live_to_everyone_who_sees_the_lot(scene: Scene) -> None:
    scale = a_watching_device(scene.supervisor, scene.lot.id)
    air = a_watching_device(scene.warehouse, scene.lot.id, kind="climate")
    minute = timedelta(minutes=1)
    say(scene.world, scale, weights(scene.world.now, [BOOK] * 5, every=minute))
    say(scene.world, air, values("temperature", "Cel", scene.world.now, [21.5, 21.6], every=minute))
    for firm in (scene.sme, scene.bank, scene.warehouse, scene.supervisor):
        browser = firm.operator.browser()
        page = browser.get(f"/lots/{scene.lot.id}/readings")
        assert page.status_code == 200
        assert "498,750" in page.text
        assert "21.6" in page.text
        chart = browser.get(f"/lots/{scene.lot.id}/readings/weight.json").json
        assert chart["series"][0]["values"] == [float(BOOK)] * 5
        assert chart["thresholds"][0]["value"] == float(BOOK)
        assert browser.get(f"/lots/{scene.lot.id}/readings.csv?hours=168").text.count("\n") == 8
    stranger = scene.world.firm("BANK").operator.browser()
    for address in ("readings", "readings/weight.json", "readings.csv", "readings.xlsx", "readings.json"):
        assert stranger.get(f"/lots/{scene.lot.id}/{address}").status_code == 404


def test_the_queue_and_an_alarm_are_shown_by_role(scene: Scene) -> None:
    alarm = the_alarm(scene)
    for firm, acts in ((scene.supervisor, True), (scene.bank, False), (scene.sme, False)):
        browser = firm.operator.browser()
        assert alarm.number in browser.get("/alarms").text
        page = browser.get(f"/alarms/{alarm.id}").text
        assert "The scale shows 468,750 kg where 498,750 kg should be" in page
        assert ("/acknowledgement" in page, "/closing" in page) == (acts, acts)
        assert browser.get(f"/alarms/{alarm.id}/readings/weight.json").json["marks"][0]["label"] == "Weight change"
    assert "These are your goods" in scene.sme.operator.browser().get(f"/alarms/{alarm.id}").text
    assert alarm.number in scene.bank.operator.browser().get("/alarms.csv").text
    stranger = scene.world.firm("SUPERVISOR").operator.browser()
    assert stranger.get(f"/alarms/{alarm.id}").status_code == 404
    assert alarm.number not in stranger.get("/alarms?state=all").text


def test_an_alarm_is_worked_off_by_its_forms(scene: Scene) -> None:
    alarm, officer = the_alarm(scene), scene.supervisor.operator
    assert post(officer, f"/alarms/{alarm.id}/acknowledgement", {}).status_code == 302
    assert (
        post(
            scene.sme.operator, f"/alarms/{alarm.id}/comments", {"text": "A driver took the wrong pallet."}
        ).status_code
        == 302
    )
    refused = post(officer, f"/alarms/{alarm.id}/closing", {"disposition": "TRUE", "note": "Theft"})
    assert refused.status_code == 422
    assert "A critical alarm is closed with evidence." in refused.text
    assert (
        post(
            officer,
            f"/alarms/{alarm.id}/closing",
            {"disposition": "TRUE", "note": "Theft", "evidence": "photo 17\ncount 4"},
        ).status_code
        == 302
    )
    page = officer.browser().get(f"/alarms/{alarm.id}").text
    assert "A driver took the wrong pallet." in page
    assert "photo 17" in page
    assert alarm.number not in officer.browser().get("/alarms").text
    assert alarm.number in officer.browser().get("/alarms?state=closed").text


def test_an_alarm_is_given_to_a_colleague_within_its_time(scene: Scene) -> None:
    alarm, officer = the_alarm(scene), scene.supervisor.operator
    page = officer.browser().get(f"/alarms/{alarm.id}").text
    assert "Acknowledge by" in page
    assert scene.supervisor.approver.name in officer.browser().get(f"/alarms/{alarm.id}").text
    refused = post(officer, f"/alarms/{alarm.id}/assignment", {"person_id": ""})
    assert refused.status_code == 422
    assert "Choose one of your people." in refused.text
    given = {"person_id": str(scene.supervisor.approver.person_id)}
    assert post(officer, f"/alarms/{alarm.id}/assignment", given).status_code == 302
    page = officer.browser().get(f"/alarms/{alarm.id}").text
    assert "Assigned to" in page
    assert "in time" in page  # the first of the clocks stands still
    told = officer.call("POST", f"/alarms/{alarm.id}/assignment", {"person_id": str(officer.person_id)}).json
    assert told["assigned_to"] == officer.name
    assert scene.bank.operator.call("POST", f"/alarms/{alarm.id}/assignment", given).status_code == 403


def test_the_pledgor_clears_and_closes_nothing(scene: Scene) -> None:
    alarm = the_alarm(scene)
    for act, fields in (
        ("closing", {"disposition": "FALSE", "note": "no", "evidence": "no"}),
        ("clearance", {}),
        ("acknowledgement", {}),
    ):
        post(scene.sme.operator, f"/alarms/{alarm.id}/{act}", fields)
    with scene.sme.operator.ws(read_only=True) as ws:
        assert alarms_of_lot(ws, scene.lot.id)[0].status == "ACTIVE_UNACK"


def test_shelving_goes_to_a_colleague(scene: Scene) -> None:
    alarm = the_alarm(scene)
    assert (
        post(scene.supervisor.operator, f"/alarms/{alarm.id}/shelving", {"hours": "9", "because": "x"}).status_code
        == 422
    )
    assert (
        post(
            scene.supervisor.operator, f"/alarms/{alarm.id}/shelving", {"hours": "2", "because": "Scale under repair"}
        ).location
        == "/approvals"
    )


def test_a_gate_exit_without_release_freezes_and_leads_to_its_alarm(scene: Scene) -> None:
    wrong = post(scene.warehouse.operator, f"/lots/{scene.lot.id}/gate-exits", {"quantity": "-3"})
    assert wrong.status_code == 422
    done = post(
        scene.warehouse.operator, f"/lots/{scene.lot.id}/gate-exits", {"quantity": "600", "vehicle": "沪A 12345"}
    )
    assert done.location.startswith("/alarms/")
    with scene.bank.operator.ws(read_only=True) as ws:
        assert find_lot(ws, scene.lot.id).is_frozen


def test_a_foreign_device_is_not_found(scene: Scene) -> None:
    device = an_enrolled_device(scene.supervisor)
    other = scene.warehouse.operator.browser()
    for address in ("", "/attachment", "/label", "/readings/weight.json", "/readings.csv", "/readings.json"):
        assert other.get(f"/devices/{device.device_id}{address}").status_code == 404


def test_home_says_what_needs_the_duty_officer(scene: Scene) -> None:
    the_alarm(scene)
    page = scene.supervisor.operator.browser().get("/").text
    assert "Critical alarms without a disposition" in page


def test_the_queue_is_sorted_and_its_export_holds_what_is_shown(scene: Scene) -> None:
    alarm, officer = the_alarm(scene), scene.supervisor.operator
    with officer.ws() as ws:
        quiet = raise_alarm(ws, type="water", severity="MINOR", because="Water on the floor.", lot_id=scene.lot.id)
    browser = officer.browser()
    links = re.compile(r'class="row-link" href="/alarms/([^"]+)"')
    worst_first = [str(alarm.id), str(quiet.id)]
    assert links.findall(browser.get("/alarms").text) == worst_first
    assert links.findall(browser.get("/alarms?sort=-severity").text) == worst_first[::-1]
    assert links.findall(browser.get("/alarms?sort=nonsense").text) == worst_first
    sheet = re.search(r'href="(/alarms\.csv[^"]*)"', browser.get("/alarms?severity=MINOR").text)
    assert sheet
    exported = browser.get(sheet[1].replace("&amp;", "&")).text
    assert (quiet.number in exported, alarm.number in exported) == (True, False)


def test_a_refused_closing_stands_open_with_its_reason(scene: Scene) -> None:
    alarm, officer = the_alarm(scene), scene.supervisor.operator
    refused = post(officer, f"/alarms/{alarm.id}/closing", {"disposition": "TRUE", "note": "Theft"}).text
    opened = re.findall(r'<dialog[^>]*id="(\w+)"[^>]*data-open-at-once', refused)
    assert opened == ["closing"], "the other questions stay shut"
    assert refused.count("error-summary") == 1


def test_a_silence_is_told_in_words_beside_what_was_measured_last(scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id, interval_seconds=86400)
    say(scene.world, device, weights(scene.world.now, [BOOK]))
    scene.world.advance(timedelta(days=4))
    scene.world.work()
    with scene.supervisor.operator.ws(read_only=True) as ws:
        [alarm] = alarms_of_lot(ws, scene.lot.id)
    browser = scene.supervisor.operator.browser()
    page = browser.get(f"/alarms/{alarm.id}").text
    assert "it should speak once in 1 day" in page
    assert "应每 1天通信一次" in browser.get(f"/alarms/{alarm.id}?lang=zh").text
    assert "Freezes in" in page
    scene.world.advance(timedelta(hours=1))
    assert "Freezes in" not in browser.get(f"/alarms/{alarm.id}").text, "what has run out is no countdown"
    points = browser.get(f"/alarms/{alarm.id}/readings/weight.json").json
    assert points["series"][0]["values"] == [BOOK]


def test_a_chart_opens_on_a_span_in_which_there_is_something_to_see(scene: Scene) -> None:
    seldom = a_watching_device(scene.supervisor, scene.lot.id, interval_seconds=86400)
    say(scene.world, seldom, weights(scene.world.now, [BOOK]))
    for address in (f"/devices/{seldom.device_id}", f"/lots/{scene.lot.id}"):
        assert "weight.json?hours=168" in scene.supervisor.operator.browser().get(address).text
    chosen = scene.supervisor.operator.browser().get(f"/devices/{seldom.device_id}?hours=24").text
    assert "weight.json?hours=24" in chosen
