"""A debt that is paid while its goods are for sale. Before the hammer the sale is called off. A sale that binds is carried through, since its buyer bought: what it
brings is the pledgor's, and only with its distribution does the debt end and what is left of the goods go free (Civil Code 393 frees the goods, not a bargain).
"""

from uuid import UUID

from sqlalchemy import Select, exists, select

from marketplace.disposal.closing import call_off
from marketplace.disposal.models.auctions import Auction, Disposal
from marketplace.disposal.models.settlements import Distribution
from marketplace.disposal.queries import find_auction
from marketplace.disposal.rules.afterwards import OPEN_CHANCES
from marketplace.disposal.rules.lifecycle import AuctionState
from marketplace.disposal.settling.models import SecondChance
from marketplace.financing.ports import ask_before_ending
from tenants.events import sentence
from tenants.workspace import Workspace

PAID = "The debt for which these goods were to be sold is paid."
TAKEN_BACK = "The default for which these goods were to be sold is taken back."
BEFORE_THE_HAMMER = (AuctionState.ANNOUNCED, AuctionState.OPEN, AuctionState.PAUSED)
BINDING = (AuctionState.SOLD, AuctionState.PAID, AuctionState.HANDED_OVER)


def is_sold(ws: Workspace, deal_id: UUID) -> bool:
    """Whether a buyer has bought goods of this deal, or may still take them as the runner-up, and their price is not wholly distributed."""
    shared_out = exists().where(Distribution.auction_id == Auction.auction_id, Distribution.held_minor == 0)
    asked = exists().where(SecondChance.auction_id == Auction.auction_id, SecondChance.status.in_(OPEN_CHANCES))
    sold = (Auction.status.in_(BINDING) & ~shared_out) | (Auction.status == AuctionState.BUYER_DEFAULT) & asked
    return ws.session.scalar(_sales(deal_id).where(sold).limit(1)) is not None


def call_off_sales(ws: Workspace, deal_id: UUID, because: str = PAID) -> None:
    """The debt is paid, or its default taken back: sales before the hammer end, and all deposits go back. Run again it does nothing."""
    for auction_id in ws.session.scalars(_sales(deal_id).where(Auction.status.in_(BEFORE_THE_HAMMER))).all():
        auction = find_auction(ws, auction_id, lock=True)
        if auction.status in BEFORE_THE_HAMMER:
            call_off(ws, auction, sentence(because))


def _sales(deal_id: UUID) -> Select[UUID]:
    return select(Auction.auction_id).join(Disposal, Disposal.auction_id == Auction.auction_id).where(Disposal.deal_id == deal_id)  # fmt: skip


ask_before_ending(is_sold)
