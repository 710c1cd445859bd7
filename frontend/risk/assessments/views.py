"""The risk assessment of a deal: on the screen, on paper, in a spreadsheet."""

from typing import Any
from uuid import UUID

from flask import Response

from frontend import paper
from frontend.pages import Pages, render
from frontend.spreadsheets import Table, offer_tables
from marketplace.exact import half_up, half_up_whole
from marketplace.risk.assessment import advice, scorecard
from marketplace.risk.assessment.report import Assessment, assess
from tenants.workspace import Workspace

pages = Pages("assessments", __name__)
COLUMNS = ("part", "what", "figure", "points_or_amount", "currency")


@pages.look("/deals/<uuid:deal_id>/assessment")
def show_assessment(ws: Workspace, deal_id: UUID) -> Any:
    return render("risk/assessments/assessment.html", **_told(ws, deal_id))


@pages.look("/deals/<uuid:deal_id>/assessment.pdf")
def print_assessment(ws: Workspace, deal_id: UUID) -> Response:
    told = _told(ws, deal_id)
    return paper.as_pdf("risk/assessments/assessment_sheet.html", f"assessment-{told['one'].deal.number}.pdf", **told)


def assessment_table(ws: Workspace, deal_id: UUID) -> Table:
    one = assess(ws, deal_id)
    rows = [*_of_score(one), *_of_loss(one), *_of_trades(one), *_of_shocks(one)]
    rows += [["signal", signal.code, signal.count, "", ""] for signal in one.signals]
    rows += [["advice", advice.MODEL, one.recommendation.advice, "", ""]]
    rows += [["reason", reason, "", "", ""] for reason in one.recommendation.reasons]
    return Table(f"assessment-{one.deal.number}", COLUMNS, rows)


offer_tables(pages, "/deals/<uuid:deal_id>/assessment", assessment_table)


def _of_score(one: Assessment) -> list[list[Any]]:
    base = ["score", "base", one.shares.default_probability, one.score.base, ""]
    factors = [["score", factor.kind, "" if factor.figure is None else factor.figure, factor.points, ""] for factor in one.score.factors]  # fmt: skip
    return [base, *factors, ["score", scorecard.MODEL, one.score.default_probability, one.score.points, ""]]


def _of_loss(one: Assessment) -> list[list[Any]]:
    currency, (loan_class, stage, days) = one.deal.currency, one.quality
    return [
        ["loss", "stage", stage, "", ""],
        ["loss", "class", loan_class, "", ""],
        ["loss", "days_past_due", days, "", ""],
        ["loss", "loss_given_default", half_up(one.loss.loss_given_default, 6), "", ""],
        ["loss", "exposure_at_default", "", one.loss.exposure.amount, currency],
        ["loss", "expected_loss", "", one.loss.loss.amount, currency],
        ["loss", "expected_loss_booked", "", one.booked.loss.amount, currency],
    ]


def _of_trades(one: Assessment) -> list[list[Any]]:
    rows = [["trades", "count", one.flows.trades, "", ""], ["trades", "breaks", one.flows.breaks, "", ""]]
    rows.append(["turnover", "days_of_inventory", "" if one.turnover.days is None else one.turnover.days, "", ""])
    rows.append(["turnover", "usual_days", "" if one.turnover.usual is None else one.turnover.usual, "", ""])
    if one.core:
        rows.append(["core", "health", "" if one.core.health is None else one.core.health, "", ""])
    return rows


def _of_shocks(one: Assessment) -> list[list[Any]]:
    currency, rows = one.deal.currency, list[list[Any]]()
    for shock in one.shocks:
        name = f"prices less {shock.fall}"
        rows.append([name, "value", "", shock.market_value.amount, currency])
        rows.append([name, "loan_to_value", "" if shock.ltv is None else shock.ltv, "", ""])
        rows.append([name, "cash_to_cure", shock.zone or "", shock.cash.amount, currency])
        rows.append([name, "expected_loss", "", shock.loss.amount, currency])
    return rows


def _told(ws: Workspace, deal_id: UUID) -> dict[str, Any]:
    one = assess(ws, deal_id)
    return {"one": one, "models": (scorecard.MODEL, advice.MODEL), "shown": _shown(one)}


def _shown(one: Assessment) -> dict[str, Any]:
    """Fractions as templates take them; None stays None."""
    core = one.core
    figures = {
        "probability": one.probability,
        "lgd": one.loss.loss_given_default,
        "buyers": one.flows.buyers,
        "largest": one.flows.largest_share,
        "overdue": core.overdue if core else None,
        "drop": core.order_drop if core else None,
    }
    drift = None if core is None or core.drift_days is None else half_up_whole(core.drift_days)
    return {name: None if one is None else half_up(one, 6) for name, one in figures.items()} | {"drift": drift}
