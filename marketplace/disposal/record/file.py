"""The public file of a sale that has ended: all that somebody needs who trusts nobody and wants to come to the same winner and price."""

from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.disposal.first_refusals.queries import paddles_by_right, rights_in
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.bids import Bid
from marketplace.disposal.outages.models import HaltOrder, OutageRuling
from marketplace.disposal.outages.queries import orders_of, rulings_of
from marketplace.disposal.ports import signer
from marketplace.disposal.queries import find_auction
from marketplace.disposal.record.receipts import receipt_in_book
from marketplace.disposal.rules.lifecycle import AuctionState
from marketplace.disposal.rules.sealing import first_link, moment, outage_text, result_text
from tenants.errors import Conflict
from tenants.workspace import Workspace

KIND = "bailee sale record 1"


def record_of(ws: Workspace, auction_id: UUID) -> dict[str, Any]:
    """Terms, commitments and what opens them, every bid with its signature, what moved the end, and the result. The same whenever it is asked for.

    Refuses a sale that has not ended: until then its book is public, and the reserve is not.
    """
    auction = find_auction(ws, auction_id)
    if auction.closed_at is None:
        raise Conflict("sale_not_ended", "The sale has not ended.")
    bids = list(ws.session.scalars(select(Bid).where(Bid.auction_id == auction_id).order_by(Bid.sequence)))
    halts, orders = rulings_of(ws, auction_id), {one.ruling: one for one in orders_of(ws, auction_id)}
    return {
        "kind": KIND,
        "key": signer().public,
        "auction": _identity(auction),
        "rules": _rules(auction),
        "commitments": {
            "first_link": first_link(auction_id).hex(),
            "reserve_seal": auction.reserve_seal.hex() if auction.reserve_seal else None,
        },
        "opened": {
            "reserve_minor": auction.opened_reserve_minor,
            "reserve_salt": auction.opened_salt.hex() if auction.opened_salt else None,
        },
        "first_refusals": _rights(ws, auction),
        "bids": [_line(bid, auction.currency) for bid in bids],
        "extensions": _extensions(auction, bids, halts),
        "outages": [_outage(one, orders.get(one.number)) for one in halts],
        "result": _result(auction),
    }


def ended_as(auction: Auction) -> AuctionState:
    """How bidding ended, whatever became of the sale afterwards."""
    if auction.status == AuctionState.CANCELLED:
        return AuctionState.CANCELLED
    return AuctionState.NO_SALE if auction.sold_minor is None else AuctionState.SOLD


def _identity(auction: Auction) -> dict[str, Any]:
    return {
        "id": str(auction.auction_id),
        "number": auction.number,
        "title": auction.title,
        "quantity": f"{auction.quantity} {auction.unit}",
        "place": auction.place,
        "predecessor": str(auction.predecessor_id) if auction.predecessor_id else None,
    }


def _rules(auction: Auction) -> dict[str, Any]:
    """The terms as announced: they have not moved since (a trigger of the database sees to it)."""
    return {
        "method": auction.method,
        "regime": auction.regime,
        "round": auction.round,
        "currency": auction.currency,
        "start_minor": auction.start_minor,
        "increments": [[floor.minor, step.minor] for floor, step in auction.increments.rungs],
        "soft_close_seconds": auction.soft_close_seconds,
        "outage_counts_seconds": auction.outage_counts_seconds,
        "outage_notice_seconds": auction.outage_notice_seconds,
        "outage_longest_seconds": auction.outage_longest_seconds,
        "opens_at": moment(auction.opens_at),
        "closes_at": moment(auction.closes_at),
    } | _own_rules(auction)


def _own_rules(auction: Auction) -> dict[str, Any]:
    """What the kind of sale announced of its own."""
    names = (
        "drop_minor",
        "drop_seconds",
        "floor_minor",
        "sealing_seconds",
        "opening_seconds",
        "best_seconds",
        "answer_seconds",
        "contest_seconds",
    )
    return {name: getattr(auction, name) for name in names if getattr(auction, name) is not None}


def _rights(ws: Workspace, auction: Auction) -> list[dict[str, Any]]:
    """Rights of first refusal as they were published, and the paddle under which each holder took part."""
    rights = rights_in(ws, auction)
    paddles = paddles_by_right(ws, auction.auction_id) if rights else {}
    return [
        {"order": one.rank, "holder": one.organisation, "ground": one.ground, "evidence": one.evidence, "paddle": paddles.get(one.holder_id)}
        for one in rights
    ]  # fmt: skip


def _line(bid: Bid, currency: str) -> dict[str, Any]:
    return {
        "sequence": bid.sequence,
        "paddle": bid.paddle,
        "amount_minor": bid.amount_minor,
        "outcome": bid.outcome,
        "origin": bid.origin,
        "limit_seal": bid.limit_seal.hex() if bid.limit_seal else None,
        "limit_minor": bid.limit_minor,
        "limit_salt": bid.limit_salt.hex() if bid.limit_salt else None,
        "at": moment(bid.at),
        "ends_at": moment(bid.ends_at),
        "hash": bid.hash.hex(),
        "signature": receipt_in_book(bid, currency).signature,
    }


def _extensions(auction: Auction, bids: list[Bid], halts: list[OutageRuling]) -> list[dict[str, Any]]:
    """The acts that moved the end, and where to; what an outage moved is told with the outages."""
    first = (0, 0, False, auction.own.first_end(auction.closes_at))
    acts = [(bid.sequence, 0, True, bid.ends_at) for bid in bids]
    ends = sorted([first, *acts, *((one.after_sequence, one.number, False, one.ends_at) for one in halts)])
    return [
        {"sequence": sequence, "ends_at": moment(after)}
        for (*_, before), (sequence, _, acted, after) in pairwise(ends)
        if acted and after != before
    ]


def _outage(ruling: OutageRuling, order: HaltOrder | None) -> dict[str, Any]:
    """One standstill, signed: the house answers for what it says of its own silence, and of the order where there was one."""
    words = None if order is None else {name: getattr(order, name) for name in ("ground", "ordered_by", "paper", "because", "through")}  # fmt: skip
    times = {name: getattr(ruling, name) for name in ("began_at", "back_at", "resumes_at", "ends_at")}
    text = outage_text(ruling.auction_id, after=ruling.after_sequence, order=tuple((words or {}).values()), **times)
    told = {name: moment(at) for name, at in times.items()}
    return {"after": ruling.after_sequence, **told, "order": words, "signature": signer().sign(text)}


def _result(auction: Auction) -> dict[str, Any]:
    status, sold = ended_as(auction).value, auction.sold_minor
    paddle = None if sold is None else auction.winning_paddle
    text = result_text(
        auction.auction_id,
        status=status,
        price_minor=sold,
        paddle=paddle,
        ends_at=auction.ends_at,
        bids=auction.sequence,
        head=auction.chain_hash,
    )
    return {
        "status": status,
        "price_minor": sold,
        "paddle": paddle,
        "ends_at": moment(auction.ends_at),
        "bids": auction.sequence,
        "head": auction.chain_hash.hex(),
        "signature": signer().sign(text),
    }
