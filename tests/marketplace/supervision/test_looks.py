"""Looking into what an alarm tells of: by video and on site, each with its clock, once for all that is open of an incident."""

from datetime import timedelta

import pytest

from marketplace.supervision import actions
from marketplace.supervision.alarms.attending import clocks_of
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.queries import alarms_of_lot, find_alarm, notes_of
from tenants import record
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import World
from tests.marketplace.supervision.makers import Scene, a_scene

MINUTE = timedelta(minutes=1)


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def a_theft(scene: Scene) -> list[Alarm]:
    """The scale and the camera tell of one theft; a damp hall is another matter, days ago."""
    with scene.supervisor.operator.ws() as ws:
        for kind, ago in (("humidity", timedelta(days=3)), ("weight_change", MINUTE), ("image_change", timedelta(0))):
            actions.raise_alarm(ws, type=kind, severity="MAJOR", because="Smoke was detected.", lot_id=scene.lot.id, raised_at=ws.now - ago)  # fmt: skip
    return alarms(scene)


def alarms(scene: Scene) -> list[Alarm]:
    with scene.supervisor.operator.ws(read_only=True) as ws:
        return alarms_of_lot(ws, scene.lot.id)


def test_whoever_stands_before_the_goods_stands_there_for_the_whole_incident(scene: Scene) -> None:
    picture, weight, damp = a_theft(scene)
    scene.world.advance(4 * MINUTE)
    with scene.supervisor.operator.ws() as ws:
        actions.report_look(ws, picture.id, how="seen", saw="Three bags fewer than in the scene.")
    scene.world.advance(20 * MINUTE)
    with scene.warehouse.operator.ws() as ws:
        actions.report_look(ws, weight.id, how="on_site", saw="The seal of bay 3 is cut.")
    picture, weight, damp = alarms(scene)
    for one in (picture, weight):
        assert (one.seen_at, one.on_site_at) == (one.noticed_at + 4 * MINUTE, one.noticed_at + 24 * MINUTE)
        assert one.acknowledged_at == one.seen_at, "who looks has taken note"
        assert (one.seen_by, one.on_site_by) == (scene.supervisor.operator.name, scene.warehouse.operator.name)
    assert (damp.seen_at, damp.on_site_at, damp.acknowledged_at) == (None, None, None), "another incident"
    with scene.bank.operator.ws(read_only=True) as ws:
        assert [note.text for note in notes_of(ws, picture.id)] == ["Three bags fewer than in the scene."]
        told = [one for one in record.events_of(ws, scene.lot.id) if one.kind == "AlarmLookedInto"]
        assert len(told) == 4
        assert {one.facts["saw"] for one in told} == {"Three bags fewer than in the scene.", "The seal of bay 3 is cut."}  # fmt: skip


def test_the_clocks_of_the_trade_run_from_when_the_house_noticed(scene: Scene) -> None:
    picture, _, _ = a_theft(scene)
    assert picture.severity == "CRITICAL", "two kinds of sensor"
    due = {one.of: one.due_at - picture.noticed_at for one in clocks_of(picture)}
    assert due == {"acknowledged": 5 * MINUTE, "seen_by_video": 10 * MINUTE, "on_site": 30 * MINUTE}
    scene.world.advance(11 * MINUTE)
    with scene.supervisor.operator.ws() as ws:
        actions.report_look(ws, picture.id, how="seen", saw="Nobody there.")
        seen = {one.of: one.is_kept(None, ws.now) for one in clocks_of(find_alarm(ws, picture.id))}
    assert seen == {"acknowledged": False, "seen_by_video": False, "on_site": None}


def test_a_look_is_reported_once_and_told_in_words(scene: Scene) -> None:
    picture, weight, _ = a_theft(scene)
    officer = scene.supervisor.operator
    for how, saw, code in (("heard", "Steps.", "look_unknown"), ("tenant", "x", "look_unknown"), ("seen", " ", "text_missing"), ("seen", "x" * 2001, "text_too_long")):  # fmt: skip
        with pytest.raises(Invalid, match=code), officer.ws() as ws:
            actions.report_look(ws, picture.id, how=how, saw=saw)
    with officer.ws() as ws:
        actions.report_look(ws, picture.id, how="seen", saw="All there.")
    first = alarms(scene)[1].seen_at
    scene.world.advance(MINUTE)
    with pytest.raises(Conflict, match="already_looked"), officer.ws() as ws:
        actions.report_look(ws, weight.id, how="seen", saw="All there.")
    with officer.ws() as ws:
        actions.close_alarm(ws, picture.id, disposition="FALSE", note="A forklift.", evidence=["P-1"])
    with pytest.raises(Conflict, match="already_closed"), officer.ws() as ws:
        actions.report_look(ws, picture.id, how="on_site", saw="All there.")
    with officer.ws() as ws:
        actions.report_look(ws, weight.id, how="on_site", saw="All there.")
    scene.world.advance(MINUTE)
    with officer.ws() as ws:
        door = actions.raise_alarm(ws, type="door_open", severity="MAJOR", because="The door is open.", lot_id=scene.lot.id)  # fmt: skip
        actions.report_look(ws, door.id, how="seen", saw="Now the door stands open.")
    door, picture, weight, _ = alarms(scene)
    assert (picture.on_site_at, weight.on_site_at, weight.seen_at) == (None, scene.world.now - MINUTE, first)
    assert door.seen_at == scene.world.now, "what joins the incident later is looked into by itself"


def test_neither_owner_nor_bank_looks_for_the_desk(scene: Scene) -> None:
    picture, _, _ = a_theft(scene)
    for firm, refusal in ((scene.sme, NotAllowed), (scene.bank, NotAllowed), (scene.world.firm("SUPERVISOR"), NotFound)):  # fmt: skip
        with pytest.raises(refusal), firm.operator.ws() as ws:
            actions.report_look(ws, picture.id, how="on_site", saw="All there.")
    assert alarms(scene)[0].on_site_at is None
