"""What the catalogue does by itself: it puts announced auctions on the shelf, and keeps the shelf up to date."""

from datetime import timedelta
from uuid import UUID

from marketplace.catalogue import alerts, index_checks, watching, wishes
from marketplace.catalogue.actions import feed_outer_index, publish_listing, renew_listing
from marketplace.catalogue.stock import answering, offering
from marketplace.disposal.accepting.events import SaleRescinded
from marketplace.disposal.accepting.short_events import SaleCameToNothing
from marketplace.disposal.events import (
    AuctionAnnounced,
    AuctionCancelled,
    AuctionOpened,
    BalanceConfirmed,
    BuyerDefaulted,
    LotHammered,
    LotHandedOver,
    LotUnsold,
    SaleClosed,
)
from marketplace.disposal.outages.events import SaleResumed, SaleStoodStill
from marketplace.disposal.queries import find_auction
from marketplace.disposal.rules.lifecycle import AuctionState
from marketplace.disposal.settling.events import SecondChanceTaken
from marketplace.inventory.events import (
    LotDeparted,
    LotFrozen,
    LotPledged,
    LotReleased,
    LotReserved,
    LotUnfrozen,
    LotUnreserved,
    QuantityShrunk,
)
from marketplace.inventory.found_events import QuantityFound
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace

PRICE_AGE = timedelta(minutes=5)


@reacts_to(AuctionAnnounced, roles={"seller"})
def shelve_lot(ws: Workspace, happened: Happened) -> None:
    """Publish the redacted file."""
    publish_listing(ws, happened.stream_id)


@reacts_to(
    AuctionOpened, LotHammered, LotUnsold, AuctionCancelled, BalanceConfirmed, BuyerDefaulted, SecondChanceTaken, LotHandedOver, SaleClosed, SaleRescinded, SaleCameToNothing,
    roles={"seller"},
)  # fmt: skip
def renew_shelf(ws: Workspace, happened: Happened) -> None:
    """Follow the sale; while bidding is open the price on the shelf follows every few minutes."""
    renew_listing(ws, happened.stream_id)
    if happened.kind == AuctionOpened.__name__:
        _look_again(ws, happened.stream_id)


@reacts_to(SaleResumed, SaleStoodStill, roles={"seller"})
def follow_standstill(ws: Workspace, happened: Happened) -> None:
    """A standstill has moved the end: the shelf follows, and those who watch the offer are told of its close by the new one."""
    renew_listing(ws, happened.stream_id)
    watching.remind_watchers(ws, happened.stream_id)


@reacts_to(roles=set())
def follow_price(ws: Workspace, happened: Happened) -> None:
    """Bring the shelf's price up to the standing bid."""
    renew_listing(ws, happened.stream_id)
    if find_auction(ws, happened.stream_id).status == AuctionState.OPEN:
        _look_again(ws, happened.stream_id)


@reacts_to(roles=set())
def feed_index(ws: Workspace, happened: Happened) -> None:
    """The shelf has changed and that is committed: the index beside the database follows."""
    feed_outer_index(ws, happened.stream_id)


@reacts_to(roles=set())
def tell_of_index_check(ws: Workspace, happened: Happened) -> None:
    """The night has held the index beside the database against the rows."""
    index_checks.tell_of_check(ws, happened.facts)


@reacts_to(roles=set())
def tell_of_matches(ws: Workspace, happened: Happened) -> None:
    """Goods were put up that a saved search of this firm may find."""
    alerts.match_searches(ws, happened.stream_id)


@reacts_to(roles=set())
def send_daily_digest(ws: Workspace, _happened: Happened) -> None:
    """The morning after something was found."""
    alerts.send_digest(ws)


@reacts_to(roles=set())
def tell_closing(ws: Workspace, happened: Happened) -> None:
    """A watched offer closes soon, or its end has moved."""
    watching.tell_of_the_close(ws, happened.stream_id)


@reacts_to(roles=set())
def tell_put_up_again(ws: Workspace, happened: Happened) -> None:
    """Watched goods are put up again."""
    watching.tell_put_up_again(ws, happened.stream_id)


@reacts_to(
    LotReserved, LotUnreserved, LotPledged, LotReleased, LotDeparted, LotFrozen, LotUnfrozen, QuantityShrunk, QuantityFound,
    roles={"owner"},
)  # fmt: skip
def follow_offered_stock(ws: Workspace, happened: Happened) -> None:
    """What banks are shown of a lot is what is free of it."""
    offering.follow_lot(ws, happened.stream_id)


@reacts_to(roles=set())
def expire_stock(ws: Workspace, happened: Happened) -> None:
    """An offer of stock has stood as long as it was to stand."""
    offering.expire_stock(ws, happened.stream_id)


@reacts_to(roles=set())
def hear_of_interest(ws: Workspace, happened: Happened) -> None:
    """A bank has answered an offer of stock."""
    answering.hear_of_interest(ws, happened.stream_id, UUID(happened.facts["bank_id"]))


@reacts_to(roles=set())
def tell_of_invitation(ws: Workspace, happened: Happened) -> None:
    """A seller would talk about goods that a saved search of this firm found."""
    wishes.tell_of_invitation(ws, happened.stream_id)


def _look_again(ws: Workspace, auction_id: UUID) -> None:
    due = ws.now + PRICE_AGE
    ws.set_timer("catalogue.follow_price", key=f"{auction_id}:{due.isoformat()}", due=due, stream_id=auction_id)
