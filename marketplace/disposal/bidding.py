"""Bidding: one bid of a workspace, and the combiner that carries many firms' bids to the database in one call.

Every bid is decided by the database under the auction's lock (`sql/bidding.sql`), and is durable before anybody is answered. Under load a lock taken
once for each bid makes bidding slower the more bidders there are; so the threads of one process queue their bids for an auction, one of them carries
the whole queue over ("flat combining"), and several processes meet at the row lock. Order is the order of arrival there.
"""

import atexit
import os
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from threading import Lock
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text

from marketplace.disposal import ports
from marketplace.disposal.models.auctions import Auction
from marketplace.money import Money
from tenants.database import engine
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Refused, Unavailable
from tenants.permissions import LETTERS, PERMISSIONS
from tenants.workspace import SignedOut, Workspace

log = structlog.get_logger()
MOST_AT_ONCE = 256
MOST_TRIES = 3
PLACE_BIDS = "select * from gate.place_bids(%s, %s, %s::bigint[], %s::uuid[], %s, %s, %s)"
PLACE_BID = text("select * from gate.place_bid(:auction, :amount, :key)")


class Outcome(StrEnum):
    """What the database said to a bid. The first six are in the book; the others have no paddle to be booked under."""

    ACCEPTED = "ACCEPTED"
    TOO_LOW = "TOO_LOW"
    TOO_HIGH = "TOO_HIGH"
    LEADING = "LEADING"
    NOT_OPEN = "NOT_OPEN"
    CLOSED = "CLOSED"
    NO_PADDLE = "NO_PADDLE"
    NOT_ALLOWED = "NOT_ALLOWED"
    SIGNED_OUT = "SIGNED_OUT"
    KEY_REUSED = "KEY_REUSED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a bid, and how the auction stands after it. Amounts in minor units; `hash` is the receipt: the bid's link in the chain."""

    outcome: Outcome
    sequence: int | None
    paddle: int | None
    amount_minor: int
    at: datetime | None
    standing_minor: int | None
    lowest_minor: int | None
    ends_at: datetime | None
    hash: bytes | None
    version: int | None

    @property
    def accepted(self) -> bool:
        return self.outcome is Outcome.ACCEPTED

    @property
    def receipt(self) -> str | None:
        """The bid's link in the chain, as people read it."""
        return self.hash.hex() if self.hash else None


def place_bid(ws: Workspace, auction_id: UUID, *, amount: Money, key: UUID) -> Answer:
    """Bid once for this workspace, in its own transaction: what is refused is in the answer, and in the book.

    The same `key` again is the same bid and gets the same answer. Raises only what has no place in the book (see `refusal`).
    """
    ws.may("place_bid")
    auction = ws.session.get(Auction, auction_id)
    if auction is None:
        raise NotFound("auction_unknown", "There is no such auction.")
    if amount.currency != auction.currency:
        raise Invalid("currency_wrong", "Bid in %(currency)s.", field="amount", currency=auction.currency)
    row = ws.session.execute(PLACE_BID, {"auction": auction_id, "amount": amount.minor, "key": key}).one()
    ws.session.expire(auction)
    return _answer(tuple(row))


def refusal(answer: Answer, currency: str) -> Refused | None:
    """Why a bid does not stand, in words; None where it does."""
    lowest = Money(answer.lowest_minor, currency) if answer.lowest_minor is not None else None
    match answer.outcome:
        case Outcome.ACCEPTED:
            return None
        case Outcome.TOO_LOW:
            return Conflict(
                "bid_too_low", "The next bid must be at least %(least)s.", field="amount", least=_told(lowest)
            )
        case Outcome.TOO_HIGH:
            return Conflict("bid_too_high", "This is more than ten times the next bid of %(least)s. Check the figure.",
                            field="amount", least=_told(lowest))  # fmt: skip
        case Outcome.LEADING:
            return Conflict("already_leading", "You lead already.", field="amount")
        case Outcome.NOT_OPEN:
            return Conflict("sale_not_open", "The sale has not begun.")
        case Outcome.CLOSED:
            return Conflict("sale_ended", "The sale has ended.")
        case Outcome.KEY_REUSED:
            return Conflict("idempotency_key_reused", "This idempotency key came with another request before.")
        case Outcome.UNKNOWN:
            return NotFound("auction_unknown", "There is no such auction.")
        case Outcome.NOT_ALLOWED:
            return NotAllowed("not_allowed", "Your role does not allow this.", capability="place_bid")
    return NotAllowed("bidder_not_admitted", "A bid needs a deposit and admission to this sale.")


class _Slip:
    """One bid on its way: its thread waits at `turn` until it is answered, or until it is its turn to carry the queue over."""

    __slots__ = ("answer", "failure", "key", "leads", "minor", "token", "turn")

    def __init__(self, token: str, minor: int, key: UUID) -> None:
        self.token, self.minor, self.key = token, minor, key
        self.answer: Answer | None = None
        self.failure: BaseException | None = None
        self.leads = False
        self.turn = Lock()
        self.turn.acquire()


class _Lane:
    """The queue of one auction in this process."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.waiting: deque[_Slip] = deque()
        self.busy = False


class Combiner:
    """All bids of one process. Threads that arrive while a call is under way travel together in the next one."""

    def __init__(self, carry: Callable[[UUID, list[_Slip]], list[Answer]] | None = None) -> None:
        self.lines = Lines()
        self._carry = carry or self.lines.place
        self._lanes: dict[UUID, _Lane] = {}
        self._lanes_lock = Lock()

    def place(self, auction_id: UUID, *, token: str, minor: int, key: UUID) -> Answer:
        """Bid for the session of `token`; returns when the bid is committed. Raises SignedOut, or Unavailable where the database did not answer:
        then the bid may stand or not, and sending it again under the same key tells.
        """
        slip = _Slip(token, minor, key)
        lane = self._lane(auction_id)
        with lane.lock:
            lane.waiting.append(slip)
            slip.leads, lane.busy = not lane.busy, True
        if not slip.leads:
            slip.turn.acquire()
        if slip.leads:
            self._lead(auction_id, lane)
        if slip.failure:
            raise Unavailable(
                "bid_unanswered", "The database did not answer. Send the bid again: it counts once."
            ) from slip.failure
        assert slip.answer is not None
        if slip.answer.outcome is Outcome.SIGNED_OUT:
            raise SignedOut
        return slip.answer

    def close(self) -> None:
        """Hang up; the next bid dials again."""
        self.lines.close()

    def _lane(self, auction_id: UUID) -> _Lane:
        lane = self._lanes.get(auction_id)
        if lane is None:
            with self._lanes_lock:
                lane = self._lanes.setdefault(auction_id, _Lane())
        return lane

    def _lead(self, auction_id: UUID, lane: _Lane) -> None:
        """Carry over what waits, one's own bid among it; then hand the lead to the first of those who came meanwhile."""
        with lane.lock:
            batch = [lane.waiting.popleft() for _ in range(min(len(lane.waiting), MOST_AT_ONCE))]
        version = None
        try:
            for slip, answer in zip(batch, self._carry(auction_id, batch), strict=True):
                slip.answer, version = answer, answer.version
        except BaseException as failure:  # told to every thread that waits
            log.warning("bids not answered", auction=str(auction_id), bids=len(batch), trouble=repr(failure))
            for slip in batch:
                slip.failure = failure
            if not isinstance(failure, Exception):
                raise
        finally:
            self._wake(lane, batch)
        if version is not None:
            ports.announce(auction_id, version)

    def _wake(self, lane: _Lane, batch: Iterable[_Slip]) -> None:
        with lane.lock:
            successor = lane.waiting[0] if lane.waiting else None
            lane.busy = successor is not None
            if successor:
                successor.leads = True
        if successor:
            successor.turn.release()
        for slip in batch:
            slip.turn.release()


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
        return (auction_id, [s.token for s in batch], [s.minor for s in batch], [s.key for s in batch], kinds, jobs, "place_bid")  # fmt: skip

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


@cache
def _who_may_bid() -> tuple[list[str], list[str]]:
    """Kinds of organisation and jobs, from the one permission table: the database asks for them with each bid."""
    rule = PERMISSIONS["place_bid"]
    return [str(kind) for kind in rule.kinds], [str(job) for job, letters in LETTERS.items() if rule.letter in letters]


def _answer(row: tuple[Any, ...]) -> Answer:
    _ord, outcome, sequence, paddle, amount, at, standing, lowest, ends_at, hashed, version = row
    return Answer(Outcome(outcome), sequence, paddle, amount, at, standing, lowest, ends_at, hashed, version)


def _told(money: Money | None) -> object:
    return {"minor": money.minor, "currency": money.currency} if money else "–"


combiner = Combiner()
atexit.register(combiner.close)
