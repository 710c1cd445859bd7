"""Pledging by warehouse receipt: which receipts the pledgor may pledge by, their endorsement in pledge, and that no pledge comes into force without it.

The mark that keeps the holder from doing anything else with the paper comes with the offer, by the gate's hand (`inventory/receipt_constraints.py`).
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from marketplace.inventory.models import Lot
from marketplace.inventory.receipts import queries as receipt_queries
from marketplace.inventory.receipts.endorsing import sign_in_pledge
from marketplace.inventory.receipts.models import WarehouseReceipt
from marketplace.inventory.rules.receipts import ReceiptState
from marketplace.inventory.standing import ends
from marketplace.pledges.models import Pledge
from marketplace.pledges.rules.lifecycle import PledgeState
from marketplace.pledges.rules.ranges import Units, without
from tenants.errors import Conflict
from tenants.workspace import Workspace


def pledgeable_receipts(ws: Workspace, lot: Lot) -> list[WarehouseReceipt]:
    """The receipts of a lot by which its owner may pledge: in force, in its own hands, held for no bank, nothing asked of them."""
    if not lot.receipted:
        return []
    wanted = select(WarehouseReceipt).where(
        WarehouseReceipt.lot_id == lot.id,
        WarehouseReceipt.status == ReceiptState.ISSUED,
        WarehouseReceipt.holder_id == lot.tenant_id,
    )
    found = ws.session.scalars(wanted.order_by(WarehouseReceipt.units).execution_options(populate_existing=True))
    return [one for one in found if receipt_queries.open_request(ws, one.id) is None]


def find_pledgeable(receipts: Sequence[WarehouseReceipt], wanted: Sequence[UUID]) -> list[Units]:
    """The units of the receipts named. Refuses one that may not be pledged by, without saying why."""
    by_id = {one.id: one for one in receipts}
    if not set(wanted) <= set(by_id):
        raise Conflict("receipt_not_free", "One of these receipts cannot be pledged by now.", field="goods")
    return [Units(*ends(by_id[one].units)) for one in wanted]


def sign_endorsements(ws: Workspace, pledges: Sequence[Pledge]) -> None:
    """The pledgor signs the endorsement in pledge of every receipt by which it has just offered goods; the warehouses sign after."""
    ws.session.flush()
    for pledge in pledges:
        if pledge.by_receipt:
            for receipt in receipts_of(ws, pledge):
                sign_in_pledge(ws, receipt)


def receipts_of(ws: Workspace, pledge: Pledge) -> list[WarehouseReceipt]:
    """The live receipts that stand for the units of a pledge, as far as the viewer sees them."""
    wanted = select(WarehouseReceipt).where(
        WarehouseReceipt.lot_id == pledge.lot_id, WarehouseReceipt.live_units.overlaps(pledge.units)
    )
    found = ws.session.scalars(wanted.order_by(WarehouseReceipt.units).execution_options(populate_existing=True))
    return list(found)


def require_endorsed(ws: Workspace, pledges: Sequence[Pledge]) -> None:
    """Refuse to bring goods into force by receipts that holder and warehouse have not both endorsed in pledge (Interpretation on Security 59)."""
    for pledge in pledges:
        if pledge.by_receipt and pledge.rank == 1 and not _endorsed(ws, pledge):
            raise Conflict(
                "receipt_not_endorsed",
                "The receipt for goods of lot %(number)s is not endorsed in pledge yet: its holder and the warehouse sign.",
                number=pledge.lot_number,
            )


def _endorsed(ws: Workspace, pledge: Pledge) -> bool:
    signed = [Units(*ends(one.units)) for one in receipts_of(ws, pledge) if one.pledge_signed_at is not None]
    return not without([Units(*ends(pledge.units))], signed)


def sold_units(ws: Workspace, deal_id: UUID, lot_id: UUID) -> list[tuple[int, int]]:
    """Which units of a lot a deal's enforcement sold."""
    wanted = select(Pledge.units).where(
        Pledge.deal_id == deal_id, Pledge.lot_id == lot_id, Pledge.status == PledgeState.REALISED
    )
    return [ends(one) for one in ws.session.scalars(wanted)]
