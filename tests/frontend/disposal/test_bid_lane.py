"""Bids past Flask: what the lane answers is what Flask's door answers, byte for byte, and what it does not take reaches Flask as it came."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from a2wsgi import WSGIMiddleware

from frontend.disposal.bid_lane import MOST_BYTES, BidLane
from frontend.disposal.doors import receipt_told
from frontend.disposal.shapes import BidReceipt
from frontend.pages import COOKIE
from marketplace.disposal.bidding import Answer, Outcome, combiner
from tenants.members import issue_token
from tests.factories import World
from tests.marketplace.disposal.makers import Sale, an_auction


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    yield
    combiner.close()


@dataclass
class Told:
    """An answer as it comes over the wire."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Door:
    """The lane with Flask behind it, spoken to in ASGI. `to_flask`: how many calls went on to Flask."""

    world: World
    to_flask: int = 0

    def __post_init__(self) -> None:
        self._flask = WSGIMiddleware(self.world.app.wsgi_app, workers=2)
        self._lane = BidLane(self.world.app, self._on)

    async def _on(self, scope: Any, receive: Any, send: Any) -> None:
        self.to_flask += 1
        await self._flask(scope, receive, send)

    def ask(self, path: str, body: bytes, headers: dict[str, str], *, flask: bool = False, parts: int = 1, cut: bool = False, also: tuple[str, str] | None = None, **scope: Any) -> Told:  # fmt: skip
        """One POST; `flask`: past the lane; `parts`: how many pieces the body comes in; `cut`: who sends it hangs up before its end; `also`: a header more."""
        told, size = Told(), -(-len(body) // parts) or 1
        pieces = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
        parts_sent: list[dict[str, Any]] = [{"type": "http.request", "body": one, "more_body": True} for one in pieces]
        parts_sent[-1]["more_body"] = cut
        came = iter([*parts_sent, {"type": "http.disconnect"}])
        listed = [
            (name.lower().encode(), value.encode()) for name, value in [*headers.items(), *([also] if also else [])]
        ]
        about = {"type": "http", "http_version": "1.1", "method": "POST", "path": path, "query_string": b"", "scheme": "http",
                 "server": ("localhost", 80), "client": ("127.0.0.1", 1), "headers": listed} | scope  # fmt: skip

        async def receive() -> dict[str, Any]:
            return next(came)

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                told.status = message["status"]
                told.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
            else:
                told.body += message.get("body", b"")

        with ThreadPoolExecutor(1) as aside:  # where a browser has been, this thread has a loop of its own
            aside.submit(asyncio.run, (self._flask if flask else self._lane)(about, receive, send)).result()
        return told


@pytest.fixture
def sale(world: World) -> Sale:
    return an_auction(world).open_with_bidders(2)


@pytest.fixture
def door(world: World, sale: Sale) -> Door:
    """The lane, once somebody has bid: from then on the sale's currency is known."""
    made = Door(world)
    first = made.ask(path_of(sale), b'{"amount": "700000.00"}', plain(sale.bidders[0].operator.token))
    assert (first.status, made.to_flask) == (201, 1), first.body
    made.to_flask = 0
    return made


def path_of(sale: Sale) -> str:
    return f"/api/v1/auctions/{sale.auction_id}/bids"


def plain(token: str, body: bytes = b'{"amount": "700000.00"}', **more: str) -> dict[str, str]:
    named = {name.replace("_", "-"): value for name, value in more.items()}
    return {"Host": "localhost", "Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4()), "Content-Type": "application/json",
            "Content-Length": str(len(body))} | named  # fmt: skip


BODIES = {
    "accepted": b'{"amount": "710000.00"}',
    "a limit": b'{"limit": "800000.00"}',
    "both": b'{"amount": "710000.00", "limit": "800000.00"}',
    "too low": b'{"amount": "700001.00"}',
    "too high": b'{"amount": "99999999999.00"}',
}
READERS = {
    "english": {},
    "chinese": {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"},
    "chose chinese": {"Accept-Language": "en", "Cookie": "locale=zh"},
    "chose what we do not speak": {"Accept-Language": "zh;q=0.1, en;q=0.2", "Cookie": "theme=dark; locale=fr"},
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("bid", BODIES)
def test_both_doors_say_the_same_to_the_byte(door: Door, sale: Sale, bid: str, reader: str) -> None:
    """The same key is the same bid, so the second door gives the first one's answer: its receipt, its signature, its refusal in the reader's language."""
    body = BODIES[bid]
    headers = plain(sale.bidders[1].operator.token, body) | READERS[reader]
    first = door.ask(path_of(sale), body, headers)
    assert door.to_flask == 0, "the lane's own answer"
    assert first == door.ask(path_of(sale), body, headers, flask=True)
    assert first.status == (409 if bid.startswith("too") else 201), first.body
    assert first.headers["content-length"] == str(len(first.body))
    assert sale.auction.sequence == 2, "one bid"


@pytest.mark.parametrize(
    "at", ["2026-03-12T01:00:00+00:00", "2026-03-12T01:00:00.000120+00:00", "2026-03-12T09:00:00+08:00"]
)
def test_a_receipt_is_told_as_its_shape_writes_it(door: Door, sale: Sale, at: str) -> None:
    """Whole seconds, parts of one and another zone too: the lane writes what it is given, Flask reads it into the shape first."""
    told_at = datetime.fromisoformat(at)
    answer = Answer(
        Outcome.ACCEPTED, 2, 123, 71_000_000, told_at, 71_000_000, 71_100_000, told_at, b"x" * 32, 7, leads=True
    )
    told = receipt_told(sale.auction_id, answer)
    assert BidReceipt.model_validate(told).model_dump(mode="json") == told


def test_who_may_not_bid_is_told_so_by_the_lane_as_by_flask(door: Door, sale: Sale, world: World) -> None:
    owner = sale.bidders[1].operator
    with owner.ws() as ws:
        narrow = issue_token(ws, label="looks", scopes=["read"])
    unpaid, seller = sale.bidder(deposit=False).operator.token, sale.bank.operator.token
    for token in (unpaid, seller, narrow):
        body = b'{"amount": "900000.00"}'
        headers = plain(token, body)
        first = door.ask(path_of(sale), body, headers)
        assert (first.status, door.to_flask) == (403, 0), first.body
        assert first == door.ask(path_of(sale), body, headers, flask=True)
    assert sale.auction.sequence == 1


def test_a_browsers_own_call_over_https_is_sealed_as_flask_seals_it(door: Door, sale: Sale) -> None:
    headers = plain("") | {"Cookie": f"{COOKIE}={sale.bidders[1].operator.token}", "X-Requested-With": "bailee"}
    del headers["Authorization"]
    first = door.ask(path_of(sale), BODIES["too low"], headers, scheme="https")
    assert (first.status, door.to_flask) == (409, 0), first.body
    assert (first.headers["cache-control"], "strict-transport-security" in first.headers) == ("no-store", True)
    assert first == door.ask(path_of(sale), BODIES["too low"], headers, flask=True, scheme="https")


MINE = "the bidder's own session"
LONG = b'{"amount": "1.00", "limit": "' + b"9" * MOST_BYTES + b'"}'
# What is no plain bid: what is changed of one, and what Flask says to it.
ODD: dict[str, tuple[dict[str, str | None], bytes, int]] = {
    "no token": ({"Authorization": None}, b'{"amount": "710000.00"}', 401),
    "another scheme": ({"Authorization": "Basic eDp5"}, b'{"amount": "710000.00"}', 401),
    "a token that nobody holds": ({"Authorization": "Bearer ses_false"}, b'{"amount": "710000.00"}', 401),
    "a session without our script's word": ({"Authorization": None, "Cookie": f"{COOKIE}={MINE}"}, b'{"amount": "710000.00"}', 401),
    "no key": ({"Idempotency-Key": None}, b'{"amount": "710000.00"}', 422),
    "a key too long": ({"Idempotency-Key": "k" * 256}, b'{"amount": "710000.00"}', 422),
    "no JSON": ({}, b'{"amount": ', 400),
    "nested deeper than anybody reads": ({}, b"[" * 4000, 400),
    "no object": ({}, b"[]", 422),
    "a field too many": ({}, b'{"amount": "710000.00", "currency": "USD"}', 422),
    "no amount": ({}, b"{}", 422),
    "nothing": ({}, b'{"amount": "0.00"}', 422),
    "a number": ({}, b'{"amount": 710000}', 422),
    "a fen split": ({}, b'{"amount": "710000.001"}', 422),
    "a limit below": ({}, b'{"amount": "710000.00", "limit": "700000.00"}', 422),
    "text that cannot be kept": ({}, b'{"amount": "7\\u0000"}', 422),
    "a long body": ({}, LONG, 422),
    "another type": ({"Content-Type": "text/plain"}, b'{"amount": "710000.00"}', 201),
}  # fmt: skip


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_plain_bid_reaches_flask_as_it_came(door: Door, sale: Sale, odd: str, parts: int) -> None:
    changes, body, status = ODD[odd]
    headers = plain(sale.bidders[1].operator.token, body) | changes
    mine = sale.bidders[1].operator.token
    sent = {name: value.replace(MINE, mine) for name, value in headers.items() if value is not None}
    told = door.ask(path_of(sale), body, sent, parts=parts)
    assert (told.status, door.to_flask) == (status, 1), told.body
    assert told == door.ask(path_of(sale), body, sent, flask=True)
    assert sale.auction.sequence == 1 + (status == 201)


def test_other_addresses_methods_and_doubled_headers_are_not_the_lanes(door: Door, sale: Sale) -> None:
    token, body = sale.bidders[1].operator.token, b'{"amount": "710000.00"}'
    unknown = path_of(sale).replace(str(sale.auction_id), str(uuid4()))
    assert door.ask(unknown, body, plain(token, body)).status == 404
    assert door.ask(f"{path_of(sale)}/", body, plain(token, body)).status == 404
    assert door.ask(path_of(sale), b"", plain(token), method="GET").status == 200
    lang = door.ask(path_of(sale), b'{"amount": "700001.00"}', plain(token, b'{"amount": "700001.00"}'), query_string=b"lang=zh")  # fmt: skip
    assert "不得低于" in json.loads(lang.body)["detail"]
    assert door.ask(path_of(sale), body, plain(token, body), also=("Idempotency-Key", "one")).status == 201
    assert door.to_flask == 5


def test_who_hangs_up_before_the_end_of_it_made_no_bid(door: Door, sale: Sale) -> None:
    body = b'{"amount": "710000.00"}'
    assert door.ask(path_of(sale), body, plain(sale.bidders[1].operator.token, body), cut=True) == Told()
    assert (sale.auction.sequence, door.to_flask) == (1, 0)


def test_a_session_that_ended_bids_no_more(door: Door, sale: Sale, world: World) -> None:
    """Revoked between two bids: the database asks with each of them, whichever door it came by."""
    one, body = sale.bidders[1].operator, b'{"amount": "710000.00"}'
    world.admin.execute("update gate.session set revoked_at = clock_timestamp() where person_id = %s", (one.person_id,))
    told = door.ask(path_of(sale), body, plain(one.token, body))
    assert (told.status, told.headers["www-authenticate"]) == (401, 'Bearer realm="bailee"')
    assert sale.auction.sequence == 1
