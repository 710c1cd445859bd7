"""`make bench`: each hot path beside its limit, in the same run. Figures move with the machine; the ratios are what counts."""

import importlib
import os
import sys

os.environ.setdefault("BAILEE_ARGON2_KIB", "64")
PATHS = ("bids", "readings", "row_security", "pages")


def main(chosen: list[str]) -> None:
    """Run the chosen comparisons (all by default) and print them."""
    from tests.bench.world import standing

    with standing() as bench:
        for name in chosen or PATHS:
            print(importlib.import_module(f"tests.bench.{name}").compare(bench).as_line(), flush=True)
            print(flush=True)


main(sys.argv[1:])
