"""`bailee up` from end to end: real servers, a stand-in house."""

import signal
import stat
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from integrations.local import stack
from integrations.local.guard import send, started_ticks
from integrations.local.postgres import Postgres
from integrations.local.valkey import Valkey
from tests import scratch
from tests.integrations.local.installed import ROOT, Bailee, end, until

pytestmark = pytest.mark.stack
BEHIND = ("relay", "worker", "scheduler", "gateway")


@pytest.fixture(scope="module")
def running() -> Iterator[Bailee]:
    """One running stack for the tests that leave it running."""
    with scratch.folder() as folder:
        made = Bailee(folder)
        made.up()
        yield made
        end(made)


def web_was_told(bailee: Bailee) -> set[str]:
    with urllib.request.urlopen(f"{bailee.url}/environment") as answer:
        return set(answer.read().decode().split())


def at_work(bailee: Bailee) -> set[str]:
    """Those who reached the database in their role, and Valkey."""
    with redis.Redis.from_url(Valkey(bailee.home.root).url()) as client:
        return {name.decode() for name in client.lrange("alive", 0, -1)}


# -- one running stack


def test_the_banner_names_one_address_the_data_and_how_to_stop(running: Bailee) -> None:
    said = running.said()
    assert "Bailee is ready after" in said
    assert said.count(running.url) == 1
    assert f"Data:  {running.home.root}" in said
    assert "Stop:  Ctrl-C" in said


def test_the_first_administrators_link_is_shown_once_and_kept_nowhere(running: Bailee) -> None:
    assert running.said().count("First administrator, once:  http://127.0.0.1/first/one-time-word") == 1
    assert not [path for path in running.home.logs.rglob("*") if b"one-time-word" in path.read_bytes()]


def test_all_children_run_in_order_and_reach_their_servers(running: Bailee) -> None:
    assert list(running.children()) == ["postgres", "valkey", "mqtt", "web", *BEHIND]
    until(lambda: at_work(running) == set(BEHIND))


def test_each_is_told_its_own_role_and_nobody_the_administrators(running: Bailee) -> None:
    """And no PG* variable of the operator's shell bends a connection."""
    until(lambda: at_work(running) == set(BEHIND))
    web = web_was_told(running)
    assert {name for name in web if "DATABASE" in name or name.startswith("PG")} == {
        "BAILEE_DATABASE_APP_URL",
        "BAILEE_DATABASE_DOOR_URL",
    }
    assert {"BAILEE_VALKEY_URL", "BAILEE_MQTT_URL", "BAILEE_SECRET_KEY", "BAILEE_FILES", "BAILEE_PUBLIC_URL"} <= web
    assert "BAILEE_DEMO" not in web
    assert {name: (running.home.files / f"{name}.told").read_text() for name in BEHIND} == {
        "relay": "BAILEE_DATABASE_WORKER_URL",
        "worker": "BAILEE_DATABASE_WORKER_URL",
        "scheduler": "BAILEE_DATABASE_WORKER_URL",
        "gateway": "BAILEE_DATABASE_GATEWAY_URL",
    }


def test_the_libraries_are_compiled_once_for_all(running: Bailee) -> None:
    """Also where the environment asks for no compiled files beside the sources."""
    assert next(running.home.bytecode.rglob("uvicorn/*.pyc"))
    assert not list(running.house.rglob("*.pyc"))


def test_what_is_written_is_private(running: Bailee) -> None:
    for path in (running.home.secrets, running.home.run / "environment.json", running.home.logs / "web.log"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_status_tells_who_runs(running: Bailee) -> None:
    told = running.run("status")
    assert (told.returncode, told.stdout.count(" ready ")) == (0, 8)
    assert running.url in told.stdout


def test_a_second_start_says_so_and_breaks_nothing(running: Bailee) -> None:
    second = running.run("up")
    assert second.returncode == 2
    first = running.started[0].pid
    assert f"Bailee already runs here: {running.url} (process {first}, data in {running.home.root})" in second.stderr
    assert urllib.request.urlopen(f"{running.url}/healthz").status == 200


def test_an_application_command_runs_beside_the_stack(running: Bailee) -> None:
    done = running.run("app", "echo", "--", "one", "two")
    assert (done.returncode, done.stdout.strip()) == (0, "no role one two")


def test_a_backup_is_taken_from_the_running_stack(running: Bailee, place: Path) -> None:
    done = running.run("backup", str(place / "backup.tar"))
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE((place / "backup.tar").stat().st_mode) == 0o600
    assert running.run("restore", str(place / "backup.tar")).stderr.startswith("bailee: Bailee already runs here")


@pytest.mark.parametrize("name", ["web", "postgres"])
def test_a_killed_child_comes_back(running: Bailee, name: str) -> None:
    before = running.children()[name]
    send(before, signal.SIGKILL)
    until(lambda: f"{name} is back." in running.said())
    assert running.children()[name] != before
    assert urllib.request.urlopen(f"{running.url}/healthz").status == 200


# -- starts and stops of their own


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
    until(lambda: not any(started_ticks(pid) for pid in everybody.values()), 20)
    assert bailee.run("status").returncode == 3
    bailee.up()
    with psycopg.connect(postgres.admin_dsn("bailee")) as connection, redis.Redis.from_url(valkey.url()) as client:
        assert connection.execute("SELECT count(*) FROM acknowledged").fetchone() == (100,)
        assert client.llen("acknowledged") == 100


def test_make_run_is_labelled_peopled_and_ends_with_make(bailee: Bailee) -> None:
    """As `make run` starts it: the demo world is there before the web, and a killed make leaves nothing running."""
    argv = ["/bin/sh", "-c", '"$@" & wait', "sh", *bailee.argv("up", "--demo", "--stop-with-parent")]
    with bailee.output.open("wb") as output:
        shell = subprocess.Popen(argv, env=bailee.environment, cwd=ROOT, stdout=output, stderr=output)
    until(lambda: "is ready" in bailee.said())
    assert "DEMO WORLD (invented firms, invented money) is ready" in bailee.said()
    assert "First administrator" not in bailee.said()
    with redis.Redis.from_url(Valkey(bailee.home.root).url()) as client:
        assert client.lrange("demo", 0, -1) == [b"1"]
    assert "BAILEE_DEMO" in web_was_told(bailee)
    everybody = bailee.children()
    shell.kill()
    shell.wait()
    until(lambda: "Stopped. Nothing is left running." in bailee.said())
    assert not [pid for pid in everybody.values() if started_ticks(pid)]
    bailee.up("--demo")
    with redis.Redis.from_url(Valkey(bailee.home.root).url()) as client:
        assert client.llen("demo") == 1, "a world that is peopled is not peopled again"


def test_the_demo_world_is_peopled_again_when_its_code_changed(place: Path) -> None:
    demo = place / "integrations" / "demo"
    demo.mkdir(parents=True)
    (demo / "cast.py").write_text("FIRMS = 3")
    before = stack.demo_release(place)
    assert stack.demo_release(place) == before
    (demo / "cast.py").write_text("FIRMS = 4")
    assert stack.demo_release(place) != before


def test_given_servers_are_used_and_ctrl_c_stops_in_order(bailee: Bailee, place: Path) -> None:
    """PostgreSQL of somebody else: the roles are made there, and neither data folder nor server here."""
    outside = Postgres(place / "outside", durable=False)
    outside.start()
    try:
        bailee.environment["BAILEE_DATABASE_URL"] = outside.admin_dsn()
        popen = bailee.up()
        everybody = bailee.children()
        assert "postgres" not in everybody
        assert not bailee.home.postgres.exists()
        until(lambda: at_work(bailee) == set(BEHIND))
        popen.send_signal(signal.SIGINT)
        assert popen.wait(30) == 0
    finally:
        outside.stop()
    assert "Stopped. Nothing is left running." in bailee.said()
    assert not [pid for pid in everybody.values() if started_ticks(pid)]
    assert not (bailee.home.run / "environment.json").exists()
    assert bailee.run("status").returncode == 3
