"""What stands told of a device: an alarm of a type begins with the first sensor that finds it and is over when the last has let go.

A part of the rules' memory, so that the same messages in the order of the device's chain lead to the same alarms, whenever they arrived. A device that
finds the same about other goods has left the first ones: what it said of them is over.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from marketplace.supervision.rules.alarms import Severity, worse
from marketplace.supervision.rules.breaches import Change
from marketplace.supervision.watching.remembering import Memory, Standing, all_told, keep_told, told
from marketplace.supervision.watching.walking import Found

Place = tuple[int, int]
Key = tuple[str, UUID, datetime]


@dataclass
class Story:
    """One alarm as a stretch of the chain tells it. `told`: its beginning and each repetition; empty where it began before and nothing was added."""

    kind: str
    subject_id: UUID
    began_at: datetime
    told: list[Found] = field(default_factory=list)
    over_at: datetime | None = None

    @property
    def is_whole(self) -> bool:
        """Whether its beginning lies in this stretch."""
        return bool(self.told) and self.told[0].at == self.began_at

    @property
    def severity(self) -> Severity:
        """The worst that was found of it."""
        worst = self.told[0].severity
        for one in self.told:
            worst = worse(worst, one.severity)
        return worst

    def touches(self, since: datetime, until: datetime | None) -> bool:
        """Whether it held at some moment of that time."""
        return (until is None or self.began_at <= until) and (self.over_at is None or since <= self.over_at)


def spoken(memory: Memory, found: Iterable[Found], place: Place) -> list[Found]:
    """What is said aloud of a message's findings, in event time, each with the beginning of the alarm that it belongs to; the memory goes on."""
    said: list[Found] = []
    for one in sorted(found, key=lambda each: (each.at, each.kind, str(each.subject_id), each.channel)):
        if one.kind == "measured":
            said.append(replace(one, place=place))
        else:
            said.extend(replace(each, place=place) for each in _aloud(memory, one))
    return said


def _aloud(memory: Memory, one: Found) -> Iterable[Found]:
    standing = told(memory, one.kind)
    if one.change is Change.CLEARED:
        if standing is None or standing.subject_id != one.subject_id:
            return
        left = standing.channels - {one.channel}
        keep_told(memory, one.kind, replace(standing, channels=left) if left else None)
        if not left:
            yield replace(one, began_at=standing.began_at)
        return
    if standing and standing.subject_id != one.subject_id:
        yield replace(one, change=Change.CLEARED, subject_id=standing.subject_id, began_at=standing.began_at)
        standing = None
    since, channels = (standing.began_at, standing.channels) if standing else (one.at, frozenset[str]())
    keep_told(memory, one.kind, Standing(one.subject_id, since, channels | {one.channel}))
    yield replace(one, began_at=since)


def stories(before: Memory, said: Sequence[Found]) -> dict[Key, Story]:
    """The alarms that a stretch of the chain tells, those that stood before it included, in event time."""
    found: dict[Key, Story] = {}
    for kind, standing in all_told(before):
        found[kind, standing.subject_id, standing.began_at] = Story(kind, standing.subject_id, standing.began_at)
    for one in said:
        if one.kind == "measured":
            continue
        assert one.began_at is not None, "what is said aloud has a beginning"
        story = found.setdefault(
            (one.kind, one.subject_id, one.began_at), Story(one.kind, one.subject_id, one.began_at)
        )
        if one.change is Change.CLEARED:
            story.over_at = one.at
        else:
            story.told.append(one)
    return found
