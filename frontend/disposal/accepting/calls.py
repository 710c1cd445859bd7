"""Calls from the payment to the free proceeds: acceptance, disputes, goods and money that go back."""

from typing import Any
from uuid import UUID

from frontend.api import Nothing, PageQuery
from frontend.disposal.accepting.shapes import (
    AcceptanceView,
    DecisionWish,
    DisputeAnswer,
    DisputePage,
    DisputeView,
    DisputeWish,
    FindingWish,
    LaterCosts,
    ReturnNotice,
)
from frontend.disposal.amounts import handover_told, measured, proposal_told, read, shaped
from frontend.disposal.blueprint import api
from frontend.disposal.ending_shapes import HandoverView
from frontend.disposal.shapes import PaymentNotice, Proposed
from marketplace.disposal import actions
from marketplace.disposal.accepting.models import Acceptance, SaleDispute
from marketplace.disposal.accepting.queries import dispute_of, find_acceptance, find_dispute, list_disputes
from tenants.workspace import Workspace


@api.look("/auctions/<uuid:auction_id>/acceptance", gives=AcceptanceView)
def get_acceptance(ws: Workspace, auction_id: UUID) -> Any:
    """Where a paid purchase stands: for the seller and the buyer."""
    return _acceptance(ws, find_acceptance(ws, auction_id))


@api.act("/auctions/<uuid:auction_id>/acceptance", gives=AcceptanceView, takes=Nothing)
def accept_goods(ws: Workspace, auction_id: UUID, body: Nothing) -> Any:
    """Accept bought goods as they are."""
    return _acceptance(ws, actions.accept_goods(ws, auction_id))


@api.act("/auctions/<uuid:auction_id>/dispute", gives=DisputeView, takes=DisputeWish, status=201)
def raise_dispute(ws: Workspace, auction_id: UUID, body: DisputeWish) -> Any:
    """Dispute bought goods."""
    contested = read(body.contested) if body.contested else None
    found = measured(body.found)
    return _dispute(actions.raise_dispute(ws, auction_id, ground=body.ground, words=body.words, found=found, contested=contested))  # fmt: skip


@api.act("/auctions/<uuid:auction_id>/refund", gives=AcceptanceView, takes=PaymentNotice)
def confirm_refund(ws: Workspace, auction_id: UUID, body: PaymentNotice) -> Any:
    """Confirm that the buyer has its money back."""
    return _acceptance(ws, actions.confirm_refund(ws, auction_id, reference=body.reference))


@api.act("/auctions/<uuid:auction_id>/return", gives=HandoverView, takes=ReturnNotice)
def take_back_goods(ws: Workspace, auction_id: UUID, body: ReturnNotice) -> Any:
    """Confirm, as the warehouse, that the goods of an undone sale are back."""
    returned = measured(body.quantity)
    assert returned is not None
    return handover_told(actions.take_back_goods(ws, auction_id, quantity=returned))


@api.look("/disputes", gives=DisputePage, takes=PageQuery)
def get_disputes(ws: Workspace, body: PageQuery) -> Any:
    """Disputes about sold goods: for buyer, seller and supervisor."""
    rows = list_disputes(ws, cursor=body.cursor, limit=body.limit)
    return {"items": [_dispute(row) for row in rows], "next": rows[-1].id if len(rows) == body.limit else None}


@api.look("/disputes/<uuid:dispute_id>", gives=DisputeView)
def get_dispute(ws: Workspace, dispute_id: UUID) -> Any:
    """One dispute."""
    return _dispute(find_dispute(ws, dispute_id))


@api.act("/disputes/<uuid:dispute_id>/answer", gives=DisputeView, takes=DisputeAnswer)
def answer_dispute(ws: Workspace, dispute_id: UUID, body: DisputeAnswer) -> Any:
    """Answer a dispute as the seller."""
    return _dispute(actions.answer_dispute(ws, dispute_id, words=body.words))


@api.act("/disputes/<uuid:dispute_id>/finding", gives=DisputeView, takes=FindingWish)
def report_finding(ws: Workspace, dispute_id: UUID, body: FindingWish) -> Any:
    """Report what the supervisor found."""
    return _dispute(actions.report_finding(ws, dispute_id, words=body.words, found=measured(body.found)))


@api.act("/disputes/<uuid:dispute_id>/proposal", gives=DisputeView, takes=DisputeAnswer)
def propose_settlement(ws: Workspace, dispute_id: UUID, body: DisputeAnswer) -> Any:
    """Propose, as the mediator, how both sides could settle it."""
    return _dispute(actions.propose_settlement(ws, dispute_id, words=body.words))


@api.act("/disputes/<uuid:dispute_id>/decision", gives=Proposed, takes=DecisionWish, status=201)
def propose_decision(ws: Workspace, dispute_id: UUID, body: DecisionWish) -> Any:
    """Propose how a dispute ends; a colleague decides."""
    reduction = read(body.reduction) if body.reduction else None
    approval = actions.propose_decision(ws, dispute_id, decision=body.decision, because=body.because, reduction=reduction)  # fmt: skip
    return proposal_told(approval)


@api.act("/auctions/<uuid:auction_id>/distribution/rest", gives=Proposed, takes=LaterCosts, status=201)
def propose_rest(ws: Workspace, auction_id: UUID, body: LaterCosts) -> Any:
    """Propose the distribution of what a dispute held, now that it is decided."""
    later = {name: read(amount) for name in ("storage", "enforcement") if (amount := getattr(body, name))}
    approval = actions.propose_rest(ws, auction_id, **later)
    return proposal_told(approval)


def _acceptance(ws: Workspace, row: Acceptance) -> dict[str, Any]:
    plain = ("auction_id", "attempt", "status", "collect_by", "handed_at", "accept_by", "ended_at", "refunded_at", "refund_reference")  # fmt: skip
    dispute = dispute_of(ws, row)
    return {name: getattr(row, name) for name in plain} | {
        "reduction": shaped(row.reduction), "refund": shaped(row.refund), "dispute_id": dispute.id if dispute else None,
    }  # fmt: skip


def _dispute(row: SaleDispute) -> dict[str, Any]:
    plain = ("id", "auction_id", "attempt", "number", "title", "ground", "words", "raised_at", "settle_by", "answer", "answered_at", "finding", "finding_at", "mediation_from", "proposal", "proposal_at", "decision", "decided_because", "decided_at")  # fmt: skip
    amounts = {"quantity": row.goods, "found": row.counted, "finding_found": row.found_by_supervisor}
    told = {name: {"amount": str(one.amount), "unit": one.unit} if one else None for name, one in amounts.items()}
    return (
        {name: getattr(row, name) for name in plain}
        | told
        | {"contested": shaped(row.contested), "reduction": shaped(row.reduction)}
    )
