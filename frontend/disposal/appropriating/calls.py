"""Calls about goods that a bank takes over at their value."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from frontend.api import Nothing, PageQuery
from frontend.disposal.amounts import proposal_told, read, shaped
from frontend.disposal.appropriating.shapes import (
    AppropriationAnswer,
    AppropriationPage,
    AppropriationView,
    AppropriationWish,
)
from frontend.disposal.appropriating.told import told_of
from frontend.disposal.blueprint import api
from frontend.disposal.shapes import PaymentNotice, Proposed
from marketplace.disposal import actions
from marketplace.disposal.appropriating.models import Appropriation
from marketplace.disposal.appropriating.queries import find_appropriation, list_appropriations
from tenants.workspace import Workspace

PLAIN = (
    "id",
    "deal_id",
    "lot_id",
    "status",
    "title",
    "valued_at",
    "buyer_id",
    "buyer",
    "proposed_at",
    "answer_by",
    "take_by",
    "answered_at",
    "answered_by",
    "done_at",
    "surplus_paid_at",
    "surplus_reference",
)


@api.act("/deals/<uuid:deal_id>/appropriations", gives=Proposed, takes=AppropriationWish, status=201)
def propose_appropriation(ws: Workspace, deal_id: UUID, body: AppropriationWish) -> Any:
    """Propose to take a lot of a defaulted deal over at its value."""
    bargain = actions.bargain_of(
        read(body.value),
        storage=read(body.storage),
        enforcement=read(body.enforcement),
        tax_rate=Decimal(body.tax_rate),
        juniors=[(one.claimant, read(one.amount)) for one in body.juniors],
        buyer_id=body.buyer_id,
    )
    approval = actions.propose_appropriation(ws, deal_id, lot_id=body.lot_id, bargain=bargain)
    return proposal_told(approval)


@api.look("/appropriations", gives=AppropriationPage, takes=PageQuery)
def list_proposals(ws: Workspace, body: PageQuery) -> Any:
    """List proposals to take goods over: for bank and pledgor."""
    rows = list_appropriations(ws, cursor=body.cursor, limit=body.limit)
    return {"items": [_told(ws, row) for row in rows], "next": rows[-1].id if len(rows) == body.limit else None}


@api.look("/appropriations/<uuid:appropriation_id>", gives=AppropriationView)
def get_appropriation(ws: Workspace, appropriation_id: UUID) -> Any:
    """One proposal to take goods over."""
    return _told(ws, find_appropriation(ws, appropriation_id))


@api.act("/appropriations/<uuid:appropriation_id>/answer", gives=AppropriationView, takes=AppropriationAnswer)
def answer_appropriation(ws: Workspace, appropriation_id: UUID, body: AppropriationAnswer) -> Any:
    """Agree as the pledgor, or not. In a firm of two the answer waits for a colleague."""
    return _told(ws, actions.answer_appropriation(ws, appropriation_id, accept=body.accept))


@api.act("/appropriations/<uuid:appropriation_id>/taking-over", gives=AppropriationView, takes=Nothing)
def take_over_goods(ws: Workspace, appropriation_id: UUID, body: Nothing) -> Any:
    """Take the goods over as agreed."""
    return _told(ws, actions.take_over_goods(ws, appropriation_id))


@api.act("/appropriations/<uuid:appropriation_id>/surplus", gives=AppropriationView, takes=PaymentNotice)
def confirm_surplus(ws: Workspace, appropriation_id: UUID, body: PaymentNotice) -> Any:
    """Confirm that the pledgor was paid its surplus."""
    return _told(ws, actions.confirm_surplus(ws, appropriation_id, reference=body.reference))


def _told(ws: Workspace, row: Appropriation) -> dict[str, Any]:
    told = told_of(ws, row)
    amounts = {"value": row.value, "valuation": row.valuation, "surplus": told.surplus, "deficiency": told.deficiency}
    lines = [
        {"position": one.position, "rank": one.rank, "claimant": one.label, "claimed": shaped(one.claimed), "paid": shaped(one.paid)}
        for one in told.shares
    ]  # fmt: skip
    return (
        {name: getattr(row, name) for name in PLAIN}
        | {name: shaped(money) for name, money in amounts.items()}
        | {"quantity": {"amount": str(row.quantity), "unit": row.unit}, "lines": lines}
    )
