"""What follows the hammer by itself: a defaulter is barred, an offer lapses, a yes is concluded and told to the parties of the deal."""

from uuid import UUID

from sqlalchemy import select

from marketplace.disposal import ports
from marketplace.disposal.events import BuyerDefaulted, GoodsSold
from marketplace.disposal.models.settlements import Settlement
from marketplace.disposal.queries import find_auction, find_disposal, settlement_of
from marketplace.disposal.settling import barring, chances
from marketplace.disposal.settling.events import SecondChanceAccepted, SecondChanceTaken
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(BuyerDefaulted, roles={"seller"})
def bar_buyer(ws: Workspace, happened: Happened) -> None:
    """Who did not pay may not bid for a while."""
    unpaid = select(Settlement).where(Settlement.auction_id == happened.stream_id, Settlement.status == "DEFAULTED")
    for settlement in ws.session.scalars(unpaid):
        barring.bar_defaulter(ws, settlement)


@reacts_to(roles=set())
def void_registration(ws: Workspace, happened: Happened) -> None:
    """A firm that registered here did not pay elsewhere: it takes no part any more."""
    barring.void_registration(ws, happened.stream_id, UUID(happened.facts["bidder_id"]))


@reacts_to(roles=set())
def expire_second_chance(ws: Workspace, happened: Happened) -> None:
    """The time to answer, or to pay the deposit again, is over."""
    chances.expire_chance(ws, happened.stream_id, int(happened.facts["attempt"]))


@reacts_to(SecondChanceAccepted, roles={"seller"})
def conclude_second_chance(ws: Workspace, happened: Happened) -> None:
    """The runner-up's yes stands in its own room: the seller's side follows."""
    chances.take_up(ws, UUID(happened.facts["auction_id"]))


@reacts_to(SecondChanceTaken, roles={"seller"})
def tell_of_the_new_buyer(ws: Workspace, happened: Happened) -> None:
    """The debtor and the keepers of the goods hear on the deal that they are sold after all; watchers see the room move."""
    auction, settlement = find_auction(ws, happened.stream_id), settlement_of(ws, happened.stream_id)
    assert settlement is not None, "what was taken is owed"
    sold = GoodsSold(auction_id=auction.auction_id, title=auction.title, price=settlement.price)
    ws.record(sold, on=find_disposal(ws, auction.auction_id).deal_id)
    ports.announce(auction.auction_id, auction.version)
