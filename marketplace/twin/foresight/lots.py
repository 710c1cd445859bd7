"""What may become of one lot: how warm and damp it may get around it, and how its evidence ages if nobody does anything."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.reliance.queries import graded, known_among
from marketplace.reliance.rules.grades import Evidence
from marketplace.supervision.conditions import condition_of
from marketplace.supervision.queries import chart, climates_of
from marketplace.supervision.watching.judging import CLIMATES
from marketplace.twin.foresight.climate import ClimateScore, HourAhead, ahead_of, replay
from marketplace.twin.foresight.outlook import UNSEEN_DAYS
from marketplace.twin.supposing.rules import Supposition, supposed_knowledge
from tenants.workspace import Workspace

HOUR = timedelta(hours=1)
SEEN = timedelta(days=20)  # as far as readings are summed by the hour for a chart


@dataclass(frozen=True, slots=True)
class ClimateOutlook:
    """A metric around the lot in the hours to come, its limits (None: there is none), and how such forecasts have held on the same readings."""

    metric: str
    low: Decimal | None
    high: Decimal | None
    ahead: Sequence[HourAhead]
    scores: Sequence[ClimateScore]

    def chance_beyond(self, one: HourAhead) -> Decimal:
        """The chance to be outside of the limits at that hour."""
        above = one.chance_above(self.high) if self.high is not None else Decimal(0)
        return min(Decimal(1), above + (one.chance_below(self.low) if self.low is not None else Decimal(0)))


@dataclass(frozen=True, slots=True)
class LotOutlook:
    """What may become of a lot. `climates`: of metrics that are measured; empty lists in one of which too little was heard. `evidence`: the grade now (0) and
    after so many days in which nobody looks, devices going on as they do.
    """

    lot: Lot
    climates: tuple[ClimateOutlook, ...]
    evidence: tuple[tuple[int, Evidence], ...]


def lot_outlook(ws: Workspace, lot_id: UUID) -> LotOutlook:
    """The outlook of a lot, for whoever was let in to see it."""
    lot = find_lot(ws, lot_id)
    return LotOutlook(lot, tuple(_climates(ws, lot)), tuple(_evidence(ws, lot)))


def _climates(ws: Workspace, lot: Lot) -> list[ClimateOutlook]:
    limits, found = climates_of(ws, lot.id), []
    for metric, usual in CLIMATES.items():
        buckets = chart(ws, lot.id, metric, ws.now - SEEN, ws.now)
        if buckets:
            hourly = by_the_hour([(one.at, one.mean) for one in buckets])
            low, high = (limits[metric].low, limits[metric].high) if metric in limits else usual
            found.append(ClimateOutlook(metric, low, high, ahead_of(hourly), replay(hourly)))
    return found


def _evidence(ws: Workspace, lot: Lot) -> list[tuple[int, Evidence]]:
    known = known_among(ws, [lot], {lot.id: condition_of(ws, lot.id)})[lot.id]
    days = (0, *UNSEEN_DAYS)
    aged = {UUID(int=one): supposed_knowledge(known, Supposition(days=one)) for one in days}
    grades = graded(ws, aged)
    return [(one, grades[UUID(int=one)]) for one in days]


def by_the_hour(points: Sequence[tuple[datetime, Decimal]]) -> list[float | None]:
    """The mean of each hour from the first to the last of these points; None where nothing was heard."""
    heard: dict[int, list[float]] = defaultdict(list)
    for at, value in points:
        heard[int(at.timestamp() // HOUR.total_seconds())].append(float(value))
    if not heard:
        return []
    return [
        sum(heard[hour]) / len(heard[hour]) if hour in heard else None for hour in range(min(heard), max(heard) + 1)
    ]
