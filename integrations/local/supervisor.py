"""Starts children in order, keeps them running, stops them in reverse order, and leaves nobody behind.

- A child starts when the one before it is ready. A step (`once`) runs to its end first.
- A child that ends is started again after a pause that doubles each time; one that keeps ending stops the whole stack,
  loudly: half a stack that looks alive is worse than none.
- SIGINT and SIGTERM stop everything in reverse order, so that the database goes last. A second signal hurries all but
  the database.
- When the supervisor itself is killed, the kernel's death signal and the guard (guard.py) end the children.

Ours, because none of Supervisor, circus and honcho both waits for readiness between children and ends them when killed.
"""

import contextlib
import json
import select
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from integrations.local import guard
from integrations.local.back_off import BackOff
from integrations.local.children import Child
from integrations.local.console import Console, LogTail, end_of, last_words
from integrations.local.leash import Leash
from integrations.local.spawn import spawn
from tenants.errors import Unavailable

_TICK_SECONDS = 0.25
_POLL_SECONDS = 0.03


class Stopped(Exception):
    """Somebody asked us to stop while the stack was still starting."""


@dataclass
class _Running:
    """A child and what became of it so far."""

    child: Child
    popen: subprocess.Popen[bytes]
    tail: LogTail
    started_at: float
    ready: bool = False
    failures: int = 0
    again_at: float | None = None


@dataclass
class Supervisor:
    """`with Supervisor(...) as stack: stack.start(children); code = stack.watch()`."""

    logs: Path
    status: Path
    lock_descriptor: int | None = None
    console: Console = field(default_factory=Console)
    back_off: BackOff = field(default_factory=BackOff)
    _running: list[_Running] = field(default_factory=list)
    _stops_asked: int = 0
    _guard: Leash | None = None

    def __enter__(self) -> "Supervisor":
        self._wake_reader, self._wake_writer = socket.socketpair()
        for end in (self._wake_reader, self._wake_writer):
            end.setblocking(False)
        asking = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # under nohup a closed terminal is no reason to stop
            asking.append(signal.SIGHUP)
        self._handlers = {number: signal.signal(number, self._asked) for number in asking}
        self._handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_writer.fileno(), warn_on_full_buffer=False)
        self._guard = Leash(self.lock_descriptor)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
            self._part_from_guard()
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
            self._wake_reader.close()
            self._wake_writer.close()
            self.status.unlink(missing_ok=True)

    def start(self, children: Sequence[Child]) -> None:
        """Start the children in order, each when the one before it is ready. Raises when one fails, or `Stopped`."""
        for child in children:
            running = self._launch(child)
            self._running.append(running)
            if child.once:
                self._await_end(running)
            else:
                self._await_ready(running)
            self._note()

    def watch(self) -> int:
        """Keep the children running until somebody asks to stop (0) or one of them cannot be kept running (1)."""
        while not self._stops_asked:
            self._sleep(_TICK_SECONDS)
            self._watch_guard()
            for running in self._running:
                if not self._tend(running):
                    return 1
            self._say_troubles()
        return 0

    def stop(self) -> None:
        """Stop in reverse order: those who use the database first, the database last."""
        while self._running:
            running = self._running.pop()
            self._end(running)
            self._note()

    # -- starting

    def _log(self, child: Child) -> Path:
        return self.logs / f"{child.name}.log"

    def _launch(self, child: Child) -> _Running:
        log = self._log(child)
        tail = LogTail(log, child.name)
        popen = spawn(
            child.argv,
            log=log,
            environment=child.environment,
            account=child.account,
            folder=child.folder,
            death_signal=child.death_signal,
        )
        self._announce(child, popen)
        return _Running(child, popen, tail, time.monotonic(), ready=child.ready is None)

    def _announce(self, child: Child, popen: subprocess.Popen[bytes]) -> None:
        if self._guard:
            self._guard.announce(child, popen.pid)

    def _await_ready(self, running: _Running) -> None:
        deadline = running.started_at + running.child.ready_within_seconds
        while not running.ready:
            if running.popen.poll() is not None or time.monotonic() > deadline:
                raise self._failure(running)
            running.ready = running.child.ready is None or running.child.ready()
            if not running.ready:
                self._pause(_POLL_SECONDS)

    def _await_end(self, running: _Running) -> None:
        """A step that fails stops the start; one that is asked to stop is ended like any child."""
        while running.popen.poll() is None:
            self._pause(_POLL_SECONDS)
        self._running.remove(running)
        self._forget(running)
        if running.popen.returncode != 0:
            raise self._failure(running)

    def _failure(self, running: _Running) -> Unavailable:
        end = end_of(self._log(running.child), 2500)
        code = running.popen.poll()
        return Unavailable(
            "child_failed",
            "%(name)s did not get ready (%(outcome)s). The end of %(log)s says:\n%(end)s",
            name=running.child.name,
            outcome="too slow" if code is None else f"ended with {code}",
            log=self._log(running.child),
            end=end,
        )

    # -- keeping

    def _tend(self, running: _Running) -> bool:
        """One look at one child. False when it cannot be kept running."""
        if running.again_at is not None:
            self._restart_if_due(running)
        elif running.popen.poll() is not None:
            return self._schedule_restart(running)
        elif not running.ready:
            self._look_whether_ready(running)
        return True

    def _look_whether_ready(self, running: _Running) -> None:
        """A restarted child is not waited for. One that hangs is ended, which counts as a failure like any other."""
        running.ready = running.child.ready is None or running.child.ready()
        if running.ready:
            self.console.say(f"{running.child.name} is back.")
            self._note()
        elif time.monotonic() > running.started_at + running.child.ready_within_seconds:
            guard.send(running.popen.pid, signal.SIGKILL)

    def _schedule_restart(self, running: _Running) -> bool:
        lived_seconds = time.monotonic() - running.started_at
        self._forget(running)
        running.failures = self.back_off.failures(running.failures, lived_seconds)
        name, code = running.child.name, running.popen.returncode
        if self.back_off.spent(running.failures):
            self.console.say(
                f"{name} ended {running.failures} times in a row (last with {code}): giving up. See {self._log(running.child)}."
            )
            return False
        pause = self.back_off.pause_seconds(running.failures)
        running.ready, running.again_at = False, time.monotonic() + pause
        words = last_words(self._log(running.child))
        self.console.say(f"{name} ended with {code} ({words}); starting it again in {pause:g} s.")
        self._note()
        return True

    def _restart_if_due(self, running: _Running) -> None:
        """In order here too: while one that it stands on is down, a child waits and its failures are not counted."""
        below = self._running[: self._running.index(running)]
        if running.again_at is None or time.monotonic() < running.again_at or not all(one.ready for one in below):
            return
        fresh = self._launch(running.child)
        running.popen, running.started_at, running.again_at = fresh.popen, fresh.started_at, None
        running.ready = fresh.ready
        self._note()

    def _watch_guard(self) -> None:
        """A killed guard is replaced and told of everybody."""
        if self._guard and not self._guard.lives():
            self._guard = Leash(self.lock_descriptor)
            for running in self._running:
                self._announce(running.child, running.popen)

    def _say_troubles(self) -> None:
        for running in self._running:
            for line in running.tail.troubles():
                self.console.say(line)

    # -- stopping

    def _asked(self, *_: object) -> None:
        self._stops_asked += 1

    def _end(self, running: _Running) -> None:
        """Ask, wait as long as it may need, insist; then its leftovers."""
        popen, hurried = running.popen, False
        if popen.poll() is None:
            popen.send_signal(running.child.stop_signal)
        asked_before = self._stops_asked
        deadline = time.monotonic() + running.child.stop_within_seconds
        while popen.poll() is None and time.monotonic() < deadline and not hurried:
            self._sleep(_POLL_SECONDS)
            hurried = self._stops_asked > max(asked_before, 1) and bool(self._running)
        self._forget(running)
        popen.wait()

    def _forget(self, running: _Running) -> None:
        """Nothing of its session stays behind: a queue worker's work-horse outlives a killed worker."""
        guard.kill_session(running.popen.pid)
        if self._guard:
            self._guard.tell(f"- {running.popen.pid}")

    def _part_from_guard(self) -> None:
        """Only after an orderly stop: a guard without a farewell ends whoever is left."""
        if self._guard:
            self._guard.dismiss()

    # -- waiting and telling

    def _pause(self, seconds: float) -> None:
        self._sleep(seconds)
        if self._stops_asked:
            raise Stopped

    def _sleep(self, seconds: float) -> None:
        """Wait, but wake up at once for a signal or the end of a child."""
        ready, _, _ = select.select([self._wake_reader], [], [], seconds)
        if ready:
            with contextlib.suppress(BlockingIOError):
                self._wake_reader.recv(4096)

    def _note(self) -> None:
        """Write for `bailee status` who runs, since when, and how often it failed."""
        rows = [
            {"name": one.child.name, "pid": one.popen.pid, "ready": one.ready, "failures": one.failures}
            for one in self._running
        ]
        fresh = self.status.with_suffix(".new")
        with contextlib.suppress(OSError):  # a full disk must not keep us from stopping
            fresh.write_text(json.dumps(rows), "utf-8")
            fresh.replace(self.status)
