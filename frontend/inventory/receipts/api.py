"""Calls about warehouse receipts: issue, endorse, split, merge, give back, report lost, reissue, sign; and the public verification."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Nothing, QuantityShape, Shape
from frontend.inventory.calls import Reason, api
from frontend.pledges.api import Proposed, proposed, quantity, shape
from marketplace.inventory import actions
from marketplace.inventory.receipts import queries as receipt_queries
from marketplace.inventory.receipts.models import ReceiptRequest, WarehouseReceipt
from marketplace.inventory.rules.receipts import ReceiptState, RequestKind
from tenants.approvals import Approval
from tenants.errors import NotFound
from tenants.workspace import Workspace

Line = Annotated[str, Field(min_length=1, max_length=300)]
Remark = Annotated[str, Field(max_length=300)]


class IssueBody(Shape):
    """A receipt to issue, with the content that the standard asks to be written."""

    quantity: QuantityShape
    packing: Line
    marks: Remark = ""
    loss_standard: Line
    stored_until: Line
    storage_fee: Line
    insurance: Remark = ""


class ReceiptView(Shape):
    """A warehouse receipt. `code` opens its public verification page; `bank_id` is the pledge mark, `pledge_signed_at` when holder and
    warehouse had signed its endorsement in pledge to that bank.
    """

    id: UUID
    number: str
    code: str
    status: ReceiptState
    lot_id: UUID
    lot_number: str
    holder_id: UUID
    bank_id: UUID | None
    pledge_signed_at: Moment | None
    product_name: str
    quantity: QuantityShape
    units: list[int]
    content: dict[str, Any]
    content_hash: str | None
    issued_at: Moment | None
    notice_until: Moment | None


class ReceiptPage(Shape):
    """Receipts, newest first."""

    items: list[ReceiptView]


class RequestView(Shape):
    """What a receipt's controller asked; `proposal_id` where a colleague in the bank has to agree first."""

    id: UUID | None
    proposal_id: UUID | None
    receipt_id: UUID
    kind: RequestKind
    status: str


class RequestPage(Shape):
    """All that was ever asked of a receipt, oldest first."""

    items: list[RequestView]


class EndorsementBody(Shape):
    """To whom."""

    to: UUID


class ReceiptSplitBody(Shape):
    """Parts that make the receipt exactly."""

    parts: Annotated[list[QuantityShape], Field(min_length=2, max_length=20)]


class ReceiptMergeBody(Shape):
    """Receipts for goods that lie side by side."""

    receipts: Annotated[list[UUID], Field(min_length=2, max_length=20)]


class ReasonBody(Shape):
    """Why."""

    because: Reason


class IndemnityBody(Shape):
    """Reference of the guarantee or deposit that covers the warehouse."""

    indemnity: Line


class VerificationQuery(Shape):
    """Number and code, as the QR carries them."""

    number: Annotated[str, Field(pattern=r"^WR\d{6}-[0-9A-Z]{6}$", examples=["WR260302-7K2MXA"])]
    code: Annotated[str, Field(pattern=r"^[0-9A-Z]{12}$", examples=["0Q3JH7ZK9W2A"])]


class PublicReceiptView(Shape):
    """What anybody who has number and code may know; the holder's name is masked. `spoilt`: LOST or DAMAGED, where its goods are reported so."""

    number: str
    status: ReceiptState
    issuer: str
    holder: str
    product_name: str
    grade: str
    site_name: str
    amount: QuantityShape
    pledged: bool
    frozen: bool
    spoilt: str | None
    content_hash: str
    issued_at: Moment
    notice_until: Moment | None


@api.look("/receipts", gives=ReceiptPage)
def list_receipts(ws: Workspace) -> ReceiptPage:
    """Receipts that the caller issued, holds, deposited or lends on."""
    return ReceiptPage(items=[_view(row) for row in receipt_queries.list_receipts(ws)])


@api.look("/receipts/<uuid:receipt_id>", gives=ReceiptView)
def show_receipt(ws: Workspace, receipt_id: UUID) -> ReceiptView:
    """One receipt."""
    return _view(receipt_queries.find_receipt(ws, receipt_id))


@api.look("/receipts/<uuid:receipt_id>/requests", gives=RequestPage)
def list_requests(ws: Workspace, receipt_id: UUID) -> RequestPage:
    """All that was ever asked of a receipt; signed endorsements are its chain of holders."""
    receipt_queries.find_receipt(ws, receipt_id)
    return RequestPage(items=[_asked(row) for row in receipt_queries.requests_of(ws, receipt_id)])


@api.act("/lots/<uuid:lot_id>/receipts", takes=IssueBody, gives=ReceiptView, status=201)
def draft_receipt(ws: Workspace, lot_id: UUID, body: IssueBody) -> ReceiptView:
    """Draft a receipt; a colleague's approval issues it."""
    written = {name: value for name, value in body.model_dump().items() if name != "quantity"}
    return _view(actions.draft_receipt(ws, lot_id, quantity=quantity(body.quantity), written=written))


@api.act("/receipts/<uuid:receipt_id>/endorsements", takes=EndorsementBody, gives=RequestView, status=201)
def request_endorsement(ws: Workspace, receipt_id: UUID, body: EndorsementBody) -> RequestView:
    """Sign an endorsement; the warehouse signs after."""
    return _asked(actions.request_endorsement(ws, receipt_id, to=body.to))


@api.act("/receipts/<uuid:receipt_id>/pledge-endorsements", gives=RequestView, status=201)
def endorse_in_pledge(ws: Workspace, receipt_id: UUID, body: Nothing) -> RequestView:
    """The holder signs the endorsement in pledge to the bank for which the goods are held, where the first one came to nothing."""
    return _asked(actions.endorse_in_pledge(ws, receipt_id))


@api.act("/receipts/<uuid:receipt_id>/splits", takes=ReceiptSplitBody, gives=RequestView, status=201)
def request_split(ws: Workspace, receipt_id: UUID, body: ReceiptSplitBody) -> RequestView:
    """Ask for several receipts in the place of one."""
    return _asked(actions.request_split(ws, receipt_id, parts=[quantity(part) for part in body.parts]))


@api.act("/receipts/merges", takes=ReceiptMergeBody, gives=RequestView, status=201)
def request_merge(ws: Workspace, body: ReceiptMergeBody) -> RequestView:
    """Ask for one receipt in the place of several."""
    return _asked(actions.request_merge(ws, body.receipts))


@api.act("/receipts/<uuid:receipt_id>/surrenders", gives=RequestView, status=201)
def request_surrender(ws: Workspace, receipt_id: UUID, body: Nothing) -> RequestView:
    """Give a receipt back."""
    return _asked(actions.request_surrender(ws, receipt_id))


@api.act("/receipts/<uuid:receipt_id>/losses", takes=ReasonBody, gives=ReceiptView)
def report_receipt_lost(ws: Workspace, receipt_id: UUID, body: ReasonBody) -> ReceiptView:
    """Report control of a receipt lost."""
    return _view(actions.report_receipt_lost(ws, receipt_id, because=body.because))


@api.act("/receipts/<uuid:receipt_id>/reissues", takes=IndemnityBody, gives=RequestView, status=201)
def request_reissue(ws: Workspace, receipt_id: UUID, body: IndemnityBody) -> RequestView:
    """Ask for a new receipt in the place of a lost one."""
    return _asked(actions.request_reissue(ws, receipt_id, indemnity=body.indemnity))


@api.act("/receipt-requests/<uuid:receipt_request_id>/signatures", gives=Proposed, status=201)
def sign_request(ws: Workspace, receipt_request_id: UUID, body: Nothing) -> Proposed:
    """Propose that the warehouse signs; a colleague decides."""
    return proposed(actions.sign_request(ws, receipt_request_id))


@api.act("/receipt-requests/<uuid:receipt_request_id>/closing", takes=ReasonBody, gives=RequestView)
def close_request(ws: Workspace, receipt_request_id: UUID, body: ReasonBody) -> RequestView:
    """Refuse or withdraw a request."""
    return _asked(actions.close_request(ws, receipt_request_id, because=body.because))


@api.look("/receipt-verifications", takes=VerificationQuery, gives=PublicReceiptView)
def verify_receipt(ws: Workspace, body: VerificationQuery) -> PublicReceiptView:
    """What a receipt says at this moment."""
    known = receipt_queries.public_receipt(ws, body.number, body.code)
    if known is None:
        raise NotFound("receipt_unknown", "There is no such receipt.")
    plain = [name for name in PublicReceiptView.model_fields if name != "amount"]
    return PublicReceiptView(amount=shape(known.amount), **{name: getattr(known, name) for name in plain})


def _view(row: WarehouseReceipt) -> ReceiptView:
    plain = [name for name in ReceiptView.model_fields if name not in ("quantity", "units")]
    units = [row.units.lower or 0, row.units.upper or 0]
    return ReceiptView(quantity=shape(row.amount), units=units, **{name: getattr(row, name) for name in plain})


def _asked(made: ReceiptRequest | Approval) -> RequestView:
    if isinstance(made, Approval):
        kind = RequestKind(made.payload["kind"])
        return RequestView(id=None, proposal_id=made.id, receipt_id=made.subject_id, kind=kind, status="PROPOSED")
    kind = RequestKind(made.kind)
    return RequestView(id=made.id, proposal_id=None, receipt_id=made.receipt_id, kind=kind, status=made.status)
