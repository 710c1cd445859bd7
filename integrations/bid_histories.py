"""Replay bid histories of other houses: their bids as maxima give winner and price by a table of increments, and the patterns in them that one should look at.

    python -m integrations.bid_histories BIDS.csv --increments STEPS.csv [--currency USD]

BIDS has a line for each bid: sale, bidder, amount, time (seconds, days or ISO), and if known the opening price and the seller. STEPS has two columns, the
price from which a step counts and the step. Usual headings are understood (auctionid, bid, bidtime, openbid).
"""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from marketplace.disposal.increments import Increments
from marketplace.disposal.rules.proxies import Maximum, Outcome, settle
from marketplace.disposal.rules.signals import Entry, History, signals
from marketplace.money import Money
from tenants.errors import Invalid, Refused

HEADINGS = {
    "sale": ("sale", "auctionid", "auction_id", "auction"),
    "bidder": ("bidder", "bidder_id", "bidderid"),
    "amount": ("amount", "bid", "maximum", "max_bid"),
    "time": ("time", "bidtime", "bid_time", "at", "timestamp"),
    "opening": ("opening", "openbid", "open_bid", "start_price"),
    "seller": ("seller", "seller_id", "sellerid"),
}
NEEDED = ("sale", "bidder", "amount", "time")
Line = dict[str, str]


def read_increments(file: Path, currency: str) -> Increments:
    """A table of increments: a line for each (price from which it counts, step); a line of headings is passed over."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = [row for row in csv.reader(lines) if row and row[0].strip().replace(".", "", 1).isdigit()]
    return Increments(tuple((Money.of(floor.strip(), currency), Money.of(step.strip(), currency)) for floor, step in rows))  # fmt: skip


def read_histories(file: Path, increments: Increments) -> Iterator[tuple[History, Outcome | None]]:
    """Each sale's bids in the order of their times, and what they come to. Refuses a file without the columns that it needs, naming them."""
    currency = increments.rungs[0][1].currency
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = [_named(row) for row in csv.DictReader(lines)]
    if rows and (missing := [name for name in NEEDED if name not in rows[0]]):
        raise Invalid("columns_missing", "These columns are missing: %(columns)s.", columns=", ".join(missing))
    for sale, told in groupby(sorted(rows, key=lambda row: row["sale"]), key=lambda row: row["sale"]):
        yield _replayed(sale, sorted(told, key=lambda row: moment(row["time"])), increments, currency)


def _replayed(sale: str, rows: list[Line], increments: Increments, currency: str) -> tuple[History, Outcome | None]:
    bids = tuple(Entry(row["bidder"], Money.of(row["amount"], currency).minor, moment(row["time"])) for row in rows)
    told = [Money.of(row["opening"], currency) for row in rows if row.get("opening")]
    opening = min(told) if told else Money(min(bid.amount for bid in bids), currency)
    outcome = settle(opening, increments, (Maximum(bid.bidder, Money(bid.amount, currency), n) for n, bid in enumerate(bids)))  # fmt: skip
    step, seller = increments.step_at(opening).minor, rows[0].get("seller") or "?"
    winner = outcome.winner if outcome else None
    return History(sale, seller, opening.minor, step, bids[0].at, bids[-1].at, bids, winner), outcome


def moment(told: str) -> float:
    """A time as a number that rises: seconds, days, or an ISO date."""
    try:
        return float(told)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(told).timestamp()
    except ValueError as wrong:
        raise Invalid("moment_unreadable", "Give a date and a time.", field="time") from wrong


def report(replayed: Iterable[tuple[History, Outcome | None]]) -> Iterator[dict[str, Any]]:
    """What is told of each sale: winner, price, runner-up, and the signals with their reasons."""
    every = list(replayed)
    histories = [history for history, _ in every]
    for history, outcome in every:
        yield {
            "sale": history.sale,
            "bids": len(history.bids),
            "winner": outcome.winner if outcome else None,
            "price": str(outcome.price.amount) if outcome else None,
            "runner_up": outcome.runner_up if outcome else None,
            "signals": [
                {"bidders": one.bidders, "points": one.points, "reasons": {str(each.trait): round(each.figure, 3) for each in one.reasons}}
                for one in signals(history, histories)
            ],
        }  # fmt: skip


def _named(row: dict[str, Any]) -> Line:
    plain = {str(heading).strip().lower(): str(value or "").strip() for heading, value in row.items()}
    return {name: plain[one] for name, known in HEADINGS.items() for one in known if one in plain}


@click.command()
@click.argument("bids", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--increments", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="CSV: price, step")  # fmt: skip
@click.option("--currency", default="CNY", show_default=True)
def main(bids: Path, increments: Path, currency: str) -> None:
    """Replay BIDS as maxima: one line of JSON for each sale."""
    try:
        for told in report(read_histories(bids, read_increments(increments, currency))):
            click.echo(json.dumps(told, ensure_ascii=False))
    except Refused as refused:
        raise click.ClickException(refused.because % refused.facts) from refused


if __name__ == "__main__":
    main()
