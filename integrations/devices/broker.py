"""The configuration of the embedded broker: the NATS server as MQTT 3.1.1 broker on JetStream.

Two of its defaults would break a promise of ours. It writes to disk every two minutes, so a power cut could lose what
it acknowledged: here it syncs always. And a message without a subscriber is dropped although it was acknowledged:
devices therefore wait for the gateway's receipt (see `mqtt`).
"""

import json
from pathlib import Path


def nats_config(
    folder: Path, *, mqtt_port: int, nats_port: int, host: str = "127.0.0.1", ack_wait_seconds: int = 10
) -> str:
    """The text of a nats-server configuration file that keeps its streams in `folder` and listens on `host` alone.

    `ack_wait_seconds`: how long the broker waits for the gateway's PUBACK before it delivers a message again; also
    after the gateway was killed.
    """
    return f"""\
server_name: bailee
listen: {host}:{nats_port}
max_payload: 512KB
jetstream {{ store_dir: {json.dumps(str(folder))}, sync_interval: always, max_memory_store: 64MB, max_file_store: 8GB }}
mqtt {{ listen: "{host}:{mqtt_port}", ack_wait: "{ack_wait_seconds}s", max_ack_pending: 8192 }}
"""
