"""Goods of several owners in one tank, silo or heap: who holds which share of how much."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from sqlalchemy import select, text

from marketplace.inventory.models import Lot
from marketplace.inventory.places.models import Bulk
from marketplace.inventory.rules import bulk as rules
from marketplace.inventory.rules.bulk import Keeping
from marketplace.inventory.rules.lots import LotState
from marketplace.quantity import Quantity
from tenants.errors import NotFound
from tenants.workspace import Workspace

POURED = text("select lot_id, expires_on, moisture from gate.poured_together(cast(:lots as uuid[]))")
ENDED = (
    LotState.REJECTED, LotState.LOST, LotState.DEPARTED, LotState.SPLIT, LotState.MERGED, LotState.TRANSFORMED
)  # fmt: skip


@dataclass(frozen=True)
class Whole:
    """All that lies in a bulk, whoever's: verified, and poured in but not verified yet, in so many parts."""

    verified: Quantity
    unverified: Quantity
    parts: int


@dataclass(frozen=True)
class Holding:
    """One holder's part: its lot, and the share of the whole that it is."""

    lot: Lot
    share: Fraction


def find_bulk(ws: Workspace, bulk_id: UUID) -> Bulk:
    """A bulk that the viewer keeps, supervises or holds a part of."""
    found = ws.session.scalars(select(Bulk).where(Bulk.id == bulk_id)).one_or_none()
    if found is None:
        raise NotFound("bulk_unknown", "There is no such bulk.")
    return found


def bulk_of(ws: Workspace, lot: Lot) -> Bulk | None:
    """The bulk that a lot is a part of, where the viewer may see it; a bank that holds the lot does not."""
    return ws.session.scalars(select(Bulk).where(Bulk.id == lot.bulk_id)).one_or_none() if lot.bulk_id else None


def open_bulk_in(ws: Workspace, bin_id: UUID) -> Bulk | None:
    """The bulk that is open in one of the acting warehouse's bins."""
    wanted = select(Bulk).where(Bulk.tenant_id == ws.tenant_id, Bulk.bin_id == bin_id, Bulk.closed_at.is_(None))
    return ws.session.scalars(wanted).one_or_none()


def bulks_at(ws: Workspace, site_id: UUID) -> list[Bulk]:
    """The open bulks of a site that the viewer may see, by bin."""
    wanted = select(Bulk).where(Bulk.site_id == site_id, Bulk.closed_at.is_(None))
    return list(ws.session.scalars(wanted.order_by(Bulk.bin_code)))


def whole_of(ws: Workspace, bulk: Bulk) -> Whole:
    """How much lies there in all: the gate answers whoever takes part."""
    row = ws.session.execute(text("select * from gate.bulk_total(:bulk)"), {"bulk": bulk.id}).one()
    return Whole(Quantity(row.verified, bulk.unit), Quantity(row.unverified, bulk.unit), row.parts)


def holdings_of(ws: Workspace, bulk: Bulk) -> list[Holding]:
    """The parts that the viewer may see (keepers see all, a holder its own), oldest first, each with its share of the whole."""
    whole = whole_of(ws, bulk).verified
    nothing = Quantity.zero(bulk.unit)
    return [Holding(lot, rules.share(lot.verified or nothing, whole)) for lot in lots_in(ws, bulk)]


def keeping_of(ws: Workspace, lots: Sequence[Lot]) -> dict[UUID, Keeping]:
    """How the goods of each lot keep: as its own papers say, or as the worst of those that it is poured together with, whoever's they are.

    The gate tells the days and shares that lie in a bulk to whoever sees a part of it, and neither whose they are nor how much of each.
    """
    parts: dict[UUID, list[Keeping]] = defaultdict(list)
    poured = [lot.id for lot in lots if lot.bulk_id]
    for lot_id, expires_on, moisture in ws.session.execute(POURED, {"lots": poured}) if poured else ():
        parts[lot_id].append(Keeping(expires_on, moisture))
    return {lot.id: rules.worst_of([Keeping(lot.expires_on, lot.moisture), *parts[lot.id]]) for lot in lots}


def lots_in(ws: Workspace, bulk: Bulk) -> list[Lot]:
    """The lots that lie in a bulk, as far as the viewer may see them, in the order in which they were declared."""
    wanted = select(Lot).where(Lot.bulk_id == bulk.id, Lot.status.not_in(ENDED))
    return list(ws.session.scalars(wanted.order_by(Lot.id)))
