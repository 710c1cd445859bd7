"""What looks into pictures: finding marker cards is a matter of a large library, which only the process that takes pictures loads."""

from typing import Protocol

from marketplace.stocktakes.rules.challenges import Seen
from tenants.errors import Unavailable


class Eyes(Protocol):
    """Reads pictures."""

    def look(self, picture: bytes) -> Seen:
        """What is in it. Refuses what is no picture, at the field `photo`."""

    def pattern(self, number: int) -> list[list[bool]]:
        """The black (False) and white (True) squares of a marker card, its border included."""


_chosen: list[Eyes] = []


def look_with(eyes: Eyes) -> None:
    """Choose the eyes of this process."""
    _chosen[:] = [eyes]


def eyes() -> Eyes:
    """The chosen eyes. Refuses where there are none."""
    if not _chosen:
        raise Unavailable("eyes_unavailable", "Pictures cannot be read on this installation.")
    return _chosen[0]
