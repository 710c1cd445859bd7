"""Roll-ups: what a sensor said in an hour and in a day, added up as its messages come, so that a year is drawn from some hundred rows.

Counts, sums, least and greatest do not depend on the order in which messages are added, and each message is added once, with its rows and in their
transaction: a late one changes its own hour and day alone. A point belongs to the hour and day (UTC) of its own time.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from marketplace.supervision.models.roll_ups import ReadingRollUp
from marketplace.supervision.readings.writing import Rows

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WIDTHS = (HOUR, DAY)
MILLISECOND = timedelta(milliseconds=1)
KEY = ("tenant_id", "subject_id", "metric", "device_id", "channel", "width_seconds", "start_at")
ADDED_UP = (
    f"on conflict ({', '.join(KEY)}) do update set points = house.reading_roll_up.points + excluded.points,"
    " total = house.reading_roll_up.total + excluded.total, least = least(house.reading_roll_up.least, excluded.least),"
    " greatest = greatest(house.reading_roll_up.greatest, excluded.greatest)"
)
Row = dict[str, Any]


def roll_ups(rows: Sequence[Row]) -> Rows:
    """What rows of `ReadingSeries`, each for the first time, add to the hours and days that they touch."""
    sums: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        sensor = row["subject_id"].int, row["metric"], row["device_id"].int, row["channel"]
        for width in WIDTHS:
            for part in _parts(row, width):
                key = (*sensor, part["width_seconds"], part["start_at"])
                sums[key] = _together(sums[key], part) if key in sums else part
    return Rows(ReadingRollUp, [sums[key] for key in sorted(sums)], ADDED_UP)


def beginning(at: datetime, width: timedelta) -> datetime:
    """When the hour or day began that holds this moment."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + (at - day) // width * width


def _parts(row: Row, width: timedelta) -> Iterator[Row]:
    """The row by the hours or days that its points lie in; nearly always one."""
    start = beginning(row["first_at"], width)
    if row["last_at"] < start + width:
        yield _part(row, width, start, row)
        return
    begun, offsets = 0, row["offsets"]
    while begun < len(offsets):
        start = beginning(row["first_at"] + offsets[begun] * MILLISECOND, width)
        until = bisect_left(offsets, (start + width - row["first_at"]) / MILLISECOND, begun)
        yield _part(row, width, start, _summed(row["values"][begun:until]))
        begun = until


def _summed(values: Sequence[Decimal]) -> Row:
    return {"points": len(values), "least": min(values), "greatest": max(values), "total": sum(values, Decimal(0))}


def _part(row: Row, width: timedelta, start: datetime, summed: Row) -> Row:
    named = {name: row[name] for name in ("tenant_id", "subject_id", "metric", "device_id", "channel", "unit")}
    figures = {name: summed[name] for name in ("points", "least", "greatest", "total")}
    return named | figures | {"width_seconds": int(width.total_seconds()), "start_at": start}


def _together(one: Row, other: Row) -> Row:
    return one | {
        "points": one["points"] + other["points"],
        "total": one["total"] + other["total"],
        "least": min(one["least"], other["least"]),
        "greatest": max(one["greatest"], other["greatest"]),
    }
