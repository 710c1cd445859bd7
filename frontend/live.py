"""Live updates: Socket.IO in the same port. A hint says "this stream is at sequence n"; what a page then shows, it fetches anew.

Delivery is at most once, so a hint carries no news by itself: a page that misses one sees the gap at the next, or refetches when its line is back.
Rooms are joined here alone, after the viewer's grants were asked, and asked again for each watch.
"""

import asyncio
from http.cookies import SimpleCookie
from typing import Any
from uuid import UUID

import socketio
from flask import Flask

from frontend.crowd import Crowd, SharedCrowd
from frontend.pages import COOKIE
from marketplace.supervision.queries import may_watch_readings
from tenants.rooms import my_roles
from tenants.workspace import SessionKey, SignedOut, enter


def make_server(app: Flask, valkey_url: str | None) -> socketio.AsyncServer:
    """The Socket.IO server beside the pages; several processes share hints through Valkey."""
    crowd = SharedCrowd(valkey_url) if valkey_url else Crowd()
    server = socketio.AsyncServer(async_mode="asgi", client_manager=crowd, cors_allowed_origins=None, ping_interval=20)

    @server.event  # type: ignore[untyped-decorator]
    async def connect(sid: str, environ: dict[str, Any], _auth: object = None) -> None:
        token = _token(environ)
        tenant_id = await asyncio.to_thread(_tenant_of, app, token) if token else None
        await server.save_session(sid, {"token": token if tenant_id else None})
        if tenant_id:
            await server.enter_room(sid, f"tenant:{tenant_id}")

    @server.event  # type: ignore[untyped-decorator]
    async def watch(sid: str, stream: str) -> dict[str, bool]:
        token = (await server.get_session(sid))["token"]
        seen = await asyncio.to_thread(_may_watch, app, token, stream)
        if seen:
            await server.enter_room(sid, f"stream:{stream}")
        return {"watching": seen}

    @server.event  # type: ignore[untyped-decorator]
    async def unwatch(sid: str, stream: str) -> None:
        await server.leave_room(sid, f"stream:{stream}")

    return server


def _token(environ: dict[str, Any]) -> str | None:
    cookie = SimpleCookie(environ.get("HTTP_COOKIE", "")).get(COOKIE)
    return cookie.value if cookie else None


def _tenant_of(app: Flask, token: str) -> UUID | None:
    try:
        with app.app_context(), enter(SessionKey(token), read_only=True) as ws:
            return ws.tenant_id
    except SignedOut:
        return None


def _may_watch(app: Flask, token: str | None, stream: str) -> bool:
    """Whether this viewer may hear of a stream. `readings:<id>` is a lot's, device's or site's new readings, which are no events; `firm:<id>` tells one's own
    firm that it did something or was told something, for lists that follow no single stream.
    """
    kind, _, name = stream.rpartition(":")
    try:
        stream_id = UUID(name)
        if not kind and stream_id in app.extensions.get("public_streams", set)():
            return True
        if token is None:
            return False
        with app.app_context(), enter(SessionKey(token), read_only=True) as ws:
            if kind == "readings":
                return may_watch_readings(ws, stream_id)
            if kind == "firm":
                return stream_id == ws.tenant_id
            return not kind and (stream_id == ws.tenant_id or bool(my_roles(ws, stream_id)))
    except (ValueError, SignedOut):
        return False
