"""Calls after the hammer: the confirmation, a late booking, the runner-up's second chance, bars."""

from typing import Any
from uuid import UUID

from frontend.api import Nothing
from frontend.disposal.amounts import proposal_told, settlement_told, shaped
from frontend.disposal.blueprint import api
from frontend.disposal.settling.shapes import (
    Bars,
    BarView,
    ChanceAnswer,
    ChanceView,
    ConfirmationView,
    CureView,
    CureWish,
)
from frontend.disposal.shapes import PaymentNotice, Proposed, Reason, SettlementView
from marketplace.disposal import actions, queries
from marketplace.disposal.settling import queries as after
from marketplace.disposal.settling.curing import cured_until
from marketplace.disposal.settling.models import BidderBar, SecondChance
from marketplace.disposal.settling.owing import confirmation_of
from tenants.workspace import Workspace


@api.look("/auctions/<uuid:auction_id>/confirmation", gives=ConfirmationView)
def get_confirmation(ws: Workspace, auction_id: UUID) -> Any:
    """The confirmation of sale: for the seller and the buyer."""
    made = confirmation_of(ws, queries.find_settlement(ws, auction_id))
    return {name: getattr(made, name) for name in ConfirmationView.model_fields}


@api.act("/auctions/<uuid:auction_id>/payment-cure", gives=CureView, takes=CureWish, status=201)
def ask_cure(ws: Workspace, auction_id: UUID, body: CureWish) -> Any:
    """Announce before the deadline that the price is paid and only its booking is late."""
    cure = actions.ask_cure(ws, auction_id, because=body.because, transfer=body.transfer)
    until = cured_until(queries.find_auction(ws, auction_id), queries.find_settlement(ws, auction_id))
    plain = ("auction_id", "attempt", "by", "because", "reference", "asked_at")
    return {name: getattr(cure, name) for name in plain} | {"until": until}


@api.look("/auctions/<uuid:auction_id>/second-chance", gives=ChanceView)
def get_second_chance(ws: Workspace, auction_id: UUID) -> Any:
    """The latest offer to a runner-up: for the seller and that bidder."""
    return _chance(after.find_chance(ws, auction_id))


@api.act("/auctions/<uuid:auction_id>/second-chance", gives=Proposed, takes=Nothing, status=201)
def propose_second_chance(ws: Workspace, auction_id: UUID, body: Nothing) -> Any:
    """Propose to offer the goods of a defaulted sale to the runner-up."""
    approval = actions.propose_second_chance(ws, auction_id)
    return proposal_told(approval)


@api.act("/auctions/<uuid:auction_id>/second-chance/answer", gives=ChanceView, takes=ChanceAnswer)
def answer_second_chance(ws: Workspace, auction_id: UUID, body: ChanceAnswer) -> Any:
    """Take or leave the goods as the runner-up."""
    return _chance(actions.answer_second_chance(ws, auction_id, accept=body.accept))


@api.act("/auctions/<uuid:auction_id>/second-chance/deposit", gives=SettlementView, takes=PaymentNotice)
def confirm_second_deposit(ws: Workspace, auction_id: UUID, body: PaymentNotice) -> Any:
    """Confirm that the runner-up's new deposit is in."""
    return settlement_told(actions.confirm_second_deposit(ws, auction_id, reference=body.reference))


@api.look("/bars", gives=Bars)
def list_bars(ws: Workspace) -> Any:
    """Buyers that may not bid: all of the house for a firm that sells, one's own otherwise."""
    return {"items": [_bar(row) for row in after.bars(ws)]}


@api.act("/auctions/<uuid:auction_id>/bar/appeal", gives=BarView, takes=Reason)
def appeal_bar(ws: Workspace, auction_id: UUID, body: Reason) -> Any:
    """Say why one's bar is wrong."""
    return _bar(actions.appeal_bar(ws, auction_id, because=body.because))


@api.act("/auctions/<uuid:auction_id>/bar/lifting", gives=BarView, takes=Reason)
def lift_bar(ws: Workspace, auction_id: UUID, body: Reason) -> Any:
    """Let a barred buyer bid again."""
    return _bar(actions.lift_bar(ws, auction_id, because=body.because))


def _chance(row: SecondChance) -> dict[str, Any]:
    plain = ("auction_id", "attempt", "status", "paddle", "offered_at", "answer_by", "deposit_by")
    return {name: getattr(row, name) for name in plain} | {"price": shaped(row.price), "deposit": shaped(row.deposit)}


def _bar(row: BidderBar) -> dict[str, Any]:
    return {name: getattr(row, name) for name in BarView.model_fields}
