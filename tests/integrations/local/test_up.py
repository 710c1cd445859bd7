"""`bailee up` from end to end: real servers, a stand-in house."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from integrations.local.guard import send, started_ticks
from integrations.local.home import Home
from integrations.local.postgres import Postgres
from integrations.local.valkey import Valkey

pytestmark = pytest.mark.stack
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
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("BAILEE_")}
        self.environment = inherited | {
            "BAILEE_HOME": str(self.home.root),
            "BAILEE_PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
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


@pytest.fixture
def bailee(place: Path) -> Iterator[Bailee]:
    made = Bailee(place)
    yield made
    for popen in made.started:
        if popen.poll() is None:
            popen.terminate()
        popen.wait(60)
    deadline = time.monotonic() + 30
    with contextlib.suppress(OSError):
        server = int((made.home.postgres / "postmaster.pid").read_text().split()[0])
        while started_ticks(server) and time.monotonic() < deadline:
            time.sleep(0.05)


def test_the_whole_stack_up_and_down(bailee: Bailee) -> None:
    popen = bailee.up()
    said = bailee.said()
    assert "Bailee is ready after" in said
    assert said.count(f"{bailee.url}\n") == 1
    assert f"Data:  {bailee.home.root}" in said
    assert "First administrator, once:  http://127.0.0.1/first/one-time-word" in said
    children = bailee.children()
    assert list(children) == ["postgres", "valkey", "mqtt", "web", "relay", "worker", "scheduler", "gateway"]
    assert _at_work(bailee) == {"relay", "worker", "scheduler", "gateway"}
    _check_what_each_was_told(bailee)
    _check_that_the_link_is_kept_nowhere(bailee)
    status = bailee.run("status")
    assert (status.returncode, status.stdout.count(" ready ")) == (0, 8)
    assert bailee.url in status.stdout
    popen.send_signal(signal.SIGINT)
    assert popen.wait(30) == 0
    assert "Stopped. Nothing is left running." in bailee.said()
    assert not [pid for pid in children.values() if started_ticks(pid)]
    assert bailee.run("status").returncode == 3
    assert "database system is shut down" in (bailee.home.logs / "postgres.log").read_text()


def _at_work(bailee: Bailee) -> set[str]:
    valkey = Valkey(bailee.home.root)
    deadline = time.monotonic() + 20
    found: set[str] = set()
    while len(found) < 4 and time.monotonic() < deadline:
        with redis.Redis.from_url(valkey.url()) as client:
            found = {name.decode() for name in client.lrange("alive", 0, -1)}
        time.sleep(0.05)
    return found


def _check_what_each_was_told(bailee: Bailee) -> None:
    """Each the address of its own role and no other; nobody the administrator's; no PG* variable bends a connection."""
    with urllib.request.urlopen(f"{bailee.url}/environment") as answer:
        web = set(answer.read().decode().split())
    assert {name for name in web if "DATABASE" in name or name.startswith("PG")} == {
        "BAILEE_DATABASE_APP_URL",
        "BAILEE_DATABASE_DOOR_URL",
    }
    assert {"BAILEE_VALKEY_URL", "BAILEE_MQTT_URL", "BAILEE_SECRET_KEY", "BAILEE_FILES", "BAILEE_PUBLIC_URL"} <= web
    assert "BAILEE_DEMO" not in web
    told = {
        name: (bailee.home.files / f"{name}.told").read_text() for name in ("relay", "worker", "scheduler", "gateway")
    }
    assert told == {
        "relay": "BAILEE_DATABASE_WORKER_URL",
        "worker": "BAILEE_DATABASE_WORKER_URL",
        "scheduler": "BAILEE_DATABASE_WORKER_URL",
        "gateway": "BAILEE_DATABASE_GATEWAY_URL",
    }


def _check_that_the_link_is_kept_nowhere(bailee: Bailee) -> None:
    kept = [path for path in bailee.home.logs.rglob("*") if b"one-time-word" in path.read_bytes()]
    assert kept == []


def test_kill_leaves_nobody_and_loses_nothing(bailee: Bailee) -> None:
    popen = bailee.up()
    everybody = bailee.children()
    postgres, valkey = Postgres(bailee.home.root), Valkey(bailee.home.root)
    with (
        psycopg.connect(postgres.admin_dsn("bailee"), autocommit=True) as connection,
        redis.Redis.from_url(valkey.url()) as client,
    ):
        connection.execute("CREATE TABLE acknowledged (id int)")
        for number in range(100):
            connection.execute("INSERT INTO acknowledged VALUES (%s)", [number])
            client.rpush("acknowledged", number)
        popen.kill()
        popen.wait()
    deadline = time.monotonic() + 20
    while any(started_ticks(pid) for pid in everybody.values()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    begun = time.monotonic()
    bailee.up()
    assert time.monotonic() - begun < 30
    assert "one-time-word" in bailee.said()
    with psycopg.connect(postgres.admin_dsn("bailee")) as connection, redis.Redis.from_url(valkey.url()) as client:
        assert connection.execute("SELECT count(*) FROM acknowledged").fetchone() == (100,)
        assert client.llen("acknowledged") == 100


def test_a_second_start_says_so_and_breaks_nothing(bailee: Bailee) -> None:
    first = bailee.up()
    second = bailee.run("up")
    assert second.returncode == 2
    assert f"Bailee already runs here: {bailee.url} (process {first.pid}, data in {bailee.home.root})" in second.stderr
    assert urllib.request.urlopen(f"{bailee.url}/healthz").status == 200


def test_killed_web_and_database_come_back(bailee: Bailee) -> None:
    bailee.up()
    for name in ("web", "postgres"):
        before = bailee.children()[name]
        send(before, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while f"{name} is back." not in bailee.said():
            assert time.monotonic() < deadline, bailee.said()
            time.sleep(0.05)
        assert bailee.children()[name] != before
    assert urllib.request.urlopen(f"{bailee.url}/healthz").status == 200


def test_a_taken_port_is_refused_by_name(bailee: Bailee) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", bailee.port))
        other.listen()
        done = bailee.run("up")
    assert done.returncode == 2
    assert "set BAILEE_PORT" in done.stderr
    assert not (bailee.home.postgres).exists()


def test_a_bad_setting_is_one_line_and_no_traceback(bailee: Bailee) -> None:
    bailee.environment["BAILEE_VALKEY_URL"] = "valkey+unix:///run/valkey"
    done = bailee.run("up")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "bailee: BAILEE_VALKEY_URL must begin with redis:// or rediss:// or unix://.\n"


def test_given_servers_are_used_and_not_embedded(bailee: Bailee, place: Path) -> None:
    """PostgreSQL of somebody else: the roles are made there, and neither data folder nor server here."""
    outside = Postgres(place / "outside", durable=False)
    outside.start()
    try:
        bailee.environment["BAILEE_DATABASE_URL"] = outside.admin_dsn()
        popen = bailee.up()
        assert "postgres" not in bailee.children()
        assert not bailee.home.postgres.exists()
        assert _at_work(bailee) == {"relay", "worker", "scheduler", "gateway"}
        popen.terminate()
        assert popen.wait(30) == 0
    finally:
        outside.stop()


def test_the_demo_world_is_labelled_and_peopled_before_the_web(bailee: Bailee) -> None:
    bailee.up("--demo")
    assert "DEMO WORLD (invented firms, invented money) is ready" in bailee.said()
    assert "First administrator" not in bailee.said()
    with redis.Redis.from_url(Valkey(bailee.home.root).url()) as client:
        assert client.lrange("demo", 0, -1) == [b"1"]
    with urllib.request.urlopen(f"{bailee.url}/environment") as answer:
        assert b"BAILEE_DEMO" in answer.read()


def test_an_application_command_runs_beside_the_stack(bailee: Bailee) -> None:
    assert "not running" in bailee.run("app", "echo").stderr
    popen = bailee.up()
    done = bailee.run("app", "echo", "--", "one", "two")
    assert (done.returncode, done.stdout.strip()) == (0, "no role one two")
    popen.terminate()
    popen.wait(30)
    assert not (bailee.home.run / "environment.json").exists()


def test_it_stops_when_make_is_killed(bailee: Bailee) -> None:
    """`make run` passes --stop-with-parent: a killed make leaves nothing running."""
    argv = ["/bin/sh", "-c", '"$@" & wait', "sh", *bailee.argv("up", "--stop-with-parent")]
    with bailee.output.open("wb") as output:
        shell = subprocess.Popen(argv, env=bailee.environment, cwd=ROOT, stdout=output, stderr=output)
    deadline = time.monotonic() + 60
    while "is ready" not in bailee.said():
        assert time.monotonic() < deadline, bailee.said()
        time.sleep(0.05)
    everybody = bailee.children()
    shell.kill()
    shell.wait()
    while "Stopped. Nothing is left running." not in bailee.said():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not [pid for pid in everybody.values() if started_ticks(pid)]
