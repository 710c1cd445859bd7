"""Hints of auctions: conflated, never the last one dropped, and never in the way of a bid."""

from threading import Event
from typing import Any
from uuid import UUID, uuid4

import pytest

from integrations import auction_hints
from integrations.auction_hints import HintAnnouncer


class Line:
    """Stands for the write-only connection to Valkey."""

    def __init__(self, awaited: int = 10**9, broken: bool = False) -> None:
        self.sent: list[int] = []
        self.reached, self.awaited, self.broken = Event(), awaited, broken

    def emit(self, event: str, told: dict[str, Any], *, namespace: str, room: str) -> None:
        if self.broken:
            raise ConnectionError("the line is down")
        assert (event, namespace, room) == ("moved", "/", f"stream:{told['stream']}")
        self.sent.append(told["sequence"])
        if told["sequence"] >= self.awaited:
            self.reached.set()


def announcer(line: Line, monkeypatch: pytest.MonkeyPatch) -> HintAnnouncer:
    made = HintAnnouncer("redis://nowhere")
    monkeypatch.setattr(made, "_line", lambda: line)
    return made


def test_a_burst_becomes_a_few_hints_and_the_last_one_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    line, auction = Line(awaited=5000), uuid4()
    made = announcer(line, monkeypatch)
    for version in range(1, 5001):
        made.announce(auction, version)
    assert line.reached.wait(5)
    assert line.sent[0] == 1
    assert line.sent[-1] == 5000
    assert len(line.sent) < 60
    assert line.sent == sorted(line.sent)


def test_auctions_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line()
    made = announcer(line, monkeypatch)
    for _ in range(5):
        made.announce(uuid4(), 7)
    assert line.sent == [7] * 5


def test_a_broken_line_harms_no_bid(monkeypatch: pytest.MonkeyPatch) -> None:
    made = announcer(Line(broken=True), monkeypatch)
    made.announce(uuid4(), 1)


def test_what_is_remembered_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    made = announcer(Line(), monkeypatch)
    for _ in range(3000):
        made.announce(UUID(int=uuid4().int), 1)
    assert len(made._sent_at) <= 1001
    assert auction_hints.PAUSE_SECONDS == 0.1
