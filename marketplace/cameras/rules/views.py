"""What a frame says beside the scene that a keeper accepted: whether the camera sees at all, how much has changed, which marks are missing.

Figures of a picture go in, readings of the trade come out; they are judged by the same alarm rules as any sensor's. What a blocked camera cannot see is
unknown and never fine: it says that it is blocked and nothing else. Thresholds are product defaults, measured on drawn scenes (tests/integrations/vision).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from marketplace.supervision.readings.ports import Sample, Samples
from tenants.errors import Invalid

DARK_BELOW = Decimal(10)  # mean brightness, of 255
FLAT_BELOW = Decimal(3)  # standard deviation of brightness, of 255
SHARP_SHARE = Decimal("0.2")  # of the accepted scene's sharpness
TURNED_SHARE = Decimal("0.6")  # of the picture
MOST_MARKS = 64
TAGS = 587  # AprilTag 36h11 has so many
TAG, QR = "TAG:", "QR:"
_TAG = re.compile(r"TAG:(0|[1-9]\d{0,2})", re.ASCII)
LONGEST_MARK = 200


class Cause(StrEnum):
    """Why a camera sees nothing that can be relied on."""

    DARK = "DARK"
    COVERED = "COVERED"
    DEFOCUSED = "DEFOCUSED"
    TURNED = "TURNED"


BLIND = frozenset({Cause.DARK, Cause.COVERED, Cause.DEFOCUSED})


@dataclass(frozen=True, slots=True)
class Look:
    """What was measured in a picture. `brightness`, `contrast`: mean and deviation, of 255. `fingerprint`: a number of its very pixels.

    `sharpness` as a share of the scene's and `change` as a share of the picture: None where there is no scene to compare with.
    """

    width: int
    height: int
    brightness: Decimal
    contrast: Decimal
    fingerprint: int
    sharpness: Decimal | None = None
    change: Decimal | None = None
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class View:
    """What a frame says. `seen` and `missing` are of the expected marks alone; a blind camera has neither.

    A camera that was turned and a bay that was emptied look alike, so TURNED comes with the change and the missing marks.
    """

    cause: Cause | None
    change: Decimal | None = None
    seen: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def view_of(look: Look, expected: Collection[str]) -> View:
    """Judge a look. A mark that nobody expects counts for nothing, so the count never exceeds what is there to be seen."""
    cause = _cause_of(look)
    if cause in BLIND:
        return View(cause)
    wanted = sorted(set(expected))
    return View(
        cause,
        look.change,
        tuple(mark for mark in wanted if mark in look.marks),
        tuple(mark for mark in wanted if mark not in look.marks),
    )


def _cause_of(look: Look) -> Cause | None:
    if look.brightness < DARK_BELOW and look.contrast < FLAT_BELOW:
        return Cause.DARK
    if look.contrast < FLAT_BELOW:
        return Cause.COVERED
    if look.sharpness is not None and look.sharpness < SHARP_SHARE:
        return Cause.DEFOCUSED
    return Cause.TURNED if look.change is not None and look.change > TURNED_SHARE else None


def readings_of(look: Look, view: View, at: datetime, *, counts: bool) -> Samples:
    """A frame as readings of its moment. `counts`: marks are expected in this scene."""
    told: list[Sample] = [
        Sample("camera_blocked", view.cause is not None, "/", at),
        Sample("picture", Decimal(look.fingerprint), "", at),
    ]
    if view.cause in BLIND:
        return Samples.of(told)
    if view.change is not None:
        told.append(Sample("image_change", view.change, "", at))
    if counts:
        told.append(Sample("count", Decimal(len(view.seen)), "count", at))
        told.append(Sample("marks_missing", Decimal(len(view.missing)), "count", at))
    return Samples.of(told)


def checked_marks(marks: Collection[str]) -> tuple[str, ...]:
    """Marks that a camera is to see: `TAG:17` (AprilTag 36h11) or `QR:` and the text, each once. Refuses others, and more than 64."""
    if len(marks) > MOST_MARKS:
        raise Invalid("marks_too_many", "At most %(most)s marks for one camera.", field="marks", most=MOST_MARKS)
    for mark in marks:
        tag = _TAG.fullmatch(mark)
        if not (tag and int(tag[1]) < TAGS) and not (mark.startswith(QR) and 0 < len(mark[len(QR) :]) <= LONGEST_MARK):
            raise Invalid("mark_unknown", "A mark is TAG: and the number of a marker card, or QR: and the text of the code: %(mark)s.", field="marks", mark=mark)  # fmt: skip
    if len(set(marks)) != len(marks):
        raise Invalid("mark_twice", "Each mark is named once.", field="marks")
    return tuple(sorted(marks))
