"""What becomes of warehouse receipts: who controls one asks and signs first; the warehouse signs after (`signing.py`), and only then it is done (Civil Code 910).

While goods are pledged their bank controls the receipt: it alone asks, with four eyes of its own. A pledged receipt is endorsed to nobody else; it may be split, merged,
given back (the goods stay pledged and leave under release orders) and, where it was lost, reissued.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from marketplace.inventory.items.pieces import require_whole
from marketplace.inventory.queries import find_lot
from marketplace.inventory.receipts import events
from marketplace.inventory.receipts.models import ReceiptRequest, WarehouseReceipt
from marketplace.inventory.receipts.queries import find_receipt, find_request, open_request
from marketplace.inventory.receipts.signing import answer, said_of
from marketplace.inventory.rules import receipts as rules
from marketplace.inventory.rules.receipts import RECEIPT, ReceiptState, RequestKind
from marketplace.inventory.standing import ends
from marketplace.quantity import Quantity
from tenants import approvals, rooms
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.organisations import find_organisation
from tenants.workspace import Workspace

LIVE = (ReceiptState.ISSUED, ReceiptState.PLEDGED)


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


def endorse_in_pledge(ws: Workspace, receipt_id: UUID) -> ReceiptRequest:
    """The holder signs the endorsement in pledge (质押背书) to the bank for which the goods are held; the warehouse signs after.

    It is asked by itself when goods are offered by their receipt, and anew by this where the warehouse had refused, or another bank came first.
    Refuses another's receipt, one that is held for no bank, and one that is endorsed so already.
    """
    ws.may("control_receipt")
    receipt = find_receipt(ws, receipt_id, lock=True)
    if receipt.holder_id != ws.tenant_id:
        raise NotAllowed("receipt_not_yours", "Another firm controls this receipt.")
    if receipt.bank_id is None:
        raise Conflict("receipt_not_pledged", "These goods are not offered to a bank: offer them under a deal first.")
    if receipt.pledge_signed_at is not None:
        raise Conflict("endorsed_in_pledge", "This receipt is endorsed in pledge already.")
    _require_live(ws, receipt, LIVE)
    return sign_in_pledge(ws, receipt)


def sign_in_pledge(ws: Workspace, receipt: WarehouseReceipt) -> ReceiptRequest:
    """The holder's signature under the endorsement in pledge, by the act that offers the goods."""
    assert receipt.bank_id is not None, "the mark came with the offer"
    terms = {"to": str(receipt.bank_id), "to_name": find_organisation(ws.session, receipt.bank_id).name}
    return _enter(ws, RequestKind.PLEDGE, [receipt], terms, None)


def request_split(ws: Workspace, receipt_id: UUID, *, parts: Sequence[Quantity]) -> ReceiptRequest | Approval:
    """Ask for several receipts in the place of one. Refuses parts that do not add up exactly, or cut an item.

    A holder to whom the receipt was endorsed sees no more of the lot than the receipt says: whether its parts cut an item, the warehouse tells when it signs.
    """
    receipt = _controlled(ws, receipt_id)
    wanted = [part.to(receipt.unit) for part in parts]
    cut = rules.cut_units(ends(receipt.units), wanted)
    if rooms.my_roles(ws, receipt.lot_id):
        require_whole(ws, find_lot(ws, receipt.lot_id), cut)
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
    if len({one.pledge_signed_at is None for one in receipts}) > 1:
        raise Conflict("pledge_half_endorsed", "One of these receipts is not endorsed in pledge yet.", field="receipts")
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


def close_request(ws: Workspace, request_id: UUID, *, because: str) -> ReceiptRequest:
    """The warehouse refuses, or the one who asked withdraws."""
    request = find_request(ws, request_id, lock=True)
    mine = request.tenant_id == ws.tenant_id
    ws.may("control_receipt" if mine else "issue_receipt")
    if request.status != "REQUESTED" or not (mine or find_receipt(ws, request.receipt_id).tenant_id == ws.tenant_id):
        raise Conflict("request_closed", "This request is closed.")
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    answer(ws, request, "WITHDRAWN" if mine else "REFUSED", because.strip()[:500])
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


def _controlled(ws: Workspace, receipt_id: UUID, state: ReceiptState | None = None) -> WarehouseReceipt:
    """A receipt that the acting firm controls, live (or in `state`), with nothing asked of it yet."""
    if find_receipt(ws, receipt_id).controller_id != ws.tenant_id:
        raise NotAllowed("receipt_not_yours", "Another firm controls this receipt.")
    receipt = find_receipt(ws, receipt_id, lock=True)
    _require_live(ws, receipt, (state,) if state else LIVE)
    return receipt


def _require_live(ws: Workspace, receipt: WarehouseReceipt, states: Sequence[ReceiptState]) -> None:
    if receipt.status not in states:
        raise Conflict("receipt_not_live", "Receipt %(number)s is not in force.", number=receipt.number)
    if open_request(ws, receipt.id) is not None:
        raise Conflict("request_open", "Something is asked of this receipt already.")


def _request(
    ws: Workspace, kind: RequestKind, receipts: Sequence[WarehouseReceipt], **terms: Any
) -> ReceiptRequest | Approval:
    """Enter the request; where a bank controls the receipt, only after a colleague's approval."""
    if receipts[0].bank_id is None:
        ws.may("control_receipt")
        return _enter(ws, kind, receipts, terms, None)
    ids, summary = [str(one.id) for one in receipts], said_of(kind, receipts)
    return approvals.propose(
        ws, "approve_receipt_request", subject_id=receipts[0].id, summary=summary, kind=kind, receipts=ids, terms=terms
    )


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
