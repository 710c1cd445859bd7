"""How far the house may rely on a lot being there, unharmed. Anybody who sees the lot may ask: the answer is made of what its viewers see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text

from marketplace.exact import half_up
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.quantity import UNITS, Quantity
from marketplace.supervision.models.alarms import Alarm, ClimateLimit
from marketplace.supervision.models.devices import Attachment
from marketplace.supervision.models.readings import LONGEST_ROW, LatestReading, ReadingSeries
from marketplace.supervision.rules.limits import weight_tolerance
from marketplace.supervision.watching.judging import CLIMATES, KILOGRAM, book_weights
from tenants.workspace import Workspace

WINDOW = timedelta(days=1)
FULL = Decimal("0.95")
HOUR_MS = 3_600_000
UNWATCHED = "No device watches this lot."
GAPS = "The sensors were silent for part of the last day."
CRITICAL_OPEN = "A critical alarm is open."
LESS = "The scale shows another quantity than the book."
UNTRUSTED = "The scale's calibration is not in force, so it verifies no quantity."
HEATED = "The temperature was above what the goods ask for."


@dataclass(frozen=True)
class Condition:
    """How far the house may rely on a lot being there, unharmed: what valuation discounts by and a release asks for.

    `coverage`: share of the last day in which the lot's sensors were heard, a mean over the metrics that are watched, in [0, 1]; 0 where no device
    watches it. `degree_hours`: degrees above the temperature limit times hours, since the lot was received. `measured_qty`: by trusted scales, in the
    lot's unit: the verified quantity while they bear it out within their tolerance, what they show where they do not; None where none weighs it.
    `reasons`: English msgids.
    """

    coverage: Decimal
    degree_hours: Decimal
    has_open_critical: bool
    measured_qty: Decimal | None
    reasons: tuple[str, ...]


def condition_of(ws: Workspace, lot_id: UUID) -> Condition:
    """How far the house may rely on this lot now."""
    lot = find_lot(ws, lot_id)
    latest = ws.session.scalars(
        select(LatestReading).where(LatestReading.subject_id == lot_id, LatestReading.ended_at.is_(None))
    ).all()
    critical = has_open_critical(ws, lot_id)
    reasons = [CRITICAL_OPEN] if critical else []
    measured = _measured(ws, lot, latest, reasons)
    coverage, heat = _coverage(ws, lot, latest, reasons), _degree_hours(ws, lot)
    if heat:
        reasons.append(HEATED)
    return Condition(coverage, heat, critical, measured, tuple(reasons))


def has_open_critical(ws: Workspace, lot_id: UUID) -> bool:
    """Whether a CRITICAL alarm about the lot has no disposition yet."""
    found = select(Alarm.id).where(Alarm.about_id == lot_id, Alarm.severity == "CRITICAL", Alarm.closed_at.is_(None))
    return ws.session.scalars(found.limit(1)).first() is not None


HEARD = text("""
select metric, sum(extract(epoch from upper(span) - lower(span))) from (
  select s.metric, unnest(range_agg(
           tstzrange(greatest(s.first_at, :start), least(s.last_at + make_interval(secs => 3 * l.interval_seconds), :end)))) as span
    from house.reading_series s
    join house.latest_reading l on l.tenant_id = s.tenant_id and l.subject_id = s.subject_id and l.metric = s.metric
                               and l.device_id = s.device_id and l.channel = s.channel
   where s.subject_id = :lot_id and l.ended_at is null and s.last_at > :earliest and s.first_at >= :begun and s.first_at < :end
     and greatest(s.first_at, :start) < least(s.last_at + make_interval(secs => 3 * l.interval_seconds), :end)
   group by s.metric) heard group by metric
""")


def _coverage(ws: Workspace, lot: Lot, latest: Sequence[LatestReading], reasons: list[str]) -> Decimal:
    metrics = {row.metric for row in latest}
    if not metrics:
        reasons.append(UNWATCHED)
        return Decimal(0)
    start = max(ws.now - WINDOW, _watched_since(ws, lot))
    span = (ws.now - start).total_seconds()
    if span <= 0:
        return Decimal(1)
    longest = max(row.interval_seconds for row in latest)
    earliest = start - timedelta(seconds=3 * longest)
    told = {"lot_id": lot.id, "start": start, "end": ws.now, "earliest": earliest, "begun": earliest - LONGEST_ROW}
    heard = ws.session.execute(HEARD, told).all()
    shares = [min(Fraction(1), Fraction(seconds) / Fraction(span)) for _, seconds in heard]
    coverage = half_up(sum(shares, Fraction(0)) / len(metrics), 4)
    if coverage < FULL:
        reasons.append(GAPS)
    return coverage


def _watched_since(ws: Workspace, lot: Lot) -> datetime:
    """When its first sensor spoke for it: before that nobody expected a word."""
    first: datetime | None = ws.session.scalar(
        select(func.min(ReadingSeries.first_at)).where(ReadingSeries.subject_id == lot.id, _since(ws, lot))
    )
    attached: datetime | None = ws.session.scalar(
        select(func.min(func.lower(Attachment.during))).where(Attachment.lot_id == lot.id)
    )
    return min((at for at in (first, attached) if at is not None), default=lot.declared_at)


def _degree_hours(ws: Workspace, lot: Lot) -> Decimal:
    """Σ max(0, T - T_max) · Δt, each point lasting until the next, three intervals at most."""
    limit = ws.session.scalars(
        select(ClimateLimit)
        .where(ClimateLimit.lot_id == lot.id, ClimateLimit.metric == "temperature")
        .order_by(ClimateLimit.set_at.desc())
    ).first()
    high = limit.high if limit else CLIMATES["temperature"][1]
    if high is None:
        return Decimal(0)
    rows = ws.session.execute(
        select(ReadingSeries.offsets, ReadingSeries.values).where(
            ReadingSeries.subject_id == lot.id,
            ReadingSeries.metric == "temperature",
            ReadingSeries.greatest > high,
            _since(ws, lot),
        )
    )
    over = sum((_over(offsets, values, high) for offsets, values in rows), Fraction(0))
    return half_up(over / HOUR_MS, 4)


def _since(ws: Workspace, lot: Lot) -> ColumnElement[bool]:
    """From when the house knows the lot until now: what was read belongs to the months between, and no other partition is asked."""
    return ReadingSeries.first_at.between(lot.declared_at - WINDOW, ws.now + WINDOW)


def _over(offsets: Sequence[int], values: Sequence[Decimal], high: Decimal) -> Fraction:
    """Degree-milliseconds above the limit within one message; its last point lasts as long as the mean step."""
    steps = [later - earlier for earlier, later in pairwise(offsets)]
    last = sum(steps) // len(steps) if steps else 0
    return sum(
        (max(Fraction(0), Fraction(value - high)) * step for value, step in zip(values, [*steps, last], strict=True)),
        Fraction(0),
    )


def _measured(ws: Workspace, lot: Lot, latest: Sequence[LatestReading], reasons: list[str]) -> Decimal | None:
    scales = [row for row in latest if row.metric == "weight"]
    if not scales or UNITS[lot.unit].dimension != "mass":
        return None
    if not all(row.trusted for row in scales):
        reasons.append(UNTRUSTED)
        return None
    shown = sum((row.value for row in scales), Decimal(0))
    entries = book_weights(ws, [lot])[lot.id]
    book = entries[-1][1] if entries else Fraction(0)
    if lot.verified_qty is not None and abs(Fraction(shown) - book) <= weight_tolerance(book):
        return lot.verified_qty
    reasons.append(LESS)
    return Quantity.rounded(Quantity.rounded(max(Decimal(0), shown), KILOGRAM).exact_in(lot.unit), lot.unit).amount
