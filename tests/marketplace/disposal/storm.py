"""A bidding storm: many threads, one auction, and what was acknowledged to whom. Also the measuring stick for bids a second."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Barrier, Thread
from uuid import UUID, uuid4

from flask import Flask

from marketplace.disposal.bidding import Answer

Place = Callable[[str, int, UUID], Answer]


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
