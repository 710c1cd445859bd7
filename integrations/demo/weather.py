"""What the climate sensor sees: a quiet warehouse of our own, or a recording of a real one."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import cycle, islice
from pathlib import Path

from integrations.demo.files import refuse, refuse_row
from integrations.devices.recordings import from_senml
from marketplace.supervision.alarms.expecting import RANGES
from marketplace.supervision.readings.ports import Sample
from marketplace.tables import Cell, at, cells_of, plain, text_of
from tenants.errors import Invalid

Reading = Mapping[str, Decimal]  # temperature in degrees Celsius, humidity in per cent
Weather = Iterator[Sequence[Reading]]  # the readings of one report after another

ROWS_MAX, PLACES = 1_000_000, 4
REPORTS, READINGS_MAX = 95, 48  # of the whole story, and in each report
NAMES = {
    "temperature": ("temperature", "temp", "温度", "气温"),
    "humidity": ("humidity", "relativehumidity", "hum", "rh", "湿度", "相对湿度"),
}
NO_READING = {"", "-", "nan", "na", "n/a", "null"}


def mild(seed: int) -> Weather:
    """A quiet warehouse: temperature and humidity as a sensor would see them."""
    chance = random.Random(seed)  # noqa: S311 -- weather, not a secret
    while True:
        seen = {"temperature": 19 + chance.gauss(0, 1.2), "humidity": 52 + chance.gauss(0, 4)}
        yield [{name: Decimal(str(round(value, 2))) for name, value in seen.items()}]


def from_file(path: Path, now: datetime) -> Weather:
    """A recording from a file: SenML (.json, .cbor) or a table, spread over the story's reports and begun anew when it ends.

    Refuses a file that cannot be read whole, or holds neither temperature nor humidity.
    """
    readings = _from_pack(path, now) if path.suffix in {".json", ".cbor"} else _from_table(path)
    if not readings:
        refuse(path, "holds neither a temperature nor a humidity.")
    return _reports(readings)


def _reports(readings: Sequence[Reading]) -> Weather:
    endless = cycle(readings[:: max(1, len(readings) // (REPORTS * READINGS_MAX))])
    most = min(READINGS_MAX, len(readings))
    while True:
        yield list(islice(endless, most))


def _from_pack(path: Path, now: datetime) -> list[Reading]:
    try:
        samples = from_senml(path, now)
    except Invalid as refused:
        refuse(path, "is no SenML that can be read (%(why)s)", why=refused.in_english())
    readings: dict[datetime, dict[str, Decimal]] = {}
    for sample in samples:
        if sample.metric in NAMES and isinstance(sample.value, Decimal):
            readings.setdefault(sample.at, {})[sample.metric] = sample.value
    return list(readings.values())


def _from_table(path: Path) -> list[Reading]:
    """Commas, semicolons, tabs or blanks between the cells; the first line names the columns."""
    try:
        table = cells_of(path.read_bytes(), ROWS_MAX)
    except Invalid as refused:
        refuse(path, refused.because)
    if table and len(table[0]) == 1:  # blanks in the heading, and between the cells blanks or tabs
        table = [" ".join(map(text_of, row)).split() for row in table]
    headings = [plain(cell) for cell in table[0]] if table else []
    columns = {metric: headings.index(name) for metric, names in NAMES.items() for name in names if name in headings}
    if not columns:
        refuse(
            path, "needs a column of temperatures or of humidities; its headings are: %(found)s.", found=headings[:9]
        )
    read = (_reading(path, line, row, columns) for line, row in enumerate(table[1:], start=2))
    return [reading for reading in read if reading]


def _reading(path: Path, line: int, row: Sequence[Cell], columns: Mapping[str, int]) -> Reading:
    """One line; what the sensor left out is left out."""
    written = {metric: text_of(at(row, place)) for metric, place in columns.items()}
    return {
        metric: _value(path, line, metric, cell) for metric, cell in written.items() if cell.lower() not in NO_READING
    }


def _value(path: Path, line: int, metric: str, cell: str) -> Decimal:
    low, high = RANGES[metric]
    try:
        value = Decimal(cell)
    except InvalidOperation:
        refuse_row(path, line, "“%(cell)s” is no %(metric)s.", cell=cell[:40], metric=metric)
    if not low <= value <= high:
        refuse_row(path, line, "a %(metric)s of %(cell)s is not possible.", cell=cell[:40], metric=metric)
    return round(value, PLACES)  # what was computed may have fifteen


def samples(readings: Sequence[Reading], moments: Sequence[datetime]) -> list[Sample]:
    """The readings as a device sends them."""
    units = {"temperature": "Cel", "humidity": "%RH"}
    pairs = zip(readings, moments, strict=True)
    return [Sample(metric, value, units[metric], at) for reading, at in pairs for metric, value in reading.items()]
