"""When the house is back, the database has ruled already; here it is told. The debtor and the keepers of the goods hear of every standstill on the deal."""

from datetime import datetime

from marketplace.disposal.outages.events import (
    GoodsSaleHalted,
    GoodsSaleResumed,
    SaleHalted,
    SaleResumed,
    SaleStoodStill,
)
from marketplace.disposal.outages.queries import rulings_of
from marketplace.disposal.queries import find_auction, find_disposal
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(roles=set())
def tell_of_standstill(ws: Workspace, happened: Happened) -> None:
    """Everybody in the room hears when bidding goes on, and when it ends."""
    auction, number = find_auction(ws, happened.stream_id), int(happened.facts["number"])
    [ruling] = [one for one in rulings_of(ws, auction.auction_id) if one.number == number]
    told = SaleStoodStill(auction_id=auction.auction_id, title=auction.title, began_at=ruling.began_at, resumes_at=ruling.resumes_at, ends_at=ruling.ends_at)  # fmt: skip
    ws.record(told, on=auction.auction_id)


@reacts_to(SaleHalted, roles={"seller"})
def tell_the_debtor_it_stands(ws: Workspace, happened: Happened) -> None:
    """The debtor and the keepers of the goods are not in the bidders' room: they hear on the deal that the sale stands still, and why."""
    told = {name: happened.facts[name] for name in ("title", "ordered_by", "because")}
    fact = GoodsSaleHalted(auction_id=happened.stream_id, **told)
    ws.record(fact, on=find_disposal(ws, happened.stream_id).deal_id)


@reacts_to(SaleResumed, SaleStoodStill, roles={"seller"})
def tell_the_debtor_it_goes_on(ws: Workspace, happened: Happened) -> None:
    """And when it goes on, with the new end."""
    times = {name: datetime.fromisoformat(happened.facts[name]) for name in ("resumes_at", "ends_at")}
    fact = GoodsSaleResumed(auction_id=happened.stream_id, title=happened.facts["title"], **times)
    ws.record(fact, on=find_disposal(ws, happened.stream_id).deal_id)
