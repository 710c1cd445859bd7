"""Zones and bins: where on a site goods may lie, and how much may lie there."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from sqlalchemy import select

from marketplace.inventory.events import BinDrawn, ZoneOpened
from marketplace.inventory.models import Lot
from marketplace.inventory.places.actions import given, own_site
from marketplace.inventory.places.models import Bin, Site, Zone
from marketplace.inventory.places.queries import lying_in, zones_of
from marketplace.inventory.rules.capacity import CAPACITY_UNITS, ZoneKind, load_of, require_fits
from marketplace.inventory.rules.files import bin_of_row, read_bin_rows
from marketplace.quantity import Quantity, unit_of
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, Refused
from tenants.workspace import Workspace


def draw_bin(
    ws: Workspace,
    site_id: UUID,
    *,
    code: str,
    x: Decimal,
    y: Decimal,
    width: Decimal,
    height: Decimal,
    zone_id: UUID | None = None,
    capacity: Quantity | None = None,
) -> Bin:
    """Draw a bin on the floor: a rectangle in metres from the north-west corner, in a zone and of a capacity (kg or m³) where it has them.

    Refuses one that leaves the floor or lies on another, a code that the site has already, and another site's zone.
    """
    ws.may("manage_sites")
    site, code = own_site(ws, site_id, lock=True), given(code, "code", longest=20)
    place = Bin(tenant_id=ws.tenant_id, id=new_id(), site_id=site.id, code=code, x=x, y=y, width=width, height=height)
    place.drawn_at = ws.now
    if zone_id is not None:
        if zone_id not in {one.id for one in zones_of(ws, site.id)}:
            raise Invalid("zone_unknown", "Choose a zone of this site.", field="zone_id")
        place.zone_id = zone_id
    if capacity is not None:
        limit = _measured(capacity)
        place.capacity, place.capacity_unit = limit.amount, limit.unit
    _require_on_floor(place, site)
    for other in ws.session.scalars(select(Bin).where(Bin.tenant_id == ws.tenant_id, Bin.site_id == site.id)):
        _require_apart(place, other)
    ws.session.add(place)
    ws.record(BinDrawn(site_id=site.id, bin_id=place.id, code=code), on=site.id)
    return place


def open_zone(ws: Workspace, site_id: UUID, *, code: str, name: str, kind: ZoneKind, capacity: Quantity) -> Zone:
    """Open a zone of the site: what it is built for, and how much all its bins together may hold, in kg or m³. Refuses a code that the site has already."""
    ws.may("manage_sites")
    site, code = own_site(ws, site_id, lock=True), given(code, "code", longest=20)
    if any(one.code == code for one in zones_of(ws, site.id)):
        raise Conflict("zone_code_taken", "The site has a zone %(zone)s already.", field="code", zone=code)
    limit = _measured(capacity)
    zone = Zone(
        tenant_id=ws.tenant_id,
        id=new_id(),
        site_id=site.id,
        code=code,
        name=given(name, "name"),
        kind=kind,
        capacity=limit.amount,
        capacity_unit=limit.unit,
        opened_at=ws.now,
    )
    ws.session.add(zone)
    ws.record(ZoneOpened(site_id=site.id, zone_id=zone.id, code=code, capacity=limit), on=site.id)
    return zone


def draw_bins(ws: Workspace, site_id: UUID, *, content: bytes) -> list[Bin]:
    """Draw the bins of a file (CSV or xlsx): code, west, north, width and depth in metres, and where limited zone and capacity. All of them or none.

    Refuses the first row that cannot be drawn, with its line.
    """
    ws.may("manage_sites")
    zones = {one.code.casefold(): one.id for one in zones_of(ws, own_site(ws, site_id, lock=True).id)}
    drawn = []
    for row in read_bin_rows(content):
        try:
            drawn.append(draw_bin(ws, site_id, **bin_of_row(row, zones)))
        except Refused as refused:
            why = {"word": refused.because, "facts": refused.facts}
            raise Invalid("bin_row_wrong", "Row %(line)s: %(reason)s", field="file", line=row["line"], reason=why) from refused  # fmt: skip
    return drawn


def require_room(ws: Workspace, place: Bin, lot: Lot, coming: Quantity) -> None:
    """Refuse more goods than the bin, or its zone, has room for. The database asks the same when they lie down."""
    limits: list[tuple[Bin | Zone, list[Lot]]] = []
    if place.capacity is not None or place.zone_id is not None:
        own_site(ws, place.site_id, lock=True)  # two lorries that unload at once wait for each other
    if place.capacity is not None:
        limits.append((place, lying_in(ws, bin_id=place.id)))
    if place.zone_id is not None:
        limits.append((ws.session.get_one(Zone, (place.tenant_id, place.zone_id)), lying_in(ws, zone_id=place.zone_id)))
    for limit, lots in limits:
        assert limit.capacity is not None
        assert limit.capacity_unit is not None
        there = load_here(lots, limit.capacity_unit)
        capacity = Quantity(limit.capacity, limit.capacity_unit)
        require_fits(limit.code, capacity, [there], load_of(coming, lot.unit_kg, limit.capacity_unit))


def load_here(lots: Iterable[Lot], capacity_unit: str) -> Fraction:
    """What lots take of a capacity, those that are there as they are."""
    return sum(
        (load_of(lot.verified or lot.weighed or lot.documented, lot.unit_kg, capacity_unit) for lot in lots),
        Fraction(0),
    )


def _measured(capacity: Quantity) -> Quantity:
    """A capacity in kg or m³. Refuses one that is neither weight nor volume, and none at all."""
    measure = next(
        (code for code in CAPACITY_UNITS if unit_of(code).dimension == unit_of(capacity.unit).dimension), None
    )
    if measure is None or capacity.amount <= 0:
        raise Invalid("capacity_wrong", "A capacity is more than nothing, in kg or m³.", field="capacity")
    return capacity.to(measure, field="capacity")


def _require_on_floor(place: Bin, site: Site) -> None:
    if place.x < 0 or place.y < 0 or place.width <= 0 or place.height <= 0:
        raise Invalid("bin_shape", "A bin has a width and a height above zero and lies on the floor.", field="width")
    if place.x + place.width > site.width or place.y + place.height > site.depth:
        raise Invalid("bin_off_floor", "The bin reaches beyond the floor.", field="x")


def _require_apart(place: Bin, other: Bin) -> None:
    if place.code == other.code:
        raise Conflict("bin_code_taken", "The site has a bin %(bin)s already.", field="code", bin=other.code)
    apart_x = place.x + place.width <= other.x or other.x + other.width <= place.x
    apart_y = place.y + place.height <= other.y or other.y + other.height <= place.y
    if not (apart_x or apart_y):
        raise Conflict("bin_overlaps", "The bin would lie on bin %(bin)s.", field="x", bin=other.code)
