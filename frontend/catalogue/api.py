"""Calls of the catalogue: search, one offer with its passport, saved searches."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, MoneyShape, Nothing, QuantityShape, Shape
from marketplace.catalogue import actions, queries
from marketplace.catalogue.alerts import Alert, count_matches
from marketplace.catalogue.ports import Sort
from marketplace.catalogue.watching import watched_offers
from marketplace.money import Money
from tenants.workspace import Workspace

api = Api("catalogue")
Values = Annotated[str, Field(max_length=400, description="One value, or several between commas.")]
Price = Annotated[str, Field(pattern=r"^\d{1,13}(\.\d{1,2})?$")]


class SearchQuery(Shape):
    """What to look for. Words in Chinese or English; facets; a range of prices in yuan; hours to the close."""

    q: Annotated[str, Field(max_length=200)] = ""
    category: Values = ""
    grade: Values = ""
    place: Values = ""
    regime: Values = ""
    evidence: Values = ""
    status: Values = ""
    price_min: Price | None = None
    price_max: Price | None = None
    within: Annotated[str, Field(pattern=r"^(1|24|72|168)$")] | None = None
    near: Annotated[
        str,
        Field(max_length=80, description="A city of the shelf, or latitude and longitude in degrees between a comma."),
    ] = ""
    km: Annotated[str, Field(pattern=r"^(50|100|200|500|1000)$")] | None = None
    stored: (
        Annotated[
            str,
            Field(pattern=r"^(30|90|180|365)$", description="Days at most since the goods came into the warehouse."),
        ]
        | None
    ) = None
    sort: Sort = Sort.BEST
    page: Annotated[int, Field(ge=1, le=40)] = 1


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
    """A page of offers, and what another choice in each facet would find."""

    items: list[ListingView]
    total: int
    page: int
    pages: int
    facets: dict[str, dict[str, int]]


class SearchWish(Shape):
    """A search to save."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    q: Annotated[str, Field(max_length=200)] = ""
    category: Values = ""
    grade: Values = ""
    place: Values = ""
    evidence: Values = ""
    alert: Alert = Alert.AT_ONCE


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


def _shaped(money: Money) -> dict[str, str]:
    return {"amount": str(money.amount), "currency": money.currency}


def _shown(offer: queries.Offer) -> dict[str, Any]:
    plain = ("id", "number", "title", "product_name", "category", "grade", "place", "regime", "evidence", "opens_at")
    return {name: getattr(offer.listing, name) for name in plain} | {
        "status": offer.auction.status,
        "quantity": {"amount": str(offer.listing.quantity), "unit": offer.listing.unit},
        "start": _shaped(offer.listing.start),
        "price": _shaped(offer.price),
        "ends_at": offer.auction.ends_at,
    }


@api.look("/listings", gives=Shelf, takes=SearchQuery)
def search_listings(ws: Workspace, body: SearchQuery) -> Any:
    """Search the catalogue."""
    asked = {name: str(value) for name, value in body.model_dump(mode="json").items() if value not in (None, "")}
    shelf = queries.search(ws, asked)
    return {
        "items": [_shown(offer) for offer in shelf.offers],
        "total": shelf.total,
        "page": shelf.page,
        "pages": shelf.pages,
        "facets": shelf.facets,
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
    asked = body.model_dump()
    return _search(actions.save_search(ws, name=asked.pop("name"), alert=asked.pop("alert"), asked=asked))


@api.act("/searches/<uuid:search_id>/alert", gives=SavedSearchView, takes=AlertWish)
def choose_alert(ws: Workspace, search_id: UUID, body: AlertWish) -> Any:
    """Choose how news of a saved search come."""
    return _search(actions.choose_alert(ws, search_id, body.alert), count_matches(ws).get(search_id, 0))


@api.look("/watched-listings", gives=Watched)
def list_watched(ws: Workspace) -> Any:
    """The firm's watch list."""
    return {"items": [_shown(offer) for offer in watched_offers(ws)]}


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
