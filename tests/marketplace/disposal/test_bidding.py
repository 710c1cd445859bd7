"""Bids through the real database: order, time, steps, keys, paddles."""

from datetime import timedelta
from uuid import uuid4

from marketplace.disposal.bidding import Outcome
from tests.factories import World
from tests.marketplace.disposal.makers import an_auction


def test_bids_stand_by_steps_and_the_end_only_moves_later(world: World) -> None:
    """E28: ends 10:00:00; bids at 09:57:30 and 10:02:29 extend, the one at 10:07:29 is late; 702,500 after 700,000 is less than a step."""
    sale = an_auction(world)
    one, other = sale.bidder(), sale.bidder()
    early = sale.bid(one, 700_000)
    assert early.outcome is Outcome.NOT_OPEN
    sale.open()
    end = sale.auction.ends_at
    world.set_clock(end - timedelta(minutes=2, seconds=30))
    assert sale.bid(one, 700_000).accepted
    assert sale.auction.ends_at == end + timedelta(minutes=2, seconds=30)
    assert sale.bid(other, 702_500).outcome is Outcome.TOO_LOW
    world.set_clock(end + timedelta(minutes=2, seconds=29))
    assert sale.bid(other, 705_000).accepted
    assert sale.auction.ends_at == end + timedelta(minutes=7, seconds=29)
    world.set_clock(end + timedelta(minutes=7, seconds=29))
    assert sale.bid(one, 710_000).outcome is Outcome.CLOSED
    auction = sale.close()
    assert (auction.status, auction.sold_minor) == ("SOLD", 705_000_00)


def test_a_key_is_one_bid(world: World) -> None:
    sale = an_auction(world)
    one, other = sale.bidder(), sale.bidder()
    sale.open()
    key = uuid4()
    first = sale.bid(one, 700_000, key)
    sale.bid(other, 705_000)
    again = sale.bid(one, 700_000, key)
    assert (again.outcome, again.sequence, again.hash) == (Outcome.ACCEPTED, first.sequence, first.hash)
    assert sale.bid(one, 800_000, key).outcome is Outcome.KEY_REUSED
    assert sale.auction.sequence == 2
