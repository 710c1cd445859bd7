"""Issuing warehouse receipts: the warehouse drafts, a colleague approves, and what is written is fixed by its hash."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, INT8RANGE, Range

from marketplace.inventory.declaring import LETTERS
from marketplace.inventory.items.pieces import require_whole
from marketplace.inventory.models import Lot, LotUnits
from marketplace.inventory.queries import find_lot, identity_of
from marketplace.inventory.receipts import events
from marketplace.inventory.receipts.models import WarehouseReceipt
from marketplace.inventory.rules import receipts as rules
from marketplace.inventory.rules.lots import CONVERTIBLE
from marketplace.inventory.rules.receipts import RECEIPT, ReceiptState
from marketplace.inventory.standing import ends, require_movable
from marketplace.quantity import Quantity
from marketplace.states import Actor
from tenants import approvals, rooms
from tenants.approvals import Approval, upon_rejection
from tenants.database import new_id
from tenants.errors import Conflict, NotAllowed
from tenants.events import sentence
from tenants.organisations import find_organisation
from tenants.workspace import Workspace

CONTENT_GUARDS = ("content_complete", "goods_received")


def draft_receipt(ws: Workspace, lot_id: UUID, *, quantity: Quantity, written: Mapping[str, str]) -> WarehouseReceipt:
    """Draft a receipt for verified goods of a lot and put it before a colleague; on approval it is issued to the lot's owner.

    `written`: packing, marks, loss standard, storage until, fee, insurance. Refuses another warehouse's goods, goods that are not verified or frozen,
    missing content, and more than lies there under no receipt in one unbroken range.
    """
    ws.may("issue_receipt")
    lot = _own_verified(ws, lot_id)
    start, end = _room_for(ws, lot, quantity.to(lot.unit))
    receipt = new_receipt(ws, lot, (start, end), written=rules.require_content(written), holder_id=lot.tenant_id)
    ws.session.flush()
    word = sentence(
        "Issue of receipt %(number)s for %(quantity)s of lot %(lot)s",
        number=receipt.number,
        quantity=receipt.amount,
        lot=lot.number,
    )
    approvals.propose(
        ws, "approve_receipt", subject_id=receipt.id, summary=word, receipt_id=str(receipt.id), request_id=""
    )
    return receipt


def new_receipt(
    ws: Workspace,
    lot: Lot,
    units: tuple[int, int],
    *,
    written: Mapping[str, str],
    holder_id: UUID,
    parents: Sequence[WarehouseReceipt] = (),
) -> WarehouseReceipt:
    """A receipt of the acting warehouse: a draft, or in the place of its `parents` issued at once."""
    made = _written_down(ws, lot, units, holder_id, [str(one.id) for one in parents])
    made.content = {**_known(ws, lot, made, [one.number for one in parents]), **written}
    ws.session.add(made)
    rooms.found(ws, made.id, kind="receipt", role="warehouse")
    if parents:
        seal(ws, made, "issued in the place of others")
    return made


def seal(ws: Workspace, receipt: WarehouseReceipt, proof: UUID | str) -> None:
    """Issue a draft: fix its content, let holder and depositor see it, tell."""
    receipt.status = RECEIPT.advance(ReceiptState.DRAFT, "issue", actor=Actor.WAREHOUSE_OPERATOR, met=CONTENT_GUARDS)
    receipt.issued_at, receipt.issued_by = ws.now, ws.member.name
    receipt.content_hash = rules.content_hash(receipt.content)
    ws.session.flush()
    rooms.share(ws, receipt.id, to=receipt.holder_id, role="holder")
    if receipt.owner_id != receipt.holder_id:
        rooms.share(ws, receipt.id, to=receipt.owner_id, role="depositor")
    fact = events.ReceiptIssued(
        receipt_id=receipt.id, number=receipt.number, product=receipt.product_name, quantity=receipt.amount,
        content_hash=receipt.content_hash, parents=receipt.content["replaces"],
    )  # fmt: skip
    ws.record(fact, on=receipt.id, evidence=[proof])
    ws.session.refresh(receipt)


def issue_draft(ws: Workspace, approval: Approval) -> None:
    """The colleague approved: the goods are asked for again, and the receipt stands."""
    receipt = ws.session.get_one(WarehouseReceipt, (ws.tenant_id, UUID(approval.payload["receipt_id"])))
    lot = _own_verified(ws, receipt.lot_id)
    start, end = _room_for(ws, lot, receipt.amount)
    receipt.units = Range(start, end)
    seal(ws, receipt, approval.id)


@upon_rejection("approve_receipt")
def _discard(ws: Workspace, approval: Approval) -> None:
    if not approval.payload["request_id"]:
        receipt = ws.session.get_one(WarehouseReceipt, (ws.tenant_id, UUID(approval.payload["receipt_id"])))
        receipt.status, receipt.ended_at = RECEIPT.next_state(ReceiptState(receipt.status), "discard"), ws.now


def _room_for(ws: Workspace, lot: Lot, quantity: Quantity) -> tuple[int, int]:
    """The units that a receipt may stand for: side by side, under no receipt yet, and no item cut."""
    room = rules.find_room(unreceipted(ws, lot), quantity)
    require_whole(ws, lot, [room])
    return room


def unreceipted(ws: Workspace, lot: Lot) -> list[tuple[int, int]]:
    """The ranges of a lot's units for which no receipt stands."""
    gaps = func.unnest(func.range_agg(LotUnits.units, type_=INT8MULTIRANGE) - Lot.receipted, type_=INT8RANGE)
    wanted = select(gaps).join_from(LotUnits, Lot, (Lot.tenant_id == LotUnits.tenant_id) & (Lot.id == LotUnits.lot_id))
    return [ends(one) for one in ws.session.scalars(wanted.where(Lot.id == lot.id).group_by(Lot.receipted))]


def _own_verified(ws: Workspace, lot_id: UUID) -> Lot:
    lot = find_lot(ws, lot_id, lock=True)
    if lot.warehouse_id != ws.tenant_id:
        raise NotAllowed("lot_elsewhere", "This lot is announced to another warehouse.")
    require_movable(lot)
    if lot.status not in CONVERTIBLE:
        raise Conflict(rules.GOODS_RECEIVED.name, rules.GOODS_RECEIVED.because)
    if lot.short_qty:
        raise Conflict("lot_short", "More of lot %(number)s is held than is there.", number=lot.number)
    return lot


def _written_down(
    ws: Workspace, lot: Lot, units: tuple[int, int], holder_id: UUID, parents: list[str]
) -> WarehouseReceipt:
    return WarehouseReceipt(
        tenant_id=ws.tenant_id,
        id=new_id(),
        number=f"WR{ws.now:%y%m%d}-{_letters(6)}",
        code=_letters(12),
        lot_id=lot.id,
        lot_number=lot.number,
        owner_id=lot.tenant_id,
        holder_id=holder_id,
        status=RECEIPT.next_state(None, "draft"),
        product_name=lot.product_name,
        grade=lot.grade,
        site_name=lot.site_name,
        units=Range(*units),
        quantity=Quantity.from_base_units(units[1] - units[0], lot.unit).amount,
        unit=lot.unit,
        parents=parents,
        drafted_by=ws.member.name,
        drafted_at=ws.now,
    )


def _known(ws: Workspace, lot: Lot, receipt: WarehouseReceipt, replaces: list[str]) -> dict[str, Any]:
    """What the record itself knows of the content that the standard lists."""
    return {
        "number": receipt.number,
        "issuer": ws.member.organisation,
        "depositor": find_organisation(ws.session, lot.tenant_id).name,
        "goods": lot.product_name,
        "grade": lot.grade,
        "hs_code": lot.hs_code,
        "quantity": str(receipt.amount),
        "pieces": str(lot.pieces or "") if receipt.quantity == lot.verified_qty else "",
        "identity": identity_of(ws, lot.id).path,
        "lot": lot.number,
        "place": lot.site_name,
        "bin": lot.bin_code or "",
        "received": lot.received_at.isoformat() if lot.received_at else "",
        "replaces": replaces,
    }


def _letters(count: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(count))
