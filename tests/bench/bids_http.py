"""Bids over HTTP: 64 open lines of the API, each its bidder's, to a web process as it is run; beside the same server's hello."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import uvloop
from sqlalchemy.engine import make_url

import wsgi
from integrations.local.stack import healthy
from tests import cluster
from tests.bench.rounds import Comparison, Side, Work
from tests.bench.world import Bench
from tests.integrations.devices.mqtt_world import free_port, until

if TYPE_CHECKING:
    from tests.bench.bids import Hall

ROOT = Path(__file__).parents[2]
EACH, HELLO = 16, b"hello " * 110  # about as long as a receipt
SECRET = "of-the-bench-only"


async def hello(_scope: Any, receive: Any, send: Any) -> None:
    """The least that an application can say to who sent something."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(HELLO))]})
    await send({"type": "http.response.body", "body": HELLO})


def __getattr__(name: str) -> Any:
    """`asgi`: the house's own, and a hello."""
    if name != "asgi":
        raise AttributeError(name)
    house = wsgi.asgi

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        await (hello if scope["path"] == "/hello" else house)(scope, receive, send)

    globals()["asgi"] = asgi
    return asgi


@contextmanager
def served(bench: Bench) -> Iterator[tuple[int, int]]:
    """A web process of its own: its port and its pid."""
    port, url = free_port(), make_url(bench.admin_dsn)
    told = {"BAILEE_ROLE": "APP", "BAILEE_SECRET_KEY": SECRET, "PYTHONPATH": str(ROOT),
            "BAILEE_DATABASE_APP_URL": cluster.as_role(url, "app"), "BAILEE_DATABASE_DOOR_URL": cluster.as_role(url, "door")}  # fmt: skip
    argv = (
        sys.executable,
        "-m",
        "uvicorn",
        "tests.bench.bids_http:asgi",
        "--lifespan",
        "off",
        "--port",
        str(port),
        "--no-access-log",
        "--log-level",
        "error",
    )
    process = subprocess.Popen(argv, cwd=ROOT, env=os.environ | told)
    try:
        assert until(healthy("127.0.0.1", port), 240)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


class Lines:
    """The bidders' open lines. `told`: how often each status came."""

    def __init__(self, port: int, tokens: list[str]) -> None:
        self.port, self.tokens, self.told = port, tokens, Counter[int]()

    def asks(self, path: str, amount: Callable[[], int]) -> Callable[[object], Work]:
        """A storm: every bidder asks again as soon as it is answered; `amount` in minor units."""

        async def bidder(token: str, waits: list[float]) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            for _ in range(EACH):
                writer.write(_request(path, token, amount()))
                begun = time.perf_counter()
                self.told[await _status(reader)] += 1
                waits.append((time.perf_counter() - begun) * 1000)
            writer.close()

        async def all_ask() -> list[float]:
            waits: list[float] = []
            await asyncio.gather(*(bidder(token, waits) for token in self.tokens))
            return waits

        def step(_given: object) -> Work:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                waits = runner.run(all_ask())
            return Work(len(waits), waits)

        return step


def _request(path: str, token: str, minor: int) -> bytes:
    body = json.dumps({"amount": f"{minor // 100}.{minor % 100:02}"})
    head = (f"POST {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}", f"Idempotency-Key: {uuid4()}",
            "Content-Type: application/json", f"Content-Length: {len(body)}")  # fmt: skip
    return "\r\n".join((*head, "", body)).encode()


async def _status(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))
    return int(head[9:12])


def compare(bench: Bench, hall: "Hall") -> list[Comparison]:
    """Accepted bids beside hellos, then refused ones and those that go by Flask; the client's own processor time is in both sides."""
    bids = f"/api/v1/auctions/{hall.sale.auction_id}/bids"
    with served(bench) as (port, web):
        lines, low, odd = (Lines(port, hall.tokens) for _ in range(3))
        hellos = Lines(port, hall.tokens)
        accepted = Side("bids accepted", lines.asks(bids, hall.next_minor))
        limit = Side("hellos of the same server", hellos.asks("/hello", lambda: 1))
        compared = bench.compare("Bids a second over HTTP, 64 open lines of the API", accepted, limit, goal=">= 0.7", web=web)  # fmt: skip
        bench.note_alone(compared, Side("bids refused, kept in the book", low.asks(bids, lambda: 1)), web)
        bench.note_alone(compared, Side("bids by Flask in threads", odd.asks(f"{bids}?lang=en", hall.next_minor)), web)
    compared.notes.append(_checked(bench, hall, lines, low, odd))
    return [compared]


def _checked(bench: Bench, hall: "Hall", *asked: Lines) -> str:
    """Every bid that was answered is in the book, once, as accepted or refused as its bidder was told."""
    rows = bench.admin.execute("select outcome = 'ACCEPTED', count(*) from house.bid where auction_id = %s group by 1", (hall.sale.auction_id,)).fetchall()  # fmt: skip
    book, told = dict(rows), sum((lines.told for lines in asked), Counter[int]())
    assert told == Counter({201: book.get(True, 0), 409: book.get(False, 0)}), f"told {told}, in the book {book}"
    assert asked[1].told[201] == 0, "a low bid was taken"
    return (
        f"checked: {told.total():,} bids answered over HTTP, {told[201]:,} accepted, all in the book as they were told"
    )
