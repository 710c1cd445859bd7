"""Real readings from files, as series for simulated devices: CSV tables, SenML packs, and the motes of a
sensor-network data set."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from integrations.devices import senml
from integrations.devices.codecs import pack_samples
from integrations.devices.metrics import metric_named
from integrations.devices.notations import read_cbor, read_json
from marketplace.supervision.readings.ports import Sample
from tenants.errors import Invalid

MOTE_EVERY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Table:
    """How a table is read: which column holds the time, and which hold which metric in which unit.

    Where `time` is None the rows are `every` apart, the first at `start`. Times are ISO 8601 with an offset (or UTC
    where none is written), or seconds since 1970. `delimiter` None splits at any run of blanks.
    """

    metrics: Mapping[str, tuple[str, str]]
    time: str | None = None
    start: datetime | None = None
    every: timedelta = MOTE_EVERY
    delimiter: str | None = ","


MOTE = Table({"Humidity": ("humidity", "%RH"), "Temperature": ("temperature", "Cel")}, delimiter=None)


def from_table(path: Path, table: Table) -> Iterator[Sample]:
    """The samples of a table, row by row. An empty cell is no sample; a cell that is no number is refused with its
    row."""
    readers = {column: metric_named(metric, unit) for column, (metric, unit) in table.metrics.items()}
    for number, row in enumerate(_rows(path, table.delimiter), start=1):
        at = _moment(row, number, table)
        for column, metric in readers.items():
            cell = _cell(row, column, number)
            if cell:
                yield Sample(metric.name, metric.read(_number(cell, column, number)), metric.unit, at)


def _rows(path: Path, delimiter: str | None) -> Iterator[Mapping[str, str | None]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        if delimiter is not None:
            yield from csv.DictReader(lines, delimiter=delimiter)
            return
        columns = next(lines).split()
        for line in lines:
            if line.strip():
                yield dict(zip(columns, line.split(), strict=False))


def _cell(row: Mapping[str, str | None], column: str, number: int) -> str:
    if column not in row:
        raise Invalid("no_column", "Row %(row)s has no column %(column)s.", row=number, column=column)
    return (row[column] or "").strip()


def _number(cell: str, column: str, row: int) -> object:
    """A state may be written true or false; everything else is a number."""
    if cell.lower() in ("true", "false"):
        return cell.lower() == "true"
    try:
        return Decimal(cell)
    except InvalidOperation as error:
        raise Invalid("no_number", "Row %(row)s, column %(column)s: not a number.", row=row, column=column) from error


def _moment(row: Mapping[str, str | None], number: int, table: Table) -> datetime:
    if table.time is None:
        assert table.start is not None, "rows without a time need a start"
        return table.start + (number - 1) * table.every
    cell = _cell(row, table.time, number)
    try:
        if cell.replace(".", "", 1).isdigit():
            return datetime.fromtimestamp(float(cell), UTC)
        at = datetime.fromisoformat(cell)
    except (ValueError, OverflowError) as error:
        raise Invalid("no_time", "Row %(row)s has no readable time.", row=number) from error
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def from_senml(path: Path, now: datetime) -> list[Sample]:
    """The samples of a SenML pack (JSON, or CBOR where the name ends in .cbor) in order of time; relative times count
    from `now`."""
    read = read_cbor if path.suffix == ".cbor" else read_json
    pack = read(path.read_bytes(), depth_max=8)
    return sorted(pack_samples(senml.records(pack), now), key=lambda sample: sample.at)


def mote(path: Path, start: datetime) -> Iterator[Sample]:
    """One mote of the labelled single-hop data set (Suthaharan et al., 2010): humidity and temperature every five
    seconds."""
    return from_table(path, Table(MOTE.metrics, start=start, delimiter=None))
