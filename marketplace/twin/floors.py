"""The floor of a site as one sees it: its bins, the goods in them, what sensors say, what is wrong. Present here; a moment that is past in `past`.

Every figure is as far as the viewer may see: goods by their grants, alarms by what they are about, devices its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from marketplace.inventory.models import Lot
from marketplace.inventory.places.models import Bin
from marketplace.inventory.places.queries import floor_of
from marketplace.patrols.queries import routes_at
from marketplace.quantity import Quantity
from marketplace.supervision import about, queries
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.readings import LatestReading
from marketplace.supervision.rules.devices import SILENT_AFTER_INTERVALS
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Goods:
    """A lot as it stood. `is_held`: frozen, or promised or pledged as far as the viewer knows. Quantities in `unit`; None: not found out (or not to be told)."""

    lot_id: UUID
    number: str
    product_name: str
    unit: str
    documented_qty: Decimal
    weighed_qty: Decimal | None
    verified_qty: Decimal | None
    is_held: bool
    received_at: datetime | None

    @property
    def amount(self) -> Quantity:
        """What is known best: verified, or else weighed, or else what the papers say."""
        known = (self.verified_qty, self.weighed_qty, self.documented_qty)
        return Quantity(next(one for one in known if one is not None), self.unit)

    @property
    def verified(self) -> Quantity | None:
        """What was confirmed to be there."""
        return None if self.verified_qty is None else Quantity(self.verified_qty, self.unit)


@dataclass(frozen=True, slots=True)
class Sensed:
    """The newest value of one sensor on the goods, by event time."""

    metric: str
    channel: str
    device_id: UUID
    device_name: str
    value: Decimal
    unit: str
    at: datetime
    interval_seconds: int
    trusted: bool

    def is_silent(self, at: datetime) -> bool:
        """Whether it had to speak again since: what is not heard is unknown, never fine."""
        return at - self.at > SILENT_AFTER_INTERVALS * timedelta(seconds=self.interval_seconds)


@dataclass(frozen=True, slots=True)
class OpenAlarm:
    """An alarm that had no disposition, in the words in which it was told. `noticed_at`: when the house heard of it, which may be later than it was so.
    `goods`: the lots that it concerns, where it is of a hall.
    """

    id: UUID
    number: str
    type: str
    severity: str
    because: str
    facts: dict[str, Any]
    about_id: UUID
    raised_at: datetime
    noticed_at: datetime
    is_active: bool
    is_acknowledged: bool
    goods: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Watching:
    """A device of the viewer's own that sat here, and how it did: ENROLLED (it has said nothing), SILENT, LOW_BATTERY, ONLINE."""

    device_id: UUID
    name: str
    kind: str
    standing: str


@dataclass(frozen=True, slots=True)
class Place:
    """A bin and what lay in it: of a bulk the oldest of its parts, and how many there are."""

    bin: Bin
    goods: Goods | None
    lots: int
    sensed: tuple[Sensed, ...]
    alarms: tuple[OpenAlarm, ...]


@dataclass(frozen=True, slots=True)
class Floor:
    """A site at a moment. `alarms`: all of its bins and its own, worst first."""

    at: datetime
    places: tuple[Place, ...]
    alarms: tuple[OpenAlarm, ...]
    devices: tuple[Watching, ...]

    @property
    def filled(self) -> int:
        """How many bins hold goods that the viewer sees."""
        return sum(place.goods is not None for place in self.places)


def floor_now(ws: Workspace, site_id: UUID) -> Floor:
    """The site as it is, from the present rows."""
    uses = floor_of(ws, site_id)
    lots = [use.lot.id for use in uses if use.lot]
    sensed = {lot_id: [_sensed(row) for row in rows] for lot_id, rows in queries.latest_among(ws, lots).items()}
    found = queries.alarms_among(ws, [*lots, site_id, *routes_at(ws, site_id)])
    goods = about.goods_of(ws, found)
    alarms = [_open_alarm(alarm, goods[alarm.id]) for alarm in found]
    devices = [Watching(row.device.id, row.device.name, row.device.kind, row.standing(ws.now)) for row in queries.devices_at(ws, site_id)]  # fmt: skip
    lying = [(use.bin, [goods_of(use.lot)] if use.lot else [], use.lots) for use in uses]
    return laid_out(ws.now, lying, sensed, alarms, devices)


def laid_out(
    at: datetime,
    lying: Iterable[tuple[Bin, Sequence[Goods], int]],
    sensed: dict[UUID, list[Sensed]],
    alarms: Sequence[OpenAlarm],
    devices: Sequence[Watching],
) -> Floor:
    """Put everything in its place, in one order whatever it was found by."""
    by_subject: dict[UUID, list[OpenAlarm]] = defaultdict(list)
    ordered = sorted(alarms, key=lambda one: (queries.SEVERITY_RANK[one.severity], one.raised_at, one.id))
    for alarm in ordered:
        for subject in {alarm.about_id, *alarm.goods}:
            by_subject[subject].append(alarm)
    places = []
    for place, goods, lots in lying:
        first = goods[0] if goods else None
        said = (
            sorted(sensed.get(first.lot_id, []), key=lambda one: (one.metric, one.channel, one.device_id))
            if first
            else []
        )
        places.append(Place(place, first, lots, tuple(said), tuple(by_subject[first.lot_id]) if first else ()))
    return Floor(at, tuple(places), tuple(ordered), tuple(devices))


def goods_of(lot: Lot) -> Goods:
    """A lot as its row has it now."""
    return Goods(
        lot.id, lot.number, lot.product_name, lot.unit, lot.documented_qty, lot.weighed_qty, lot.verified_qty,
        lot.is_frozen or lot.held_qty > 0, lot.received_at,
    )  # fmt: skip


def _sensed(row: LatestReading) -> Sensed:
    return Sensed(
        row.metric, row.channel, row.device_id, row.device_name, row.value, row.unit, row.at, row.interval_seconds, row.trusted
    )  # fmt: skip


def _open_alarm(alarm: Alarm, goods: tuple[UUID, ...]) -> OpenAlarm:
    return OpenAlarm(
        alarm.id, alarm.number, alarm.type, alarm.severity, alarm.because, alarm.facts, alarm.about_id, alarm.raised_at,
        alarm.noticed_at, alarm.is_active, alarm.acknowledged_at is not None, goods,
    )  # fmt: skip
