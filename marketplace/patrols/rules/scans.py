"""What a phone says at a checkpoint, and what of it can be relied on.

The phone never sends the label: it signs SHA-256(round, label), so that the statement can be shown to a bank and is worth nothing in another round.
A photographed label can be scanned from a chair. Against that stand the position, the pace between two checkpoints, and that nobody knew the minute; a
radio tag (RFID) cannot be photographed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import hypot
from uuid import UUID

from marketplace.stocktakes.rules.challenges import METRES_OFF, YOUNG_KEY, Place, metres_between
from marketplace.stocktakes.rules.statements import MOST_CHARACTERS, hash_in, moment_in, place_in
from tenants.errors import Invalid

FORM = "bailee-scan-1"
FIELDS = {"form", "patrol", "seen", "taken_at", "place", "previous"}
SCHEME = "bailee:checkpoint:"
AHEAD_MOST = timedelta(seconds=120)  # as devices' clocks (domain model, section 7)
WALKING_PACE = 3.0  # metres a second between two places of the plan: faster is a run, or no walk at all


class Fault(StrEnum):
    """Why a scan proves nothing."""

    OTHER_LABEL = "OTHER_LABEL"
    OTHER_PLACE = "OTHER_PLACE"
    TAKEN_BEFORE = "TAKEN_BEFORE"
    TAKEN_AHEAD = "TAKEN_AHEAD"


class Doubt(StrEnum):
    """Why a scan proves less."""

    SENT_LATE = "SENT_LATE"
    NO_PLACE = "NO_PLACE"
    NEW_PHONE = "NEW_PHONE"
    CHAIN_BROKEN = "CHAIN_BROKEN"
    TOO_FAST = "TOO_FAST"
    OFF_DUTY = "OFF_DUTY"


@dataclass(frozen=True, slots=True)
class Said:
    """What a phone said: of which round, which label it saw (hashed with the round), when and where, and its statement before."""

    patrol_id: UUID
    seen: str
    taken_at: datetime
    place: Place | None
    previous: str


@dataclass(frozen=True, slots=True)
class Stand:
    """A checkpoint on the plan, in metres, and when it was seen before in this round."""

    x: float
    y: float
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Scan:
    """What is known of a scan when it comes. `here`: the checkpoint's place; `before`: the one that was seen last before it; `on_duty`: None without a roster."""

    said: Said
    known: bool
    received_at: datetime
    key_since: datetime
    chained: bool
    on_duty: bool | None
    here: Stand | None = None
    before: Stand | None = None


def shown(patrol_id: UUID, label: str) -> str:
    """What a phone signs in place of a label."""
    return hashlib.sha256(f"{patrol_id}:{label}".encode()).hexdigest()


def read_statement(text: str) -> Said:
    """The statement in its parts. Refuses, at `statement`, what is not of the form."""
    try:
        said = json.loads(text) if len(text) <= MOST_CHARACTERS else None
        if not isinstance(said, dict) or set(said) != FIELDS or said["form"] != FORM:
            raise ValueError
        previous = hash_in(said["previous"]) if said["previous"] else ""
        return Said(UUID(said["patrol"]), hash_in(said["seen"]), moment_in(said["taken_at"]), place_in(said["place"]), previous)  # fmt: skip
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as unreadable:
        raise Invalid("statement_unreadable", "The phone's statement cannot be read.", field="statement") from unreadable  # fmt: skip


def faults_of(scan: Scan, site: Place | None, called_at: datetime) -> list[Fault]:
    """All that speaks against the scan."""
    said = scan.said
    against: Mapping[Fault, bool] = {
        Fault.OTHER_LABEL: not scan.known,
        Fault.OTHER_PLACE: _is_elsewhere(said.place, site),
        Fault.TAKEN_BEFORE: said.taken_at < called_at,
        Fault.TAKEN_AHEAD: said.taken_at > scan.received_at + AHEAD_MOST,
    }
    return [fault for fault, holds in against.items() if holds]


def doubts_of(scan: Scan, site: Place | None, due_at: datetime) -> list[Doubt]:
    """What makes the scan prove less."""
    said = scan.said
    grounds: Mapping[Doubt, bool] = {
        Doubt.SENT_LATE: said.taken_at <= due_at < scan.received_at,
        Doubt.NO_PLACE: said.place is None and site is not None,
        Doubt.NEW_PHONE: said.taken_at - scan.key_since < YOUNG_KEY,
        Doubt.CHAIN_BROKEN: not scan.chained,
        Doubt.TOO_FAST: is_too_fast(scan.before, scan.here),
        Doubt.OFF_DUTY: scan.on_duty is False,
    }
    return [doubt for doubt, holds in grounds.items() if holds]


def is_too_fast(before: Stand | None, here: Stand | None) -> bool:
    """Whether nobody walks so fast from one checkpoint to the other, whichever way round."""
    if before is None or here is None:
        return False
    return hypot(here.x - before.x, here.y - before.y) > WALKING_PACE * abs((here.taken_at - before.taken_at).total_seconds())  # fmt: skip


def _is_elsewhere(place: Place | None, site: Place | None) -> bool:
    return bool(place and site and metres_between(place, site) > METRES_OFF + min(place.accuracy, METRES_OFF))
