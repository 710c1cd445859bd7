"""Actions upon products, sites and bins: what goods are called and where they may lie."""

import secrets
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from marketplace.inventory.events import BinDrawn, ProductNamed, SiteCalibrated, SiteOpened
from marketplace.inventory.models import Bin, Product, Site
from marketplace.inventory.queries import find_site
from marketplace.inventory.rules.identity import gtin_14, require_key, with_check_digit
from marketplace.inventory.rules.weighing import TOLERANCE_SHARE
from marketplace.quantity import unit_of
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, at_field
from tenants.workspace import Workspace

LARGEST_TOLERANCE = Decimal("0.05")
LARGEST_FLOOR = Decimal(2000)  # metres


def name_product(
    ws: Workspace,
    *,
    sku: str,
    name: str,
    grade: str,
    hs_code: str,
    unit: str,
    price_code: str,
    gtin: str = "",
    tolerance: Decimal = TOLERANCE_SHARE,
) -> Product:
    """Enter a product: own article number, grade, customs code (HS, 6 to 10 digits), UN/ECE unit, price series, trade item number if it has one.

    Without a GTIN it gets one for restricted circulation (GS1 General Specifications 2.1.11, prefix 2). Refuses a second product of the same article
    number, an unknown unit, a wrong check digit, and a weighing tolerance (share of the documented quantity) above 5 per cent.
    """
    ws.may("manage_products")
    sku, name, price_code = _given(sku, "sku"), _given(name, "name"), _given(price_code, "price_code")
    unit_of(unit)
    product = Product(
        tenant_id=ws.tenant_id,
        id=new_id(),
        sku=sku,
        name=name,
        grade=grade.strip(),
        gtin=_own_or_given(gtin.strip()),
        hs_code=_customs_code(hs_code),
        unit=unit,
        price_code=price_code,
        tolerance=_tolerance(tolerance),
        created_at=ws.now,
    )
    if ws.session.scalar(select(Product.id).where(Product.tenant_id == ws.tenant_id, Product.sku == sku)):
        raise Conflict("sku_taken", "You have a product of article number %(sku)s already.", field="sku", sku=sku)
    ws.session.add(product)
    ws.record(ProductNamed(product_id=product.id, name=name, unit=unit, price_code=price_code), on=ws.tenant_id)
    return product


def open_site(
    ws: Workspace,
    *,
    name: str,
    address: str,
    city: str,
    width: Decimal,
    depth: Decimal,
    scale_calibrated_until: datetime,
    gln: str = "",
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
) -> Site:
    """Open a warehouse site with a floor of `width` by `depth` metres and a scale that is calibrated until then.

    Refuses a floor without extent or above 2 km, a GLN with a wrong check digit, and half a position.
    """
    ws.may("manage_sites")
    if (latitude is None) != (longitude is None):
        raise Invalid("position_incomplete", "A position needs latitude and longitude.", field="latitude")
    site = Site(
        tenant_id=ws.tenant_id,
        id=new_id(),
        name=_given(name, "name"),
        address=address.strip(),
        city=city.strip(),
        gln=_sound_gln(gln.strip()),
        latitude=latitude,
        longitude=longitude,
        width=_metres(width, "width"),
        depth=_metres(depth, "depth"),
        scale_calibrated_until=scale_calibrated_until,
        opened_at=ws.now,
    )
    ws.session.add(site)
    rooms.found(ws, site.id, kind="site", role="warehouse")
    ws.record(SiteOpened(site_id=site.id, name=site.name), on=site.id)
    return site


def calibrate_scale(ws: Workspace, site_id: UUID, *, until: datetime) -> Site:
    """Enter a new calibration of the site's scale. Refuses one that has ended already."""
    ws.may("manage_sites")
    site = own_site(ws, site_id)
    if until <= ws.now:
        raise Invalid("calibration_over", "The calibration must reach into the future.", field="until")
    site.scale_calibrated_until = until
    ws.record(SiteCalibrated(site_id=site.id, name=site.name, until=until), on=site.id)
    return site


def draw_bin(
    ws: Workspace, site_id: UUID, *, code: str, x: Decimal, y: Decimal, width: Decimal, height: Decimal
) -> Bin:
    """Draw a bin on the floor: a rectangle in metres from the north-west corner.

    Refuses one that leaves the floor or lies on another, and a code that the site has already.
    """
    ws.may("manage_sites")
    site, code = own_site(ws, site_id, lock=True), _given(code, "code", longest=20)
    place = Bin(tenant_id=ws.tenant_id, id=new_id(), site_id=site.id, code=code, x=x, y=y, width=width, height=height)
    place.drawn_at = ws.now
    _require_on_floor(place, site)
    for other in ws.session.scalars(select(Bin).where(Bin.tenant_id == ws.tenant_id, Bin.site_id == site.id)):
        _require_apart(place, other)
    ws.session.add(place)
    ws.record(BinDrawn(site_id=site.id, bin_id=place.id, code=code), on=site.id)
    return place


def own_site(ws: Workspace, site_id: UUID, *, lock: bool = False) -> Site:
    """A site that the acting firm operates; refuses another's."""
    site = find_site(ws, site_id)
    if site.tenant_id != ws.tenant_id:
        raise NotAllowed("site_not_yours", "Another firm operates this site.", field="site_id")
    if lock:
        ws.session.refresh(site, with_for_update={"key_share": True})
    return site


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


def _given(value: str, field: str, *, longest: int = 120) -> str:
    text = value.strip()
    if not text:
        raise Invalid("missing", "This must be filled in.", field=field)
    if len(text) > longest:
        raise Invalid("too_long", "This is longer than %(longest)s characters.", field=field, longest=longest)
    return text


def _metres(value: Decimal, field: str) -> Decimal:
    if not 0 < value <= LARGEST_FLOOR:
        raise Invalid("floor_size", "A floor measures more than 0 and at most 2,000 metres.", field=field)
    return value


def _customs_code(written: str) -> str:
    code = written.replace(".", "").replace(" ", "")
    if not (code.isascii() and code.isdigit() and 6 <= len(code) <= 10):
        raise Invalid("hs_code_wrong", "A customs code has 6 to 10 digits.", field="hs_code")
    return code


def _sound_gln(gln: str) -> str | None:
    with at_field("gln"):
        return require_key("GLN", gln) if gln else None


def _own_or_given(gtin: str) -> str:
    if gtin:
        with at_field("gtin"):
            return gtin_14(gtin)
    return gtin_14(with_check_digit(f"2{secrets.randbelow(10**11):011d}"))


def _tolerance(share: Decimal) -> Decimal:
    if not 0 <= share <= LARGEST_TOLERANCE:
        raise Invalid("tolerance_wrong", "The weighing tolerance is between 0 and 5 per cent.", field="tolerance")
    return share
