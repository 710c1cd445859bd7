"""The defaulter's sanction: barred for a published time, seen by all who sell, open to appeal and to being lifted."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from marketplace.disposal.models.settlements import Settlement
from marketplace.disposal.queries import find_auction
from marketplace.disposal.registering import find_registration, return_deposit
from marketplace.disposal.rules.afterwards import AFTERWARDS
from marketplace.disposal.rules.regimes import RegimeName
from marketplace.disposal.settling.events import BarAppealed, BarLifted, BidderBarred, RegistrationVoided
from marketplace.disposal.settling.models import BidderBar
from marketplace.disposal.settling.queries import find_bar
from tenants.errors import Conflict, Invalid, NotFound
from tenants.workspace import Workspace

VOID_PADDLE = text("select gate.void_paddle(:auction, :bidder)")


def bar_defaulter(ws: Workspace, settlement: Settlement) -> None:
    """Bar the buyer that did not pay, for as long as the rules of its sale say. Again changes nothing."""
    auction = find_auction(ws, settlement.auction_id)
    if ws.session.get(BidderBar, (settlement.auction_id, settlement.attempt)) is not None:
        return
    barred_for: timedelta = AFTERWARDS[RegimeName(auction.regime)].barred_for
    bar = BidderBar(
        auction_id=settlement.auction_id,
        attempt=settlement.attempt,
        tenant_id=ws.tenant_id,
        registration_id=settlement.registration_id,
        bidder_id=settlement.buyer_id,
        bidder=settlement.buyer,
        title=auction.title,
        barred_at=ws.now,
        until_at=ws.now + barred_for,
    )
    ws.session.add(bar)
    fact = BidderBarred(auction_id=auction.auction_id, title=auction.title, until=bar.until_at)
    ws.record(fact, on=settlement.registration_id)


def void_registration(ws: Workspace, auction_id: UUID, bidder_id: UUID) -> None:
    """Let a barred firm's registration in this seller's running sale go, deposit and paddle with it. One whose bid was taken, or whose offer stands open, stays, since that binds;
    again changes nothing.
    """
    auction, registration = find_auction(ws, auction_id, lock=True), find_registration(ws, auction_id, bidder_id)
    if registration is None or not ws.session.scalar(VOID_PADDLE, {"auction": auction_id, "bidder": bidder_id}):
        return
    return_deposit(ws, auction, registration.registration_id)
    ws.record(RegistrationVoided(auction_id=auction_id, title=auction.title), on=registration.registration_id)


def appeal_bar(ws: Workspace, auction_id: UUID, *, because: str) -> BidderBar:
    """The barred buyer says why the bar is wrong, once. The seller reads it and decides."""
    ws.may("place_bid")
    bar = find_bar(ws, auction_id)
    if bar.bidder_id != ws.tenant_id:
        raise NotFound("bar_unknown", "There is no such bar.")
    if bar.appealed_at or bar.lifted_at:
        raise Conflict("appealed", "This bar is appealed against already, or lifted.")
    bar.appeal, bar.appealed_at = _reason(because), ws.now
    ws.record(BarAppealed(auction_id=auction_id, bidder=bar.bidder, because=bar.appeal), on=bar.registration_id)
    return bar


def lift_bar(ws: Workspace, auction_id: UUID, *, because: str) -> BidderBar:
    """The seller that barred a buyer lets it bid again, with its reason."""
    ws.may("approve_disposal")
    bar = find_bar(ws, auction_id)
    if bar.tenant_id != ws.tenant_id:
        raise NotFound("bar_unknown", "There is no such bar.")
    if bar.lifted_at:
        raise Conflict("lifted", "This bar is lifted already.")
    bar.lifted_because, bar.lifted_at = _reason(because), ws.now
    ws.record(BarLifted(auction_id=auction_id, bidder=bar.bidder, because=bar.lifted_because), on=bar.registration_id)
    return bar


def _reason(written: str) -> str:
    reason = written.strip()
    if not 3 <= len(reason) <= 500:
        raise Invalid("because_missing", "Say why, in 3 to 500 characters.", field="because")
    return reason
