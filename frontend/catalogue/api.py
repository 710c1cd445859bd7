"""Calls of the catalogue: search, one offer with its passport, saved searches."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, Nothing, QuantityShape, Shape
from frontend.catalogue.calls import ShelfQuery, Values, api, asked_of
from frontend.disposal.amounts import shaped
from marketplace.catalogue import actions, queries
from marketplace.catalogue.advice import advise
from marketplace.catalogue.alerts import Alert, count_matches
from marketplace.catalogue.ports import Shelved
from marketplace.catalogue.watching import watched_offers
from marketplace.catalogue.wishes import count_wishes
from tenants.workspace import Workspace


class SearchQuery(ShelfQuery):
    """What goods for sale to look for; beside what every shelf is searched by, the way of selling and hours to the close."""

    regime: Values = ""
    within: Annotated[str, Field(pattern=r"^(1|24|72|168)$")] | None = None


class ListingView(Shape):
    """One offer."""

    id: UUID
    number: str
    status: str
    title: str
    product_name: str
    category: str
    grade: str
    place: str
    regime: str
    evidence: str
    quantity: QuantityShape
    start: MoneyShape
    price: MoneyShape
    opens_at: Moment
    ends_at: Moment


class ListingFile(ListingView):
    """An offer with the passport of its lot."""

    passport: dict[str, Any]


class Shelf(Shape):
    """A page of offers, what another choice in each facet would find, and how the words were perhaps meant where one of them is on no offer.

    `about`: numbers that are only about right, as the words are on many offers: `total`, and facets by name; where the total is exact, of a facet what was not chosen.
    """

    items: list[ListingView]
    total: int
    page: int
    pages: int
    facets: dict[str, dict[str, int]]
    about: list[str]
    meant: str | None


class SearchWish(Shape):
    """A search to save. `kind`: STOCK searches what is offered for finance, for banks; else goods for sale."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    q: Annotated[str, Field(max_length=200)] = ""
    category: Values = ""
    grade: Values = ""
    place: Values = ""
    evidence: Values = ""
    kind: Shelved = Shelved.AUCTION
    alert: Alert = Alert.AT_ONCE


class Wishes(Shape):
    """How many firms look for such goods."""

    firms: int


class Invited(Shape):
    """How many firms were invited now."""

    invited: int


class AlertWish(Shape):
    """How the firm wants to hear of what a search finds."""

    alert: Alert


class Watched(Shape):
    """The watch list, offers that end first on top."""

    items: list[ListingView]


class SavedSearchView(Shape):
    """A saved search; `matches`: how many offers it has found since it was saved."""

    id: UUID
    name: str
    query: dict[str, str]
    alert: Alert
    matches: int
    created_at: Moment


class SavedSearches(Shape):
    """The firm's saved searches."""

    items: list[SavedSearchView]


def _shown(offer: queries.Offer) -> dict[str, Any]:
    plain = ("id", "number", "title", "product_name", "category", "grade", "place", "regime", "evidence", "opens_at")
    return {name: getattr(offer.listing, name) for name in plain} | {
        "status": offer.auction.status,
        "quantity": {"amount": str(offer.listing.quantity), "unit": offer.listing.unit},
        "start": shaped(offer.listing.start),
        "price": shaped(offer.price),
        "ends_at": offer.auction.ends_at,
    }


@api.look("/listings", gives=Shelf, takes=SearchQuery)
def search_listings(ws: Workspace, body: SearchQuery) -> Any:
    """Search the catalogue."""
    asked = asked_of(body)
    shelf = queries.search(ws, asked)
    return {
        "items": [_shown(offer) for offer in shelf.offers],
        "total": shelf.total,
        "page": shelf.page,
        "pages": shelf.pages,
        "facets": shelf.facets,
        "about": sorted(shelf.about),
        "meant": advise(ws, asked, shelf.total).meant,
    }


@api.look("/listings/<uuid:listing_id>", gives=ListingFile)
def get_listing(ws: Workspace, listing_id: UUID) -> Any:
    """One offer with its passport."""
    offer = queries.find_offer(ws, listing_id)
    return _shown(offer) | {"passport": offer.listing.passport}


@api.look("/searches", gives=SavedSearches)
def list_searches(ws: Workspace) -> Any:
    """The firm's saved searches."""
    matches = count_matches(ws)
    return {"items": [_search(row, matches.get(row.id, 0)) for row in queries.saved_searches(ws)]}


@api.act("/searches", gives=SavedSearchView, takes=SearchWish, status=201)
def save_search(ws: Workspace, body: SearchWish) -> Any:
    """Save a search."""
    asked = asked_of(body)
    return _search(actions.save_search(ws, name=asked.pop("name"), alert=asked.pop("alert"), asked=asked))


@api.act("/searches/<uuid:search_id>/alert", gives=SavedSearchView, takes=AlertWish)
def choose_alert(ws: Workspace, search_id: UUID, body: AlertWish) -> Any:
    """Choose how news of a saved search come."""
    return _search(actions.choose_alert(ws, search_id, body.alert), count_matches(ws).get(search_id, 0))


@api.look("/watched-listings", gives=Watched)
def list_watched(ws: Workspace) -> Any:
    """The firm's watch list."""
    return {"items": [_shown(offer) for offer in watched_offers(ws)]}


@api.look("/listings/<uuid:listing_id>/wishes", gives=Wishes)
def get_wishes(ws: Workspace, listing_id: UUID) -> Any:
    """How many firms have a saved search that found these goods, and no part in the sale yet: for its seller."""
    return {"firms": count_wishes(ws, listing_id)}


@api.act("/listings/<uuid:listing_id>/invitations", gives=Invited, takes=Nothing, status=201)
def invite_wishers(ws: Workspace, listing_id: UUID, body: Nothing) -> Any:
    """Invite them to a negotiated sale; each is asked once, and named to nobody."""
    return {"invited": actions.invite_wishers(ws, listing_id)}


@api.act("/listings/<uuid:listing_id>/watch", gives=ListingView, takes=Nothing, status=201)
def watch_offer(ws: Workspace, listing_id: UUID, body: Nothing) -> Any:
    """Put an offer on the watch list."""
    actions.watch_offer(ws, listing_id)
    return _shown(queries.find_offer(ws, listing_id))


@api.act("/listings/<uuid:listing_id>/watch/removal", gives=Nothing, takes=Nothing)
def unwatch_offer(ws: Workspace, listing_id: UUID, body: Nothing) -> Any:
    """Take an offer off the watch list."""
    actions.unwatch_offer(ws, listing_id)
    return {}


@api.act("/searches/<uuid:search_id>/removal", gives=Nothing, takes=Nothing)
def forget_search(ws: Workspace, search_id: UUID, body: Nothing) -> Any:
    """Remove a saved search."""
    actions.forget_search(ws, search_id)
    return {}


def _search(row: Any, matches: int = 0) -> dict[str, Any]:
    plain = ("id", "name", "query", "alert", "created_at")
    return {name: getattr(row, name) for name in plain} | {"matches": matches}
