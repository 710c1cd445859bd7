"""A Mosquitto with the access rules that we ship: a broker of another make, which speaks MQTT 5 and knows each device by name."""

import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from integrations.local.nats import HOST
from tests.integrations.devices.mqtt_world import ROOT, free_port, until

RULES = ROOT / "integrations/devices/mosquitto.acl"
PASSWORD = "only-for-tests"


def program() -> str | None:
    """Where it is installed; None where it is not."""
    return shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


class Mosquitto:
    """One broker on loopback. Devices are let in by `welcome`, under their ids."""

    def __init__(self, folder: Path) -> None:
        self.port, self.users = free_port(), folder / "users"
        self.settings, self.log = folder / "mosquitto.conf", folder / "mosquitto.log"
        self.users.touch(mode=0o600)
        self.settings.write_text(
            f"listener {self.port} {HOST}\nallow_anonymous false\npassword_file {self.users}\nacl_file {RULES}\n"
            f"user root\npersistence true\npersistence_location {folder}/\nmax_queued_messages 0\nlog_dest stdout\n"
        )
        self._name("gateway")
        self.process: subprocess.Popen[bytes] | None = None

    def welcome(self, *device_ids: UUID) -> "Mosquitto":
        """Let these in, and begin."""
        for device_id in device_ids:
            self._name(str(device_id))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([program() or "", "-c", self.settings], stdout=log, stderr=log)
        assert until(self._answers, 10), self.log.read_text()
        return self

    def url(self, name: object = "gateway", more: str = "version=5") -> str:
        return f"mqtt://{name}:{PASSWORD}@{HOST}:{self.port}?{more}"

    @property
    def gateway_url(self) -> str:
        return self.url()

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection((HOST, self.port), timeout=2):
            return True
        return False

    def _name(self, user: str) -> None:
        told = ["mosquitto_passwd", "-b", self.users, user, PASSWORD]
        subprocess.run(told, check=True, capture_output=True)
