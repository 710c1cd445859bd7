"""Finding goods: a question in words, facets and ranges; hits are read again from the published rows, with the price as it stands now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.catalogue.distance import Near, Spot, km_between, middle, spot_of, spot_read
from marketplace.catalogue.models import Listing, SavedSearch
from marketplace.catalogue.ports import FACETS, Document, Shelved, Sort, Wish, find, flat
from marketplace.catalogue.rules.passports import CATEGORIES
from marketplace.catalogue.rules.tokens import tokens, wanted
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.rules.lifecycle import AuctionState
from marketplace.money import Money
from tenants.errors import Invalid, NotFound
from tenants.workspace import Workspace

LONGEST_QUESTION = 200
WITHIN_HOURS = {"1": 1, "24": 24, "72": 72, "168": 168}
STORED_DAYS = {"30": 30, "90": 90, "180": 180, "365": 365}
KILOMETRES = ("50", "100", "200", "500", "1000")
FOR_SALE = (AuctionState.ANNOUNCED.value, AuctionState.OPEN.value)
PAGE = 24
MOST_PAGES = 40


@dataclass(frozen=True, slots=True)
class Offer:
    """One hit: the published file and the sale as it stands; how many kilometres from the searcher, where that was asked."""

    listing: Listing
    auction: Auction
    km: float | None = None

    @property
    def price(self) -> Money:
        """What stands, else the start price."""
        return self.auction.standing or self.auction.start


@dataclass(frozen=True, slots=True)
class Shelf:
    """A page of hits. `about`: which numbers are about right, as an index told them (`ports.Found`)."""

    offers: tuple[Offer, ...]
    total: int
    facets: dict[str, dict[str, int]]
    page: int
    about: frozenset[str] = frozenset()

    @property
    def pages(self) -> int:
        return min(MOST_PAGES, -(-self.total // PAGE))


def search(ws: Workspace, asked: dict[str, str]) -> Shelf:
    """Search by what a reader typed and chose: `q`, a facet's values between commas, `price_min` and `price_max` in major units, `within` hours of
    closing, `near` a city of the shelf or a position in degrees, within `km`, `stored` for so many days at most, `sort`, `page`.

    Refuses a price that is none, an unknown order, and a place that nobody knows.
    """
    page = page_asked(asked)
    wish = wish_of(ws, asked, page=page)
    found = find(ws, wish)
    rows = published(ws, wish, found.hits)
    auctions = {
        row.auction_id: row for row in ws.session.scalars(select(Auction).where(Auction.auction_id.in_(found.hits)))
    }
    offers = tuple(
        Offer(rows[hit], auctions[hit], km_from(wish.near, rows[hit]))
        for hit in found.hits
        if hit in rows and hit in auctions
    )
    return Shelf(offers, found.total, found.facets, page, found.about)


def published(ws: Workspace, wish: Wish, hits: Sequence[UUID]) -> dict[UUID, Listing]:
    """Hits read again from the published rows, under row security, as far as they still are what was asked for."""
    rows = ws.session.scalars(select(Listing).where(Listing.id.in_(hits), Listing.kind == wish.kind))
    return {row.id: row for row in rows if _still_answers(row, wish)}


def find_listing(ws: Workspace, listing_id: UUID) -> Listing:
    """One published offer of goods for sale."""
    wanted = select(Listing).where(Listing.id == listing_id, Listing.kind == Shelved.AUCTION)
    row = ws.session.scalars(wanted).one_or_none()
    if row is None:
        raise NotFound("listing_unknown", "There is no such offer.")
    return row


def find_offer(ws: Workspace, listing_id: UUID) -> Offer:
    """One published offer with its sale as it stands."""
    return Offer(find_listing(ws, listing_id), ws.session.get_one(Auction, listing_id))


def listing_of(ws: Workspace, auction_id: UUID) -> Listing | None:
    """The published file of an offer, once it is there (of an auction, a moment after the announcement)."""
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


def document_of(listing: Listing) -> Document:
    """What an index is given. A reader may look for the goods' name in both languages, for grade, place, number and origin."""
    names = (listing.title, *CATEGORIES.get(listing.category, ()))
    told = (listing.grade, listing.place, listing.number, *(str(listing.passport.get(key, "")) for key in ("origin", "site", "lot", "hs_code")))  # fmt: skip
    return Document(
        listing.tenant_id,
        listing.id,
        listing.version,
        name=tuple(token for name in names for token in tokens(name)),
        text=tuple(token for text in told for token in tokens(text)),
        facets={name: getattr(listing, name) for name in FACETS},
        price_minor=listing.price_minor,
        closes_at=listing.closes_at,
        published_at=listing.published_at,
        spot=listing.spot,
        received_at=listing.received_at,
    )


def published_after(ws: Workspace, last: UUID | None, most: int) -> list[Listing]:
    """What everybody may find, from end to end, in pages: those that come after `last` by id."""
    rows = select(Listing).where(Listing.kind == Shelved.AUCTION).order_by(Listing.id).limit(most)
    return list(ws.session.scalars(rows.where(Listing.id > last) if last else rows))


def published_versions(ws: Workspace, ids: Sequence[UUID]) -> dict[UUID, int]:
    """The counters of those that everybody may find."""
    rows = select(Listing.id, Listing.version).where(Listing.kind == Shelved.AUCTION, Listing.id.in_(ids))
    return {row.id: row.version for row in ws.session.execute(rows)}


def _still_answers(listing: Listing, wish: Wish) -> bool:
    """Whether an offer is still what was asked for: an index beside the database hears of a change a moment later."""
    return (
        all(getattr(listing, name) in values for name, values in wish.facets.items() if values)
        and (wish.price_min is None or listing.price_minor >= wish.price_min)
        and (wish.price_max is None or listing.price_minor <= wish.price_max)
        and (wish.closes_before is None or listing.closes_at <= wish.closes_before)
        and (
            wish.received_after is None
            or (listing.received_at is not None and listing.received_at >= wish.received_after)
        )
    )


def km_from(near: Near | None, listing: Listing) -> float | None:
    """How far the goods lie from the searcher, where both places are known."""
    return km_between(near.spot, listing.spot) if near and listing.spot else None


def wish_of(
    ws: Workspace, asked: dict[str, str], *, page: int = 1, most: int = PAGE, kind: Shelved | None = None
) -> Wish:
    """What was typed and chosen, as an index takes it. `kind`: which shelf, where the page has one; else the one that was saved with the search."""
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
        near=(near := _near(ws, asked.get("near", "").strip(), asked.get("km", ""))),
        received_after=ws.now - timedelta(days=STORED_DAYS[asked["stored"]])
        if asked.get("stored") in STORED_DAYS
        else None,
        kind=kind or (Shelved.STOCK if asked.get("kind") == Shelved.STOCK else Shelved.AUCTION),
        sort=_sort(asked.get("sort") or ("nearest" if near else "best")),
        past=(page - 1) * most,
        most=most,
    )


def _near(ws: Workspace, place: str, km: str) -> Near | None:
    """Where the searcher stands: a position, or a city in which something was ever on the shelf."""
    if not place:
        return None
    spot = spot_read(place) or _city(ws, place)
    if spot is None:
        raise Invalid("place_unknown", "Nothing on the shelf lies in %(place)s. Choose a place of the list, or give latitude and longitude.", field="near", place=place[:80])  # fmt: skip
    return Near(spot, int(km) if km in KILOMETRES else None)


def _city(ws: Workspace, place: str) -> Spot | None:
    rows = select(Listing.latitude, Listing.longitude).where(Listing.place == place, Listing.latitude.is_not(None))
    spots = [spot for row in ws.session.execute(rows.distinct().limit(100)) if (spot := spot_of(*row))]
    return middle(spots) if spots else None


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


def page_asked(asked: dict[str, str]) -> int:
    """Which page of the hits was asked for. Refuses one that is not there."""
    written = asked.get("page", "1")
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
