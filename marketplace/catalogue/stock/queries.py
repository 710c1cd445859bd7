"""Looking at stock that is offered for finance: a bank over all of it, a firm at its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from marketplace.catalogue.models import Listing
from marketplace.catalogue.ports import Shelved, find
from marketplace.catalogue.queries import MOST_PAGES, PAGE, km_from, page_asked, published, wish_of
from marketplace.catalogue.rules.stock import StockState
from marketplace.catalogue.stock.models import StockInterest, StockOffer
from marketplace.money import Money
from tenants.errors import NotFound
from tenants.organisations import Organisation
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Stock:
    """One hit of a bank's search: the file of the goods, whose they are, and how far away."""

    listing: Listing
    firm: str
    km: float | None

    @property
    def wanted(self) -> Money:
        """What the owner would borrow."""
        return self.listing.start


@dataclass(frozen=True, slots=True)
class StockShelf:
    """A page of hits. `about`: which numbers are about right, as an index told them (`ports.Found`)."""

    stock: tuple[Stock, ...]
    total: int
    facets: dict[str, dict[str, int]]
    page: int
    about: frozenset[str] = frozenset()

    @property
    def pages(self) -> int:
        return min(MOST_PAGES, -(-self.total // PAGE))


@dataclass(frozen=True, slots=True)
class Own:
    """An offer of the viewer's own, and how many banks have answered it."""

    offer: StockOffer
    interests: int


def search_stock(ws: Workspace, asked: dict[str, str]) -> StockShelf:
    """Search what is offered for finance, by the words, facets and ranges of the catalogue; a price is what the owner would borrow.

    Banks find all of it, a firm its own, anybody else nothing: row security sees to that, whatever an index says.
    """
    page = page_asked(asked)
    wish = wish_of(ws, asked, page=page, kind=Shelved.STOCK)
    found = find(ws, wish)
    rows = published(ws, wish, found.hits)
    names = _names(ws, {row.tenant_id for row in rows.values()})
    stock = tuple(Stock(rows[hit], names[rows[hit].tenant_id], km_from(wish.near, rows[hit])) for hit in found.hits if hit in rows)  # fmt: skip
    return StockShelf(stock, found.total, found.facets, page, found.about)


def find_stock(ws: Workspace, offer_id: UUID) -> Stock:
    """One file of offered goods, as its owner and banks may read it."""
    wanted = select(Listing).where(Listing.id == offer_id, Listing.kind == Shelved.STOCK)
    row = ws.session.scalars(wanted).one_or_none()
    if row is None:
        raise NotFound("stock_unknown", "There is no such offer of stock.")
    return Stock(row, _names(ws, {row.tenant_id})[row.tenant_id], None)


def own_offers(ws: Workspace) -> list[Own]:
    """What the viewer's firm has offered, newest first."""
    answered = select(StockInterest.offer_id, func.count().label("answers")).group_by(StockInterest.offer_id)
    heard = {row.offer_id: row.answers for row in ws.session.execute(answered)}
    rows = select(StockOffer).where(StockOffer.tenant_id == ws.tenant_id).order_by(StockOffer.id.desc()).limit(200)
    return [Own(row, heard.get(row.id, 0)) for row in ws.session.scalars(rows)]


def find_own_offer(ws: Workspace, offer_id: UUID, *, lock: bool = False) -> StockOffer:
    """One offer of the viewer's own. `lock`: hold it, anew from the database."""
    wanted = select(StockOffer).where(StockOffer.tenant_id == ws.tenant_id, StockOffer.id == offer_id)
    if lock:
        wanted = wanted.with_for_update()
    row = ws.session.scalars(wanted).one_or_none()
    if row is None:
        raise NotFound("stock_unknown", "There is no such offer of stock.")
    return row


def open_offer_of(ws: Workspace, lot_id: UUID, *, lock: bool = False) -> StockOffer | None:
    """The offer by which a lot of the viewer's is shown at the moment."""
    wanted = select(StockOffer).where(
        StockOffer.tenant_id == ws.tenant_id, StockOffer.lot_id == lot_id, StockOffer.status == StockState.OPEN
    )
    if lock:
        wanted = wanted.with_for_update()
    return ws.session.scalars(wanted).one_or_none()


def interests_in(ws: Workspace, offer_id: UUID) -> list[StockInterest]:
    """What banks answered, the latest first: to the owner all of it, to a bank its own."""
    rows = select(StockInterest).where(StockInterest.offer_id == offer_id).order_by(StockInterest.shown_at.desc())
    return list(ws.session.scalars(rows))


def _names(ws: Workspace, firms: set[UUID]) -> dict[UUID, str]:
    rows: Sequence[Organisation] = ws.session.scalars(select(Organisation).where(Organisation.id.in_(firms))).all()
    return {row.id: row.name for row in rows}
