"""Keeping trades: entering an order, adding what was delivered, invoiced and paid, laying a trade before the parties of a deal."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import update

from marketplace.documents.events import TradeEntered, TradeLaidBefore, TradeRecordAdded, TradeShared, TradeTakenBack
from marketplace.documents.matching import rematch
from marketplace.documents.models import Trade, TradeEntry, TradeInRoom
from marketplace.documents.queries import entries_of, find_trade, find_trade_named, laid_before, platform_parties
from marketplace.documents.rules.content import Paper
from marketplace.documents.rules.entries import Lane, Party, lane_of
from marketplace.documents.rules.particulars import ParticularLine, Particulars, checked
from marketplace.inventory.queries import find_lot
from marketplace.shipments.queries import find_shipment
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.organisations import find_organisation
from tenants.workspace import Workspace

MOST_RECORDS = 2_000


def enter_trade(ws: Workspace, said: Particulars, *, document_id: UUID | None = None) -> Trade:
    """Enter an order (or a contract) line by line: the trade begins. Refuses one that names no seller and buyer, or was entered before."""
    ws.may("keep_trades")
    good = checked(said)
    for field, party in (("seller", good.seller), ("buyer", good.buyer)):
        if not party.name:
            raise Invalid("missing", "This must be filled in.", field=field)
    if find_trade_named(ws, good.number, good.seller) is not None:
        raise Conflict("trade_known", "Order %(number)s of this seller is entered already.", field="number", number=good.number)  # fmt: skip
    trade = new_trade(ws, good.number, good.seller, good.buyer, good.currency, good.dated)
    ws.session.add(trade)
    _found(ws, trade)
    ws.session.flush()
    ws.session.add_all(_entries(ws, trade, Paper.PURCHASE_ORDER, good, document_id))
    rematch(ws, [trade.trade_id])
    fact = TradeEntered(trade_id=trade.trade_id, number=trade.number, seller=trade.seller, buyer=trade.buyer)
    ws.record(fact, on=trade.trade_id)
    return trade


def add_record(
    ws: Workspace, trade_id: UUID, *, paper: Paper, said: Particulars, document_id: UUID | None = None
) -> Trade:  # fmt: skip
    """Add what was ordered, delivered, invoiced or paid to a trade of one's own, and match the four flows anew.

    Refuses papers of no flow, a payment without an amount, and more records than anybody can read.
    """
    ws.may("keep_trades")
    trade, good, lane = _own(ws, trade_id), checked(said), lane_of(paper)
    if lane is None:
        raise Invalid("paper_of_no_flow", "This kind of paper belongs to none of the four flows.", field="kind")
    if lane is Lane.MONEY and any(one.amount is None for one in good.lines):
        raise Invalid("missing", "This must be filled in.", field="amount")
    if trade.lines + len(good.lines) > MOST_RECORDS:
        raise Conflict("records_too_many", "There are too many records in this trade already.", field="lines")
    _found(ws, trade)
    ws.session.add_all(_entries(ws, trade, paper, good, document_id))
    _matched_anew(ws, trade, good.number, lane)
    return trade


def record_lot(ws: Workspace, trade_id: UUID, lot_id: UUID, *, line: str = "") -> Trade:
    """Take a lot of the platform for goods received under a trade: what was weighed in and verified, not what somebody says.

    Refuses a lot that is not weighed in yet, and one that is in this trade already.
    """
    ws.may("keep_trades")
    trade, lot = _own(ws, trade_id), find_lot(ws, lot_id)
    quantity = lot.verified or lot.weighed
    if quantity is None or lot.received_at is None:
        raise Conflict("lot_not_weighed", "This lot has not been weighed in yet.", field="lot_id")
    _require_new(ws, trade, lot_id=lot.id)
    entry = _of_platform(ws, trade, Paper.GOODS_RECEIPT, lot.number, lot.received_at.date(), line)
    entry.quantity, entry.unit, entry.goods, entry.lot_id = quantity.amount, quantity.unit, lot.product_name, lot.id
    ws.session.add(entry)
    _matched_anew(ws, trade, lot.number, Lane.GOODS)
    return trade


def record_shipment(ws: Workspace, trade_id: UUID, shipment_id: UUID, *, line: str = "") -> Trade:
    """Take a journey of the platform for a delivery under a trade: what the receiver signed for. Refuses one not delivered, or in this trade already."""
    ws.may("keep_trades")
    trade, shipment = _own(ws, trade_id), find_shipment(ws, shipment_id)
    received = shipment.received_quantity
    if received is None or shipment.delivered_at is None:
        raise Conflict("shipment_not_delivered", "This shipment has not been delivered yet.", field="shipment_id")
    _require_new(ws, trade, shipment_id=shipment.shipment_id)
    entry = _of_platform(ws, trade, Paper.PROOF_OF_DELIVERY, shipment.number, shipment.delivered_at.date(), line)
    entry.quantity, entry.unit, entry.goods = received.amount, received.unit, shipment.product_name
    entry.shipment_id, entry.lot_id = shipment.shipment_id, shipment.lot_id
    ws.session.add(entry)
    _matched_anew(ws, trade, shipment.number, Lane.GOODS)
    return trade


def lay_before(ws: Workspace, trade_id: UUID, room_id: UUID) -> TradeInRoom:
    """Lay a trade before the parties of a deal: the bank, and the core enterprise where it is a party of the trade, see it from now on.

    Refuses a deal in which one is not the borrower. The same goods behind two deals are not refused but flagged: who reads the trade reads the flag.
    """
    ws.may("keep_trades")
    trade = _own(ws, trade_id)
    if "borrower" not in rooms.my_roles(ws, room_id):
        raise NotFound("deal_unknown", "There is no such deal.")
    _found(ws, trade)
    parties = {one.id for one in platform_parties(ws, trade)}
    for one in rooms.participants(ws, room_id):
        if one.role == "bank" or (one.role == "core" and one.tenant_id in parties):
            rooms.share(ws, trade.trade_id, to=one.tenant_id, role=one.role)
    laid = ws.session.get(TradeInRoom, (room_id, trade.trade_id), with_for_update=True)
    if laid is None:
        laid = TradeInRoom(room_id=room_id, trade_id=trade.trade_id, tenant_id=ws.tenant_id, laid_by=ws.member.name, laid_at=ws.now)  # fmt: skip
        ws.session.add(laid)
    laid.ended_at = None
    ws.session.flush()
    rematch(ws, [trade.trade_id])
    ws.record(TradeLaidBefore(trade_id=trade.trade_id, number=trade.number), on=room_id)
    return laid


def take_back(ws: Workspace, trade_id: UUID, room_id: UUID) -> None:
    """Take a trade back out of a deal: the bank's sight of it through that deal ends."""
    ws.may("keep_trades")
    trade = _own(ws, trade_id)
    _end(ws, trade.trade_id, room_id)
    rematch(ws, [trade.trade_id])
    ws.record(TradeTakenBack(trade_id=trade.trade_id, number=trade.number), on=room_id)


def clear_room(ws: Workspace, room_id: UUID, *, keep_sight: bool) -> None:
    """A deal is over: no trade is before it any more. Of one that came to nothing the bank loses sight too; of a loan it keeps the file."""
    for laid in laid_before(ws, room_id):
        number = find_trade(ws, laid.trade_id).number
        _end(ws, laid.trade_id, room_id, keep_sight=keep_sight)
        ws.record(TradeTakenBack(trade_id=laid.trade_id, number=number), on=room_id)


def share_trade(ws: Workspace, trade_id: UUID, organisation_id: UUID) -> Trade:
    """Let the other side of a trade in. Refuses a firm that the order does not name as its seller or buyer."""
    ws.may("keep_trades")
    trade, firm = _own(ws, trade_id), find_organisation(ws.session, organisation_id)
    if firm.id not in {one.id for one in platform_parties(ws, trade)}:
        raise Invalid("not_a_party", "The order does not name this firm as its seller or buyer.", field="organisation_id")  # fmt: skip
    _found(ws, trade)
    rooms.share(ws, trade.trade_id, to=firm.id, role="core")
    ws.record(TradeShared(trade_id=trade.trade_id, number=trade.number, with_=firm.name), on=trade.trade_id)
    return trade


def new_trade(ws: Workspace, number: str, seller: Party, buyer: Party, currency: str, ordered_on: date | None) -> Trade:
    """A trade of one's own, not kept yet."""
    return Trade(
        tenant_id=ws.tenant_id,
        trade_id=new_id(),
        number=number,
        seller=seller.name,
        seller_code=seller.code,
        buyer=buyer.name,
        buyer_code=buyer.code,
        currency=currency,
        ordered_on=ordered_on,
        made_by=ws.member.name,
        made_at=ws.now,
    )


def entry_of(ws: Workspace, trade: Trade, paper: Paper, said: Particulars, line: ParticularLine) -> TradeEntry:
    """One line of a paper as a record of a trade. An order's own number is the trade's; its lines number themselves."""
    lane = lane_of(paper)
    assert lane is not None, "a paper of one of the flows"
    return TradeEntry(
        tenant_id=ws.tenant_id,
        id=new_id(),
        trade_id=trade.trade_id,
        lane=lane.value,
        paper=paper.value,
        number=said.number,
        line=line.line,
        dated=said.dated,
        seller=said.seller.name,
        seller_code=said.seller.code,
        buyer=said.buyer.name,
        buyer_code=said.buyer.code,
        goods_code=line.goods_code,
        goods=line.goods,
        quantity=line.quantity,
        unit=line.unit,
        price=line.price,
        amount_minor=line.amount,
        tax_minor=line.tax,
        payable_minor=said.payable if lane is Lane.INVOICE else None,
        currency=said.currency,
        refers=said.refers,
        account=said.account,
        due_on=said.due_on,
        delivered_on=said.delivered_on,
        made_at=ws.now,
    )


def supersede_records(ws: Workspace, trade: Trade, documents: Sequence[UUID]) -> None:
    """What earlier particulars (or versions) of these papers said no longer counts; it stays as history."""
    ws.session.execute(
        update(TradeEntry)
        .where(TradeEntry.tenant_id == ws.tenant_id, TradeEntry.trade_id == trade.trade_id, TradeEntry.document_id.in_(documents), TradeEntry.superseded_at.is_(None))
        .values(superseded_at=ws.now)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def _entries(
    ws: Workspace, trade: Trade, paper: Paper, said: Particulars, document_id: UUID | None
) -> list[TradeEntry]:  # fmt: skip
    made = []
    for place, line in enumerate(said.lines, start=1):
        entry = entry_of(ws, trade, paper, said, line)
        entry.document_id = document_id
        if entry.lane == Lane.ORDER and not entry.line:
            entry.line = str(place)
        made.append(entry)
    return made


def _of_platform(ws: Workspace, trade: Trade, paper: Paper, number: str, day: date, line: str) -> TradeEntry:
    said = Particulars(number, day, Party(), Party(), trade.currency, ())
    return entry_of(ws, trade, paper, said, ParticularLine(line=line))


def _matched_anew(ws: Workspace, trade: Trade, record: str, lane: Lane) -> None:
    ws.session.flush()
    rematch(ws, [trade.trade_id])
    fact = TradeRecordAdded(trade_id=trade.trade_id, number=trade.number, record=record, lane=lane.value, state=trade.state, breaks=trade.breaks)  # fmt: skip
    ws.record(fact, on=trade.trade_id)


def own_trade(ws: Workspace, trade_id: UUID) -> Trade:
    """A trade of one's own to which papers are about to be added. Refuses somebody else's."""
    ws.may("keep_trades")
    trade = _own(ws, trade_id)
    _found(ws, trade)
    return trade


def _own(ws: Workspace, trade_id: UUID) -> Trade:
    trade = find_trade(ws, trade_id)
    if trade.tenant_id != ws.tenant_id:
        raise NotFound("trade_unknown", "There is no such trade.")
    ws.session.refresh(trade, with_for_update={"key_share": True})
    return trade


def _found(ws: Workspace, trade: Trade) -> None:
    """A trade becomes a thing that can be shared, and told of, when it is first needed: an import of thousands takes no thousands of locks."""
    if not rooms.my_roles(ws, trade.trade_id):
        rooms.found(ws, trade.trade_id, kind="trade", role="owner")


def _end(ws: Workspace, trade_id: UUID, room_id: UUID, *, keep_sight: bool = False) -> None:
    laid = ws.session.get(TradeInRoom, (room_id, trade_id), with_for_update=True)
    if laid is None or laid.ended_at is not None:
        raise NotFound("trade_unknown", "There is no such trade.")
    laid.ended_at = ws.now
    ws.session.flush()
    banks = [one.tenant_id for one in rooms.participants(ws, room_id) if one.role == "bank" and not keep_sight]
    elsewhere = [one.room_id for one in laid_before(ws, trade_id=trade_id)]
    for bank_id in banks:
        if not any(_is_in(ws, other, bank_id) for other in elsewhere):
            rooms.end_share(ws, trade_id, to=bank_id, role="bank")


def _is_in(ws: Workspace, room_id: UUID, bank_id: UUID) -> bool:
    return any(one.tenant_id == bank_id and one.role == "bank" for one in rooms.participants(ws, room_id))


def _require_new(ws: Workspace, trade: Trade, *, lot_id: UUID | None = None, shipment_id: UUID | None = None) -> None:
    if any((row.lot_id == lot_id and lot_id and row.shipment_id is None) or (row.shipment_id == shipment_id and shipment_id) for row in entries_of(ws, [trade.trade_id])):  # fmt: skip
        raise Conflict("record_known", "This is in the trade already.")
