"""Order, readiness, restart, giving up, and nobody left behind, with stand-in children and a supervisor to kill."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from integrations.local.guard import send, session_members, started_ticks

ROOT = Path(__file__).parents[3]


def until(true: Callable[[], object], seconds: float = 10) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


class Stage:
    """A folder of stand-in children under a supervisor in another process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "output"
        self.started: list[subprocess.Popen[bytes]] = []

    def begin(self, *plan: dict[str, Any]) -> subprocess.Popen[bytes]:
        with self.output.open("ab") as output:
            popen = subprocess.Popen(
                [sys.executable, "-m", "tests.integrations.local.supervise", self.folder],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=ROOT,
            )
        self.started.append(popen)
        assert popen.stdin
        popen.stdin.write(json.dumps(plan).encode())
        popen.stdin.close()
        return popen

    def up(self, *plan: dict[str, Any]) -> subprocess.Popen[bytes]:
        popen = self.begin(*plan)
        until(lambda: "up\n" in self.said() or popen.poll() is not None)
        assert popen.poll() is None, self.said()
        return popen

    def said(self) -> str:
        return self.output.read_text() if self.output.exists() else ""

    def journal(self) -> list[str]:
        path = self.folder / "journal"
        return path.read_text().splitlines() if path.exists() else []

    def pid(self, name: str) -> int:
        path = self.folder / f"{name}.pid"
        until(lambda: path.exists() and path.read_text())
        return int(path.read_text())

    def guard(self, popen: subprocess.Popen[bytes]) -> int:
        found = [pid for pid in _children_of(popen.pid) if b"guard.py" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        assert len(found) == 1
        return found[0]


def _children_of(pid: int) -> list[int]:
    return [int(number) for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    return started_ticks(pid) is not None


@pytest.fixture
def stage(place: Path) -> Iterator[Stage]:
    made = Stage(place)
    yield made
    for popen in made.started:
        if popen.poll() is None:
            popen.terminate()
        popen.wait(30)
    for path in place.glob("*.pid"):
        send(int(path.read_text()), signal.SIGKILL)


def test_each_starts_when_the_one_before_is_ready_and_stops_before_it(stage: Stage) -> None:
    popen = stage.up({"name": "one"}, {"name": "step", "behaviours": ["step"]}, {"name": "two"}, {"name": "three"})
    popen.send_signal(signal.SIGINT)
    assert popen.wait(20) == 0
    assert stage.journal() == [
        "one started",
        "one ready",
        "step started",
        "step done",
        "two started",
        "two ready",
        "three started",
        "three ready",
        "three stopped by SIGTERM",
        "two stopped by SIGTERM",
        "one stopped by SIGTERM",
    ]


def test_sigterm_stops_in_order_too(stage: Stage) -> None:
    popen = stage.up({"name": "one"}, {"name": "two"})
    popen.send_signal(signal.SIGTERM)
    assert popen.wait(20) == 0
    assert stage.journal()[-2:] == ["two stopped by SIGTERM", "one stopped by SIGTERM"]


def test_asked_to_stop_while_starting(stage: Stage) -> None:
    popen = stage.begin({"name": "one"}, {"name": "two", "behaviours": ["silent"], "within": 60})
    stage.pid("two")
    popen.send_signal(signal.SIGTERM)
    assert popen.wait(20) == 0
    assert not alive(stage.pid("one"))
    assert not alive(stage.pid("two"))


def test_a_child_that_will_not_stop_is_killed_after_its_grace(stage: Stage) -> None:
    popen = stage.up({"name": "one"}, {"name": "two", "behaviours": ["stubborn"], "grace": 0.3})
    popen.send_signal(signal.SIGTERM)
    assert popen.wait(20) == 0
    assert not alive(stage.pid("two"))
    assert stage.journal()[-1] == "one stopped by SIGTERM"


def test_a_second_signal_hurries(stage: Stage) -> None:
    popen = stage.up({"name": "one"}, {"name": "two", "behaviours": ["stubborn"], "grace": 300})
    popen.send_signal(signal.SIGINT)
    time.sleep(0.3)
    popen.send_signal(signal.SIGINT)
    assert popen.wait(20) == 0
    assert not alive(stage.pid("two"))
    assert stage.journal()[-1] == "one stopped by SIGTERM"


def test_kill_of_the_supervisor_leaves_nobody_alive(stage: Stage) -> None:
    """Neither a plain child, nor one that ignores SIGTERM, nor a grandchild in a process group of its own."""
    popen = stage.up(
        {"name": "plain"},
        {"name": "stubborn", "behaviours": ["stubborn"], "grace": 0.3},
        {"name": "parent", "behaviours": ["fruitful"], "grace": 0.3},
    )
    everybody = [stage.pid(name) for name in ("plain", "stubborn", "parent", "parent.grandchild")]
    guard = stage.guard(popen)
    assert all(alive(pid) for pid in everybody)
    popen.kill()
    popen.wait()
    until(lambda: not any(alive(pid) for pid in [*everybody, guard]))


def test_the_death_signal_alone_ends_the_children(stage: Stage) -> None:
    """Should the guard be killed in the same moment, the kernel still tells the children."""
    popen = stage.up({"name": "one"}, {"name": "two"})
    os.kill(popen.pid, signal.SIGSTOP)  # so that no new guard is made
    send(stage.guard(popen), signal.SIGKILL)
    popen.kill()
    popen.wait()
    until(lambda: not alive(stage.pid("one")) and not alive(stage.pid("two")))


def test_a_killed_guard_is_replaced_and_knows_everybody(stage: Stage) -> None:
    popen = stage.up({"name": "stubborn", "behaviours": ["stubborn"], "grace": 0.2})
    first = stage.guard(popen)
    send(first, signal.SIGKILL)
    until(
        lambda: (
            not alive(first) and [pid for pid in _children_of(popen.pid) if alive(pid) and pid != stage.pid("stubborn")]
        )
    )
    time.sleep(0.3)
    popen.kill()
    popen.wait()
    until(lambda: not alive(stage.pid("stubborn")))


def test_a_killed_child_comes_back_and_its_offspring_is_gone(stage: Stage) -> None:
    stage.up({"name": "one", "behaviours": ["fruitful"]}, {"name": "two"})
    first, grandchild, other = stage.pid("one"), stage.pid("one.grandchild"), stage.pid("two")
    send(first, signal.SIGKILL)
    until(lambda: stage.pid("one") != first and alive(stage.pid("one")))
    until(lambda: "one is back." in stage.said())
    assert not alive(grandchild)
    assert alive(other)
    assert stage.journal().count("one started") == 2


def test_a_child_above_waits_for_the_one_it_stands_on(stage: Stage) -> None:
    """While the first is down for good, the second is not started in vain."""
    stage.up({"name": "one", "behaviours": ["hanging"], "within": 60}, {"name": "two"})
    send(stage.pid("one"), signal.SIGKILL)
    until(lambda: stage.journal().count("one started") == 2)
    send(stage.pid("two"), signal.SIGKILL)
    until(lambda: "two ended with -9" in stage.said())
    time.sleep(0.5)
    assert stage.journal().count("two started") == 1


def test_a_restarted_child_that_hangs_is_ended_and_tried_again(stage: Stage) -> None:
    stage.up({"name": "one", "behaviours": ["hanging"], "within": 0.6})
    send(stage.pid("one"), signal.SIGKILL)
    until(lambda: stage.journal().count("one started") >= 3)


def test_a_child_that_keeps_ending_stops_the_stack_loudly(stage: Stage) -> None:
    popen = stage.up({"name": "one"}, {"name": "two"})
    seen = 0
    while popen.poll() is None:
        if stage.journal().count("two started") > seen:
            seen += 1
            send(stage.pid("two"), signal.SIGKILL)
        time.sleep(0.01)
    assert seen == 4
    assert popen.wait(20) == 1
    assert "two ended 4 times in a row (last with -9): giving up." in stage.said()
    assert stage.journal()[-1] == "one stopped by SIGTERM"


def test_a_child_that_does_not_get_ready_tells_why_and_stops_the_rest(stage: Stage) -> None:
    popen = stage.begin({"name": "one"}, {"name": "two", "behaviours": ["failing"]})
    assert popen.wait(20) == 2
    assert "two did not get ready (ended with 7)" in stage.said()
    assert "out of paper" in stage.said()
    assert stage.journal()[-1] == "one stopped by SIGTERM"


def test_a_child_that_takes_too_long_is_given_up(stage: Stage) -> None:
    popen = stage.begin({"name": "one", "behaviours": ["silent"], "within": 0.3})
    assert popen.wait(20) == 2
    assert "one did not get ready (too slow)" in stage.said()
    assert not alive(stage.pid("one"))


def test_a_step_that_fails_stops_the_start(stage: Stage) -> None:
    popen = stage.begin({"name": "one"}, {"name": "step", "behaviours": ["step", "failing"]}, {"name": "two"})
    assert popen.wait(20) == 2
    assert "step did not get ready (ended with 7)" in stage.said()
    assert not (stage.folder / "two.pid").exists()


def test_only_trouble_reaches_the_console(stage: Stage) -> None:
    stage.up({"name": "one", "behaviours": ["noisy"]})
    until(lambda: "one | 2026-01-01 ERROR: the roof leaks" in stage.said())
    assert "all is well" not in stage.said()
    assert "all is well" in (stage.folder / "one.log").read_text()


def test_status_tells_who_runs(stage: Stage) -> None:
    popen = stage.up({"name": "one"}, {"name": "two"})
    rows = json.loads((stage.folder / "status.json").read_text())
    assert [(row["name"], row["pid"], row["ready"], row["failures"]) for row in rows] == [
        ("one", stage.pid("one"), True, 0),
        ("two", stage.pid("two"), True, 0),
    ]
    popen.terminate()
    popen.wait(20)
    assert not (stage.folder / "status.json").exists()


def test_a_second_start_names_the_first_and_leaves_it_alone(stage: Stage) -> None:
    first = stage.up({"name": "one"})
    second = stage.begin({"name": "two"})
    assert second.wait(20) == 2
    assert (
        f"Bailee already runs here: http://127.0.0.1:1 (process {first.pid}, data in {stage.folder})." in stage.said()
    )
    assert alive(stage.pid("one"))
    assert not (stage.folder / "two.pid").exists()


def test_a_start_after_a_kill_waits_until_the_remains_are_gone(stage: Stage) -> None:
    first = stage.up({"name": "old", "behaviours": ["stubborn"], "grace": 1})
    old = stage.pid("old")
    first.kill()
    first.wait()
    stage.output.unlink()
    second = stage.begin({"name": "new"})
    new = stage.pid("new")
    assert not alive(old)
    assert alive(new)
    assert second.poll() is None


def test_sessions_are_found_whatever_the_process_group(stage: Stage) -> None:
    stage.up({"name": "one", "behaviours": ["fruitful"]})
    assert set(session_members(stage.pid("one"))) == {stage.pid("one"), stage.pid("one.grandchild")}
