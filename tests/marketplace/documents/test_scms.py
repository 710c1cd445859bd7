"""Six thousand real delivery lines (USAID's supply chain, 2006 to 2012) as four flows: none is doubted without reason, and one lie in twenty is found."""

import csv
import os
import random
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from marketplace.documents.rules.entries import Lane, State
from marketplace.documents.rules.match import match
from marketplace.documents.rules.rings import rings
from tests.marketplace.documents.books import LIES, Sale, told
from tests.marketplace.documents.test_rules_match import TODAY, lines_with_findings, precision_and_recall

FILE = (
    Path(os.environ.get("BAILEE_DATA", Path(__file__).parents[4] / "shared" / "data")) / "scms" / "scms_2006_2012.csv"
)
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason=f"the deliveries of the supply chain are not at {FILE}")


def the_day(written: str) -> date | None:
    """A day in one of the two ways in which the file writes them; what is none ("Date Not Captured") is not known."""
    for form in ("%d-%b-%y", "%m/%d/%y"):
        try:
            return datetime.strptime(written, form).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
    return None


@cache
def the_sales() -> tuple[Sale, ...]:
    """Every row of the file: its order's line (the row's own id), its shipping notice, what was delivered and at which price."""
    with FILE.open(encoding="utf-8", errors="replace", newline="") as file:
        return tuple(map(_sale, csv.DictReader(file)))


def _sale(row: dict[str, str]) -> Sale:
    delivered = the_day(row["Delivered to Client Date"])
    assert delivered
    return Sale(
        order=row["PO / SO #"],
        line=row["ID"],
        note=row["ASN/DN #"],
        goods_code=f"{row['Item Description']} {row['Unit of Measure (Per Pack)']}",
        seller=row["Vendor"],
        buyer=row["Project Code"],
        quantity=Decimal(row["Line Item Quantity"]),
        price=Decimal(row["Pack Price"]),
        amount=int(Decimal(row["Line Item Value"]) * 100),
        ordered_on=the_day(row["PO Sent to Vendor Date"]),
        delivered_on=delivered,
        currency="USD",
    )


def contradicts_itself(sale: Sale) -> bool:
    """Delivered, by the file's own word, before it was ordered."""
    return sale.ordered_on is not None and sale.delivered_on < sale.ordered_on


def test_clean_data_has_no_false_breaks() -> None:
    books = [entry for sale in the_sales() for entry in sale.entries()]
    assert len(the_sales()) > 6_000
    trades = match(books, today=TODAY)
    early = {(sale.order, sale.line) for sale in the_sales() if contradicts_itself(sale)}
    assert lines_with_findings(books) == early
    states = [line.state for trade in trades for line in trade.lines if (line.order_number, line.line) not in early]
    assert set(states) == {State.MATCHED}
    assert rings(books) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_one_lie_in_twenty_is_found(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    dice = random.Random(seed)
    books, lies = told([sale for sale in the_sales() if not contradicts_itself(sale)], dice, share=0.05)
    assert set(lies.values()) == set(LIES)
    precision, recall = precision_and_recall(books, lies)
    with capsys.disabled():
        print(
            f"\nfour flows, seed {seed}: {len(lies)} lies, precision {float(precision):.4f}, recall {float(recall):.4f}"
        )
    assert precision >= Fraction("0.99")
    assert recall >= Fraction("0.99")


def test_lines_are_found_by_their_goods_where_notes_and_invoices_do_not_number_them() -> None:
    """The same proof the hard way: deliveries and invoices name the order and the goods, not the line."""
    sales = [sale for sale in the_sales() if not contradicts_itself(sale)]
    books = [replace(one, line="") if one.lane in (Lane.GOODS, Lane.INVOICE) else one for sale in sales for one in sale.entries()]  # fmt: skip
    found = lines_with_findings(books)
    assert len(found) <= len(sales) // 100
