"""Steps of a lot that follow from pledges, disposals and shipments, called by those slices within their own actions.

A freeze lies over the standing beneath it: papers may move on (a pledge may be enforced, a sale settled), goods may not.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, literal, literal_column, select, update
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, INT8RANGE, Range

from marketplace.inventory import events
from marketplace.inventory.items.models import LotItem
from marketplace.inventory.items.pieces import let_leave
from marketplace.inventory.models import Lot, LotUnits
from marketplace.inventory.places.models import BinStay
from marketplace.inventory.queries import find_lot
from marketplace.inventory.rules.items import SERIALISED
from marketplace.inventory.rules.lots import SPOILT, LotState, next_state
from marketplace.inventory.shares import in_shortage, require_share
from marketplace.quantity import Quantity, base_units
from tenants import rooms
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.workspace import Workspace

NONE = Decimal(0)
# Goods do not move in these steps, so a freeze does not stop them.
PAPER_STEPS = frozenset({"enforce", "sell", "withdraw_from_disposal", "unreserve", "release"})


def reserve_lot(ws: Workspace, lot_id: UUID, *, deal_id: UUID) -> Lot:
    """Part of the lot is promised to the pledge of a deal. Refuses a lot that is not verified, frozen, or on its way out."""
    lot = find_lot(ws, lot_id, lock=True)
    if lot.status == LotState.VERIFIED:
        take_step(lot, "reserve")
    elif lot.status not in (LotState.RESERVED, LotState.PLEDGED):
        next_state(LotState(lot.status), "reserve")  # refuses, naming the state
    ws.record(events.LotReserved(lot_id=lot.id, number=lot.number, deal_id=deal_id), on=lot.id)
    return lot


def unreserve_lot(ws: Workspace, lot_id: UUID) -> Lot:
    """A promise was given back. The lot is free again once nothing of it is held; until then nothing changes."""
    return _let_free(ws, lot_id)


def mark_released(ws: Workspace, lot_id: UUID) -> Lot:
    """A pledge on the lot ended. The lot is free again once nothing of it is held; until then nothing changes."""
    return _let_free(ws, lot_id)


def mark_spared(ws: Workspace, lot_id: UUID) -> Lot:
    """The debt for which the pledge on the lot was enforced is paid: its goods are not to be sold any more, and whoever else holds them holds them on."""
    lot = find_lot(ws, lot_id, lock=True)
    if lot.standing == LotState.IN_DISPOSAL:
        take_step(lot, "withdraw_from_disposal")
        if lot.held_qty > 0:
            ws.record(events.LotPledged(lot_id=lot.id, number=lot.number), on=lot.id)
    return lot


def mark_pledged(ws: Workspace, lot_id: UUID) -> Lot:
    """A pledge on the lot is active."""
    lot = find_lot(ws, lot_id, lock=True)
    if lot.status != LotState.PLEDGED:
        take_step(lot, "confirm_control")
        ws.record(events.LotPledged(lot_id=lot.id, number=lot.number), on=lot.id)
    return lot


def mark_enforced(ws: Workspace, lot_id: UUID) -> Lot:
    """The pledge on the lot is enforced: the goods go to disposal. Of what is reported lost or damaged there is nothing to sell: it stays as it is, and what
    an insurer pays for it follows the pledge (Civil Code 390).
    """
    lot = find_lot(ws, lot_id, lock=True)
    if lot.status in SPOILT:
        return lot
    take_step(lot, "enforce")
    ws.record(events.LotEnforced(lot_id=lot.id, number=lot.number), on=lot.id)
    return lot


def mark_sold(ws: Workspace, lot_id: UUID) -> Lot:
    """The disposal of the lot is settled."""
    lot = find_lot(ws, lot_id, lock=True)
    take_step(lot, "sell")
    ws.record(events.LotSold(lot_id=lot.id, number=lot.number), on=lot.id)
    return lot


def mark_departed(
    ws: Workspace, lot_id: UUID, *, quantity: Quantity | None = None, spans: Sequence[tuple[int, int]] | None = None
) -> Lot:
    """Goods that nobody holds left the warehouse: `quantity` of the lot (of `spans` of its units, where it matters which), or all that is left of it.

    Refuses a frozen lot, goods in disposal, and more than is free (invariant 5: pledged goods leave under a release order alone; goods for which a
    receipt stands leave against the receipt).
    """
    lot = find_lot(ws, lot_id, lock=True)
    require_movable(lot)
    if lot.status not in (LotState.VERIFIED, LotState.RESERVED, LotState.PLEDGED, LotState.SOLD):
        next_state(LotState(lot.status), "depart")  # refuses, naming the state
    leaving = quantity.to(lot.unit) if quantity else Quantity(lot.loose_qty, lot.unit)
    if not 0 < leaving.amount <= lot.loose_qty:
        free = str(Quantity(lot.loose_qty, lot.unit))
        raise Conflict("not_free_to_leave", "Only %(free)s of this lot may leave.", field="quantity", free=free)
    return take_out(ws, lot, leaving, spans=spans)


def take_out(
    ws: Workspace,
    lot: Lot,
    leaving: Quantity,
    *,
    spans: Sequence[tuple[int, int]] | None = None,
    of_share: bool = False,
) -> Lot:
    """Take goods that are no longer held off a locked lot's account: verified falls, departed rises, the units go with them.

    `spans`: which units, where that is known; of a serialised lot the items that they are, or else its first free ones, leave whole.
    `of_share`: what leaves is its holder's share of a lot that was short, which its receipts and pledges exceed.
    """
    ws.session.flush()
    ws.session.refresh(lot)
    require_share(lot, leaving)
    if lot.receipted and leaving.amount > lot.loose_qty and not of_share:
        raise Conflict("receipt_outstanding", "A receipt stands for these goods: it has to be surrendered first.")
    let_leave(ws, lot, leaving, spans)
    left = max(Decimal(0), (lot.verified_qty or Decimal(0)) - leaving.amount)
    lot.departed_qty += leaving.amount
    lot.verified_qty = left
    end_if_empty(ws, lot)
    ws.session.flush()
    fit_units(ws, lot)
    tell_departed(ws, lot, leaving)
    return lot


def shrink_verified(
    ws: Workspace, lot_id: UUID, *, to: Quantity, because: str | dict[str, Any], evidence: Sequence[UUID | str] = ()
) -> Lot:
    """Write off what is missing: the supervisor's act, from a measurement or a stock-take.

    What is verified falls to `to`; pledges stay as they are, and where they exceed it the lot is short and says so. Refuses a quantity that is not
    below the verified one: it never rises without a new inspection.
    """
    lot = find_lot(ws, lot_id, lock=True)
    if ws.tenant_id != lot.supervisor_id:
        raise NotAllowed("supervisor_only", "Only the lot's supervisor writes off what is missing.")
    before, after = lot.verified, to.to(lot.unit, field="left")
    if before is None or not Decimal(0) <= after.amount < before.amount:
        raise Invalid("quantity_not_below", "The new quantity must be below the verified one.", field="quantity")
    if lot.tracking == SERIALISED:
        raise Conflict(
            "items_not_named", "This lot is kept item by item: name the items that are missing.", field="left"
        )
    return write_down(ws, lot, after, because, evidence)


def write_down(
    ws: Workspace, lot: Lot, after: Quantity, because: str | dict[str, Any], evidence: Sequence[UUID | str] = ()
) -> Lot:
    """What is verified of a locked lot falls to `after`, by its supervisor's hand."""
    before = lot.verified
    assert before is not None
    lot.verified_qty = after.amount
    ws.session.flush()
    fit_units(ws, lot)
    short = Quantity(lot.short_qty, lot.unit)
    fact = events.QuantityShrunk(
        lot_id=lot.id, number=lot.number, before=before, after=after, short=short, because=because
    )
    ws.record(fact, on=lot.id, evidence=evidence)
    return lot


def share_lot(ws: Workspace, lot_id: UUID, *, to: UUID, role: str, onward: bool = False) -> None:
    """Let another firm see the lot in `role` (bank, logistics, auctioneer, buyer ...). Refuses a lot that is not the actor's to share."""
    lot = find_lot(ws, lot_id)
    rooms.share(ws, lot.id, to=to, role=role, onward=onward)
    ws.record(events.LotShared(lot_id=lot.id, number=lot.number, to=to, role=role), on=lot.id)


def take_step(lot: Lot, action: str) -> None:
    """Move a locked lot along its table; under a freeze only where goods do not move, and beneath the freeze."""
    if lot.is_frozen:
        if action not in PAPER_STEPS:
            require_movable(lot)
        lot.kept_status = next_state(LotState(lot.standing), action)
    else:
        lot.status = next_state(LotState(lot.status), action)


def require_movable(lot: Lot) -> None:
    """Refuse to move what is frozen, or stopped by an open shortage."""
    if lot.shortage_id is not None:
        raise in_shortage(lot)
    if lot.is_frozen:
        reason = lot.frozen_reason or {}
        raise Conflict("lot_frozen", "Lot %(number)s is frozen: %(reason)s", number=lot.number, reason=reason)


def fit_units(ws: Workspace, lot: Lot) -> None:
    """Bring a locked lot's base units to what is verified or spoken for, whichever is more, by giving up free ones from the top."""
    ws.session.refresh(lot, ["reserved_qty", "pledged_qty", "held", "receipted", "endorsed"])
    where = (LotUnits.tenant_id == lot.tenant_id, LotUnits.lot_id == lot.id)
    ranges = ws.session.scalars(select(LotUnits.units).where(*where)).all()
    wanted = max(base_units(lot.verified or Quantity.zero(lot.unit)), base_units(Quantity(lot.spoken_qty, lot.unit)))
    surplus = sum(end - start for start, end in map(ends, ranges)) - wanted
    for gap in reversed(free_ranges(ws, lot)):
        if surplus <= 0:
            return
        start, end = ends(gap)
        cut = max(start, end - surplus), end
        _cut_units(ws, lot, cut)
        surplus -= cut[1] - cut[0]


def free_ranges(ws: Workspace, lot: Lot) -> list[Range[int]]:
    """The ranges of a lot's base units that no pledge holds, no receipt stands for and no item is, in order; units that were found again are ranges of their own."""
    items = select(func.coalesce(func.range_agg(LotItem.units), literal_column("'{}'::int8multirange"))).where(
        LotItem.lot_id == lot.id, LotItem.ended_at.is_(None)
    )
    whole = func.int8multirange(LotUnits.units, type_=INT8MULTIRANGE)
    loose = whole - Lot.held - Lot.receipted - items.scalar_subquery()
    gaps = func.unnest(loose, type_=INT8RANGE)
    wanted = select(gaps).join_from(LotUnits, Lot, (Lot.tenant_id == LotUnits.tenant_id) & (Lot.id == LotUnits.lot_id))
    return sorted(ws.session.scalars(wanted.where(Lot.id == lot.id)), key=ends)


def end_if_empty(ws: Workspace, lot: Lot) -> None:
    """A lot of which nothing is there and nothing is held has departed; its bin is free."""
    if not lot.verified_qty and lot.held_qty == 0:
        take_step(lot, "depart")
        lot.departed_at = ws.now
        end_stay(ws, lot)


def tell_departed(ws: Workspace, lot: Lot, departed: Quantity) -> None:
    """Goods left the warehouse; what stays of the lot."""
    left = Quantity(lot.verified_qty or NONE, lot.unit)
    ws.record(events.LotDeparted(lot_id=lot.id, number=lot.number, departed=departed, left=left), on=lot.id)


def _let_free(ws: Workspace, lot_id: UUID) -> Lot:
    lot = find_lot(ws, lot_id, lock=True)
    fit_units(ws, lot)  # what was held beyond what is there is no unit of the lot any more
    if lot.held_qty > 0 or not lot.verified_qty or lot.standing not in (LotState.RESERVED, LotState.PLEDGED):
        return lot
    was_pledged = lot.standing == LotState.PLEDGED
    take_step(lot, "release" if was_pledged else "unreserve")
    freed = events.LotReleased if was_pledged else events.LotUnreserved
    ws.record(freed(lot_id=lot.id, number=lot.number), on=lot.id)
    return lot


def _cut_units(ws: Workspace, lot: Lot, cut: tuple[int, int]) -> None:
    key = {"tenant_id": lot.tenant_id, "lot_id": lot.id}
    around = select(LotUnits.units).filter_by(**key).where(LotUnits.units.contains(Range(*cut)))
    span = ws.session.scalars(around).one()
    here = (LotUnits.tenant_id == lot.tenant_id, LotUnits.lot_id == lot.id, LotUnits.units == span)
    start, end = ends(span)
    rest = [Range(*part) for part in ((start, cut[0]), (cut[1], end)) if part[0] < part[1]]
    if not rest:
        ws.session.execute(delete(LotUnits).where(*here))
        return
    lower = update(LotUnits).where(*here).values(units=rest[0])
    if len(rest) == 1:
        ws.session.execute(lower)
        return
    # In one statement: a pledge above the cut must at no moment lie outside of its lot's units.
    kept = lower.returning(LotUnits.tenant_id, LotUnits.lot_id).cte("kept")
    upper = select(kept.c.tenant_id, kept.c.lot_id, literal(rest[1], INT8RANGE))
    ws.session.execute(insert(LotUnits).from_select(["tenant_id", "lot_id", "units"], upper))


def end_stay(ws: Workspace, lot: Lot) -> None:
    """The lot's bin is free again."""
    begun = func.lower(BinStay.during)
    # At least a microsecond, so that a clock that was set back cannot make it end before it began.
    until = func.tstzrange(begun, func.greatest(begun + timedelta(microseconds=1), ws.now))
    ws.session.execute(
        update(BinStay).where(BinStay.lot_id == lot.id, func.upper_inf(BinStay.during)).values(during=until)
    )


def ends(span: Range[int]) -> tuple[int, int]:
    """The first base unit of a bounded range, and the first one behind it."""
    assert span.lower is not None
    assert span.upper is not None
    return span.lower, span.upper
