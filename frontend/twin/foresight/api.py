"""Outlooks for programs: where a price and a deal may go, with the record of such forecasts."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from frontend.api import Api, Moment, MoneyShape, Ratio, Shape
from frontend.valuation.api import money_shape
from marketplace.twin.foresight.lots import ClimateOutlook, lot_outlook
from marketplace.twin.foresight.outlook import Crossing, DealAhead, deal_outlook, price_outlook
from marketplace.twin.foresight.rules import Score
from marketplace.twin.supposing.comparing import Outcome
from tenants.workspace import Workspace

api = Api("outlook")


class IntervalView(Shape):
    """With the chance `level` the price lies between these, in its own measure."""

    level: Ratio
    low: Ratio
    high: Ratio


class AheadView(Shape):
    """In so many trading days."""

    trading_days: int
    intervals: list[IntervalView]


class HeldView(Shape):
    """The share of forecasts whose interval of this level held."""

    level: Ratio
    share: Ratio


class ScoreView(Shape):
    """How forecasts over so many trading days held when replayed. `apart`: how many do not overlap. `skill`: by what share their pinball loss is below a bell
    curve's. `fall_said`, `fall_came`: the mean chance given to a fall by a twentieth, and how often it came.
    """

    trading_days: int
    forecasts: int
    apart: int
    held: list[HeldView]
    skill: Ratio
    fall_said: Ratio
    fall_came: Ratio


class PriceOutlookView(Shape):
    """A series' outlook; empty lists where it is too short."""

    code: str
    price: Ratio
    prices_seen: int
    ahead: list[AheadView]
    scores: list[ScoreView]


class ChanceView(Shape):
    """The chance to be there at least once within so many trading days."""

    trading_days: int
    chance: Ratio


class CrossingView(Shape):
    """A line of the loan: by what share prices change when it is met (none: at no price), and the chances."""

    line: str
    price_change: Ratio | None
    chances: list[ChanceView]


class EndView(Shape):
    """The deal at one end of prices; figures of goods are none where they could not be valued."""

    market_value: MoneyShape | None
    borrowing_base: MoneyShape | None
    available: MoneyShape
    ltv: Ratio | None
    zone: str | None


class DealAheadView(Shape):
    """The deal in so many trading days, at both ends of the prices that have a chance of four in five, and at today's."""

    trading_days: int
    low: EndView
    middle: EndView
    high: EndView


class UnseenView(Shape):
    """The deal at today's prices after so many days without an inspection."""

    days: int
    outcome: EndView


class DealOutlookView(Shape):
    """What may become of a deal. `ahead`, `crossings` and `scores` are empty without the caller's own prices of all its goods."""

    deal_id: UUID
    at: Moment
    ahead: list[DealAheadView]
    crossings: list[CrossingView]
    unseen: list[UnseenView]
    scores: list[ScoreView]


class HourView(Shape):
    """A metric in so many hours: its middle, intervals, and the chance to be outside of its limits at that hour."""

    hours: int
    middle: Ratio
    intervals: list[IntervalView]
    chance_outside: Ratio


class ClimateScoreView(Shape):
    """How forecasts over so many hours held when replayed; `skill` against a bell curve around the last value."""

    hours: int
    forecasts: int
    held: list[HeldView]
    skill: Ratio


class ClimateView(Shape):
    """A metric around the lot; empty lists where too little was heard."""

    metric: str
    low: Ratio | None
    high: Ratio | None
    ahead: list[HourView]
    scores: list[ClimateScoreView]


class AgedView(Shape):
    """The grade of the evidence after so many days without an inspection (0: now)."""

    days: int
    grade: str


class LotOutlookView(Shape):
    """What may become of a lot: the climate around it, and how its evidence ages."""

    lot_id: UUID
    at: Moment
    climates: list[ClimateView]
    evidence: list[AgedView]


@api.look("/lots/<uuid:lot_id>/outlook", gives=LotOutlookView)
def show_lot_outlook(ws: Workspace, lot_id: UUID) -> LotOutlookView:
    """How warm and damp it may get around a lot, and how its evidence ages if nobody does anything."""
    found = lot_outlook(ws, lot_id)
    evidence = [AgedView(days=days, grade=one.grade.value) for days, one in found.evidence]
    return LotOutlookView(
        lot_id=lot_id, at=ws.now, climates=[_climate(one) for one in found.climates], evidence=evidence
    )


@api.look("/prices/<string(maxlength=32):code>/outlook", gives=PriceOutlookView)
def show_price_outlook(ws: Workspace, code: str) -> Any:
    """Where a price may go in the coming days, and how often such forecasts have held."""
    found = price_outlook(ws, code)
    price = found.newest.price
    return PriceOutlookView(
        code=code,
        price=price,
        prices_seen=found.seen,
        ahead=[
            AheadView(
                trading_days=one.days,
                intervals=[
                    IntervalView(level=each.level, low=price * each.low, high=price * each.high)
                    for each in one.intervals
                ],
            )
            for one in found.ahead
        ],
        scores=[_score(one) for one in found.scores],
    )


@api.look("/deals/<uuid:deal_id>/outlook", gives=DealOutlookView)
def show_deal_outlook(ws: Workspace, deal_id: UUID) -> DealOutlookView:
    """What may become of a deal in the coming days, and the chance to meet each of its lines."""
    found = deal_outlook(ws, deal_id)
    return DealOutlookView(
        deal_id=deal_id,
        at=ws.now,
        ahead=[_ahead(one) for one in found.ahead],
        crossings=[_crossing(one) for one in found.crossings],
        unseen=[UnseenView(days=days, outcome=_end(one)) for days, one in found.unseen],
        scores=[_score(one) for one in found.scores],
    )


def _climate(one: ClimateOutlook) -> ClimateView:
    ahead = [
        HourView(
            hours=each.hours,
            middle=each.middle,
            intervals=[IntervalView(level=level, low=low, high=high) for level, low, high in each.intervals],
            chance_outside=one.chance_beyond(each),
        )
        for each in one.ahead
    ]
    scores = [
        ClimateScoreView(hours=each.hours, forecasts=each.forecasts, held=_held(each.held), skill=each.skill)
        for each in one.scores
    ]
    return ClimateView(metric=one.metric, low=one.low, high=one.high, ahead=ahead, scores=scores)


def _held(shares: dict[Decimal, Decimal]) -> list[HeldView]:
    return [HeldView(level=level, share=share) for level, share in shares.items()]


def _score(one: Score) -> ScoreView:
    return ScoreView(
        trading_days=one.days,
        forecasts=one.forecasts,
        apart=one.apart,
        held=_held(one.held),
        skill=one.skill,
        fall_said=one.fall_said,
        fall_came=one.fall_seen,
    )


def _ahead(one: DealAhead) -> DealAheadView:
    return DealAheadView(trading_days=one.days, low=_end(one.low), middle=_end(one.middle), high=_end(one.high))


def _crossing(one: Crossing) -> CrossingView:
    chances = [ChanceView(trading_days=days, chance=chance) for days, chance in sorted(one.chances.items())]
    return CrossingView(line=one.line, price_change=None if one.at_price is None else one.at_price - 1, chances=chances)


def _end(one: Outcome) -> EndView:
    standing = one.position
    return EndView(
        market_value=money_shape(standing.market_value) if standing.market_value is not None else None,
        borrowing_base=money_shape(standing.carries) if standing.carries is not None else None,
        available=money_shape(standing.available),
        ltv=standing.ltv,
        zone=standing.zone.value if standing.zone else None,
    )
