"""Roll-ups: hours and days hold exactly what the points hold, whatever order the messages came in, and long charts are drawn from them alone."""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

import psycopg
import pytest

from integrations.devices.simulator import SimulatedDevice
from marketplace.supervision.queries import chart, chart_of_device
from marketplace.supervision.readings.ports import Sample
from marketplace.supervision.readings.rolling_up import DAY, HOUR, beginning
from tests.factories import World
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, signed, take, values
from tests.marketplace.supervision.test_partitions import plans_of

KEPT = """
select start_at, points, least, greatest, total from house.reading_roll_up
 where device_id = %s and width_seconds = %s order by start_at
"""


def restless(start: datetime, days: int) -> list[Sample]:
    """A sensor that speaks at odd times, over midnight and full hours."""
    chance, at, said = random.Random(7), start, []
    while at < start + timedelta(days=days):
        said.append(Sample("temperature", Decimal(chance.randint(150, 250)) / 10, "Cel", at))
        at += timedelta(seconds=chance.choice([60, 300, 1800, 1801, 3600]))
    return said


def wanted(samples: list[Sample], width: timedelta) -> list[tuple[Any, ...]]:
    """The roll-up reckoned from the points themselves."""
    found = []
    for start, group in groupby(samples, lambda one: beginning(one.at, width)):
        figures = [one.value for one in group if isinstance(one.value, Decimal)]
        found.append((start, len(figures), min(figures), max(figures), sum(figures)))
    return found


def a_climate(world: World) -> tuple[Scene, SimulatedDevice]:
    scene = a_scene(world)
    return scene, a_watching_device(scene.supervisor, scene.lot.id, kind="climate")


@pytest.mark.parametrize("order", ["as sent", "backwards", "shuffled", "twice"])
def test_hours_and_days_hold_what_the_points_hold(world: World, admin: psycopg.Connection, order: str) -> None:
    _, device = a_climate(world)
    samples = restless(world.now, 5)
    batches = [signed(world, device, samples[n : n + 17], at=samples[-1].at) for n in range(0, len(samples), 17)]
    world.set_clock(samples[-1].at)
    first, rest = batches[0], batches[1:]
    if order == "backwards":
        rest.reverse()
    elif order == "shuffled":
        random.Random(3).shuffle(rest)
    elif order == "twice":
        rest = [*rest, *rest]
    for n in range(0, len(rest), 4):
        take(world, device, *([first] if n == 0 else []), *rest[n : n + 4])
    for width in (HOUR, DAY):
        assert admin.execute(KEPT, (device.device_id, int(width.total_seconds()))).fetchall() == wanted(samples, width)


def test_a_long_chart_is_drawn_from_roll_ups_and_a_short_one_from_points(world: World) -> None:
    scene, device = a_climate(world)
    start = world.now.replace(minute=0, second=0, microsecond=0) + HOUR
    samples = values("temperature", "Cel", start, [20 + n % 7 for n in range(2400)], every=timedelta(minutes=6))
    world.set_clock(samples[-1].at)
    take(world, device, *[signed(world, device, samples[n : n + 100], at=samples[-1].at) for n in range(0, 2400, 100)])
    with scene.supervisor.operator.ws(read_only=True) as ws:
        for look in (chart, chart_of_device):
            about = scene.lot.id if look is chart else device.device_id
            whole = look(ws, about, "temperature", start, start + timedelta(days=11))  # type: ignore[operator]
            hour = look(ws, about, "temperature", start, start + HOUR)  # type: ignore[operator]
            assert len(whole) == 240
            assert (whole[0].at, whole[0].least, whole[0].greatest) == (start + HOUR / 2, 20, 26)
            assert whole[0].mean == Decimal(sum(20 + n % 7 for n in range(10))) / 10
            assert [one.mean for one in hour] == [20 + n % 7 for n in range(10)]
        plans = list(plans_of(ws, lambda: chart(ws, scene.lot.id, "temperature", start, start + timedelta(days=11))))
        long_ago = list(
            plans_of(ws, lambda: chart(ws, scene.lot.id, "temperature", start, start + timedelta(days=900)))
        )
    assert plans == long_ago == [], "no row of points is read, however long the span"


def test_a_device_that_tells_a_day_at_once_is_drawn_minute_by_minute(world: World) -> None:
    """Its one message is longer than a stretch of the chart; so each point stands where it was measured, and not all of them at the message's beginning."""
    scene, device = a_climate(world)
    start = world.now.replace(minute=0, second=0, microsecond=0) + HOUR
    samples = values("temperature", "Cel", start, [20 + n // 60 for n in range(3600)], every=timedelta(seconds=20))
    world.set_clock(samples[-1].at)
    take(world, device, signed(world, device, samples, at=samples[-1].at))
    begin, end = start + 2 * HOUR, start + 22 * HOUR
    with scene.supervisor.operator.ws(read_only=True) as ws:
        shown = chart(ws, scene.lot.id, "temperature", begin, end)
    inside = [one for one in samples if begin <= one.at < end]
    for bucket, told in zip(shown, (inside[n : n + 15] for n in range(0, len(inside), 15)), strict=True):
        figures = [one.value for one in told if isinstance(one.value, Decimal)]
        assert bucket.at == told[0].at + timedelta(seconds=150)
        assert (bucket.least, bucket.greatest) == (min(figures), max(figures))
        assert bucket.mean == sum(figures) / len(figures)
