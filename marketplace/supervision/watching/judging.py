"""What a device's readings are judged by: the book's weight, the climate the goods ask for, and the work that was announced, each at the reading's own time.

Everything is looked up by event time, so that a reading which arrives late is judged as it would have been then.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from marketplace.inventory.models import Lot
from marketplace.pledges.models import ReleaseOrder
from marketplace.quantity import UNITS, Quantity
from marketplace.supervision.models.alarms import ClimateLimit, ExpectedWork
from marketplace.supervision.models.devices import Device
from marketplace.supervision.rules import defaults
from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.breaches import AlarmRule, Debounce
from marketplace.supervision.rules.limits import Baseline, Between, Flag, Limit, weight_tolerance
from tenants.events import Event
from tenants.workspace import Workspace

Span = tuple[datetime, datetime | None]
KILOGRAM = "KGM"
# What is physically there, by the book, from a fact on: its field, what of the weight before it keeps, and the sign. Verification is no such fact:
# it takes the least of documents and scale, and the scale under the goods goes on showing all of them.
BOOK_FACTS = {
    "LotReceived": ("net", 0, 1),
    "LotWeighed": ("net", 1, 1),
    "LotDeparted": ("departed", 1, -1),
    "QuantityShrunk": ("after", 0, 1),
}
SETTLING_TIME = timedelta(minutes=10)
RELEASE_EXPLAINS = frozenset({"weight_change", "door_open", "door_left_open", "unauthorised_move"})
CLIMATES: dict[str, tuple[Decimal | None, Decimal | None]] = {
    "temperature": (Decimal(-10), Decimal(45)),
    "humidity": (None, Decimal(80)),
}
RULES = defaults.DEFAULT_RULES | {
    # The mains failed at a gateway: one alarm for all the devices behind it.
    "power": AlarmRule("power", Severity.MAJOR, Debounce(lasting=timedelta(seconds=10)), Debounce(samples=3)),
}
# Metric -> alarm types that its values may raise.
TYPES_OF = {
    "weight": ("weight_change",),
    "temperature": ("temperature",),
    "humidity": ("humidity",),
    "door": ("door_open", "door_left_open"),
    "smoke": ("smoke",),
    "water": ("water",),
    "tamper": ("tamper",),
    "mains": ("power",),
    "battery": ("battery_low", "battery_empty"),
}
# A state that alarms while it holds.
FLAGS = {"door_open": True, "door_left_open": True, "smoke": True, "water": True, "tamper": True, "power": False}
BATTERY = {"battery_low": defaults.BATTERY_LOW_PERCENT, "battery_empty": defaults.BATTERY_EMPTY_PERCENT}
ONLY_WITH_GOODS = frozenset({"weight_change", "temperature", "humidity"})
# [P] Doors may open in these hours by the site's own clock without an order.
SHIFT, ZONE = (time(7), time(20)), ZoneInfo("Asia/Shanghai")


@dataclass
class Court:
    """All that judges the readings of one message, fetched once for all devices in it."""

    books: dict[UUID, list[tuple[datetime, Fraction]]] = field(default_factory=dict)
    climates: dict[tuple[UUID, str], ClimateLimit] = field(default_factory=dict)
    work: dict[UUID, list[tuple[frozenset[str], Span]]] = field(default_factory=dict)
    units: dict[UUID, str] = field(default_factory=dict)

    def book_at(self, lot_id: UUID, at: datetime) -> Fraction | None:
        """What the lot weighs by the book at that time, in kilograms; None before it was weighed, or where it is counted otherwise."""
        entries = self.books.get(lot_id, [])
        place = bisect_right(entries, at, key=lambda entry: entry[0])
        return entries[place - 1][1] if place else None

    def limit(self, kind: str, subject_id: UUID, device: Device, at: datetime) -> Limit | None:
        """What a value of this kind is judged by there and then; None where nothing can be said."""
        if kind in FLAGS:
            return Flag(FLAGS[kind])
        if kind in BATTERY:
            return Between(BATTERY[kind], None)
        if kind == "weight_change":
            book = self.book_at(subject_id, at)
            return None if not book else Baseline(book, weight_tolerance(book, device.deviation))
        asked = self.climates.get((subject_id, kind))
        low, high = (asked.low, asked.high) if asked else CLIMATES[kind]
        wide = defaults.TEMPERATURE_HYSTERESIS_C if kind == "temperature" else defaults.HUMIDITY_HYSTERESIS_PERCENT
        return Between(low, high, wide)

    def rule(self, kind: str, subject_id: UUID) -> AlarmRule:
        """The row of the alarm rules, with the lot's own debounce where the supervisor set one."""
        asked = self.climates.get((subject_id, kind))
        if asked is None:
            return RULES[kind]
        return replace(RULES[kind], raising=Debounce(lasting=timedelta(seconds=asked.lasting_seconds)))

    def announced(self, kind: str, subject_id: UUID, at: datetime) -> bool:
        """Whether work was expected that explains such a finding."""
        if kind == "door_open" and SHIFT[0] <= at.astimezone(ZONE).time() < SHIFT[1]:
            return True
        return any(
            kind in kinds and start <= at and (end is None or at < end)
            for kinds, (start, end) in self.work.get(subject_id, ())
        )


def convene(ws: Workspace, subjects: Iterable[UUID], sites: dict[UUID, UUID], *, weighed: bool) -> Court:
    """Fetch what judges the readings of these subjects. `sites`: subject -> its site. `weighed`: whether scales are among them."""
    ids = set(subjects)
    lots = {lot.id: lot for lot in ws.session.scalars(select(Lot).where(Lot.id.in_(ids)))}
    court = Court(units={lot.id: lot.unit for lot in lots.values()})
    for limit in ws.session.scalars(select(ClimateLimit).where(ClimateLimit.lot_id.in_(lots))):
        court.climates[limit.lot_id, limit.metric] = limit
    if weighed:
        court.books = book_weights(ws, lots.values())
    _announce_work(ws, court, {subject: sites.get(subject) for subject in ids})
    _announce_releases(ws, court, lots)
    for lot_id, entries in court.books.items():
        for at, _ in entries:  # goods that were just booked may still hang on the hook
            court.work.setdefault(lot_id, []).append((frozenset({"weight_change"}), (at, at + SETTLING_TIME)))
    return court


def book_weights(ws: Workspace, lots: Iterable[Lot]) -> dict[UUID, list[tuple[datetime, Fraction]]]:
    """For each lot booked by mass, what it weighs in kilograms from when on: read from its own events, oldest first."""
    massive = {lot.id for lot in lots if UNITS[lot.unit].dimension == "mass"}
    found: dict[UUID, list[tuple[datetime, Fraction]]] = {lot_id: [] for lot_id in massive}
    events = ws.session.scalars(
        select(Event)
        .where(Event.stream_id.in_(massive), Event.kind.in_(BOOK_FACTS))
        .order_by(Event.stream_id, Event.sequence)
    )
    for event in events if massive else ():
        name, keeps, sign = BOOK_FACTS[event.kind]
        fact, entries = event.values[name], found[event.stream_id]
        weight = Quantity.of(fact["amount"], fact["unit"]).exact_in(KILOGRAM)
        before = entries[-1][1] if entries else Fraction(0)
        entries.append((event.at, max(Fraction(0), keeps * before + sign * weight)))
    return found


def _announce_work(ws: Workspace, court: Court, sites: dict[UUID, UUID | None]) -> None:
    """Work that was announced for a lot or for its whole site."""
    about = {*sites, *(site for site in sites.values() if site)}
    for work in ws.session.scalars(select(ExpectedWork).where(ExpectedWork.about_id.in_(about))):
        assert work.during.lower is not None
        entry = (frozenset(work.types), (work.during.lower, work.during.upper))
        for subject, site in sites.items():
            if work.about_id in (subject, site):
                court.work.setdefault(subject, []).append(entry)


def _announce_releases(ws: Workspace, court: Court, lots: dict[UUID, Lot]) -> None:
    """From the bank's order until a little after its last execution, goods may move."""
    orders = ws.session.scalars(
        select(ReleaseOrder).where(
            ReleaseOrder.lot_id.in_(lots), or_(ReleaseOrder.closed_at.is_(None), ReleaseOrder.executed > 0)
        )
    )
    for order in orders if lots else ():
        until = order.closed_at + SETTLING_TIME if order.closed_at else None
        court.work.setdefault(order.lot_id, []).append((RELEASE_EXPLAINS, (order.ordered_at, until)))
