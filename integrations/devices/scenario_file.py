"""Scenarios as TOML files: which devices there are, what they see, what befalls them, and what must be found. The README of this folder shows one; those in
`scenarios/` are shipped and are the house's own proof (`tests/integrations/devices/test_scenarios_shipped.py`).
"""

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from nacl.signing import SigningKey

from integrations.devices import recordings, scenario
from integrations.devices.codecs import JSON
from integrations.devices.play import Part
from integrations.devices.scenario import Series, Span
from integrations.devices.scenario_camera import bay_of, other_faults
from integrations.devices.scenario_faults import Fields, When, faulty, in_utc, mischief_of
from integrations.devices.scenario_label import Label, label_of
from integrations.devices.simulator import SimulatedDevice
from marketplace.supervision.readings.ports import Sample
from tenants.errors import Invalid

SHIPPED = Path(__file__).parent / "scenarios"
KIND_OF = {
    "weight": "weight",
    "climate": "climate",
    "door": "door",
    "battery": "climate",
    "camera": "camera",
    "position": "position",
    "drive": "combined",
}
NAME = re.compile(r"[a-z0-9-]{1,64}")
NOBODY = UUID(int=0)
Ids = Mapping[str, tuple[UUID, UUID]]
"""Device's name -> the firm that enrolled it, and the id that it got there."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """When a scenario plays, and where its files lie."""

    folder: Path
    when: When
    until: datetime
    every: timedelta

    def moments(self, fields: Fields) -> Iterable[datetime]:
        every = timedelta(seconds=float(fields.get("every_seconds", self.every.total_seconds())))
        return scenario.times(self.when.start, self.until, every)


@dataclass(frozen=True, slots=True)
class Route:
    """The way that the goods are to travel, as the carrier plans it: whoever plays the scenario has it planned and accepted, and the goods picked up."""

    waypoints: str
    width_m: int
    arrives_by: datetime


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario that can be played: each device's part by its name, and the kind of device that it is.

    `begins`: the hour of the site's day at which it should start, where that matters. `book_kg`: what the goods weigh by the book. `handled`: spans of
    announced work. `label`: what must be found. `route`: the way that the goods travel.
    """

    title: str
    start: datetime
    until: datetime
    parts: Mapping[str, Part]
    kinds: Mapping[str, str]
    span: timedelta
    begins: time | None
    book_kg: Decimal | None
    handled: Sequence[Span]
    label: Label | None
    route: Route | None


def shipped() -> dict[str, Path]:
    """The scenarios that come with the product, by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.toml"))}


def read_scenario(path: Path, keys: Path, *, start: datetime | None = None, ids: Ids | None = None) -> Scenario:
    """Read a scenario file. Device keys are kept in the folder `keys` and made there at the first run.

    A file that names no `start` plays from `start`; one that names its devices by `name` alone gets their ids from `ids` (None: a first look, before they
    are enrolled). Refuses what it cannot read.
    """
    fields = _fields(path)
    try:
        return _scenario(fields, path.parent, keys, start, ids)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise Invalid("bad_scenario", "The scenario cannot be read: %(what)s.", what=repr(error)) from error


def _fields(path: Path) -> Fields:
    with path.open("rb") as file:
        try:
            return tomllib.load(file, parse_float=Decimal)
        except ValueError as error:
            raise Invalid("bad_scenario", "The scenario cannot be read: %(what)s.", what=repr(error)) from error


def _scenario(fields: Fields, folder: Path, keys: Path, start: datetime | None, ids: Ids | None) -> Scenario:
    when = When(in_utc(fields["start"] if start is None or "start" in fields else start))
    until = when.start + timedelta(hours=float(fields.get("hours", 24)))
    frame = _Frame(folder, when, until, timedelta(seconds=float(fields.get("every_seconds", 10))))
    devices = {str(one.get("name", one.get("device"))): one for one in fields["devices"]}
    if len(devices) != len(fields["devices"]) or not all(map(NAME.fullmatch, devices)):
        raise ValueError("names of devices are small letters, digits and dashes, each once")
    return Scenario(
        title=str(fields.get("title", "")),
        start=when.start,
        until=until,
        parts={name: _part(name, one, frame, keys, ids) for name, one in devices.items()},
        kinds={name: str(one.get("kind", KIND_OF.get(one["sees"], one.get("metric", "combined")))) for name, one in devices.items()},
        span=timedelta(seconds=float(fields.get("span_seconds", 300))),
        begins=fields.get("begins"),
        book_kg=Decimal(fields["book_kg"]) if "book_kg" in fields else None,
        handled=when.spans(fields.get("handled", [])),
        label=label_of(fields["label"], when, list(devices)) if "label" in fields else None,
        route=_route(fields["route"], when) if "route" in fields else None,
    )  # fmt: skip


def _route(fields: Fields, when: When) -> Route:
    return Route(str(fields["waypoints"]), int(fields["width_m"]), when(fields["arrives_by"]))


def _part(name: str, fields: Fields, frame: _Frame, keys: Path, ids: Ids | None) -> Part:
    tenant_id, device_id = (UUID(fields["tenant"]), UUID(fields["device"])) if "device" in fields else _id_of(name, ids)
    device = SimulatedDevice(device_id, tenant_id, key_of(name, keys), content_type=fields.get("content_type", JSON))
    wrong, when = fields.get("clock_wrong", {}), frame.when
    is_camera = fields["sees"] == "camera"
    faults = other_faults(fields) if is_camera else fields.get("faults", [])
    return Part(
        device,
        faulty(_SOURCES[fields["sees"]](fields, frame), faults, when),
        lens=bay_of(fields, when, frame.until).picture if is_camera else None,
        power_cuts=when.all(fields.get("power_cuts", [])),
        clock_wrong_since=when(wrong["since"]) if wrong else None,
        clock_wrong_by=timedelta(seconds=float(wrong.get("by_seconds", 0))),
        mischief=mischief_of(fields.get("mischief", []), when),
    )


def _id_of(name: str, ids: Ids | None) -> tuple[UUID, UUID]:
    if ids is None:
        return NOBODY, NOBODY
    if name not in ids:
        raise Invalid("device_unnamed", "The scenario does not say which device %(name)s is.", name=name)
    return ids[name]


def key_of(name: str, folder: Path) -> SigningKey:
    """The device's own key, made at first sight and readable by its owner alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{name}.key"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(bytes(SigningKey.generate()).hex())
    return SigningKey(bytes.fromhex(path.read_text().strip()))


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
    return scenario.door(frame.moments(fields), openings=frame.when.spans(fields.get("openings", [])))


def _position(fields: Fields, frame: _Frame) -> Series:
    north, east = (Decimal(str(part)) for part in fields["at"])
    return scenario.position(
        frame.moments(fields), north=north, east=east, off_m=Decimal(fields.get("off_m", 5)),
        network_off_m=Decimal(fields.get("network_off_m", 800)), seed=fields.get("seed", 0),
    )  # fmt: skip


def _drive(fields: Fields, frame: _Frame) -> Series:
    way = [(frame.when(at), Decimal(str(north)), Decimal(str(east))) for at, north, east in fields["way"]]
    return scenario.drive(
        frame.moments(fields), way=way, off_m=Decimal(fields.get("off_m", 5)), openings=frame.when.spans(fields.get("openings", [])), seed=fields.get("seed", 0)
    )  # fmt: skip


def _state(fields: Fields, frame: _Frame) -> Series:
    spans = frame.when.spans(fields.get("held", []))
    return scenario.states(frame.moments(fields), metric=fields["metric"], held=spans, otherwise=bool(fields.get("otherwise", False)))  # fmt: skip


def _battery(fields: Fields, frame: _Frame) -> Series:
    return scenario.battery(
        frame.moments(fields), percent=Decimal(fields["percent"]), per_day=Decimal(fields["per_day"])
    )


def _camera(fields: Fields, frame: _Frame) -> Series:
    """The moments at which it looks."""
    return (Sample("picture", True, "/", at) for at in frame.moments(fields))


def _table(fields: Fields, frame: _Frame) -> Series:
    table = recordings.Table(
        {column: (metric, unit) for column, (metric, unit) in fields["metrics"].items()},
        time=fields.get("time"),
        start=frame.when.start,
        every=timedelta(seconds=float(fields.get("every_seconds", frame.every.total_seconds()))),
        delimiter=fields.get("delimiter", ","),
    )
    return recordings.from_table(frame.folder / fields["path"], table)


def _senml(fields: Fields, frame: _Frame) -> Series:
    return recordings.from_senml(frame.folder / fields["path"], frame.when.start)


def _mote(fields: Fields, frame: _Frame) -> Series:
    return recordings.mote(frame.folder / fields["path"], frame.when.start)


_SOURCES: dict[str, Callable[[Fields, _Frame], Series]] = {
    "weight": _weight,
    "climate": _climate,
    "door": _door,
    "state": _state,
    "battery": _battery,
    "camera": _camera,
    "position": _position,
    "drive": _drive,
    "table": _table,
    "senml": _senml,
    "mote": _mote,
}
