"""Faults and mischief as a scenario file names them: `{ kind = "...", ... }`."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from integrations.devices import scenario
from integrations.devices.mischief import Clone, Flood, Forger, Mischief, Replay
from integrations.devices.scenario import Series, Span

Fields = Mapping[str, Any]


def in_utc(at: datetime) -> datetime:
    """A moment of the file; without an offset it is UTC."""
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


class When:
    """How a file tells times: a moment as it is, or a time of day alone, which counts from the scenario's start."""

    def __init__(self, start: datetime) -> None:
        self.start = start

    def __call__(self, at: datetime | time) -> datetime:
        if isinstance(at, time):
            return self.start + timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)
        return in_utc(at)

    def all(self, moments: Iterable[datetime | time]) -> list[datetime]:
        """Each of these."""
        return [self(at) for at in moments]

    def spans(self, pairs: Iterable[tuple[datetime | time, datetime | time]]) -> list[Span]:
        """Each of these, from and until."""
        return [(self(since), self(until)) for since, until in pairs]


def _theft(series: Series, fields: Fields, when: When) -> Series:
    return scenario.theft_by_the_bag(series, bag_kg=Decimal(fields["bag_kg"]), at=when.all(fields["at"]))


def _swap(series: Series, fields: Fields, when: When) -> Series:
    lasting = timedelta(seconds=float(fields["lasting_seconds"]))
    return scenario.swap(series, since=when(fields["since"]), lasting=lasting, by_kg=Decimal(fields["by_kg"]))


def _drift(series: Series, fields: Fields, when: When) -> Series:
    return scenario.drift(
        series, metric=fields["metric"], per_day=Decimal(fields["per_day"]), since=when(fields["since"])
    )


def _stuck(series: Series, fields: Fields, when: When) -> Series:
    return scenario.stuck(series, metric=fields["metric"], since=when(fields["since"]))


def _shift(series: Series, fields: Fields, when: When) -> Series:
    over = timedelta(minutes=float(fields.get("over_minutes", 0)))
    return scenario.shift(
        series, metric=fields["metric"], by=Decimal(fields["by"]), spans=when.spans(fields["spans"]), over=over
    )


def _spike(series: Series, fields: Fields, when: When) -> Series:
    return scenario.spike(series, metric=fields["metric"], by=Decimal(fields["by"]), at=when.all(fields["at"]))


def _silence(series: Series, fields: Fields, when: When) -> Series:
    return scenario.silence(series, spans=when.spans(fields["spans"]))


def _spoof(series: Series, fields: Fields, when: When) -> Series:
    north, east = (Decimal(str(part)) for part in fields["shows"])
    return scenario.spoof(series, since=when(fields["since"]), north=north, east=east, seed=fields.get("seed", 0))


_FAULTS: dict[str, Callable[[Series, Fields, When], Series]] = {
    "theft_by_the_bag": _theft,
    "swap": _swap,
    "drift": _drift,
    "stuck": _stuck,
    "shift": _shift,
    "spike": _spike,
    "silence": _silence,
    "spoof": _spoof,
}
_MISCHIEF: dict[str, Callable[[Fields, When], Mischief]] = {
    "clone": lambda fields, when: Clone(when(fields["since"]), Decimal(fields.get("more_kg", 0))),
    "forger": lambda fields, when: Forger(when.all(fields["at"])),
    "flood": lambda fields, when: Flood(
        when(fields["since"]), when(fields["until"]), int(fields["times"]), bool(fields.get("forged", False))
    ),
    "replay": lambda fields, when: Replay(when(fields["since"])),
}


def faulty(series: Series, faults: Iterable[Fields], when: When) -> Series:
    """The series with these faults laid over it, one after the other."""
    for fault in faults:
        series = _FAULTS[fault["kind"]](series, fault, when)
    return series


def mischief_of(named: Iterable[Fields], when: When) -> list[Mischief]:
    """What others do in the device's name."""
    return [_MISCHIEF[one["kind"]](one, when) for one in named]
