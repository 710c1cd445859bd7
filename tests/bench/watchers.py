"""How long until everybody before a sale has heard of a bid: 1,000 and 5,000 sockets on one web process, against a bare broadcast to the same crowd."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import uvloop
from websockets.asyncio.server import Server, ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

from integrations.auction_hints import HintAnnouncer
from tests.bench.crowd import raise_limit
from tests.bench.rounds import Comparison, Side, Work
from tests.bench.screen import served, valkey
from tests.bench.world import Bench
from tests.integrations.devices.mqtt_world import free_port
from tests.marketplace.disposal.makers import an_auction

CROWDS = (1_000, 5_000)


class Bare:
    """The least that could tell a crowd: one frame, made once, to every open socket. It answers the handshake and nothing else."""

    def __init__(self, port: int) -> None:
        self.url = f"ws://127.0.0.1:{port}/"
        self._port, self._loop = port, uvloop.new_event_loop()
        self._stands, self._over = threading.Event(), asyncio.Event()
        self._server: Server | None = None
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))

    def __enter__(self) -> "Bare":
        self._thread.start()
        assert self._stands.wait(20)
        return self

    def __exit__(self, *_failure: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(20)
        self._loop.close()

    def tell(self, stream: UUID, sequence: int) -> None:
        """Everybody hears it."""
        frame = "42" + json.dumps(["moved", {"stream": str(stream), "sequence": sequence}])
        self._loop.call_soon_threadsafe(self._broadcast, frame)

    def _broadcast(self, frame: str) -> None:
        assert self._server
        broadcast(self._server.connections, frame)

    async def _run(self) -> None:
        async with serve(self._greet, "127.0.0.1", self._port, compression=None, ping_interval=None) as self._server:
            self._stands.set()
            await self._over.wait()

    async def _greet(self, line: ServerConnection) -> None:
        with suppress(ConnectionClosed):  # who watched has left
            for said in ('0{"sid":"1"}', '40{"sid":"1"}', '430[{"watching":true}]'):
                await line.send(said)
                await line.recv()


class Crowd:
    """So many watchers in a process of their own."""

    def __init__(self, url: str, stream: UUID, count: int) -> None:
        asked = [sys.executable, "-m", "tests.bench.crowd", url, str(stream), str(count)]
        self._process = subprocess.Popen(asked, stdout=subprocess.PIPE, text=True)
        assert self._read() == "ready"

    def waits(self) -> list[float]:
        """How long each of them waited for the last hint, in milliseconds."""
        return [float(wait) for wait in json.loads(self._read())]

    def leave(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()

    def _read(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


def compare(bench: Bench) -> list[Comparison]:
    """Hints one after the other, each heard by all before the next. What is conflated between bids is not in it: a hint waits a tenth of a second at most."""
    raise_limit()
    sale = an_auction(bench)
    with TemporaryDirectory(prefix="bailee-bench-") as home, valkey(Path(home)) as hub, served(bench, hub) as url:
        announcer = HintAnnouncer(hub)
        return [_before(bench, sale.auction_id, url, announcer, count) for count in CROWDS]


def _before(bench: Bench, stream: UUID, url: str, announcer: HintAnnouncer, count: int) -> Comparison:
    with Bare(free_port()) as bare, _crowd(url, stream, count) as ours, _crowd(bare.url, stream, count) as theirs:

        def product(_given: object) -> Work:
            time.sleep(0.11)  # past the pause in which hints are gathered
            announcer.announce(stream, time.monotonic_ns())
            waits = ours.waits()
            return Work(len(waits), waits)

        def limit(_given: object) -> Work:
            bare.tell(stream, time.monotonic_ns())
            waits = theirs.waits()
            return Work(len(waits), waits)

        compared = bench.compare(
            f"From a hint to each of {count:,} watchers of one sale",
            Side("Valkey, Socket.IO, one web process", product), Side("one frame broadcast to bare sockets", limit), goal="p99 <= 1000 ms",
        )  # fmt: skip
        compared.notes.append(f"checked: each hint was heard by all {count:,}, and by each once")
        return compared


@contextmanager
def _crowd(url: str, stream: UUID, count: int) -> Iterator[Crowd]:
    crowd = Crowd(url, stream, count)
    try:
        yield crowd
    finally:
        crowd.leave()
