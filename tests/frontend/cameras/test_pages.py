"""The pages and calls of cameras, by each whose business a picture is."""

import base64
from hashlib import sha256

import pytest

from tests.factories import World
from tests.frontend.forms import form_fields
from tests.marketplace.cameras.makers import Camera, a_camera
from tests.marketplace.supervision.makers import a_scene, an_enrolled_device

FOUND = "TAG:1 = \nTAG:2 = \nTAG:3 = \nTAG:4 ="


@pytest.fixture
def camera(world: World) -> Camera:
    return a_camera(a_scene(world))


def test_a_scene_is_accepted_on_the_page_with_the_marks_that_were_found(world: World) -> None:
    camera = a_camera(a_scene(world), accepted=False)
    camera.shoot()
    browser, page = camera.firm.operator.browser(), f"/cameras/{camera.device.device_id}"
    shown = browser.get(page).text
    assert "No scene is accepted yet" in shown
    fields = form_fields(shown)
    assert FOUND in shown
    fields |= {"frame_id": str(camera.frames()[0].id)}
    assert browser.post(f"{page}/scene", data=fields | {"marks": "TAG:2 = Bag = two\nTAG:3"}).status_code == 302
    camera.shoot("taken", which=[3])
    shown = browser.get(page).text
    assert "Bag = two" in shown
    assert "1 / 2" in shown
    assert "1 mark missing" in shown
    newest = {"frame_id": str(camera.frames()[0].id)}
    refused = browser.post(f"{page}/scene", data=form_fields(shown) | newest | {"marks": "TAG:3 = Bag"})
    assert refused.status_code == 422
    assert "The picture does not show TAG:3." in refused.text


def test_the_incident_shows_what_cameras_saw_before_at_and_after(camera: Camera) -> None:
    camera.shoot(times=2)
    camera.shoot("taken", which=[2], times=5)
    bank = camera.scene.bank.operator
    [incident] = bank.call("GET", "/incidents").get_json()["items"]
    shown = bank.browser().get(f"/incidents/{incident['id']}").text
    frames = bank.call("GET", f"/incidents/{incident['id']}/frames").get_json()["items"]
    assert [one["when"] for one in frames] == [
        "BEFORE",
        "AT",
        "AT",
        "AFTER",
    ]  # the picture changed, and then the mark was missed
    places = [shown.index(f"/frames/{one['frame']['id']}/picture.jpg") for one in frames]
    assert places == sorted(places)
    assert frames[1]["frame"]["missing"] == ["TAG:2"]


def test_the_original_is_opened_by_a_button_and_that_is_told(camera: Camera) -> None:
    camera.shoot("taken", which=[2], times=3)
    frame, bank, owner = camera.frames()[0], camera.scene.bank.operator, camera.scene.sme.operator
    page = f"/frames/{frame.id}"
    masked = bank.browser().get(f"{page}/picture.jpg")
    assert (masked.status_code, masked.mimetype) == (200, "image/jpeg")
    assert sha256(masked.data).hexdigest() == frame.masked_sha256
    browser = bank.browser()
    assert browser.get(f"{page}/original").status_code == 403
    assert browser.post(f"{page}/openings", data=form_fields(browser.get(page).text)).status_code == 302
    original = browser.get(f"{page}/original")
    assert sha256(original.data).hexdigest() == frame.sha256
    assert original.headers["Cache-Control"] == "no-store"
    shown = owner.browser().get(page).text
    assert bank.name in shown  # the owner of the goods sees who looked
    assert "See it as it was taken" not in shown


def test_a_camera_by_calls_alone(camera: Camera) -> None:
    keeper, path = camera.firm.operator, f"/cameras/{camera.device.device_id}"
    told = keeper.call("GET", path).get_json()
    assert [one["label"] for one in told["scene"]["marks"]] == ["Bag 1", "Bag 2", "Bag 3", "Bag 4"]
    camera.shoot("taken", which=[4], times=3)
    [newest, *_] = keeper.call("GET", f"{path}/frames").get_json()["items"]
    assert (newest["missing"], newest["cause"], newest["kept"]) == (["TAG:4"], None, True)
    again = keeper.call("POST", f"{path}/scene", {"frame_id": newest["id"], "marks": [{"mark": "TAG:1"}]})
    assert (again.status_code, again.get_json()["marks"]) == (201, [{"mark": "TAG:1", "label": "TAG:1"}])
    assert keeper.call("GET", f"/frames/{newest['id']}").get_json() == newest
    opened = keeper.call("POST", f"/frames/{newest['id']}/openings")
    assert opened.status_code == 201
    original = keeper.call("GET", f"/frames/{newest['id']}/original").get_json()
    assert sha256(base64.b64decode(original["picture"])).hexdigest() == newest["sha256"]
    masked = keeper.call("GET", f"/frames/{newest['id']}/picture").get_json()
    assert masked["sha256"] != original["sha256"]
    assert camera.scene.sme.operator.call("POST", f"/frames/{newest['id']}/openings").status_code == 403


def test_what_is_no_camera_has_no_such_page(camera: Camera) -> None:
    scale = an_enrolled_device(camera.firm)
    assert camera.firm.operator.browser().get(f"/cameras/{scale.device_id}").status_code == 404
    assert f"/cameras/{camera.device.device_id}" in camera.firm.operator.browser().get(f"/devices/{camera.device.device_id}").text  # fmt: skip


def test_a_fingerprint_is_nothing_for_people(camera: Camera) -> None:
    camera.shoot()
    shown = camera.firm.operator.browser().get(f"/devices/{camera.device.device_id}").text
    assert "readings/picture.json" not in shown
    assert "readings/image_change.json" in shown
