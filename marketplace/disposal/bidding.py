"""Bidding: one bid of a workspace, and the combiner that carries many firms' bids to the database in one call.

Every bid is decided by the database under the auction's lock (`sql/bidding.sql`), and is durable before anybody is answered. Under load a lock taken
once for each bid makes bidding slower the more bidders there are; so the bidders of one process queue their bids for an auction, one call carries the
whole queue over ("flat combining"), and several processes meet at the row lock. Order is the order of arrival there. A bidder is a thread, which carries
the queue itself when it is its turn, or a coroutine, whose queue one of the combiner's own threads carries: one queue for both.
"""

import atexit
import os
from asyncio import Future, get_running_loop
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context, copy_context
from functools import cache
from itertools import pairwise
from threading import Lock
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text

from marketplace.disposal import ports
from marketplace.disposal.answers import Answer, Outcome, refusal, require_limit
from marketplace.disposal.models.auctions import Auction
from marketplace.money import Money
from tenants.database import engine
from tenants.errors import Invalid, NotFound, Unavailable
from tenants.permissions import LETTERS, PERMISSIONS
from tenants.workspace import SignedOut, Workspace

log = structlog.get_logger()
MOST_AT_ONCE = 256
MOST_TRIES = 3
CARRIERS = 8  # auctions whose calls may be under way at once for coroutines
PLACE_BIDS = "select * from gate.place_bids(%s, %s, %s::bigint[], %s::bigint[], %s::uuid[], %s, %s, %s)"
PLACE_BID = text("select * from gate.place_bid(:auction, :amount, :most, :key)")


def place_bid(ws: Workspace, auction_id: UUID, *, amount: Money, key: UUID, limit: Money | None = None) -> Answer:
    """Bid once for this workspace, in its own transaction: what is refused is in the answer, and in the book.

    `limit`: the most that the house may bid for this bidder from now on; the bid itself is then the least that counts, or `amount` if that is more.
    A leader's higher limit takes the old one's place. The same `key` again is the same bid and gets the same answer. Raises only what has no place in the book (see `refusal`).
    """
    ws.may("place_bid")
    auction = ws.session.get(Auction, auction_id)
    if auction is None:
        raise NotFound("auction_unknown", "There is no such auction.")
    if amount.currency != auction.currency:
        raise Invalid("currency_wrong", "Bid in %(currency)s.", field="amount", currency=auction.currency)
    require_limit(amount, limit)
    asked = {"auction": auction_id, "amount": amount.minor, "most": limit.minor if limit else None, "key": key}
    row = ws.session.execute(PLACE_BID, asked).one()
    ws.session.expire(auction)
    return _answer(tuple(row))


class _Slip:
    """One bid on its way: its thread waits at `turn` until it is answered, or until it is its turn to carry the queue over.

    Those who are answered wake one another in the order of the queue (`after`). Woken all at once they would crowd before the interpreter's lock, and
    each be woken again and again in vain: seven changes of thread a bid instead of one and a half.
    """

    __slots__ = ("after", "answer", "failure", "key", "leads", "limit", "minor", "token", "turn")

    def __init__(self, token: str, minor: int, key: UUID, limit: int | None = None) -> None:
        self.token, self.minor, self.key, self.limit = token, minor, key, limit
        self.answer: Answer | None = None
        self.failure: BaseException | None = None
        self.after: _Slip | None = None
        self.leads = False
        self.turn = Lock()
        self.turn.acquire()

    def wait(self) -> None:
        """Sleep until it is one's turn; before anything else, wake whoever comes after."""
        self.turn.acquire()
        self.wake_next()

    def wake_next(self) -> None:
        if self.after:
            self.after.turn.release()


class _Awaited(_Slip):
    """The slip of a coroutine, which sleeps at `told` in its own loop and never carries."""

    __slots__ = ("loop", "told")

    def __init__(self, token: str, minor: int, key: UUID, limit: int | None = None) -> None:
        super().__init__(token, minor, key, limit)
        self.loop = get_running_loop()
        self.told: Future[None] = self.loop.create_future()


class _Lane:
    """The queue of one auction in this process."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.waiting: deque[_Slip] = deque()
        self.busy = False


class Combiner:
    """All bids of one process. Bidders that arrive while a call is under way travel together in the next one."""

    def __init__(self, carry: Callable[[UUID, list[_Slip]], list[Answer]] | None = None) -> None:
        self.lines = Lines()
        self._carry = carry or self.lines.place
        self._lanes: dict[UUID, _Lane] = {}
        self._lanes_lock = Lock()
        self._carriers = ThreadPoolExecutor(CARRIERS, "bids")

    def place(self, auction_id: UUID, *, token: str, minor: int, key: UUID, limit: int | None = None) -> Answer:
        """Bid for the session of `token`; returns when the bid is committed. Raises SignedOut, or Unavailable where the database did not answer:
        then the bid may stand or not, and sending it again under the same key tells.
        """
        slip, lane = _Slip(token, minor, key, limit), self._lane(auction_id)
        if not self._leads(lane, slip):
            slip.wait()
        if slip.leads:
            self._lead(auction_id, lane)
        return _told(slip)

    async def place_soon(self, auction_id: UUID, *, token: str, minor: int, key: UUID, limit: int | None = None, within: Context | None = None) -> Answer:  # fmt: skip
        """The same for a coroutine, which needs no thread while it waits. `within`: the context to carry the queue in, where it is not the caller's own."""
        slip, lane = _Awaited(token, minor, key, limit), self._lane(auction_id)
        if self._leads(lane, slip):  # whoever is on the loop already may come along
            slip.loop.call_soon(self._send_carrier, auction_id, lane, context=within)
        await slip.told
        return _told(slip)

    def close(self) -> None:
        """Hang up; the next bid dials again."""
        self.lines.close()

    def _lane(self, auction_id: UUID) -> _Lane:
        lane = self._lanes.get(auction_id)
        if lane is None:
            with self._lanes_lock:
                lane = self._lanes.setdefault(auction_id, _Lane())
        return lane

    def _leads(self, lane: _Lane, slip: _Slip) -> bool:
        """Queue up; whether nobody carries for this auction just now, so that this bidder has to see to it."""
        with lane.lock:
            lane.waiting.append(slip)
            slip.leads, lane.busy = not lane.busy, True
            return slip.leads

    def _send_carrier(self, auction_id: UUID, lane: _Lane) -> None:
        self._carriers.submit(copy_context().run, self._lead, auction_id, lane)

    def _lead(self, auction_id: UUID, lane: _Lane) -> None:
        """Carry over what waits; then hand the lead to the first of those who came meanwhile."""
        with lane.lock:
            batch = [lane.waiting.popleft() for _ in range(min(len(lane.waiting), MOST_AT_ONCE))]
        version = None
        try:
            for slip, answer in zip(batch, self._carry(auction_id, batch), strict=True):
                slip.answer, version = answer, answer.version
        except BaseException as failure:  # told to everybody who waits
            log.warning("bids not answered", auction=str(auction_id), bids=len(batch), trouble=repr(failure))
            for slip in batch:
                slip.failure = failure
            if not isinstance(failure, Exception):
                raise
        finally:
            self._hand_on(auction_id, lane)
            _wake(batch)
        if version is not None:
            ports.announce(auction_id, version)

    def _hand_on(self, auction_id: UUID, lane: _Lane) -> None:
        with lane.lock:
            successor = lane.waiting[0] if lane.waiting else None
            lane.busy = successor is not None
            if successor:
                successor.leads = True
        if isinstance(successor, _Awaited):
            self._send_carrier(auction_id, lane)
        elif successor:
            successor.turn.release()


def _wake(batch: list[_Slip]) -> None:
    """Tell all of a call: coroutines at once, each loop by one word; threads one another, the first of them here."""
    awaited = [slip for slip in batch if isinstance(slip, _Awaited)]
    for loop in {slip.loop for slip in awaited}:
        with suppress(RuntimeError):  # a loop that has ended, and its bidders with it
            loop.call_soon_threadsafe(_tell, [slip for slip in awaited if slip.loop is loop])
    threads = [slip for slip in batch if not isinstance(slip, _Awaited)]
    for slip, after in pairwise(threads):
        slip.after = after
    if threads and threads[0].leads:  # it runs here
        threads[0].wake_next()
    elif threads:
        threads[0].turn.release()


def _tell(slips: Iterable[_Awaited]) -> None:
    for slip in slips:
        if not slip.told.done():  # its bidder hung up
            slip.told.set_result(None)


def _told(slip: _Slip) -> Answer:
    if slip.failure:
        raise Unavailable(
            "bid_unanswered", "The database did not answer. Send the bid again: it counts once."
        ) from slip.failure
    assert slip.answer is not None
    if slip.answer.outcome is Outcome.SIGNED_OUT:
        raise SignedOut
    return slip.answer


class Lines:
    """The combiner's own connections: they stand in nobody's workspace, so nothing has to be forgotten between two calls.

    One statement is one transaction. A bid is sent again on a new line where the old one broke: its key makes that harmless.
    """

    def __init__(self) -> None:
        self._idle: list[Any] = []
        self._pid = os.getpid()

    def place(self, auction_id: UUID, batch: list[_Slip]) -> list[Answer]:
        for attempt in range(1, MOST_TRIES + 1):
            line = self._take()
            try:
                rows = line.execute(PLACE_BIDS, self._arguments(auction_id, batch)).fetchall()
            except Exception:
                line.close()
                if attempt == MOST_TRIES:
                    raise
            else:
                self._idle.append(line)
                return [_answer(row) for row in rows]
        raise AssertionError

    def _arguments(self, auction_id: UUID, batch: list[_Slip]) -> tuple[Any, ...]:
        kinds, jobs = _who_may_bid()
        figures = (_array(s.minor for s in batch), _array(s.limit for s in batch), _array(s.key.hex for s in batch))
        return (auction_id, [s.token for s in batch], *figures, kinds, jobs, "place_bid")

    def _take(self) -> Any:
        if self._pid != os.getpid():
            self._idle, self._pid = [], os.getpid()
        return self._idle.pop() if self._idle else _line()

    def close(self) -> None:
        """Hang up."""
        while self._idle:
            self._idle.pop().close()


def _line() -> Any:
    pooled = engine().raw_connection()
    line: Any = pooled.driver_connection
    pooled.detach()
    line.rollback()
    line.autocommit = True
    line.prepare_threshold = 0
    return line


def _array(items: Iterable[object]) -> str:
    """Figures or keys as PostgreSQL reads an array: the database's client writes them one by one, at five times the price."""
    return "{" + ",".join("null" if item is None else str(item) for item in items) + "}"


@cache
def _who_may_bid() -> tuple[list[str], list[str]]:
    """Kinds of organisation and jobs, from the one permission table: the database asks for them with each bid."""
    rule = PERMISSIONS["place_bid"]
    return [str(kind) for kind in rule.kinds], [str(job) for job, letters in LETTERS.items() if rule.letter in letters]


def _answer(row: tuple[Any, ...]) -> Answer:
    _ord, outcome, *told = row
    return Answer(Outcome[outcome], *told)


__all__ = ["Answer", "Combiner", "Outcome", "combiner", "place_bid", "refusal", "require_limit"]
combiner = Combiner()
atexit.register(combiner.close)
