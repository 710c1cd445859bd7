"""`bailee status`: who runs here, read from what the supervisor leaves in the data home."""

import json

from integrations.local import lock
from integrations.local.home import Home

RUNNING, STOPPED, AILING = 0, 3, 1  # exit codes; 3 is what init scripts say for "not running" (LSB 5.0, 22.2)


def told(home: Home) -> tuple[int, list[str]]:
    """The exit code and the lines to print."""
    holder = lock.running(home.lock)
    if holder is None:
        return STOPPED, [f"Bailee is not running in {home.root}."]
    try:
        children = json.loads(home.status.read_text("utf-8"))
    except (OSError, ValueError):
        children = []
    lines = [f"Bailee runs: {holder.url} (process {holder.pid}, data in {home.root})."]
    lines += [
        f"  {one['name']:<11} {'ready' if one['ready'] else 'not ready':<10} process {one['pid']:<8}"
        f"{one['failures'] or 'no'} failures"
        for one in children
    ]
    return (RUNNING if all(one["ready"] for one in children) else AILING), lines
