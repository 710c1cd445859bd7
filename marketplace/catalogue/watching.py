"""The watch list: offers that a firm keeps an eye on. It is told before each closes, and when the goods are put up again."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text

from marketplace.catalogue.events import OfferUnwatched, OfferWatched, WatchedCloses, WatchedPutUpAgain
from marketplace.catalogue.models import Listing, WatchedOffer
from marketplace.catalogue.queries import Offer, find_offer
from marketplace.disposal.models.auctions import Auction
from tenants.errors import Conflict, Invalid, NotFound
from tenants.workspace import Workspace

BEFORE_CLOSE = timedelta(hours=2)
MOST_WATCHED = 200
MOST_COMPARED = 4
REMIND = text("select gate.remind_watchers(:listing)")


def watch_offer(ws: Workspace, listing_id: UUID) -> WatchedOffer:
    """Put an offer on the firm's watch list; again changes nothing. Refuses a sale that has ended, and more than two hundred."""
    ws.may("save_search")
    offer = find_offer(ws, listing_id)
    known = ws.session.get(WatchedOffer, (ws.tenant_id, listing_id))
    if known is not None:
        return known
    if offer.auction.closed_at is not None:
        raise Conflict("sale_ended", "The sale has ended.")
    if len(watched_ids(ws)) >= MOST_WATCHED:
        raise Conflict("watch_list_full", "A firm watches at most %(most)s offers.", most=MOST_WATCHED)
    row = WatchedOffer(tenant_id=ws.tenant_id, listing_id=listing_id, person_id=ws.person_id, watched_at=ws.now)
    ws.session.add(row)
    ws.session.flush()
    _remind(ws, offer.auction)
    ws.record(OfferWatched(listing_id=listing_id, title=offer.listing.title), on=ws.tenant_id)
    return row


def unwatch_offer(ws: Workspace, listing_id: UUID) -> None:
    """Take an offer off the list."""
    ws.may("save_search")
    row = ws.session.get(WatchedOffer, (ws.tenant_id, listing_id))
    if row is None:
        raise NotFound("offer_unwatched", "This offer is not on your watch list.")
    ws.session.delete(row)
    title = find_offer(ws, listing_id).listing.title
    ws.record(OfferUnwatched(listing_id=listing_id, title=title), on=ws.tenant_id)


def watched_ids(ws: Workspace) -> set[UUID]:
    """What the viewer's firm watches."""
    return set(ws.session.scalars(select(WatchedOffer.listing_id).where(WatchedOffer.tenant_id == ws.tenant_id)))


def watched_offers(ws: Workspace) -> list[Offer]:
    """The watch list with each sale as it stands, those that end first on top, ended ones after."""
    mine = select(WatchedOffer.listing_id).where(WatchedOffer.tenant_id == ws.tenant_id)
    rows = select(Listing, Auction).join(Auction, Auction.auction_id == Listing.id).where(Listing.id.in_(mine))
    ordered = rows.order_by(Auction.closed_at.is_not(None), Auction.ends_at, Listing.id)
    return [Offer(row.Listing, row.Auction) for row in ws.session.execute(ordered)]


def compared(ws: Workspace, written: str) -> list[Offer]:
    """Offers to lay side by side, in the order in which they were named; those that are not there are left out. Refuses more than four."""
    ids: list[UUID] = []
    for one in written.split(","):
        try:
            ids += [UUID(one.strip())] if one.strip() else []
        except ValueError as wrong:
            raise Invalid("offer_unreadable", "This is not the number of an offer.", field="ids") from wrong
    if len(set(ids)) > MOST_COMPARED:
        raise Invalid("too_many_compared", "At most %(most)s offers stand side by side.", field="ids", most=MOST_COMPARED)  # fmt: skip
    rows = select(Listing, Auction).join(Auction, Auction.auction_id == Listing.id).where(Listing.id.in_(ids))
    found = {row.Listing.id: Offer(row.Listing, row.Auction) for row in ws.session.execute(rows)}
    return [found[one] for one in dict.fromkeys(ids) if one in found]


def tell_of_the_close(ws: Workspace, listing_id: UUID) -> None:
    """Tell that a watched offer closes soon, once; again only where a standstill has put its end off by more than the time for which it is told ahead.

    An end that moved is waited for; while an order stands nobody knows it, and the end of the order is told of here anew. What was taken off the list is forgotten.
    """
    row = ws.session.get(WatchedOffer, (ws.tenant_id, listing_id), with_for_update=True)
    auction = ws.session.get(Auction, listing_id)
    if row is None or auction is None or auction.closed_at is not None or auction.halted_at is not None:
        return
    if ws.now < _due(auction):
        _remind(ws, auction)
    elif ws.now < auction.ends_at and (row.told_end is None or row.told_end + BEFORE_CLOSE < auction.ends_at):
        row.told_end = auction.ends_at
        closes = WatchedCloses(listing_id=listing_id, title=auction.title, ends_at=auction.ends_at)
        ws.record(closes, on=ws.tenant_id)


def remind_watchers(ws: Workspace, listing_id: UUID) -> None:
    """The sale goes on after a standstill: whoever watches it, which the seller does not learn, looks when to be told of its new end."""
    ws.session.execute(REMIND, {"listing": listing_id})


def tell_put_up_again(ws: Workspace, listing_id: UUID) -> None:
    """Tell that watched goods are put up again, and watch the new offer."""
    offer = find_offer(ws, listing_id)
    if ws.session.get(WatchedOffer, (ws.tenant_id, listing_id)) is not None:
        return
    ws.session.add(WatchedOffer(tenant_id=ws.tenant_id, listing_id=listing_id, person_id=ws.person_id, watched_at=ws.now))  # fmt: skip
    ws.session.flush()
    _remind(ws, offer.auction)
    again = WatchedPutUpAgain(listing_id=listing_id, title=offer.listing.title, price=offer.listing.start)
    ws.record(again, on=ws.tenant_id)


def _remind(ws: Workspace, auction: Auction) -> None:
    if ws.now < auction.ends_at:
        due = max(ws.now, _due(auction))
        key = f"{auction.auction_id}:{due.isoformat()}"
        ws.set_timer("catalogue.tell_closing", key=key, due=due, stream_id=auction.auction_id)


def _due(auction: Auction) -> datetime:
    """When whoever watches a sale is told that it closes soon: not before it opens."""
    return max(auction.opens_at, auction.ends_at - BEFORE_CLOSE)
