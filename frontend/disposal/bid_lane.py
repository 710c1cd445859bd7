"""The bid verb past Flask: a call that is in order is read, carried and answered on the event loop, and holds no thread while it waits.

Flask and the threads that it runs in cost ten times what a bid costs. So the lane takes plain bids of the API alone: whatever would be refused before the
bid is carried, and whatever it does not know, goes to Flask as it came. Where a bid was carried and not answered (its session has ended, the database is
silent) it goes to Flask too, which carries it again: its key makes it one bid. What the lane answers it words by the same functions as Flask's door.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextvars import Context
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from flask import Flask
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header
from werkzeug.sansio.http import parse_cookie

from frontend import problems
from frontend.api import token_of
from frontend.application import seals
from frontend.disposal import doors
from frontend.disposal.shapes import BidWish
from frontend.language import preferred
from frontend.pages import COOKIE
from marketplace.disposal.bidding import combiner
from tenants.errors import Refused
from tenants.workspace import SignedOut

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ADDRESS = re.compile(r"/api/v1/auctions/([A-Fa-f0-9]{8}(?:-[A-Fa-f0-9]{4}){3}-[A-Fa-f0-9]{12})/bids")
MOST_BYTES = 4096  # a bid has a hundred
WRITTEN = json.JSONEncoder(sort_keys=True, separators=(",", ":"))  # as Flask writes it; made once, not for each answer


@dataclass(frozen=True, slots=True)
class _Head:
    """What a call's address and headers say."""

    auction_id: UUID
    token: str
    key: str
    language: str
    secure: bool
    signed_in: bool


@dataclass(frozen=True, slots=True)
class _Told:
    status: int
    mimetype: bytes
    body: Mapping[str, Any]


class BidLane:
    """An ASGI application before Flask's: plain bids are its own, everything else is `flask`'s."""

    def __init__(self, app: Flask, flask: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._flask = flask
        self._within = (
            Context()
        )  # bids are carried in it: the application is entered once, since entering it costs as much as reading a bid
        self._within.run(app.app_context().push)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = _head(scope)
        if head is None:
            return await self._flask(scope, receive, send)
        came = [await receive()]
        while came[-1].get("more_body"):
            came.append(await receive())
        if came[-1]["type"] == "http.disconnect":  # in the middle of it: no bid, and nobody to answer
            return None
        told = await self._answer(head, b"".join(part.get("body", b"") for part in came))
        if told is None:
            return await self._flask(scope, _again(came, receive), send)
        return await self._send(head, told, send)

    async def _answer(self, head: _Head, body: bytes) -> _Told | None:
        """What became of a bid; None where Flask has to say it."""
        try:
            wish = BidWish.model_validate(json.loads(body))
            asked = doors.read_bid(head.auction_id, wish.amount or "", wish.limit or "", head.key)
            answer = await combiner.place_soon(head.auction_id, token=head.token, within=self._within, **asked)
        except (Refused, SignedOut, ValueError, RecursionError):
            return None
        try:
            return _Told(201, b"application/json", doors.receipt_told(head.auction_id, answer))
        except Refused as refused:
            told = problems.told(refused, head.language)
            return _Told(told["status"], problems.PROBLEM_JSON.encode(), told)

    async def _send(self, head: _Head, told: _Told, send: Send) -> None:
        body = WRITTEN.encode(told.body).encode() + b"\n"
        about = [(b"content-type", told.mimetype), (b"content-length", b"%d" % len(body))]
        sealed = _sealed(secure=head.secure, signed_in=head.signed_in)
        await send({"type": "http.response.start", "status": told.status, "headers": [*about, *sealed]})
        await send({"type": "http.response.body", "body": body})


@cache
def _sealed(*, secure: bool, signed_in: bool) -> list[tuple[bytes, bytes]]:
    """The headers that keep an answer to itself, as they go over the wire."""
    headers = seals(secure=secure, signed_in=signed_in) | {"Vary": "Cookie"}
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def _head(scope: Scope) -> _Head | None:
    """None where it is no plain bid: another address, a query, a header that came twice, no key, no token, a long body or one of unknown length."""
    if scope["type"] != "http" or scope["method"] != "POST" or scope.get("query_string") or scope.get("root_path"):
        return None
    address = ADDRESS.fullmatch(scope["path"])
    if address is None or not doors.is_currency_known(auction_id := _auction(address[1])):
        return None
    headers: dict[bytes, bytes] = dict(scope["headers"])  # ASGI: names in small letters
    if len(headers) != len(scope["headers"]) or not _is_short_json(headers):
        return None
    cookies = parse_cookie(_said(headers, b"cookie")) if b"cookie" in headers else {}
    session = cookies.get(COOKIE)
    token = token_of(_said(headers, b"authorization"), session, _said(headers, b"x-requested-with"))
    key = _said(headers, b"idempotency-key")
    if not token or not key:
        return None
    language = _language(cookies.get("locale"), _said(headers, b"accept-language"))
    return _Head(auction_id, token, key, language, secure=scope["scheme"] == "https", signed_in=bool(session))


def _said(headers: Mapping[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")


def _is_short_json(headers: Mapping[bytes, bytes]) -> bool:
    length = headers.get(b"content-length", b"")
    short = length.isdigit() and len(length) < 6 and int(length) <= MOST_BYTES
    return short and b"transfer-encoding" not in headers and headers.get(b"content-type") == b"application/json"


@lru_cache(1024)
def _auction(address: str) -> UUID:
    return UUID(address)


@lru_cache(1024)
def _language(chosen: str | None, header: str) -> str:
    return preferred(chosen, parse_accept_header(header, LanguageAccept))


def _again(came: list[MutableMapping[str, Any]], receive: Receive) -> Receive:
    """The body once more, for whoever reads after us."""
    kept = iter(came)

    async def receive_again() -> MutableMapping[str, Any]:
        return next(kept, None) or await receive()

    return receive_again
