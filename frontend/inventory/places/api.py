"""Calls about products and places: what a firm trades in; sites with their zones and bins."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, QuantityShape, Ratio, Shape
from frontend.inventory.calls import Code, Short, UploadBody, Word, api, bytes_of
from frontend.pledges.api import quantity, shape
from marketplace.exact import half_up
from marketplace.inventory import actions
from marketplace.inventory.places import queries as place_queries
from marketplace.inventory.places.models import Bin, Product, Site, Zone
from marketplace.inventory.places.zoning import load_here
from marketplace.inventory.rules.capacity import ZoneKind
from marketplace.quantity import Quantity
from tenants.workspace import Workspace

Metres = Annotated[Decimal, Field(ge=0, le=5000, max_digits=8, decimal_places=2)]
Degrees = Annotated[Decimal, Field(ge=-180, le=180, max_digits=9, decimal_places=6)]


class ProductBody(Shape):
    """A product: article number, grade, customs code, unit, price series; a GTIN where it has one."""

    sku: Code
    name: Word
    grade: Short
    hs_code: Annotated[str, Field(pattern=r"^\d{6,10}$")]
    unit: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,3}$")]
    price_code: Code
    gtin: Annotated[str, Field(pattern=r"^(\d{8}|\d{12,14})?$")] = ""
    tolerance: Annotated[Decimal, Field(ge=0, le=Decimal("0.05"))] = Decimal("0.003")
    unit_kg: Annotated[Decimal, Field(gt=0, lt=10**9, decimal_places=6)] | None = None
    by_dry_weight: bool = False
    shelf_life_days: Annotated[int, Field(ge=1, le=36_500, description="from production; none: it keeps")] | None = None


class ProductView(Shape):
    """A product of the caller's."""

    id: UUID
    sku: str
    name: str
    grade: str
    hs_code: str
    unit: str
    price_code: str
    gtin: str
    tolerance: Ratio
    shelf_life_days: int | None
    by_dry_weight: bool


class ProductPage(Shape):
    """The caller's products."""

    items: list[ProductView]


class SiteBody(Shape):
    """A warehouse site: its floor in metres, its scale's calibration, and in degrees where it stands, so that its goods are found by distance."""

    name: Word
    address: Word
    city: Word
    width: Metres
    depth: Metres
    scale_calibrated_until: Moment
    gln: Annotated[str, Field(pattern=r"^(\d{13})?$")] = ""
    latitude: Degrees | None = None
    longitude: Degrees | None = None


class PositionBody(Shape):
    """Where a site stands, in degrees (WGS 84)."""

    latitude: Degrees
    longitude: Degrees


class SiteView(Shape):
    """A site: everybody may choose it. Its position is null where nobody has said it."""

    id: UUID
    tenant_id: UUID
    name: str
    city: str
    address: str
    latitude: Decimal | None
    longitude: Decimal | None
    scale_calibrated_until: Moment


class SitePage(Shape):
    """Sites."""

    items: list[SiteView]


class BinBody(Shape):
    """A bay on the floor, in metres from the site's corner."""

    code: Code
    x: Metres
    y: Metres
    width: Metres
    height: Metres
    zone_id: UUID | None = None
    capacity: QuantityShape | None = None


class ZoneBody(Shape):
    """A part of a site: what it is built for, and what all its bins together may hold (KGM or MTQ)."""

    code: Annotated[str, Field(min_length=1, max_length=20)]
    name: Annotated[str, Field(min_length=1, max_length=120)]
    kind: ZoneKind
    capacity: QuantityShape


class ZoneView(Shape):
    """A zone with what lies in it, as far as the caller sees."""

    id: UUID
    site_id: UUID
    code: str
    name: str
    kind: ZoneKind
    capacity: QuantityShape
    there: QuantityShape


class ZonePage(Shape):
    """A site's zones."""

    items: list[ZoneView]


class BinView(Shape):
    """A bay."""

    id: UUID
    site_id: UUID
    code: str


class BinPage(Shape):
    """A site's bays."""

    items: list[BinView]


@api.look("/products", gives=ProductPage)
def list_products(ws: Workspace) -> ProductPage:
    """The caller's products."""
    return ProductPage(items=[_product(row) for row in place_queries.list_products(ws)])


@api.act("/products", takes=ProductBody, gives=ProductView, status=201)
def name_product(ws: Workspace, body: ProductBody) -> ProductView:
    """Enter a product."""
    return _product(actions.name_product(ws, **body.model_dump()))


@api.look("/sites", gives=SitePage)
def list_sites(ws: Workspace) -> SitePage:
    """Warehouse sites, of all operators."""
    return SitePage(items=[_site(row) for row in place_queries.list_sites(ws)])


@api.act("/sites", takes=SiteBody, gives=SiteView, status=201)
def open_site(ws: Workspace, body: SiteBody) -> SiteView:
    """Open a site."""
    return _site(actions.open_site(ws, **body.model_dump()))


@api.act("/sites/<uuid:site_id>/position", takes=PositionBody, gives=SiteView)
def place_site(ws: Workspace, site_id: UUID, body: PositionBody) -> SiteView:
    """Say where an open site stands, or correct it."""
    return _site(actions.place_site(ws, site_id, latitude=body.latitude, longitude=body.longitude))


@api.look("/sites/<uuid:site_id>/bins", gives=BinPage)
def list_bins(ws: Workspace, site_id: UUID) -> BinPage:
    """A site's bays."""
    place_queries.find_site(ws, site_id)
    return BinPage(items=[_bin(row) for row in place_queries.bins_of(ws, site_id)])


@api.act("/sites/<uuid:site_id>/bins", takes=BinBody, gives=BinView, status=201)
def draw_bin(ws: Workspace, site_id: UUID, body: BinBody) -> BinView:
    """Draw a bay on the floor."""
    capacity = quantity(body.capacity) if body.capacity else None
    return _bin(actions.draw_bin(ws, site_id, **(body.model_dump() | {"capacity": capacity})))


@api.act("/sites/<uuid:site_id>/bin-files", takes=UploadBody, gives=BinPage, status=201)
def draw_bins(ws: Workspace, site_id: UUID, body: UploadBody) -> BinPage:
    """Draw the bays of a file, all or none."""
    return BinPage(items=[_bin(row) for row in actions.draw_bins(ws, site_id, content=bytes_of(body))])


@api.look("/sites/<uuid:site_id>/zones", gives=ZonePage)
def list_zones(ws: Workspace, site_id: UUID) -> ZonePage:
    """A site's zones and what lies in them."""
    place_queries.find_site(ws, site_id)
    return ZonePage(items=[_zone(ws, row) for row in place_queries.zones_of(ws, site_id)])


@api.act("/sites/<uuid:site_id>/zones", takes=ZoneBody, gives=ZoneView, status=201)
def open_zone(ws: Workspace, site_id: UUID, body: ZoneBody) -> ZoneView:
    """Open a zone."""
    told = body.model_dump() | {"capacity": quantity(body.capacity)}
    return _zone(ws, actions.open_zone(ws, site_id, **told))


def _product(row: Product) -> ProductView:
    return ProductView.model_validate(row)


def _site(row: Site) -> SiteView:
    return SiteView.model_validate(row)


def _zone(ws: Workspace, row: Zone) -> ZoneView:
    there = Quantity(
        half_up(load_here(place_queries.lying_in(ws, zone_id=row.id), row.capacity_unit), 3), row.capacity_unit
    )
    plain = {name: getattr(row, name) for name in ("id", "site_id", "code", "name", "kind")}
    return ZoneView(capacity=shape(Quantity(row.capacity, row.capacity_unit)), there=shape(there), **plain)


def _bin(row: Bin) -> BinView:
    return BinView.model_validate(row)
