"""Calls for stock that is offered for finance: a bank searches and answers, a firm offers."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, Nothing, QuantityShape, Shape
from frontend.catalogue.calls import ShelfQuery, api, asked_of
from frontend.disposal.amounts import read, shaped
from marketplace.catalogue import actions
from marketplace.catalogue.advice import advise
from marketplace.catalogue.ports import Shelved
from marketplace.catalogue.stock import queries
from marketplace.catalogue.stock.models import StockInterest, StockOffer
from tenants.workspace import Workspace

Rate = Annotated[str, Field(pattern=r"^0\.\d{1,8}$", description="A yearly rate as a share of one.")]
Words = Annotated[str, Field(max_length=400)]


class StockView(Shape):
    """One lot that is offered: the goods, whose they are, and what its owner would borrow."""

    id: UUID
    number: str
    status: str
    firm: str
    title: str
    category: str
    grade: str
    place: str
    evidence: str
    quantity: QuantityShape
    wanted: MoneyShape
    published_at: Moment
    until: Moment


class InterestView(Shape):
    """What a bank answered."""

    bank_id: UUID
    bank: str
    amount: MoneyShape
    annual_rate: str | None
    words: str
    shown_at: Moment


class StockFile(StockView):
    """An offer with the passport of its lot, and the answers that the caller may read."""

    passport: dict[str, Any]
    interests: list[InterestView]


class StockShelf(Shape):
    """A page of offers, what another choice in each facet would find, and how the words were perhaps meant where one of them is on no offer.

    `about`: numbers that are only about right, as the words are on many offers: `total`, and facets by name; where the total is exact, of a facet what was not chosen.
    """

    items: list[StockView]
    total: int
    page: int
    pages: int
    facets: dict[str, dict[str, int]]
    about: list[str]
    meant: str | None


class OfferBody(Shape):
    """A lot to offer to all banks, what one would borrow on it, for how long, and for how many days the offer stands."""

    lot_id: UUID
    amount: MoneyShape
    tenor_days: Annotated[int, Field(ge=1, le=1830)]
    shown_days: Annotated[int, Field(ge=1, le=90)] = 30
    words: Words = ""


class OfferView(Shape):
    """An offer of the caller's own."""

    id: UUID
    number: str
    lot_id: UUID
    status: str
    title: str
    amount: MoneyShape
    tenor_days: int
    words: str
    offered_at: Moment
    until: Moment


class OwnOffers(Shape):
    """What the caller's firm has offered, newest first."""

    items: list[OfferView]


class InterestBody(Shape):
    """Up to how much a bank would look at lending."""

    amount: MoneyShape
    annual_rate: Rate | None = None
    words: Words = ""


@api.look("/stock", gives=StockShelf, takes=ShelfQuery)
def search_stock(ws: Workspace, body: ShelfQuery) -> Any:
    """Search stock that is offered for finance."""
    asked = asked_of(body)
    shelf = queries.search_stock(ws, asked)
    return {
        "items": [_shown(one) for one in shelf.stock],
        "total": shelf.total,
        "page": shelf.page,
        "pages": shelf.pages,
        "facets": shelf.facets,
        "about": sorted(shelf.about),
        "meant": advise(ws, asked, shelf.total, Shelved.STOCK).meant,
    }


@api.look("/stock/<uuid:stock_id>", gives=StockFile)
def get_stock(ws: Workspace, stock_id: UUID) -> Any:
    """One offer with its passport."""
    one = queries.find_stock(ws, stock_id)
    answers = [_answered(row) for row in queries.interests_in(ws, stock_id)]
    return _shown(one) | {"passport": one.listing.passport, "interests": answers}


@api.look("/stock-offers", gives=OwnOffers)
def list_stock_offers(ws: Workspace) -> Any:
    """What the firm has offered."""
    return {"items": [_offered(one.offer) for one in queries.own_offers(ws)]}


@api.act("/stock-offers", gives=OfferView, takes=OfferBody, status=201)
def offer_stock(ws: Workspace, body: OfferBody) -> Any:
    """Offer a lot to all banks."""
    wanted = read(body.amount)
    offer = actions.offer_stock(ws, body.lot_id, amount=wanted, tenor_days=body.tenor_days, shown_days=body.shown_days, words=body.words)  # fmt: skip
    return _offered(offer)


@api.act("/stock-offers/<uuid:stock_id>/withdrawal", gives=OfferView, takes=Nothing)
def withdraw_stock(ws: Workspace, stock_id: UUID, body: Nothing) -> Any:
    """Take an offer back."""
    return _offered(actions.withdraw_stock(ws, stock_id))


@api.act("/stock/<uuid:stock_id>/interest", gives=InterestView, takes=InterestBody, status=201)
def show_interest(ws: Workspace, stock_id: UUID, body: InterestBody) -> Any:
    """Tell the owner up to how much one would look at lending."""
    rate = None if body.annual_rate is None else Decimal(body.annual_rate)
    return _answered(actions.show_interest(ws, stock_id, amount=read(body.amount), annual_rate=rate, words=body.words))


def _shown(one: queries.Stock) -> dict[str, Any]:
    plain = ("id", "number", "status", "title", "category", "grade", "place", "evidence", "published_at")
    return {name: getattr(one.listing, name) for name in plain} | {
        "firm": one.firm,
        "quantity": {"amount": str(one.listing.quantity), "unit": one.listing.unit},
        "wanted": shaped(one.wanted),
        "until": one.listing.closes_at,
    }


def _offered(row: StockOffer) -> dict[str, Any]:
    plain = ("id", "number", "lot_id", "status", "title", "tenor_days", "words", "offered_at", "until")
    return {name: getattr(row, name) for name in plain} | {"amount": shaped(row.amount)}


def _answered(row: StockInterest) -> dict[str, Any]:
    rate = None if row.annual_rate is None else str(row.annual_rate.normalize())
    plain = {"bank_id": row.tenant_id, "bank": row.bank, "words": row.words, "shown_at": row.shown_at}
    return plain | {"amount": shaped(row.amount), "annual_rate": rate}
