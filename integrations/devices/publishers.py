"""How simulated devices send: over MQTT with receipts, or by HTTP. Both keep a letter until the house has answered
for it."""

import json
import threading
import time
from collections import Counter
from typing import Any, Protocol
from uuid import UUID, uuid4

import requests
from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from integrations.devices.connection import BATCH_TOPIC, RECEIPT_TOPIC, client_for
from integrations.devices.envelope import unframed
from integrations.devices.http import SIGNATURE_HEADER, signature_header
from integrations.devices.intake import Verdict
from integrations.devices.simulator import Letter, Memory


class Publisher(Protocol):
    """What a scenario is played to."""

    def send(self, letter: Letter) -> None:
        """Send one letter; it is confirmed later, or sent again."""

    def drain(self, timeout: float) -> bool:
        """Wait until every letter is confirmed, sending again what waits too long. False when `timeout` seconds
        pass."""

    def counters(self) -> dict[str, int]:
        """Letters sent, and receipts by verdict."""

    def close(self) -> None:
        """Disconnect."""


class MqttPublisher:
    """Devices behind one MQTT connection. `window` letters may be without a receipt before `send` waits."""

    def __init__(
        self, url: str, memory: Memory, tenant_ids: set[UUID], *, window: int = 400, patience: float = 15.0
    ) -> None:
        self._memory = memory
        self._tenant_ids = tenant_ids
        self._window = window
        self._patience = patience
        self._open: dict[bytes, tuple[Letter, float]] = {}
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        self._counts: Counter[str] = Counter()
        self._client = client_for(url, f"device-{uuid4().hex[:12]}", clean_session=True)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_receipt
        self._client.loop_start()

    def wait_ready(self, timeout: float) -> bool:
        """True once receipts can arrive; then send again what an earlier run left unconfirmed."""
        if not self._subscribed.wait(timeout):
            return False
        for letter in self._memory.unconfirmed():
            self.send(letter)
        return True

    def send(self, letter: Letter) -> None:
        """Publish with QoS 1; waits while the window is full."""
        with self._changed:
            while len(self._open) >= self._window:
                self._changed.wait(self._patience)
                self._send_overdue()
            self._publish(letter)

    def drain(self, timeout: float) -> bool:
        """Wait until every letter has its receipt."""
        until = time.monotonic() + timeout
        with self._changed:
            while self._open and time.monotonic() < until:
                self._changed.wait(min(self._patience, max(0.0, until - time.monotonic())))
                self._send_overdue()
            return not self._open

    def counters(self) -> dict[str, int]:
        """Letters sent, and receipts by verdict."""
        with self._changed:
            return dict(self._counts)

    def close(self) -> None:
        """Disconnect; what is not confirmed stays in memory."""
        self._client.disconnect()
        self._client.loop_stop()

    def _send_overdue(self) -> None:
        overdue = time.monotonic() - self._patience
        for letter, sent in list(self._open.values()):
            if sent < overdue:
                self._counts["sent_again"] += 1
                self._publish(letter)

    def _publish(self, letter: Letter) -> None:
        self._open[letter.digest] = (letter, time.monotonic())
        self._counts["sent"] += 1
        topic = BATCH_TOPIC.format(tenant=letter.tenant_id, device=letter.device_id)
        self._client.publish(topic, letter.payload, qos=1)

    def _on_connect(self, client: Client, _u: Any, _f: ConnectFlags, reason: ReasonCode, _p: Properties | None) -> None:
        if not reason.is_failure:
            client.subscribe([(RECEIPT_TOPIC.format(tenant=each, device="+"), 0) for each in self._tenant_ids])

    def _on_subscribe(self, _c: Client, _u: Any, _mid: int, reasons: list[ReasonCode], _p: Properties | None) -> None:
        if not any(reason.is_failure for reason in reasons):
            self._subscribed.set()

    def _on_receipt(self, _c: Client, _u: Any, message: MQTTMessage) -> None:
        said = json.loads(message.payload)
        digest = bytes.fromhex(said["message"])
        with self._changed:
            if self._open.pop(digest, None) is None:
                return
            self._counts[said["verdict"] + (":" + said["code"] if said["code"] else "")] += 1
            self._memory.forget(digest)
            self._changed.notify_all()


class HttpPublisher:
    """Devices that post: `{url}/api/v1/devices/{id}/batches`. One request for each letter, tried again while the
    house is away."""

    def __init__(self, url: str, memory: Memory, *, timeout: float = 10.0) -> None:
        self._url = url.rstrip("/")
        self._memory = memory
        self._timeout = timeout
        self._web = requests.Session()
        self._counts: Counter[str] = Counter()

    def send(self, letter: Letter) -> None:
        """Post once. A letter that got no final answer stays in memory for `drain`."""
        self._counts["sent"] += 1
        verdict = self._posted(letter)
        self._counts[verdict] += 1
        if verdict is not Verdict.LATER:
            self._memory.forget(letter.digest)

    def drain(self, timeout: float) -> bool:
        """Send the unconfirmed again, with growing pauses, until none is left."""
        until, pause = time.monotonic() + timeout, threading.Event()
        wait = 0.1
        while (letters := self._memory.unconfirmed()) and time.monotonic() < until:
            for letter in letters:
                self.send(letter)
            pause.wait(wait if self._memory.unconfirmed() else 0)
            wait = min(5.0, wait * 2)
        return not self._memory.unconfirmed()

    def counters(self) -> dict[str, int]:
        """Letters sent, and answers by verdict."""
        return dict(self._counts)

    def close(self) -> None:
        """Close the connection."""
        self._web.close()

    def _posted(self, letter: Letter) -> Verdict:
        """2xx is final; 408, 425, 429 and 5xx mean later; any other answer is a refusal."""
        content_type, signature, body = unframed(letter.payload)
        headers = {
            "Content-Type": content_type,
            SIGNATURE_HEADER: signature_header(signature),
            "Idempotency-Key": letter.digest.hex(),
        }
        try:
            answer = self._web.post(
                f"{self._url}/api/v1/devices/{letter.device_id}/batches",
                data=body,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException:
            return Verdict.LATER
        if answer.ok:
            return Verdict.STORED
        return Verdict.LATER if answer.status_code in (408, 425, 429) or answer.status_code >= 500 else Verdict.REFUSED
