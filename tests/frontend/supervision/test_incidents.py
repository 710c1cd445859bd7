"""The incident queue and one incident, as those who may see it, on pages and by API."""

import re
from datetime import timedelta

import pytest

from frontend.live import _may_watch
from marketplace.supervision import actions
from marketplace.supervision.queries import alarms_of_lot
from tests.factories import World
from tests.frontend.supervision.test_pages import post
from tests.marketplace.supervision.makers import Scene, a_scene
from tests.marketplace.supervision.test_incidents import a_theft


@pytest.fixture
def scene(world: World) -> Scene:
    found = a_scene(world)
    a_theft(found)
    return found


def first_of(scene: Scene) -> str:
    [incident] = scene.supervisor.operator.call("GET", "/incidents").json["items"]
    return str(incident["id"])


def test_an_incident_is_read_with_its_charts_by_all_who_see_the_goods(scene: Scene) -> None:
    first = first_of(scene)
    for firm in (scene.supervisor, scene.warehouse, scene.bank, scene.sme):
        browser = firm.operator.browser()
        queue = browser.get("/incidents").text
        assert f"/incidents/{first}" in queue
        assert "Door open + Intrusion + Weight change" in queue
        page = browser.get(f"/incidents/{first}").text
        assert "Camera + Door + Scale" in page
        assert page.count('sync="/incidents/') == 2
        assert ("/acknowledgement" in page) == (firm in (scene.supervisor, scene.warehouse))
        chart = browser.get(f"/incidents/{first}/readings/weight.json").json
        assert len(chart["marks"]) == 3
        assert chart["span"][1] - chart["span"][0] < 3 * 3600, "not the days in which its slow devices had said nothing"
    assert "These are your goods" in scene.sme.operator.browser().get(f"/incidents/{first}").text
    assert "多种传感器互相印证" in scene.bank.operator.browser().get(f"/incidents/{first}?lang=zh").text
    stranger = scene.world.firm("SUPERVISOR").operator.browser()
    assert stranger.get(f"/incidents/{first}").status_code == 404
    assert stranger.get(f"/incidents/{first}/readings/weight.json").status_code == 404


def test_an_incident_is_acknowledged_and_commented_by_its_forms(scene: Scene) -> None:
    first = first_of(scene)
    assert post(scene.supervisor.operator, f"/incidents/{first}/acknowledgement", {}).status_code == 302
    assert post(scene.sme.operator, f"/incidents/{first}/comments", {"text": "Our own driver."}).status_code == 302
    page = scene.bank.operator.browser().get(f"/incidents/{first}").text
    assert "Our own driver." in page
    assert page.count("Acknowledged") >= 3


def test_an_incident_is_looked_into_by_its_form(scene: Scene) -> None:
    first = first_of(scene)
    officer, bank = scene.supervisor.operator, scene.bank.operator
    assert "Acknowledge by" in officer.browser().get("/incidents").text, "what is due first"
    for reader in (officer, bank):
        assert ("Report a look" in reader.browser().get(f"/incidents/{first}").text) == (reader is officer)
    assert "Say what was seen." in post(officer, f"/incidents/{first}/looks", {"how": "seen", "saw": " "}).text
    assert post(officer, f"/incidents/{first}/looks", {"how": "seen", "saw": "The gate is shut."}).status_code == 302
    assert (
        post(scene.warehouse.operator, f"/alarms/{first}/looks", {"how": "on_site", "saw": "So it is."}).status_code
        == 302
    )
    assert not any(word in officer.browser().get("/incidents").text for word in ("Acknowledge by", "Be on site by"))
    for page in (f"/incidents/{first}", f"/alarms/{first}"):
        shown = bank.browser().get(page).text
        assert all(word in shown for word in ("The gate is shut.", "So it is.", "Looked at by video", "Be on site by"))
        assert "到场时限" in bank.browser().get(f"{page}?lang=zh").text
    assert "Report a look" not in officer.browser().get(f"/incidents/{first}").text
    scene.world.advance(timedelta(seconds=1))
    figures = officer.browser().get("/duty-figures?lang=en").text
    assert "by video: " in figures
    assert "on_site_in_time" in officer.browser().get("/duty-figures.csv").text


def test_dearest_first_by_the_viewers_own_prices(scene: Scene) -> None:
    scene.world.advance(timedelta(days=1))
    with scene.supervisor.operator.ws() as ws:
        quiet = actions.raise_alarm(ws, type="battery_low", severity="WARNING", because="Water was detected.", lot_id=scene.lot.id)  # fmt: skip
        code = queried(scene)
    today = f"{scene.world.now:%Y-%m-%d}"
    made = scene.bank.operator.call("POST", f"/prices/{code}/quotes", {"quotes": [{"on": today, "price": "70000"}]})
    assert made.status_code in (200, 201), made.json
    links = re.findall(
        r'class="row-link" href="/incidents/([^"]+)"', scene.bank.operator.browser().get("/incidents").text
    )
    assert links == [first_of_all(scene), str(quiet.id)]
    risks = {one["id"]: one["at_risk"] for one in scene.bank.operator.call("GET", "/incidents").json["items"]}
    assert risks[str(quiet.id)]["amount"] == "174562.50", "a two-hundredth of 498.75 t at 70,000"
    assert risks[first_of_all(scene)]["amount"] == "34912500.00"


def queried(scene: Scene) -> str:
    return scene.lot.price_code


def first_of_all(scene: Scene) -> str:
    with scene.bank.operator.ws(read_only=True) as ws:
        return str(alarms_of_lot(ws, scene.lot.id)[-1].id)


def test_incidents_by_api(scene: Scene) -> None:
    first = first_of(scene)
    shown = scene.bank.operator.call("GET", f"/incidents/{first}").json
    assert (shown["severity"], shown["witnesses"], shown["status"]) == ("CRITICAL", ["camera", "door", "weight"], "ACTIVE_UNACK")  # fmt: skip
    assert scene.bank.operator.call("POST", f"/incidents/{first}/acknowledgement", {}).status_code == 403
    noted = scene.supervisor.operator.call("POST", f"/incidents/{first}/acknowledgement", {})
    assert noted.json["status"] == "ACTIVE_ACK"


def test_lists_of_alarms_follow_their_own_firm_alone(world: World) -> None:
    scene, other = a_scene(world), world.firm("SUPERVISOR")
    own = f"firm:{scene.supervisor.tenant_id}"
    for page in ("/alarms", "/incidents", "/duty"):
        assert f'stream="{own}"' in scene.supervisor.operator.browser().get(page).text
    assert _may_watch(world.app, scene.supervisor.operator.token, own)
    assert not _may_watch(world.app, other.operator.token, own)
    assert not _may_watch(world.app, None, own)
    lot = f"firm:{scene.lot.id}"
    assert not _may_watch(world.app, scene.supervisor.operator.token, lot), "a firm's room, not a thing's"
