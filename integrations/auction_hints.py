"""Live hints of auctions, straight from the process that committed a bid: write-only to Valkey, from where every web process passes them on.

Bids can come by the thousand, and no eye follows more than ten pictures a second: hints of one auction are conflated, the last one is never dropped.
Losing a hint harms nobody (pages refetch by sequence), so nothing here ever fails or holds up a bid.
"""

import time
from threading import Lock, Timer
from uuid import UUID

import socketio
import structlog

log = structlog.get_logger()
PAUSE_SECONDS = 0.1


class HintAnnouncer:
    """See `marketplace.disposal.ports.Announcer`."""

    def __init__(self, valkey_url: str) -> None:
        self._url = valkey_url
        self._hints: socketio.RedisManager | None = None
        self._lock = Lock()
        self._latest: dict[UUID, int] = {}
        self._sent_at: dict[UUID, float] = {}

    def announce(self, auction_id: UUID, version: int) -> None:
        """Send now, or within a tenth of a second where one was just sent."""
        with self._lock:
            pending = auction_id in self._latest
            self._latest[auction_id] = max(version, self._latest.get(auction_id, 0))
            wait = self._sent_at.get(auction_id, 0.0) + PAUSE_SECONDS - time.monotonic()
        if pending:
            return
        if wait <= 0:
            self._send(auction_id)
        else:
            late = Timer(wait, self._send, (auction_id,))
            late.daemon = True
            late.start()

    def _send(self, auction_id: UUID) -> None:
        with self._lock:
            version = self._latest.pop(auction_id, None)
            self._sent_at[auction_id] = time.monotonic()
            self._forget_old()
        if version is None:
            return
        try:
            self._line().emit(
                "moved", {"stream": str(auction_id), "sequence": version}, namespace="/", room=f"stream:{auction_id}"
            )
        except Exception as trouble:
            log.warning("hint lost", auction=str(auction_id), trouble=repr(trouble))

    def _line(self) -> socketio.RedisManager:
        if self._hints is None:
            self._hints = socketio.RedisManager(self._url, write_only=True)
        return self._hints

    def _forget_old(self) -> None:
        if len(self._sent_at) > 1000:
            newest = sorted(self._sent_at.items(), key=lambda item: item[1])[-100:]
            self._sent_at = dict(newest)
