"""When the house is back, the database has ruled already; here it is told."""

from marketplace.disposal.outages.events import SaleStoodStill
from marketplace.disposal.outages.queries import rulings_of
from marketplace.disposal.queries import find_auction
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(roles=set())
def tell_of_standstill(ws: Workspace, happened: Happened) -> None:
    """Everybody in the room hears when bidding goes on, and when it ends."""
    auction, number = find_auction(ws, happened.stream_id), int(happened.facts["number"])
    [ruling] = [one for one in rulings_of(ws, auction.auction_id) if one.number == number]
    told = SaleStoodStill(auction_id=auction.auction_id, title=auction.title, began_at=ruling.began_at, resumes_at=ruling.resumes_at, ends_at=ruling.ends_at)  # fmt: skip
    ws.record(told, on=auction.auction_id)
