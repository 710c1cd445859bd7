"""The desk's pages and calls, by officers, planner and bank."""

from datetime import timedelta
from uuid import uuid4

from marketplace.business_days import SHANGHAI
from marketplace.supervision.actions import acknowledge_alarm
from marketplace.supervision.queries import open_alarms
from tests.factories import World
from tests.frontend.forms import form_fields
from tests.marketplace.duty.makers import HOUR, a_desk
from tests.marketplace.financing.makers import a_running_loan
from tests.marketplace.supervision.makers import a_scene, a_watching_device, say, weights


def test_a_roster_is_planned_on_the_page_and_a_gap_is_named(world: World) -> None:
    firm = world.firm("SUPERVISOR")
    li, wang = firm.person("operator", name="Li Na"), firm.person("operator", name="Wang Wei")
    browser = firm.operator.browser()
    form = form_fields(browser.get("/duty-rosters/new").text)
    plan = {"starts_at": f"{world.now.astimezone(SHANGHAI) + HOUR:%Y-%m-%dT%H:%M}", "days": "1", "hours": "8", "crew_1_1": str(li.person_id)}  # fmt: skip
    lonely = browser.post("/duty-rosters", data=form | plan)
    assert lonely.status_code == 409
    assert "fewer than 2 officers are on duty" in lonely.text
    form = form_fields(browser.get("/duty-rosters/new").text)
    made = browser.post("/duty-rosters", data=form | plan | {"crew_1_2": str(wang.person_id)})  # fmt: skip
    assert made.status_code == 302
    page = browser.get(made.headers["Location"]).text
    assert page.count("Li Na") >= 3
    assert "Fewer than two officers" not in page


def test_an_officer_confirms_hands_over_and_the_next_one_signs(world: World) -> None:
    desk = a_desk(world)
    assert desk.start
    shift_id, giver = desk.at(desk.start)[0]
    browser = giver.browser()
    assert "Say that you are at the desk" in browser.get("/").text
    fields = form_fields(browser.get("/duty").text)
    assert browser.post(f"/duty-shifts/{shift_id}/liveness", data=fields).status_code == 302
    assert "Say that you are at the desk" not in browser.get("/").text
    assert "Confirmed for this hour." in browser.get("/duty").text
    world.advance(8 * HOUR - timedelta(minutes=5))
    taker = desk.at(desk.start + 8 * HOUR)[0][1]
    fields = form_fields(browser.get(f"/duty-shifts/{shift_id}").text)
    handed = browser.post(f"/duty-shifts/{shift_id}/handovers", data=fields | {"to": str(taker.person_id), "note": "Gate 2 sticks."})  # fmt: skip
    assert handed.status_code == 302
    theirs = taker.browser()
    assert "The desk is handed over to you" in theirs.get("/").text
    told = theirs.get("/duty").text
    assert "Gate 2 sticks." in told
    waiting = giver.call("GET", f"/duty-shifts/{shift_id}").json["handovers"][0]
    signed = theirs.post(f"/duty-handovers/{waiting['id']}/acceptance", data=form_fields(told))
    assert signed.status_code == 302
    log = taker.call("GET", f"/duty-shifts/{shift_id}").json
    assert log["handovers"][0]["taken_at"]
    assert [bool(one["confirmed_at"]) for one in log["liveness"]] == [True]


def test_the_log_is_printed_in_both_languages(world: World) -> None:
    desk = a_desk(world)
    assert desk.start
    world.advance(2 * HOUR)
    world.work()
    shift_id, officer = desk.at(desk.start)[0]
    for language, words in (("en", "missed"), ("zh", "未确认")):
        browser = officer.browser()
        assert words in browser.get(f"/duty-shifts/{shift_id}?lang={language}").text
        assert browser.get(f"/duty-shifts/{shift_id}/log.pdf?lang={language}").data.startswith(b"%PDF")


def test_the_same_by_call_and_a_bank_sees_the_coverage_of_its_deals_alone(world: World) -> None:
    deal = a_running_loan(world)
    firm = deal.parties.supervisor
    officers = [firm.person("operator", name=f"Officer {name}") for name in ("Li", "Wang")]
    start, end = world.now, world.now + 8 * HOUR
    shifts = [{"officer_id": str(one.person_id), "starts_at": start.isoformat(), "ends_at": end.isoformat()} for one in officers]  # fmt: skip
    body = {"starts_at": start.isoformat(), "ends_at": end.isoformat(), "shifts": shifts}
    refused = firm.operator.call("POST", "/duty-rosters", body | {"shifts": [shifts[0], shifts[0]]}, key=uuid4().hex)
    assert (refused.status_code, refused.json["code"]) == (409, "roster_gap")
    made = firm.operator.call("POST", "/duty-rosters", body, key=uuid4().hex)
    assert (made.status_code, made.json["gaps"]) == (201, [])
    shift = next(one for one in made.json["shifts"] if one["officer_id"] == str(officers[0].person_id))
    assert officers[0].call("POST", f"/duty-shifts/{shift['id']}/liveness", {}, key=uuid4().hex).status_code == 201
    seen = deal.bank.operator.call("GET", f"/duty-rosters/{made.json['id']}").json
    assert (seen["gaps"], seen["hours_confirmed"]) == ([], 1)
    assert "Coverage" in deal.bank.operator.browser().get("/duty").text
    assert world.firm("BANK").operator.call("GET", f"/duty-rosters/{made.json['id']}").status_code == 404


def test_figures_of_alarms_are_shown_and_taken_away(world: World) -> None:
    scene = a_scene(world)
    scale = a_watching_device(scene.supervisor, scene.lot.id)
    say(world, scale, weights(world.now, [498_750] * 3))
    say(world, scale, weights(world.now + timedelta(minutes=1), [400_000] * 12))
    world.advance(timedelta(minutes=4))
    officer = scene.supervisor.operator
    with officer.ws() as ws:
        acknowledge_alarm(ws, open_alarms(ws)[0].id)
    world.advance(timedelta(minutes=1))
    page = officer.browser().get("/duty-figures").text
    assert "1 acknowledged" in page
    assert "Weight change" in page
    assert "chatter" in officer.browser().get("/duty-figures.csv").text
    assert "/duty-figures.pdf?" in page
    for language in ("en", "zh"):
        printed = officer.browser().get(f"/duty-figures.pdf?lang={language}")
        assert (printed.mimetype, printed.data[:4]) == ("application/pdf", b"%PDF")
        assert "duty-figures-" in printed.headers["Content-Disposition"]
    critical = officer.call("GET", "/duty-figures").json["severities"][0]
    assert (critical["alarms"], critical["in_time"]) == (1, "1.0000")


def test_figures_are_called_and_taken_away_for_a_period(world: World) -> None:
    desk = a_desk(world)
    browser = desk.firm.operator.browser()
    assert "Figures of the desk" in browser.get("/duty-figures").text
    day = f"{world.now.astimezone(SHANGHAI):%Y-%m-%d}"
    told = desk.firm.operator.call("GET", f"/duty-figures?since={day}&until={day}").json
    assert (told["alarms"], told["rate_target"], len(told["severities"])) == (0, "1", 5)
    assert "rate_target" in browser.get(f"/duty-figures.csv?since={day}").text
    assert browser.get("/duty-figures.xlsx").data.startswith(b"PK")
    assert browser.get("/duty-figures?since=yesterday").status_code == 422
    assert browser.get("/duty-figures.pdf?since=yesterday").status_code == 422
    assert desk.firm.operator.call("GET", "/duty-figures?since=0001-01-01").status_code == 422
    assert desk.firm.operator.call("GET", "/duty-figures?until=9999-12-31").status_code == 422


def test_a_drill_is_rung_and_answered_on_the_pages_and_reported(world: World) -> None:
    desk = a_desk(world)
    assert desk.start
    planner, officer = desk.firm.operator.browser(), desk.at(desk.start)[0][1]
    fields = form_fields(planner.get("/duty-drills").text)
    assert planner.post("/duty-drills", data=fields | {"severity": "MAJOR", "script": "Water in hall 3."}).status_code == 302  # fmt: skip
    drill = officer.call("GET", "/duty-drills").json["items"][0]
    theirs = officer.browser()
    page = theirs.get("/duty").text
    assert "Water in hall 3." in page
    assert theirs.post(f"/duty-drills/{drill['id']}/answer", data=form_fields(page)).status_code == 302
    assert "answered" in planner.get("/duty-drills").text
    assert drill["number"] in planner.get("/duty-drills.csv").text
    rung = desk.firm.operator.call("POST", "/duty-drills", {"severity": "MINOR", "script": "A battery is low."})
    assert officer.call("POST", f"/duty-drills/{rung.json['id']}/answer", {}).json["answered_at"]
    assert "/duty-drills.pdf" in planner.get("/duty-drills").text
    for language in ("en", "zh"):
        printed = planner.get(f"/duty-drills.pdf?lang={language}")
        assert (printed.mimetype, printed.data[:4]) == ("application/pdf", b"%PDF")
    assert world.firm("SUPERVISOR").operator.browser().get("/duty-drills.pdf").data.startswith(b"%PDF"), (
        "without a drill"
    )
