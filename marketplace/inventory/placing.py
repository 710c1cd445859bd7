"""Goods that were found again while others took their bin: the warehouse says where they lie."""

from uuid import UUID

from marketplace.inventory.bulks.holdings import open_bulk_in
from marketplace.inventory.found_events import LotPlaced
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import GONE
from marketplace.inventory.receiving import at_own_warehouse, put_into_bin
from marketplace.inventory.rules.lots import LotState
from tenants.errors import Conflict, Invalid
from tenants.workspace import Workspace


def name_bin(ws: Workspace, lot_id: UUID, *, bin_id: UUID) -> Lot:
    """The warehouse puts goods that lie in no known bin into a free one of their site. A freeze or a shortage does not stop it: the goods are found, not moved.

    Refuses another warehouse, goods that are not there, that lie in a bin already or are part of a bulk, and a bin that is taken, elsewhere, full or a bulk's.
    """
    ws.may("receive_lot")
    lot = at_own_warehouse(ws, lot_id)
    if lot.standing in GONE or lot.status == LotState.DECLARED:
        raise Conflict("goods_not_here", "These goods are not in the warehouse.")
    if lot.bin_id is not None or lot.bulk_id is not None:
        raise Conflict("bin_known", "It is known where these goods lie.")
    if open_bulk_in(ws, bin_id) is not None:
        raise Invalid("bin_of_bulk", "Other goods are poured together in this bin.", field="bin_id")
    place = put_into_bin(ws, lot, bin_id)
    ws.record(LotPlaced(lot_id=lot.id, number=lot.number, bin_id=place.id, bin=place.code), on=lot.id)
    return lot
