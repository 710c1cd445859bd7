"""A stand-in for a server: python child_program.py NAME FOLDER [behaviour ...]

It journals what happens to it, one line each, and marks itself ready by a file. Behaviours: `stubborn` ignores SIGTERM;
`fruitful` forks a grandchild in a process group of its own; `failing` ends at once with code 7; `silent` is never ready;
`step` does its work and ends well; `noisy` prints an error and a plain line; `hanging` gets ready only the first time.
"""

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

name, folder, behaviours = sys.argv[1], Path(sys.argv[2]), set(sys.argv[3:])


def journal(word: str) -> None:
    with (folder / "journal").open("a") as file:
        file.write(f"{name} {word}\n")


def stop(number: int, _frame: FrameType | None) -> None:
    journal(f"stopped by {signal.Signals(number).name}")
    os._exit(0)


def main() -> None:
    (folder / f"{name}.pid").write_text(str(os.getpid()))
    journal("started")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN if "stubborn" in behaviours else stop)
    if "failing" in behaviours:
        print("out of paper", flush=True)
        sys.exit(7)
    if "fruitful" in behaviours and os.fork() == 0:
        os.setpgrp()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (folder / f"{name}.grandchild.pid").write_text(str(os.getpid()))
    if "noisy" in behaviours:
        print("all is well\n2026-01-01 ERROR: the roof leaks", flush=True)
    if "step" in behaviours:
        journal("done")
        return
    first = not (folder / f"{name}.ready").exists()
    if "silent" not in behaviours and ("hanging" not in behaviours or first):
        (folder / f"{name}.ready").touch()
        journal("ready")
    while True:
        time.sleep(60)


main()
