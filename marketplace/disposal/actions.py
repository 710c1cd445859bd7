"""What is done in a sale, from the default to the empty bin. The front page of the slice; each act is written out in the module it comes from."""

from marketplace.disposal.bidding import combiner, place_bid
from marketplace.disposal.cards.actions import open_card_deposit
from marketplace.disposal.closing import cancel_auction, confirm_balance
from marketplace.disposal.distributing import propose_waterfall
from marketplace.disposal.handing_over import hand_over
from marketplace.disposal.preparing import propose_disposal
from marketplace.disposal.registering import confirm_deposit, register_bidder

__all__ = [
    "cancel_auction",
    "combiner",
    "confirm_balance",
    "confirm_deposit",
    "hand_over",
    "open_card_deposit",
    "place_bid",
    "propose_disposal",
    "propose_waterfall",
    "register_bidder",
]
