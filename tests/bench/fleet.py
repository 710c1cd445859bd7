"""Readings of one, a hundred and ten thousand devices, and what such a message costs at the least: its signature, and its row in the same table past row security."""

import itertools
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
from nacl.signing import SigningKey, VerifyKey

from integrations.devices.envelope import signed_bytes, unframed
from integrations.devices.intake import Incoming, Verdict
from integrations.devices.simulator import SimulatedDevice
from integrations.taking import Taker
from marketplace.supervision.readings.ports import Sample
from tests.bench.rounds import Comparison, Side, Tally, Work, alone
from tests.bench.world import Bench
from tests.marketplace.supervision.makers import a_scene, a_watching_device

SIZES, BATCH, TOGETHER = (1, 100, 10_000), 100, 256
# What makes a device: the table, the columns that are its own with their values, and the column that names it.
OWN = (
    ("device", "id, public_key", "made.id, made.key", "id"),
    ("device_state", "device_id", "made.id", "device_id"),
    ("attachment", "id, device_id", "uuidv7(), made.id", "device_id"),
)
SERIES = "create table bench_series (like house.reading_series including indexes including constraints)"
COPIED = "copy bench_series from stdin (format binary)"
# A row for each reading, as `performance.md` copies them: partitioned by time, one key, no row security.
SINGLE = """
drop table if exists bench_single;
create table bench_single (device uuid, at timestamptz, kilograms numeric, primary key (device, at)) partition by range (at);
create table bench_single_all partition of bench_single default
"""
SINGLE_KINDS = ("uuid", "timestamptz", "numeric")
COPIED_SINGLY = "copy bench_single from stdin (format binary)"


class Fleet:
    """So many scales under one lot, planted in bulk; they speak in turn, as many together as the gateway gathers."""

    def __init__(self, bench: Bench, count: int) -> None:
        self._bench, self.count = bench, count
        scene = a_scene(bench)
        self.supervisor, self.lot_id = scene.supervisor, scene.lot.id
        first = a_watching_device(scene.supervisor, scene.lot.id)
        self.devices = [first, *(planted(bench, first, count - 1) if count > 1 else [])]
        self._turn, self._begun = itertools.count(), bench.now
        self._take = Taker(bench.gateway_app)
        self.readings = 0

    def sign(self) -> list[Incoming]:
        """What the next of them say: a hundred seconds each, since they last spoke."""
        turn, together = next(self._turn), min(self.count, TOGETHER)
        places = [(turn * together + n) % self.count for n in range(together)]
        lap = turn * together // self.count
        at = self._begun + timedelta(seconds=lap * BATCH)
        self._bench.set_clock(max(self._bench.now, at + timedelta(seconds=BATCH)))
        samples = [Sample("weight", Decimal(498_750 + n % 7), "kg", at + timedelta(seconds=n)) for n in range(BATCH)]
        spoken = [self.devices[place] for place in dict.fromkeys(places)]
        return [Incoming(one.device_id, one.batch(samples, self._bench.now), one.tenant_id) for one in spoken]

    def take(self, messages: list[Incoming]) -> Work:
        """Through the door."""
        assert {outcome.verdict for outcome in self._take(messages)} == {Verdict.STORED}
        self.readings += len(messages) * BATCH
        return Work(len(messages) * BATCH)

    def check(self) -> str:
        """Every reading is there, and the rules have seen it."""
        ids = [one.device_id for one in self.devices]
        [(stored, waiting)] = self._bench.admin.execute(
            "select (select sum(points) from house.reading_series where device_id = any(%(ids)s)),"
            " (select count(*) from house.batch_place where device_id = any(%(ids)s) and not folded)",
            {"ids": ids},
        ).fetchall()
        assert (stored, waiting) == (self.readings, 0), f"{stored} stored and {waiting} unjudged of {self.readings}"
        return f"checked: {self.readings:,} readings of {self.count:,} devices, none lost, none doubled, all judged"


def planted(bench: Bench, pattern: SimulatedDevice, count: int) -> list[SimulatedDevice]:
    """As many devices again, each with a key of its own and in the same place as the pattern, without the ceremony."""
    made = [SimulatedDevice(uuid4(), pattern.tenant_id, SigningKey.generate()) for _ in range(count)]
    known = {"ids": [one.device_id for one in made], "keys": [one.public_key for one in made], "old": pattern.device_id}
    for table, named, its, key in OWN:
        columns = bench.columns(table, *named.split(", "))
        bench.plant(
            f"insert into house.{table} ({named}, {columns}) select {its}, p.{columns.replace(', ', ', p.')} from house.{table} p,"
            f" unnest(%(ids)s::uuid[], %(keys)s::bytea[]) made(id, key) where p.{key} = %(old)s",
            **known,
        )
    bench.admin.execute("analyze house.device, house.device_state, house.attachment")
    return made


def verified(messages: list[Incoming], keys: dict[UUID, bytes]) -> Work:
    """The signatures alone: nothing is read, nothing kept."""
    for message in messages:
        content_type, signature, body = unframed(message.payload)
        VerifyKey(keys[message.device_id]).verify(signed_bytes(content_type, body), signature)
    return Work(len(messages) * BATCH)


def rows_of(bench: Bench, fleet: Fleet) -> Callable[[], list[tuple[Any, ...]]]:
    """Rows as the house keeps them, of messages to come: the same columns, one for each message."""
    [pattern] = bench.admin.execute(
        "select * from house.reading_series where device_id = %s limit 1", (fleet.devices[0].device_id,)
    ).fetchall()
    place = [one.name for one in bench.admin.execute("select * from house.reading_series limit 0").description or ()]
    fresh, sequence = (place.index("device_id"), place.index("sequence")), itertools.count(1)

    def rows() -> list[tuple[Any, ...]]:
        made = []
        for _ in range(min(fleet.count, TOGETHER)):
            row = list(pattern)
            row[fresh[0]], row[fresh[1]] = uuid4(), next(sequence)
            made.append(tuple(row))
        return made

    return rows


def compare(bench: Bench) -> list[Comparison]:
    """For each size: product against a bare COPY of the same rows into a table with the same indexes, without row security; the largest also against a
    row for each reading, unsigned and unjudged."""
    return [
        *(_compared(bench, Fleet(bench, size)) for size in SIZES),
        _against_single_rows(bench, Fleet(bench, TOGETHER)),
    ]


def _against_single_rows(bench: Bench, fleet: Fleet) -> Comparison:
    bench.admin.execute(SINGLE)
    turns = itertools.count()

    def rows() -> list[tuple[Any, ...]]:
        begun = fleet._begun + timedelta(seconds=next(turns) * BATCH)
        moments = [begun + timedelta(seconds=n) for n in range(BATCH)]
        return [(one.device_id, at, Decimal(498_750 + n % 7)) for one in fleet.devices for n, at in enumerate(moments)]

    with psycopg.connect(bench.admin_dsn, autocommit=True) as line:
        compared = bench.compare(
            f"Signed readings a second of {fleet.count:,} devices against a row for each reading",
            Side("verify, chain, series, rules, commit", fleet.take, fleet.sign),
            Side("binary COPY, a row a reading, no row security", lambda given: copied(line, COPIED_SINGLY, SINGLE_KINDS, given, len(given)), rows),
            goal=">= 1.0",
        )  # fmt: skip
    compared.notes.append(fleet.check())
    return compared


def copied(
    line: psycopg.Connection, statement: str, kinds: Sequence[str], rows: Sequence[tuple[Any, ...]], readings: int
) -> Work:
    """Rows written past everything that the house does."""
    with line.cursor().copy(statement) as copy:
        copy.set_types(kinds)
        for row in rows:
            copy.write_row(row)
    return Work(readings)


def _compared(bench: Bench, fleet: Fleet) -> Comparison:
    size = fleet.count
    fleet.take(fleet.sign())
    bench.admin.execute(f"drop table if exists bench_series; {SERIES}")
    kinds = [
        kind
        for (kind,) in bench.admin.execute(
            "select atttypid::regtype::text from pg_attribute where attrelid = 'bench_series'::regclass and attnum > 0 order by attnum"
        )
    ]
    with psycopg.connect(bench.admin_dsn, autocommit=True) as line:
        compared = bench.compare(
            f"Signed readings a second of {size:,} devices, {min(size, TOGETHER)} messages of 100 in a call",
            Side("verify, chain, series, rules, commit", fleet.take, fleet.sign),
            Side(
                "binary COPY of the same rows, no row security",
                lambda given: copied(line, COPIED, kinds, given, len(given) * BATCH),
                rows_of(bench, fleet),
            ),
            goal=">= 1.0",
        )
    keys = {one.device_id: one.public_key for one in fleet.devices}
    signatures = alone(Side("", lambda given: verified(given, keys), same_words(fleet)), bench.pace.seconds, bench.server.pid)  # fmt: skip
    compared.notes.append(_share(compared.product, signatures))
    compared.notes.append(fleet.check())
    return compared


def same_words(fleet: Fleet) -> Callable[[], list[Incoming]]:
    """Messages that are verified again and again and never taken."""
    spoken = [Incoming(one.device_id, _copy(one).batch([Sample("weight", Decimal(1), "kg", fleet._begun)] * BATCH, fleet._begun), one.tenant_id) for one in fleet.devices[:TOGETHER]]  # fmt: skip
    return lambda: spoken


def _copy(device: SimulatedDevice) -> SimulatedDevice:
    return SimulatedDevice(device.device_id, device.tenant_id, device.key)


def _share(product: Tally, signatures: Tally) -> str:
    return f"signature verification alone: {signatures.rate:,.0f} readings/s; the product is {product.rate / signatures.rate:.3f} of it"
