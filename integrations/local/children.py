"""What the supervisor needs to know of a child."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from integrations.local.accounts import Account


@dataclass(frozen=True)
class Child:
    """A long-running child, or with `once` a step that must end well before the next child starts.

    `ready` is asked until it says yes; a child without it counts as ready as soon as it runs. The death signal is what
    the kernel sends when the supervisor is killed; the stop signal is what the supervisor sends when asked to stop.
    """

    name: str
    argv: tuple[str | Path, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    ready: Callable[[], bool] | None = None
    ready_within_seconds: float = 60
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGTERM
    stop_within_seconds: float = 10
    once: bool = False
    account: Account | None = None
    folder: Path | None = None
