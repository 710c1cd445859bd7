"""Keeping goods of several owners together: a bulk is opened in a bin, lots are poured in, and what is missing is shared."""

from collections.abc import Sequence
from uuid import UUID

from marketplace.inventory.bulks.events import BulkMeasured, BulkOpened, BulkPoured
from marketplace.inventory.bulks.holdings import find_bulk, lots_in, open_bulk_in
from marketplace.inventory.models import Lot
from marketplace.inventory.places.actions import customs_code, given, own_site
from marketplace.inventory.places.models import Bin, Bulk
from marketplace.inventory.places.queries import free_bins
from marketplace.inventory.queries import lock_lots
from marketplace.inventory.rules import bulk as rules
from marketplace.inventory.rules.bulk import Likeness
from marketplace.inventory.rules.items import SERIALISED
from marketplace.inventory.standing import write_down
from marketplace.quantity import Quantity, unit_of
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.organisations import Kind, organisations_of_kind
from tenants.workspace import Workspace


def open_bulk(
    ws: Workspace,
    site_id: UUID,
    *,
    bin_id: UUID,
    name: str,
    product_name: str,
    grade: str,
    hs_code: str,
    unit: str,
    price_code: str,
    supervisor_id: UUID,
) -> Bulk:
    """Open a tank, silo or heap in an empty bin for goods of several owners that are alike in all that is named here.

    Refuses another's site, a bin that something lies in, an unknown unit, and a supervisor that is none.
    """
    ws.may("manage_sites")
    site = own_site(ws, site_id, lock=True)
    place = _empty_bin(ws, site.id, bin_id)
    _require_supervisor(ws, supervisor_id)
    bulk = Bulk(
        tenant_id=ws.tenant_id,
        id=new_id(),
        site_id=site.id,
        bin_id=place.id,
        bin_code=place.code,
        name=given(name, "name", longest=60),
        product_name=given(product_name, "product_name"),
        grade=grade.strip(),
        hs_code=customs_code(hs_code),
        unit=unit_of(unit).code,
        price_code=given(price_code, "price_code", longest=40),
        supervisor_id=supervisor_id,
        opened_at=ws.now,
    )
    ws.session.add(bulk)
    _found_room(ws, bulk)
    return bulk


def _found_room(ws: Workspace, bulk: Bulk) -> None:
    """The room of a bulk: its warehouse and its supervisor, until owners pour in."""
    rooms.found(ws, bulk.id, kind="bulk", role="warehouse")
    rooms.share(ws, bulk.id, to=bulk.supervisor_id, role="supervisor")
    ws.record(BulkOpened(bulk_id=bulk.id, name=bulk.name, product=bulk.product_name), on=bulk.id)


def pour(ws: Workspace, lot: Lot, place: Bin) -> UUID | None:
    """A lot that goes into a bin with an open bulk becomes a part of it; its owner sees the whole from now on. Refuses goods that are others."""
    bulk = open_bulk_in(ws, place.id)
    if bulk is None:
        return None
    if lot.tracking == SERIALISED:
        raise Conflict("items_not_poured", "Goods kept item by item are not poured together.", field="bin_id")
    rules.require_alike(_likeness(lot), _likeness(bulk), bulk.name)
    lot.bulk_id = bulk.id
    ws.session.flush()
    rooms.share(ws, bulk.id, to=lot.tenant_id, role="holder")
    here = lot.verified or lot.weighed or lot.documented
    fact = BulkPoured(bulk_id=bulk.id, name=bulk.name, lot_id=lot.id, number=lot.number, quantity=here)
    ws.record(fact, on=bulk.id)
    return bulk.id


def measure_bulk(
    ws: Workspace, bulk_id: UUID, *, found: Quantity, because: str, evidence: Sequence[UUID | str] = ()
) -> Bulk:
    """The supervisor measured the whole: what is missing falls on every holder in proportion, and pledges on a part that is short say so.

    Refuses all but the bulk's supervisor, more than the book holds, and a measuring while goods are poured in that nobody has verified.
    """
    ws.may("report_loss")
    bulk = find_bulk(ws, bulk_id)
    if bulk.supervisor_id != ws.tenant_id:
        raise NotAllowed("bulk_supervised_elsewhere", "Another firm supervises this bulk.")
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    lots = lock_lots(ws, [lot.id for lot in lots_in(ws, bulk)])
    parts = [lot.verified for lot in lots if lot.verified is not None]
    if len(parts) < len(lots):
        raise Conflict("bulk_unverified", "Goods in it are not verified yet: inspect them first.")
    there = found.to(bulk.unit, field="found")
    kept = rules.share_loss(parts, there)
    for lot, before, after in zip(lots, parts, kept, strict=True):
        if after != before:
            write_down(ws, lot, after, because.strip()[:500], evidence)
    book = sum(parts, Quantity.zero(bulk.unit))
    fact = BulkMeasured(
        bulk_id=bulk.id, name=bulk.name, book=book, found=there, loss=book - there, because=because.strip()[:500]
    )
    ws.record(fact, on=bulk.id, evidence=evidence)
    return bulk


def close_bulk(ws: Workspace, bulk_id: UUID) -> Bulk:
    """The tank is empty and serves for something else. Refuses one that goods lie in."""
    ws.may("manage_sites")
    bulk = find_bulk(ws, bulk_id)
    own_site(ws, bulk.site_id, lock=True)
    if lots_in(ws, bulk):
        raise Conflict("bulk_not_empty", "Goods lie in it still.")
    bulk.closed_at = ws.now
    ws.session.flush()
    return bulk


def _empty_bin(ws: Workspace, site_id: UUID, bin_id: UUID) -> Bin:
    place = next((one for one in free_bins(ws, site_id) if one.id == bin_id), None)
    if place is None or open_bulk_in(ws, bin_id) is not None:
        raise Invalid("bin_not_empty", "Choose an empty bin of this site.", field="bin_id")
    return place


def _require_supervisor(ws: Workspace, supervisor_id: UUID) -> None:
    if supervisor_id not in {one.id for one in organisations_of_kind(ws.session, Kind.SUPERVISOR)}:
        raise Invalid("supervisor_unknown", "Choose a supervisor from the list.", field="supervisor_id")


def _likeness(goods: Lot | Bulk) -> Likeness:
    return Likeness(
        goods.product_name, goods.grade, goods.hs_code, goods.unit, goods.price_code, str(goods.supervisor_id)
    )
