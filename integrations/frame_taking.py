"""From frames at the door to what is seen in them: looked up in one short transaction, looked at in none, stored by the taker with all else of the firm."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from marketplace.cameras.actions import given_for, see
from marketplace.cameras.ports import SignedFrame
from marketplace.cameras.taking import Seen
from tenants.errors import Refused
from tenants.workspace import DeviceKey, enter

Asked = TypeVar("Asked")
Found = TypeVar("Found")


def seen_in(frames: Sequence[SignedFrame]) -> list[Seen | Refused]:
    """What each frame of one firm's cameras shows, or why it is refused; one for each and in the same order."""
    with enter(DeviceKey(frames[0].device_id)) as ws:
        given = [_tried(lambda frame: given_for(ws, frame), frame) for frame in frames]
    return [one if isinstance(one, Refused) else _tried(see, one) for one in given]


def _tried(step: Callable[[Asked], Found], asked: Asked) -> Found | Refused:
    try:
        return step(asked)
    except Refused as reason:
        return reason
