"""What of a price goes back to its buyer, by contra entries: after a dispute, or because a shortage left less of the goods than was sold."""

from marketplace.disposal.accepting.events import PriceSettled
from marketplace.disposal.accepting.queries import acceptance_of, price_kept
from marketplace.disposal.accepting.short_events import GoodsFellShort
from marketplace.disposal.charges.actions import charges_of
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.settlements import Settlement
from marketplace.disposal.queries import find_auction, find_disposal, find_settlement
from marketplace.disposal.rules.accepting import Refund, off_for_missing, owed_back_lines, refund_of
from marketplace.disposal.rules.charges import total_cost
from marketplace.ledger.actions import post
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.workspace import Workspace


def reduce_for_missing(ws: Workspace, auction: Auction, there: Quantity) -> None:
    """The buyer accepts what there is and pays for no more: the price falls by the part of the goods that a shortage took. Nothing changes where all is there.

    What it may dispute, and what is distributed, is the price that is left.
    """
    waiting = acceptance_of(ws, auction.auction_id, lock=True)
    if waiting is None or there >= auction.goods or waiting.reduction_minor:
        return
    settlement = find_settlement(ws, auction.auction_id)
    off = off_for_missing(settlement.price, auction.goods, there)
    if not off:
        return
    refund = refund_for(ws, auction, settlement, off)
    waiting.reduction_minor, waiting.refund_minor = refund.price.minor, refund.total.minor
    ws.session.flush()
    settle_price(ws, settlement, settlement.price - refund.price)
    owe_back(ws, settlement, refund, "shortage", "A shortage left less than was sold: %(refund)s go back.")
    fact = GoodsFellShort(auction_id=auction.auction_id, title=auction.title, sold=auction.goods, there=there, refund=refund.total)  # fmt: skip
    ws.record(fact, on=waiting.registration_id)


def refund_for(ws: Workspace, auction: Auction, settlement: Settlement, off: Money) -> Refund:
    """What so much off the price, as far as it is kept yet, gives back with the premium on it."""
    kept = price_kept(ws, settlement)
    charges = charges_of(ws, auction)
    premium = settlement.premium if kept == settlement.price else total_cost(kept, charges, days=0).premium
    return refund_of(kept, premium, off, total_cost((kept - off).at_least_zero(), charges, days=0).premium)


def settle_price(ws: Workspace, settlement: Settlement, kept: Money | None) -> None:
    """What is published as paid follows, and the parties of the deal learn it; None: the sale is undone."""
    auction = find_auction(ws, settlement.auction_id, lock=True)
    auction.settled_minor, auction.settled_paddle = kept.minor if kept else None, settlement.paddle
    auction.version += 1
    ws.session.flush()
    if kept:
        told = PriceSettled(auction_id=auction.auction_id, title=auction.title, price=kept)
        ws.record(told, on=find_disposal(ws, auction.auction_id).deal_id)


def owe_back(ws: Workspace, settlement: Settlement, refund: Refund, why: str, narrative: str) -> None:
    """What was to be distributed is the buyer's again. `why`: part of the key under which it is posted once."""
    if refund.total:
        post(
            ws,
            deal_id=find_disposal(ws, settlement.auction_id).deal_id,
            key=f"auction:{settlement.auction_id}:{settlement.attempt}:{why}",
            narrative=narrative,
            facts={"refund": str(refund.total)},
            entries=owed_back_lines(refund),
        )
