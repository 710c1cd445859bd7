"""Alarm rules on the screen and by API: read by all who keep goods, tried and proposed by the supervisor, agreed by a colleague."""

from datetime import timedelta

import pytest

from tenants import approvals
from tests.factories import World
from tests.frontend.forms import reads_before_deciding
from tests.frontend.supervision.test_pages import post
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, say, weights

BOOK = 498750


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def shaken(scene: Scene) -> None:
    scale = a_watching_device(scene.supervisor, scene.lot.id)
    say(scene.world, scale, weights(scene.world.now + timedelta(minutes=1), [*[BOOK - 1600] * 6, *[BOOK] * 20]))


def test_the_book_is_read_by_everybody_and_set_by_the_supervisor(scene: Scene) -> None:
    for firm in (scene.supervisor, scene.warehouse, scene.bank):
        page = firm.operator.browser().get("/alarm-rules").text
        assert "Humidity changes fast" in page
        one = firm.operator.browser().get("/alarm-rules/weight_change").text
        assert ("Try on history" in one) == (firm is scene.supervisor)
    assert scene.supervisor.operator.browser().get("/alarm-rules/signature").status_code == 404
    assert "湿度骤变" in scene.supervisor.operator.browser().get("/alarm-rules?lang=zh").text


def test_a_rule_is_tried_then_proposed_then_agreed(scene: Scene) -> None:
    shaken(scene)
    officer, colleague = scene.supervisor.operator, scene.supervisor.approver
    asked = "tolerance_percent=1&samples=3&lasting_seconds=60&clear_seconds=300&severity=CRITICAL&on=yes"
    trial = officer.browser().get(f"/alarm-rules/weight_change/trial?{asked}&days=3&hs_code=&site_id=")
    assert trial.status_code == 200
    assert scene.lot.number in trial.text
    assert 'name="tolerance_percent" value="1"' in trial.text
    fields = dict(one.split("=") for one in asked.split("&"))
    proposed = post(officer, "/alarm-rules/weight_change", fields | {"because": "A heavy scale"})
    assert proposed.location == "/approvals"
    assert "Weight change" in colleague.browser().get("/approvals").text
    reads_before_deciding(colleague, "all goods · all sites", "tolerance 1 %", "In force now", "Critical")
    [waiting] = colleague.call("GET", "/approvals").json["items"]
    assert colleague.call("POST", f"/approvals/{waiting['id']}/approval", {}).status_code == 200
    page = officer.browser().get("/alarm-rules/weight_change").text
    assert "A heavy scale" in page
    assert "Back to the wider rule" in page
    assert (
        post(officer, "/alarm-rules/weight_change", {"withdraw": "yes", "because": "Enough"}).location == "/approvals"
    )


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("tolerance_percent=much", "Give a number."),
        ("tolerance_percent=50", "Give a figure from 0.05 to 20."),
        ("on=no", "This alarm may be set, not switched off."),
        ("days=100", "A rule is tried on 1 to 90 days."),
        ("days=soon", "A rule is tried on 1 to 90 days."),
    ],
)
def test_a_trial_that_is_wrong_shows_the_form_again_with_the_reason(scene: Scene, asked: str, says: str) -> None:
    page = scene.supervisor.operator.browser().get(f"/alarm-rules/weight_change/trial?{asked}").text
    assert says in page
    assert "Try on history" in page


def test_a_proposal_without_its_reason_leads_back_to_the_figures(scene: Scene) -> None:
    refused = post(scene.supervisor.operator, "/alarm-rules/weight_change", {"tolerance_percent": "7", "on": "yes"})
    assert refused.status_code == 422
    assert (refused.text.count("error-summary"), "Say why." in refused.text) == (1, True)
    assert 'name="tolerance_percent" type="text" inputmode="decimal" value="7"' in refused.text


def test_rules_by_api(scene: Scene) -> None:
    shaken(scene)
    officer, colleague = scene.supervisor.operator, scene.supervisor.approver
    rules = {rule["type"]: rule for rule in officer.call("GET", "/alarm-rules").json["items"]}
    assert rules["humidity_rate"]["house"] == {"severity": "MAJOR", "on": True, "by": "15", "within_seconds": 300}
    trial = officer.call("GET", "/alarm-rules/weight_change/trial?tolerance_percent=1&days=3").json
    assert (len(trial["live"]["rings"]), trial["proposed"]["rings"], trial["live"]["unjudged"]) == (1, [], 1)
    assert trial["live"]["precision"] is None
    asked = {
        "type": "weight_change",
        "figures": {"tolerance_percent": "1"},
        "because": "Heavy",
        "hs_code": "7403110000",
    }
    made = officer.call("POST", "/alarm-rules", asked)
    assert made.status_code == 201, made.json
    assert officer.call("POST", "/alarm-rules", asked).status_code == 409, "it waits for a colleague already"
    [waiting] = colleague.call("GET", "/approvals").json["items"]
    assert colleague.call("POST", f"/approvals/{waiting['id']}/approval", {}).status_code == 200
    [version] = officer.call("GET", "/alarm-rules/weight_change/versions").json["items"]
    assert (version["hs_code"], version["figures"]["tolerance_percent"]) == ("7403110000", "1")
    assert scene.bank.operator.call("GET", "/alarm-rules/weight_change/versions").json["items"] == []
    wrong = officer.call("POST", "/alarm-rules", asked | {"figures": {"tolerance_percent": "0.01"}})
    assert wrong.json["errors"][0]["field"] == "tolerance_percent"
    assert scene.bank.operator.call("POST", "/alarm-rules", asked).status_code == 403
    assert scene.bank.operator.call("GET", "/alarm-rules/weight_change/trial").status_code == 403
    assert officer.call("GET", "/alarm-rules/signature/versions").status_code == 404


YARD = "31.19, 121.49\n31.19, 121.51\n31.21, 121.51\n31.21, 121.49"


def test_a_fence_is_drawn_from_the_sites_page_tried_and_agreed(scene: Scene) -> None:
    """The site's page leads to its rule; corners that cross come back at their field, sound ones as a plan; the colleague's word puts it on the site's page."""
    page, browser = f"/sites/{scene.lot.site_id}", scene.supervisor.operator.browser()
    rule = f"/alarm-rules/geofence?site_id={scene.lot.site_id}"
    assert rule in browser.get(page).text
    assert "Where goods may be" not in scene.bank.operator.browser().get(page).text
    assert (
        post(scene.warehouse.operator, f"{page}/position", {"latitude": "31.2", "longitude": "121.5"}).status_code
        == 302
    )
    assert "A circle of 500 m around the site." in browser.get(page).text
    figures = {
        "severity": "MAJOR",
        "high": "500",
        "margin": "50",
        "hysteresis": "50",
        "lasting_seconds": "120",
        "clear_seconds": "120",
        "on": "yes",
        "days": "7",
    }
    crossed = "31.19, 121.49\n31.21, 121.51\n31.21, 121.49\n31.19, 121.51"
    tried = "/alarm-rules/geofence/trial"
    wrong = browser.get(tried, query_string=figures | {"site_id": str(scene.lot.site_id), "fence": crossed})
    assert "The side from corner 1 crosses the side from corner 3." in wrong.text
    right = browser.get(tried, query_string=figures | {"site_id": str(scene.lot.site_id), "fence": YARD})
    assert "A fence of 4 corners around 424.04 ha; 50 m outside of it are allowed." in right.text
    sent = figures | {
        "site_id": str(scene.lot.site_id),
        "fence": YARD,
        "because": "The yard as the land register has it",
    }
    assert post(scene.supervisor.operator, "/alarm-rules/geofence", sent).headers["Location"] == "/approvals"
    with scene.supervisor.approver.ws() as ws:
        approvals.decide(ws, approvals.to_decide(ws)[0].id, approve=True)
    shown = browser.get(page).text
    assert "A fence of 4 corners around 424.04 ha" in shown
    assert "after 2 min" in browser.get(rule).text
