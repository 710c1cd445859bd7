"""What becomes of warehouse receipts: who controls one signs first, the warehouse signs after, with four eyes, and only then it is done (Civil Code 910).

While goods are pledged their bank controls the receipt: it alone asks, with four eyes of its own. A pledged receipt is not endorsed; it may be split, merged,
given back (the goods stay pledged and leave under release orders) and, where it was lost, reissued.
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from marketplace.inventory import receipt_events as events
from marketplace.inventory.issuing import issue_draft, new_receipt
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.inventory.receipt_models import ReceiptRequest, WarehouseReceipt
from marketplace.inventory.receipt_queries import find_receipt, find_request, open_request
from marketplace.inventory.rules import receipts as rules
from marketplace.inventory.rules.receipts import RECEIPT, WRITTEN, ReceiptState, RequestKind
from marketplace.inventory.standing import ends, mark_departed, require_movable
from marketplace.quantity import Quantity
from tenants import approvals, rooms
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.events import sentence
from tenants.organisations import find_organisation
from tenants.workspace import Workspace

LIVE = (ReceiptState.ISSUED, ReceiptState.PLEDGED)
ENDS = {
    RequestKind.SPLIT: ReceiptState.SPLIT,
    RequestKind.MERGE: ReceiptState.MERGED,
    RequestKind.REISSUE: ReceiptState.REISSUED,
}


def request_endorsement(ws: Workspace, receipt_id: UUID, *, to: UUID) -> ReceiptRequest | Approval:
    """The holder endorses to another firm (背书). Refuses a pledged receipt, and oneself."""
    receipt = _controlled(ws, receipt_id)
    if receipt.status != ReceiptState.ISSUED:
        raise Conflict(
            "receipt_pledged", "A pledged receipt is not endorsed: the bank has to let go of the goods first."
        )
    firm = find_organisation(ws.session, to)
    if firm.id == ws.tenant_id:
        raise Invalid("endorsed_to_oneself", "Choose another firm.", field="to")
    return _request(ws, RequestKind.ENDORSE, [receipt], to=str(firm.id), to_name=firm.name)


def request_split(ws: Workspace, receipt_id: UUID, *, parts: Sequence[Quantity]) -> ReceiptRequest | Approval:
    """Ask for several receipts in the place of one. Refuses parts that do not add up exactly."""
    receipt = _controlled(ws, receipt_id)
    wanted = [part.to(receipt.unit) for part in parts]
    rules.cut_units(ends(receipt.units), wanted)
    return _request(ws, RequestKind.SPLIT, [receipt], parts=[str(part.amount) for part in wanted])


def request_merge(ws: Workspace, receipt_ids: Sequence[UUID]) -> ReceiptRequest | Approval:
    """Ask for one receipt in the place of several. Refuses receipts of several lots, holders or banks, and goods that do not lie side by side."""
    receipts = [_controlled(ws, one) for one in receipt_ids]
    if len(set(receipt_ids)) < len(receipt_ids):
        raise Invalid("receipts_count", "At least two receipts are merged.", field="receipts")
    if len({(one.lot_id, one.holder_id, one.bank_id, one.tenant_id) for one in receipts}) > 1:
        raise Conflict(
            "receipts_apart", "Only receipts for goods that lie side by side in one lot are merged.", field="receipts"
        )
    rules.join_units([ends(one.units) for one in receipts])
    return _request(ws, RequestKind.MERGE, receipts)


def request_surrender(ws: Workspace, receipt_id: UUID) -> ReceiptRequest | Approval:
    """Give the receipt back: the goods go out to its holder; of pledged goods only the paper ends."""
    return _request(ws, RequestKind.SURRENDER, [_controlled(ws, receipt_id)])


def report_receipt_lost(ws: Workspace, receipt_id: UUID, *, because: str) -> WarehouseReceipt:
    """The controller lost control of it (a key, an account). Nothing is done with it any more; the verification page notices it publicly for sixty days."""
    ws.may("control_receipt")
    receipt = _controlled(ws, receipt_id)
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    receipt.status = RECEIPT.next_state(ReceiptState(receipt.status), "report_loss")
    receipt.lost_at, receipt.notice_until = ws.now, ws.now + rules.NOTICE_PERIOD
    fact = events.ReceiptLost(
        receipt_id=receipt.id,
        number=receipt.number,
        because=because.strip()[:500],
        notice_until=receipt.notice_until.isoformat(),
    )
    ws.record(fact, on=receipt.id)
    return receipt


def request_reissue(ws: Workspace, receipt_id: UUID, *, indemnity: str) -> ReceiptRequest | Approval:
    """Ask for a new receipt in the place of a lost one, against an indemnity (a guarantee's or deposit's reference), once the notice has run out."""
    receipt = _controlled(ws, receipt_id, ReceiptState.LOST)
    rules.require_notice_over(receipt.notice_until, ws.now, indemnity)
    return _request(ws, RequestKind.REISSUE, [receipt], indemnity=indemnity.strip()[:300])


def sign_request(ws: Workspace, request_id: UUID) -> Approval:
    """The warehouse proposes to sign what a controller asked; on a colleague's approval it is done. Refuses frozen goods and a request that is closed."""
    request = _open_of_own_warehouse(ws, request_id)
    receipts = _receipts_of(ws, request)
    summary = _said(RequestKind(request.kind), receipts)
    return approvals.propose(
        ws,
        "approve_receipt",
        subject_id=receipts[0].id,
        summary=summary,
        receipt_id=str(receipts[0].id),
        request_id=str(request.id),
    )


def close_request(ws: Workspace, request_id: UUID, *, because: str) -> ReceiptRequest:
    """The warehouse refuses, or the one who asked withdraws."""
    request = find_request(ws, request_id, lock=True)
    mine = request.tenant_id == ws.tenant_id
    ws.may("control_receipt" if mine else "issue_receipt")
    if request.status != "REQUESTED" or not (mine or find_receipt(ws, request.receipt_id).tenant_id == ws.tenant_id):
        raise Conflict("request_closed", "This request is closed.")
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    _answer(ws, request, "WITHDRAWN" if mine else "REFUSED", because.strip()[:500])
    number = find_receipt(ws, request.receipt_id).number
    fact = events.ReceiptRequestClosed(receipt_id=request.receipt_id, number=number, because=request.note)
    ws.record(fact, on=request.receipt_id)
    return request


@upon_approval("approve_receipt_request")
def _ask(ws: Workspace, approval: Approval) -> None:
    """A second officer of the bank agreed: the request goes to the warehouse."""
    given = approval.payload
    state = ReceiptState.LOST if given["kind"] == RequestKind.REISSUE else None
    receipts = [_controlled(ws, UUID(one), state) for one in given["receipts"]]
    _enter(ws, RequestKind(given["kind"]), receipts, dict(given["terms"]), approval.id)


@upon_approval("approve_receipt")
def _sign(ws: Workspace, approval: Approval) -> None:
    """The warehouse's second signature: a draft is issued, or what a controller asked is done."""
    if not approval.payload["request_id"]:
        issue_draft(ws, approval)
        return
    request = _open_of_own_warehouse(ws, UUID(approval.payload["request_id"]))
    lot, receipts = _lot_of(ws, request), _receipts_of(ws, request)
    if {one.controller_id for one in receipts} != {request.tenant_id}:
        raise Conflict("receipt_controlled_elsewhere", "Another firm controls this receipt now.")
    DOINGS[RequestKind(request.kind)](ws, request, lot, receipts)
    _answer(ws, request, "SIGNED", "")


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


def _split(ws: Workspace, request: ReceiptRequest, lot: Lot, receipts: Sequence[WarehouseReceipt]) -> None:
    parts = [Quantity.of(str(part), receipts[0].unit) for part in request.terms["parts"]]
    _replace(ws, request, lot, receipts, rules.cut_units(ends(receipts[0].units), parts))


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
        mark_departed(ws, lot.id, quantity=receipt.amount)
        receipt.status = RECEIPT.next_state(ReceiptState(receipt.status), "cancel")
    fact = events.ReceiptSurrendered(
        receipt_id=receipt.id, number=receipt.number, quantity=receipt.amount, delivered=delivered
    )
    ws.record(fact, on=receipt.id, evidence=[request.id])


Doing = Callable[[Workspace, ReceiptRequest, Lot, Sequence[WarehouseReceipt]], None]
DOINGS: dict[RequestKind, Doing] = {
    RequestKind.ENDORSE: _endorse,
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
    for receipt in old:
        fact = events.ReceiptReplaced(
            receipt_id=receipt.id, number=receipt.number, by=[one.number for one in made], status=receipt.status
        )
        ws.record(fact, on=receipt.id, evidence=[request.id])


def _controlled(ws: Workspace, receipt_id: UUID, state: ReceiptState | None = None) -> WarehouseReceipt:
    """A receipt that the acting firm controls, live (or in `state`), with nothing asked of it yet."""
    if find_receipt(ws, receipt_id).controller_id != ws.tenant_id:
        raise NotAllowed("receipt_not_yours", "Another firm controls this receipt.")
    receipt = find_receipt(ws, receipt_id, lock=True)
    if receipt.status not in ((state,) if state else LIVE):
        raise Conflict("receipt_not_live", "Receipt %(number)s is not in force.", number=receipt.number)
    if open_request(ws, receipt.id) is not None:
        raise Conflict("request_open", "Something is asked of this receipt already.")
    return receipt


def _request(
    ws: Workspace, kind: RequestKind, receipts: Sequence[WarehouseReceipt], **terms: Any
) -> ReceiptRequest | Approval:
    """Enter the request; where a bank controls the receipt, only after a colleague's approval."""
    if receipts[0].bank_id is None:
        ws.may("control_receipt")
        return _enter(ws, kind, receipts, terms, None)
    ids, summary = [str(one.id) for one in receipts], _said(kind, receipts)
    return approvals.propose(
        ws, "approve_receipt_request", subject_id=receipts[0].id, summary=summary, kind=kind, receipts=ids, terms=terms
    )


def _said(kind: RequestKind, receipts: Sequence[WarehouseReceipt]) -> dict[str, Any]:
    """The sentence by which a second signer knows what is asked."""
    numbers = ", ".join(one.number for one in receipts)
    return {
        RequestKind.ENDORSE: sentence("Endorsement of receipt %(numbers)s", numbers=numbers),
        RequestKind.SPLIT: sentence("Split of receipt %(numbers)s", numbers=numbers),
        RequestKind.MERGE: sentence("Merge of receipts %(numbers)s", numbers=numbers),
        RequestKind.SURRENDER: sentence("Surrender of receipt %(numbers)s", numbers=numbers),
        RequestKind.REISSUE: sentence("Reissue of lost receipt %(numbers)s", numbers=numbers),
    }[kind]


def _enter(
    ws: Workspace, kind: RequestKind, receipts: Sequence[WarehouseReceipt], terms: dict[str, Any], proof: UUID | None
) -> ReceiptRequest:
    request = ReceiptRequest(
        tenant_id=ws.tenant_id,
        id=new_id(),
        receipt_id=receipts[0].id,
        kind=kind,
        status="REQUESTED",
        receipts=[str(one.id) for one in receipts],
        terms=terms,
        requested_by=ws.member.name,
        requested_at=ws.now,
        note="",
    )
    ws.session.add(request)
    for receipt in receipts:
        fact = events.ReceiptRequested(receipt_id=receipt.id, number=receipt.number, request_id=request.id, kind=kind)
        ws.record(fact, on=receipt.id, evidence=[proof] if proof else [])
    return request


def _open_of_own_warehouse(ws: Workspace, request_id: UUID) -> ReceiptRequest:
    request = find_request(ws, request_id, lock=True)
    if request.status != "REQUESTED":
        raise Conflict("request_closed", "This request is closed.")
    if find_receipt(ws, request.receipt_id).tenant_id != ws.tenant_id:
        raise NotFound("request_unknown", "There is no such request.")
    require_movable(_lot_of(ws, request))
    return request


def _lot_of(ws: Workspace, request: ReceiptRequest) -> Lot:
    return find_lot(ws, find_receipt(ws, request.receipt_id).lot_id, lock=True)


def _receipts_of(ws: Workspace, request: ReceiptRequest) -> list[WarehouseReceipt]:
    return [find_receipt(ws, UUID(one), lock=True) for one in request.receipts]


def _answer(ws: Workspace, request: ReceiptRequest, status: str, note: str) -> None:
    request.status, request.answered_by, request.answered_at, request.note = status, ws.member.name, ws.now, note
    ws.session.flush()
