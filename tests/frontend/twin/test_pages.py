"""The twin of a site: live, as of a moment, coloured, played back; as a page and as one call."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from frontend import language
from frontend.twin.asking import stamp
from frontend.twin.drawing import legend_of
from marketplace.supervision.queries import alarms_of_lot
from marketplace.twin.rules import LAYERS
from tests.factories import Person, World
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, say, values, weights

BOOK = 498750
MINUTE = timedelta(minutes=1)


@pytest.fixture
def scene(world: World) -> Scene:
    """Goods that lay there well and whole, and from which a part was taken."""
    scene = a_scene(world)
    climate = a_watching_device(scene.supervisor, scene.lot.id, kind="climate")
    say(world, climate, values("temperature", "Cel", world.now, [27], every=MINUTE))
    return scene


def steal(scene: Scene) -> Any:
    scale = a_watching_device(scene.supervisor, scene.lot.id)
    say(scene.world, scale, weights(scene.world.now, [BOOK - 30000] * 12))
    with scene.supervisor.operator.ws(read_only=True) as ws:
        return alarms_of_lot(ws, scene.lot.id)[0]


def plan(person: Person, scene: Scene, query: str = "") -> str:
    answer = person.browser().get(f"/sites/{scene.lot.site_id}/plan{query}")
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def test_the_live_plan_shows_bins_values_and_what_is_wrong(scene: Scene) -> None:
    steal(scene)
    page = plan(scene.warehouse.operator, scene)
    assert 'data-state="danger"' in page
    assert scene.lot.number in page
    assert "468,750 kg" in page
    assert "<live-room" in page
    outside = plan(scene.world.firm("SME").operator, scene)
    assert scene.lot.number not in outside
    assert 'data-state="empty"' in outside


def test_the_plan_of_a_moment_knows_nothing_of_what_came_after(scene: Scene) -> None:
    before = scene.world.now
    scene.world.advance(MINUTE)
    alarm = steal(scene)
    page = plan(scene.bank.operator, scene, f"?at={stamp(before)}")
    assert scene.lot.number in page
    assert "468,750" not in page
    assert 'data-state="danger"' not in page
    assert "All quiet: no alarm stood open at that moment." in page
    assert "<live-room" not in page
    assert "468,750 kg" in plan(scene.warehouse.operator, scene, f"?at={stamp(scene.world.now)}&incident={alarm.id}")


def test_an_incident_leads_to_its_play_back_and_its_moments_to_their_addresses(scene: Scene) -> None:
    alarm = steal(scene)
    where = f"/sites/{scene.lot.site_id}/plan?at={stamp(alarm.raised_at)}&amp;incident={alarm.id}"
    assert where in scene.supervisor.operator.browser().get(f"/incidents/{alarm.id}").text
    page = plan(scene.supervisor.operator, scene, f"?incident={alarm.id}")
    assert f'start="{stamp(alarm.raised_at - timedelta(minutes=30))}"' in page
    assert f'data-at="{stamp(alarm.raised_at)}"' in page


def test_an_address_never_lies_before_what_happened_in_its_millisecond(scene: Scene) -> None:
    happened = scene.world.now + timedelta(microseconds=300)
    scene.world.set_clock(happened)
    assert stamp(happened) > stamp(happened - timedelta(microseconds=300))
    steal(scene)
    scene.world.set_clock(happened)
    assert scene.lot.number in plan(scene.bank.operator, scene, f"?at={stamp(happened)}")  # not "to come"


def test_a_layer_colours_each_bin_and_tells_its_figure_and_its_scale(scene: Scene) -> None:
    page = plan(scene.bank.operator, scene, "?layer=temperature")
    assert 'data-heat="3"' in page
    assert "27.0 °C" in page
    assert "25 – 35" in page
    assert "35 and more" in page


@pytest.mark.parametrize(
    "query", ["?at=yesterday", "?at=2999-01-01T00:00Z", "?at=1970-01-01", "?at=0001-01-01T00:00", "?incident=12"]
)
def test_a_moment_or_an_incident_that_is_none_is_refused(scene: Scene, query: str) -> None:
    assert scene.bank.operator.browser().get(f"/sites/{scene.lot.site_id}/plan{query}").status_code == 422


def test_a_call_gives_the_floor_of_a_moment_to_those_who_may_see_it(scene: Scene) -> None:
    before, address = scene.world.now, f"/sites/{scene.lot.site_id}/floor"
    scene.world.advance(MINUTE)
    alarm = steal(scene)
    floor = scene.bank.operator.call("GET", f"{address}?at={stamp(before)}&layer=temperature").json
    [place] = floor["places"]
    assert place["goods"]["verified"] == {"amount": "498.750", "unit": "TNE"}
    assert (place["figure"], floor["alarms"]) == ("27.0", [])
    live = scene.supervisor.operator.call("GET", address).json
    assert [one["id"] for one in live["alarms"]] == [str(alarm.id)]
    assert len(live["devices"]) == 2
    [hidden] = scene.world.firm("BANK").operator.call("GET", f"{address}?at={stamp(before)}").json["places"]
    assert hidden["goods"] is None
    wrong = scene.bank.operator.call("GET", f"{address}?at=2999-01-01T00:00:00Z")
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "at")


def test_a_scale_says_which_figures_each_colour_stands_for() -> None:
    app = Flask("words")
    language.set_up(app)
    with app.test_request_context():
        assert [words for _, words in legend_of(LAYERS["alarms"])] == ["0", "1", "2 – 4", "5 – 9", "10 and more"]
        assert [words for _, words in legend_of(LAYERS["humidity"])] == [
            "below 30",
            "30 – 50",
            "50 – 65",
            "65 – 80",
            "80 and more",
        ]
