"""Signed readings a second from the device door into PostgreSQL, rules and all, against a bare COPY of the same readings."""

import itertools
from datetime import timedelta
from decimal import Decimal

import psycopg

from integrations.devices.intake import Incoming, Verdict
from integrations.taking import Taker
from marketplace.supervision.readings.ports import Sample
from tests.bench.rounds import Comparison, Side, Work
from tests.bench.world import Bench
from tests.marketplace.supervision.makers import a_scene, a_watching_device

DEVICES, BATCH = 16, 100
COPIED = "copy bench_reading from stdin (format binary)"
STORED = """
select (select count(*) from house.reading_batch b where b.device_id = any(%(devices)s)),
       (select count(*) from house.batch_place p where p.device_id = any(%(devices)s) and p.folded),
       (select sum(cardinality(s.values)) from house.reading_series s where s.device_id = any(%(devices)s)),
       (select sum(one) from house.reading_series s, unnest(s.values) one where s.device_id = any(%(devices)s)),
       (select count(*) from house.alarm a where a.device_id = any(%(devices)s))
"""


class Scales:
    """Sixteen scales under one lot, and all that they have signed."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self._begun, self._seconds = bench, bench.now, itertools.count(0, BATCH)
        scene = a_scene(bench)
        self._begun = bench.now
        self.devices = [a_watching_device(scene.supervisor, scene.lot.id) for _ in range(DEVICES)]
        self._take = Taker(bench.gateway_app)
        self.batches, self.kilograms = 0, Decimal(0)
        self._last: list[Incoming] = []

    def sign(self) -> list[Incoming]:
        """What each device says next: its own work, and not timed."""
        sent_at = self._begun + timedelta(seconds=(offset := next(self._seconds)) + BATCH)
        self.bench.set_clock(sent_at)
        samples = self.samples(offset)
        self.kilograms += DEVICES * sum(sample.value for sample in samples)  # type: ignore[misc]
        self.batches += DEVICES
        self._last = [Incoming(one.device_id, one.batch(samples, sent_at), one.tenant_id) for one in self.devices]
        return self._last

    def samples(self, offset: int) -> list[Sample]:
        """A hundred seconds of a scale that trembles within its tolerance."""
        at = self._begun + timedelta(seconds=offset)
        return [Sample("weight", Decimal(498_750 + n % 7), "kg", at + timedelta(seconds=n)) for n in range(BATCH)]

    def take(self, messages: list[Incoming]) -> Work:
        """Through the door: signature, chain, dedupe, series, alarm rules, commit."""
        verdicts = {outcome.verdict for outcome in self._take(messages)}
        assert verdicts == {Verdict.STORED}, verdicts
        return Work(DEVICES * BATCH)

    def check(self) -> str:
        """Every reading is there once, and counted once by the rules; the same messages again change nothing."""
        wanted = (self.batches, self.batches, self.batches * BATCH, self.kilograms, 0)
        assert self._stored() == wanted, f"{self._stored()} stored, {wanted} sent"
        assert {outcome.verdict for outcome in self._take(self._last)} == {Verdict.DUPLICATE}
        assert self._stored() == wanted, "messages sent twice were stored twice"
        return (
            f"checked: {self.batches * BATCH:,} readings, none lost, none doubled, every batch judged, no false alarm"
        )

    def _stored(self) -> object:
        ids = [one.device_id for one in self.devices]
        return self.bench.admin.execute(STORED, {"devices": ids}).fetchone()


def compare(bench: Bench) -> list[Comparison]:
    """Each call takes a batch of 100 readings from each of 16 devices. The limit writes the same readings as bare rows with a primary key, unsigned."""
    scales = Scales(bench)
    bench.admin.execute(
        "create table bench_reading (device uuid, at timestamptz, kilograms numeric, primary key (device, at))"
    )
    with psycopg.connect(bench.admin_dsn, autocommit=True) as line:
        offsets = itertools.count(0, BATCH)

        def rows() -> list[tuple[object, ...]]:
            samples = scales.samples(next(offsets))
            return [(one.device_id, sample.at, sample.value) for one in scales.devices for sample in samples]

        def copied(given: list[tuple[object, ...]]) -> Work:
            with line.cursor().copy(COPIED) as copy:
                copy.set_types(["uuid", "timestamptz", "numeric"])
                for row in given:
                    copy.write_row(row)
            return Work(len(given))

        product, limit = (
            Side("verify, chain, series, rules, commit", scales.take, scales.sign),
            Side("binary COPY of bare rows", copied, rows),
        )
        compared = bench.compare(
            "Signed readings a second through the device door, 16 devices with batches of 100",
            product, limit, goal=">= 1.0",
        )  # fmt: skip
        bench.note_slow_disk(compared, product, limit)
    compared.notes.append(scales.check())
    return [compared]
