"""Telling a crowd: a hint is made into a frame once and written to each open line in one go.

Socket.IO gives every word to every recipient through a task, a queue and a timer of its own, which before a sale that thousands watch takes longer than the
words themselves. A hint needs none of that. It says no more than how far a stream has come, so a line that is slow owes the newest hint of each stream alone:
an older one would send its page to fetch the same.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from socketio import AsyncManager, AsyncRedisManager, packet

HINT = "moved"
MESSAGE = "4"  # the kind of packet in which Engine.IO carries a word of Socket.IO
TOLD_TOGETHER = 250  # lines; between them the process turns to whatever else waits
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Line:
    """An open WebSocket, and what it has still to be told: of each stream its sequence and the frame that says so."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._owed: dict[str, tuple[int, str]] = {}
        self._speaking: asyncio.Task[None] | None = None

    def tell(self, stream: str, sequence: int, frame: str) -> None:
        """Say it now, or after what is being said. Of one stream the furthest counts, in whichever order hints come."""
        owed = self._owed.get(stream)
        if owed is None or owed[0] < sequence:
            self._owed[stream] = (sequence, frame)
        if self._speaking is None:
            self._speaking = asyncio.create_task(self._speak())

    async def _speak(self) -> None:
        with suppress(OSError, RuntimeError):  # the line is gone, or closing: Engine.IO hears of it by itself
            while self._owed:
                _sequence, frame = self._owed.pop(next(iter(self._owed)))
                await self._send({"type": "websocket.send", "text": frame})
        self._owed.clear()
        self._speaking = None


class Crowd(AsyncManager):  # type: ignore[misc]
    """The lines of this process. Those that are no WebSockets, and words that are no hints, go Socket.IO's own way."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, Line] = {}

    async def connect(self, sid: str, namespace: str) -> str | None:
        """Whoever has connected can be told."""
        known: str | None = await super().connect(sid, namespace)
        environ = self.server.get_environ(sid, namespace) or {}
        if environ.get("asgi.scope", {}).get("type") == "websocket":
            self._lines[sid] = Line(environ["asgi.send"])
        return known

    async def disconnect(self, sid: str, namespace: str, **kwargs: Any) -> Any:
        """Whoever has left is told nothing more."""
        self._lines.pop(sid, None)
        return await super().disconnect(sid, namespace, **kwargs)

    async def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Any = None,
        skip_sid: Any = None,
        callback: Any = None,
        to: Any = None,
        **kwargs: Any,
    ) -> None:
        """Tell a room. `data` of a hint is {stream, sequence}."""
        room = to or room
        if event == HINT and callback is None and skip_sid is None:
            room = await self._tell(data, namespace, room)
        if room != []:
            await super().emit(event, data, namespace, room, skip_sid, callback, **kwargs)

    async def _tell(self, hint: dict[str, Any], namespace: str, room: Any) -> list[str]:
        """Tell those of a room who have a line here; who has none."""
        others: list[str] = []
        frame = self._frame(hint, namespace)
        for told, (sid, _eio_sid) in enumerate(self.get_participants(namespace, room), start=1):
            if line := self._lines.get(sid):
                line.tell(hint["stream"], hint["sequence"], frame)
            else:
                others.append(sid)
            if told % TOLD_TOGETHER == 0:
                await asyncio.sleep(0)
        return others

    def _frame(self, hint: dict[str, Any], namespace: str) -> str:
        said: str = self.server.packet_class(packet.EVENT, namespace=namespace, data=[HINT, hint]).encode()
        return MESSAGE + said


class SharedCrowd(AsyncRedisManager, Crowd):  # type: ignore[misc]
    """The same for several processes, which hear of each other's hints through Valkey: what it hands on comes to `Crowd.emit` as from this process."""

    def __init__(self, valkey_url: str) -> None:
        super().__init__(valkey_url)  # type: ignore[call-arg]  # of Valkey's manager, which has no types
