"""What some rules look at is not the value itself but how it moves. A lens turns a message's points into the figures that such a rule judges.

Where nothing is under way a message is taken by the extremes of its slots, and no figure is made of each point: nearly every message is that quiet.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from marketplace.supervision.rules.breaches import WindowState
from marketplace.supervision.rules.settings import Setting
from marketplace.supervision.rules.surprise import surprise
from marketplace.supervision.rules.trends import (
    SAME_PICTURES,
    SLOTS,
    Kept,
    beginnings,
    heat,
    newest,
    steady_swing,
    stillness,
    swing,
)
from marketplace.supervision.watching.remembering import Memory

Row = dict[str, Any]
Look = Callable[[Kept, datetime, Decimal], tuple[Kept, Decimal]]
NOTHING = Decimal(0)


def through_lens(kind: str, setting: Setting, memory: Memory, key: str, state: WindowState, row: Row) -> Row | None:
    """The message as a rule of this kind sees it; None where it holds nothing later than what was seen. What must be kept goes into the memory."""
    look = _look(kind, setting)
    if look is None:
        return row
    if state.last is not None and row["last_at"] <= state.last.at:
        return None
    name = f"lens-{key}"
    kept = memory.get(name, [])
    calm = not state.active_since and not state.run_count and (state.last is None or row["first_at"] > state.last.at)
    quiet = _quietly(kind, setting, kept, row) if calm else None
    if quiet is not None:
        memory[name] = quiet
        return row | {"least": NOTHING, "greatest": NOTHING, "offsets": (), "values": ()}
    memory[name], offsets, values = _each(look, kept, state, row)
    return row | {"least": min(values), "greatest": max(values), "offsets": offsets, "values": values}


def _look(kind: str, setting: Setting) -> Look | None:
    if kind.endswith("_rate"):
        return lambda kept, at, value: steady_swing(kept, at, value, within=setting.within)
    if kind.endswith("_budget"):
        return lambda kept, at, value: heat(kept, at, value, above=setting.high, within=setting.within)
    if kind.endswith("_often"):
        return lambda kept, at, value: beginnings(kept, at, bool(value), within=setting.within)
    if kind == "picture_still":
        return lambda kept, at, value: stillness(kept, at, value, samples=SAME_PICTURES)
    if kind.endswith("_still"):
        return stillness
    if kind.endswith("_anomaly"):
        return lambda kept, at, value: surprise(kept, at, value, least=setting.by)
    return None


def _each(look: Look, kept: Kept, state: WindowState, row: Row) -> tuple[Kept, list[int], list[Decimal]]:
    offsets, values = [], []
    for offset, value in zip(row["offsets"], row["values"], strict=True):
        at = row["first_at"] + timedelta(milliseconds=offset)
        if state.last is None or at > state.last.at:
            kept, seen = look(kept, at, value)
            offsets.append(offset)
            values.append(seen)
    return kept, offsets, values


def _quietly(kind: str, setting: Setting, kept: Kept, row: Row) -> Kept | None:
    """What is kept after a message in which nothing can be beyond the limit; None where each point has to be looked at."""
    if kind.endswith("_rate"):
        recent, seen = kept or ([], [])
        for at, least, greatest in _slots(row, setting.within):
            seen, furthest = swing(seen, at, least, greatest, within=setting.within)
            if furthest > setting.by:
                return None
        return [newest(recent, row["values"]), seen]
    if kind.endswith("_still") and row["least"] != row["greatest"]:
        kept = []
        for offset, value in zip(row["offsets"], row["values"], strict=True):
            kept, _ = stillness(kept, row["first_at"] + timedelta(milliseconds=offset), value)
        return kept
    return None


def _slots(row: Row, within: timedelta) -> Iterator[tuple[datetime, Decimal, Decimal]]:
    """The last moment, least and greatest of each slot that the message touches."""
    offsets, values, first_at = row["offsets"], row["values"], row["first_at"]
    length = within.total_seconds() / SLOTS
    start, begun = 0, first_at.timestamp()
    while start < len(offsets):
        here = int((begun + offsets[start] / 1000) // length)
        end = max(start + 1, bisect_left(offsets, ((here + 1) * length - begun) * 1000, start))
        inside = values[start:end]
        yield first_at + timedelta(milliseconds=offsets[end - 1]), min(inside), max(inside)
        start = end
