"""A camera's picture beside its scene: light and noise change nothing, goods that go do, and nobody can be recognised in what is shown."""

from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.devices.rendered import Bay, Fault, faults_of
from integrations.vision.scenes import SceneEyes
from marketplace.cameras.rules.views import TURNED_SHARE, Cause, view_of
from marketplace.supervision.rules.defaults import IMAGE_CHANGE_SHARE
from tenants.errors import Invalid

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALWAYS = [(NOON, NOON + timedelta(days=9))]
CARDS = tuple(range(1, 9))
MARKS = [f"TAG:{card}" for card in CARDS]
EYES = SceneEyes()
SCENE = Bay(CARDS).picture(NOON)
FEW = settings(max_examples=15)


def bay(*kinds: str, which: tuple[int, ...] = (), noise: float = 2, seed: int = 1) -> Bay:
    named = [Fault(kind, ALWAYS, which if kind == "taken" else ()) for kind in kinds]
    return faults_of(named, Bay(CARDS, noise=noise, seed=seed))


def pixels(picture: bytes, how: int = cv2.IMREAD_GRAYSCALE) -> Any:
    return cv2.imdecode(np.frombuffer(picture, np.uint8), how)


def as_jpeg(drawn: Any) -> bytes:
    return cv2.imencode(".jpg", np.clip(drawn, 0, 255).astype(np.uint8))[1].tobytes()


@FEW
@given(light=st.floats(0.25, 1.2), slope=st.floats(-30, 30), noise=st.floats(0, 10), seed=st.integers(0, 999))
def test_light_that_drifts_and_noise_change_nothing(light: float, slope: float, noise: float, seed: int) -> None:
    grey = pixels(SCENE).astype(np.float32)
    lit = grey * light + np.linspace(-slope, slope, grey.shape[1])
    seen = as_jpeg(lit + np.random.default_rng(seed).normal(0, noise * light, grey.shape))
    look = EYES.look(seen, scene=SCENE, marks=MARKS)
    assert view_of(look, MARKS).cause is None
    assert look.change is not None
    assert look.change <= IMAGE_CHANGE_SHARE


@FEW
@given(card=st.sampled_from(CARDS), night=st.booleans(), minutes=st.integers(0, 600))
def test_one_bag_that_goes_is_seen_by_day_and_by_night(card: int, night: bool, minutes: int) -> None:
    scene = bay("taken", *(["night"] if night else []), which=(card,))
    look = EYES.look(scene.picture(NOON + timedelta(minutes=minutes)), scene=SCENE, marks=MARKS)
    view = view_of(look, MARKS)
    assert view.change is not None
    assert IMAGE_CHANGE_SHARE < view.change < TURNED_SHARE
    assert (view.cause, view.missing) == (None, (f"TAG:{card}",))


@FEW
@given(shown=st.sets(st.sampled_from(CARDS)), expected=st.sets(st.integers(0, 20)), seed=st.integers(0, 9))
def test_the_count_never_exceeds_the_marks_that_can_be_seen(shown: set[int], expected: set[int], seed: int) -> None:
    picture = Bay(sorted(shown), seed=seed).picture(NOON)
    wanted = [f"TAG:{card}" for card in expected]
    view = view_of(EYES.look(picture, scene=None, marks=wanted), wanted)
    assert {int(mark[4:]) for mark in view.seen} <= shown & expected
    assert len(view.seen) + len(view.missing) == len(expected)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [("covered", Cause.COVERED), ("dark", Cause.DARK), ("defocused", Cause.DEFOCUSED), ("turned", Cause.TURNED), ("night", None)],
)  # fmt: skip
def test_a_camera_that_does_not_see_its_scene_says_why(fault: str, cause: Cause | None) -> None:
    for minutes in (10, 40, 66):
        picture = bay(fault).picture(NOON + timedelta(minutes=minutes))
        assert view_of(EYES.look(picture, scene=SCENE, marks=MARKS), MARKS).cause is cause


def test_a_mast_that_sways_a_little_changes_nothing() -> None:
    for right, down in ((3, -2), (-4, 3), (4, 4)):
        moved = np.roll(pixels(SCENE), (down, right), (0, 1))
        change = EYES.look(as_jpeg(moved), scene=SCENE, marks=()).change
        assert change is not None
        assert change <= IMAGE_CHANGE_SHARE


def test_no_two_pictures_are_the_same_but_a_frozen_one() -> None:
    live, frozen = bay(), bay("frozen")
    seen = [[EYES.look(one.picture(NOON + timedelta(seconds=s)), scene=None, marks=()).fingerprint for s in (0, 10, 20)] for one in (live, frozen)]  # fmt: skip
    assert [len(set(prints)) for prints in seen] == [3, 1]


def test_a_text_code_is_a_mark_as_well() -> None:
    drawn = np.full((240, 320), 200, np.uint8)
    code = cv2.QRCodeEncoder.create().encode("lot:CU-1")
    code = cv2.resize(np.pad(code, 2, constant_values=255), (150, 150), interpolation=cv2.INTER_NEAREST)
    drawn[40:190, 80:230] = code
    look = EYES.look(as_jpeg(drawn), scene=None, marks=["QR:lot:CU-1", "QR:lot:CU-2"])
    assert look.marks == {"QR:lot:CU-1"}
    assert EYES.look(as_jpeg(drawn), scene=None, marks=["TAG:1"]).marks == frozenset()  # nobody asked for codes


def test_somebody_in_the_picture_cannot_be_recognised_in_what_is_shown() -> None:
    """Where the person stands no detail is left: neighbours are alike. The goods around stay as they are."""
    at = NOON + timedelta(seconds=40)
    whole, empty = pixels(bay("somebody", noise=0).picture(at)), pixels(bay(noise=0).picture(at))
    person = cv2.erode((np.abs(whole.astype(int) - empty) > 25).astype(np.uint8), np.ones((3, 3))) > 0
    shown = pixels(EYES.masked(bay("somebody", noise=0).picture(at), SCENE))
    assert person.sum() > 5000
    assert np.abs(cv2.Laplacian(whole, cv2.CV_32F))[person].mean() > 4
    assert np.median(np.abs(cv2.Laplacian(shown, cv2.CV_32F))[person]) <= 2
    untouched = np.abs(shown.astype(int) - whole) < 12
    assert untouched.mean() > 0.5
    assert (np.abs(shown.astype(int) - whole)[person] > 12).mean() > 0.2


def test_without_a_scene_nothing_is_shown_in_detail() -> None:
    shown = pixels(EYES.masked(SCENE, None))
    assert np.median(np.abs(cv2.Laplacian(shown, cv2.CV_32F))) <= 2
    assert EYES.look(EYES.masked(SCENE, None), scene=None, marks=MARKS).marks == frozenset()


@pytest.mark.parametrize("broken", [b"", b"\xff\xd8\xff and no more", SCENE[:200], as_jpeg(np.zeros((8, 8)))])
def test_what_is_no_picture_is_refused(broken: bytes) -> None:
    with pytest.raises(Invalid, match="picture_broken") as caught:
        EYES.look(broken, scene=None, marks=())
    assert caught.value.field == "picture"


def test_a_small_file_of_a_huge_picture_is_refused_before_it_is_unpacked() -> None:
    bomb = cv2.imencode(".png", np.zeros((4000, 4000), np.uint8))[1].tobytes()
    assert len(bomb) < 500_000
    with pytest.raises(Invalid, match="picture_too_large"):
        EYES.look(bomb, scene=None, marks=())


@FEW
@given(light=st.floats(0.25, 1.1))
def test_a_picture_is_masked_for_what_came_and_not_for_its_light(light: float) -> None:
    """Contrast is compared with the dimming taken out: else the whole bay would be coarse squares each evening."""
    dim = pixels(SCENE).astype(np.float32) * light
    shown = pixels(EYES.masked(as_jpeg(dim), SCENE))
    assert (np.abs(shown - dim) < 12).mean() > 0.99
