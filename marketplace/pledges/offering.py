"""Offering goods in pledge: units that nobody holds are found under the lot's lock, and taken."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range

from marketplace.inventory import actions as inventory
from marketplace.inventory.items.pieces import pieces_of
from marketplace.inventory.models import Lot, LotUnits
from marketplace.inventory.queries import lock_lots
from marketplace.inventory.receipts.models import WarehouseReceipt
from marketplace.inventory.rules.items import SERIALISED, Piece, chosen, pick, spans_of
from marketplace.inventory.rules.lots import LOT, LotState
from marketplace.inventory.standing import ends, require_movable
from marketplace.pledges import events
from marketplace.pledges.by_receipt import find_pledgeable, pledgeable_receipts, sign_endorsements
from marketplace.pledges.holding import goods_list, no_unit_twice
from marketplace.pledges.models import Pledge
from marketplace.pledges.rules.by_receipt import by_paper, take_receipts
from marketplace.pledges.rules.lifecycle import PLEDGE
from marketplace.pledges.rules.ranges import Units, free_units, place
from marketplace.quantity import Quantity, base_units
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.organisations import Kind, find_organisation
from tenants.workspace import Workspace

MOST_LOTS = 200


Chosen = Mapping[UUID, Sequence[UUID]]


def offer_pledge(
    ws: Workspace,
    *,
    deal_id: UUID,
    bank_id: UUID,
    goods: list[tuple[UUID, Quantity]],
    items: Chosen | None = None,
    receipts: Chosen | None = None,
) -> list[Pledge]:
    """Put goods at a bank's disposal under a deal: each quantity takes base units of its lot that nobody holds, and the lots are reserved.

    Of a serialised lot whole items are offered: those that `items` names for the lot, or else the first free ones that make the quantity exactly.
    Goods under a warehouse receipt are offered by it, whole, which its holder endorses in pledge by this act: the receipts that `receipts` names for the
    lot, or else those that loose goods do not make. One pledge for each unbroken range. Refuses another's lots, more than is verified and free, frozen goods, and units that somebody else took in
    the same moment, without saying who. An offer that no control record follows is given back after seven days.
    """
    ws.may("request_financing")
    if "borrower" not in rooms.my_roles(ws, deal_id):
        raise NotFound("deal_unknown", "There is no such deal.")
    _require_bank(ws, bank_id)
    wanted = _wanted(goods)
    with no_unit_twice(ws):
        lots = lock_lots(ws, sorted(wanted))
        placed = [(lot, places_for(ws, lot, wanted[lot.id], (items or {}).get(lot.id), (receipts or {}).get(lot.id))) for lot in lots]  # fmt: skip
        made = [one for lot, places in placed for one in _pledges(ws, lot, places, deal_id, bank_id)]
        ws.session.add_all(made)
        ws.session.flush()
    sign_endorsements(ws, made)
    for lot in lots:
        inventory.reserve_lot(ws, lot.id, deal_id=deal_id)
        rooms.share(ws, lot.id, to=bank_id, role="bank", onward=True)
        rooms.share(ws, deal_id, to=lot.warehouse_id, role="warehouse")
        rooms.share(ws, deal_id, to=lot.supervisor_id, role="supervisor")
    due = LOT.due_at(LotState.RESERVED, "expire_reservation", ws.now)
    ws.set_timer("pledges.give_back_offer", key=f"offer:{made[0].id}", due=due, stream_id=deal_id)
    fact = events.PledgesOffered(deal_id=deal_id, bank_id=bank_id, lots=len(lots), goods=goods_list(made))
    ws.record(fact, on=deal_id)
    return made


def _wanted(goods: list[tuple[UUID, Quantity]]) -> dict[UUID, Quantity]:
    if not 1 <= len(goods) <= MOST_LOTS:
        raise Invalid("goods_missing", "Choose between 1 and %(most)s lots.", field="goods", most=MOST_LOTS)
    wanted = dict(goods)
    if len(wanted) < len(goods):
        raise Invalid("lot_twice", "Each lot may be offered once.", field="goods")
    return wanted


def _require_bank(ws: Workspace, bank_id: UUID) -> None:
    if Kind.BANK not in find_organisation(ws.session, bank_id).kinds:
        raise Invalid("bank_unknown", "Choose a bank from the list.", field="bank_id")


def places_for(
    ws: Workspace,
    lot: Lot,
    quantity: Quantity,
    items: Sequence[UUID] | None = None,
    receipts: Sequence[UUID] | None = None,
) -> list[tuple[Units, bool]]:
    """The ranges of a lot that a pledge of `quantity` would take, each with whether it is pledged by its receipt. Refuses what `offer_pledge` refuses."""
    if lot.tenant_id != ws.tenant_id:
        raise NotFound("lot_unknown", "There is no such lot.")
    require_movable(lot)
    if lot.verified is None:
        raise Conflict("lot_not_verified", "Lot %(number)s is not verified.", field="goods", number=lot.number)
    wanted = quantity.to(lot.unit, field="goods")
    papers = pledgeable_receipts(ws, lot)
    if receipts is not None:
        spans = _named(papers, receipts, wanted)
    elif lot.tracking == SERIALISED:
        spans = whole_items(ws, lot, wanted, items)
    else:
        spans = _anywhere(ws, lot, wanted, _units(papers))
    return by_paper(spans, _units(papers))


def _units(receipts: Sequence[WarehouseReceipt]) -> list[Units]:
    return [Units(*ends(one.units)) for one in receipts]


def _named(papers: Sequence[WarehouseReceipt], receipts: Sequence[UUID], wanted: Quantity) -> Sequence[Units]:
    spans = find_pledgeable(papers, receipts)
    if sum(one.count for one in spans) != base_units(wanted):
        raise Invalid("receipts_do_not_make_it", "The receipts chosen do not make the quantity.", field="goods")
    return spans


def _anywhere(ws: Workspace, lot: Lot, wanted: Quantity, papers: Sequence[Units]) -> Sequence[Units]:
    """Loose goods first, in the tightest gap; whole receipts where they do not suffice."""
    units = select(LotUnits.units).where(LotUnits.tenant_id == lot.tenant_id, LotUnits.lot_id == lot.id)
    there = [Units(*ends(one)) for one in ws.session.scalars(units)]
    taken = [Units(*ends(one)) for one in (*lot.held, *lot.receipted)]
    whole = take_receipts(papers, free_units(there, taken), base_units(wanted), lot.unit)
    rest = base_units(wanted) - sum(one.count for one in whole)
    return (*whole, *place(there, taken, Quantity.from_base_units(rest, lot.unit))) if rest or not whole else whole


def offerable_pieces(ws: Workspace, lot: Lot) -> list[Piece]:
    """The items of a lot that may be offered: held by no pledge, and under no receipt in another firm's hands."""
    taken = [ends(one) for one in (*lot.held, *lot.endorsed)]
    return [one for one in pieces_of(ws, lot) if not any(start < one.end and one.start < end for start, end in taken)]


def whole_items(ws: Workspace, lot: Lot, wanted: Quantity, items: Sequence[UUID] | None) -> Sequence[Units]:
    """The ranges that whole items make: no unit twice is no item twice (invariant 2). Refuses what would cut an item, items that are not free, and
    items that do not make the quantity.
    """
    free = offerable_pieces(ws, lot)
    pieces = pick(free, base_units(wanted), lot.unit, field="goods") if items is None else chosen(free, items)
    if sum(one.count for one in pieces) != base_units(wanted):
        raise Invalid("items_do_not_make_it", "The items chosen do not make the quantity.", field="goods")
    return [Units(*span) for span in spans_of(pieces)]


def _pledges(
    ws: Workspace, lot: Lot, places: Sequence[tuple[Units, bool]], deal_id: UUID, bank_id: UUID
) -> list[Pledge]:
    begun = _not_before_the_last(ws, lot)
    return [_pledge(ws, lot, span, begun, deal_id, bank_id, by_receipt=paper) for span, paper in places]


def _pledge(
    ws: Workspace, lot: Lot, span: Units, begun: datetime, deal_id: UUID, bank_id: UUID, *, by_receipt: bool
) -> Pledge:
    return Pledge(
        tenant_id=lot.tenant_id,
        id=new_id(),
        deal_id=deal_id,
        lot_id=lot.id,
        lot_number=lot.number,
        product_name=lot.product_name,
        grade=lot.grade,
        site_name=lot.site_name,
        bank_id=bank_id,
        supervisor_id=lot.supervisor_id,
        warehouse_id=lot.warehouse_id,
        rank=1,
        by_receipt=by_receipt,
        units=Range(span.start, span.end),
        during=Range(begun, None),
        quantity=Quantity.from_base_units(span.count, lot.unit).amount,
        unit=lot.unit,
        status=PLEDGE.next_state(None, "draft"),
        offered_at=ws.now,
    )


def _not_before_the_last(ws: Workspace, lot: Lot) -> datetime:
    """Now; or, where the clock was set back, the moment at which the last pledge on the lot ended."""
    last = select(func.max(func.upper(Pledge.during))).where(Pledge.lot_id == lot.id, ~func.upper_inf(Pledge.during))
    return max(ws.now, ws.session.scalar(last) or ws.now)
