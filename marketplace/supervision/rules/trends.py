"""What a single value does not show: how fast it changed, how often a state began, how long a value has stood still.

Each is a step over one series in event time: what was kept and the next value in, what is kept now and the figure that a limit judges out. What is kept is
small and plain (it is stored beside every message): a window is six slots with the least and the greatest of each, so it forgets within a sixth of its length.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marketplace.exact import half_up

SLOTS = 6
HOUR_SECONDS = 3600
MIDDLE_OF = 3
STILL_SAMPLES = 100
SAME_PICTURES = 4  # before this one
Kept = list[Any]


def swing(kept: Kept, at: datetime, least: Decimal, greatest: Decimal, *, within: timedelta) -> tuple[Kept, Decimal]:
    """How far a value (or the least and greatest of a message that ends then) lies from what was seen in the window: the change, in the metric's unit."""
    slot = _slot(at, within)
    seen = [[number, Decimal(low), Decimal(high)] for number, low, high in kept if number > slot - SLOTS]
    lows, highs = [least, *(one[1] for one in seen)], [greatest, *(one[2] for one in seen)]
    furthest = max(greatest - min(lows), max(highs) - least)
    if seen and seen[-1][0] == slot:
        seen[-1] = [slot, min(seen[-1][1], least), max(seen[-1][2], greatest)]
    else:
        seen.append([slot, least, greatest])
    return [[number, str(low), str(high)] for number, low, high in seen], furthest


def steady_swing(kept: Kept, at: datetime, value: Decimal, *, within: timedelta) -> tuple[Kept, Decimal]:
    """How far the middle of the last three values swings: one value that its neighbours do not bear out is a glitch of the sensor or its line, and no change of
    the air. What is real is told one value later.
    """
    recent, slots = kept or ([], [])
    last = [*(Decimal(one) for one in recent), value]
    middle = sorted(last)[1] if len(last) == MIDDLE_OF else last[0]
    slots, furthest = swing(slots, at, middle, middle, within=within)
    return [newest(recent, [value]), slots], furthest


def newest(recent: Sequence[str], values: Sequence[Decimal]) -> list[str]:
    """The last values that the next one is held against, after these came."""
    return [*recent, *(str(one) for one in values[1 - MIDDLE_OF :])][1 - MIDDLE_OF :]


def heat(kept: Kept, at: datetime, value: Decimal, *, above: Decimal | None, within: timedelta) -> tuple[Kept, Decimal]:
    """How many degree-hours above a limit were taken within the window: each value counts until the next, an hour at most, since nobody knows of a silence.

    A climate that is never far out may still use up what the goods bear (domain model, sections 5 and 7). Nothing is counted where there is no limit.
    """
    slot = _slot(at, within)
    last_at, last, counted = kept or (int(at.timestamp()), "0", [])
    seen = [list(one) for one in counted if one[0] > slot - SLOTS]
    seconds = min(int(at.timestamp()) - last_at, HOUR_SECONDS)
    taken = max(Decimal(0), Decimal(last) - above) * seconds if above is not None else Decimal(0)
    if taken and seen and seen[-1][0] == slot:
        seen[-1][1] = str(Decimal(seen[-1][1]) + taken)
    elif taken:
        seen.append([slot, str(taken)])
    degree_seconds = sum((Decimal(one) for _, one in seen), Decimal(0))
    return [int(at.timestamp()), str(value), seen], half_up(Fraction(degree_seconds) / HOUR_SECONDS, 2)


def beginnings(kept: Kept, at: datetime, state: bool, *, within: timedelta) -> tuple[Kept, Decimal]:
    """How often the state began within the window: a door that opens nine times in an hour."""
    before, counts = kept or (False, [])
    slot = _slot(at, within)
    seen = [list(one) for one in counts if one[0] > slot - SLOTS]
    if state and not before:
        if seen and seen[-1][0] == slot:
            seen[-1][1] += 1
        else:
            seen.append([slot, 1])
    return [state, seen], Decimal(sum(count for _, count in seen))


def stillness(kept: Kept, at: datetime, value: Decimal, *, samples: int = STILL_SAMPLES) -> tuple[Kept, Decimal]:
    """For how many minutes the value has been exactly the same; 0 until it was said so many times (domain model, section 6: σ = 0 for N samples)."""
    if not kept or Decimal(kept[0]) != value:
        return [str(value), int(at.timestamp()), 1], Decimal(0)
    same, since, count = kept
    minutes = Decimal((int(at.timestamp()) - since) // 60)
    return [same, since, min(count + 1, samples)], minutes if count >= samples else Decimal(0)


def _slot(at: datetime, within: timedelta) -> int:
    return int(at.timestamp() * SLOTS // within.total_seconds())
