"""The bid verb past Flask: a call that is in order is read, carried and answered on the event loop, and holds no thread while it waits.

Flask and the threads that it runs in cost ten times what a bid costs. So the lane takes plain bids of the API alone: whatever would be refused before the
bid is carried, and whatever it does not know, goes to Flask as it came. Where a bid was carried and not answered (its session has ended, the database is
silent) it goes to Flask too, which carries it again: its key makes it one bid. What the lane answers it words by the same functions as Flask's door.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
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
from frontend.disposal.shapes import BidReceipt, BidWish
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


@dataclass(frozen=True, slots=True)
class _Head:
    """What a call's address and headers say."""

    auction_id: UUID
    token: str
    key: str
    language: str
    seals: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Told:
    status: int
    mimetype: str
    body: dict[str, Any]


class BidLane:
    """An ASGI application before Flask's: plain bids are its own, everything else is `flask`'s."""

    def __init__(self, app: Flask, flask: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app, self._flask = app, flask

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
        with self._app.app_context():
            try:
                wish = BidWish.model_validate(json.loads(body))
                asked = doors.read_bid(head.auction_id, wish.amount or "", wish.limit or "", head.key)
                answer = await combiner.place_soon(head.auction_id, token=head.token, **asked)
            except (Refused, SignedOut, ValueError, RecursionError):
                return None
            try:
                told = BidReceipt.model_validate(doors.receipt_told(head.auction_id, answer))
            except Refused as refused:
                body_of = problems.told(refused, head.language)
                return _Told(body_of["status"], problems.PROBLEM_JSON, body_of)
            return _Told(201, "application/json", told.model_dump(mode="json", by_alias=True))

    async def _send(self, head: _Head, told: _Told, send: Send) -> None:
        written: Any = self._app.json.response(told.body)
        body = written.get_data()
        headers = {"Content-Type": told.mimetype, "Content-Length": str(len(body)), **head.seals, "Vary": "Cookie"}
        sent = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": told.status, "headers": sent})
        await send({"type": "http.response.body", "body": body})


def _head(scope: Scope) -> _Head | None:
    """None where it is no plain bid: another address, a query, a header that came twice, no key, no token, a long body or one of unknown length."""
    if scope["type"] != "http" or scope["method"] != "POST" or scope.get("query_string") or scope.get("root_path"):
        return None
    address = ADDRESS.fullmatch(scope["path"])
    if address is None or not doors.is_currency_known(UUID(address[1])):
        return None
    headers = {name.decode("latin-1").title(): value.decode("latin-1") for name, value in scope["headers"]}
    if len(headers) != len(scope["headers"]) or not _is_short_json(headers):
        return None
    cookies = parse_cookie(headers.get("Cookie", ""))
    session = cookies.get(COOKIE)
    token = token_of(headers.get("Authorization", ""), session, headers.get("X-Requested-With"))
    key = headers.get("Idempotency-Key")
    if not token or not key:
        return None
    language = preferred(cookies.get("locale"), _accepted(headers.get("Accept-Language", "")))
    return _Head(UUID(address[1]), token, key, language, seals(secure=scope["scheme"] == "https", signed_in=bool(session)))  # fmt: skip


def _is_short_json(headers: Mapping[str, str]) -> bool:
    length = headers.get("Content-Length", "")
    short = length.isascii() and length.isdecimal() and len(length) < 6 and int(length) <= MOST_BYTES
    return short and "Transfer-Encoding" not in headers and headers.get("Content-Type") == "application/json"


@lru_cache(1024)
def _accepted(header: str) -> LanguageAccept:
    return parse_accept_header(header, LanguageAccept)


def _again(came: list[MutableMapping[str, Any]], receive: Receive) -> Receive:
    """The body once more, for whoever reads after us."""
    kept = iter(came)

    async def receive_again() -> MutableMapping[str, Any]:
        return next(kept, None) or await receive()

    return receive_again
