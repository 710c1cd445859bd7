"""What a route must be: named checkpoints on the plan of its site, each with a label of its own."""

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tenants.errors import Conflict, Invalid

LABEL_BYTES = 15  # 120 bits, 24 letters: not to be guessed
CHECKPOINTS = range(2, 41)
LONGEST_NAME = 80
TAG = re.compile("[0-9A-F]{8,64}", re.ASCII)  # an EPC or TID in hexadecimal digits


@dataclass(frozen=True, slots=True)
class Point:
    """A checkpoint to be: what it is called, its metres from the north-west corner, and its radio tag where it has one."""

    name: str
    x: Decimal
    y: Decimal
    tag: str = ""


def require_points(points: Sequence[Point], width: Decimal, depth: Decimal) -> None:
    """Refuse fewer than two or more than forty, places off the floor, names and tags that occur twice, and what is no tag."""
    if len(points) not in CHECKPOINTS:
        raise Invalid("checkpoints_count", "A route has %(least)s to %(most)s checkpoints.", field="checkpoints", least=CHECKPOINTS.start, most=CHECKPOINTS.stop - 1)  # fmt: skip
    for one in points:
        if not one.name or len(one.name) > LONGEST_NAME:
            raise Invalid("checkpoint_name", "Name each checkpoint, in %(most)s characters at most.", field="checkpoints", most=LONGEST_NAME)  # fmt: skip
        if not (0 <= one.x <= width and 0 <= one.y <= depth):
            raise Invalid("checkpoint_off_floor", "%(name)s lies off the floor of this site.", field="checkpoints", name=one.name)  # fmt: skip
        if one.tag and not TAG.fullmatch(one.tag):
            raise Invalid("tag_unreadable", "A radio tag is written in 8 to 64 hexadecimal digits.", field="checkpoints")  # fmt: skip
    for values in ([one.name for one in points], [one.tag for one in points if one.tag]):
        if len(set(values)) < len(values):
            raise Conflict("checkpoint_twice", "Two checkpoints have the same name or tag.", field="checkpoints")


def new_label(random_bytes: Callable[[int], bytes]) -> str:
    """What the label of a checkpoint holds; nobody can guess it."""
    return base64.b32encode(random_bytes(LABEL_BYTES)).decode()


def plain_tag(written: str) -> str:
    """A tag as readers give it, without blanks and in capitals."""
    return re.sub(r"[\s:-]", "", written).upper()
