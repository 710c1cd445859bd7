"""Topics and connections, the same for the gateway and for devices.

An address is mqtt://[user:password@]host[:1883] or mqtts://...[:8883], and may say more of the broker behind a question mark:

    version=5              speak MQTT 5 (else 3.1.1)
    share=NAME             gateways of this name share the messages among them (MQTT 5, or a broker with $share)
    client=NAME            the gateway's client id, where several gateways stand beside one another
    ca=, cert=, key=       files (PEM): the broker's authority, and a certificate of one's own with its key
"""

from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from paho.mqtt.client import Client, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

BATCH_TOPIC = "t/{tenant}/d/{device}/b"
RECEIPT_TOPIC = "t/{tenant}/d/{device}/a"
BATCH_FILTER = "t/+/d/+/b"
INFLIGHT_MAX = 200  # messages that a client may have on their way without an answer
SESSION_SECONDS = 7 * 86_400  # how long an MQTT 5 broker keeps messages for a gateway that is away
OPTIONS = frozenset({"version", "share", "client", "ca", "cert", "key"})


def client_for(url: str, client_id: str, *, clean_session: bool, manual_ack: bool = False) -> Client:
    """A paho client for this address, not connected yet."""
    parts = urlsplit(url)
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise ValueError(f"not an MQTT address: {parts.scheme}://{parts.hostname}")
    said = options(url)
    fifth = said.get("version") == "5"
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=said.get("client", client_id) if manual_ack else client_id,
        clean_session=None if fifth else clean_session,
        protocol=MQTTv5 if fifth else MQTTv311,
        manual_ack=manual_ack,
    )
    _let_in(client, parts, said)
    client.max_inflight_messages_set(INFLIGHT_MAX)
    client.reconnect_delay_set(min_delay=1, max_delay=30)
    port = parts.port or (8883 if parts.scheme == "mqtts" else 1883)
    if fifth:
        client.connect_async(
            parts.hostname, port, keepalive=30, clean_start=clean_session, properties=_session(clean_session)
        )
    else:
        client.connect_async(parts.hostname, port, keepalive=30)
    return client


def options(url: str) -> dict[str, str]:
    """What the address says of the broker. Refuses what it may not say."""
    said = {name: values[-1] for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()}
    if unknown := said.keys() - OPTIONS:
        raise ValueError(f"not known of an MQTT broker: {', '.join(sorted(unknown))}")
    if said.get("version", "3.1.1") not in ("5", "3.1.1"):
        raise ValueError("MQTT has the versions 3.1.1 and 5")
    return said


def batch_filter(url: str) -> str:
    """What the gateway subscribes to: all devices' batches, or its share of them."""
    share = options(url).get("share")
    return f"$share/{share}/{BATCH_FILTER}" if share else BATCH_FILTER


def _let_in(client: Client, parts: SplitResult, said: dict[str, str]) -> None:
    if parts.username:
        client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
    if parts.scheme == "mqtts":
        client.tls_set(said.get("ca"), said.get("cert"), said.get("key"))


def _session(clean: bool) -> Properties:
    """How long the broker keeps the session: not at all for one that begins anew each time."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = 0 if clean else SESSION_SECONDS
    return properties
