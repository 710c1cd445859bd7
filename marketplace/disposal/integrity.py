"""What the seller's own people are shown of the bids of an ended sale: patterns to look at, with their reasons. Nobody else learns that they were looked for."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from marketplace.disposal.kind_terms import NO_ROUNDS
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.bids import COUNTED, Bid
from marketplace.disposal.queries import find_auction, is_seller, registrations
from marketplace.disposal.rules.signals import Entry, History, Signal, signals
from tenants.errors import Conflict, NotFound
from tenants.workspace import Workspace

MOST_SALES = 100
UNMASKED = text(
    "select n.paddle, u.tenant_id from unnest(cast(:paddles as bigint[])) n(paddle), lateral gate.unmask(:auction, n.paddle) u"
)
RELATED = text("select * from gate.related_bidders(:auction)")


@dataclass(frozen=True, slots=True)
class Noticed:
    """A signal, and who it is about: firms by name and paddle."""

    signal: Signal
    firms: tuple[tuple[str, int], ...]


def signals_of(ws: Workspace, auction_id: UUID) -> tuple[Noticed, ...]:
    """Signals about one's own ended sale, the gravest first, in the light of one's other sales. Reads; decides nothing.

    Refuses a sale whose bidding goes on: bidders are hidden from the seller until then.
    """
    ws.may("read_signals")
    auction = find_auction(ws, auction_id)
    if not is_seller(ws, auction):
        raise NotFound("auction_unknown", "There is no such auction.")
    if auction.closed_at is None:
        raise Conflict("sale_not_ended", "The sale has not ended.")
    paddles = _paddles(ws, auction_id)
    names = {str(one.registration.tenant_id): one.registration.organisation for one in registrations(ws, auction_id)}
    firms = {bidder: (names[bidder], paddle) for paddle, bidder in paddles.items()}
    related = {str(bidder) for bidder in ws.session.scalars(RELATED, {"auction": auction_id})}
    told = signals(_history(ws, auction, paddles), [_history(ws, each) for each in _others(ws, auction)], related)
    return tuple(Noticed(each, tuple(firms[bidder] for bidder in each.bidders)) for each in told)


def _others(ws: Workspace, auction: Auction) -> list[Auction]:
    """The seller's other ended sales, the latest hundred. What was taken at a fixed price or bargained over in a room was no contest, and shows neither who drives prices nor who keeps out."""
    mine = select(Auction).where(
        Auction.tenant_id == ws.tenant_id, Auction.closed_at.is_not(None), Auction.accepted > 0, Auction.method.not_in(NO_ROUNDS)
    )  # fmt: skip
    rows = mine.where(Auction.auction_id != auction.auction_id).order_by(Auction.closed_at.desc()).limit(MOST_SALES)
    return list(ws.session.scalars(rows))


def _history(ws: Workspace, auction: Auction, paddles: dict[int, str] | None = None) -> History:
    """The bids that counted, opened envelopes among them, under the bidders' own names. A leader's raise below the reserve is no bid against anybody, and is left out."""
    known = paddles or _paddles(ws, auction.auction_id)
    rows = select(Bid).where(Bid.auction_id == auction.auction_id, Bid.outcome.in_(COUNTED)).order_by(Bid.sequence)
    entries: list[Entry] = []
    for bid in ws.session.scalars(rows):
        entry = Entry(known[bid.paddle], bid.amount_minor, bid.at.timestamp(), bid.origin == "LIMIT")
        if not entries or entries[-1].bidder != entry.bidder:
            entries.append(entry)
    winner = known.get(auction.winning_paddle or 0) if auction.sold_minor is not None else None
    times = auction.opens_at.timestamp(), auction.ends_at.timestamp()
    return History(str(auction.auction_id), str(auction.tenant_id), auction.start_minor, auction.increments.step_at(auction.start).minor, *times, tuple(entries), winner)  # fmt: skip


def _paddles(ws: Workspace, auction_id: UUID) -> dict[int, str]:
    """Whose paddle is whose, as the database tells the seller once bidding has ended."""
    bid = select(Bid.paddle).where(Bid.auction_id == auction_id).distinct()
    asked: dict[str, Any] = {"auction": auction_id, "paddles": list(ws.session.scalars(bid))}
    return {row.paddle: str(row.tenant_id) for row in ws.session.execute(UNMASKED, asked)}
