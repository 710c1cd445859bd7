"""Receiving goods: the warehouse weighs them in and puts them into a bin."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from marketplace.inventory import events
from marketplace.inventory.bulks.pouring import pour
from marketplace.inventory.models import Lot, Weighing
from marketplace.inventory.places.models import Bin, BinStay, Site
from marketplace.inventory.places.zoning import require_room
from marketplace.inventory.queries import find_lot, identity_of
from marketplace.inventory.rules import weighing as weighing_rules
from marketplace.inventory.rules.identity import carried_in
from marketplace.inventory.rules.items import SERIALISED
from marketplace.inventory.rules.lots import LotState, next_state
from marketplace.quantity import Quantity
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.workspace import Workspace

EXCLUSION = "23P01"


def receive_lot(
    ws: Workspace,
    lot_id: UUID,
    *,
    gross: Quantity,
    tare: Quantity,
    bin_id: UUID,
    photo_id: UUID | None = None,
    ticket: str = "",
    vehicle: str = "",
) -> Lot:
    """Weigh declared goods in, put them into a free bin and the label on them. For goods that are counted, `gross` is the count and `tare` nothing.

    Refuses a lot for another warehouse, a bin of another site or one that is taken, gross not above tare, and a scale whose calibration is over.
    """
    ws.may("receive_lot")
    lot = at_own_warehouse(ws, lot_id)
    if lot.conversion_id is not None:
        raise Conflict("lot_of_conversion", "This lot is made of others: carry that out instead.")
    _require_no_items(lot)
    return take_in(ws, lot, gross=gross, tare=tare, bin_id=bin_id, photo_id=photo_id, ticket=ticket, vehicle=vehicle)


def take_in(
    ws: Workspace,
    lot: Lot,
    *,
    gross: Quantity,
    tare: Quantity,
    bin_id: UUID,
    photo_id: UUID | None = None,
    ticket: str = "",
    vehicle: str = "",
) -> Lot:
    """Weigh a locked, declared lot of one's own warehouse in; for goods that arrive and for goods that a transformation made."""
    lot.status = next_state(LotState(lot.status), "receive")
    passed = _weigh(ws, lot, gross=gross, tare=tare, photo_id=photo_id, ticket=ticket, vehicle=vehicle)
    lot.weighed_qty, lot.received_at = passed.net.amount, ws.now
    place = put_into_bin(ws, lot, bin_id)
    fact = events.LotReceived(
        lot_id=lot.id, number=lot.number, gross=passed.gross, tare=passed.tare, net=passed.net, site_id=lot.site_id, bin_id=place.id, bin=place.code
    )  # fmt: skip
    ws.record(fact, on=lot.id, evidence=[photo_id] if photo_id else [])
    return lot


def add_weighing(
    ws: Workspace,
    lot_id: UUID,
    *,
    gross: Quantity,
    tare: Quantity,
    photo_id: UUID | None = None,
    ticket: str = "",
    vehicle: str = "",
) -> Lot:
    """Add a further truckload to a lot that is being received. Refuses one that is inspected already."""
    ws.may("receive_lot")
    lot = at_own_warehouse(ws, lot_id)
    _require_no_items(lot)
    return weigh_more(ws, lot, gross=gross, tare=tare, photo_id=photo_id, ticket=ticket, vehicle=vehicle)


def weigh_more(
    ws: Workspace,
    lot: Lot,
    *,
    gross: Quantity,
    tare: Quantity,
    photo_id: UUID | None = None,
    ticket: str = "",
    vehicle: str = "",
) -> Lot:
    """A further pass over the scale for a locked lot of one's own warehouse that is being received."""
    if lot.status != LotState.RECEIVED or lot.weighed is None or lot.conversion_id is not None:
        raise Conflict("lot_not_receiving", "Goods are added between receipt and inspection only.")
    passed = _weigh(ws, lot, gross=gross, tare=tare, photo_id=photo_id, ticket=ticket, vehicle=vehicle)
    require_room(ws, _own_bin(ws, lot.bin_id), lot, passed.net)
    lot.weighed_qty = (lot.weighed + passed.net).amount
    fact = events.LotWeighed(lot_id=lot.id, number=lot.number, gross=passed.gross, tare=passed.tare, net=passed.net)
    ws.record(fact, on=lot.id, evidence=[photo_id] if photo_id else [])
    return lot


def put_into_bin(ws: Workspace, lot: Lot, bin_id: UUID) -> Bin:
    """Lay a lot into a free bin of its site, its label with it. Refuses a bin elsewhere, and one that another lot lies in."""
    place = _own_bin(ws, bin_id)
    if place.site_id != lot.site_id:
        raise Invalid("bin_elsewhere", "This bin is not on the lot's site.", field="bin_id")
    require_room(ws, place, lot, lot.verified or lot.weighed or lot.documented)
    lot.bin_id, lot.bin_code = place.id, place.code
    _occupy(ws, lot, place, pour(ws, lot, place))
    identity_of(ws, lot.id).bound_at = ws.now
    return place


def at_own_warehouse(ws: Workspace, lot_id: UUID) -> Lot:
    """A lot that is announced to the acting warehouse, held."""
    lot = find_lot(ws, lot_id, lock=True)
    if lot.warehouse_id != ws.tenant_id:
        raise NotAllowed("lot_elsewhere", "This lot is announced to another warehouse.")
    return lot


def _require_no_items(lot: Lot) -> None:
    if lot.tracking == SERIALISED:
        raise Conflict("lot_itemised", "This lot is received item by item.")


def _own_bin(ws: Workspace, bin_id: UUID | None) -> Bin:
    place = ws.session.get(Bin, (ws.tenant_id, bin_id))
    if place is None:
        raise Invalid("bin_unknown", "Choose a bin of this site.", field="bin_id")
    return place


def _weigh(
    ws: Workspace, lot: Lot, *, gross: Quantity, tare: Quantity, photo_id: UUID | None, ticket: str, vehicle: str
) -> weighing_rules.Weighing:
    site = ws.session.get_one(Site, (ws.tenant_id, lot.site_id))
    passed = weighing_rules.Weighing(
        gross=gross.to(lot.unit, field="gross"),
        tare=tare.to(lot.unit, field="tare"),
        taken_at=ws.now,
        signed=True,  # entered by a member in a verified session, which the event's chain keeps
        calibrated_until=site.scale_calibrated_until,
    )
    weighing_rules.weighed([passed])
    row = Weighing(
        tenant_id=ws.tenant_id,
        id=new_id(),
        lot_id=lot.id,
        site_id=lot.site_id,
        gross=passed.gross.amount,
        tare=passed.tare.amount,
        unit=lot.unit,
        ticket=ticket.strip(),
        vehicle=carried_in(vehicle),
        photo_id=photo_id,
        calibrated_until=passed.calibrated_until,
        weighed_by=ws.member.name,
        weighed_at=ws.now,
    )
    ws.session.add(row)
    return passed


def _occupy(ws: Workspace, lot: Lot, place: Bin, bulk_id: UUID | None) -> None:
    """Begin the lot's stay in the bin. The database refuses a second lot there at the same time."""
    latest = select(func.max(func.upper(BinStay.during))).where(
        BinStay.tenant_id == ws.tenant_id,
        BinStay.bin_id == place.id,
        ~func.upper_inf(BinStay.during),
        BinStay.bulk_id.is_(None),
    )
    since = max(ws.now, ws.session.scalar(latest) or ws.now)
    stay = BinStay(
        tenant_id=ws.tenant_id, id=new_id(), bin_id=place.id, lot_id=lot.id, bulk_id=bulk_id, during=Range(since, None)
    )
    try:
        with ws.session.begin_nested():
            ws.session.add(stay)
    except IntegrityError as taken:
        if getattr(taken.orig, "sqlstate", "") != EXCLUSION:
            raise
        raise Conflict("bin_occupied", "Another lot lies in bin %(bin)s.", field="bin_id", bin=place.code) from taken
