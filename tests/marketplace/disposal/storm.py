"""A bidding storm: many threads or coroutines, one auction, and what was acknowledged to whom. Also the measuring stick for bids a second."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from threading import Barrier, Thread
from uuid import UUID, uuid4

import uvloop
from flask import Flask

from marketplace.disposal.bidding import Answer

Place = Callable[[str, int, UUID], Answer]
PlaceSoon = Callable[[str, int, UUID], Awaitable[Answer]]


@dataclass
class Sent:
    """One bid as its bidder remembers it."""

    token: str
    minor: int
    key: UUID
    answer: Answer | None
    seconds: float


@dataclass
class Journal:
    """What all bidders remember."""

    sent: list[Sent] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.sent) / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        times = sorted(one.seconds for one in self.sent)
        return times[min(len(times) - 1, int(share * len(times)))] * 1000


def storm(
    app: Flask,
    place: Place,
    tokens: list[str],
    *,
    bids_each: int,
    next_amount: Callable[[random.Random], int],
    seed: int = 0,
) -> Journal:
    """`bids_each` bids by each token in a thread of its own, all let loose at once."""
    journals: list[list[Sent]] = [[] for _ in tokens]
    start, failures = Barrier(len(tokens) + 1), []

    def bidder(number: int, token: str) -> None:
        dice = random.Random(seed * 1000 + number)
        with app.app_context():
            start.wait()
            for _ in range(bids_each):
                minor, key, began = next_amount(dice), uuid4(), time.perf_counter()
                try:
                    answer = place(token, minor, key)
                except Exception as failure:
                    failures.append(failure)
                    answer = None
                journals[number].append(Sent(token, minor, key, answer, time.perf_counter() - began))

    threads = [Thread(target=bidder, args=(number, token)) for number, token in enumerate(tokens)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if failures:
        raise failures[0]
    return Journal([one for journal in journals for one in journal], seconds)


def storm_on_a_loop(
    app: Flask,
    place: PlaceSoon,
    tokens: list[Sequence[str]],
    *,
    bids_each: int,
    next_amount: Callable[[random.Random], int],
    seed: int = 0,
) -> Journal:
    """The same by coroutines, all on one loop of the web's kind. Each bids by its tokens in turn: nobody outbids itself."""
    sent: list[Sent] = []

    async def bidder(number: int, mine: Sequence[str]) -> None:
        dice = random.Random(seed * 1000 + number)
        for turn in range(bids_each):
            token, minor, key, began = mine[turn % len(mine)], next_amount(dice), uuid4(), time.perf_counter()
            sent.append(Sent(token, minor, key, await place(token, minor, key), time.perf_counter() - began))

    async def all_bid() -> float:
        began = time.perf_counter()
        await asyncio.gather(*(bidder(number, mine) for number, mine in enumerate(tokens)))
        return time.perf_counter() - began

    with app.app_context(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seconds = runner.run(all_bid())
    return Journal(sent, seconds)
