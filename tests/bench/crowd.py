"""A crowd before one sale: as many Socket.IO clients on the wire as are asked for, in a process of their own, and when each of them heard.

`python -m tests.bench.crowd URL STREAM COUNT` says "ready" once all watch; then, for each hint that all have heard, one line with their waits in milliseconds.
A hint's sequence is the moment at which it was sent, on the clock that all processes of a machine share.
"""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Sequence

from websockets.asyncio.client import ClientConnection, connect

AT_ONCE = 100


async def crowd(url: str, stream: str, count: int) -> None:
    """Watch, and tell."""
    raise_limit()
    lines: list[ClientConnection] = []
    waits: list[asyncio.Future[float]] = []
    for _ in range(0, count, AT_ONCE):
        come = await asyncio.gather(*(_watcher(url, stream) for _ in range(min(AT_ONCE, count - len(lines)))))
        lines += come
        waits += _listen(come)  # at once: whoever answers no ping while the others come is taken for gone
    print("ready", flush=True)
    while True:
        print(json.dumps([round(wait, 2) for wait in await asyncio.gather(*waits)]), flush=True)
        waits = _listen(lines)


def _listen(lines: Sequence[ClientConnection]) -> list[asyncio.Future[float]]:
    return [asyncio.ensure_future(_heard(line)) for line in lines]


def raise_limit() -> None:
    """As many open sockets as this machine lets a process have."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _watcher(url: str, stream: str) -> ClientConnection:
    line = await connect(url, compression=None, open_timeout=60, ping_interval=None)
    await line.recv()
    await line.send("40")
    await line.recv()
    await line.send("420" + json.dumps(["watch", stream]))
    assert "true" in str(await line.recv())
    return line


async def _heard(line: ClientConnection) -> float:
    while True:
        told = str(await line.recv())
        if told.startswith("42"):
            return (time.monotonic_ns() - int(json.loads(told[2:])[1]["sequence"])) / 1e6
        await line.send("3")  # the server's ping is answered


if __name__ == "__main__":
    asyncio.run(crowd(sys.argv[1], sys.argv[2], int(sys.argv[3])))
