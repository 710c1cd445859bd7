"""The combiner's own promise, no database: whoever hands in a bid is answered or told that nobody answered, and nobody is left asleep."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Thread
from time import monotonic
from uuid import UUID, uuid4

import pytest

from marketplace.disposal.bidding import Answer, Combiner, Outcome, _Slip
from tenants.errors import Unavailable

AUCTION = UUID(int=1)
PATIENCE = 20  # seconds until a thread counts as left asleep


@dataclass
class Counter:
    """The database's stand-in: the first call waits until it is let go; calls of the numbers in `failing` fail."""

    failing: frozenset[int] = frozenset()
    go: Event = field(default_factory=Event)
    calls: list[list[int]] = field(default_factory=list)

    def carry(self, _auction_id: UUID, batch: list[_Slip]) -> list[Answer]:
        self.calls.append([slip.minor for slip in batch])
        if len(self.calls) == 1:
            assert self.go.wait(PATIENCE)
        if len(self.calls) in self.failing:
            raise ConnectionError
        return [_answered(slip.minor) for slip in batch]


def _answered(minor: int) -> Answer:
    return Answer(Outcome.ACCEPTED, minor, 1, minor, datetime.now(UTC), minor, minor, None, b"", None, leads=True)


def in_a_thread(combiner: Combiner, minor: int) -> Answer:
    return combiner.place(AUCTION, token="t", minor=minor, key=uuid4())


def in_a_loop(combiner: Combiner, minor: int) -> Answer:
    """A loop of its own for each, which is the hardest to wake."""
    return asyncio.run(combiner.place_soon(AUCTION, token="t", minor=minor, key=uuid4()))


KINDS: dict[str, list[Callable[[Combiner, int], Answer]]] = {
    "threads": [in_a_thread],
    "coroutines": [in_a_loop],
    "both": [in_a_thread, in_a_loop, in_a_loop],
    "both, a coroutine first": [in_a_loop, in_a_thread],
}


class Crowd:
    """Bidders in threads or loops, let in one by one, so that their order in the queue is known."""

    def __init__(self, counter: Counter, kinds: list[Callable[[Combiner, int], Answer]]) -> None:
        self.counter, self.combiner, self.kinds = counter, Combiner(counter.carry), kinds
        self.told: dict[int, object] = {}
        self.threads: list[Thread] = []

    def enter(self, minor: int) -> None:
        """Hand in a bid, and go on once it waits in the queue or is being carried."""
        self.threads.append(Thread(target=self._bid, args=(minor,), daemon=True))
        self.threads[-1].start()
        while not self._arrived(minor):
            pass

    def _arrived(self, minor: int) -> bool:
        lane = self.combiner._lane(AUCTION)
        with lane.lock:
            waits = any(slip.minor == minor for slip in lane.waiting) and self.counter.calls  # the first is on its way
            return bool(waits) or any(minor in call for call in self.counter.calls)

    def _bid(self, minor: int) -> None:
        try:
            self.told[minor] = self.kinds[minor % len(self.kinds)](self.combiner, minor).sequence
        except Unavailable as unanswered:
            self.told[minor] = unanswered.code

    def leave(self) -> dict[int, object]:
        """Let the first call go; what everybody was told."""
        self.counter.go.set()
        until = monotonic() + PATIENCE
        for thread in self.threads:
            thread.join(max(0.0, until - monotonic()))
        assert not any(thread.is_alive() for thread in self.threads), "bidders are left asleep"
        return self.told


@pytest.fixture(params=KINDS)
def kinds(request: pytest.FixtureRequest) -> list[Callable[[Combiner, int], Answer]]:
    return KINDS[request.param]


@pytest.fixture
def crowd(request: pytest.FixtureRequest, kinds: list[Callable[[Combiner, int], Answer]]) -> Iterator[Crowd]:
    """`request.param`: the numbers of the calls that fail."""
    made = Crowd(Counter(frozenset(request.param)), kinds)
    for minor in range(1, 41):
        made.enter(minor)
    yield made
    made.combiner.close()


@pytest.mark.parametrize("crowd", [()], indirect=True)
def test_all_who_came_during_a_call_travel_in_the_next_in_their_order(crowd: Crowd) -> None:
    assert crowd.leave() == {minor: minor for minor in range(1, 41)}
    assert crowd.counter.calls == [[1], list(range(2, 41))]


@pytest.mark.parametrize("crowd", [(1,), (2,), (1, 2)], indirect=True)
def test_a_call_that_fails_is_told_to_all_of_it_and_the_next_goes_on(crowd: Crowd) -> None:
    told, unanswered = crowd.leave(), "bid_unanswered"
    first, others = (unanswered if call in crowd.counter.failing else None for call in (1, 2))
    assert told == {1: first or 1} | {minor: others or minor for minor in range(2, 41)}
    crowd.enter(41)
    assert crowd.leave()[41] == 41


def test_all_who_are_on_a_loop_travel_in_one_call_and_who_hung_up_harms_nobody() -> None:
    counter = Counter()
    counter.go.set()
    combiner = Combiner(counter.carry)

    async def bid(minor: int) -> int | None:
        return (await combiner.place_soon(AUCTION, token="t", minor=minor, key=uuid4())).sequence

    async def all_bid() -> list[object]:
        bids = [asyncio.create_task(bid(minor)) for minor in range(1, 65)]
        await asyncio.sleep(0)
        bids[6].cancel()
        return list(await asyncio.wait_for(asyncio.gather(*bids, return_exceptions=True), PATIENCE))

    with ThreadPoolExecutor(1) as aside:  # where a browser has been, this thread has a loop of its own
        told = aside.submit(asyncio.run, all_bid()).result()
    assert isinstance(told.pop(6), asyncio.CancelledError)
    assert told == [minor for minor in range(1, 65) if minor != 7]
    assert counter.calls == [list(range(1, 65))], "the bid of who hung up was on its way, and is carried"
    combiner.close()
