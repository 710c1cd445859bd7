"""The story: copper is listed, verified, watched, lent on; its price falls; a call is cured and another is not; the goods are sold and the money shared.

Told by calls of the public API alone, each party for itself. Its chapters (goods, lending, sale) leave the house as the next one expects it; a call
that is not answered as expected stops the story with what the house said.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from integrations.demo.devices import Watch
from integrations.demo.line import Line
from integrations.demo.prices import Market

CODE = "CU"
Say = Callable[[datetime, str | None], None]  # without words: another day has passed


@dataclass
class Story:
    """What the story knows as it goes, and how its days pass."""

    line: Line
    watch: Watch
    market: Market
    teller: Say
    began: datetime
    lots: list[dict[str, Any]] = field(default_factory=list)
    deal: str = ""
    auction: str = ""
    talks: str = ""  # the negotiated sale of what is left
    cured: int = 0
    weights: dict[str, Decimal] = field(default_factory=dict)
    mark: str = ""
    product: str = ""
    site: str = ""
    bays: list[str] = field(default_factory=list)
    agree: Callable[["Story"], None] | None = None  # what the parties sign before control, beyond the deal itself
    needs_devices: bool = False
    phone: Any = None  # of the officers on patrol

    def say(self, words: str) -> None:
        """Tell what has happened."""
        self.teller(self.line.now, words)

    @property
    def day(self) -> int:
        """Days since the story began."""
        return (self.line.now - self.began).days

    def pass_days(self, until: int, *, stop: Callable[[], bool] = lambda: False) -> None:
        """Let days pass: a price each business day, a report of the devices each morning, and whatever falls due."""
        while self.day < until and not stop():
            self.teller(self.line.drive(by=timedelta(days=1)), None)
            self._publish_price()
            if self.lots[0]["id"] in self.weights:
                self.report()
            self.line.settle()

    def wait_for(self, moment: datetime) -> None:
        """Let days pass until then; the goods stay under watch."""
        while self.line.now + timedelta(days=1) < moment:
            self.pass_days(self.day + 1)
        self.line.drive(to=moment)
        self.report()

    def report(self) -> None:
        """What the devices see of the first lot goes to the house."""
        self.watch.report(self.line.now, self.weights[self.lots[0]["id"]])
        self.watch.settle()

    def price(self) -> Decimal:
        """Of a tonne, today."""
        return self.market.newest(self.line.now.date())

    def open_call(self) -> dict[str, Any] | None:
        """The margin call that runs, if one does."""
        ended = {"CURED", "EXPIRED", "CANCELLED"}
        calls = [one for one in self.line.get("officer", "/margin-calls")["items"] if one["deal_id"] == self.deal]
        return next((one for one in calls if one["status"] not in ended and one["closed_at"] is None), None)

    def call_status(self) -> str:
        """Where the call that runs stands; empty without one."""
        call = self.open_call()
        return call["status"] if call else ""

    def _publish_price(self) -> None:
        today = self.line.now.date()
        if today in self.market.prices:
            quote = {"on": today.isoformat(), "price": str(self.market.prices[today])}
            self.line.post("officer", f"/prices/{CODE}/quotes", {"quotes": [quote]})
