"""The worker killed with -9 under a load of alarms, again and again: everybody is told of each alarm, and told once."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import socketio
from redis import Redis
from sqlalchemy.engine import URL

from integrations.devices.intake import Incoming, Verdict
from integrations.local.valkey import Valkey
from integrations.relay import relay_once
from integrations.taking import Taker
from marketplace.supervision.readings.ports import Sample
from tests import cluster
from tests.factories import World
from tests.integrations.devices.mqtt_world import ROOT, until
from tests.integrations.local.running import running
from tests.marketplace.supervision.makers import a_scene, a_watching_device

pytestmark = pytest.mark.stack
ALARMS, KILLS = 40, 4
OWED = "select count(*) from house.delivery d where d.stream_id = %(lot)s and d.subscriber <> 'live' and d.sequence > 0 and d.done_at is null"
DONE = OWED.replace("is null", "is not null")
TOLD = "select n.tenant_id, n.facts->>'alarm_id' from house.notification n where n.stream_id = %(lot)s and n.kind = 'AlarmRaised'"
RELEASED = "update house.delivery set leased_until = null where stream_id = %(lot)s and done_at is null"


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[str]:
    made = Valkey(tmp_path / "home")
    child = made.child()
    with running(child, tmp_path / "valkey.log"):
        yield made.url()


@contextmanager
def worker(url: URL, valkey_url: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`flask --app wsgi worker`, as the stack starts it."""
    told = {
        "BAILEE_ROLE": "WORKER",
        "BAILEE_DATABASE_WORKER_URL": cluster.as_role(url, "worker"),
        "BAILEE_VALKEY_URL": valkey_url,
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | told, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def smoke_everywhere(world: World) -> UUID:
    """So many smoke detectors of a lot that ring, one alarm each."""
    scene = a_scene(world)
    detectors = [a_watching_device(scene.supervisor, scene.lot.id, kind="smoke") for _ in range(ALARMS)]
    world.advance(timedelta(minutes=1))
    said = [Sample("smoke", value=True, unit="/", at=world.now - timedelta(seconds=n)) for n in (3, 2, 1, 0)]
    messages = [Incoming(one.device_id, one.batch(said, world.now), one.tenant_id) for one in detectors]
    assert {outcome.verdict for outcome in Taker(world.gateway_app)(messages)} == {Verdict.STORED}
    return scene.lot.id


def test_kill_9_of_the_worker_under_load_loses_and_doubles_no_effect(
    world: World, database_url: URL, valkey: str, tmp_path: Path
) -> None:
    log, told = tmp_path / "worker.log", {"lot": smoke_everywhere(world)}
    line, hints = Redis.from_url(valkey), socketio.RedisManager(valkey, write_only=True)

    def count(question: str) -> int:
        [(found,)] = world.admin.execute(question, told).fetchall()
        return int(found)

    def relay() -> None:
        """All that is owed goes to the queue; what a dead worker held and what waits in the queue goes there again."""
        world.admin.execute(RELEASED, told)
        with world.worker_app.app_context():
            while relay_once(line, hints):
                pass

    owed = count(OWED)
    assert owed >= ALARMS, "each alarm is to be told"
    for kill in range(KILLS):
        relay()
        with worker(database_url, valkey, log) as process:
            enough = owed * (kill + 1) // (KILLS + 2)
            assert until(lambda: count(DONE) >= enough, 60), log.read_text()[-3000:]  # noqa: B023
            process.kill()
    acknowledged = set(world.admin.execute(TOLD, told).fetchall())
    relay()
    with worker(database_url, valkey, log):
        assert until(lambda: count(OWED) == 0, 90), log.read_text()[-3000:]
    rows = world.admin.execute(TOLD, told).fetchall()
    assert acknowledged <= set(rows), "what was told stays told"
    assert max(Counter(rows).values()) == 1, "nobody is told twice"
    heard = Counter(row[1] for row in rows)
    assert len(heard) == ALARMS
    assert len(set(heard.values())) == 1, "everybody who is to hear of an alarm hears of each"
