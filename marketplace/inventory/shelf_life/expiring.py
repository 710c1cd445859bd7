"""Goods that are not kept for ever: those who have a hand in them are told a month before the end, and on the day."""

from marketplace.business_days import SHANGHAI
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import GONE
from marketplace.inventory.rules.shelf_life import WARNED_DAYS, told_at
from marketplace.inventory.shelf_life.events import ShelfLifeEnded, ShelfLifeEnding
from tenants.workspace import Workspace


def watch_expiry(ws: Workspace, lot: Lot) -> None:
    """Have the end of a verified lot told in time; nothing where it has none."""
    if lot.expires_on is None:
        return
    today = ws.now.astimezone(SHANGHAI).date()
    if (lot.expires_on - today).days <= WARNED_DAYS:
        tell_expiry(ws, lot)
    else:
        _wait(ws, lot)


def tell_expiry(ws: Workspace, lot: Lot) -> None:
    """Say that a lot is about to expire or has expired, unless it is gone; a warning is followed by the day itself."""
    if lot.expires_on is None or lot.standing in GONE:
        return
    is_over = ws.now.astimezone(SHANGHAI).date() >= lot.expires_on
    fact = ShelfLifeEnded if is_over else ShelfLifeEnding
    ws.record(fact(lot_id=lot.id, number=lot.number, expires_on=lot.expires_on), on=lot.id)
    if not is_over:
        _wait(ws, lot)


def _wait(ws: Workspace, lot: Lot) -> None:
    assert lot.expires_on is not None, "asked before"
    due = told_at(lot.expires_on, ws.now.astimezone(SHANGHAI).date())
    ws.set_timer("inventory.tell_shelf_life", key=f"{lot.id}:{due:%Y-%m-%d}", due=due, stream_id=lot.id)
