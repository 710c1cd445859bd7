"""What a phone is asked to show, and what of it a picture shows.

An old picture, or one of other goods, cannot know which marker cards will be asked for, in which order and from which side; the goods' own label says which
lot it is, the position where. What can be told from these is refused; what can only be doubted lowers the grade.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.sphere import great_circle_metres

CARDS = 30  # AprilTag 36h11, numbers 1 to 30: printed once, kept at the gate
CARDS_ASKED = 3
MINUTES_EACH = 10
MOST_AT_ONCE = 5
MOST_ATTEMPTS = 5
METRES_OFF = 300
LEAST_PIXELS = 1_000_000
SIDEWAYS = 1.12  # the nearer end of a row seen from the side looks so much larger than the farther end
YOUNG_KEY = timedelta(hours=24)


class View(StrEnum):
    """Where to stand."""

    LEFT = "LEFT"
    FRONT = "FRONT"
    RIGHT = "RIGHT"


class Fault(StrEnum):
    """Why a picture proves nothing."""

    TOO_SMALL = "TOO_SMALL"
    CARDS_MISSING = "CARDS_MISSING"
    CARDS_MIXED = "CARDS_MIXED"
    WRONG_SIDE = "WRONG_SIDE"
    OTHER_GOODS = "OTHER_GOODS"
    OTHER_PLACE = "OTHER_PLACE"
    TOO_LATE = "TOO_LATE"
    TAKEN_BEFORE = "TAKEN_BEFORE"
    SEEN_BEFORE = "SEEN_BEFORE"


class Doubt(StrEnum):
    """Why a picture proves less."""

    SENT_LATE = "SENT_LATE"
    NO_PLACE = "NO_PLACE"
    FROM_FILE = "FROM_FILE"
    NEW_PHONE = "NEW_PHONE"
    CHAIN_BROKEN = "CHAIN_BROKEN"
    LOOKS_LIKE_SCREEN = "LOOKS_LIKE_SCREEN"


class Grade(StrEnum):
    """How far a phone can be relied on: C at best, as one person with a tool of one's own; D with any doubt. Fixed devices are A and B."""

    C = "C"
    D = "D"


@dataclass(frozen=True, slots=True)
class Challenge:
    """Cards from left to right, and where to stand; `path` is the label of the goods."""

    cards: tuple[int, ...]
    view: View
    path: str
    opened_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """A marker card in a picture: its number, the x of its middle and the length of its side, both in pixels."""

    number: int
    x: float
    side: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What is in a picture: its size, the cards, and how much its finest grain looks like that of a screen."""

    width: int
    height: int
    cards: tuple[Card, ...]
    screen: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Degrees of latitude and longitude (WGS 84), and how many metres they may be off."""

    latitude: float
    longitude: float
    accuracy: float = 0


@dataclass(frozen=True, slots=True)
class Shot:
    """What came with a picture: the label that was scanned, when it was taken and received, where, whether live, and by how old a key."""

    path: str
    taken_at: datetime
    received_at: datetime
    place: Place | None
    live: bool
    key_since: datetime
    chained: bool
    seen_before: bool


def new_challenge(pick: Callable[[int], int], path: str, opened_at: datetime, together: int) -> Challenge:
    """A challenge that nobody can foresee. `pick(n)` gives an even whole number below n; `together`: how many are opened at once, and share the time."""
    left = list(range(1, CARDS + 1))
    cards = tuple(left.pop(pick(len(left))) for _ in range(CARDS_ASKED))
    view = list(View)[pick(len(View))]
    return Challenge(cards, view, path, opened_at, opened_at + timedelta(minutes=MINUTES_EACH * together))


def faults_of(challenge: Challenge, seen: Seen, shot: Shot, site: Place | None) -> list[Fault]:
    """All that speaks against the picture; nothing where it shows what was asked for."""
    against = {
        Fault.TOO_SMALL: seen.width * seen.height < LEAST_PIXELS,
        Fault.OTHER_GOODS: shot.path != challenge.path,
        Fault.OTHER_PLACE: _is_elsewhere(shot.place, site),
        Fault.TOO_LATE: shot.taken_at > challenge.expires_at,
        Fault.TAKEN_BEFORE: shot.taken_at < challenge.opened_at,
        Fault.SEEN_BEFORE: shot.seen_before,
    }
    return [*_wrong_cards(challenge, seen.cards), *(fault for fault, holds in against.items() if holds)]


def doubts_of(challenge: Challenge, seen: Seen, shot: Shot, site: Place | None) -> list[Doubt]:
    """What makes the picture prove less."""
    grounds = {
        Doubt.SENT_LATE: shot.received_at > challenge.expires_at,
        Doubt.NO_PLACE: shot.place is None and site is not None,
        Doubt.FROM_FILE: not shot.live,
        Doubt.NEW_PHONE: shot.taken_at - shot.key_since < YOUNG_KEY,
        Doubt.CHAIN_BROKEN: not shot.chained,
        Doubt.LOOKS_LIKE_SCREEN: seen.screen,
    }
    return [doubt for doubt, holds in grounds.items() if holds]


def grade_of(doubts: Sequence[Doubt]) -> Grade:
    """C without a doubt, D with any."""
    return Grade.D if doubts else Grade.C


def metres_between(one: Place, other: Place) -> float:
    """The distance over the ground."""
    return great_circle_metres(one.latitude, one.longitude, other.latitude, other.longitude)


def _is_elsewhere(place: Place | None, site: Place | None) -> bool:
    return bool(place and site and metres_between(place, site) > METRES_OFF + min(place.accuracy, METRES_OFF))


def _wrong_cards(challenge: Challenge, cards: Sequence[Card]) -> list[Fault]:
    """Missing, in another order, or seen from another side."""
    asked = [card for card in sorted(cards, key=lambda card: card.x) if card.number in challenge.cards]
    if {card.number for card in asked} != set(challenge.cards):
        return [Fault.CARDS_MISSING]
    if [card.number for card in asked] != list(challenge.cards):
        return [Fault.CARDS_MIXED]
    return [] if side_of(asked) is challenge.view else [Fault.WRONG_SIDE]


def side_of(cards: Sequence[Card]) -> View:
    """Where the camera stood, by which end of the row looks larger."""
    lean = cards[0].side / cards[-1].side
    if lean >= SIDEWAYS:
        return View.LEFT
    return View.RIGHT if lean <= 1 / SIDEWAYS else View.FRONT
