"""Frames through the door: each is one row with its picture beside it, and whatever is wrong with one has its fate and its counter."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256

import pytest
from nacl.signing import SigningKey

from integrations.devices.codecs import FRAME
from integrations.devices.envelope import unframed
from integrations.devices.http import SIGNATURE_HEADER, signature_header
from integrations.devices.intake import DUPLICATE, STORED
from marketplace.cameras import ports
from marketplace.cameras.actions import accept_scene, open_original
from marketplace.cameras.queries import frames_of_alarms, openings_of
from marketplace.cameras.viewing import masked_picture, may_open, original_picture
from marketplace.supervision.alarms.attending import close_alarm
from marketplace.supervision.queries import condition_of, open_alarms
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import World
from tests.marketplace.cameras.makers import EVERY, Camera, a_camera
from tests.marketplace.supervision.makers import a_scene, an_enrolled_device


@pytest.fixture
def camera(world: World) -> Camera:
    return a_camera(a_scene(world))


def test_a_frame_is_one_row_with_its_picture_and_its_hash_in_the_record(camera: Camera) -> None:
    assert camera.shoot() == [STORED]
    assert camera.send(camera.sent[-1]) == [DUPLICATE]
    frame, first = camera.frames()
    picture = camera.sent[-1].partition(b"\x00\xff\xd8")[2]
    assert frame.sha256 == sha256(b"\xff\xd8" + picture).hexdigest()
    assert ports.frame_store().get(camera.firm.tenant_id, frame.sha256) == b"\xff\xd8" + picture
    assert (frame.boot, frame.sequence, frame.width, frame.height) == (1, 1, 320, 240)
    assert (frame.subject_id, frame.change, frame.missing) == (camera.scene.lot.id, 0, [])
    assert frame.seen == ["TAG:1", "TAG:2", "TAG:3", "TAG:4"]
    assert (first.scene_id, first.change, first.seen) == (None, None, [])  # taken before there was a scene
    told = camera.scene.world.admin.execute("select evidence from house.event where kind = 'FrameTaken' and stream_id = %s", (camera.device.device_id,))  # fmt: skip
    assert frame.sha256 in str(told.fetchall())
    assert camera.alarms() == {}


def test_who_watches_the_goods_may_know_of_the_frame_and_nobody_else(world: World, camera: Camera) -> None:
    camera.shoot()
    stranger = world.firm("SUPERVISOR", "BANK", "WAREHOUSE_OPERATOR")
    scene = camera.scene
    counts = {firm.name: len(camera.frames(firm)) for firm in (scene.sme, scene.bank, scene.warehouse, stranger)}
    assert list(counts.values()) == [2, 2, 2, 0]
    frame = camera.frames()[0]
    with scene.bank.operator.ws(read_only=True) as ws:
        assert masked_picture(ws, frame.id).startswith(b"\xff\xd8")
    with pytest.raises(NotFound, match="frame_unknown"), stranger.operator.ws(read_only=True) as ws:
        masked_picture(ws, frame.id)


def test_what_is_wrong_with_a_frame_has_its_refusal_and_its_counter(world: World, camera: Camera) -> None:
    device, now = camera.device, world.now
    wrong = {
        "bad_signature": replace(device, key=SigningKey.generate()).frame(camera.picture(), now),
        "wrong_picture": replace(device).frame(camera.picture(), now) + b"!",
        "picture_broken": replace(device).frame(b"\xff\xd8\xff no picture", now),
        "oversized": replace(device).frame(b"\xff\xd8\xff" + bytes(500_000), now),
        "skewed": replace(device).frame(camera.picture(), now + timedelta(minutes=6)),
    }
    assert [(one.verdict, one.code) for one in camera.send(*wrong.values())] == [("refused", code) for code in wrong]
    assert camera.fates() == {"first": 1, **dict.fromkeys(wrong, 1)}
    assert len(camera.frames()) == 1
    assert set(camera.alarms()) == {"signature", "clock_skew"}


def test_another_picture_in_a_place_that_is_taken_is_kept_out_and_is_tampering(camera: Camera) -> None:
    twin = replace(camera.device)
    camera.shoot()
    outcome = camera.send(twin.frame(camera.picture("taken", which=[2]), camera.scene.world.now))[0]
    assert (outcome.verdict, outcome.code) == ("refused", "conflict")
    assert len(camera.frames()) == 2
    assert camera.alarms() == {"tamper": "ACTIVE"}


def test_only_a_camera_sends_pictures(world: World, camera: Camera) -> None:
    scale = an_enrolled_device(camera.firm)
    other = Camera(camera.scene, scale, camera.firm)
    assert other.shoot()[0].code == "no_camera"
    assert other.fates() == {"no_camera": 1}


def test_a_frame_by_http_is_the_same_frame(camera: Camera) -> None:
    client, path = camera.scene.world.app.test_client(), f"/api/v1/devices/{camera.device.device_id}/batches"
    _, signature, body = unframed(camera.device.frame(camera.picture(), camera.scene.world.now))
    headers = {"Content-Type": FRAME, SIGNATURE_HEADER: signature_header(signature)}
    assert [client.post(path, data=body, headers=headers).status_code for _ in range(2)] == [201, 200]
    assert client.post(path, data=body + b"!", headers=headers).json["code"] == "wrong_picture"
    assert len(camera.frames()) == 2


def test_goods_that_go_are_told_when_three_frames_say_so_and_not_before(camera: Camera) -> None:
    camera.shoot("taken", which=[2])
    assert camera.alarms() == {}
    camera.shoot("taken", which=[2], times=2)
    assert camera.alarms() == {"image_change": "ACTIVE", "marks_missing": "ACTIVE"}
    assert camera.frames()[0].missing == ["TAG:2"]
    camera.shoot(times=3)
    assert camera.alarms() == {"image_change": "CLEARED", "marks_missing": "CLEARED"}


def test_somebody_who_walks_by_is_no_alarm(camera: Camera) -> None:
    camera.shoot("somebody")
    assert camera.frames()[0].change > 0
    camera.shoot(times=3)
    assert camera.alarms() == {}


def test_a_covered_lens_is_told_and_says_nothing_of_the_goods(camera: Camera) -> None:
    camera.shoot("covered", times=3)
    assert camera.alarms() == {"camera_blocked": "ACTIVE"}
    frame = camera.frames()[0]
    assert (frame.cause, frame.change, frame.seen, frame.missing) == ("COVERED", None, [], [])


def test_a_blind_camera_lowers_the_coverage_of_the_goods_although_it_goes_on_speaking(camera: Camera) -> None:
    def coverage() -> Decimal:
        with camera.firm.operator.ws(read_only=True) as ws:
            return condition_of(ws, camera.scene.lot.id).coverage

    camera.shoot(times=12)
    assert coverage() > Decimal("0.8")  # it was set up before it said anything of the goods
    camera.shoot("covered", times=15)
    assert coverage() < Decimal("0.75")


def test_the_same_picture_again_and_again_is_told_although_each_frame_is_signed_anew(camera: Camera) -> None:
    camera.scene.world.advance(EVERY)
    frozen = camera.picture()
    camera.shoot(picture=frozen, times=4)
    assert camera.alarms() == {}
    camera.shoot(picture=frozen, times=2)
    assert camera.alarms() == {"picture_still": "ACTIVE"}
    camera.shoot()
    assert camera.alarms() == {"picture_still": "CLEARED"}


def test_a_frame_is_judged_by_the_scene_of_its_own_time(camera: Camera) -> None:
    late = camera.device.frame(camera.picture("taken", which=[4]), camera.scene.world.advance(timedelta(seconds=20)))
    camera.shoot("taken", which=[4])
    camera.accept(marks={"TAG:1": "Bag 1"})
    camera.shoot("taken", which=[4])
    assert camera.send(late) == [STORED]
    assert [(frame.sequence, frame.missing) for frame in camera.frames()] == [(3, []), (2, ["TAG:4"]), (1, ["TAG:4"]), (0, [])]  # fmt: skip


def test_a_scene_shows_the_marks_that_it_is_to_have(camera: Camera) -> None:
    with pytest.raises(Invalid, match="marks_unseen"):
        camera.accept(marks={"TAG:9": "Bag 9"})
    camera.shoot("covered")
    with pytest.raises(Conflict, match="frame_blind"):
        camera.accept()
    other = a_camera(camera.scene)
    with pytest.raises(Invalid, match="frame_of_another"):
        camera.accept(other.frames()[0].id)
    with pytest.raises(NotAllowed), camera.scene.sme.operator.ws() as ws:
        accept_scene(ws, camera.device.device_id, frame_id=other.frames()[0].id, marks={})


def test_the_original_is_for_an_open_alarm_and_every_look_is_recorded(camera: Camera) -> None:
    camera.shoot("taken", which=[2], times=3)
    frame, scene = camera.frames()[0], camera.scene
    with pytest.raises(NotAllowed, match="picture_not_opened"), scene.bank.operator.ws(read_only=True) as ws:
        original_picture(ws, frame.id)
    with scene.bank.operator.ws() as ws:
        open_original(ws, frame.id)
    with scene.bank.operator.ws(read_only=True) as ws:
        assert sha256(original_picture(ws, frame.id)[1]).hexdigest() == frame.sha256
    with pytest.raises(NotAllowed, match="picture_not_opened"), scene.bank.approver.ws(read_only=True) as ws:
        original_picture(ws, frame.id)  # a colleague asks in their own name
    with pytest.raises(NotAllowed, match="not_allowed"), scene.sme.operator.ws() as ws:
        open_original(ws, frame.id)
    told = scene.world.admin.execute("select facts from house.event where kind = 'OriginalOpened' and stream_id = %s", (scene.lot.id,))  # fmt: skip
    assert scene.bank.operator.name in str(told.fetchone())
    with scene.sme.operator.ws(read_only=True) as ws:
        assert [one.opened_by for one in openings_of(ws, frame.id)] == [scene.bank.operator.name]
    scene.world.advance(timedelta(minutes=11))
    with pytest.raises(NotAllowed, match="picture_not_opened"), scene.bank.operator.ws(read_only=True) as ws:
        original_picture(ws, frame.id)


def test_once_the_alarms_are_closed_it_is_shown_masked_alone(camera: Camera) -> None:
    camera.shoot("taken", which=[2], times=3)
    frame = camera.frames()[0]
    camera.shoot(times=3)
    with camera.firm.owner.ws() as ws:
        assert may_open(ws, frame)
        for alarm in open_alarms(ws):
            close_alarm(ws, alarm.id, disposition="FALSE", note="restacked")
        assert not may_open(ws, frame)
    with pytest.raises(NotAllowed, match="picture_masked"), camera.firm.operator.ws() as ws:
        open_original(ws, frame.id)


def test_before_there_is_a_scene_the_cameras_own_firm_sees_what_it_is_to_accept(world: World) -> None:
    camera = a_camera(a_scene(world), accepted=False)
    camera.shoot()
    frame = camera.frames()[0]
    with camera.firm.operator.ws() as ws:
        open_original(ws, frame.id)
        assert original_picture(ws, frame.id)[1].startswith(b"\xff\xd8")
    with pytest.raises(NotAllowed, match="picture_masked"), camera.scene.bank.operator.ws() as ws:
        open_original(ws, frame.id)


def test_an_alarm_is_looked_at_by_the_frames_before_at_and_after_it(camera: Camera) -> None:
    camera.shoot(times=2)
    camera.shoot("taken", which=[2], times=5)
    with camera.scene.bank.operator.ws(read_only=True) as ws:
        missing = next(one for one in open_alarms(ws) if one.type == "marks_missing")
        bound = frames_of_alarms(ws, [missing])
    assert [(one.when, one.frame.sequence, one.frame.missing) for one in bound] == [("BEFORE", 2, []), ("AT", 5, ["TAG:2"]), ("AFTER", 6, ["TAG:2"])]  # fmt: skip
    assert bound[1].frame.taken_at == missing.raised_at


def test_pictures_go_at_the_end_of_their_retention_and_rows_and_evidence_stay(world: World, camera: Camera) -> None:
    camera.shoot()
    camera.shoot("taken", which=[2], times=3)
    world.advance(timedelta(minutes=1))
    quiet = a_camera(camera.scene, watched=False, accepted=False)
    quiet.shoot()
    world.advance(timedelta(days=89))
    world.work()
    assert [frame.dropped_at for frame in quiet.frames()] == [None]
    world.advance(timedelta(days=2))
    world.work()
    (gone,) = quiet.frames()
    assert gone.dropped_at is not None
    assert ports.frame_store().get(camera.firm.tenant_id, gone.sha256) is None
    assert {frame.dropped_at for frame in camera.frames()} == {None}  # an alarm is open that they were seen by
    with pytest.raises(Conflict, match="picture_let_go"), camera.firm.operator.ws(read_only=True) as ws:
        masked_picture(ws, gone.id)
