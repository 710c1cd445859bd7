"""Looking at the guard against mass sales: the settings in force, and what holds a kind of goods back now."""

from datetime import timedelta

from sqlalchemy import func, select

from marketplace.disposal.guarding.models import SaleGuard
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.queries import LIVE
from marketplace.disposal.rules.guarding import Brake, Market, brakes, require_calm
from marketplace.disposal.rules.lifecycle import AuctionState
from marketplace.valuation.queries import quotes, today
from tenants.organisations import Kind, Organisation
from tenants.workspace import Workspace


def guard_versions(ws: Workspace, *, limit: int = 20) -> list[SaleGuard]:
    """The settings that the operator published, the one in force first."""
    operators = select(Organisation.id).where(Organisation.kinds.contains([Kind.PLATFORM.value]))
    rows = select(SaleGuard).where(SaleGuard.tenant_id.in_(operators))
    return list(ws.session.scalars(rows.order_by(SaleGuard.set_at.desc(), SaleGuard.version.desc()).limit(limit)))


def guard_in_force(ws: Workspace) -> SaleGuard | None:
    """None until the operator has published one: then nothing is held back."""
    found = guard_versions(ws, limit=1)
    return found[0] if found else None


def held_back(ws: Workspace, *, product_name: str, place: str, price_code: str) -> tuple[SaleGuard, tuple[Brake, ...]] | None:  # fmt: skip
    """The settings in force and why goods of this kind, in this place, would wait; prices are the viewer's own. None without settings."""
    row = guard_in_force(ws)
    if row is None:
        return None
    kind = Auction.product_name == product_name
    on_sale = select(func.count()).where(kind, Auction.place == place, Auction.status.in_(LIVE))
    since = today(ws) - timedelta(days=row.days)
    ended = select(Auction.sold_minor.is_not(None)).where(
        kind, Auction.closed_at >= ws.now - timedelta(days=row.days), Auction.status != AuctionState.CANCELLED
    )
    market = Market(
        ws.session.scalar(on_sale) or 0,
        [(one.quoted_on, one.price) for one in quotes(ws, price_code, since=since)],
        list(ws.session.scalars(ended)),
    )
    return row, brakes(row.guard, market, ws.now, today(ws))


def wait_for_calm(ws: Workspace, *, product_name: str, place: str, price_code: str) -> None:
    """Refuse an announcement that the guard holds back. Announcements of one kind in one place are asked for one after the other, so that none slips by."""
    ws.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"sales:{product_name}:{place}", 0))))
    found = held_back(ws, product_name=product_name, place=place, price_code=price_code)
    if found is not None:
        require_calm(found[0].guard, found[1])
