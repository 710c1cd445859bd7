"""Looking at places and products: one's own product list, the public register of sites, and what lies in their bins and zones."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, select

from marketplace.inventory.models import Lot
from marketplace.inventory.places.models import Bin, BinStay, Bulk, Product, Site, Zone
from tenants.errors import NotFound
from tenants.workspace import Workspace

MOST_ROWS = 200


@dataclass(frozen=True)
class BinUse:
    """A bin and the lot in it, where there is one that the viewer may see (the operator sees them all); of a bulk the oldest of its parts, and how many."""

    bin: Bin
    lot: Lot | None
    lots: int = 0


def list_products(ws: Workspace, *, retired: bool = False) -> list[Product]:
    """The firm's own products by name."""
    wanted = select(Product).where(Product.tenant_id == ws.tenant_id).order_by(Product.name)
    return list(ws.session.scalars(wanted if retired else wanted.where(Product.retired_at.is_(None))))


def find_product(ws: Workspace, product_id: UUID) -> Product:
    """One of the firm's own products."""
    found = ws.session.get(Product, (ws.tenant_id, product_id))
    if found is None:
        raise NotFound("product_unknown", "There is no such product.", field="product_id")
    return found


def list_sites(ws: Workspace, *, own: bool = False, text: str | None = None, limit: int = MOST_ROWS) -> list[Site]:
    """The register of sites by name; `own`: those that the viewer operates."""
    wanted = select(Site).order_by(Site.name).limit(limit)
    if own:
        wanted = wanted.where(Site.tenant_id == ws.tenant_id)
    if text:
        wanted = wanted.where(
            or_(Site.name.icontains(text, autoescape=True), Site.city.icontains(text, autoescape=True))
        )
    return list(ws.session.scalars(wanted))


def sites_named(ws: Workspace, words: Collection[str]) -> list[Site]:
    """The sites of the register that go by one of these words: name, in any case, or GLN."""
    named = or_(func.lower(Site.name).in_({word.lower() for word in words}), Site.gln.in_(words))
    return list(ws.session.scalars(select(Site).where(named).order_by(Site.name)))


def find_site(ws: Workspace, site_id: UUID) -> Site:
    """One site of the register."""
    found = ws.session.scalars(select(Site).where(Site.id == site_id)).one_or_none()
    if found is None:
        raise NotFound("site_unknown", "There is no such site.", field="site_id")
    return found


def bins_of(ws: Workspace, site_id: UUID) -> list[Bin]:
    """The bins of a site by code."""
    return list(ws.session.scalars(select(Bin).where(Bin.site_id == site_id).order_by(Bin.code)))


def floor_of(ws: Workspace, site_id: UUID) -> list[BinUse]:
    """The bins of a site with the lots in them, as far as the viewer may see them."""
    now_in = select(BinStay.bin_id, BinStay.lot_id).where(func.upper_inf(BinStay.during)).subquery()
    rows = ws.session.execute(
        select(Bin, Lot)
        .outerjoin(now_in, now_in.c.bin_id == Bin.id)
        .outerjoin(Lot, Lot.id == now_in.c.lot_id)
        .where(Bin.site_id == site_id)
        .order_by(Bin.code, Lot.id)
    )
    lying: dict[Bin, list[Lot]] = {}
    for place, lot in rows:
        lying.setdefault(place, []).extend([lot] if lot else [])
    return [BinUse(place, lots[0] if lots else None, len(lots)) for place, lots in lying.items()]


def free_bins(ws: Workspace, site_id: UUID) -> list[Bin]:
    """The operator's bins of a site that a lot may go into: those with nothing in them, and open bulks."""
    bulks = set(ws.session.scalars(select(Bulk.bin_id).where(Bulk.site_id == site_id, Bulk.closed_at.is_(None))))
    return [use.bin for use in floor_of(ws, site_id) if use.lot is None or use.bin.id in bulks]


def zones_of(ws: Workspace, site_id: UUID) -> list[Zone]:
    """The zones of a site by code."""
    return list(ws.session.scalars(select(Zone).where(Zone.site_id == site_id).order_by(Zone.code)))


def lying_in(ws: Workspace, *, bin_id: UUID | None = None, zone_id: UUID | None = None) -> list[Lot]:
    """The lots that lie in a bin, or in all bins of a zone, as far as the viewer may see them (the operator sees them all)."""
    here = Bin.id == bin_id if bin_id else Bin.zone_id == zone_id
    wanted = (
        select(Lot)
        .join(BinStay, BinStay.lot_id == Lot.id)
        .join(Bin, (Bin.tenant_id == BinStay.tenant_id) & (Bin.id == BinStay.bin_id))
    )
    return list(ws.session.scalars(wanted.where(func.upper_inf(BinStay.during), here)))
