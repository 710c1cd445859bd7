"""The line to the house: the story is told through the public API alone, as any client would, and time passes when the operator drives the clock."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import requests

from integrations.demo.cast import Player

PATIENCE_SECONDS = 120


class Unexpected(Exception):
    """The house answered what the story did not expect."""


@dataclass
class Line:
    """Calls to one running Bailee, each by one of the players."""

    url: str
    stage: Mapping[str, Player]
    http: requests.Session = field(default_factory=requests.Session)
    calls: int = 0

    def get(self, who: str, path: str, **query: Any) -> Any:
        """Look at something."""
        return self._call("GET", who, path, params=query, expect=200)

    def post(self, who: str, path: str, body: Mapping[str, Any] | None = None, *, expect: int | None = None) -> Any:
        """Do something, once. `expect`: a refusal that the story counts on."""
        return self._call("POST", who, path, json=dict(body or {}), expect=expect)

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
            time.sleep(0.05)

    def drive(self, *, to: datetime | None = None, by: timedelta | None = None) -> datetime:
        """Let time pass, and everything that falls due happen."""
        moment = to or self.now + (by or timedelta())
        self.post("operator", "/clock", {"to": moment.isoformat()})
        self.settle()
        return moment

    def _call(self, method: str, who: str, path: str, *, expect: int | None, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.stage[who].token}", "Idempotency-Key": str(uuid4())}
        answer = self.http.request(method, f"{self.url}/api/v1{path}", headers=headers, timeout=60, **options)
        self.calls += 1
        good = answer.status_code == expect if expect else answer.ok
        if not good:
            raise Unexpected(f"{method} {path} by {who}: {answer.status_code} {answer.text[:600]}")
        return answer.json() if answer.content else None
