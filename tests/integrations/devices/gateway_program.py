"""The gateway as a process of its own, to be killed: python gateway_program.py URL JOURNAL [fails]

What `take` stored is a line in the journal, on disk before it returns, as PostgreSQL would have it: tenant, device,
digest of the payload. With `fails` it raises at every seventh call, and puts off every fiftieth message.
"""

import os
import signal
import sys
import threading
from hashlib import sha256
from uuid import UUID

from integrations.devices.intake import LATER, STORED, Incoming, Outcome
from integrations.devices.mqtt import Gateway, Pace


class Journal:
    def __init__(self, path: str, *, fails: bool) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.fails = fails
        self.calls = self.seen = 0

    def take(self, messages: list[Incoming]) -> list[Outcome]:
        self.calls += 1
        if self.fails and self.calls % 7 == 0:
            raise ConnectionError("the database is away")
        put_off: set[UUID] = set()
        outcomes = [self.outcome(message.device_id, put_off) for message in messages]
        stored = (m for m, outcome in zip(messages, outcomes, strict=True) if outcome is STORED)
        lines = (f"{m.tenant_id} {m.device_id} {sha256(m.payload).hexdigest()}\n" for m in stored)
        os.write(self.file, "".join(lines).encode())
        os.fsync(self.file)
        return outcomes

    def outcome(self, device_id: UUID, put_off: set[UUID]) -> Outcome:
        """Once a device is put off, so is the rest of it."""
        self.seen += 1
        if self.fails and self.seen % 50 == 0:
            put_off.add(device_id)
        return LATER if device_id in put_off else STORED


def main(url: str, path: str, *options: str) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    pace = Pace(messages_max=32, hold_first=0.05, hold_max=0.2)
    gateway = Gateway(url, Journal(path, fails="fails" in options).take, pace=pace)
    gateway.start()
    if gateway.wait_ready(20):
        print("ready", flush=True)
    stop.wait()
    gateway.stop()
    print(gateway.counters(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
