"""Contesting an alarm on its page and by call: the owner asks, the supervisor answers, the bank reads both, and the desk's figures count it."""

from datetime import timedelta

import pytest

from marketplace.supervision import actions
from tests.factories import World
from tests.frontend.supervision.test_pages import post
from tests.marketplace.supervision.makers import Scene, a_scene


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def an_alarm(scene: Scene) -> str:
    with scene.supervisor.operator.ws() as ws:
        return f"/alarms/{actions.raise_alarm(ws, type='door_open', severity='MAJOR', because='The door is open.', lot_id=scene.lot.id).id}"


def test_an_alarm_is_contested_and_answered_on_its_page(scene: Scene) -> None:
    page = an_alarm(scene)
    sme, officer, bank = (firm.operator for firm in (scene.sme, scene.supervisor, scene.bank))
    assert "Contest this alarm" in sme.browser().get(page).text
    assert "Contest this alarm" not in officer.browser().get(page).text
    assert "Say why the alarm is wrong." in post(sme, f"{page}/contests", {"because": " "}).text
    assert (
        post(sme, f"{page}/contests", {"because": "Our own crew loads there.", "evidence": "photo 7"}).status_code
        == 302
    )
    assert "Contest this alarm" not in sme.browser().get(page).text
    for reader in (bank, officer):
        assert "Our own crew loads there." in reader.browser().get(page).text
        assert "Contested" in reader.browser().get("/alarms").text
    assert "Contested alarms wait for your answer" in officer.browser().get("/").text
    assert "Answer the contest" not in bank.browser().get(page).text
    assert "Say whether the owner is right." in post(officer, f"{page}/contest-answer", {"note": "We looked."}).text
    assert (
        post(officer, f"{page}/contest-answer", {"upheld": "yes", "note": "Announced, but not entered."}).status_code
        == 302
    )
    shown = bank.browser().get(f"{page}?lang=en").text
    assert "The contest was upheld" in shown
    assert "Announced, but not entered." in shown
    assert "异议成立" in bank.browser().get(f"{page}?lang=zh").text
    scene.world.advance(timedelta(seconds=1))
    figures = bank.browser().get("/duty-figures").text
    assert "100.0% of all" in figures
    assert "of 1 answered; 0 late" in figures
    assert bank.browser().get("/duty-figures.pdf").data.startswith(b"%PDF")
    assert "upheld_share" in officer.browser().get("/duty-figures.csv").text


def test_an_alarm_is_contested_and_answered_by_calls(scene: Scene) -> None:
    path = an_alarm(scene)
    sme, officer, bank = (firm.operator for firm in (scene.sme, scene.supervisor, scene.bank))
    made = sme.call("POST", f"{path}/contests", {"because": "It is nothing.", "evidence": ["photo 7"]})
    assert (made.status_code, made.json["answer"], made.json["late"]) == (201, None, False)
    twice = sme.call("POST", f"{path}/contests", {"because": "It is nothing."})
    assert (twice.status_code, twice.json["code"]) == (409, "contest_waits")
    for reader in (bank, officer):
        assert reader.call("POST", f"{path}/contests", {"because": "It is nothing."}).status_code == 403
    assert sme.call("POST", f"{path}/contests/answer", {"upheld": True, "note": "It is."}).status_code == 403
    stands = officer.call("POST", f"{path}/contests/answer", {"upheld": False, "note": "The frame shows a stranger."})
    assert (stands.status_code, stands.json["disposition"]) == (200, None)
    [one] = bank.call("GET", f"{path}/contests").json["items"]
    assert (one["because"], one["answer"]["upheld"], one["answer"]["note"]) == (
        "It is nothing.",
        False,
        "The frame shows a stranger.",
    )
    scene.world.advance(timedelta(seconds=1))
    told = bank.call("GET", "/duty-figures").json["contests"]
    assert (told["contested"], told["share"], told["answered"], told["upheld_share"]) == (1, "1.0000", 1, "0.0000")
