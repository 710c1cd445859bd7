"""`make bench`: each hot path beside its limit, in the same run. Figures move with the machine; the ratios are what counts."""

import importlib
import os

import click

os.environ.setdefault("BAILEE_ARGON2_KIB", "64")
PATHS = (
    "bids",
    "readings",
    "fleet",
    "broker",
    "screen",
    "row_security",
    "pages",
    "end_of_day",
    "marking",
    "watchers",
    "search",
    "detection",
    "log",
)


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(PATHS), metavar="[PATH]...")
@click.option("--rounds", type=click.IntRange(5, 99), default=5, show_default=True, help="Turns that each side takes")
@click.option("--seconds", type=click.FloatRange(0.2, 60), default=1.5, show_default=True, help="Length of a turn")
@click.option(
    "--million",
    is_flag=True,
    help="Let the book of marking and the shelf of search grow to a million, each size once (many minutes)",
)
def main(names: tuple[str, ...], rounds: int, seconds: float, million: bool) -> None:
    """Compare the PATHs (all by default) with their limits.

    Fails where a path's results are wrong, however fast they came.
    """
    from tests.bench.rounds import Pace
    from tests.bench.world import standing

    with standing() as bench:
        bench.pace, bench.million = Pace(rounds, seconds), million
        click.echo(bench.told())
        for name in dict.fromkeys(names or PATHS):
            for comparison in importlib.import_module(f"tests.bench.{name}").compare(bench):
                click.echo(f"\n{comparison.told()}")


if __name__ == "__main__":
    main()
