"""A crowd is told by one frame: who hears what, and that nobody waits for a slow line, which is told where a stream stands and not all that it has missed."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import socketio
from flask import Flask

from frontend.live import make_server

SALE, OTHER = uuid4(), uuid4()


class Visitor:
    """A browser before a sale: its end of a WebSocket, as the web server would show it to the application."""

    def __init__(self, server: socketio.AsyncServer) -> None:
        self.heard: list[str] = []
        self.clear = asyncio.Event()  # its network takes frames
        self.clear.set()
        self.gone = False
        self._says: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        scope = {"type": "websocket", "path": "/socket.io/", "query_string": b"EIO=4&transport=websocket", "headers": [(b"connection", b"upgrade"), (b"upgrade", b"websocket")]}  # fmt: skip
        self._says.put_nowait({"type": "websocket.connect"})
        self.line = asyncio.create_task(socketio.ASGIApp(server)(scope, self._says.get, self._hears))

    async def watches(self, *streams: UUID) -> "Visitor":
        self._said("40")
        await turns(lambda: any(word.startswith("40") for word in self.heard))
        for number, stream in enumerate(streams):
            self._said(f"42{number}" + json.dumps(["watch", str(stream)]))
            await turns(partial(self.heard.__contains__, f'43{number}[{{"watching":true}}]'))
        return self

    async def leaves(self) -> None:
        self._says.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self.line

    def unwatches(self, stream: UUID) -> None:
        self._said("42" + json.dumps(["unwatch", str(stream)]))

    @property
    def hints(self) -> list[tuple[UUID, int]]:
        """Stream and sequence of each hint that it heard."""
        told = [json.loads(word[2:]) for word in self.heard if word.startswith("42")]
        assert all(event == "moved" for event, _ in told)
        return [(UUID(hint["stream"]), hint["sequence"]) for _, hint in told]

    def _said(self, word: str) -> None:
        self._says.put_nowait({"type": "websocket.receive", "text": word})

    async def _hears(self, message: dict[str, Any]) -> None:
        await self.clear.wait()
        if self.gone:
            raise ConnectionError("the network is away")
        if message["type"] == "websocket.send":
            self.heard.append(message["text"])


class Room:
    """The server with public sales, and those before them."""

    def __init__(self) -> None:
        app = Flask("crowd")
        app.extensions["public_streams"] = lambda: {SALE, OTHER}
        self.server = make_server(app, None)

    async def visitor(self, *streams: UUID) -> Visitor:
        return await Visitor(self.server).watches(*streams)

    async def tell(self, sequence: int, stream: UUID = SALE) -> None:
        await self.server.emit("moved", {"stream": str(stream), "sequence": sequence}, room=f"stream:{stream}")
        await settled()


async def turns(so: Callable[[], bool]) -> None:
    """Until it is so; what is told by another thread comes back in its own time."""
    async with asyncio.timeout(10):
        while not so():
            await asyncio.sleep(0.001)


async def settled() -> None:
    """Whoever can go on has gone on."""
    for _ in range(20):
        await asyncio.sleep(0)


def play(scene: Callable[[Room], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        room = Room()
        try:
            async with asyncio.timeout(20):
                await scene(room)
        finally:
            await room.server.shutdown()

    with ThreadPoolExecutor(max_workers=1) as aside:  # where a browser has been, this thread has a loop of its own
        aside.submit(asyncio.run, whole()).result()


def test_everybody_before_a_sale_is_told_once_and_nobody_else() -> None:
    async def scene(room: Room) -> None:
        crowd = [await room.visitor(SALE) for _ in range(3)]
        elsewhere = await room.visitor(OTHER)
        await room.tell(7)
        assert [visitor.hints for visitor in crowd] == [[(SALE, 7)]] * 3
        assert elsewhere.hints == []

    play(scene)


def test_the_frame_is_socket_ios_own() -> None:
    async def scene(room: Room) -> None:
        visitor = await room.visitor(SALE)
        await room.tell(7)
        assert visitor.heard[-1] == f'42["moved",{{"stream":"{SALE}","sequence":7}}]'

    play(scene)


def test_a_slow_line_holds_up_nobody_and_is_told_where_the_sale_stands() -> None:
    async def scene(room: Room) -> None:
        slow, quick = await room.visitor(SALE, OTHER), await room.visitor(SALE)
        slow.clear.clear()
        for sequence in (1, 2, 3):
            await room.tell(sequence)
        await room.tell(9, OTHER)
        assert quick.hints == [(SALE, 1), (SALE, 2), (SALE, 3)]
        assert slow.hints == []
        slow.clear.set()
        await settled()
        assert slow.hints == [(SALE, 1), (SALE, 3), (OTHER, 9)]

    play(scene)


def test_the_furthest_counts_in_whichever_order_hints_come() -> None:
    async def scene(room: Room) -> None:
        slow = await room.visitor(SALE)
        slow.clear.clear()
        for sequence in (1, 5, 4):
            await room.tell(sequence)
        slow.clear.set()
        await settled()
        assert slow.hints == [(SALE, 1), (SALE, 5)]
        await room.tell(6)
        assert slow.hints[2:] == [(SALE, 6)]

    play(scene)


def test_whoever_left_harms_nobody() -> None:
    async def scene(room: Room) -> None:
        gone, other = await room.visitor(SALE), await room.visitor(SALE)
        await gone.leaves()
        await room.tell(1)
        assert (gone.hints, other.hints) == ([], [(SALE, 1)])

    play(scene)


def test_a_frame_that_was_lost_silences_no_line() -> None:
    async def scene(room: Room) -> None:
        broken, other = await room.visitor(SALE), await room.visitor(SALE)
        broken.gone = True
        await room.tell(1)
        broken.gone = False
        await room.tell(2)
        assert (broken.hints, other.hints) == ([(SALE, 2)], [(SALE, 1), (SALE, 2)])

    play(scene)


def test_nobody_is_told_of_what_they_no_longer_watch() -> None:
    async def scene(room: Room) -> None:
        visitor = await room.visitor(SALE)
        visitor.unwatches(SALE)
        await turns(lambda: not list(room.server.manager.get_participants("/", f"stream:{SALE}")))
        await room.tell(1)
        assert visitor.hints == []

    play(scene)


def test_who_has_no_websocket_hears_by_polling() -> None:
    async def scene(room: Room) -> None:
        visitor = await room.visitor(SALE)
        opened = json.loads((await asked(room.server, "GET"))[1:])
        assert await asked(room.server, "POST", opened["sid"], "40") == "OK"
        assert (await asked(room.server, "GET", opened["sid"])).startswith("40")
        assert await asked(room.server, "POST", opened["sid"], "420" + json.dumps(["watch", str(SALE)])) == "OK"
        assert (await asked(room.server, "GET", opened["sid"])).startswith("430")
        await room.tell(7)
        assert await asked(room.server, "GET", opened["sid"]) == visitor.heard[-1]

    play(scene)


async def asked(server: socketio.AsyncServer, method: str, sid: str = "", body: str = "") -> str:
    """One request of a client that polls; what it was answered."""
    answer: list[bytes] = []
    query = "EIO=4&transport=polling" + (f"&sid={sid}" if sid else "")
    headers = [(b"content-length", str(len(body)).encode())]
    scope = {"type": "http", "method": method, "path": "/socket.io/", "query_string": query.encode(), "headers": headers}  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body.encode(), "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        answer.append(message.get("body", b""))

    await socketio.ASGIApp(server)(scope, receive, send)
    return b"".join(answer).decode()


def test_what_is_no_hint_goes_socket_ios_own_way() -> None:
    async def scene(room: Room) -> None:
        visitor = await room.visitor(SALE)
        await room.server.emit("closing", {"in": 5}, room=f"stream:{SALE}")
        await settled()
        assert visitor.heard[-1] == '42["closing",{"in":5}]'

    play(scene)
