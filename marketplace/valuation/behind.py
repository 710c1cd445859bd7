"""Goods in second rank: a valuation counts of them what the first rank leaves."""

from fractions import Fraction

from marketplace.pledges.ranks.queries import Ahead, ahead
from marketplace.quantity import Quantity
from marketplace.valuation.models import DealValuation, ValuationLine
from marketplace.valuation.rules.base import AHEAD
from marketplace.valuation.rules.ranks import Behind, taken_ahead
from tenants.workspace import Workspace


def leave_ahead(ws: Workspace, valuation: DealValuation) -> None:
    """Take off each line what first ranks may be paid before the deal (valuation/rules/ranks.py)."""
    for first in ahead(ws, valuation.deal_id):
        _take(valuation, first)


def _take(valuation: DealValuation, first: Ahead) -> None:
    lines = [line for line in valuation.lines if line.lot_id in first.quantities]
    goods = [_behind(line, first.quantities[line.lot_id]) for line in lines]
    for line, taken in zip(lines, taken_ahead(goods, first.cap), strict=True):
        line.ahead_minor += taken.market.minor
        line.market_value_minor -= taken.market.minor
        line.collateral_value_minor -= taken.collateral.minor
        line.doubt_minor = min(line.doubt_minor, line.market_value_minor - line.collateral_value_minor)
        line.reasons = [*line.reasons, AHEAD]


def _behind(line: ValuationLine, quantity: Quantity) -> Behind:
    share = min(Fraction(1), quantity.exact / Quantity(line.pledged_qty, line.unit).exact)
    return Behind(line.market_value, line.collateral_value, share, bool(line.barred))
