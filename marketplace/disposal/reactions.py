"""What this room does by itself: timers that open, close and expire, and hints to those who watch."""

from uuid import UUID

from marketplace.disposal import actions, booked_deposits, closing, handing_over, paid_debts, ports
from marketplace.disposal.accepting.events import SaleRescinded
from marketplace.disposal.accepting.short_events import SaleCameToNothing
from marketplace.disposal.calling_off import lapse_calling_off
from marketplace.disposal.events import (
    AuctionAnnounced,
    AuctionCancelled,
    AuctionOpened,
    BalanceConfirmed,
    BuyerDefaulted,
    GoodsCollected,
    GoodsNotSold,
    GoodsSold,
    LotHammered,
    LotHandedOver,
    LotUnsold,
    SaleClosed,
)
from marketplace.disposal.outages.events import SaleHalted, SaleResumed
from marketplace.disposal.queries import find_auction, find_disposal
from marketplace.disposal.settling.events import SecondChanceDeclined, SecondChanceLapsed, SecondChanceTaken
from marketplace.financing.events.ends import DebtRecovered, DefaultWithdrawn
from marketplace.financing.events.money import StatementImported
from marketplace.financing.money.repayments import end_if_paid
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(roles=set())
def open_auction(ws: Workspace, happened: Happened) -> None:
    """The start has come."""
    closing.open_bidding(ws, happened.stream_id)


@reacts_to(roles=set())
def close_auction(ws: Workspace, happened: Happened) -> None:
    """The end has come, or has moved."""
    closing.close_bidding(ws, happened.stream_id)


@reacts_to(roles=set())
def expire_payment(ws: Workspace, happened: Happened) -> None:
    """The winner's time to pay is up."""
    closing.miss_payment(ws, happened.stream_id, int(happened.facts["attempt"]))


@reacts_to(LotHammered, LotUnsold, AuctionCancelled, BuyerDefaulted, SaleCameToNothing, roles={"seller"})
def tell_the_parties(ws: Workspace, happened: Happened) -> None:
    """The debtor and the keepers of the goods are not in the bidders' room: they hear of the outcome on the deal."""
    auction, deal_id = find_auction(ws, happened.stream_id), find_disposal(ws, happened.stream_id).deal_id
    if happened.kind == LotHammered.__name__ and auction.sold is not None:
        ws.record(GoodsSold(auction_id=auction.auction_id, title=auction.title, price=auction.sold), on=deal_id)
    else:
        ws.record(GoodsNotSold(auction_id=auction.auction_id, title=auction.title), on=deal_id)


@reacts_to(LotHammered, LotUnsold, AuctionCancelled, roles={"seller"})
def lapse_what_waits(ws: Workspace, happened: Happened) -> None:
    """Nothing is left to call off."""
    lapse_calling_off(ws, happened.stream_id)


@reacts_to(StatementImported, roles={"actor"})
def confirm_booked_deposits(ws: Workspace, happened: Happened) -> None:
    """A statement of the seller's own account may tell of deposits."""
    booked_deposits.confirm_booked_deposits(ws)


@reacts_to(DebtRecovered, roles={"bank"})
def call_off_sales(ws: Workspace, happened: Happened) -> None:
    """Nothing is to be sold for a debt that is paid."""
    paid_debts.call_off_sales(ws, happened.stream_id)


@reacts_to(DefaultWithdrawn, roles={"bank"})
def call_off_for_objection(ws: Workspace, happened: Happened) -> None:
    """Nor for a default that is taken back."""
    paid_debts.call_off_sales(ws, happened.stream_id, paid_debts.TAKEN_BACK)


@reacts_to(BuyerDefaulted, SaleRescinded, SaleCameToNothing, roles={"seller"})
def end_what_was_paid(ws: Workspace, happened: Happened) -> None:
    """The goods are nobody's after all: if their debt was paid meanwhile, they go free."""
    end_if_paid(ws, find_disposal(ws, happened.stream_id).deal_id)


@reacts_to(SecondChanceDeclined, SecondChanceLapsed, roles={"seller"})
def end_what_nobody_took(ws: Workspace, happened: Happened) -> None:
    """Nor does the runner-up take them."""
    end_if_paid(ws, find_disposal(ws, UUID(happened.facts["auction_id"])).deal_id)


@reacts_to(GoodsCollected, roles={"bank"})
def finish_sale(ws: Workspace, happened: Happened) -> None:
    """The warehouse has handed the goods over: the bank's books follow."""
    handing_over.close_sale(ws, UUID(happened.facts["auction_id"]))


@reacts_to(
    AuctionAnnounced, AuctionOpened, LotHammered, LotUnsold, AuctionCancelled, BalanceConfirmed, BuyerDefaulted, LotHandedOver, SaleClosed, SaleCameToNothing, SaleRescinded, SecondChanceTaken, SaleHalted, SaleResumed,
    roles={"seller"},
)  # fmt: skip
def announce_room(ws: Workspace, happened: Happened) -> None:
    """Tell those who watch that the room has moved; a bid tells it by itself."""
    auction_id: UUID = happened.stream_id
    ports.announce(auction_id, find_auction(ws, auction_id).version)


assert actions.__all__, "what is decided on approval is registered where it is written"
