"""How long it takes from a device's message to the alarm on an open page: the door, the rules, the commit, the relay, Valkey and Socket.IO, to the frame in the browser's hands."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from tempfile import TemporaryDirectory

import socketio
import uvicorn
from redis import Redis
from websockets.sync.client import ClientConnection, connect

from frontend.live import make_server
from frontend.pages import COOKIE
from integrations.devices.intake import Incoming, Verdict
from integrations.devices.simulator import SimulatedDevice
from integrations.local.valkey import Valkey
from integrations.relay import relay_for_ever
from integrations.taking import Taker
from marketplace.supervision.readings.ports import Sample
from tests.bench.fleet import planted
from tests.bench.rounds import Comparison, Side, Work
from tests.bench.world import Bench
from tests.integrations.devices.mqtt_world import free_port, until
from tests.integrations.local.running import running
from tests.marketplace.supervision.makers import a_scene, a_watching_device

ALARMS = 2_000


class Screen:
    """An open page of the lot: a Socket.IO client on the wire, which hears that the lot's record moved."""

    def __init__(self, url: str, token: str, lot_id: object) -> None:
        cookie = SimpleCookie({COOKIE: token}).output(header="").strip()
        self._line: ClientConnection = connect(url, additional_headers={"Cookie": cookie})
        self._line.recv()
        self._line.send("40")
        self._line.recv()
        self._line.send("420" + json.dumps(["watch", str(lot_id)]))
        watching = self._line.recv()
        assert "true" in str(watching), watching

    def wait(self) -> None:
        """Until the next hint."""
        while not str(self._line.recv(30)).startswith("42"):
            self._line.send("3")  # the server's ping is answered

    def close(self) -> None:
        self._line.close()


@contextmanager
def served(bench: Bench, valkey_url: str) -> Iterator[str]:
    """The Socket.IO server and the relay, as their processes run them; here in threads."""
    port, running_on = free_port(), threading.Event()
    asgi = socketio.ASGIApp(make_server(bench.app, valkey_url))
    server = uvicorn.Server(uvicorn.Config(asgi, host="127.0.0.1", port=port, log_level="error", lifespan="off"))

    def relay() -> None:
        with bench.worker_app.app_context():
            relay_for_ever(valkey_url, lambda: not running_on.is_set())

    threads = [threading.Thread(target=server.run), threading.Thread(target=relay)]
    for thread in threads:
        thread.start()
    try:
        assert until(lambda: server.started, 20)
        yield f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
    finally:
        running_on.set()
        server.should_exit = True
        for thread in threads:
            thread.join(20)


def compare(bench: Bench) -> list[Comparison]:
    """Each step: a smoke detector that never rang says smoke for two seconds. The limit publishes a word to the same page through Valkey alone."""
    scene = a_scene(bench)
    first = a_watching_device(scene.supervisor, scene.lot.id, kind="smoke")
    detectors = iter(planted(bench, first, ALARMS))
    take = Taker(bench.gateway_app)

    def smoke() -> Incoming:
        device: SimulatedDevice = next(detectors)
        bench.set_clock(bench.now + timedelta(seconds=10))
        said = [Sample("smoke", value=True, unit="/", at=bench.now - timedelta(seconds=n)) for n in (3, 2, 1, 0)]
        return Incoming(device.device_id, device.batch(said, bench.now), device.tenant_id)

    with TemporaryDirectory(prefix="bailee-bench-") as home, valkey(Path(home)) as url, served(bench, url) as address:
        screen = Screen(address, scene.supervisor.operator.token, scene.lot.id)
        hints = socketio.RedisManager(url, write_only=True)

        def rings(message: Incoming) -> Work:
            begun = time.perf_counter()
            [outcome] = take([message])
            assert outcome.verdict is Verdict.STORED
            screen.wait()
            return Work(1, [(time.perf_counter() - begun) * 1000])

        hint = {"stream": str(scene.lot.id), "sequence": 0}

        def word(_given: None) -> Work:
            begun = time.perf_counter()
            hints.emit("moved", hint, namespace="/", room=f"stream:{scene.lot.id}")
            screen.wait()
            return Work(1, [(time.perf_counter() - begun) * 1000])

        compared = bench.compare(
            "From a message to its alarm on an open page, one after the other",
            Side("door, rules, commit, relay, Socket.IO", rings, smoke),
            Side("a word through Valkey and Socket.IO alone", word),
            goal="p99 <= 1000 ms",
        )
        screen.close()
    return [compared]


@contextmanager
def valkey(home: Path) -> Iterator[str]:
    valkey = Valkey(home)
    child = valkey.child()
    with running(child, home / "valkey.log"):
        Redis.from_url(valkey.url()).ping()
        yield valkey.url()
