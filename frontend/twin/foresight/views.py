"""Outlooks: where a price and a deal may go, beside how often such forecasts have held."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from frontend.language import ZONE, translate
from frontend.pages import Pages, render
from frontend.supervision.showing import metric_words
from marketplace.business_days import rolled_forward
from marketplace.twin.foresight.lots import ClimateOutlook, lot_outlook
from marketplace.twin.foresight.outlook import (
    MOST_QUOTES,
    TOLD_AT,
    DealOutlook,
    PriceOutlook,
    calendar_days,
    deal_outlook,
    price_outlook,
)
from marketplace.twin.foresight.rules import HORIZONS, LEVELS, TRIED_FALL
from marketplace.twin.supposing.comparing import Outcome
from marketplace.valuation.models import PriceQuote
from marketplace.valuation.queries import quotes
from tenants.workspace import Workspace

pages = Pages("outlook", __name__)
CHARTED = 120


@pages.look("/prices/<code>/outlook")
def show_price_outlook(ws: Workspace, code: str) -> Any:
    found = price_outlook(ws, code)
    charted = quotes(ws, code, limit=CHARTED)[::-1]
    return render(
        "twin/foresight/price.html", found=found, rows=_price_rows(found), chart=_fan(charted, found), **_known()
    )


@pages.look("/deals/<uuid:deal_id>/outlook")
def show_deal_outlook(ws: Workspace, deal_id: UUID) -> Any:
    found = deal_outlook(ws, deal_id)
    return render(
        "twin/foresight/deal.html",
        found=found,
        deal=found.deal,
        unseen=_unseen(found),
        horizons=HORIZONS,
        told_at=TOLD_AT,
        **_known(),
    )


@pages.look("/lots/<uuid:lot_id>/outlook")
def show_lot_outlook(ws: Workspace, lot_id: UUID) -> Any:
    found = lot_outlook(ws, lot_id)
    climates = [_climate(one) for one in found.climates]
    return render("twin/foresight/lot.html", lot=found.lot, climates=climates, evidence=found.evidence, levels=LEVELS)


def _climate(one: ClimateOutlook) -> dict[str, Any]:
    scores, words = {score.hours: score for score in one.scores}, metric_words(one.metric)
    limits = [f"{limit:f}" for limit in (one.low, one.high) if limit is not None]
    return {
        "label": translate(words.label),
        "unit": words.unit,
        "limits": translate("limits %(limits)s", limits=f"{' – '.join(limits)} {words.unit}") if limits else None,
        "rows": [
            {"ahead": ahead, "beyond": one.chance_beyond(ahead), "score": scores.get(ahead.hours)}
            for ahead in one.ahead
        ],
    }


def _known() -> dict[str, Any]:
    return {"levels": LEVELS, "fall": TRIED_FALL, "most_quotes": MOST_QUOTES}


def _price_rows(found: PriceOutlook) -> list[dict[str, Any]]:
    """Each horizon with the ends of its intervals as prices."""
    price = found.newest.price
    return [
        {"days": one.days, "ends": [(price * within.low, price * within.high) for within in one.intervals]}
        for one in found.ahead
    ]


def _fan(charted: list[PriceQuote], found: PriceOutlook) -> dict[str, Any]:
    """What was, and the ends of the widest and the narrowest interval for the days to come: figures for the eye, as floats."""
    last = charted[-1]
    coming = [rolled_forward(last.quoted_on + timedelta(days=calendar_days(one.days))) for one in found.ahead]
    at = [*(one.quoted_on for one in charted), *coming]
    past = [float(one.price) for one in charted]
    series = [{"label": found.code, "values": [*past, *[None] * len(coming)], "fill": True}]
    for place, tone in ((-1, "watch"), (0, "ok")):
        for end in ("high", "low"):
            values = [float(last.price * getattr(one.intervals[place], end)) for one in found.ahead]
            label = f"{found.ahead[0].intervals[place].level:.0%}" if found.ahead else ""
            series.append(
                {"label": label, "values": [*[None] * (len(past) - 1), past[-1], *values], "tone": tone, "dash": True}
            )
    return {
        "at": [int(datetime.combine(day, time(), tzinfo=ZONE).timestamp()) for day in at],
        "series": series if found.ahead else series[:1],
        "thresholds": [],
        "bands": [],
        "marks": [],
    }


def _unseen(found: DealOutlook) -> list[dict[str, Any]]:
    """What may be drawn after so many days without an inspection, and what is no longer eligible by then and why."""
    return [
        {
            "days": days,
            "outcome": one,
            "why": _barred(one),
            "less": one.position.available < found.now.position.available,
        }
        for days, one in found.unseen
    ]


def _barred(one: Outcome) -> list[str]:
    lines = one.value.lines if one.value else []
    return list(dict.fromkeys(why for line in lines for why in ([line.barred] if line.barred else line.reasons)))


def is_likely(chance: Decimal) -> str:
    """The tone of a chance."""
    return "danger" if chance >= Decimal("0.5") else "watch" if chance >= Decimal("0.1") else "neutral"


pages.add_app_template_global(is_likely, "chance_tone")
