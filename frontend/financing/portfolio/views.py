"""A bank's book at one look: every loan by its distance to the lines, and by how old its evidence is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from flask import request

from frontend.financing.blueprint import pages
from frontend.firms import names_of
from frontend.inventory.sheets import csv_file
from frontend.pages import render
from marketplace.financing.models.loans import LoanQuality
from marketplace.financing.nights.classes import latest_qualities
from marketplace.financing.nights.dues import oldest_unpaid
from marketplace.financing.nights.provisions import LossShares, loss_of, loss_shares
from marketplace.financing.queries import Exposure, portfolio
from marketplace.financing.rules.margin import Zone, zone
from marketplace.financing.rules.quality import days_past_due
from marketplace.money import Money, total
from marketplace.valuation.queries import today
from tenants.workspace import Workspace

FALLS = (0, 10, 20, 30)


@dataclass(frozen=True, slots=True)
class Row:
    """One loan, as it stands or as it would after a fall of all prices."""

    exposure: Exposure
    zone: Zone | None
    ltv: Decimal | None
    value: Money | None
    days_late: int
    quality: LoanQuality | None
    expected_loss: Money

    @property
    def headroom(self) -> Decimal | None:
        """By what share the goods' value may still fall before the call line."""
        lines = self.exposure.position.lines
        return None if self.ltv is None or lines is None else 1 - self.ltv / Decimal(str(lines.call))

    @property
    def tone(self) -> str:
        """The row's colour; its word and shape say the same."""
        return {"LIQUIDATION": "danger", "CALL": "danger", "WARN": "watch", "SAFE": ""}.get(self.zone or "", "danger")


ORDERS: dict[str, Callable[[Row], Any]] = {
    "ltv": lambda row: row.ltv,
    "owed": lambda row: row.exposure.position.outstanding.minor,
    "worth": lambda row: row.value.minor if row.value else None,
    "valued": lambda row: row.exposure.position.valued_at,
}


@pages.look("/portfolio")
def show_portfolio(ws: Workspace) -> Any:
    fall = _fall()
    rows = _rows(ws, fall)
    wanted = request.args.get("zone")
    counts = {one.value: sum(row.zone is one for row in rows) for one in Zone}
    currency = rows[0].exposure.deal.currency if rows else "CNY"
    same = [row for row in rows if row.exposure.deal.currency == currency]
    return render(
        "financing/portfolio/portfolio.html",
        rows=_ordered([row for row in rows if not wanted or row.zone == wanted]),
        counts=counts,
        fall=fall,
        falls=FALLS,
        owed=total((row.exposure.position.outstanding for row in same), currency),
        worth=total((row.value for row in same if row.value), currency),
        expected_loss=total((row.expected_loss for row in same), currency),
        available=total((row.exposure.position.available for row in same), currency),
        names=names_of(ws, [row.exposure.deal.borrower_id for row in rows]),
        query=request.args.to_dict(),
    )


@pages.look("/portfolio.csv")
def export_portfolio(ws: Workspace) -> Any:
    """The book for a spreadsheet, after the same fall of prices as on the page."""
    rows = _rows(ws, _fall())
    names = names_of(ws, [row.exposure.deal.borrower_id for row in rows])
    columns = ("number", "borrower", "status", "zone", "loan_to_value", "headroom", "currency", "outstanding", "value", "valued_at", "days_past_due", "class", "stage", "expected_loss")  # fmt: skip
    return csv_file("portfolio.csv", columns, (_cells(row, names) for row in rows))


def _cells(row: Row, names: Mapping[UUID, str]) -> tuple[Any, ...]:
    deal, standing = row.exposure.deal, row.exposure.position
    value = row.value.amount if row.value else None
    found, stage = (row.quality.loan_class, row.quality.stage) if row.quality else ("NORMAL", 1)
    return (deal.number, names[deal.borrower_id], deal.status, row.zone, row.ltv, row.headroom, deal.currency, standing.outstanding.amount, value, standing.valued_at, row.days_late, found, stage, row.expected_loss.amount)  # fmt: skip


def _fall() -> int:
    """By how many per cent all prices are to have fallen."""
    return int(request.args["fall"]) if request.args.get("fall") in {str(one) for one in FALLS} else 0


def _ordered(rows: list[Row]) -> list[Row]:
    """As the reader wants it; by itself the one nearest to trouble comes first. What has no figure comes last."""
    wanted = request.args.get("sort", "")
    order = ORDERS.get(wanted.removeprefix("-"))
    if order is None:
        return rows
    known = [row for row in rows if order(row) is not None]
    return sorted(known, key=order, reverse=wanted.startswith("-")) + [row for row in rows if order(row) is None]


def _rows(ws: Workspace, fall: int) -> list[Row]:
    """The book as it stands or would stand, each loan with its delay, its class and the loss to expect."""
    exposures = portfolio(ws)
    ids = [one.deal.deal_id for one in exposures]
    late, found, shares = oldest_unpaid(ws, ids), latest_qualities(ws, ids), loss_shares(ws)
    rows = []
    for one in exposures:
        since, grace = late.get(one.deal.deal_id, (None, 0))
        days = days_past_due(since, today(ws), grace_days=grace)
        rows.append(_row(one, fall, days, found.get(one.deal.deal_id), shares, today(ws)))
    return rows


def _row(exposure: Exposure, fall: int, days: int, quality: LoanQuality | None, shares: LossShares, on: date) -> Row:
    """The loan with its goods worth `fall` per cent less."""
    position = exposure.position
    left = (exposure.deal.matures_on - on).days if exposure.deal.matures_on else 0
    loss = loss_of(shares, exposure.deal, position, quality.stage if quality else 1, left).loss
    if position.market_value is None or position.lines is None:
        return Row(exposure, None, None, None, days, quality, loss)
    value = position.market_value.times(1 - Fraction(fall, 100))
    ltv = position.outstanding.ratio(value) if value else None
    shown_ltv = None if ltv is None else Decimal(ltv.numerator) / Decimal(ltv.denominator)
    return Row(exposure, zone(position.outstanding, value, position.lines), shown_ltv, value, days, quality, loss)
