"""The line to the house: the story is told through the public API alone, as any client would, and time passes when the operator drives the clock."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import requests

from integrations.demo.cast import Player

PATIENCE_SECONDS = 120
# (method, path below /api/v1, headers, body) -> (status, answer)
Send = Callable[[str, str, dict[str, str], Any], tuple[int, Any]]


class Unexpected(Exception):
    """The house answered what the story did not expect."""


def tonnes(amount: Decimal | str) -> dict[str, str]:
    """A quantity as calls take it."""
    return {"amount": f"{Decimal(amount):.3f}", "unit": "TNE"}


def yuan(amount: Decimal | str) -> dict[str, str]:
    """An amount as calls take it."""
    return {"amount": f"{Decimal(amount):.2f}", "currency": "CNY"}


def round_figure(amount: Decimal) -> Decimal:
    """Three leading digits and noughts, as people agree on amounts; never less than a fen."""
    return max(amount.quantize(Decimal(1).scaleb(max(amount.adjusted() - 2, -2))), Decimal("0.01"))


def over_http(url: str) -> Send:
    """Send to a running Bailee."""
    session = requests.Session()

    def send(method: str, path: str, headers: dict[str, str], body: Any) -> tuple[int, Any]:
        answer = session.request(method, f"{url}/api/v1{path}", headers=headers, json=body, timeout=60)
        return answer.status_code, answer.json() if answer.content else None

    return send


@dataclass
class Line:
    """Calls to one house, each by one of the players."""

    send: Send
    stage: Mapping[str, Player]
    settle_by: Callable[[], object] | None = None  # how due deliveries get done where no worker runs
    calls: int = 0

    def get(self, who: str, path: str, *, expect: int | None = None) -> Any:
        """Look at something. `expect`: the status of a refusal that the story counts on."""
        return self._call("GET", who, path, None, expect)

    def post(self, who: str, path: str, body: Mapping[str, Any] | None = None, *, expect: int | None = None) -> Any:
        """Do something, once. `expect`: the status of a refusal that the story counts on."""
        return self._call("POST", who, path, dict(body or {}), expect)

    def approve(self, who: str, act: str, note: str = "") -> Any:
        """The second pair of eyes approves the newest proposal of this kind."""
        waiting = [one for one in self.get(who, "/approvals")["items"] if one["act"] == act]
        if not waiting:
            raise Unexpected(f"nothing of {act} waits for {who}")
        return self.post(who, f"/approvals/{waiting[-1]['id']}/approval", {"note": note})

    @property
    def now(self) -> datetime:
        """The house's clock."""
        return datetime.fromisoformat(self.get("operator", "/clock")["now"])

    def settle(self) -> None:
        """Wait until nothing that is due is undone."""
        patience = time.monotonic() + PATIENCE_SECONDS
        while self.get("operator", "/clock")["waiting"]:
            if time.monotonic() > patience:
                raise Unexpected("deliveries stay undone: is the worker running?")
            if self.settle_by:
                self.settle_by()
            else:
                time.sleep(0.03)

    def drive(self, *, to: datetime | None = None, by: timedelta | None = None) -> datetime:
        """Let time pass, and everything that falls due happen."""
        moment = to or self.now + (by or timedelta())
        self.post("operator", "/clock", {"to": moment.isoformat()})
        self.settle()
        return moment

    def _call(self, method: str, who: str, path: str, body: Any, expect: int | None) -> Any:
        headers = {"Authorization": f"Bearer {self.stage[who].token}", "Idempotency-Key": str(uuid4())}
        status, answer = self.send(method, path, headers, body)
        self.calls += 1
        if status != expect if expect else status >= 400:
            raise Unexpected(f"{method} {path} by {who}: {status} {str(answer)[:700]}")
        return answer
