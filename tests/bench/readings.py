"""Signed readings a second from the device door into PostgreSQL, rules and all, against a bare COPY of the same rows."""

import itertools
from datetime import timedelta
from decimal import Decimal

import psycopg

from integrations.devices.intake import Incoming, Verdict
from integrations.taking import Taker
from marketplace.supervision.ports import Sample
from tests.bench.rounds import Comparison, interleave
from tests.bench.world import Bench
from tests.marketplace.supervision.makers import a_scene, a_watching_device

DEVICES, BATCH = 16, 100


def compare(bench: Bench) -> Comparison:
    """Each call takes a batch of 100 readings from each of 16 devices: signature, chain, dedupe, series, alarm rules, commit."""
    scene = a_scene(bench)
    devices = [a_watching_device(scene.supervisor, scene.lot.id) for _ in range(DEVICES)]
    taker, seconds = Taker(bench.gateway_app), itertools.count(0, BATCH)
    begun = bench.now
    admin = psycopg.connect(bench.admin_dsn, autocommit=True)
    admin.execute(
        "create table if not exists bench_reading (device uuid, at timestamptz, kilograms numeric, primary key (device, at))"
    )

    def signed() -> int:
        offset = next(seconds)
        bench.set_clock(begun + timedelta(seconds=offset + BATCH))
        messages = [
            Incoming(
                one.device_id,
                one.batch(_samples(begun, offset), begun + timedelta(seconds=offset + BATCH)),
                one.tenant_id,
            )
            for one in devices
        ]
        outcomes = taker(messages)
        assert {outcome.verdict for outcome in outcomes} == {Verdict.STORED}, outcomes
        return DEVICES * BATCH

    rows = itertools.count(0, BATCH)

    def copied() -> int:
        offset = next(rows)
        with admin.cursor().copy("copy bench_reading from stdin") as copy:
            for one in devices:
                for n in range(BATCH):
                    copy.write_row((one.device_id, begun + timedelta(seconds=offset + n), Decimal(498_750)))
        return DEVICES * BATCH

    compared = interleave(
        "Signed readings a second through the device door (batches of 100, signing by the devices included)",
        ("verify, chain, series, rules, commit", signed), ("COPY of bare rows with a primary key", copied), goal=">= 0.2",
    )  # fmt: skip
    admin.close()
    return compared


def _samples(begun: object, offset: int) -> list[Sample]:
    return [
        Sample("weight", Decimal(498_750 + n % 7), "kg", begun + timedelta(seconds=offset + n)) for n in range(BATCH)
    ]  # type: ignore[operator]
