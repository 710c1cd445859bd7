"""The database killed with -9 under a load of readings, again and again: what the door called stored is there once, and what it did not may come again."""

import os
import signal
import threading
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from integrations.devices.intake import Incoming, Verdict
from integrations.taking import Taker
from tests.bench.readings import BATCH, Scales
from tests.bench.world import Bench, standing

pytestmark = pytest.mark.stack
ROUNDS, KILLS = 24, (5, 11, 17)
KEPT = """
select p.device_id, p.boot, p.sequence, count(b.*), (select sum(s.points) from house.reading_series s
         where (s.device_id, s.boot, s.sequence) = (p.device_id, p.boot, p.sequence)), bool_and(p.folded)
  from house.batch_place p left join house.reading_batch b using (device_id, boot, sequence) group by 1, 2, 3
"""


@pytest.fixture
def bench() -> Iterator[Bench]:
    """A durable server of its own, to be killed."""
    with standing() as made:
        yield made


class Killer:
    """Kills the server's first process a moment after it was told to; its sessions die with it."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._timer: threading.Timer | None = None

    def aim(self, seconds: float) -> None:
        pid = self._bench.server.pid
        self._timer = threading.Timer(seconds, os.kill, [pid, signal.SIGKILL])
        self._timer.start()

    def bury(self) -> None:
        """Start the server again on what it had on disk, where it was killed."""
        if self._timer:
            self._timer.join()
        if not self._bench.server.answers():
            self._bench.server.stop()  # reaps what is dead already
            self._bench.server.start()


def sent_until_final(taker: Taker, messages: list[Incoming], killer: Killer) -> tuple[list[Verdict], int]:
    """Send again whatever got no final answer, as the gateway does; how often there was none."""
    for failures in range(20):
        try:
            outcomes = taker(messages)
        except Exception:  # the server is away: nothing was acknowledged, and all of it comes again
            killer.bury()
            continue
        if all(outcome.final for outcome in outcomes):
            return [outcome.verdict for outcome in outcomes], failures
        killer.bury()
    raise AssertionError("the server did not come back")


def test_kill_9_of_the_database_under_load_loses_and_doubles_nothing(bench: Bench) -> None:
    scales = Scales(bench)
    rounds = [scales.sign() for _ in range(ROUNDS)]
    taker, killer, failures = Taker(bench.gateway_app), Killer(bench), 0
    for number, messages in enumerate(rounds):
        if number in KILLS:
            killer.aim(0.01 * KILLS.index(number))
        verdicts, failed = sent_until_final(taker, messages, killer)
        assert {*verdicts} <= {Verdict.STORED, Verdict.DUPLICATE}
        failures += failed
        killer.bury()
    assert failures >= 1, "the kills came when nothing was under way"
    check(bench, {device.device_id for device in scales.devices})


def check(bench: Bench, ours: set[UUID]) -> None:
    """Each batch is there once, with its body, all of its readings, and judged."""
    with psycopg.connect(bench.admin_dsn) as line:
        kept = line.execute(KEPT).fetchall()
    places = {(device, boot, sequence): rest for device, boot, sequence, *rest in kept if device in ours}
    assert set(places) == {(device, 1, sequence) for device in ours for sequence in range(ROUNDS)}, "lost"
    assert {tuple(rest) for rest in places.values()} == {(1, BATCH, True)}, "doubled, or stored and not judged"
