"""How far the house may rely on a lot being there, unharmed. Anybody who sees the lot may ask: the answer is made of what its viewers see."""

from collections.abc import Container, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from marketplace.exact import half_up
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.quantity import UNITS, Quantity
from marketplace.supervision.about import by_subject
from marketplace.supervision.models.alarms import Alarm, ClimateLimit
from marketplace.supervision.models.readings import LONGEST_ROW, LatestReading
from marketplace.supervision.readings.earshot import Ear, ears_of
from marketplace.supervision.rules.limits import weight_tolerance
from marketplace.supervision.watching.books import KILOGRAM, book_weights
from marketplace.supervision.watching.judging import CLIMATES
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
# What a camera says of itself with each look: a blind one goes on saying it, and it may not make up for a scale that is silent.
BESIDE_THE_GOODS = frozenset({"picture", "camera_blocked", "marks_missing"})


# Each lot asks by itself, through its own index and months; the bounds of all of them together leave out the other months beforehand.
# A lot is heard under its own name and, while it lies in a hall, under those of the devices that hang there: what two say at once counts once.
HEARD = text("""
select told.lot_id, told.metric, (select sum(extract(epoch from upper(span) - lower(span))) from unnest(told.spans) span) from (
  select w.lot_id, heard.metric, range_agg(heard.spans) as spans
    from unnest(cast(:lots as uuid[]), cast(:subjects as uuid[]), cast(:starts as timestamptz[]), cast(:earliest as timestamptz[]))
         w (lot_id, subject_id, start, earliest)
   cross join lateral (
    select s.metric, range_agg(
             tstzrange(greatest(s.first_at, w.start), least(s.last_at + make_interval(secs => 3 * l.interval_seconds), :end))) as spans
      from house.reading_series s
      join house.latest_reading l on l.tenant_id = s.tenant_id and l.subject_id = s.subject_id and l.metric = s.metric
                                 and l.device_id = s.device_id and l.channel = s.channel
     where s.subject_id = w.subject_id and l.ended_at is null and s.last_at > w.earliest and s.first_at >= w.earliest - :longest
       and s.first_at >= :first and s.first_at < :end
       and greatest(s.first_at, w.start) < least(s.last_at + make_interval(secs => 3 * l.interval_seconds), :end)
     group by s.metric) heard group by w.lot_id, heard.metric) told
""")
WATCHED_SINCE = text("""
select w.lot_id, least(series.at, attached.at) from unnest(cast(:lots as uuid[]), cast(:since as timestamptz[])) w (lot_id, since)
 cross join lateral (select min(s.first_at) as at from house.reading_series s
                      where s.subject_id = w.lot_id and s.first_at >= w.since and s.first_at between :first and :end) series
 cross join lateral (select min(lower(a.during)) as at from house.attachment a where a.lot_id = w.lot_id) attached
""")
HEAT = text("""
select w.lot_id, w.high, s.offsets, s.values
  from unnest(cast(:lots as uuid[]), cast(:subjects as uuid[]), cast(:since as timestamptz[]), cast(:until as timestamptz[]), cast(:highs as numeric[]))
       w (lot_id, subject_id, since, until, high)
 cross join lateral (select s.offsets, s.values from house.reading_series s
                      where s.subject_id = w.subject_id and s.metric = 'temperature' and s.greatest > w.high and s.first_at >= w.since
                        and s.last_at <= w.until and s.first_at between :first and :end) s
""")


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
    return conditions_of(ws, [find_lot(ws, lot_id)])[lot_id]


def conditions_of(ws: Workspace, lots: Sequence[Lot]) -> dict[UUID, Condition]:
    """The same of many lots, each question asked for all of them at once."""
    latest, critical = latest_among(ws, [lot.id for lot in lots]), _criticals(ws, lots)
    watched = [lot for lot in lots if latest[lot.id]]
    coverage, heat = _coverages(ws, watched, latest), _degree_hours(ws, lots)
    books = book_weights(ws, [lot for lot in watched if _scales(latest[lot.id])])
    found = {}
    for lot in lots:
        measured, doubt = _measured(lot, latest[lot.id], books.get(lot.id, []))
        share, hours = coverage.get(lot.id), heat.get(lot.id, Decimal(0))
        gap = UNWATCHED if share is None else GAPS if share < FULL else ""
        reasons = (CRITICAL_OPEN if lot.id in critical else "", doubt, gap, HEATED if hours else "")
        found[lot.id] = Condition(
            share or Decimal(0), hours, lot.id in critical, measured, tuple(filter(None, reasons))
        )
    return found


def latest_among(ws: Workspace, lot_ids: Sequence[UUID]) -> dict[UUID, list[LatestReading]]:
    """The newest values of several lots, by lot; of the devices in their halls too, where these spoke since the lot came in."""
    found: dict[UUID, list[LatestReading]] = {lot_id: [] for lot_id in lot_ids}
    under: dict[UUID, list[Ear]] = {}
    for ear in ears_of(ws, lot_ids, ws.now, ws.now):
        under.setdefault(ear.device_id, []).append(ear)
    wanted = select(LatestReading).where(
        LatestReading.subject_id.in_({*lot_ids, *under}), LatestReading.ended_at.is_(None)
    )
    ordered = wanted.order_by(LatestReading.metric, LatestReading.device_name, LatestReading.channel)
    for row in ws.session.scalars(ordered) if lot_ids else ():
        for lot_id in _whose(row, found, under):
            found[lot_id].append(row)
    return found


def _whose(row: LatestReading, lots: Container[UUID], under: Mapping[UUID, Sequence[Ear]]) -> Iterable[UUID]:
    """The lots that this value speaks for."""
    if row.subject_id in lots:
        return [row.subject_id]
    return {ear.lot_id for ear in under[row.subject_id] if ear.tenant_id == row.tenant_id and row.at >= ear.since}


def has_open_critical(ws: Workspace, lot_id: UUID) -> bool:
    """Whether a CRITICAL alarm about the lot has no disposition yet."""
    return bool(_open_criticals(ws, [lot_id]))


def _criticals(ws: Workspace, lots: Sequence[Lot]) -> Set[UUID]:
    return _open_criticals(ws, [lot.id for lot in lots])


def _open_criticals(ws: Workspace, lot_ids: Sequence[UUID]) -> Set[UUID]:
    """Those of these lots about which a CRITICAL alarm is open."""
    wanted = by_subject(lot_ids, where=(Alarm.severity == "CRITICAL", Alarm.closed_at.is_(None)))
    return set(ws.session.scalars(wanted))


def _coverages(ws: Workspace, lots: Sequence[Lot], latest: dict[UUID, list[LatestReading]]) -> dict[UUID, Decimal]:
    """The share of the last day, or since it is watched, in which each of these watched lots was heard."""
    if not lots:
        return {}
    since = _watched_since(ws, lots)
    starts = {lot.id: max(ws.now - WINDOW, since.get(lot.id, lot.declared_at)) for lot in lots}
    earliest = {
        one: start - timedelta(seconds=3 * max(row.interval_seconds for row in latest[one]))
        for one, start in starts.items()
    }
    pairs = [(one, one, start) for one, start in starts.items()]
    pairs += [(ear.lot_id, ear.device_id, max(ear.since, starts[ear.lot_id])) for ear in ears_of(ws, list(starts), ws.now, ws.now)]  # fmt: skip
    told = {
        "lots": [one for one, _, _ in pairs], "subjects": [subject for _, subject, _ in pairs],
        "starts": [start for _, _, start in pairs], "earliest": [earliest[one] for one, _, _ in pairs], "end": ws.now,
        "first": min(earliest.values()) - LONGEST_ROW, "longest": LONGEST_ROW,
    }  # fmt: skip
    heard: dict[UUID, list[Fraction]] = {}
    for lot_id, metric, seconds in ws.session.execute(HEARD, told):
        if metric not in BESIDE_THE_GOODS:
            heard.setdefault(lot_id, []).append(Fraction(seconds))
    return {
        one: _share(heard.get(one, []), ws.now - start, {row.metric for row in latest[one]} - BESIDE_THE_GOODS)
        for one, start in starts.items()
    }


def _share(heard: Sequence[Fraction], span: timedelta, metrics: Set[str]) -> Decimal:
    """The mean over the metrics that are watched; none where nothing is said of the goods themselves, all of no time at all."""
    if not metrics:
        return Decimal(0)
    whole = Fraction(span.total_seconds())
    if whole <= 0:
        return Decimal(1)
    return half_up(sum((min(Fraction(1), seconds / whole) for seconds in heard), Fraction(0)) / len(metrics), 4)


def _watched_since(ws: Workspace, lots: Sequence[Lot]) -> dict[UUID, datetime]:
    """When the first sensor of each spoke for it, or it came to lie under one: before that nobody expected a word."""
    found = {lot_id: at for lot_id, at in ws.session.execute(WATCHED_SINCE, _known_since(ws, lots)) if at is not None}
    for ear in ears_of(ws, [lot.id for lot in lots], ws.now, ws.now):
        found[ear.lot_id] = min(found.get(ear.lot_id, ear.since), ear.since)
    return found


def _degree_hours(ws: Workspace, lots: Sequence[Lot]) -> dict[UUID, Decimal]:
    """Σ max(0, T - T_max) · Δt, each point lasting until the next, three intervals at most; of those lots that have any."""
    highs = _highs(ws, lots)
    limited = [lot for lot in lots if highs[lot.id] is not None]
    known, end = _known_since(ws, limited), ws.now + WINDOW
    ears = ears_of(ws, [lot.id for lot in limited], known["first"], ws.now)
    rows = [(lot.id, lot.id, lot.declared_at - WINDOW, end) for lot in limited]
    rows += [(ear.lot_id, ear.device_id, ear.since, ear.until or end) for ear in ears]
    told: dict[str, object] = {
        name: [row[at] for row in rows] for at, name in enumerate(("lots", "subjects", "since", "until"))
    }
    told |= {"first": known["first"], "end": end, "highs": [highs[row[0]] for row in rows]}
    over: dict[UUID, Fraction] = {}
    for lot_id, high, offsets, values in ws.session.execute(HEAT, told) if limited else ():
        over[lot_id] = over.get(lot_id, Fraction(0)) + _over(offsets, values, high)
    return {lot_id: half_up(degrees / HOUR_MS, 4) for lot_id, degrees in over.items()}


def _highs(ws: Workspace, lots: Sequence[Lot]) -> dict[UUID, Decimal | None]:
    """The temperature limit of each lot: the last that its supervisor set, else the house's."""
    ids = [lot.id for lot in lots]
    wanted = select(ClimateLimit.lot_id, ClimateLimit.high).where(ClimateLimit.lot_id.in_(ids), ClimateLimit.metric == "temperature")  # fmt: skip
    set_ones = {lot_id: high for lot_id, high in ws.session.execute(wanted.order_by(ClimateLimit.set_at))}  # noqa: C416 (rows are no pairs to mypy)
    return {one: set_ones.get(one, CLIMATES["temperature"][1]) for one in ids}


def _known_since(ws: Workspace, lots: Sequence[Lot]) -> dict[str, Any]:
    """From when the house knows each lot until now: what was read belongs to the months between, and no other partition is asked."""
    since = [lot.declared_at - WINDOW for lot in lots]
    return {"lots": [lot.id for lot in lots], "since": since, "first": min(since, default=ws.now), "end": ws.now + WINDOW}  # fmt: skip


def _over(offsets: Sequence[int], values: Sequence[Decimal], high: Decimal) -> Fraction:
    """Degree-milliseconds above the limit within one message; its last point lasts as long as the mean step."""
    steps = [later - earlier for earlier, later in pairwise(offsets)]
    last = sum(steps) // len(steps) if steps else 0
    return sum(
        (max(Fraction(0), Fraction(value - high)) * step for value, step in zip(values, [*steps, last], strict=True)),
        Fraction(0),
    )


def _scales(latest: Sequence[LatestReading]) -> list[LatestReading]:
    return [row for row in latest if row.metric == "weight"]


def _measured(lot: Lot, latest: Sequence[LatestReading], entries: Sequence[tuple[datetime, Fraction]]) -> tuple[Decimal | None, str]:  # fmt: skip
    """What trusted scales say of a lot whose book has these entries, and what speaks against it. None where none weighs it."""
    scales = _scales(latest)
    if not scales or UNITS[lot.unit].dimension != "mass":
        return None, ""
    if not all(row.trusted for row in scales):
        return None, UNTRUSTED
    shown = sum((row.value for row in scales), Decimal(0))
    book = entries[-1][1] if entries else Fraction(0)
    if lot.verified_qty is not None and abs(Fraction(shown) - book) <= weight_tolerance(book):
        return lot.verified_qty, ""
    return Quantity.rounded(
        Quantity.rounded(max(Decimal(0), shown), KILOGRAM).exact_in(lot.unit), lot.unit
    ).amount, LESS
