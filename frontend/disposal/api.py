"""Calls of the disposal room: every screen's action, and what everybody may look at."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from frontend.api import Nothing, PageQuery
from frontend.disposal import cards
from frontend.disposal.amounts import handover_told, proposal_told, read, settlement_told, shaped
from frontend.disposal.blueprint import api
from frontend.disposal.doors import bid_door, carried, receipt_told
from frontend.disposal.ending_shapes import Collection, DistributionView, Handovers, HandoverView, WaterfallWish
from frontend.disposal.first_refusals.entered import right_named
from frontend.disposal.first_refusals.told import right_told
from frontend.disposal.kinds.entered import kind_terms
from frontend.disposal.shapes import (
    AuctionPage,
    AuctionView,
    BidReceipt,
    BidWish,
    Book,
    BookQuery,
    CardDepositView,
    DepositNotice,
    DisposalWish,
    PaymentNotice,
    PlaceView,
    Proposed,
    Reason,
    Registrations,
    RegistrationView,
    SettlementView,
)
from marketplace.disposal import actions, queries
from marketplace.disposal.announcing import Offer
from marketplace.disposal.cards.actions import last_card
from marketplace.disposal.handing_over import list_handovers
from marketplace.disposal.increments import Increments
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.queries import find_settlement
from marketplace.disposal.rules.notices import Capacity, Outsider
from tenants.errors import NotFound
from tenants.workspace import Workspace


def shown(auction: Auction, now: datetime) -> dict[str, Any]:
    """An auction as a call answers it."""
    plain = ("auction_id", "number", "status", "method", "regime", "round", "predecessor_id", "title", "product_name", "grade", "place", "standing_paddle", "has_reserve", "reserve_met", "first_refusals",
             "announced_at", "opens_at", "closes_at", "ends_at", "resumes_at", "halted_at", "soft_close_seconds", "outage_counts_seconds", "outage_notice_seconds", "outage_longest_seconds", "pay_days", "collect_days", "accept_days", "extensions", "accepted", "version", "winning_paddle", "settled_paddle",
             "drop_seconds", "sealing_seconds", "opening_seconds", "best_seconds", "answer_seconds", "contest_seconds")  # fmt: skip
    amounts = ("start", "step", "deposit", "standing", "sold", "settled")
    return (
        {name: getattr(auction, name) for name in plain}
        | {name: shaped(getattr(auction, name)) for name in amounts}
        | {
            "increments": [{"above": shaped(floor), "step": shaped(step)} for floor, step in auction.increments.rungs],
            "quantity": {"amount": str(auction.quantity), "unit": auction.unit},
            "least_bid": shaped(queries.least_bid(auction, now)),
            "stage": queries.stage(auction, now),
            "drop": shaped(auction.own.drop),
            "floor": shaped(auction.own.floor),
            "bids": auction.sequence,
            "chain": auction.chain_hash.hex(),
        }
    )


@api.look("/auctions", gives=AuctionPage, takes=PageQuery)
def list_auctions(ws: Workspace, body: PageQuery) -> Any:
    """List the published auctions, newest first."""
    rows = queries.list_auctions(ws, cursor=body.cursor, limit=body.limit)
    return {
        "items": [shown(row, ws.now) for row in rows],
        "next": rows[-1].auction_id if len(rows) == body.limit else None,
    }


@api.look("/auctions/<uuid:auction_id>", gives=AuctionView)
def get_auction(ws: Workspace, auction_id: UUID) -> Any:
    """One auction."""
    return shown(queries.find_auction(ws, auction_id), ws.now)


@api.look("/auctions/<uuid:auction_id>/bids", gives=Book, takes=BookQuery)
def list_bids(ws: Workspace, auction_id: UUID, body: BookQuery) -> Any:
    """The book of bids by paddle, latest first."""
    auction = queries.find_auction(ws, auction_id)
    bids = queries.book(ws, auction_id, before=body.before, limit=body.limit)
    return {
        "items": [
            {"sequence": bid.sequence, "paddle": bid.paddle, "amount": shaped(auction.money(bid.amount_minor)), "outcome": bid.outcome, "origin": bid.origin,
             "at": bid.at, "ends_at": bid.ends_at, "hash": bid.hash.hex()}
            for bid in bids
        ]
    }  # fmt: skip


@api.act("/auctions/<uuid:auction_id>/bids", gives=BidReceipt, takes=BidWish, status=201, door=bid_door)
def place_bid(token: str, key: str, auction_id: UUID, body: BidWish) -> Any:
    """Bid an amount, or up to a limit. The Idempotency-Key makes it one bid, however often it is sent; a refused bid is in the book too."""
    return receipt_told(auction_id, carried(token, auction_id, body.amount or "", body.limit or "", key))


@api.look("/auctions/<uuid:auction_id>/place", gives=PlaceView)
def get_place(ws: Workspace, auction_id: UUID) -> Any:
    """Where the caller stands in an auction."""
    auction = queries.find_auction(ws, auction_id)
    place = queries.my_place(ws, auction)
    return {"registered": place.registration is not None, "deposit_state": place.deposit_state, "paddle": place.paddle,
            "highest": shaped(auction.money(place.highest_minor)), "limit": shaped(auction.money(place.limit_minor)), "leads": place.leads} | right_told(ws, auction)  # fmt: skip


@api.act("/auctions/<uuid:auction_id>/registration", gives=RegistrationView, takes=Nothing, status=201)
def register_bidder(ws: Workspace, auction_id: UUID, body: Nothing) -> Any:
    """Register to bid."""
    actions.register_bidder(ws, auction_id)
    return _registrations(ws, auction_id)[0]


@api.look("/auctions/<uuid:auction_id>/registrations", gives=Registrations)
def list_registrations(ws: Workspace, auction_id: UUID) -> Any:
    """Who registered: the seller sees all, a bidder itself."""
    queries.find_auction(ws, auction_id)
    return {"items": _registrations(ws, auction_id)}


@api.act("/auctions/<uuid:auction_id>/deposits", gives=RegistrationView, takes=DepositNotice)
def confirm_deposit(ws: Workspace, auction_id: UUID, body: DepositNotice) -> Any:
    """Confirm that a bidder's deposit is in."""
    actions.confirm_deposit(ws, auction_id, body.bidder_id, body.reference)
    return next(row for row in _registrations(ws, auction_id) if row["bidder_id"] == body.bidder_id)


@api.act("/auctions/<uuid:auction_id>/card-deposit", gives=CardDepositView, takes=Nothing, status=201)
def open_card_deposit(ws: Workspace, auction_id: UUID, body: Nothing) -> Any:
    """Open the card service's page for the caller's deposit, or give the one that is open. There the amount is held; for a sale that ends later than a
    hold lasts it is charged at once, and paid back where the caller does not win.
    """
    return cards.shown(actions.open_card_deposit(ws, auction_id))


@api.look("/auctions/<uuid:auction_id>/card-deposit", gives=CardDepositView)
def get_card_deposit(ws: Workspace, auction_id: UUID) -> Any:
    """How the caller's deposit by card stands."""
    place = queries.my_place(ws, queries.find_auction(ws, auction_id))
    card = last_card(ws, place.registration) if place.registration else None
    if card is None:
        raise NotFound("card_deposit_unknown", "No deposit by card was begun here.")
    return cards.shown(card)


@api.act("/deals/<uuid:deal_id>/disposals", gives=Proposed, takes=DisposalWish, status=201)
def propose_disposal(ws: Workspace, deal_id: UUID, body: DisposalWish) -> Any:
    """Propose to sell a lot of a defaulted deal."""
    approval = actions.propose_disposal(
        ws,
        deal_id,
        lot_id=body.lot_id,
        offer=_offered(body),
    )
    return proposal_told(approval)


def _offered(body: DisposalWish) -> Offer:
    return Offer(
        regime=body.regime,
        start=read(body.start_price),
        reserve=read(body.reserve) if body.reserve else None,
        increments=Increments.of(read(body.step), *((read(one.above), read(one.step)) for one in body.larger_steps)),
        deposit=read(body.deposit),
        opens_at=body.opens_at,
        closes_at=body.closes_at,
        authority=body.authority.strip(),
        accept_days=body.accept_days,
        own=kind_terms(
            body.method,
            money=lambda name: read(told) if (told := getattr(body, name)) else None,
            length=lambda name: getattr(body, name),
        ),
        alone=read(body.alone) if body.alone else None,
        first_refusals=tuple(right_named(**one.model_dump()) for one in body.first_refusals),
        outside_notices=tuple(Outsider(one.name.strip(), Capacity(one.capacity)) for one in body.outside_notices),
    )


@api.act("/auctions/<uuid:auction_id>/cancellation", gives=Proposed, takes=Reason, status=201)
def propose_calling_off(ws: Workspace, auction_id: UUID, body: Reason) -> Any:
    """Propose to call one's own sale off before the hammer. It goes on until a colleague agrees."""
    return proposal_told(actions.propose_calling_off(ws, auction_id, because=body.because))


@api.look("/auctions/<uuid:auction_id>/settlement", gives=SettlementView)
def get_settlement(ws: Workspace, auction_id: UUID) -> Any:
    """What the winner owes: for the seller and the winner."""
    return settlement_told(find_settlement(ws, auction_id))


@api.act("/auctions/<uuid:auction_id>/payment", gives=SettlementView, takes=PaymentNotice)
def confirm_balance(ws: Workspace, auction_id: UUID, body: PaymentNotice) -> Any:
    """Confirm that the balance is in."""
    actions.confirm_balance(ws, auction_id, reference=body.reference)
    return settlement_told(find_settlement(ws, auction_id))


@api.act("/auctions/<uuid:auction_id>/distribution", gives=Proposed, takes=WaterfallWish, status=201)
def propose_waterfall(ws: Workspace, auction_id: UUID, body: WaterfallWish) -> Any:
    """Propose the distribution of the proceeds."""
    approval = actions.propose_waterfall(
        ws,
        auction_id,
        storage=read(body.storage),
        enforcement=read(body.enforcement),
        commission_rate=Decimal(body.commission_rate),
        tax_rate=Decimal(body.tax_rate),
        juniors=[(one.claimant, read(one.amount)) for one in body.juniors],
        resale=read(body.resale) if body.resale else None,
    )
    return proposal_told(approval)


@api.look("/auctions/<uuid:auction_id>/distribution", gives=DistributionView)
def get_distribution(ws: Workspace, auction_id: UUID) -> Any:
    """The statement of the proceeds: for the parties of the deal."""
    auction = queries.find_auction(ws, auction_id)
    found = queries.distribution_of(ws, auction_id)
    if found is None:
        raise NotFound("distribution_unknown", "Nothing is distributed yet.")
    head, lines = found
    return {
        "auction_id": auction_id,
        "receipts": shaped(auction.money(head.receipts_minor)),
        "deficiency": shaped(auction.money(head.deficiency_minor)),
        "held": shaped(head.held),
        "distributed_at": head.distributed_at,
        "lines": [{"position": line.position, "rank": line.rank, "claimant": line.label, "claimed": shaped(line.claimed), "paid": shaped(line.paid), "before": shaped(line.before)} for line in lines],
    }  # fmt: skip


@api.look("/handovers", gives=Handovers)
def get_handovers(ws: Workspace) -> Any:
    """Sold goods to hand to their buyers: for the warehouse and the seller."""
    return {"items": [handover_told(order) for order in list_handovers(ws)]}


@api.act("/auctions/<uuid:auction_id>/handover", gives=HandoverView, takes=Collection)
def hand_over(ws: Workspace, auction_id: UUID, body: Collection) -> Any:
    """Hand sold goods to the collector who shows the buyer's code."""
    return handover_told(actions.hand_over(ws, auction_id, code=body.code, collector=body.collector))


def _registrations(ws: Workspace, auction_id: UUID) -> list[dict[str, Any]]:
    return [
        {"registration_id": one.registration.registration_id, "bidder_id": one.registration.tenant_id, "organisation": one.registration.organisation,
         "deposit_code": one.registration.deposit_code, "deposit_state": one.deposit_state, "registered_at": one.registration.registered_at}
        for one in queries.registrations(ws, auction_id)
    ]  # fmt: skip
