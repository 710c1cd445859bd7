"""From messages at the door to rows in the house: look the key up, verify, enter the device's workspace, take, commit, and only then tell the outcome.

One call takes the messages of many devices: one look-up for all keys, one transaction for each firm. Where a firm's messages fail together they are
tried device by device, so that one that cannot be stored holds up nobody else's.
"""

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import structlog
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from integrations.devices.envelope import Voice, is_frame, opened
from integrations.devices.frames import opened_frame
from integrations.devices.intake import DUPLICATE, LATER, STORED, Incoming, Outcome, refused
from integrations.devices.refusals import refusal
from integrations.frame_taking import seen_in
from integrations.reading_hints import ReadingHints
from marketplace.cameras.actions import keep_frames
from marketplace.cameras.ports import SignedFrame
from marketplace.cameras.taking import Seen
from marketplace.supervision import actions
from marketplace.supervision.readings.intake import Taken, take_in
from marketplace.supervision.readings.ports import Continuity, SignedBatch
from tenants.database import DEVICES, OUTDATED, engine
from tenants.errors import Refused, Unavailable
from tenants.workspace import DeviceKey, SignedOut, enter

log = structlog.get_logger()
KEYS = text("""
select house.moment, known.* from (select gate.now() as moment) house left join gate.device_keys(cast(:ids as uuid[])) known on true
""")
CONFLICT = Outcome(refused(refusal("unknown_device")).verdict, "conflict")
MOST_TRIES = 4
MANY = 8
AGAIN = {"40001", "40P01", "55P03", OUTDATED}
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Known:
    """A device at the door: its firm, None where there is no such device, and who may sign for it."""

    tenant_id: UUID | None
    voice: Voice


NOBODY = Known(None, Voice(None))


@dataclass
class Pile:
    """One firm's messages of a call, each with its number in it; `frames` until they were looked at, `seen` what was seen in those among the good."""

    good: list[tuple[int, SignedBatch]] = field(default_factory=list)
    frames: dict[int, SignedFrame] = field(default_factory=dict)
    seen: dict[int, Seen] = field(default_factory=dict)
    bad: dict[UUID, list[str]] = field(default_factory=lambda: defaultdict(list))

    def by_device(self) -> Iterator["Pile"]:
        """A pile for each device."""
        for device_id in sorted({batch.device_id for _, batch in self.good} | set(self.bad)):
            one = Pile([(number, batch) for number, batch in self.good if batch.device_id == device_id], seen=self.seen)
            if device_id in self.bad:
                one.bad[device_id] = self.bad[device_id]
            yield one

    @property
    def devices(self) -> list[UUID]:
        """Who spoke, or was spoken for."""
        return sorted({batch.device_id for _, batch in self.good} | set(self.bad))


class Taker:
    """`take` of the device door (see `devices.intake.Take`), bound to an application and its database role."""

    def __init__(self, app: Flask, hints: ReadingHints | None = None) -> None:
        self._app = app
        self._hints = hints

    def __call__(self, messages: list[Incoming]) -> list[Outcome]:
        """Take these; what it calls STORED or DUPLICATE is committed."""
        with self._app.app_context(), _undisturbed(len(messages)):
            known, moment = _tried(lambda: _keys({message.device_id for message in messages}))
            outcomes: list[Outcome] = [LATER] * len(messages)
            for tenant_id, pile in _sorted(messages, known, moment, outcomes).items():
                _look_at(pile, outcomes)
                self._take_pile(tenant_id, pile, outcomes)
            return outcomes

    def _take_pile(self, tenant_id: UUID, pile: Pile, outcomes: list[Outcome]) -> None:
        try:
            self._commit(pile, outcomes)
        except SignedOut:  # revoked between the look-up and now
            for number, _ in pile.good:
                outcomes[number] = refused(refusal("unknown_device"))
        except Exception as trouble:
            if _is_away(trouble):
                raise  # nobody's message is to blame: all of them come again
            if len(pile.devices) > 1:
                for one in pile.by_device():
                    self._take_pile(tenant_id, one, outcomes)
                return
            log.exception("a device's messages could not be stored", device=str(pile.devices[0]), trouble=repr(trouble))

    def _commit(self, pile: Pile, outcomes: list[Outcome]) -> None:
        taken = _tried(lambda: _in_one_transaction(pile))
        for (number, _), found in zip(pile.good, taken.standings, strict=True):
            outcomes[number] = _outcome(found.kind)
        if self._hints and taken.touched:
            self._hints.touch(taken.touched)


def _is_away(trouble: Exception) -> bool:
    """Whether the database itself is gone: the line broke (no state was told), or it is shutting down or starting (SQLSTATE class 57P)."""
    if not isinstance(trouble, OperationalError):
        return False
    state = getattr(trouble.orig, "sqlstate", None)
    return state is None or state.startswith("57P")


@contextmanager
def _undisturbed(messages: int) -> Iterator[None]:
    """A big call makes a hundred thousand small objects that all live until its end: looking for garbage among them costs much and finds nothing."""
    pause = messages >= MANY and gc.isenabled()
    if pause:
        gc.disable()
    try:
        yield
    finally:
        if pause:
            gc.enable()


def _keys(device_ids: set[UUID]) -> tuple[dict[UUID, Known], datetime]:
    """The keys of all at once, fresh for each call: a revoked device is nobody from the next message on."""
    with engine(DEVICES).connect() as line:
        line.execution_options(isolation_level="AUTOCOMMIT")  # one question needs neither a beginning nor an end
        rows = line.execute(KEYS, {"ids": [str(one) for one in device_ids]}).all()
    known = {row.device: Known(row.tenant_id, Voice(row.public_key, row.next_key, row.signer)) for row in rows}
    return {one: known.get(one, NOBODY) for one in device_ids}, rows[0].moment


def _sorted(
    messages: Sequence[Incoming], known: dict[UUID, Known], moment: datetime, outcomes: list[Outcome]
) -> dict[UUID, Pile]:
    """Verify each message; refusals are outcomes at once, and known to the firm in whose device's name they came."""
    piles: dict[UUID, Pile] = defaultdict(Pile)
    for number, message in enumerate(messages):
        at_door = known[message.device_id]
        try:
            if at_door.tenant_id is None or message.tenant_id not in (None, at_door.tenant_id):
                raise refusal("unknown_device")
            pile = piles[at_door.tenant_id]
            if is_frame(message.payload):
                pile.frames[number] = opened_frame(message, at_door.voice, moment)
            else:
                pile.good.append((number, opened(message, at_door.voice, moment)))
        except Refused as reason:
            outcomes[number] = refused(reason)
            if at_door.tenant_id is not None and reason.code != "unknown_device":
                piles[at_door.tenant_id].bad[message.device_id].append(reason.code)
    return piles


def _look_at(pile: Pile, outcomes: list[Outcome]) -> None:
    """Look at the frames, in no transaction; each then stands among the good ones in its place, or is refused."""
    if not pile.frames:
        return
    try:
        looked = seen_in(list(pile.frames.values()))
    except SignedOut:  # revoked between the look-up and now
        looked = [refusal("unknown_device")] * len(pile.frames)
    for number, found in zip(pile.frames, looked, strict=True):
        if isinstance(found, Unavailable):
            continue  # it comes again
        if isinstance(found, Refused):
            outcomes[number] = refused(found)
            pile.bad[pile.frames[number].device_id].append(found.code)
        else:
            pile.seen[number] = found
            pile.good.append((number, found.batch))
    pile.good.sort(key=lambda one: one[0])


def _in_one_transaction(pile: Pile) -> Taken:
    """Store a firm's pile."""
    with enter(DeviceKey(pile.devices[0])) as ws:
        for device_id, codes in sorted(pile.bad.items()):
            actions.note_refusals(ws, device_id, codes)
        taken = take_in(ws, [batch for _, batch in pile.good])
        stood = zip(pile.good, taken.standings, strict=True)
        keep_frames(ws, [(pile.seen[number], standing) for (number, _), standing in stood if number in pile.seen])
        return taken


def _tried(step: Callable[[], Done]) -> Done:
    """Again where the database gave way to another transaction, or had prepared something before a migration."""
    for attempt in range(1, MOST_TRIES + 1):
        try:
            return step()
        except DBAPIError as conflict:
            if getattr(conflict.orig, "sqlstate", None) not in AGAIN or attempt == MOST_TRIES:
                raise
    raise AssertionError


def _outcome(kind: Continuity) -> Outcome:
    if kind is Continuity.CONFLICT:
        return CONFLICT
    return DUPLICATE if kind is Continuity.DUPLICATE else STORED
