"""Wishes matched to goods, each told once; the watch list; offers side by side."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.catalogue import actions
from marketplace.catalogue.alerts import count_matches
from marketplace.catalogue.queries import listing_of, search
from marketplace.catalogue.watching import compared, watched_offers
from tenants.errors import Invalid, NotFound
from tenants.notifications import latest
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import Sale, an_auction, an_enforced_sale, cny, propose_sale
from tests.marketplace.disposal.outages.test_halting import halt, lift
from tests.marketplace.financing.makers import decided


@pytest.fixture(autouse=True)
def _empty_shelf(world: World) -> None:
    world.admin.execute("truncate house.listing")


def told(firm: Firm, kind: str) -> list[str]:
    with firm.operator.ws(read_only=True) as ws:
        return [str(one.facts.get("title", one.facts.get("found"))) for one in latest(ws) if one.kind == kind]


def a_wish(world: World, alert: str = "AT_ONCE", **asked: str) -> tuple[Firm, UUID]:
    buyer = world.firm("BUYER")
    with buyer.operator.ws() as ws:
        return buyer, actions.save_search(ws, name="Wanted", asked=asked, alert=alert).id


def test_a_wish_speaks_up_when_goods_are_put_up_that_it_finds_and_once(world: World) -> None:
    copper, _ = a_wish(world, q="copper", place="Shanghai")
    nickel, _ = a_wish(world, q="nickel")
    dear, _ = a_wish(world, q="copper", price_min="900000")
    silent, search_id = a_wish(world, "OFF", q="copper")
    sale = an_auction(world, product="Cathode copper")
    world.work()
    assert told(copper, "SearchMatched") == ["Cathode copper Grade A"]
    for other in (nickel, dear, silent):
        assert told(other, "SearchMatched") == []
    with sale.bank.operator.ws() as ws:
        actions.publish_listing(ws, sale.auction_id)
    world.work()
    assert told(copper, "SearchMatched") == ["Cathode copper Grade A"], "published again is not news"
    with silent.operator.ws() as ws:
        actions.choose_alert(ws, search_id, "AT_ONCE")
        with pytest.raises(Invalid, match="from the list"):
            actions.choose_alert(ws, search_id, "BY_PIGEON")
    an_auction(world, product="Copper scrap")
    world.work()
    assert told(silent, "SearchMatched") == ["Copper scrap Grade A"]
    with copper.operator.ws(read_only=True) as ws:
        assert list(count_matches(ws).values()) == [2]


def test_a_digest_tells_a_whole_day_in_one_notice(world: World) -> None:
    buyer, _ = a_wish(world, "DAILY", q="copper")
    for _ in range(3):
        an_auction(world, product="Cathode copper")
    world.work()
    assert told(buyer, "SearchMatched") == told(buyer, "SearchDigest") == []
    for _ in range(3):
        world.advance(timedelta(days=1))
        world.work()
    assert told(buyer, "SearchDigest") == ["3"]


def test_the_seller_learns_of_nobodys_wishes_and_may_not_ring_for_others(world: World) -> None:
    a_wish(world, q="copper")
    sale = an_auction(world, product="Cathode copper")
    world.work()
    with sale.bank.operator.ws(read_only=True) as ws:
        for table in ("saved_search", "search_match", "watched_offer"):
            assert ws.session.execute(text(f"select count(*) from house.{table}")).scalar() == 0
    stranger = world.firm("BANK")
    with stranger.operator.ws() as ws, pytest.raises(DBAPIError, match="not your listing"), ws.session.begin_nested():
        ws.session.execute(text("select gate.owe_alerts(:listing)"), {"listing": sale.auction_id})


def test_the_watch_list_tells_before_the_close_wherever_the_end_is_by_then(world: World) -> None:
    sale = an_auction(world)
    world.work()
    watcher, bidders = world.firm("BUYER"), [sale.bidder(), sale.bidder()]
    with watcher.operator.ws() as ws:
        actions.watch_offer(ws, sale.auction_id)
        actions.watch_offer(ws, sale.auction_id)
        assert len(watched_offers(ws)) == 1
    sale.open()
    assert told(watcher, "WatchedCloses") == []
    world.set_clock(sale.auction.closes_at - timedelta(hours=2))
    world.work()
    assert len(told(watcher, "WatchedCloses")) == 1
    sale.bid(bidders[0], 700_000)
    sale.close()
    assert len(told(watcher, "WatchedCloses")) == 1
    with watcher.operator.ws() as ws:
        actions.unwatch_offer(ws, sale.auction_id)
        with pytest.raises(NotFound):
            actions.unwatch_offer(ws, sale.auction_id)


def a_watched_sale(world: World) -> tuple[Sale, Firm]:
    """An open sale with a day to go, and a firm that watches it."""
    sale = an_auction(world).open_with_bidders(1)
    world.work()
    watcher = world.firm("BUYER")
    with watcher.operator.ws() as ws:
        actions.watch_offer(ws, sale.auction_id)
    return sale, watcher


def watched_anew(sale: Sale, watcher: Firm) -> None:
    """Taken off the list and put on again, which sets a reminder of its own."""
    with watcher.operator.ws() as ws:
        actions.unwatch_offer(ws, sale.auction_id)
        actions.watch_offer(ws, sale.auction_id)


def alerts_at(sale: Sale, watcher: Firm, *, until: timedelta) -> list[timedelta]:
    """How long before the end that holds by then each alert comes, the house working once a minute of the sale's last hours."""
    seen: list[timedelta] = []
    while sale.world.now < sale.auction.ends_at - until:
        sale.world.advance(timedelta(minutes=10))
        sale.world.work()
        if len(told(watcher, "WatchedCloses")) > len(seen):
            seen.append(sale.auction.ends_at - sale.world.now)
    return seen


def test_after_a_standstill_the_alert_comes_when_it_would_have_and_once(world: World) -> None:
    sale, watcher = a_watched_sale(world)
    world.set_clock(sale.auction.ends_at - timedelta(hours=3))
    halt(sale)
    for _ in range(5):
        watched_anew(sale, watcher)
        world.advance(timedelta(minutes=30))
        world.work()
    assert told(watcher, "WatchedCloses") == [], "while it stands nobody knows the end"
    lift(sale)
    world.work()
    assert alerts_at(sale, watcher, until=timedelta(minutes=1)) == [timedelta(hours=2)]


def test_an_alert_that_a_standstill_put_off_to_another_day_is_given_anew(world: World) -> None:
    sale, watcher = a_watched_sale(world)
    world.set_clock(sale.auction.ends_at - timedelta(hours=1))
    world.work()
    assert len(told(watcher, "WatchedCloses")) == 1
    halt(sale)
    world.advance(timedelta(hours=5))
    lift(sale)
    world.work()
    assert len(told(watcher, "WatchedCloses")) == 1, "not now, a day ahead"
    world.set_clock(sale.auction.ends_at - timedelta(hours=2))
    world.work()
    assert len(told(watcher, "WatchedCloses")) == 2


def test_an_alert_is_not_repeated_for_a_short_standstill(world: World) -> None:
    sale, watcher = a_watched_sale(world)
    world.set_clock(sale.auction.ends_at - timedelta(hours=2))
    world.work()
    halt(sale)
    world.advance(timedelta(minutes=30))
    lift(sale)
    world.work()
    world.set_clock(sale.auction.ends_at - timedelta(minutes=1))
    world.work()
    assert len(told(watcher, "WatchedCloses")) == 1


def test_who_watches_while_a_sale_stands_hears_of_its_close(world: World) -> None:
    sale, watcher = a_watched_sale(world)
    world.set_clock(sale.auction.ends_at - timedelta(hours=1))
    halt(sale)
    world.work()
    watched_anew(sale, watcher)
    world.work()
    assert told(watcher, "WatchedCloses") == []
    world.advance(timedelta(minutes=30))
    lift(sale)
    world.work()
    assert len(told(watcher, "WatchedCloses")) == 1, "an hour and ten minutes before the new end"


def test_nobody_but_the_seller_rings_for_those_who_watch(world: World) -> None:
    sale, watcher = a_watched_sale(world)
    world.set_clock(sale.auction.ends_at - timedelta(hours=1))
    for firm, rung in ((world.firm("BANK"), 0), (sale.bank, 1)):
        with firm.operator.ws() as ws:
            before = owed(world, watcher)
            ws.session.execute(text("select gate.remind_watchers(:listing)"), {"listing": sale.auction_id})
        assert owed(world, watcher) - before == rung


def owed(world: World, watcher: Firm) -> int:
    count = "select count(*) from house.delivery where tenant_id = %s and subscriber = 'catalogue.tell_closing'"
    return int(world.admin.execute(count, (watcher.tenant_id,)).fetchone()[0])  # type: ignore[index]


def test_what_was_taken_off_the_list_is_not_told_of(world: World) -> None:
    sale = an_auction(world)
    world.work()
    watcher = world.firm("BUYER")
    with watcher.operator.ws() as ws:
        actions.watch_offer(ws, sale.auction_id)
        actions.unwatch_offer(ws, sale.auction_id)
    world.set_clock(sale.auction.closes_at - timedelta(hours=1))
    world.work()
    assert told(watcher, "WatchedCloses") == []


def test_watched_goods_that_go_up_again_for_less_are_told_of_and_watched_on(world: World) -> None:
    first = an_enforced_sale(world)
    watcher = world.firm("BUYER")
    with watcher.operator.ws() as ws:
        actions.watch_offer(ws, first.sale.auction_id)
    first.sale.open()
    assert first.sale.close().status == "NO_SALE"
    again = propose_sale(first.deal, start=cny("3200000"), deposit=cny("320000"), opens_at=world.now + timedelta(days=3), closes_at=world.now + timedelta(days=4))  # fmt: skip
    decided(first.deal.bank, again)
    world.work()
    assert len(told(watcher, "WatchedPutUpAgain")) == 1
    with watcher.operator.ws(read_only=True) as ws:
        assert [one.auction.round for one in watched_offers(ws)] == [2, 1]


def test_four_offers_stand_side_by_side_and_no_more(world: World) -> None:
    sales = [an_auction(world) for _ in range(2)]
    world.work()
    ids = [str(one.auction_id) for one in sales]
    with world.firm("BUYER").operator.ws(read_only=True) as ws:
        assert [str(one.listing.id) for one in compared(ws, ",".join([*reversed(ids), ids[0], str(uuid4())]))] == ids[
            ::-1
        ]
        for wrong in (",".join(str(uuid4()) for _ in range(5)), "first"):
            with pytest.raises(Invalid):
                compared(ws, wrong)
        assert listing_of(ws, sales[0].auction_id) is not None


def test_a_wish_asks_for_every_word_of_it_although_a_search_finds_the_nearest_too(world: World) -> None:
    for product in ("Zinc ingots", "Zinc sheet", "Zinc slabs"):
        an_auction(world, product=product)
    world.work()
    buyer, _ = a_wish(world, q="copper zinc")
    an_auction(world, product="Copper scrap")
    an_auction(world, product="Copper and zinc")
    world.work()
    assert told(buyer, "SearchMatched") == ["Copper and zinc Grade A"]
    with buyer.operator.ws(read_only=True) as ws:
        assert [one.listing.product_name for one in search(ws, {"q": "copper zinc"}).offers] == [
            "Copper and zinc",
            "Copper scrap",
        ]
