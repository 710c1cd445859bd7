"""A firm shows a lot to banks: offered, taken back, run out, or off the shelf because nothing of it is free any more."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from marketplace.catalogue.alerts import owe_alerts
from marketplace.catalogue.models import Listing
from marketplace.catalogue.passport import passport_of
from marketplace.catalogue.ports import Shelved, own_index
from marketplace.catalogue.queries import document_of
from marketplace.catalogue.rules.passports import category_of
from marketplace.catalogue.rules.stock import (
    STOCK_OFFER,
    StockState,
    require_offerable,
    require_wanted,
    require_words,
    shown_for,
)
from marketplace.catalogue.stock.events import StockExpired, StockOffered, StockTaken, StockWithdrawn
from marketplace.catalogue.stock.models import StockOffer
from marketplace.catalogue.stock.queries import find_own_offer, open_offer_of
from marketplace.inventory.models import Lot
from marketplace.inventory.places.queries import find_site
from marketplace.inventory.queries import find_lot
from marketplace.money import Money
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, NotFound
from tenants.events import Fact
from tenants.organisations import Kind
from tenants.workspace import Workspace


def offer_stock(
    ws: Workspace, lot_id: UUID, *, amount: Money, tenor_days: int, shown_days: int, words: str = ""
) -> StockOffer:
    """Show what is free of a lot to all banks of the house, for so many days, and say what one would borrow on it.

    Refuses a lot that is not the firm's own, not verified, frozen, without anything free, or on offer already; no amount; too many days.
    """
    ws.may("offer_stock")
    lot = _own_lot(ws, lot_id)
    require_offerable(verified=lot.verified is not None, free=lot.free_qty, frozen=lot.is_frozen)
    require_wanted(amount, tenor_days=tenor_days, shown_days=shown_days)
    if open_offer_of(ws, lot_id) is not None:
        raise Conflict(
            "stock_offered", "This lot is offered already. Take the offer back to make another.", field="lot_id"
        )
    offer = _offer(ws, lot, amount, tenor_days, require_words(words), until=ws.now + shown_for(shown_days))
    rooms.found(ws, offer.id, kind="stock_offer", role="owner")
    _shelve(ws, offer, lot)
    ws.set_timer("catalogue.expire_stock", key=str(offer.id), due=offer.until, stream_id=offer.id)
    fact = StockOffered(offer_id=offer.id, title=offer.title, amount=amount, until=offer.until)
    ws.record(fact, on=offer.id, evidence=[lot.id])
    return offer


def withdraw_stock(ws: Workspace, offer_id: UUID) -> StockOffer:
    """Take an offer off the shelf. Refuses one that is over."""
    ws.may("offer_stock")
    offer = find_own_offer(ws, offer_id, lock=True)
    _end(ws, offer, "withdraw", StockWithdrawn(offer_id=offer.id, title=offer.title))
    return offer


def expire_stock(ws: Workspace, offer_id: UUID) -> None:
    """The time of an offer is over; one that ended otherwise stays as it is."""
    offer = find_own_offer(ws, offer_id, lock=True)
    if offer.status == StockState.OPEN and offer.until <= ws.now:
        _end(ws, offer, "expire", StockExpired(offer_id=offer.id, title=offer.title))


def follow_lot(ws: Workspace, lot_id: UUID) -> None:
    """Something happened to a lot of the firm's: what is shown of it is what is free now, and nothing is shown of which nothing is free."""
    offer = open_offer_of(ws, lot_id, lock=True)
    if offer is None:
        return
    lot = find_lot(ws, lot_id)
    if lot.is_frozen or lot.free_qty <= 0:
        _end(ws, offer, "take", StockTaken(offer_id=offer.id, title=offer.title))
    else:
        _describe(ws, _file_of(ws, offer), offer, lot)


def _own_lot(ws: Workspace, lot_id: UUID) -> Lot:
    lot = find_lot(ws, lot_id, lock=True)
    if lot.tenant_id != ws.tenant_id:
        raise NotFound("lot_unknown", "There is no such lot.")
    return lot


def _offer(ws: Workspace, lot: Lot, amount: Money, tenor_days: int, words: str, *, until: datetime) -> StockOffer:
    earlier = ws.session.scalar(select(func.count()).select_from(StockOffer).where(StockOffer.tenant_id == ws.tenant_id))  # fmt: skip
    offer = StockOffer(
        tenant_id=ws.tenant_id,
        id=new_id(),
        number=f"S-{(earlier or 0) + 1}",
        lot_id=lot.id,
        status=STOCK_OFFER.next_state(None, "offer").value,
        title=lot.product_name,
        currency=amount.currency,
        amount_minor=amount.minor,
        tenor_days=tenor_days,
        words=words,
        offered_at=ws.now,
        until=until,
        moved_at=ws.now,
    )
    ws.session.add(offer)
    ws.session.flush()
    return offer


def _shelve(ws: Workspace, offer: StockOffer, lot: Lot) -> None:
    """The file that banks read: what goods they are and how well that is known, as for a sale, and what is wanted on them."""
    site = find_site(ws, lot.site_id)
    listing = Listing(
        tenant_id=ws.tenant_id,
        id=offer.id,
        kind=Shelved.STOCK,
        open_to=Kind.BANK,
        status=offer.status,
        number=offer.number,
        title=offer.title,
        product_name=lot.product_name,
        category=category_of(lot.hs_code),
        grade=lot.grade,
        place=site.city,
        latitude=site.latitude,
        longitude=site.longitude,
        received_at=lot.received_at,
        regime="",
        unit=lot.unit,
        currency=offer.currency,
        start_minor=offer.amount_minor,
        price_minor=offer.amount_minor,
        deposit_minor=0,
        opens_at=ws.now,
        closes_at=offer.until,
        published_at=ws.now,
        version=0,
    )
    _describe(ws, listing, offer, lot)
    ws.session.add(listing)
    own_index().put(ws, [document_of(listing)])
    owe_alerts(ws, listing)


def _describe(ws: Workspace, listing: Listing, offer: StockOffer, lot: Lot) -> None:
    passport = passport_of(ws, lot.id, ws.now) | {"loan": {"tenor_days": offer.tenor_days, "words": offer.words}}
    listing.passport, listing.evidence, listing.quantity = passport, str(passport["evidence"]), lot.free_qty
    listing.version += 1


def _end(ws: Workspace, offer: StockOffer, action: str, fact: Fact) -> None:
    offer.status = STOCK_OFFER.next_state(StockState(offer.status), action).value
    offer.moved_at = ws.now
    listing = _file_of(ws, offer)
    listing.status = offer.status
    listing.version += 1
    ws.record(fact, on=offer.id)


def _file_of(ws: Workspace, offer: StockOffer) -> Listing:
    return ws.session.get_one(Listing, (offer.tenant_id, offer.id))
