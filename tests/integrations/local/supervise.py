"""A stand-in for `bailee up`: python -m tests.integrations.local.supervise FOLDER < plan.json

The plan lists children by the keywords of `play`. Runs in a process of its own, so that it can be killed.
"""

import json
import sys
from pathlib import Path
from typing import Any

from integrations.local import lock
from integrations.local.back_off import BackOff
from integrations.local.children import Child
from integrations.local.supervisor import Stopped, Supervisor
from tenants.errors import Refused

PROGRAM = Path(__file__).with_name("child_program.py")
HURRIED = BackOff(first_seconds=0.05, longest_seconds=0.1, failures_max=3)


def child(folder: Path, name: str, *behaviours: str, grace: float = 5, within: float = 10) -> Child:
    """A stand-in child, ready when it has made its file of this run."""
    mark = folder / f"{name}.ready"
    pid = folder / f"{name}.pid"

    def ready() -> bool:
        return mark.exists() and pid.exists() and mark.stat().st_mtime_ns >= pid.stat().st_mtime_ns

    return Child(
        name=name,
        argv=(sys.executable, "-I", "-S", PROGRAM, name, folder, *behaviours),
        ready=ready,
        ready_within_seconds=within,
        stop_within_seconds=grace,
        once="step" in behaviours,
    )


def main() -> int:
    folder = Path(sys.argv[1])
    plan: list[dict[str, Any]] = json.load(sys.stdin)
    children = [child(folder, one.pop("name"), *one.pop("behaviours", ()), **one) for one in plan]
    try:
        with (
            lock.held(folder / "lock", "http://127.0.0.1:1") as descriptor,
            Supervisor(folder, folder / "status.json", descriptor, back_off=HURRIED) as supervisor,
        ):
            supervisor.start(children)
            print("up", flush=True)
            return supervisor.watch()
    except Stopped:
        return 0
    except Refused as refused:
        print(refused.in_english(), flush=True)
        return 2


if __name__ == "__main__":
    sys.exit(main())
