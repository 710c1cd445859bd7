"""The story's line into an application in process: the same calls, no network; devices enter by the HTTP door."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from integrations.demo.line import Send
from integrations.devices.envelope import unframed
from integrations.devices.http import SIGNATURE_HEADER, signature_header
from integrations.devices.simulator import Letter, Memory


def in_process(app: Flask) -> Send:
    """Send to an application as a WSGI client would."""

    def send(method: str, path: str, headers: dict[str, str], body: Any) -> tuple[int, Any]:
        answer = app.test_client().open(f"/api/v1{path}", method=method, headers=headers, json=body)
        return answer.status_code, answer.json if answer.data else None

    return send


@dataclass
class DoorPublisher:
    """Devices' letters through the HTTP door of an application in process."""

    app: Flask
    memory: Memory
    told: dict[str, int] = field(default_factory=dict)
    settle: Callable[[], object] | None = None

    def send(self, letter: Letter) -> None:
        content_type, signature, body = unframed(letter.payload)
        headers = {SIGNATURE_HEADER: signature_header(signature), "Content-Type": content_type}
        answer = self.app.test_client().post(f"/api/v1/devices/{letter.device_id}/batches", data=body, headers=headers)
        assert answer.status_code in {200, 201}, answer.text
        self.told[answer.json["verdict"]] = self.told.get(answer.json["verdict"], 0) + 1
        self.memory.forget(letter.digest)

    def drain(self, timeout: float) -> bool:
        return True

    def counters(self) -> dict[str, int]:
        return self.told

    def close(self) -> None:
        self.memory.close()
