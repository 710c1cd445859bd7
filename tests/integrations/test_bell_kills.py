"""Killed with -9 at the bell: the database, then the web and the worker. The sale ends as its published outage rule says; a journal of what was acknowledged to
whom is held against the book: nothing acknowledged is lost, nothing unacknowledged counts twice, the highest valid bid wins.
"""

import asyncio
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

import psycopg
import pytest
import socketio
from redis import Redis
from sqlalchemy.engine import URL

from integrations.heartbeat import beat
from integrations.local.stack import healthy
from integrations.local.valkey import Valkey
from integrations.relay import relay_once
from marketplace.disposal.bidding import Answer, Combiner, Outcome
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.rules.outages import SaleTimes, standstill
from tenants.database import database
from tenants.errors import Unavailable
from tests import cluster
from tests.bench.world import Bench, standing
from tests.factories import World
from tests.integrations.devices.mqtt_world import ROOT, free_port, until
from tests.integrations.local.running import running
from tests.integrations.test_database_kills import Killer
from tests.integrations.test_worker_kills import worker
from tests.marketplace.disposal.makers import Sale, an_auction
from tests.marketplace.disposal.test_limits import recomputed
from tests.marketplace.disposal.test_storm import whole_book

pytestmark = pytest.mark.stack
BIDDERS, AWAY = 6, timedelta(minutes=10)
FELL_SILENT = "update gate.heartbeat set world_at = world_at - interval '1 hour'"


@dataclass
class Journal:
    """What bidders remember: what they sent under which key, and what they were answered."""

    sent: dict[UUID, tuple[str, int]] = field(default_factory=dict)
    answered: dict[UUID, Answer] = field(default_factory=dict)

    @property
    def unanswered(self) -> list[UUID]:
        return [key for key in self.sent if key not in self.answered]

    def send(self, combiner: Combiner, sale: Sale, token: str, minor: int, key: UUID | None = None) -> Answer:
        once = key or uuid4()
        self.sent[once] = token, minor
        return self._kept(once, combiner.place(sale.auction_id, token=token, minor=minor, key=once))

    async def send_soon(self, combiner: Combiner, sale: Sale, token: str, minor: int) -> Answer:
        """The same from a coroutine."""
        once = uuid4()
        self.sent[once] = token, minor
        return self._kept(once, await combiner.place_soon(sale.auction_id, token=token, minor=minor, key=once))

    def _kept(self, once: UUID, answer: Answer) -> Answer:
        if answer.outcome is not Outcome.PAUSED:  # no place in the book: nothing to remember
            self.answered[once] = answer
        return answer

    def require_kept(self, sale: Sale) -> None:
        """Every answer is a line of the book as it was told, and every key has one line at most."""
        book = {bid.sequence: bid for bid in whole_book(sale)}
        for answer in self.answered.values():
            assert answer.sequence
            line = book[answer.sequence]
            assert (line.hash, line.outcome, line.amount_minor) == (
                answer.hash,
                answer.outcome.value,
                answer.amount_minor,
            )
        keys = sale.world.admin.execute("select key, count(*) from house.bid_slip where auction_id = %s and sequence > 1 group by 1", (sale.auction_id,)).fetchall()  # fmt: skip
        assert {key for key, _ in keys} == set(self.answered), (
            "what was taken is answered under its key, once it is asked"
        )
        assert all(count == 1 for _, count in keys)
        assert len(book) == 1 + len(keys), "the opening bid, and one line for each"


def expected(before: Auction, sale: Sale, back: timedelta) -> tuple[object, object]:
    """When it goes on and ends, by the pure rule, from the last line in the book."""
    [*_, last] = whole_book(sale)
    told = standstill(before.outage_rule, SaleTimes(before.opens_at, sale.auction.ends_at, last.at), silent_from=last.at, back_at=last.at + back)  # fmt: skip
    assert told
    return told.resumes_at, told.ends_at


def require_won_by_the_highest(sale: Sale) -> None:
    """Sold to the highest valid bid, the book honest, and strangers come to the same."""
    auction = sale.close()
    best = max((bid for bid in whole_book(sale) if bid.outcome == "ACCEPTED"), key=lambda bid: bid.amount_minor)
    assert (auction.status, auction.sold_minor, auction.winning_paddle) == ("SOLD", best.amount_minor, best.paddle)
    assert recomputed(sale)[1] == 0


# -- The database


@pytest.fixture
def bench() -> Iterator[Bench]:
    """A durable server of its own, to be killed."""
    with standing() as made:
        yield made
        made.admin.close()


def at_the_bell(world: World, bidders: int) -> Sale:
    """A second before the end, the house's sign of life given."""
    sale = an_auction(world, start="1000", step="1").open_with_bidders(bidders)
    sale.bid(sale.bidders[0], 1000)
    world.set_clock(sale.auction.ends_at - timedelta(seconds=1))
    beat()
    return sale


def let_loose(world: World, sale: Sale, journal: Journal, combiner: Combiner, over: Event) -> list[Thread]:
    """Every bidder bids on until it is over or it is not answered: half of them threads, half coroutines of one loop, all by one combiner."""
    tokens = [(number, firm.operator.token) for number, firm in enumerate(sale.bidders)]

    def minor(number: int, step: int) -> int:
        return 100_100 + step * 1_000 + number * 150

    def bidder(number: int, token: str) -> None:
        with world.app.app_context(), suppress(Unavailable):  # the server is gone: what was under way stays unanswered
            for step in count():
                if over.is_set():
                    return
                journal.send(combiner, sale, token, minor(number, step))

    async def coroutine(number: int, token: str) -> None:
        with suppress(Unavailable):
            for step in count():
                if over.is_set():
                    return
                await journal.send_soon(combiner, sale, token, minor(number, step))

    async def coroutines() -> None:
        await asyncio.gather(*(coroutine(*one) for one in tokens[1::2]))

    def loop() -> None:
        with world.app.app_context():
            asyncio.run(coroutines())

    threads = [*(Thread(target=bidder, args=one) for one in tokens[::2]), Thread(target=loop)]
    for thread in threads:
        thread.start()
    return threads


def storm_until_killed(bench: Bench, sale: Sale, journal: Journal) -> None:
    """Every bidder bids on until it is not answered; the server is killed in the middle."""
    combiner, killer = Combiner(), Killer(bench)
    threads = let_loose(bench, sale, journal, combiner, Event())
    assert until(lambda: len(journal.answered) >= 60, 60)
    killer.aim(0.0)
    for thread in threads:
        thread.join()
    killer.bury()
    combiner.close()


def line_up_again(bench: Bench) -> None:
    """Every connection was the dead server's."""
    for app in (bench.app, bench.worker_app, bench.gateway_app):
        with app.app_context():
            for engine in database.engines.values():
                engine.dispose()
    bench.admin.close()
    bench.admin = psycopg.connect(bench.admin_dsn, autocommit=True)


def test_kill_9_of_the_database_at_the_bell_ends_as_the_rule_says(bench: Bench) -> None:
    sale, journal = at_the_bell(bench, BIDDERS), Journal()
    before = sale.auction
    storm_until_killed(bench, sale, journal)
    line_up_again(bench)
    bench.admin.execute(FELL_SILENT)
    bench.set_clock(whole_book(sale)[-1].at + AWAY)
    combiner = Combiner()
    for key in journal.unanswered:
        answer = journal.send(combiner, sale, *journal.sent[key], key)
        assert answer.outcome in {Outcome.PAUSED, Outcome.ACCEPTED, Outcome.TOO_LOW, Outcome.LEADING}
    bench.work()
    assert sale.auction.status == "OPEN", "nobody closes a sale in which nobody could bid"
    due = expected(before, sale, AWAY)
    assert beat() == 1
    assert (sale.auction.resumes_at, sale.auction.ends_at) == due
    bench.work()
    bench.set_clock(sale.auction.resumes_at or bench.now)
    beat()
    for key in journal.unanswered:
        journal.send(combiner, sale, *journal.sent[key], key)
    assert not journal.unanswered
    assert journal.send(combiner, sale, sale.bidders[1].operator.token, 30_000_000).outcome is not Outcome.PAUSED
    combiner.close()
    journal.require_kept(sale)
    require_won_by_the_highest(sale)


# -- The web and the worker


@dataclass
class WebJournal:
    """What the web's bidders remember, by the keys that the book knows: what was sent, and what came back with which status."""

    sent: dict[UUID, tuple[str, int]] = field(default_factory=dict)
    answered: dict[UUID, tuple[int, dict[str, Any]]] = field(default_factory=dict)

    def bid_on(self, port: int, sale: Sale, number: int, token: str) -> None:
        """Bid by calls on one line until the web is gone."""
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        with suppress(OSError, http.client.HTTPException):
            for step in count():
                key, minor = str(uuid4()), 100_100 + step * 1_000 + number * 150
                self.sent[uuid5(NAMESPACE_OID, key)] = token, minor
                headers = {
                    "Authorization": f"Bearer {token}",
                    "Idempotency-Key": key,
                    "Content-Type": "application/json",
                }
                line.request("POST", f"/api/v1/auctions/{sale.auction_id}/bids", json.dumps({"amount": f"{minor / 100:.2f}"}), headers)  # fmt: skip
                answer = line.getresponse()
                self.answered[uuid5(NAMESPACE_OID, key)] = answer.status, json.load(answer)

    def require_kept(self, sale: Sale) -> None:
        """Nothing acknowledged is lost, nothing counts twice, and of each bidder one bid at most was under way."""
        book = {bid.sequence: (bid.outcome, bid.amount_minor) for bid in whole_book(sale)}
        rows = sale.world.admin.execute("select key, sequence from house.bid_slip where auction_id = %s and sequence > 1", (sale.auction_id,)).fetchall()  # fmt: skip
        slips = dict(rows)
        assert len(rows) == len(slips) == len(book) - 1
        assert set(self.answered) <= set(slips) <= set(self.sent)
        assert len(slips) - len(self.answered) <= BIDDERS
        for key, (status, told) in self.answered.items():
            assert status in (201, 409), told
            taken = ("ACCEPTED", self.sent[key][1]) if status == 201 else (told["code"].removeprefix("bid_").removeprefix("already_").upper(), self.sent[key][1])  # fmt: skip
            assert book[slips[key]] == taken
            assert status == 409 or told["receipt"]["sequence"] == told["sequence"] == slips[key]


def a_web(url: URL, port: int) -> "subprocess.Popen[bytes]":
    """The web as it is run."""
    told = {"BAILEE_ROLE": "APP", "BAILEE_DATABASE_APP_URL": cluster.as_role(url, "app"), "BAILEE_DATABASE_DOOR_URL": cluster.as_role(url, "door"), "BAILEE_SECRET_KEY": "of-a-web-that-is-killed"}  # fmt: skip
    command = [sys.executable, "-m", "uvicorn", "wsgi:asgi", "--port", str(port), "--log-level", "error"]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | told | {"PYTHONPATH": str(ROOT)})


def test_kill_9_of_web_and_worker_at_the_bell_ends_as_the_rule_says(
    world: World, database_url: URL, tmp_path: Path
) -> None:
    sale, told, port = at_the_bell(world, BIDDERS), WebJournal(), free_port()
    web = a_web(database_url, port)
    try:
        assert until(healthy("127.0.0.1", port), 240)
        threads = [Thread(target=told.bid_on, args=(port, sale, number, firm.operator.token)) for number, firm in enumerate(sale.bidders)]  # fmt: skip
        for thread in threads:
            thread.start()
        assert until(lambda: len(told.answered) >= 60, 60)
    finally:
        web.kill()
        web.wait()
    for thread in threads:
        thread.join()
    told.require_kept(sale)
    world.admin.execute(FELL_SILENT)
    world.advance(AWAY)
    combiner, journal = Combiner(), Journal()
    for key in [one for one in told.sent if one not in told.answered]:
        answer = journal.send(combiner, sale, *told.sent[key], key)
        assert answer.outcome in {Outcome.PAUSED, Outcome.ACCEPTED, Outcome.TOO_LOW, Outcome.LEADING}
    combiner.close()
    due = expected(sale.auction, sale, AWAY)
    assert beat() >= 1, "other tests' sales may have run as well"
    assert (sale.auction.resumes_at, sale.auction.ends_at) == due
    require_honest_until_the_halt(sale)
    world.set_clock(sale.auction.ends_at)
    beat()
    hammered_once_by_workers_that_die(world, database_url, sale, tmp_path)
    require_won_by_the_highest(sale)


def require_honest_until_the_halt(sale: Sale) -> None:
    """The chain closes over everything that was taken."""
    bids = whole_book(sale)
    assert [bid.sequence for bid in bids] == list(range(1, len(bids) + 1))
    assert sale.auction.chain_hash == bids[-1].hash


def hammered_once_by_workers_that_die(world: World, url: URL, sale: Sale, folder: Path) -> None:
    """The closing is handed to workers that are killed, one before it could begin and one in the middle of things; the third finishes."""
    made, log = Valkey(folder / "home"), folder / "worker.log"
    with running(made.child(), folder / "valkey.log"):
        line = Redis.from_url(made.url())
        hints = socketio.RedisManager(made.url(), write_only=True)

        def hand_out() -> None:
            world.admin.execute("update house.delivery set leased_until = null where stream_id = %s and done_at is null", (sale.auction_id,))  # fmt: skip
            with world.worker_app.app_context():
                while relay_once(line, hints):
                    pass

        hand_out()
        with worker(url, made.url(), log) as process:
            process.kill()
        hand_out()
        with worker(url, made.url(), log) as process:
            assert until(lambda: sale.auction.status == "SOLD", 60), log.read_text()[-3000:]
            process.kill()
    world.work()
    hammered = world.admin.execute("select count(*) from house.event where stream_id = %s and kind = 'LotHammered'", (sale.auction_id,)).fetchone()  # fmt: skip
    owed = world.admin.execute("select count(*) from house.settlement where auction_id = %s", (sale.auction_id,)).fetchone()  # fmt: skip
    assert (hammered, owed) == ((1,), (1,))
    out = world.admin.execute("select outcome, count(*) from house.deposit_move where auction_id = %s and side = 'OUT' group by 1", (sale.auction_id,)).fetchall()  # fmt: skip
    assert out == [("RETURNED", BIDDERS - 1)]
