"""The pages and calls of patrols, by planner, officer and bank."""

from datetime import timedelta

import pytest

from marketplace.business_days import SHANGHAI
from marketplace.patrols.queries import find_route
from tests.factories import World
from tests.frontend.forms import form_fields
from tests.marketplace.duty.makers import a_desk
from tests.marketplace.patrols.makers import MINUTE, ARoute, a_route


@pytest.fixture
def route(world: World) -> ARoute:
    return a_route(world)


def test_a_route_is_planned_on_the_page_and_what_could_be_guessed_is_refused(route: ARoute) -> None:
    with route.firm.operator.ws(read_only=True) as ws:
        site_id = find_route(ws, route.id).site_id
    planner = route.firm.operator.browser()
    page, action = f"/sites/{site_id}/patrol-routes/new", f"/sites/{site_id}/patrol-routes"
    assert page in planner.get("/patrols").text
    filled = {
        "name": "Day round", "minutes": "20", "from_1": "13:00", "lasting_1": "40",
        "checkpoints": "Gate, 1, 2.5\r\n\r\n南门，3，4，e2 80 11 60\r\n",
    }  # fmt: skip
    refused = planner.post(action, data=form_fields(planner.get(page).text) | filled)
    assert refused.status_code == 422
    assert "A window lasts 50 minutes at least" in refused.text
    unread = planner.post(action, data=form_fields(planner.get(page).text) | filled | {"lasting_1": "60", "checkpoints": "Gate, 1, 2\nDoor, east, 4"})  # fmt: skip
    assert "Line 2: write the name" in unread.text
    made = planner.post(action, data=form_fields(planner.get(page).text) | filled | {"lasting_1": "60"})
    assert made.status_code == 302
    shown = planner.get(made.headers["Location"]).text
    assert "Day round" in shown
    assert "QR label or radio tag" in shown
    assert planner.get(f"{made.headers['Location']}/labels.pdf").data.startswith(b"%PDF")
    ended = planner.post(f"{made.headers['Location']}/ending", data=form_fields(shown) | {"because": "The hall is empty."})  # fmt: skip
    assert ended.status_code == 302
    assert "This route is walked no more" in planner.get(made.headers["Location"]).text


def test_an_officer_is_called_and_the_walk_names_no_label(route: ARoute) -> None:
    officer = route.officer.browser()
    assert "Patrols are to be walked now" not in officer.get("/").text
    patrol = route.call()
    assert f"/patrols/{patrol.id}/walk" in officer.get("/").text
    assert f"Patrol {patrol.number} is to be walked now" in officer.get("/duty").text
    walk = officer.get(f"/patrols/{patrol.id}/walk").text
    assert "3 checkpoints to see" in walk
    for point in route.points:
        assert point.name in walk
        assert point.label not in walk
    route.walk(patrol)
    assert "This round is over." in officer.get(f"/patrols/{patrol.id}/walk").text
    assert officer.get("/patrols/worker.js").mimetype == "text/javascript"


def test_a_missed_round_is_told_to_supervisor_and_bank_in_both_languages(route: ARoute) -> None:
    patrol = route.call()
    route.send(patrol, *route.say(patrol, "A" * 24))
    route.scan(patrol, 1)
    route.run_out()
    for person, language, words in (
        (route.firm.operator, "en", "Not seen in time"),
        (route.deal.bank.operator, "zh", "未按时到点"),
    ):
        browser = person.browser()
        page = browser.get(f"/patrols/{patrol.id}?lang={language}").text
        assert words in page
        assert "North gate, South door" in page
        assert patrol.seed
        assert patrol.seed.hex()[:8] in page
        assert patrol.number in browser.get("/patrols").text
    bank = route.deal.bank.operator.browser()
    assert bank.get(f"/patrols/{patrol.id}/walk").status_code == 403
    assert bank.get(f"/patrol-routes/{route.id}/labels.pdf").status_code == 403
    alarm = route.deal.bank.operator.call("GET", "/alarms").json["items"][0]
    assert "2 of 3 checkpoints were not seen in time" in bank.get(f"/alarms/{alarm['id']}").text
    assert "The label that was scanned is none of this route." in route.firm.operator.browser().get(f"/patrols/{patrol.id}").text  # fmt: skip
    with route.firm.operator.ws(read_only=True) as ws:
        site_id = find_route(ws, route.id).site_id
    plan = route.firm.operator.browser().get(f"/sites/{site_id}/plan").text
    assert "Patrol missed" in plan, "an alarm of a route is one of its site"


def test_a_whole_round_by_calls_alone(route: ARoute) -> None:
    patrol, officer = route.call(), route.officer
    listed = officer.call("GET", "/patrols").json["items"]
    assert [one["status"] for one in listed] == ["CALLED"]
    labels = route.firm.operator.call("GET", f"/patrol-routes/{route.id}/labels").json["items"]
    assert route.deal.bank.operator.call("GET", f"/patrol-routes/{route.id}/labels").status_code == 403
    for one in labels:
        statement, signature = route.say(patrol, one["label"].rpartition(":")[2])
        body = {"phone_id": str(route.phone.id), "statement": statement, "signature": signature}
        answer = officer.call("POST", f"/patrols/{patrol.id}/scans", body)
        assert (answer.status_code, answer.json["accepted"], answer.json["carrier"]) == (201, True, "QR")
        route.world.advance(MINUTE)
    told = route.deal.bank.operator.call("GET", f"/patrols/{patrol.id}").json
    assert (told["status"], [one["standing"] for one in told["checkpoints"]]) == ("WALKED", ["seen"] * 3)
    assert told["draw"]["drawn"] == told["called_at"]
    figures = officer.call("GET", f"/patrol-routes/{route.id}").json["figures"]
    assert (figures["called"], figures["walked"], figures["in_time"]) == (1, 1, 3)


def test_who_sees_nothing_of_a_route_finds_nothing(route: ARoute) -> None:
    patrol = route.call()
    stranger = route.world.firm("SUPERVISOR").operator
    for path in (f"/patrols/{patrol.id}", f"/patrol-routes/{route.id}"):
        assert stranger.call("GET", path).status_code == 404
        assert stranger.browser().get(path).status_code == 404
    assert stranger.browser().get(f"/patrols/{patrol.id}/walk").status_code == 404
    assert stranger.browser().get(f"/patrol-routes/{route.id}/labels.pdf").status_code == 404


def test_rounds_stand_in_the_log_of_the_shift_and_in_the_figures(route: ARoute) -> None:
    desk = a_desk(route.world, route.firm)
    patrol = route.call()
    route.run_out()
    assert desk.start
    shift_id, officer = desk.at(desk.start)[0]
    browser = officer.browser()
    assert patrol.number in browser.get(f"/duty-shifts/{shift_id}").text
    assert browser.get(f"/duty-shifts/{shift_id}/log.pdf").data.startswith(b"%PDF")
    route.world.advance(timedelta(hours=1))
    page = browser.get("/duty-figures").text
    assert "Patrols missed or late" in page
    assert "Night round" in page, "a noisy route is called by its name"
    day = f"{route.world.now.astimezone(SHANGHAI):%Y-%m-%d}"
    told = officer.call("GET", f"/duty-figures?until={day}").json
    assert (told["patrols"], told["patrols_missed"], told["checkpoints"], told["checkpoints_in_time"]) == (1, 1, 3, 0)
    assert "patrols_missed" in browser.get("/duty-figures.csv").text
    assert patrol.number in browser.get("/patrols.csv").text


def test_a_scan_that_is_refused_says_why_in_the_callers_language(route: ARoute) -> None:
    patrol = route.call()
    statement, signature = route.say(patrol, "A" * 24)
    body = {"phone_id": str(route.phone.id), "statement": statement, "signature": signature}
    answer = route.officer.call("POST", f"/patrols/{patrol.id}/scans", body, headers={"Accept-Language": "zh-CN"})
    assert [one["said"] for one in answer.json["faults"]] == ["所扫标签不属于本路线。"]
