"""What the alarm rules remember of a device between its messages, as JSON and back.

One entry for each (rule, subject, channel): the fold's `WindowState`, and for scales the level that was last told. A memory is a value: folding makes a
new one, so that each place in the device's chain can keep the memory as it was there.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from marketplace.supervision.rules.breaches import Observation, WindowState
from marketplace.supervision.rules.settling import Level

Memory = dict[str, Any]


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


def _mark(at: str | None, order: list[int] | None) -> Observation | None:
    moment = _moment(at)
    return None if moment is None or order is None else Observation(moment, tuple(order), Decimal(0))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _figure(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
