"""Looking at goods: lots that the viewer owns or was let in to see, products of one's own, and the public register of sites."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, text

from marketplace.inventory.assays.models import Assay
from marketplace.inventory.items.models import LotItem
from marketplace.inventory.models import Inspection, Lot, LotIdentity, LotImport, Weighing
from marketplace.inventory.rules.lots import SPOILT, LotState
from tenants import rooms
from tenants.errors import Invalid, NotFound
from tenants.workspace import Workspace

MOST_ROWS = 200
CONVERTED = (LotState.SPLIT, LotState.MERGED, LotState.TRANSFORMED)
GONE = (LotState.EXPIRED, LotState.REJECTED, LotState.DEPARTED, LotState.LOST, *CONVERTED)
ORDERS = {
    "number": Lot.number,
    "product": Lot.product_name,
    "site": Lot.site_name,
    "documented": Lot.documented_qty,
    "verified": Lot.verified_qty,
    "declared": Lot.id,  # ids are made in the order of time
}


@dataclass(frozen=True)
class PublicIdentity:
    """What anybody who scans a label may know: that the identity is ours, of what goods, and who keeps them. Never whose they are, nor whether pledged."""

    path: str
    product_name: str
    grade: str
    custodian: str
    issued_at: datetime
    bound_at: datetime | None


def find_lot(ws: Workspace, lot_id: UUID, *, lock: bool = False) -> Lot:
    """A lot that the viewer owns or was let in to see. `lock`: hold its row, anew from the database, until the transaction ends."""
    wanted = select(Lot).where(Lot.id == lot_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    lot = ws.session.scalars(wanted).one_or_none()
    if lot is None:
        raise NotFound("lot_unknown", "There is no such lot.")
    return lot


def lock_lots(ws: Workspace, lot_ids: Sequence[UUID]) -> list[Lot]:
    """Hold several lots, always in the order of their ids so that two who want the same lots wait and never deadlock."""
    wanted = select(Lot).where(Lot.id.in_(lot_ids)).order_by(Lot.id).with_for_update(key_share=True)
    found = ws.session.scalars(wanted).all()
    if len(found) < len(set(lot_ids)):
        raise NotFound("lot_unknown", "There is no such lot.")
    return list(found)


def lots_by_id(ws: Workspace, lot_ids: set[UUID]) -> list[Lot]:
    """Those of these lots that the viewer may see."""
    return list(ws.session.scalars(select(Lot).where(Lot.id.in_(lot_ids)).order_by(Lot.id)))


def list_lots(
    ws: Workspace,
    *,
    status: str | None = None,
    text: str | None = None,
    cursor: UUID | None = None,
    limit: int = 50,
    sort: str = "-declared",
    site_id: UUID | None = None,
) -> list[Lot]:
    """Lots that the viewer owns or was let in to see. `status`: one, or several between commas. `cursor` is the last id of the page before, in the default order (newest first)."""
    wanted = _filtered(rooms.granted(ws, Lot, Lot.id, kind="lot"), status=status, text=text, site_id=site_id)
    if cursor is not None:
        wanted = wanted.where(Lot.id < cursor)
    return list(ws.session.scalars(wanted.order_by(*_order(sort)).limit(min(limit, MOST_ROWS))))


def is_there(lot: Lot) -> bool:
    """Whether any of the lot is left that is not reported lost or damaged."""
    return bool(lot.verified_qty) and lot.status not in SPOILT


def count_lots(ws: Workspace) -> dict[str, int]:
    """How many of the viewer's lots stand where."""
    mine = rooms.granted(ws, Lot, Lot.id, kind="lot")
    rows = ws.session.execute(mine.with_only_columns(Lot.status, func.count()).group_by(Lot.status))
    return {status: count for status, count in rows}  # noqa: C416 (rows are no pairs to mypy)


def pledgeable_lots(ws: Workspace) -> list[Lot]:
    """The viewer's own lots with something free to pledge, oldest first."""
    standing = (LotState.VERIFIED, LotState.RESERVED, LotState.PLEDGED)
    wanted = select(Lot).where(Lot.tenant_id == ws.tenant_id, Lot.status.in_(standing))
    return [lot for lot in ws.session.scalars(wanted.order_by(Lot.id)) if lot.free_qty > 0]


def identity_of(ws: Workspace, lot_id: UUID) -> LotIdentity:
    """The lot's digital identity."""
    found = ws.session.scalars(select(LotIdentity).where(LotIdentity.lot_id == lot_id)).one_or_none()
    if found is None:
        raise NotFound("lot_unknown", "There is no such lot.")
    return found


def lot_of_path(ws: Workspace, path: str) -> UUID | None:
    """The lot behind a scanned link, where the viewer may see it."""
    of_item = select(LotItem.lot_id).where(LotItem.path == path, LotItem.ended_at.is_(None))
    return ws.session.scalar(select(LotIdentity.lot_id).where(LotIdentity.path == path).union_all(of_item))


def public_identity(ws: Workspace, path: str) -> PublicIdentity | None:
    """What the label's page tells anybody, visitors too: the gate answers, and gives away no more than this."""
    row = ws.session.execute(text("select * from gate.verify_identity(:path)"), {"path": path}).one_or_none()
    return None if row is None else PublicIdentity(*row)


def weighings_of(ws: Workspace, lot_id: UUID) -> list[Weighing]:
    """The lot's passes over the scale, in order."""
    return list(ws.session.scalars(select(Weighing).where(Weighing.lot_id == lot_id).order_by(Weighing.id)))


def inspections_of(ws: Workspace, lot_id: UUID) -> list[Inspection]:
    """The lot's inspections, newest first."""
    return list(
        ws.session.scalars(select(Inspection).where(Inspection.lot_id == lot_id).order_by(Inspection.id.desc()))
    )


def assays_of(ws: Workspace, lot_id: UUID) -> list[Assay]:
    """What newer certificates said of a verified lot, newest first."""
    return list(ws.session.scalars(select(Assay).where(Assay.lot_id == lot_id).order_by(Assay.id.desc())))


def find_import(ws: Workspace, import_id: UUID) -> LotImport:
    """A file of lots that the firm uploaded."""
    return _upload(ws, import_id, of_lots=True)


def find_item_list(ws: Workspace, list_id: UUID) -> LotImport:
    """A list of one lot's items that the firm uploaded."""
    return _upload(ws, list_id, of_lots=False)


def stock_of(ws: Workspace) -> dict[tuple[str, str], dict[str, Decimal]]:
    """The viewer's own stock by (product, unit): verified, reserved, pledged and free, in the unit."""
    sums = [func.sum(func.coalesce(c, 0)) for c in (Lot.verified_qty, Lot.reserved_qty, Lot.pledged_qty)]
    wanted = select(Lot.product_name, Lot.unit, *sums).where(Lot.tenant_id == ws.tenant_id, Lot.status.not_in(GONE))
    found = {}
    for row in ws.session.execute(wanted.group_by(Lot.product_name, Lot.unit)):
        name, unit, verified, reserved, pledged = tuple(row)
        free = max(Decimal(0), verified - reserved - pledged)
        found[name, unit] = {"verified": verified, "reserved": reserved, "pledged": pledged, "free": free}
    return found


def _upload(ws: Workspace, upload_id: UUID, *, of_lots: bool) -> LotImport:
    found = ws.session.get(LotImport, (ws.tenant_id, upload_id))
    if found is None or (found.lot_id is None) is not of_lots:
        raise NotFound("import_unknown", "There is no such upload.")
    return found


def _filtered(wanted: Select[Any], *, status: str | None, text: str | None, site_id: UUID | None) -> Select[Any]:
    if status:
        wanted = wanted.where(Lot.status.in_(status.split(",")))
    if site_id:
        wanted = wanted.where(Lot.site_id == site_id)
    if text:
        columns = (Lot.number, Lot.product_name, Lot.reference, Lot.bin_code)
        wanted = wanted.where(or_(*(column.icontains(text, autoescape=True) for column in columns)))
    return wanted


def _order(sort: str) -> tuple[ColumnElement[Any], ...]:
    column = ORDERS.get(sort.removeprefix("-"))
    if column is None:
        raise Invalid("sort_unknown", "This list cannot be sorted by %(sort)s.", field="sort", sort=sort)
    first = column.desc().nulls_last() if sort.startswith("-") else column.asc().nulls_last()
    return (first, Lot.id.desc())
