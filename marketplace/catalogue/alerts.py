"""Wishes matched to goods: saved searches that speak up when something is put up that they find, each offer once, at once or in a day's digest."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete, func, select, text, update

from marketplace.catalogue.events import AlertChosen, SearchDigest, SearchMatched
from marketplace.catalogue.models import Listing, SavedSearch, SearchMatch
from marketplace.catalogue.ports import Shelved, own_index
from marketplace.catalogue.queries import find_saved_search, listing_of, saved_searches, wish_of
from marketplace.catalogue.stock.events import StockMatched
from tenants.errors import Invalid
from tenants.events import Fact
from tenants.workspace import Workspace

OWE = text("select gate.owe_alerts(:listing)")
NEWEST = 200
DIGEST_HOUR_UTC = 0  # eight in the morning in China


class Alert(StrEnum):
    """How a firm hears of what a saved search finds."""

    AT_ONCE = "AT_ONCE"
    DAILY = "DAILY"
    OFF = "OFF"


def choose_alert(ws: Workspace, search_id: UUID, alert: str) -> SavedSearch:
    """Choose how news of a search come. Refuses a way that is not on the list."""
    ws.may("save_search")
    row = find_saved_search(ws, search_id)
    row.alert = alert_named(alert).value
    ws.record(AlertChosen(search_id=row.id, name=row.name, alert=row.alert), on=ws.tenant_id)
    return row


def alert_named(written: str) -> Alert:
    """Refuses a way of telling that there is not."""
    try:
        return Alert(written)
    except ValueError as unknown:
        raise Invalid("alert_unknown", "Choose how you want to hear of it from the list.", field="alert") from unknown


def owe_alerts(ws: Workspace, listing: Listing) -> None:
    """Have everybody look whose wishes this offer could meet; the seller does not learn who that is. Again changes nothing."""
    ws.session.flush()
    ws.session.execute(OWE, {"listing": listing.id})


def match_searches(ws: Workspace, listing_id: UUID) -> None:
    """Look which of this firm's searches find a new offer, and tell its people, or keep it for the day's digest. Again changes nothing."""
    listing = listing_of(ws, listing_id)
    if listing is None:
        return
    for search in saved_searches(ws):
        known = ws.session.get(SearchMatch, (ws.tenant_id, search.id, listing_id))
        if known is None and search.alert != Alert.OFF and _finds(ws, search, listing_id):
            _keep(ws, search, listing)


def send_digest(ws: Workspace) -> None:
    """Tell in one notice what the firm's searches found since the last one; nothing where they found nothing."""
    untold = select(func.count(func.distinct(SearchMatch.listing_id))).where(
        SearchMatch.tenant_id == ws.tenant_id, SearchMatch.told_at.is_(None)
    )
    found = int(ws.session.scalar(untold) or 0)
    if found:
        mine = update(SearchMatch).where(SearchMatch.tenant_id == ws.tenant_id, SearchMatch.told_at.is_(None))
        ws.session.execute(mine.values(told_at=ws.now).execution_options(synchronize_session=False))
        ws.record(SearchDigest(found=found), on=ws.tenant_id)


def count_matches(ws: Workspace) -> dict[UUID, int]:
    """How many offers each of the firm's searches has found since it was saved."""
    rows = select(SearchMatch.search_id, func.count().label("offers")).where(SearchMatch.tenant_id == ws.tenant_id)
    return {row.search_id: row.offers for row in ws.session.execute(rows.group_by(SearchMatch.search_id))}


def forget_matches(ws: Workspace, search_id: UUID) -> None:
    """What a search found goes with it."""
    ws.session.execute(
        delete(SearchMatch).where(SearchMatch.tenant_id == ws.tenant_id, SearchMatch.search_id == search_id)
    )


def next_digest(now: datetime) -> datetime:
    """The next morning at which a digest is sent."""
    today = now.replace(hour=DIGEST_HOUR_UTC, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)


def _finds(ws: Workspace, search: SavedSearch, listing_id: UUID) -> bool:
    """By the search that the firm would run, in the database's own index, newest first, where a new offer stands on top; but all that it asks for has to be there."""
    asked = {name: value for name, value in search.query.items() if name not in ("within", "sort", "status")}
    wish = replace(wish_of(ws, asked | {"sort": "newest"}, most=NEWEST), every=True)
    return listing_id in own_index().search(ws, wish).hits


def _told(search: SavedSearch, listing: Listing) -> Fact:
    if listing.kind == Shelved.STOCK:
        return StockMatched(offer_id=listing.id, name=search.name, title=listing.title, amount=listing.start)
    return SearchMatched(listing_id=listing.id, name=search.name, title=listing.title, price=listing.start)


def _keep(ws: Workspace, search: SavedSearch, listing: Listing) -> None:
    at_once = search.alert == Alert.AT_ONCE
    ws.session.add(
        SearchMatch(
            tenant_id=ws.tenant_id,
            search_id=search.id,
            listing_id=listing.id,
            matched_at=ws.now,
            told_at=ws.now if at_once else None,
        )
    )
    ws.session.flush()
    if at_once:
        ws.record(_told(search, listing), on=ws.tenant_id)
    else:
        due = next_digest(ws.now)
        ws.set_timer("catalogue.send_daily_digest", key=due.date().isoformat(), due=due, stream_id=ws.tenant_id)
