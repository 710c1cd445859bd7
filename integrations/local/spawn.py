"""Starting a process that cannot outlive us."""

import ctypes
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from integrations.local.accounts import Account

_PR_SET_PDEATHSIG = 1  # prctl(2)
_prctl = getattr(ctypes.CDLL(None), "prctl", None)


def _die_with(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    """To be run in the child after it has changed its user, because a change of user clears the death signal.

    The parent may have died before the signal was set: then it never comes, hence the second look.
    """

    def arrange() -> None:
        if _prctl is not None:
            _prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(127)

    return arrange


def stop_with_parent(death_signal: signal.Signals = signal.SIGTERM) -> None:
    """Have this very process stopped when whoever started it dies: `make run` promises that for a killed make."""
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)


def plain_environment() -> dict[str, str]:
    """All that a server of others needs to know. Our secrets are none of its business."""
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str],
    account: Account | None = None,
    folder: Path | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, its output appended to `log`, ended by `death_signal` when we die.

    Only from the main thread: the kernel sends the signal when the thread that started the child ends.
    """
    assert threading.current_thread() is threading.main_thread()
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 -- our own list of programs
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=folder or "/",
            start_new_session=True,
            preexec_fn=_die_with(os.getpid(), death_signal),  # noqa: PLW1509 -- main thread only, asserted above
            **(account.identity() if account else {}),
        )


def run_tool(
    argv: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    account: Account | None = None,
    folder: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run one of the servers' own tools (initdb, pg_dump ...) to its end. Its output comes back; a failure is the
    caller's to word.
    """
    return subprocess.run(  # noqa: S603 -- our own list of programs
        argv,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=plain_environment() | dict(environment or {}),
        cwd=folder or "/",
        start_new_session=True,  # Ctrl-C is for us to deal with
        preexec_fn=_die_with(os.getpid(), signal.SIGKILL),
        **(account.identity() if account else {}),
    )
