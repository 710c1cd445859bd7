"""Scenarios as TOML files: which devices there are, what they see, and what befalls them. The README of this folder shows one."""

import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from nacl.signing import SigningKey

from integrations.devices import recordings, scenario
from integrations.devices.codecs import JSON
from integrations.devices.play import Part
from integrations.devices.scenario import Series
from integrations.devices.simulator import SimulatedDevice
from tenants.errors import Invalid

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Frame:
    """When a scenario plays, and where its files lie."""

    folder: Path
    start: datetime
    until: datetime
    every: timedelta

    def moments(self, fields: Fields) -> Iterable[datetime]:
        every = timedelta(seconds=float(fields.get("every_seconds", self.every.total_seconds())))
        return scenario.times(self.start, self.until, every)


def read_scenario(path: Path, keys: Path) -> list[Part]:
    """The parts of a scenario. Device keys are kept in the folder `keys` and made there at the first run."""
    with path.open("rb") as file:
        fields = tomllib.load(file, parse_float=Decimal)
    try:
        start = _utc(fields["start"])
        hours = timedelta(hours=float(fields.get("hours", 24)))
        every = timedelta(seconds=float(fields.get("every_seconds", 10)))
        frame = _Frame(path.parent, start, start + hours, every)
        return [_part(each, frame, keys) for each in fields["devices"]]
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise Invalid("bad_scenario", "The scenario cannot be read: %(what)s.", what=repr(error)) from error


def _part(fields: Fields, frame: _Frame, keys: Path) -> Part:
    device_id = UUID(fields["device"])
    device = SimulatedDevice(
        device_id,
        UUID(fields["tenant"]),
        key_of(device_id, keys),
        content_type=fields.get("content_type", JSON),
    )
    wrong = fields.get("clock_wrong", {})
    return Part(
        device,
        _faulty(_SOURCES[fields["sees"]](fields, frame), fields.get("faults", [])),
        power_cuts=[_utc(at) for at in fields.get("power_cuts", [])],
        clock_wrong_since=_utc(wrong["since"]) if wrong else None,
        clock_wrong_by=timedelta(seconds=float(wrong.get("by_seconds", 0))),
    )


def key_of(device_id: UUID, folder: Path) -> SigningKey:
    """The device's own key, made at first sight and readable by its owner alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{device_id}.key"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(bytes(SigningKey.generate()).hex())
    return SigningKey(bytes.fromhex(path.read_text().strip()))


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _spans(pairs: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    return [(_utc(start), _utc(until)) for start, until in pairs]


def _weight(fields: Fields, frame: _Frame) -> Series:
    return scenario.steady_weight(
        frame.moments(fields),
        kg=Decimal(fields["kg"]),
        noise_kg=Decimal(fields.get("noise_kg", 0)),
        division_kg=Decimal(fields.get("division_kg", 1)),
        seed=fields.get("seed", 0),
    )


def _climate(fields: Fields, frame: _Frame) -> Series:
    return scenario.climate(
        frame.moments(fields),
        cel=Decimal(fields["cel"]),
        rh=Decimal(fields["rh"]),
        noise=Decimal(fields.get("noise", 0)),
        seed=fields.get("seed", 0),
    )


def _door(fields: Fields, frame: _Frame) -> Series:
    return scenario.door(frame.moments(fields), openings=_spans(fields.get("openings", [])))


def _table(fields: Fields, frame: _Frame) -> Series:
    table = recordings.Table(
        {column: (metric, unit) for column, (metric, unit) in fields["metrics"].items()},
        time=fields.get("time"),
        start=frame.start,
        every=timedelta(seconds=float(fields.get("every_seconds", frame.every.total_seconds()))),
        delimiter=fields.get("delimiter", ","),
    )
    return recordings.from_table(frame.folder / fields["path"], table)


def _senml(fields: Fields, frame: _Frame) -> Series:
    return recordings.from_senml(frame.folder / fields["path"], frame.start)


def _mote(fields: Fields, frame: _Frame) -> Series:
    return recordings.mote(frame.folder / fields["path"], frame.start)


_SOURCES: dict[str, Callable[[Fields, _Frame], Series]] = {
    "weight": _weight,
    "climate": _climate,
    "door": _door,
    "table": _table,
    "senml": _senml,
    "mote": _mote,
}


def _theft(series: Series, fields: Fields) -> Series:
    return scenario.theft_by_the_bag(series, bag_kg=Decimal(fields["bag_kg"]), at=[_utc(at) for at in fields["at"]])


def _drift(series: Series, fields: Fields) -> Series:
    per_day = Decimal(fields["per_day"])
    return scenario.drift(series, metric=fields["metric"], per_day=per_day, since=_utc(fields["since"]))


def _stuck(series: Series, fields: Fields) -> Series:
    return scenario.stuck(series, metric=fields["metric"], since=_utc(fields["since"]))


def _silence(series: Series, fields: Fields) -> Series:
    return scenario.silence(series, spans=_spans(fields["spans"]))


_FAULTS: dict[str, Callable[[Series, Fields], Series]] = {
    "theft_by_the_bag": _theft,
    "drift": _drift,
    "stuck": _stuck,
    "silence": _silence,
}


def _faulty(series: Series, faults: Iterable[Fields]) -> Series:
    for fault in faults:
        series = _FAULTS[fault["kind"]](series, fault)
    return series
