"""The gateway: from an MQTT broker (3.1.1 or 5) into the house, acknowledging only what is stored.

It subscribes to `t/{tenant}/d/{device}/b` with QoS 1 in a persistent session, gathers what arrives within a few
milliseconds into one call of `take`, and sends PUBACK for a message only after `take` has called it final. Killed at
any point, it leaves every unfinished message with the broker, which delivers it again. For each finished message it
publishes a receipt on `t/{tenant}/d/{device}/a`: a device keeps a batch until it has the receipt, since the broker's
own PUBACK says only that the broker has it.

aiomqtt acknowledges by itself before the caller has done anything, so this uses paho with `manual_ack`: its network
thread fills a line, one storing thread empties it in order.
"""

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from integrations.devices.connection import RECEIPT_TOPIC, batch_filter, client_for
from integrations.devices.envelope import receipt_digest
from integrations.devices.intake import Incoming, Outcome, Take

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How the gateway gathers and retries. Times in seconds."""

    messages_max: int = 256
    gather_seconds: float = 0.02
    backoff_first: float = 0.05
    backoff_max: float = 5.0
    hold_first: float = 1.0
    hold_max: float = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class _Arrival:
    """A message in the line, and the connection it came by: its number `mid` means another message on the next one."""

    connection: int
    mid: int
    qos: int
    incoming: Incoming

    @property
    def place(self) -> int:
        """Its place in the line: the packet number, unique while unacknowledged. QoS 0 has none and cannot come
        again."""
        return self.mid if self.qos else -id(self)


@dataclass(frozen=True, slots=True)
class _Hold:
    """A device whose next message could not be stored is left alone until `until`, longer each time."""

    until: float
    seconds: float


class Gateway:
    """One subscriber. `start`, `wait_ready`, `stop`; `counters` for the metrics page."""

    def __init__(self, url: str, take: Take, *, client_id: str = "bailee-gateway", pace: Pace | None = None) -> None:
        self._take = take
        self._pace = pace or Pace()
        self._line: dict[int, _Arrival] = {}
        self._arrived = threading.Condition()
        self._connection = 0
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._counts: Counter[str] = Counter()
        self._holds: dict[UUID, _Hold] = {}
        self._storing = threading.Thread(target=self._store_all, name="device-storing", daemon=True)
        self._filter = batch_filter(url)
        self._client = client_for(url, client_id, clean_session=False, manual_ack=True)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def start(self) -> None:
        """Connect in the background, and go on trying for ever."""
        self._storing.start()
        self._client.loop_start()

    def wait_ready(self, timeout: float | None = None) -> bool:
        """True once the broker has confirmed the subscription; False when `timeout` seconds have passed without."""
        return self._ready.wait(timeout)

    @property
    def ready(self) -> bool:
        """Connected and subscribed at this moment."""
        return self._ready.is_set()

    def stop(self) -> None:
        """Finish the call under way, acknowledge what it stored, disconnect. What still waits stays with the broker."""
        self._stopping.set()
        with self._arrived:
            self._arrived.notify_all()
        self._storing.join()
        self._client.disconnect()
        self._client.loop_stop()

    def counters(self) -> dict[str, int]:
        """Totals since the start: by outcome (`stored`, `duplicate`, `refused:<code>`, `later`) and by what the
        gateway itself met."""
        with self._arrived:
            return dict(self._counts)

    # The network thread.

    def _on_connect(
        self, client: Client, _u: Any, _flags: ConnectFlags, reason: ReasonCode, _p: Properties | None
    ) -> None:
        if reason.is_failure:
            self._count("connect_refused")
            return
        self._count("connects")
        client.subscribe(self._filter, qos=1)

    def _on_subscribe(
        self, client: Client, _u: Any, _mid: int, reasons: Sequence[ReasonCode], _p: Properties | None
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self._count("subscribe_refused")
            _log.error("the broker refuses the gateway's subscription")
            client.disconnect()
            return
        self._ready.set()

    def _on_disconnect(self, _c: Client, _u: Any, _f: DisconnectFlags, _r: ReasonCode, _p: Properties | None) -> None:
        """Forget the line: the broker delivers it again, under new numbers."""
        self._ready.clear()
        with self._arrived:
            self._connection += 1
            self._counts["disconnects"] += 1
            self._line.clear()

    def _on_message(self, client: Client, _u: Any, message: MQTTMessage) -> None:
        incoming = _addressed(message)
        if incoming is None:
            self._count("refused:malformed_topic")
            client.ack(message.mid, message.qos)
            return
        with self._arrived:
            self._counts["received"] += 1
            arrival = _Arrival(self._connection, message.mid, message.qos, incoming)
            if arrival.place in self._line:
                self._counts["redelivered"] += 1  # the broker lost patience; ours is still in work
                return
            self._line[arrival.place] = arrival
            self._arrived.notify()

    # The storing thread.

    def _store_all(self) -> None:
        width, failures = self._pace.messages_max, 0
        while not self._stopping.is_set():
            together = self._gathered(width)
            if not together:
                continue
            outcomes = self._taken([arrival.incoming for arrival in together])
            if outcomes is not None:
                if failures > 1:
                    self._holds.clear()  # the store is back: nobody was to blame
                self._finish(together, outcomes)
                width, failures = self._pace.messages_max, 0
            elif len(together) > 1:
                width = len(together) // 2
            else:
                width = self._pace.messages_max
                failures += not self._hold(together[0].incoming.device_id)
                self._back_off(failures)

    def _back_off(self, failures: int) -> None:
        """One message that fails alone may itself be the reason; a second one in a row means that the store is away."""
        if failures > 1:
            self._stopping.wait(min(self._pace.backoff_max, self._pace.backoff_first * 2**failures))

    def _gathered(self, width: int) -> list[_Arrival]:
        """Up to `width` messages from the head of the line, without those of devices on hold; they stay in it."""
        with self._arrived:
            if not self._waiting(width):
                self._arrived.wait(self._pace.gather_seconds * 5)
            elif len(self._line) < width:
                self._arrived.wait_for(lambda: len(self._line) >= width, self._pace.gather_seconds)
            return self._waiting(width)

    def _waiting(self, width: int) -> list[_Arrival]:
        """The head of the line. A device whose hold is over is tried with one message, alone, so it fails alone."""
        now = time.monotonic()
        free: list[_Arrival] = []
        for arrival in self._line.values():
            hold = self._holds.get(arrival.incoming.device_id)
            if hold is None:
                free.append(arrival)
            elif hold.until <= now:
                return [arrival]
            if len(free) == width:
                break
        return free

    def _taken(self, together: list[Incoming]) -> list[Outcome] | None:
        """The outcomes; None where `take` failed as a whole, so that nothing may be acknowledged."""
        try:
            outcomes = self._take(together)
            assert len(outcomes) == len(together), "take must tell one outcome for each message"
        except Exception:
            self._count("failed_calls")
            _log.warning("storing %d device messages failed; they are kept", len(together), exc_info=len(together) == 1)
            return None
        return outcomes

    def _finish(self, together: list[_Arrival], outcomes: list[Outcome]) -> None:
        """Acknowledge what is final, hold the devices of the rest, and take the finished ones out of the line."""
        with self._arrived:
            for arrival, outcome in zip(together, outcomes, strict=True):
                self._counts[outcome.label] += 1
                if outcome.final:
                    self._acknowledge(arrival, outcome)
        self._hold_and_free(together, outcomes)

    def _hold_and_free(self, together: list[_Arrival], outcomes: list[Outcome]) -> None:
        waiting = {a.incoming.device_id for a, o in zip(together, outcomes, strict=True) if not o.final}
        for device_id in {arrival.incoming.device_id for arrival in together} - waiting:
            self._holds.pop(device_id, None)
        for device_id in waiting:
            self._hold(device_id)

    def _acknowledge(self, arrival: _Arrival, outcome: Outcome) -> None:
        """PUBACK to the broker and a receipt to the device.

        On a new connection the old number may mean a message that is not stored: then say nothing, the broker sends
        this one again and it is found to be a duplicate. Called under the lock that the change of connection takes.
        """
        if arrival.connection != self._connection:
            self._counts["stale"] += 1
            return
        self._line.pop(arrival.place, None)
        self._counts["acknowledged"] += 1
        self._client.ack(arrival.mid, arrival.qos)
        topic = RECEIPT_TOPIC.format(tenant=arrival.incoming.tenant_id, device=arrival.incoming.device_id)
        self._client.publish(topic, receipt(arrival.incoming.payload, outcome), qos=0)

    def _hold(self, device_id: UUID) -> bool:
        """Leave a device alone for a while, keeping its messages in order; the others go on. True if it was held before."""
        before = self._holds.get(device_id)
        seconds = min(self._pace.hold_max, before.seconds * 2) if before else self._pace.hold_first
        self._holds[device_id] = _Hold(time.monotonic() + seconds, seconds)
        self._count("holds")
        return before is not None

    def _count(self, what: str) -> None:
        with self._arrived:
            self._counts[what] += 1


def _addressed(message: MQTTMessage) -> Incoming | None:
    """The message with the tenant and device of its topic, None where these are no UUIDs."""
    try:
        _t, tenant, _d, device, _b = message.topic.split("/")
        return Incoming(UUID(device), bytes(message.payload), UUID(tenant))
    except ValueError:
        return None


def receipt(payload: bytes, outcome: Outcome) -> bytes:
    """What the device learns of its message: {"message": SHA-256 of the frame in hex, "verdict", "code"}."""
    said = {"message": receipt_digest(payload).hex(), "verdict": outcome.verdict.value, "code": outcome.code}
    return json.dumps(said).encode()
