"""A fixed price: the sell-off after a round that found no buyer, taken by the first, and settled like any sale."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from marketplace.disposal import queries
from marketplace.disposal.answers import Answer, Outcome
from marketplace.disposal.waiting import bidding
from tenants.errors import Refused
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import Enforced, Sale, an_auction, an_enforced_sale, cny, propose_sale
from tests.marketplace.disposal.test_kinds import FIXED
from tests.marketplace.disposal.test_kinds_agree import sold_off_by_court
from tests.marketplace.disposal.test_limits import recomputed
from tests.marketplace.financing.makers import decided


def sold_off(world: World, price: str = "4000000") -> Enforced:
    """The goods of a round that found no buyer, announced at a fixed price."""
    first = an_enforced_sale(world)
    first.sale.open()
    assert first.sale.close().status == "NO_SALE"
    world.work()
    terms = {"opens_at": world.now + timedelta(days=3), "closes_at": world.now + timedelta(days=33)}
    decided(first.deal.bank, propose_sale(first.deal, start=cny(price), own=FIXED, **terms))
    world.work()
    with first.deal.bank.operator.ws(read_only=True) as ws:
        auction = queries.list_auctions(ws, mine=True)[0]
    old = first.sale
    return Enforced(first.deal, Sale(world, old.bank, old.borrower, old.warehouse, auction.auction_id, old.deal_id))


def test_a_sell_off_is_taken_paid_distributed_and_recomputed_like_any_sale(world: World) -> None:
    with pytest.raises(Refused) as low:
        sold_off(world, "3999999.99")
    assert (low.value.code, low.value.field) == ("start_too_low", "start_price")
    sale = sold_off(world)
    buyer, late = sale.sale.bidder(), sale.sale.bidder()
    sale.sale.open()
    assert sale.sale.bid(buyer, 3_999_999).outcome is Outcome.TOO_LOW
    taken = sale.sale.bid(buyer, 4_500_000)
    assert (taken.outcome, taken.amount_minor) == (Outcome.ACCEPTED, 4_000_000_00), (
        "it pays the price, not what it offered"
    )
    assert sale.sale.bid(late, 4_500_000).outcome is Outcome.CLOSED
    world.work()
    auction = sale.sale.auction
    assert (auction.status, auction.sold, auction.ends_at) == ("SOLD", cny(4_000_000), world.now)
    assert recomputed(sale.sale)[1] == 0
    sale.deliver()
    decided(sale.deal.bank, sale.propose_waterfall(juniors=[]))
    with sale.deal.bank.operator.ws(read_only=True) as ws:
        found = queries.distribution_of(ws, sale.sale.auction_id)
    assert found
    assert sum(line.paid_minor for line in found[1]) == 4_000_000_00


def test_a_court_s_sell_off_gives_others_a_day_to_outbid_the_first(world: World) -> None:
    sale = an_auction(world, start="720000", own=FIXED, **sold_off_by_court(world)).open_with_bidders(3)
    one, two, three = sale.bidders
    assert (sale.auction.contest_seconds, sale.auction.soft_close_seconds) == (86_400, 300)
    assert sale.bid(one, 900_000).amount_minor == 720_000_00, "the first takes the price that was asked"
    taken = world.now
    assert sale.auction.ends_at == taken + timedelta(hours=24)
    world.work()
    assert (sale.auction.status, sale.bid(one, 730_000).outcome) == ("OPEN", Outcome.LEADING)
    assert sale.bid(two, 724_999).outcome is Outcome.TOO_LOW
    assert sale.bid(two, 725_000).leads
    with one.operator.ws(read_only=True) as ws:
        assert [found.auction_id for found in bidding(ws)[1]] == [sale.auction_id]
    page = three.operator.browser().get(f"/auctions/{sale.auction_id}?lang=en").text
    assert "24 hours in which others may outbid it" in page
    assert "<bid-panel" in page
    world.set_clock(taken + timedelta(hours=24) - timedelta(seconds=1))
    assert sale.bid(three, 730_000).leads
    assert sale.auction.ends_at == world.now + timedelta(minutes=5)
    world.set_clock(sale.auction.ends_at)
    assert sale.bid(one, 740_000).outcome is Outcome.CLOSED
    assert sale.close().winning_paddle == sale.paddle(three)
    assert (sale.auction.sold, recomputed(sale)[1]) == (cny(730_000), 0)


def test_of_two_at_once_one_buys(world: World) -> None:
    for _ in range(3):
        sale = an_auction(world, start="700000", own=FIXED).open_with_bidders(2)
        answers = at_once(sale, sale.bidders)
        assert sorted(answer.outcome for answer in answers) == [Outcome.ACCEPTED, Outcome.CLOSED]
        world.work()
        assert sale.auction.winning_paddle == next(one.paddle for one in answers if one.accepted)
        assert recomputed(sale)[1] == 0


def at_once(sale: Sale, firms: list[Firm]) -> list[Answer]:
    """Each firm takes the price from a thread and a connection of its own."""
    with ThreadPoolExecutor(len(firms)) as crowd:
        return list(crowd.map(lambda firm: sale.bid(firm, 700_000), firms))


def test_what_nobody_takes_is_not_sold(world: World) -> None:
    sale = an_auction(world, start="700000", own=FIXED).open_with_bidders(1)
    assert sale.close().status == "NO_SALE"
    assert recomputed(sale)[1] == 0
