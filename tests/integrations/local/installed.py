"""The `bailee` command with a stand-in house, for the length of a test."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from integrations.local.guard import started_ticks
from integrations.local.home import Home

ROOT = Path(__file__).parents[3]
HOUSE = Path(__file__).with_name("house.py")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Bailee:
    """The command, its data home, and what it says."""

    def __init__(self, place: Path) -> None:
        self.house = place / "house"
        self.house.mkdir(mode=0o755)
        shutil.copy(HOUSE, self.house / "wsgi.py")
        self.home = Home(place / "home")
        self.port = free_port()
        self.output = place / "output"
        self.started: list[subprocess.Popen[bytes]] = []
        ours = ("BAILEE_", "PYTHON")  # PYTHONPYCACHEPREFIX, which make sets
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.environment = inherited | {
            "BAILEE_HOME": str(self.home.root),
            "BAILEE_PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PGHOST": "nowhere.invalid",
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def argv(self, *words: str) -> list[str | Path]:
        return [sys.executable, "-m", "tests.integrations.local.run_bailee", self.house, *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*words), env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=60
        )

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        with self.output.open("wb") as output:
            popen = subprocess.Popen(
                self.argv("up", *words), env=self.environment, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
            )
        self.started.append(popen)
        return popen

    def up(self, *words: str) -> subprocess.Popen[bytes]:
        popen = self.begin(*words)
        deadline = time.monotonic() + 60
        while "is ready" not in self.said():
            assert popen.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)
        return popen

    def said(self) -> str:
        return self.output.read_text()

    def children(self) -> dict[str, int]:
        return {row["name"]: row["pid"] for row in json.loads(self.home.status.read_text())}


def end(bailee: Bailee) -> None:
    """Stop what a test left running, and wait for a database whose supervisor was killed."""
    for popen in bailee.started:
        if popen.poll() is None:
            popen.terminate()
        popen.wait(60)
    with contextlib.suppress(OSError):
        server = int((bailee.home.postgres / "postmaster.pid").read_text().split()[0])
        until(lambda: not started_ticks(server))


def until(true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)
