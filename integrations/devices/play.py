"""A scenario played: every device sees, signs and sends in event time, and suffers power cuts and wrong clocks."""

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from integrations.devices.mischief import Mischief
from integrations.devices.publishers import Publisher
from integrations.devices.scenario import Series
from integrations.devices.simulator import Letter, Memory, SimulatedDevice
from marketplace.supervision.readings.ports import Sample


@dataclass(frozen=True, slots=True)
class Part:
    """A device and what it sees, in order of time, with what befalls it.

    At each of `power_cuts` it starts again, losing what it had not signed yet. From `clock_wrong_since` on, the times
    that it writes are wrong by `clock_wrong_by`. `mischief`: what others send in its name. `lens`: the picture of a moment, for a camera, which sends a
    frame each time it looks.
    """

    device: SimulatedDevice
    series: Series
    power_cuts: Sequence[datetime] = ()
    clock_wrong_since: datetime | None = None
    clock_wrong_by: timedelta = timedelta(0)
    mischief: Sequence[Mischief] = ()
    lens: Callable[[datetime], bytes] | None = None

    def signed(self, seen: Sequence[Sample], now: datetime) -> bytes:
        """The next message: what was seen, signed at this moment."""
        if self.lens:
            return self.device.frame(self.lens(now), self.shown(now))
        return self.device.batch(seen, sent_at=self.shown(now))

    def shown(self, at: datetime) -> datetime:
        """What the device's own clock shows at this moment."""
        wrong = self.clock_wrong_since is not None and at >= self.clock_wrong_since
        return at + self.clock_wrong_by if wrong else at


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A device sends when its batch spans so much event time or holds so many samples."""

    span_max: timedelta = timedelta(minutes=5)
    samples_max: int = 500


@dataclass
class _Desk:
    """One device at play: what it has seen and not sent, when that is due, and the power cuts to come."""

    part: Part
    cuts: deque[datetime]
    seen: list[Sample] = field(default_factory=list)
    due_at: datetime | None = None


class Play:
    """All devices of a scenario together, in event time.

    `clock` is told the event time before each batch leaves, never one earlier than before, so that a driven clock of
    the house can follow.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        publisher: Publisher,
        memory: Memory,
        *,
        rhythm: Rhythm | None = None,
        clock: Callable[[datetime], None] = lambda _at: None,
    ) -> None:
        self._desks = [_Desk(part, deque(sorted(part.power_cuts))) for part in parts]
        self._publisher = publisher
        self._memory = memory
        self._rhythm = rhythm or Rhythm()
        self._clock = clock
        self._due: list[tuple[datetime, int]] = []
        self.sent = 0

    def run(self) -> int:
        """Play to the end; the number of batches sent."""
        for desk in self._desks:
            self._memory.recall(desk.part.device)
        last: datetime | None = None
        for sample, number in heapq.merge(*map(_told, count(), self._desks), key=lambda told: told[0].at):
            last = sample.at
            self._send_due(last)
            self._see(number, sample)
        for desk in self._desks:
            if last is not None and desk.seen:
                self._send(desk, last)
        return self.sent

    def _send_due(self, now: datetime) -> None:
        while self._due and self._due[0][0] <= now:
            due_at, number = heapq.heappop(self._due)
            desk = self._desks[number]
            if desk.due_at == due_at:
                self._lose_power(desk, due_at)
                self._send(desk, due_at)

    def _see(self, number: int, sample: Sample) -> None:
        desk = self._desks[number]
        self._lose_power(desk, sample.at)
        if not desk.seen:
            desk.due_at = sample.at + self._rhythm.span_max
            heapq.heappush(self._due, (desk.due_at, number))
        desk.seen.append(replace(sample, at=desk.part.shown(sample.at)))
        if desk.part.lens or len(desk.seen) >= self._rhythm.samples_max:
            self._send(desk, sample.at)

    def _lose_power(self, desk: _Desk, now: datetime) -> None:
        while desk.cuts and desk.cuts[0] <= now:
            desk.cuts.popleft()
            desk.part.device.restart()
            desk.seen.clear()

    def _send(self, desk: _Desk, now: datetime) -> None:
        desk.due_at = None
        if not desk.seen:
            return
        self._clock(now)
        device = desk.part.device
        shown, seen = desk.part.shown(now), tuple(desk.seen)
        payload = desk.part.signed(seen, now)
        desk.seen.clear()
        self._publisher.send(self._memory.keep(device, payload))
        self.sent += 1
        for mischief in desk.part.mischief:
            for other in mischief(device, payload, seen, shown):
                self._publisher.send(Letter(device.tenant_id, device.device_id, other))


def _told(number: int, desk: _Desk) -> Iterator[tuple[Sample, int]]:
    return ((sample, number) for sample in desk.part.series)
