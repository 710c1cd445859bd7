"""What if: a deal as it is beside what it would be, by the rules that value and call it. Only ever looked at; nothing is kept but the address."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from werkzeug.datastructures import MultiDict

from frontend.language import money, percent, translate
from frontend.pages import Pages, render
from frontend.twin.supposing.asking import FIELDS, USUAL, in_words, read, typed, written
from marketplace.financing.rules.margin import Zone
from marketplace.money import Money
from marketplace.twin.supposing.comparing import Comparison, Outcome, what_if
from marketplace.twin.supposing.rules import Supposition
from marketplace.valuation.models import ValuationLine
from tenants.workspace import Workspace

pages = Pages("what_if", __name__)
FOLLOWS = {"none": "Nothing follows", "open": "A margin call would be opened", "liquidate": "At the liquidation line: the bank would decide", "cure": "The call would be cured"}  # fmt: skip
TONES = {Zone.WARN: "watch", Zone.CALL: "danger", Zone.LIQUIDATION: "danger"}


@pages.look("/deals/<uuid:deal_id>/what-if")
def show_what_if(ws: Workspace, deal_id: UUID) -> Any:
    supposed = [read(one) for one in request.args.getlist("beside")]
    current = typed(request.args)
    if not current.is_empty:
        supposed.insert(0, current)
    found = what_if(ws, deal_id, supposed)
    outcomes = [found.now, *found.supposed]
    lots = {line.lot_id: line.lot_number for line in found.now.value.lines} if found.now.value else {}
    return render(
        "twin/supposing/what_if.html",
        found=found,
        deal=found.deal,
        columns=[_column(one, lots, supposed) for one in outcomes],
        rows=_rows(outcomes),
        goods=_goods(found),
        lots=lots,
        usual=[(in_words(one, lots), _address([*supposed, one])) for one in USUAL if one not in supposed],
        typed={name: request.args.get(name, "") for name in FIELDS},
        kept=request.args.getlist("beside"),
    )


def _address(supposed: Sequence[Supposition]) -> str:
    """The same comparison with these columns beside what is."""
    return "?" + urlencode(MultiDict([("beside", written(one)) for one in supposed]).to_dict(flat=False), doseq=True)


def _column(one: Outcome, lots: dict[UUID, str], supposed: Sequence[Supposition]) -> dict[str, Any]:
    left = [other for other in supposed if other != one.supposed]
    return {
        "says": in_words(one.supposed, lots),
        "without": None if one.supposed.is_empty else _address(left),
        "refused": one.refused,
        "zone": one.position.zone,
        "follows": translate(FOLLOWS[one.follows]),
        "tone": {"open": "danger", "liquidate": "danger", "cure": "ok"}.get(one.follows, "neutral"),
    }


def _rows(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """One line for each figure, over all columns; what differs from how it is is marked."""
    return [
        _row(translate("Value of the goods"), [money(one.value.market_value) if one.value else "–" for one in outcomes]),
        _row(translate("Borrowing base"), [money(one.base.amount) if one.base else "–" for one in outcomes]),
        _row(translate("Not eligible"), [money(_ineligible(one)) for one in outcomes]),
        _row(translate("May be drawn"), [money(one.position.available) if one.value else "–" for one in outcomes]),
        _row(translate("Loan to value"), [percent(one.position.ltv) for one in outcomes], [TONES.get(one.position.zone) if one.position.zone else None for one in outcomes]),
        _row(translate("Cash that would cure"), [money(one.position.cure.cash) if one.position.cure else "–" for one in outcomes]),
        _row(translate("Goods that would cure"), [money(one.position.cure.goods) if one.position.cure else "–" for one in outcomes]),
        _row(translate("Value at risk"), [money(one.at_risk) for one in outcomes]),
    ]  # fmt: skip


def _row(says: str, figures: Sequence[str], tones: Sequence[str | None] = ()) -> dict[str, Any]:
    cells = [
        {"text": figure, "tone": tone, "moved": figure != figures[0]}
        for figure, tone in zip(figures, tones or [None] * len(figures), strict=True)
    ]
    return {"says": says, "cells": cells}


def _ineligible(one: Outcome) -> Money | None:
    if one.base is None:
        return None
    return one.base.gross - one.base.eligible


def _goods(found: Comparison) -> list[dict[str, Any]]:
    """The lots whose figures or standing differ in any column, each with its lines."""
    by_lot = [
        {line.lot_id: line for line in one.value.lines} if one.value else {} for one in (found.now, *found.supposed)
    ]
    return [
        {"line": now, "cells": [_lot(lines.get(lot_id)) for lines in by_lot]}
        for lot_id, now in by_lot[0].items()
        if len({_figures(lines.get(lot_id)) for lines in by_lot}) > 1
    ]


def _figures(line: ValuationLine | None) -> tuple[Any, ...]:
    return (
        () if line is None else (line.market_value_minor, line.collateral_value_minor, line.barred, line.evidence_grade)
    )


def _lot(line: ValuationLine | None) -> dict[str, Any] | None:
    if line is None:
        return None
    carries = Money.zero(line.currency) if line.barred else line.collateral_value
    return {"value": money(line.market_value), "carries": money(carries), "barred": line.barred, "grade": line.evidence_grade, "reasons": line.reasons}  # fmt: skip
