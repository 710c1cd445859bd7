"""What a device's readings are judged by: the book's weight, the climate the goods ask for, and the work that was announced, each at the reading's own time.

Everything is looked up by event time, so that a reading which arrives late is judged as it would have been then.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import Range

from marketplace.inventory.models import Lot
from marketplace.inventory.places.models import Site
from marketplace.pledges.models import ReleaseOrder
from marketplace.shipments.journeys import Journey, journeys_of
from marketplace.supervision.models.alarm_rules import AlarmRuleVersion
from marketplace.supervision.models.alarms import ClimateLimit, ExpectedWork
from marketplace.supervision.models.devices import Device
from marketplace.supervision.rules.breaches import Debounce
from marketplace.supervision.rules.defaults import FIGURES, SETTINGS
from marketplace.supervision.rules.fences import Fence, Position
from marketplace.supervision.rules.limits import Baseline, Between, Flag, Limit, weight_tolerance
from marketplace.supervision.rules.settings import Setting, changed
from marketplace.supervision.rules.versions import ANYWHERE, Scope, Version, in_force
from marketplace.supervision.watching.books import Goods, book_weights
from marketplace.supervision.watching.guests import PASSAGE, STRICTEST, Guest, guests_of, strictest
from marketplace.supervision.watching.kinds import FLAGS, RELEASE_EXPLAINS, ROAD_EXPLAINS
from tenants.database import among
from tenants.workspace import Workspace

Span = tuple[datetime, datetime | None]
Sites = dict[UUID, list[tuple[datetime, UUID]]]
Work = dict[UUID, list[tuple[frozenset[str], Span]]]
SETTLING_TIME = timedelta(minutes=10)
CLIMATES: dict[str, tuple[Decimal | None, Decimal | None]] = {
    metric: (SETTINGS[metric].low, SETTINGS[metric].high) for metric in ("temperature", "humidity")
}
ZONE = ZoneInfo("Asia/Shanghai")
EVER = datetime.min.replace(tzinfo=UTC)
GOODS = select(Lot.id, Lot.unit, Lot.hs_code).where(among(Lot.id, "ids"))
CLIMATE_LIMITS = select(ClimateLimit).where(among(ClimateLimit.lot_id, "lots")).order_by(ClimateLimit.set_at)
OWN_RULES = select(AlarmRuleVersion).where(AlarmRuleVersion.tenant_id == bindparam("tenant_id"))


@dataclass
class Court:
    """All that judges the readings of one message, fetched once for all devices in it; the work that explains what is beyond a limit once something is."""

    books: dict[UUID, list[tuple[datetime, Fraction]]] = field(default_factory=dict)
    climates: dict[tuple[UUID, str], list[ClimateLimit]] = field(default_factory=dict)
    announce: Callable[[], Work] = dict
    units: dict[UUID, str] = field(default_factory=dict)
    versions: dict[str, list[Version]] = field(default_factory=dict)
    scopes: dict[UUID, list[tuple[datetime, Scope]]] = field(default_factory=dict)
    middles: dict[UUID, Position] = field(default_factory=dict)
    journeys: dict[UUID, list[Journey]] = field(default_factory=dict)
    guests: dict[UUID, list[Guest]] = field(default_factory=dict)
    _limits: dict[tuple[str, UUID, Decimal, int], Limit | None] = field(default_factory=dict, init=False)
    _halls: dict[tuple[str, UUID, int], Setting] = field(default_factory=dict, init=False)

    @cached_property
    def work(self) -> Work:
        """The work that was announced, by its subject: what it explains, from when to when."""
        return self.announce()

    def book_at(self, lot_id: UUID, at: datetime) -> Fraction | None:
        """What the lot weighs by the book at that time, in kilograms; None before it was weighed, or where it is counted otherwise."""
        entries = self.books.get(lot_id, [])
        place = bisect_right(entries, at, key=lambda entry: entry[0])
        return entries[place - 1][1] if place else None

    def scope_of(self, subject_id: UUID, at: datetime) -> Scope:
        """Which goods they are and at which site they were then."""
        known = self.scopes.get(subject_id, [])
        place = bisect_right(known, at, key=lambda entry: entry[0])
        return known[max(0, place - 1)][1] if known else ANYWHERE

    def site_of(self, subject_id: UUID, at: datetime) -> UUID | None:
        """The site where it was then, where its device was anywhere."""
        return self.scope_of(subject_id, at).site_id

    def setting(self, kind: str, subject_id: UUID, at: datetime) -> Setting:
        """The rule's figures there and then: the lot's own climate, else the firm's version for these goods and this site, else the house's."""
        versions = self.versions.get(kind)
        found = in_force(versions, self.scope_of(subject_id, at), at) if versions else None
        setting = found or SETTINGS[kind]
        if kind in STRICTEST and self.shelters(subject_id, at):
            return self._strictest(kind, subject_id, at)
        if kind == "temperature_budget":  # counted above whatever limit holds for the goods
            return replace(setting, high=self.setting("temperature", subject_id, at).high)
        limits = self.climates.get((subject_id, kind), [])
        place = bisect_right(limits, at, key=lambda limit: limit.set_at)
        return _of_the_lot(setting, limits[place - 1]) if place else setting

    def shelters(self, device_id: UUID, at: datetime) -> bool:
        """Whether goods lay then where this device hangs in a hall."""
        return any(one.covers(at) for one in self.guests.get(device_id, ()))

    def _strictest(self, kind: str, device_id: UUID, at: datetime) -> Setting:
        key = kind, device_id, bisect_right(self.turns, at)
        if key not in self._halls:
            there = [one.goods.id for one in self.guests[device_id] if one.covers(at)]
            self._halls[key] = strictest([self.setting(kind, lot_id, at) for lot_id in there])
        return self._halls[key]

    @cached_property
    def turns(self) -> list[datetime]:
        """The moments at which anything that judges changes: between two of them each limit stays as it is."""
        moments = {at for entries in self.books.values() for at, _ in entries}
        moments |= {limit.set_at for limits in self.climates.values() for limit in limits}
        moments |= {one.from_at for versions in self.versions.values() for one in versions}
        for one in (guest for guests in self.guests.values() for guest in guests):
            moments |= {one.since, one.until or one.since}
        return sorted(moments | {since for scopes in self.scopes.values() for since, _ in scopes})

    def limit(self, kind: str, subject_id: UUID, device: Device, at: datetime) -> Limit | None:
        """What a value of this kind is judged by there and then; None where nothing can be said, or nobody wants to know."""
        key = kind, subject_id, device.deviation, bisect_right(self.turns, at)
        if key not in self._limits:
            self._limits[key] = self._limit(kind, subject_id, device, at)
        return self._limits[key]

    def _limit(self, kind: str, subject_id: UUID, device: Device, at: datetime) -> Limit | None:
        setting = self.setting(kind, subject_id, at)
        if not setting.is_on:
            return None
        if kind in FLAGS:
            return Flag(FLAGS[kind])
        if kind == "weight_change":
            book = self.book_at(subject_id, at)
            return Baseline(book, weight_tolerance(book, device.deviation, setting.share)) if book else None
        if kind.endswith(("_rate", "_often", "_budget")):
            return Between(None, setting.by, setting.by / 2)
        if kind.endswith(("_still", "_anomaly")):
            assert setting.high is not None
            return Between(None, setting.high, setting.high / 2)
        return setting.band

    def fence_of(self, subject_id: UUID, at: datetime) -> Fence | None:
        """The corners that these goods must not leave there and then; None where a circle around their site holds."""
        return self.setting("geofence", subject_id, at).fence

    def is_explained(self, kind: str, subject_id: UUID, device_id: UUID, at: datetime) -> bool:
        """Whether such a finding of this device was expected: work was announced, or it rides with the goods on their journey."""
        on_the_road = kind in ROAD_EXPLAINS and any(
            one.lot_id == subject_id and one.excuses(at) for one in self.journeys.get(device_id, ())
        )
        return on_the_road or self.announced(kind, subject_id, at)

    def announced(self, kind: str, subject_id: UUID, at: datetime) -> bool:
        """Whether work was expected that explains such a finding."""
        if kind == "door_open":
            hours = self.setting(kind, subject_id, at)
            if hours.opens <= at.astimezone(ZONE).time() < hours.closes:
                return True
        return any(
            kind in kinds and start <= at and (end is None or at < end)
            for kinds, (start, end) in self.work.get(subject_id, ())
        )


def _of_the_lot(setting: Setting, asked: ClimateLimit) -> Setting:
    """The setting under the climate that the supervisor set for this very lot."""
    raising = Debounce(lasting=timedelta(seconds=asked.lasting_seconds))
    return replace(setting, low=asked.low, high=asked.high, rule=replace(setting.rule, raising=raising), is_on=True)


def convene(
    ws: Workspace, subjects: Iterable[UUID], sites: Sites, *, metrics: Set[str], span: Range[datetime]
) -> Court:
    """Fetch what judges the readings of these subjects. `sites`: subject -> where it was, from when on. `metrics`: what was read: books are for scales alone.
    `span`: when."""
    ids = set(subjects)
    lots = {row.id: Goods(*row) for row in ws.session.execute(GOODS, {"ids": [*ids]})}
    there = {subject: {site for _, site in sites.get(subject, [])} for subject in ids}
    hung = [subject for subject in ids if subject not in lots and sites.get(subject)]
    court = Court(
        announce=lambda: _announced(ws, court.books, there, lots, guests_of(ws, hung, span) if hung else {}),
        units={lot.id: lot.unit for lot in lots.values()},
        versions=versions_of(ws),
    )
    for subject in ids:
        lot = lots.get(subject)
        goods = lot.hs_code if lot else ""
        court.scopes[subject] = [(since, Scope(goods, site)) for since, site in sites.get(subject, [])] or [(EVER, Scope(goods, None))]  # fmt: skip
    if metrics & CLIMATES.keys():
        court.guests = guests_of(ws, hung, span) if hung else {}
        for device_id, guests in court.guests.items():
            for lying in (guest.goods for guest in guests):
                court.scopes.setdefault(
                    lying.id, [(EVER, Scope(lying.hs_code, court.site_of(device_id, guests[0].since)))]
                )
        there_too = {guest.goods.id for guests in court.guests.values() for guest in guests}
        for limit in ws.session.scalars(CLIMATE_LIMITS, {"lots": [*lots, *there_too]}):
            court.climates.setdefault((limit.lot_id, limit.metric), []).append(limit)
    if "weight" in metrics:
        court.books = book_weights(ws, lots.values())
    if "latitude" in metrics:
        court.middles = _middles(ws, sites)
        for journey in journeys_of(ws, lots):
            court.journeys.setdefault(journey.tracker_id, []).append(journey)
    return court


def together(courts: Sequence[Court]) -> Court:
    """One court for readings that several have judged, each a part of them."""
    whole = Court()
    for one in courts:
        for name in ("books", "climates", "work", "units", "versions", "middles", "journeys", "guests"):
            getattr(whole, name).update(getattr(one, name))
        for subject, scopes in one.scopes.items():
            whole.scopes[subject] = sorted({*whole.scopes.get(subject, []), *scopes}, key=lambda entry: entry[0])
    return whole


def _middles(ws: Workspace, all_sites: Sites) -> dict[UUID, Position]:
    """Where each subject's last site lies, as far as its operator said so."""
    sites = {subject: stays[-1][1] for subject, stays in all_sites.items()}
    wanted = select(Site).where(Site.id.in_(set(sites.values())), Site.latitude.is_not(None), Site.longitude.is_not(None))  # fmt: skip
    found = {site.id: Position(float(site.latitude or 0), float(site.longitude or 0)) for site in ws.session.scalars(wanted)}  # fmt: skip
    return {subject: found[site_id] for subject, site_id in sites.items() if site_id in found}


def versions_of(ws: Workspace) -> dict[str, list[Version]]:
    """The firm's own alarm rules in all their versions, by type."""
    found: dict[str, list[Version]] = {}
    for row in ws.session.scalars(OWN_RULES, {"tenant_id": ws.tenant_id}):
        base = SETTINGS[row.type]
        setting = None if row.figures is None else changed(base, row.figures, FIGURES[row.type])
        found.setdefault(row.type, []).append(Version(Scope(row.hs_code, row.site_id), row.from_at, setting))
    return found


def _announced(
    ws: Workspace, books: Mapping[UUID, list[tuple[datetime, Fraction]]], sites: dict[UUID, set[UUID]], lots: Mapping[UUID, Goods],
    guests: Mapping[UUID, Sequence[Guest]],
) -> Work:  # fmt: skip
    work: Work = {}
    lying = {guest.goods.id: guest.goods for each in guests.values() for guest in each}
    with ws.session.no_autoflush:
        _announce_work(ws, work, sites | {lot_id: set() for lot_id in lying if lot_id not in sites})
        _announce_releases(ws, work, {**lots, **lying})
    for device_id, each in guests.items():
        work.setdefault(device_id, []).extend(_passages(work, each))
    for lot_id, entries in books.items():
        for at, _ in entries:  # goods that were just booked may still hang on the hook
            work.setdefault(lot_id, []).append((frozenset({"weight_change"}), (at, at + SETTLING_TIME)))
    return work


def _passages(work: Work, guests: Sequence[Guest]) -> list[tuple[frozenset[str], Span]]:
    """What of the work on these goods explains in their hall, while they lay there: people who come and go."""
    found = []
    for guest in guests:
        for kinds, (start, end) in work.get(guest.goods.id, ()):
            ends = [one for one in (end, guest.until) if one is not None]
            found.append((kinds & PASSAGE, (max(start, guest.since), min(ends, default=None))))
    return found


def _announce_work(ws: Workspace, known: Work, sites: dict[UUID, set[UUID]]) -> None:
    """Work that was announced for a lot or for its whole site."""
    about = set(sites).union(*sites.values())
    for work in ws.session.scalars(select(ExpectedWork).where(ExpectedWork.about_id.in_(about))):
        assert work.during.lower is not None
        entry = (frozenset(work.types), (work.during.lower, work.during.upper))
        for subject, places in sites.items():
            if work.about_id == subject or work.about_id in places:
                known.setdefault(subject, []).append(entry)


def _announce_releases(ws: Workspace, known: Work, lots: Mapping[UUID, Goods]) -> None:
    """From the bank's order until a little after its last execution, goods may move; where nothing was executed, until it was withdrawn."""
    orders = ws.session.scalars(select(ReleaseOrder).where(ReleaseOrder.lot_id.in_(lots)))
    for order in orders if lots else ():
        settled = SETTLING_TIME if order.executed else timedelta(0)
        until = order.closed_at + settled if order.closed_at else None
        known.setdefault(order.lot_id, []).append((RELEASE_EXPLAINS, (order.ordered_at, until)))
