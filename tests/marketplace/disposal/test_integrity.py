"""Signals about real sales: the seller's officers and auditors see reasons once bidding has ended, and nobody else ever learns of them."""

from datetime import timedelta

import pytest

from marketplace.disposal.integrity import signals_of
from marketplace.disposal.rules.signals import Trait
from tenants.errors import Conflict, NotAllowed, NotFound
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import Sale, an_auction
from tests.marketplace.disposal.test_kinds import FIRST, FIXED


@pytest.fixture
def shared(world: World) -> tuple[list[Sale], Firm, Firm]:
    """Four sales of one bank that two firms share out: one opens, the other takes the next step, and so on by turns."""
    cast = world.firm("BANK"), world.firm("SME"), world.firm("WAREHOUSE_OPERATOR", "SUPERVISOR")
    one, two = world.firm("BUYER", name="Ping Metals"), world.firm("BUYER", name="Pong Metals")
    sales = [an_auction(world, cast=cast) for _ in range(4)]
    for sale in sales:  # before any of them is owed for: who does not pay is barred from the next
        sale.bidder(firm=one)
        sale.bidder(firm=two)
    for number, sale in enumerate(sales):
        first, then = (one, two) if number % 2 else (two, one)
        sale.open()
        sale.bid(first, 700_000)
        sale.bid(then, 705_000)
    for sale in sales:
        sale.close()
    return sales, one, two


def test_two_who_share_sales_out_are_shown_to_the_seller_with_reasons(shared: tuple[list[Sale], Firm, Firm]) -> None:
    sales, one, two = shared
    for person in (sales[0].bank.operator, sales[0].bank.approver, sales[0].bank.person("auditor")):
        with person.ws(read_only=True) as ws:
            [noticed] = signals_of(ws, sales[-1].auction_id)
        assert {name for name, _ in noticed.firms} == {one.name, two.name}
        assert [reason.trait for reason in noticed.signal.reasons] == [Trait.TAKE_TURNS, Trait.NEVER_CONTEST]
    assert sales[-1].auction.status == "SOLD", "a signal blocks nothing"


def test_nobody_else_sees_them_and_no_seller_before_the_end(shared: tuple[list[Sale], Firm, Firm]) -> None:
    sales, one, _ = shared
    with one.operator.ws(read_only=True) as ws, pytest.raises(NotAllowed):
        signals_of(ws, sales[-1].auction_id)
    with sales[0].world.firm("BANK").operator.ws(read_only=True) as ws, pytest.raises(NotFound):
        signals_of(ws, sales[-1].auction_id)
    going_on = an_auction(sales[0].world, cast=(sales[0].bank, sales[0].borrower, sales[0].warehouse))
    with sales[0].bank.operator.ws(read_only=True) as ws, pytest.raises(Conflict, match="not ended"):
        signals_of(ws, going_on.auction_id)


def test_envelopes_near_the_start_by_turns_are_a_pattern_and_fixed_prices_are_none(world: World) -> None:
    """Three sealed sales that two firms share out; a fourth at a fixed price, which one of them takes alone, does not hide it."""
    cast = world.firm("BANK"), world.firm("SME"), world.firm("WAREHOUSE_OPERATOR", "SUPERVISOR")
    firms = [world.firm("BUYER"), world.firm("BUYER")]
    sales = [an_auction(world, cast=cast, own=own) for own in (FIRST, FIRST, FIRST, FIXED)]
    for sale in sales:
        for firm in firms:
            sale.bidder(firm=firm)
    sales[0].open()
    for number, sale in enumerate(sales[:3]):
        for firm, amount in zip(firms, (700_000, 705_000) if number % 2 else (705_000, 700_000), strict=True):
            sale.hand_in(firm, amount)
    world.set_clock(sales[0].auction.closes_at - timedelta(seconds=1))
    assert sales[3].bid(firms[0], 700_000).accepted
    world.set_clock(sales[0].auction.closes_at)
    for number, sale in enumerate(sales[:3]):
        for firm, amount in zip(firms, (700_000, 705_000) if number % 2 else (705_000, 700_000), strict=True):
            assert sale.open_up(firm, amount).accepted
    for sale in sales[:3]:
        sale.close()
    with cast[0].operator.ws(read_only=True) as ws:
        [noticed] = signals_of(ws, sales[0].auction_id)
        assert signals_of(ws, sales[3].auction_id) == ()
    assert {reason.trait: reason.figure for reason in noticed.signal.reasons}[Trait.TAKE_TURNS] == 3


def test_an_honest_contest_shows_nothing(world: World) -> None:
    sale = an_auction(world).open_with_bidders(2)
    one, two = sale.bidders
    for number in range(6):
        sale.bid((one, two)[number % 2], 700_000 + number * 5_000)
    sale.bid(one, 0, limit=900_000)
    sale.close()
    with sale.bank.operator.ws(read_only=True) as ws:
        assert signals_of(ws, sale.auction_id) == ()


def test_page_and_call_tell_the_same(shared: tuple[list[Sale], Firm, Firm]) -> None:
    sales, one, two = shared
    bank, path = sales[0].bank.operator, f"/auctions/{sales[-1].auction_id}"
    page = bank.browser().get(f"{path}/signals?lang=en").text
    for told in (one.name, two.name, "Met in 4 sales and won by turns.", "A pattern is no finding."):
        assert told in page
    assert "轮流" in bank.browser().get(f"{path}/signals?lang=zh").text
    [item] = bank.call("GET", f"{path}/signals").json["items"]
    assert (item["kind"], {firm["name"] for firm in item["firms"]}) == ("RING", {one.name, two.name})
    assert "Patterns in the bids" in bank.browser().get(f"{path}?lang=en").text
    assert "Patterns in the bids" not in one.operator.browser().get(f"{path}?lang=en").text
    assert one.operator.call("GET", f"{path}/signals").status_code == 403
