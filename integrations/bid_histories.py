"""Replay bid histories of other houses: their bids as maxima give winner and price by a table of increments, and the patterns in them that one should look at.

    python -m integrations.bid_histories BIDS.csv --increments STEPS.csv [--currency USD]

BIDS has a line for each bid: sale, bidder, amount, time (seconds, days or ISO), and if known the opening price and the seller. STEPS has two columns, the
price from which a step counts and the step. Usual headings are understood (auctionid, bid, bidtime, openbid).
"""

import json
import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from marketplace.disposal.increments import Increments
from marketplace.disposal.rules.proxies import Maximum, Outcome, settle
from marketplace.disposal.rules.signals import Entry, History, Known
from marketplace.money import Money
from marketplace.tables import amount_text, cells_of, rows_of, text_of
from tenants.errors import Invalid, Refused

HEADINGS = {
    "sale": ("sale", "saleid", "auction", "auctionid"),
    "bidder": ("bidder", "bidderid"),
    "amount": ("amount", "bid", "bidamount", "maximum", "maxbid"),
    "time": ("time", "bidtime", "at", "timestamp"),
    "opening": ("opening", "openbid", "openingprice", "startprice"),
    "seller": ("seller", "sellerid"),
}
NEEDED = ("sale", "bidder", "amount", "time")
ROWS_MAX, BYTES_MAX, STEPS_MAX = 5_000_000, 512 * 1024**2, 100
Line = dict[str, str]


def read_increments(file: Path, currency: str) -> Increments:
    """A table of increments: a line for each (price from which it counts, step); a first line of headings is passed over, any other that is not read is refused."""
    rungs = []
    for number, cells in enumerate(cells_of(file.read_bytes(), STEPS_MAX), start=1):
        told = [text_of(cell) for cell in cells if text_of(cell)]
        if not told or (number == 1 and not told[0][:1].isdigit()):
            continue
        row = {"line": str(number)} | dict(zip(("price", "step"), told, strict=False))
        rungs.append((_amount(row, "price", currency), _amount(row, "step", currency)))
    return Increments(tuple(rungs))


def read_histories(file: Path, increments: Increments) -> Iterator[tuple[History, Outcome | None]]:
    """Each sale's bids in the order of their times (of equal times: of their lines), and what they come to.

    Refuses what is no table, lacks a column, or has a cell that cannot be read, naming line and column; and times of two kinds, which have no order.
    """
    currency = increments.rungs[0][1].currency
    rows = rows_of(file.read_bytes(), HEADINGS, NEEDED, rows_max=ROWS_MAX, bytes_max=BYTES_MAX)
    kinds = [_require_whole(row) for row in rows]
    odd = next((row for row, kind in zip(rows, kinds, strict=True) if kind != kinds[0]), None)
    if odd:
        raise _wrong(odd, "time", "Times are all numbers or all dates.")
    for sale, told in groupby(sorted(rows, key=lambda row: row["sale"]), key=lambda row: row["sale"]):
        yield _replayed(sale, sorted(told, key=lambda row: moment(row["time"])), increments, currency)


def _replayed(sale: str, rows: list[Line], increments: Increments, currency: str) -> tuple[History, Outcome | None]:
    bids = tuple(Entry(row["bidder"], _amount(row, "amount", currency).minor, moment(row["time"])) for row in rows)
    told = [_amount(row, "opening", currency) for row in rows if row.get("opening")]
    opening = min(told) if told else Money(min(bid.amount for bid in bids), currency)
    outcome = settle(opening, increments, (Maximum(bid.bidder, Money(bid.amount, currency), n) for n, bid in enumerate(bids)))  # fmt: skip
    step, seller = increments.step_at(opening).minor, rows[0].get("seller") or "?"
    winner = outcome.winner if outcome else None
    return History(sale, seller, opening.minor, step, bids[0].at, bids[-1].at, bids, winner), outcome


def moment(told: str) -> float:
    """A time as a number that rises: seconds, days, or an ISO date; one without a zone is UTC's, so that every machine reads the same."""
    try:
        number = float(told)
    except ValueError:
        pass
    else:
        if math.isfinite(number):
            return number
    try:
        read = datetime.fromisoformat(told)
    except ValueError as wrong:
        raise Invalid("moment_unreadable", "Give a date and a time.", field="time") from wrong
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _require_whole(row: Line) -> bool:
    """Refuse a line that lacks a cell, or whose time cannot be read; whether its time is a number."""
    for column in NEEDED:
        if not row[column]:
            raise _wrong(row, column, "It is empty.")
    try:
        moment(row["time"])
    except Invalid as refused:
        raise _wrong(row, "time", refused.in_english()) from refused
    return row["time"].replace(".", "").lstrip("+-").isdigit()


def _amount(row: Line, column: str, currency: str) -> Money:
    """A price in major units, thousands grouped or not. Refuses what is none, finer than the currency, or below zero; and a bid or step of nothing."""
    try:
        read = Money.of(amount_text(row.get(column, "")), currency)
    except Refused as refused:
        raise _wrong(row, column, refused.in_english()) from refused
    if read.minor < 0 or (read.minor == 0 and column in ("amount", "step")):
        raise _wrong(row, column, "It must be above zero.")
    return read


def _wrong(row: Line, column: str, because: str) -> Invalid:
    return Invalid("cell_unreadable", "Line %(line)s, %(column)s: %(reason)s", field=column, line=row["line"], column=column, reason=because)  # fmt: skip


def report(replayed: Iterable[tuple[History, Outcome | None]]) -> Iterator[dict[str, Any]]:
    """What is told of each sale: winner, price, runner-up, and the signals with their reasons."""
    every = list(replayed)
    known = Known(history for history, _ in every)
    for history, outcome in every:
        yield {
            "sale": history.sale,
            "bids": len(history.bids),
            "winner": outcome.winner if outcome else None,
            "price": str(outcome.price.amount) if outcome else None,
            "runner_up": outcome.runner_up if outcome else None,
            "signals": [
                {"bidders": one.bidders, "points": one.points, "reasons": {str(each.trait): round(each.figure, 3) for each in one.reasons}}
                for one in known.signals(history)
            ],
        }  # fmt: skip


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
        raise click.ClickException(refused.in_english()) from refused


if __name__ == "__main__":
    main()
