"""Publishing offers, and saving searches."""

from uuid import UUID

from marketplace.catalogue.alerts import Alert, alert_named, choose_alert, forget_matches, owe_alerts
from marketplace.catalogue.events import SearchForgotten, SearchSaved
from marketplace.catalogue.models import Listing, SavedSearch
from marketplace.catalogue.passport import passport_of
from marketplace.catalogue.passports.sealing import seal_passport
from marketplace.catalogue.passports.showing import show_passport
from marketplace.catalogue.ports import FACETS, Shelved, outer_index, own_index
from marketplace.catalogue.queries import document_of, find_saved_search, listing_of, saved_searches, search
from marketplace.catalogue.rules.passports import category_of
from marketplace.catalogue.stock.answering import show_interest
from marketplace.catalogue.stock.offering import offer_stock, withdraw_stock
from marketplace.catalogue.watching import unwatch_offer, watch_offer
from marketplace.catalogue.wishes import invite_wishers
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.queries import find_auction, find_disposal
from marketplace.inventory.places.queries import find_site
from marketplace.inventory.queries import find_lot
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.workspace import Workspace

__all__ = [
    "choose_alert",
    "feed_outer_index",
    "forget_search",
    "invite_wishers",
    "offer_stock",
    "publish_listing",
    "renew_listing",
    "save_search",
    "show_interest",
    "show_passport",
    "unwatch_offer",
    "watch_offer",
    "withdraw_stock",
]  # fmt: skip
KEPT = ("q", "price_min", "price_max", "within", "near", "km", "stored", "sort", "kind", *FACETS)
MOST_SEARCHES = 50


def publish_listing(ws: Workspace, auction_id: UUID) -> Listing:
    """Put an announced auction on the shelf, with the redacted passport of its lot. The seller's act; publishing again renews it."""
    auction = find_auction(ws, auction_id)
    disposal = find_disposal(ws, auction_id)
    passport = passport_of(ws, disposal.lot_id, ws.now)
    listing = listing_of(ws, auction_id) or Listing(
        tenant_id=ws.tenant_id, id=auction_id, kind=Shelved.AUCTION, published_at=ws.now
    )
    listing.category = category_of(str(passport.get("hs_code", "")))
    listing.evidence = str(passport["evidence"])
    listing.passport = passport
    _copy(listing, auction)
    _describe(ws, listing, disposal.lot_id)
    ws.session.add(listing)
    own_index().put(ws, [document_of(listing)])
    _owe_the_outer_index(ws, listing)
    owe_alerts(ws, listing)
    return listing


def renew_listing(ws: Workspace, auction_id: UUID) -> None:
    """Bring the shelf up to the sale's state and price."""
    listing = listing_of(ws, auction_id)
    if listing is not None:
        _copy(listing, find_auction(ws, auction_id))
        _owe_the_outer_index(ws, listing)


def feed_outer_index(ws: Workspace, listing_id: UUID) -> None:
    """Give the outer index an offer as it stands. Called after the commit that changed it, so that nothing is found that was rolled back."""
    outer, listing = outer_index(), listing_of(ws, listing_id)
    if outer is not None and listing is not None:
        outer.put(ws, [document_of(listing)])


def save_search(ws: Workspace, *, name: str, asked: dict[str, str], alert: str = Alert.AT_ONCE) -> SavedSearch:
    """Save a search under a name. Refuses one that could not be run, a name that is taken, and more than fifty."""
    ws.may("save_search")
    called = name.strip()
    if not 1 <= len(called) <= 80:
        raise Invalid("name_missing", "Name the search, in at most 80 characters.", field="name")
    known = saved_searches(ws)
    if len(known) >= MOST_SEARCHES:
        raise Conflict("searches_full", "A firm keeps at most %(most)s searches.", most=MOST_SEARCHES)
    if any(row.name == called for row in known):
        raise Conflict("name_taken", "There is a saved search of that name.", field="name")
    kept = {key: asked[key] for key in KEPT if asked.get(key)}
    search(ws, kept)
    row = SavedSearch(
        tenant_id=ws.tenant_id,
        id=new_id(),
        name=called,
        query=kept,
        created_at=ws.now,
        person_id=ws.person_id,
        alert=alert_named(alert).value,
    )
    ws.session.add(row)
    ws.record(SearchSaved(search_id=row.id, name=called), on=ws.tenant_id)
    return row


def forget_search(ws: Workspace, search_id: UUID) -> None:
    """Remove a saved search."""
    ws.may("save_search")
    row = find_saved_search(ws, search_id)
    forget_matches(ws, search_id)
    ws.session.delete(row)
    ws.record(SearchForgotten(search_id=row.id, name=row.name), on=ws.tenant_id)


def _describe(ws: Workspace, listing: Listing, lot_id: UUID) -> None:
    """Where the goods lie and since when, and the seal under their passport; nothing of a lot that the seller cannot see."""
    try:
        lot = find_lot(ws, lot_id)
    except NotFound:
        return
    site = find_site(ws, lot.site_id)
    listing.latitude, listing.longitude, listing.received_at = site.latitude, site.longitude, lot.received_at
    seal_passport(ws, listing, lot)


def _copy(listing: Listing, auction: Auction) -> None:
    for name in ("status", "number", "title", "product_name", "grade", "place", "regime", "quantity", "unit", "currency", "start_minor", "deposit_minor", "opens_at"):  # fmt: skip
        setattr(listing, name, getattr(auction, name))
    listing.price_minor = auction.standing_minor or auction.start_minor
    listing.closes_at = auction.ends_at
    listing.version = (listing.version or 0) + 1


def _owe_the_outer_index(ws: Workspace, listing: Listing) -> None:
    """A delivery of its own, through the outbox: it waits for the commit, and comes again until the index has answered."""
    if outer_index() is not None:
        key = f"{listing.id}:{listing.version}"
        ws.set_timer("catalogue.feed_index", key=key, due=ws.now, stream_id=listing.id)
