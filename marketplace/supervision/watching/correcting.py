"""When messages come late, a stretch of a device's chain is judged again, and what was told of it is held beside what it tells now.

What it tells and nobody told is told; what was told otherwise is superseded, never edited; a person's word stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, or_, select, tuple_

from marketplace.supervision.alarms.raising import mark_cleared
from marketplace.supervision.alarms.superseding import put_right, supersede, vote_again
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.devices import Device
from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.watching.judging import Court
from marketplace.supervision.watching.remembering import Memory, all_told
from marketplace.supervision.watching.standing import Key, Place, Story, stories
from marketplace.supervision.watching.telling import row_of_story, tell_story
from marketplace.supervision.watching.walking import Found
from tenants.workspace import Workspace, act_as_device

RULE = (None, "rule")


@dataclass(frozen=True)
class Stretch:
    """A part of a device's chain that was judged again: from where to where, what was remembered before it, and what it says.

    `reaches_tip`: whether it goes as far as the rules do. If not, they remember the same at its end as they did before, and what comes after it stands.
    """

    first: Place
    last: Place
    before: Memory
    said: Sequence[Found]
    reaches_tip: bool


def correct(ws: Workspace, device: Device, court: Court, stretch: Stretch, *, evidence: Sequence[str]) -> None:
    """Make what stands told of this stretch what it tells."""
    act_as_device(ws, device.id)
    due, told = stories(stretch.before, stretch.said), _told_of(ws, device, stretch)
    right = {_key(alarm): alarm for alarm in told if _stands(alarm, due.get(_key(alarm)), stretch)}
    wrong = [alarm for alarm in told if _key(alarm) not in right and not _is_repetition(alarm, due)]
    for key, alarm in right.items():
        _hear_more(ws, device, court, alarm, due[key])
    missing = {key: story for key, story in due.items() if key not in right}
    heirs: dict[Key, Alarm] = {}
    for alarm in wrong:
        place = _successor(alarm, missing)
        if place is None or place in heirs:
            supersede(ws, alarm, by=heirs[place] if place else None, evidence=evidence)
        else:
            heirs[place] = put_right(ws, alarm, evidence=evidence, **_rightly(ws, device, court, alarm, missing[place]))
    ws.session.flush()
    for key, story in missing.items():
        if key not in heirs and story.is_whole:
            tell_story(ws, device, court, story, evidence=evidence)
    vote_again(ws, wrong, evidence=evidence)


def _told_of(ws: Workspace, device: Device, stretch: Stretch) -> Sequence[Alarm]:
    """What its messages were said to show, and what stood told when it begins; oldest first."""
    place = tuple_(Alarm.boot, Alarm.sequence)
    within = and_(place >= tuple_(*stretch.first), place <= tuple_(*stretch.last))
    stood = [and_(Alarm.type == kind, Alarm.raised_at == one.began_at) for kind, one in all_told(stretch.before)]
    return ws.session.scalars(
        select(Alarm)
        .where(
            Alarm.tenant_id == ws.tenant_id,
            Alarm.device_id == device.id,
            Alarm.boot.is_not(None),
            Alarm.superseded_at.is_(None),
            or_(within, *stood),
        )
        .order_by(Alarm.raised_at, Alarm.id)
        .with_for_update(key_share=True)
    ).all()


def _key(alarm: Alarm) -> Key:
    subject = alarm.lot_id or alarm.device_id
    assert subject is not None, "a device's alarm is about a lot or about the device"
    return alarm.type, subject, alarm.raised_at


def _stands(alarm: Alarm, story: Story | None, stretch: Stretch) -> bool:
    """Whether the alarm tells the story rightly, as far as it was told; what is only to be added makes it no other."""
    if story is None:
        return False
    if story.is_whole and Severity(alarm.own_severity).rank < story.severity.rank:
        return False
    if alarm.cleared_at is None or alarm.cleared_by not in RULE or (story.over_at is None and not stretch.reaches_tip):
        return True
    return alarm.cleared_at == story.over_at


def _is_repetition(alarm: Alarm, due: dict[Key, Story]) -> bool:
    """Whether it was raised for a story that went on after a person had called its alarm over."""
    return _key(alarm) not in due and any(
        story.kind == alarm.type and any(one.at == alarm.raised_at for one in story.told) for story in due.values()
    )


def _hear_more(ws: Workspace, device: Device, court: Court, alarm: Alarm, story: Story) -> None:
    """What was not told of an alarm that stands: that it is worse than it seemed, that it is over."""
    if story.is_whole and story.severity.rank < Severity(alarm.own_severity).rank:
        tell_story(ws, device, court, story, evidence=())
    if story.over_at and alarm.cleared_at is None:
        mark_cleared(ws, alarm, at=story.over_at, by="rule")


def _successor(alarm: Alarm, missing: dict[Key, Story]) -> Key | None:
    """The story that it told a part of: of the same type and subject, at the same time."""
    kind, subject, since = _key(alarm)
    for key, story in missing.items():
        if key[:2] == (kind, subject) and story.touches(since, alarm.cleared_at):
            return key
    return None


def _rightly(ws: Workspace, device: Device, court: Court, alarm: Alarm, story: Story) -> dict[str, object]:
    """What differs between an alarm and the story as it is: all that was found, or its end alone. A person who called it over is believed."""
    ends: dict[str, object] = {"cleared_at": story.over_at, "cleared_by": "rule" if story.over_at else None}
    if alarm.cleared_by not in RULE:
        ends = {"cleared_at": max(story.began_at, alarm.cleared_at or ws.now), "cleared_by": alarm.cleared_by}
    return (row_of_story(device, court, story) if story.is_whole else {}) | ends
