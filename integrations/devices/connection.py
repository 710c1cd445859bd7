"""Topics and connections, the same for the gateway and for devices."""

from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

BATCH_TOPIC = "t/{tenant}/d/{device}/b"
RECEIPT_TOPIC = "t/{tenant}/d/{device}/a"
BATCH_FILTER = "t/+/d/+/b"
INFLIGHT_MAX = 200  # messages that a client may have on their way without an answer


def client_for(url: str, client_id: str, *, clean_session: bool, manual_ack: bool = False) -> Client:
    """A paho client for mqtt://[user:password@]host[:1883] or mqtts://...[:8883], not connected yet."""
    parts = urlsplit(url)
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise ValueError(f"not an MQTT address: {parts.scheme}://{parts.hostname}")
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=clean_session,
        protocol=MQTTv311,
        manual_ack=manual_ack,
    )
    if parts.username:
        client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
    if parts.scheme == "mqtts":
        client.tls_set()
    client.max_inflight_messages_set(INFLIGHT_MAX)
    client.reconnect_delay_set(min_delay=1, max_delay=30)
    client.connect_async(parts.hostname, parts.port or (8883 if parts.scheme == "mqtts" else 1883), keepalive=30)
    return client
