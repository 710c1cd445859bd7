"""Telling open pages that new readings are there: a hint for each device's lots, twice a second at most, straight to Valkey.

A hint carries no news: a page that hears it fetches what it shows anew. Losing one harms nobody, so nothing here ever holds up or fails a reading.
"""

import threading
import time
from collections.abc import Iterable
from uuid import UUID

import socketio
import structlog

log = structlog.get_logger()
PAUSE_SECONDS = 0.5


class ReadingHints:
    """Collects the devices that were heard and tells their watchers. The room of a device, a lot or a site is `readings:<id>`."""

    def __init__(self, valkey_url: str) -> None:
        self._url = valkey_url
        self._touched: set[UUID] = set()
        self._moved = threading.Condition()
        self._thread: threading.Thread | None = None

    def touch(self, subjects: Iterable[UUID]) -> None:
        """These have new readings."""
        with self._moved:
            self._touched.update(subjects)
            if self._thread is None:
                self._thread = threading.Thread(target=self._tell_for_ever, name="reading-hints", daemon=True)
                self._thread.start()
            self._moved.notify()

    def _tell_for_ever(self) -> None:
        line = socketio.RedisManager(self._url, write_only=True)
        while True:
            with self._moved:
                self._moved.wait_for(lambda: self._touched)
                touched, self._touched = self._touched, set()
            try:
                for subject in touched:
                    stream = f"readings:{subject}"
                    hint = {"stream": stream, "sequence": time.time_ns() // 1_000_000}
                    line.emit("moved", hint, namespace="/", room=f"stream:{stream}")
            except Exception as trouble:
                log.warning("reading hints lost", trouble=repr(trouble))
            time.sleep(PAUSE_SECONDS)
