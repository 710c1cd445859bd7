"""What the first page tells a buyer that it waits for: it is outbid where bids rise, and nowhere else."""

import pytest

from marketplace.disposal.answers import Outcome
from marketplace.disposal.kind_terms import KindTerms
from marketplace.disposal.waiting import bidding
from tests.factories import World
from tests.marketplace.disposal.makers import an_auction
from tests.marketplace.disposal.negotiating.makers import NEGOTIATED, Talks
from tests.marketplace.disposal.test_kinds import FIRST


@pytest.mark.parametrize("own", [FIRST, NEGOTIATED])
def test_nobody_is_told_to_be_outbid_by_what_nobody_sees(world: World, own: KindTerms) -> None:
    """Neither an envelope nor an offer in a room is topped by anybody, and a refused bid is none."""
    english = an_auction(world)
    one = english.bidder()
    assert english.bid(one, 1).outcome is Outcome.NOT_OPEN
    sale = an_auction(world, own=own)
    sale.bidder(firm=one)
    sale.open()
    if own is FIRST:
        sale.hand_in(one, 710_000)
    else:
        Talks(sale).offer(one, 710_000)
    with one.operator.ws(read_only=True) as ws:
        assert bidding(ws) == ([], [])
    english.bid(one, 700_000)
    english.bid(english.bidder(), 705_000)
    with one.operator.ws(read_only=True) as ws:
        assert [found.auction_id for found in bidding(ws)[1]] == [english.auction_id]
