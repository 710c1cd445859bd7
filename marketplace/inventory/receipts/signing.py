"""What the warehouse signs upon a receipt, with four eyes: each thing that a controller may ask, done (Civil Code 910)."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from marketplace.inventory.items.pieces import require_whole
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.inventory.receipts import events
from marketplace.inventory.receipts.issuing import issue_draft, new_receipt
from marketplace.inventory.receipts.models import ReceiptRequest, WarehouseReceipt
from marketplace.inventory.receipts.queries import find_receipt, find_request
from marketplace.inventory.rules import receipts as rules
from marketplace.inventory.rules.lots import SPOILT, LotState
from marketplace.inventory.rules.receipts import RECEIPT, WRITTEN, ReceiptState, RequestKind
from marketplace.inventory.standing import ends, mark_departed, require_movable, take_out
from marketplace.quantity import Quantity
from tenants import approvals, rooms
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict, NotFound
from tenants.events import sentence
from tenants.workspace import Workspace

Draw = Callable[[Workspace, Lot, WarehouseReceipt], None]
SHARES: list[Draw] = []


def draws_shares(draw: Draw) -> Draw:
    """Register the higher slice's rule that takes what a receipt delivers off its holder's share of a lot that was short, or refuses."""
    SHARES.append(draw)
    return draw


def sign_request(ws: Workspace, request_id: UUID) -> Approval:
    """The warehouse proposes to sign what a controller asked; on a colleague's approval it is done. Refuses frozen goods, a request that is closed, and to
    pass on the paper for goods that are reported lost or damaged.
    """
    request = _open_of_own_warehouse(ws, request_id)
    receipts = _receipts_of(ws, request)
    summary = said_of(RequestKind(request.kind), receipts)
    return approvals.propose(
        ws,
        "approve_receipt",
        subject_id=receipts[0].id,
        summary=summary,
        receipt_id=str(receipts[0].id),
        request_id=str(request.id),
    )


@upon_approval("approve_receipt")
def _sign(ws: Workspace, approval: Approval) -> None:
    """The warehouse's second signature: a draft is issued, or what a controller asked is done."""
    if not approval.payload["request_id"]:
        issue_draft(ws, approval)
        return
    request = _open_of_own_warehouse(ws, UUID(approval.payload["request_id"]))
    lot, receipts = _lot_of(ws, request), _receipts_of(ws, request)
    _require_standing(request, receipts)
    DOINGS[RequestKind(request.kind)](ws, request, lot, receipts)
    answer(ws, request, "SIGNED", "")


def _endorse(ws: Workspace, request: ReceiptRequest, lot: Lot, receipts: Sequence[WarehouseReceipt]) -> None:
    receipt, to = receipts[0], UUID(request.terms["to"])
    RECEIPT.find(ReceiptState(receipt.status), "endorse")
    rooms.end_share(ws, receipt.id, to=receipt.holder_id, role="holder")
    if receipt.holder_id == receipt.owner_id:
        rooms.share(ws, receipt.id, to=receipt.owner_id, role="depositor")
    receipt.holder_id = to
    ws.session.flush()
    rooms.share(ws, receipt.id, to=to, role="holder")
    fact = events.ReceiptEndorsed(receipt_id=receipt.id, number=receipt.number, to=str(request.terms["to_name"]))
    ws.record(fact, on=receipt.id, evidence=[request.id])


def _endorse_in_pledge(ws: Workspace, request: ReceiptRequest, lot: Lot, receipts: Sequence[WarehouseReceipt]) -> None:
    receipt = receipts[0]
    receipt.pledge_signed_at = ws.now
    ws.session.flush()
    to = str(request.terms["to_name"])
    fact = events.ReceiptEndorsedInPledge(receipt_id=receipt.id, number=receipt.number, to=to)
    ws.record(fact, on=receipt.id, evidence=[request.id])


def _split(ws: Workspace, request: ReceiptRequest, lot: Lot, receipts: Sequence[WarehouseReceipt]) -> None:
    parts = [Quantity.of(str(part), receipts[0].unit) for part in request.terms["parts"]]
    units = rules.cut_units(ends(receipts[0].units), parts)
    require_whole(ws, lot, units)
    _replace(ws, request, lot, receipts, units)


def _merge(ws: Workspace, request: ReceiptRequest, lot: Lot, receipts: Sequence[WarehouseReceipt]) -> None:
    _replace(ws, request, lot, receipts, [rules.join_units([ends(one.units) for one in receipts])])


def _reissue(ws: Workspace, request: ReceiptRequest, lot: Lot, receipts: Sequence[WarehouseReceipt]) -> None:
    rules.require_notice_over(receipts[0].notice_until, ws.now, str(request.terms["indemnity"]))
    _replace(ws, request, lot, receipts, [ends(receipts[0].units)])


def _surrender(ws: Workspace, request: ReceiptRequest, lot: Lot, receipts: Sequence[WarehouseReceipt]) -> None:
    receipt = receipts[0]
    delivered = receipt.bank_id is None
    receipt.status = RECEIPT.next_state(ReceiptState(receipt.status), "deliver" if delivered else "withdraw")
    receipt.ended_at = ws.now
    ws.session.flush()
    if delivered:
        ws.session.refresh(lot)
        _deliver(ws, lot, receipt)
        receipt.status = RECEIPT.next_state(ReceiptState(receipt.status), "cancel")
    fact = events.ReceiptSurrendered(
        receipt_id=receipt.id, number=receipt.number, quantity=receipt.amount, delivered=delivered
    )
    ws.record(fact, on=receipt.id, evidence=[request.id])


def _deliver(ws: Workspace, lot: Lot, receipt: WarehouseReceipt) -> None:
    """Let the goods of a receipt go: where its lot was short, by its holder's share, which was told when the shortage was shared out."""
    if lot.share_left is not None and receipt.holder_id != lot.tenant_id:
        require_movable(lot)
        for draw in SHARES:
            draw(ws, lot, receipt)
        take_out(ws, lot, receipt.amount, spans=[ends(receipt.units)], of_share=True)
    else:
        mark_departed(ws, lot.id, quantity=receipt.amount, spans=[ends(receipt.units)])


Doing = Callable[[Workspace, ReceiptRequest, Lot, Sequence[WarehouseReceipt]], None]
DOINGS: dict[RequestKind, Doing] = {
    RequestKind.ENDORSE: _endorse,
    RequestKind.PLEDGE: _endorse_in_pledge,
    RequestKind.SPLIT: _split,
    RequestKind.MERGE: _merge,
    RequestKind.SURRENDER: _surrender,
    RequestKind.REISSUE: _reissue,
}


def _replace(
    ws: Workspace, request: ReceiptRequest, lot: Lot, old: Sequence[WarehouseReceipt], units: Sequence[tuple[int, int]]
) -> None:
    """End the old receipts and issue new ones of exactly their goods; the database asks the same at commit."""
    actions = {RequestKind.SPLIT: "split", RequestKind.MERGE: "merge", RequestKind.REISSUE: "reissue"}
    for receipt in old:
        receipt.status = RECEIPT.next_state(ReceiptState(receipt.status), actions[RequestKind(request.kind)])
        receipt.ended_at = ws.now
    ws.session.flush()
    written = {name: str(old[0].content.get(name, "")) for name in WRITTEN}
    made = [new_receipt(ws, lot, one, written=written, holder_id=old[0].holder_id, parents=old) for one in units]
    for receipt in made:  # what takes the place of a receipt endorsed in pledge is endorsed so too
        receipt.pledge_signed_at = old[0].pledge_signed_at
    for receipt in old:
        fact = events.ReceiptReplaced(
            receipt_id=receipt.id, number=receipt.number, by=[one.number for one in made], status=receipt.status
        )
        ws.record(fact, on=receipt.id, evidence=[request.id])


def said_of(kind: RequestKind, receipts: Sequence[WarehouseReceipt]) -> dict[str, Any]:
    """The sentence by which a second signer knows what is asked."""
    numbers = ", ".join(one.number for one in receipts)
    return {
        RequestKind.ENDORSE: sentence("Endorsement of receipt %(numbers)s", numbers=numbers),
        RequestKind.PLEDGE: sentence("Endorsement in pledge of receipt %(numbers)s", numbers=numbers),
        RequestKind.SPLIT: sentence("Split of receipt %(numbers)s", numbers=numbers),
        RequestKind.MERGE: sentence("Merge of receipts %(numbers)s", numbers=numbers),
        RequestKind.SURRENDER: sentence("Surrender of receipt %(numbers)s", numbers=numbers),
        RequestKind.REISSUE: sentence("Reissue of lost receipt %(numbers)s", numbers=numbers),
    }[kind]


def answer(ws: Workspace, request: ReceiptRequest, status: str, note: str) -> None:
    """Close a request: signed, refused or withdrawn."""
    request.status, request.answered_by, request.answered_at, request.note = status, ws.member.name, ws.now, note
    ws.session.flush()


def _open_of_own_warehouse(ws: Workspace, request_id: UUID) -> ReceiptRequest:
    request = find_request(ws, request_id, lock=True)
    if request.status != "REQUESTED":
        raise Conflict("request_closed", "This request is closed.")
    if find_receipt(ws, request.receipt_id).tenant_id != ws.tenant_id:
        raise NotFound("request_unknown", "There is no such request.")
    lot = _lot_of(ws, request)
    require_movable(lot)
    if lot.status in SPOILT and request.kind in (RequestKind.ENDORSE, RequestKind.PLEDGE):
        raise Conflict("goods_spoilt", "The goods under this receipt are reported lost or damaged.")
    _require_unsold(lot, _receipts_of(ws, request))
    return request


def _require_standing(request: ReceiptRequest, receipts: Sequence[WarehouseReceipt]) -> None:
    """Refuse what was asked by who has no say over the receipt any more; an endorsement in pledge, where it is held for that bank no more."""
    pledging = request.kind == RequestKind.PLEDGE
    if {one.holder_id if pledging else one.controller_id for one in receipts} != {request.tenant_id}:
        raise Conflict("receipt_controlled_elsewhere", "Another firm controls this receipt now.")
    if pledging and {str(one.bank_id) for one in receipts} != {request.terms["to"]}:
        raise Conflict("pledge_withdrawn", "The goods under this receipt are not offered to that bank any more.")


def _require_unsold(lot: Lot, receipts: Sequence[WarehouseReceipt]) -> None:
    """What was enforced and sold is the buyer's: the former owner gets nothing by the paper any more."""
    if lot.standing == LotState.SOLD and any(one.holder_id == lot.tenant_id for one in receipts):
        raise Conflict("receipt_sold", "These goods were sold: their receipt ends when the buyer takes them over.")


def _lot_of(ws: Workspace, request: ReceiptRequest) -> Lot:
    return find_lot(ws, find_receipt(ws, request.receipt_id).lot_id, lock=True)


def _receipts_of(ws: Workspace, request: ReceiptRequest) -> list[WarehouseReceipt]:
    return [find_receipt(ws, UUID(one), lock=True) for one in request.receipts]
