"""What the alarm rules remember of a device between its messages, as JSON and back.

One entry for each (rule, subject, channel): the fold's `WindowState`, and for scales the level that was last told; and one for each type of alarm that
stands told. A memory is a value: folding makes a new one, so that each place in the device's chain can keep the memory as it was there. Names with a bar
are the rules' own; others mark how the device behaves now (`listening`), and are no part of any place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from marketplace.supervision.rules.breaches import Observation, WindowState
from marketplace.supervision.rules.settling import Level

Memory = dict[str, Any]
TOLD = "told"


@dataclass(frozen=True, slots=True)
class Standing:
    """An alarm that stands told: about what, since when, and by which of the device's sensors it still holds."""

    subject_id: UUID
    began_at: datetime
    channels: frozenset[str]


def key_of(kind: str, subject_id: object, channel: str) -> str:
    """The entry's name."""
    return f"{kind}|{subject_id}|{channel}"


def window(memory: Memory, key: str) -> WindowState:
    """The fold's state under this key; a fresh one where there is none."""
    kept = memory.get(key)
    if kept is None:
        return WindowState()
    active, since, count, last, order = kept
    return WindowState(_moment(active), _moment(since), count, _mark(last, order))


def keep_window(memory: Memory, key: str, state: WindowState) -> None:
    """Write the state under this key."""
    last = state.last
    memory[key] = [
        _text(state.active_since),
        _text(state.run_since),
        state.run_count,
        _text(last.at if last else None),
        list(last.order) if last else None,
    ]


def level(memory: Memory, key: str) -> Level:
    """The scale's standing under this key."""
    kept = memory.get(key)
    if kept is None:
        return Level()
    booked, told, candidate, since, count = kept
    return Level(_figure(booked), _figure(told), _figure(candidate), _moment(since), count)


def keep_level(memory: Memory, key: str, standing: Level) -> None:
    """Write the scale's standing under this key."""
    memory[key] = [
        *(None if figure is None else str(figure) for figure in (standing.booked, standing.told, standing.candidate)),
        _text(standing.since),
        standing.count,
    ]


def told(memory: Memory, kind: str) -> Standing | None:
    """The alarm of this type that stands told, if one does."""
    kept = memory.get(f"{TOLD}|{kind}")
    return None if kept is None else Standing(UUID(kept[0]), datetime.fromisoformat(kept[1]), frozenset(kept[2]))


def keep_told(memory: Memory, kind: str, standing: Standing | None) -> None:
    """Write what stands told of this type, or that nothing does."""
    if standing is None:
        memory.pop(f"{TOLD}|{kind}", None)
    else:
        memory[f"{TOLD}|{kind}"] = [str(standing.subject_id), _text(standing.began_at), sorted(standing.channels)]


def all_told(memory: Memory) -> Iterator[tuple[str, Standing]]:
    """Each type of alarm that stands told, with what stands."""
    for name in memory:
        head, _, kind = name.partition("|")
        standing = told(memory, kind) if head == TOLD else None
        if standing:
            yield kind, standing


def of_rules(memory: Memory) -> Memory:
    """What the rules remember, without the marks of behaviour."""
    return {key: kept for key, kept in memory.items() if "|" in key}


def without_old_subjects(memory: Memory, present: set[str], *, most: int) -> Memory:
    """A bin sees many lots come and go: what was remembered of the earlier ones is let go once it grows beyond so many entries."""
    if len(memory) <= most:
        return memory
    return {key: kept for key, kept in memory.items() if key.startswith(f"{TOLD}|") or key.split("|")[1] in present}


def _mark(at: str | None, order: list[int] | None) -> Observation | None:
    moment = _moment(at)
    return None if moment is None or order is None else Observation(moment, tuple(order), Decimal(0))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _figure(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
