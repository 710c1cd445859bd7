"""Actions upon products and sites: what goods are called, and the warehouses that keep them."""

import secrets
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from marketplace.inventory.events import ProductNamed, SiteCalibrated, SiteOpened, SitePlaced
from marketplace.inventory.places.models import Product, Site
from marketplace.inventory.places.queries import find_site
from marketplace.inventory.rules.identity import gtin_14, require_key, with_check_digit
from marketplace.inventory.rules.shelf_life import require_shelf_life
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
    unit_kg: Decimal | None = None,
    shelf_life_days: int | None = None,
    by_dry_weight: bool = False,
) -> Product:
    """Enter a product: own article number, grade, customs code (HS, 6 to 10 digits), UN/ECE unit, price series, trade item number if it has one.

    Without a GTIN it gets one for restricted circulation (GS1 General Specifications 2.1.11, prefix 2). Refuses a second product of the same article number, an unknown
    unit, a wrong check digit, a tolerance of weighing above 5 per cent of the documented quantity, a shelf life below a day, and a dry weight of what is not weighed.
    """
    ws.may("manage_products")
    sku, name, price_code = given(sku, "sku"), given(name, "name"), given(price_code, "price_code")
    unit_of(unit)
    product = Product(
        tenant_id=ws.tenant_id,
        id=new_id(),
        sku=sku,
        name=name,
        grade=grade.strip(),
        gtin=_own_orgiven(gtin.strip()),
        hs_code=customs_code(hs_code),
        unit=unit,
        price_code=price_code,
        tolerance=_tolerance(tolerance),
        unit_kg=_weight(unit_kg),
        shelf_life_days=require_shelf_life(shelf_life_days),
        by_dry_weight=_dry(by_dry_weight, unit),
        created_at=ws.now,
    )
    _require_new(ws, sku)
    ws.session.add(product)
    ws.record(ProductNamed(product_id=product.id, name=name, unit=unit, price_code=price_code), on=ws.tenant_id)
    return product


def _require_new(ws: Workspace, sku: str) -> None:
    if ws.session.scalar(select(Product.id).where(Product.tenant_id == ws.tenant_id, Product.sku == sku)):
        raise Conflict("sku_taken", "You have a product of article number %(sku)s already.", field="sku", sku=sku)


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

    `latitude` and `longitude` (degrees, WGS 84): where it stands, so that its goods are found by distance.
    Refuses a floor without extent or above 2 km, a GLN with a wrong check digit, half a position and one off the globe.
    """
    ws.may("manage_sites")
    _require_position(latitude, longitude)
    site = Site(
        tenant_id=ws.tenant_id,
        id=new_id(),
        name=given(name, "name"),
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


def place_site(ws: Workspace, site_id: UUID, *, latitude: Decimal, longitude: Decimal) -> Site:
    """Say where a site stands (degrees, WGS 84), or correct it: a site does not move, so what is right now was right before. Refuses a place off the globe."""
    ws.may("manage_sites")
    site = own_site(ws, site_id)
    _require_position(latitude, longitude)
    site.latitude, site.longitude = latitude, longitude
    told = {"latitude": f"{latitude:.6f}", "longitude": f"{longitude:.6f}"}
    ws.record(SitePlaced(site_id=site.id, name=site.name, by=ws.member.name, **told), on=site.id)
    return site


def _require_position(latitude: Decimal | None, longitude: Decimal | None) -> None:
    if (latitude is None) != (longitude is None):
        raise Invalid("position_incomplete", "A position needs latitude and longitude.", field="longitude" if longitude is None else "latitude")  # fmt: skip
    for field, degrees, most in (("latitude", latitude, 90), ("longitude", longitude, 180)):
        if degrees is not None and abs(degrees) > most:
            raise Invalid("position_wrong", "Give degrees from -%(most)s to %(most)s.", field=field, most=most)


def calibrate_scale(ws: Workspace, site_id: UUID, *, until: datetime) -> Site:
    """Enter a new calibration of the site's scale. Refuses one that has ended already."""
    ws.may("manage_sites")
    site = own_site(ws, site_id)
    if until <= ws.now:
        raise Invalid("calibration_over", "The calibration must reach into the future.", field="until")
    site.scale_calibrated_until = until
    ws.record(SiteCalibrated(site_id=site.id, name=site.name, until=until), on=site.id)
    return site


def own_site(ws: Workspace, site_id: UUID, *, lock: bool = False) -> Site:
    """A site that the acting firm operates; refuses another's."""
    site = find_site(ws, site_id)
    if site.tenant_id != ws.tenant_id:
        raise NotAllowed("site_not_yours", "Another firm operates this site.", field="site_id")
    if lock:
        ws.session.refresh(site, with_for_update={"key_share": True})
    return site


def given(value: str, field: str, *, longest: int = 120) -> str:
    """What was filled in, without what surrounds it. Refuses nothing, and too much."""
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


def customs_code(written: str) -> str:
    """A customs code in plain digits. Refuses fewer than six and more than ten."""
    code = written.replace(".", "").replace(" ", "")
    if not (code.isascii() and code.isdigit() and 6 <= len(code) <= 10):
        raise Invalid("hs_code_wrong", "A customs code has 6 to 10 digits.", field="hs_code")
    return code


def _sound_gln(gln: str) -> str | None:
    with at_field("gln"):
        return require_key("GLN", gln) if gln else None


def _own_orgiven(gtin: str) -> str:
    if gtin:
        with at_field("gtin"):
            return gtin_14(gtin)
    return gtin_14(with_check_digit(f"2{secrets.randbelow(10**11):011d}"))


def _weight(unit_kg: Decimal | None) -> Decimal | None:
    if unit_kg is not None and not 0 < unit_kg < 10**9:
        raise Invalid("unit_weight_wrong", "A unit weighs more than nothing.", field="unit_kg")
    return unit_kg


def _dry(by_dry_weight: bool, unit: str) -> bool:
    if by_dry_weight and unit_of(unit).dimension != "mass":
        raise Invalid("dry_not_weighed", "Only goods that are weighed are priced by dry weight.", field="by_dry_weight")
    return by_dry_weight


def _tolerance(share: Decimal) -> Decimal:
    if not 0 <= share <= LARGEST_TOLERANCE:
        raise Invalid("tolerance_wrong", "The weighing tolerance is between 0 and 5 per cent.", field="tolerance")
    return share
