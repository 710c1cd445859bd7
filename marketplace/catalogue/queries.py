"""Finding goods: a question in words, facets and ranges; hits are read again from the published rows, with the price as it stands now."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.catalogue.models import Listing, SavedSearch
from marketplace.catalogue.ports import FACETS, Sort, Wish, flat, index
from marketplace.catalogue.rules.tokens import wanted
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.rules.lifecycle import AuctionState
from marketplace.money import Money
from tenants.errors import Invalid, NotFound
from tenants.workspace import Workspace

LONGEST_QUESTION = 200
WITHIN_HOURS = {"1": 1, "24": 24, "72": 72, "168": 168}
FOR_SALE = (AuctionState.ANNOUNCED.value, AuctionState.OPEN.value)
PAGE = 24
MOST_PAGES = 40


@dataclass(frozen=True, slots=True)
class Offer:
    """One hit: the published file and the sale as it stands."""

    listing: Listing
    auction: Auction

    @property
    def price(self) -> Money:
        """What stands, else the start price."""
        return self.auction.standing or self.auction.start


@dataclass(frozen=True, slots=True)
class Shelf:
    """A page of hits."""

    offers: tuple[Offer, ...]
    total: int
    facets: dict[str, dict[str, int]]
    page: int

    @property
    def pages(self) -> int:
        return min(MOST_PAGES, -(-self.total // PAGE))


def search(ws: Workspace, asked: dict[str, str]) -> Shelf:
    """Search by what a reader typed and chose: `q`, a facet's values between commas, `price_min` and `price_max` in major units, `within` hours of
    closing, `sort`, `page`. Refuses a price that is none, and an unknown order.
    """
    page = _page(asked.get("page", "1"))
    found = index().search(ws, _wish(ws, asked, page))
    rows = {row.id: row for row in ws.session.scalars(select(Listing).where(Listing.id.in_(found.hits)))}
    auctions = {
        row.auction_id: row for row in ws.session.scalars(select(Auction).where(Auction.auction_id.in_(found.hits)))
    }
    offers = tuple(Offer(rows[hit], auctions[hit]) for hit in found.hits if hit in rows and hit in auctions)
    return Shelf(offers, found.total, found.facets, page)


def find_listing(ws: Workspace, listing_id: UUID) -> Listing:
    """One published offer."""
    row = ws.session.scalars(select(Listing).where(Listing.id == listing_id)).one_or_none()
    if row is None:
        raise NotFound("listing_unknown", "There is no such offer.")
    return row


def find_offer(ws: Workspace, listing_id: UUID) -> Offer:
    """One published offer with its sale as it stands."""
    return Offer(find_listing(ws, listing_id), ws.session.get_one(Auction, listing_id))


def listing_of(ws: Workspace, auction_id: UUID) -> Listing | None:
    """The published file of an auction, once it is there (a moment after the announcement)."""
    return ws.session.scalars(select(Listing).where(Listing.id == auction_id)).one_or_none()


def saved_searches(ws: Workspace) -> list[SavedSearch]:
    """The firm's saved searches, newest first."""
    rows = select(SavedSearch).where(SavedSearch.tenant_id == ws.tenant_id).order_by(SavedSearch.created_at.desc())
    return list(ws.session.scalars(rows))


def find_saved_search(ws: Workspace, search_id: UUID) -> SavedSearch:
    """One of the firm's saved searches."""
    row = ws.session.get(SavedSearch, (ws.tenant_id, search_id))
    if row is None:
        raise NotFound("search_unknown", "There is no such saved search.")
    return row


def _wish(ws: Workspace, asked: dict[str, str], page: int) -> Wish:
    question = asked.get("q", "").strip()
    if len(question) > LONGEST_QUESTION:
        raise Invalid("question_too_long", "A search has at most 200 characters.", field="q")
    within = WITHIN_HOURS.get(asked.get("within", ""))
    return Wish(
        tokens=flat(wanted(question)),
        facets=_facets(asked),
        price_min=_minor(asked.get("price_min", ""), "price_min"),
        price_max=_minor(asked.get("price_max", ""), "price_max"),
        closes_before=ws.now + timedelta(hours=within) if within else None,
        sort=_sort(asked.get("sort") or "best"),
        past=(page - 1) * PAGE,
        most=PAGE,
    )


def _facets(asked: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """The chosen values. Without a word about the state, what can still be bid for; `any` for all that was ever on the shelf."""
    chosen = {name: _values(asked[name]) for name in FACETS if asked.get(name)}
    chosen.setdefault("status", FOR_SALE)
    return {name: values for name, values in chosen.items() if values != ("any",)}


def _values(written: str) -> tuple[str, ...]:
    """Values between commas. What cannot be printed is in no value on the shelf, so it is left out."""
    printed = "".join(sign for sign in written if sign.isprintable())
    return tuple(value.strip() for value in printed.split(",") if value.strip())[:20]


def _sort(written: str) -> Sort:
    try:
        return Sort(written)
    except ValueError as unknown:
        raise Invalid("sort_unknown", "Choose an order from the list.", field="sort") from unknown


def _page(written: str) -> int:
    if not written.isascii() or not written.isdigit() or not 1 <= int(written) <= MOST_PAGES:
        raise Invalid("page_unknown", "There is no such page.", field="page")
    return int(written)


def _minor(written: str, field: str) -> int | None:
    """A price as typed, in minor units of the renminbi. Grouping commas of either width are forgiven."""
    trimmed: Any = written.replace(",", "").replace("，", "").strip()
    if not trimmed:
        return None
    try:
        amount = Decimal(trimmed)
    except InvalidOperation as unreadable:
        raise Invalid("price_unreadable", "%(price)s is not a price.", field=field, price=written[:40]) from unreadable
    if not amount.is_finite() or not 0 <= amount < Decimal(10) ** 15:
        raise Invalid("price_unreadable", "%(price)s is not a price.", field=field, price=written[:40])
    return int(amount * 100)
