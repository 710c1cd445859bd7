"""Finding goods: in both languages, by facets and ranges, signed in or not; and nothing of the borrower on the shelf. One suite for both indexes."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from marketplace.catalogue import actions, queries
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.workspace import VisitorKey, enter
from tests.factories import World
from tests.marketplace.disposal.makers import Sale, an_auction


@pytest.fixture
def shelf(world: World, engine: str) -> dict[str, Sale]:
    """Three offers with words of their own."""
    world.admin.execute("truncate house.listing")
    sales = {
        "copper": an_auction(world, start="700000", product="Cathode copper 阴极铜", grade="A级", place="Shanghai"),
        "wheat": an_auction(world, start="90000", product="Winter wheat 冬小麦", grade="二等", place="Zhengzhou"),
        "coil": an_auction(world, start="320000", product="热轧卷板 hot-rolled coils", grade="Q235B", place="Tianjin"),
    }
    world.work()
    return sales


def found(world: World, **asked: str) -> list[str]:
    with world.firm("BUYER").operator.ws(read_only=True) as ws:
        return [offer.listing.product_name.split()[0] for offer in queries.search(ws, asked).offers]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("copper", ["Cathode"]),
        ("COPPER cathode", ["Cathode"]),
        ("ｃｏｐｐｅｒ", ["Cathode"]),
        ("阴极铜", ["Cathode"]),
        ("铜", ["Cathode"]),
        ("极铜", ["Cathode"]),
        ("小麦", ["Winter"]),
        ("卷板", ["热轧卷板"]),
        ("hot-rolled", ["热轧卷板"]),
        ("coil", ["热轧卷板"]),
        ("rolled coi", ["热轧卷板"]),
        ("q235b", ["热轧卷板"]),
        ("tianjin", ["热轧卷板"]),
        ("copper wheat", []),
        ("'\\ & | ! :* 铜", ["Cathode"]),
        ("镍", []),
    ],
)
def test_words_find_goods(world: World, shelf: dict[str, Sale], question: str, names: list[str]) -> None:
    assert found(world, q=question) == names


def test_the_best_comes_first_and_what_has_only_the_common_word_is_not_counted(world: World, shelf: dict[str, Sale]) -> None:  # fmt: skip
    """Both words, then the rarer one; a word that most offers have is no answer by itself."""
    for product in ("Zinc cathode", "Nickel cathode", "Copper wire scrap of cables", "Cobalt cathode"):
        an_auction(world, product=product)
    world.work()
    with world.firm("BUYER").operator.ws(read_only=True) as ws:
        page = queries.search(ws, {"q": "copper cathode"})
    names = [offer.listing.product_name for offer in page.offers]
    assert names == ["Cathode copper 阴极铜", "Copper wire scrap of cables"]
    assert (page.total, sum(page.facets["grade"].values())) == (2, 2)
    assert found(world, q="copper A-9999 cathode") == [], "a number is a demand"


def test_words_are_counted_as_the_shelf_stands(world: World, shelf: dict[str, Sale]) -> None:
    """What ranking knows of the shelf is what a count of the rows gives, after offers came, changed and went."""
    change = "update house.listing set terms = %s where id = %s"
    world.admin.execute(change, ("'copper':1,2 'new':3", shelf["wheat"].auction_id))
    world.admin.execute("delete from house.listing where id = %s", (shelf["coil"].auction_id,))
    kept = "select word, sum(offers)::int, sum(times)::int from gate.search_word group by word having sum(offers) <> 0 order by word"
    told = world.admin.execute(kept).fetchall()
    offers = {word: offers for word, offers, _ in told}
    assert (offers[""], offers["copper"], offers["new"], "coil" in offers) == (2, 2, 1, False)
    world.admin.execute("select gate.recount_words()")
    assert world.admin.execute(kept).fetchall() == told
    world.admin.execute("truncate house.listing")
    assert world.admin.execute(kept).fetchall() == []


def test_two_offers_published_at_once_wait_for_nothing_and_both_count(world: World, shelf: dict[str, Sale]) -> None:
    """Not for the words that both say, not for the number of all offers; whichever is committed first."""
    kept = "select word, sum(offers)::int, count(distinct part)::int from gate.search_word where word in ('', 'copper') group by word order by word"
    one, two = (an_auction(world, product="Copper wire") for _ in range(2))
    with one.bank.operator.ws() as first:
        actions.publish_listing(first, one.auction_id)
        first.session.flush()
        with two.bank.operator.ws() as second:
            second.session.execute(text("set local lock_timeout = '1s'"))
            actions.publish_listing(second, two.auction_id)
    assert world.admin.execute(kept).fetchall() == [("", 5, 2), ("copper", 3, 2)]
    three = an_auction(world, product="Copper rod")
    with three.bank.operator.ws() as third:
        actions.publish_listing(third, three.auction_id)
    assert world.admin.execute(kept).fetchall() == [("", 6, 2), ("copper", 4, 2)], "a part is used again"


def test_a_length_is_kept_as_search_servers_keep_it(world: World) -> None:
    lengths = {0: 0, 39: 39, 40: 40, 41: 40, 42: 42, 56: 56, 59: 56, 1000: 984, 1048: 1048}
    for length, kept in lengths.items():
        terms = " ".join(f"a{at}:1" for at in range(length))
        assert world.admin.execute("select gate.kept_length(%s::tsvector)", (terms,)).fetchone() == (kept,)


def test_how_often_a_word_is_said_is_read_back_from_its_rank(world: World) -> None:
    [says] = world.admin.execute("select gate.listing_says(%s)", ("'a'",)).fetchone() or [""]
    for times in (0, 1, 2, 3, 9, 64, 250):
        terms = f"'a':{','.join(map(str, range(1, times + 1)))} 'b':9" if times else "'b':9"
        told = world.admin.execute(f"select {says} from (select %s::tsvector as terms) l", (terms,)).fetchone()
        assert told == (times,)


def test_a_page_beyond_the_last_still_tells_how_many_there_are(world: World, shelf: dict[str, Sale]) -> None:
    with world.firm("BUYER").operator.ws(read_only=True) as ws:
        beyond = queries.search(ws, {"page": "2"})
    assert (beyond.total, beyond.offers) == (3, ())


def test_facets_count_what_another_choice_would_find(world: World, shelf: dict[str, Sale]) -> None:
    with world.firm("BUYER").operator.ws(read_only=True) as ws:
        page = queries.search(ws, {"place": "Shanghai"})
    assert page.total == 1
    assert page.facets["place"] == {"Shanghai": 1, "Tianjin": 1, "Zhengzhou": 1}
    assert page.facets["grade"] == {"A级": 1}


def test_each_of_two_choices_is_left_open_for_its_own_counts_alone(world: World, shelf: dict[str, Sale]) -> None:
    with world.firm("BUYER").operator.ws(read_only=True) as ws:
        page = queries.search(ws, {"place": "Shanghai", "grade": "二等"})
    assert (page.total, page.offers) == (0, ())
    assert page.facets["place"] == {"Zhengzhou": 1}
    assert page.facets["grade"] == {"A级": 1}
    assert page.facets["category"] == page.facets["status"] == {}


def test_ranges_and_orders(world: World, shelf: dict[str, Sale]) -> None:
    assert found(world, price_max="350,000", sort="cheapest") == ["Winter", "热轧卷板"]
    assert found(world, price_min="320000", sort="dearest") == ["Cathode", "热轧卷板"]
    assert found(world, within="24") == []
    world.advance(timedelta(days=7, hours=12))
    world.work()
    assert len(found(world, within="24")) == 3


def test_the_nearest_goods_first_and_none_beyond_the_circle(world: World, shelf: dict[str, Sale], engine: str) -> None:
    """Shanghai, Tianjin and Zhengzhou, seen from Ningbo; and what nobody knows the place of comes last."""
    settle(world, shelf, "copper", "31.23", "121.47", days=10)
    settle(world, shelf, "coil", "39.08", "117.20", days=100)
    assert found(world, near="29.87, 121.54") == ["Cathode", "热轧卷板", "Winter"]
    assert found(world, near="Tianjin") == ["热轧卷板", "Cathode", "Winter"]
    assert found(world, near="29.87, 121.54", km="200") == ["Cathode"]
    assert found(world, near="29.87, 121.54", km="200", sort="cheapest") == ["Cathode"]
    assert found(world, stored="30") == ["Cathode"]
    assert sorted(found(world, stored="180")) == ["Cathode", "热轧卷板"]
    with world.firm("BUYER").operator.ws(read_only=True) as ws:
        [first, *_] = queries.search(ws, {"near": "29.87, 121.54"}).offers
    assert first.km == pytest.approx(151.4, abs=0.5)


def settle(world: World, shelf: dict[str, Sale], name: str, latitude: str, longitude: str, *, days: int) -> None:
    """Give an offer a place and an age, as a lot in a warehouse has them, and let the indexes hear of it."""
    place = (latitude, longitude, world.now - timedelta(days=days), shelf[name].auction_id)
    world.admin.execute("update house.listing set latitude = %s, longitude = %s, received_at = %s, version = version + 1 where id = %s", place)  # fmt: skip
    with shelf[name].bank.operator.ws() as ws:
        actions.feed_outer_index(ws, shelf[name].auction_id)


def test_the_shelf_follows_the_sale(world: World, shelf: dict[str, Sale]) -> None:
    sale = shelf["copper"]
    one = sale.bidder()
    sale.open()
    sale.bid(one, 700_000)
    with one.operator.ws(read_only=True) as ws:
        [offer] = queries.search(ws, {"q": "copper"}).offers
        assert offer.price.minor == 700_000_00
    sale.close()
    assert found(world, status="SOLD") == ["Cathode"]
    assert found(world, q="copper") == [], "what is sold is not for sale"
    assert found(world, q="copper", status="any") == ["Cathode"]


def test_visitors_see_the_shelf_and_can_change_nothing(world: World, shelf: dict[str, Sale]) -> None:
    with enter(VisitorKey()) as ws:
        assert queries.search(ws, {}).total == 3
        with pytest.raises(Exception, match="read-only"):
            ws.session.execute(text("update house.listing set title = 'mine'"))
        ws.session.rollback()
    with enter(VisitorKey()) as ws, pytest.raises(NotAllowed):
        actions.save_search(ws, name="Mine", asked={})
    with enter(VisitorKey()) as ws:
        for table in ("registration", "paddle", "disposal", "deposit_move", "bid_slip", "event", "feed_item"):
            assert ws.session.scalar(text(f"select count(*) from house.{table}")) == 0


def test_nothing_on_the_shelf_leads_to_the_borrower(world: World, shelf: dict[str, Sale]) -> None:
    for sale in shelf.values():
        row = world.admin.execute(
            "select to_jsonb(l) from house.listing l where id = %s", (sale.auction_id,)
        ).fetchone()
        assert row
        told = json.dumps(row[0])
        for secret in (str(sale.borrower.tenant_id), sale.borrower.name, str(sale.deal_id)):
            assert secret not in told


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"q": "x" * 201}, "q"), ({"price_min": "cheap"}, "price_min"), ({"price_max": "nan"}, "price_max"), ({"price_max": "1e30"}, "price_max"),
     ({"near": "Atlantis"}, "near"), ({"sort": "prettiest"}, "sort"), ({"page": "0"}, "page"), ({"page": "٣"}, "page")],
)  # fmt: skip
def test_bad_questions_are_refused_by_name(world: World, asked: dict[str, str], field: str) -> None:
    with world.firm("BUYER").operator.ws(read_only=True) as ws, pytest.raises(Invalid) as refused:
        queries.search(ws, asked)
    assert refused.value.field == field


def test_searches_are_kept_for_their_firm_alone(world: World, shelf: dict[str, Sale]) -> None:
    one, other = world.firm("BUYER"), world.firm("BUYER")
    with one.operator.ws() as ws:
        row = actions.save_search(
            ws, name=" Copper in Shanghai ", asked={"q": "铜", "place": "Shanghai", "page": "2", "x": "y"}
        )
        assert (row.name, row.query) == ("Copper in Shanghai", {"q": "铜", "place": "Shanghai"})
        with pytest.raises(Conflict):
            actions.save_search(ws, name="Copper in Shanghai", asked={})
        with pytest.raises(Invalid):
            actions.save_search(ws, name=" ", asked={})
    with other.operator.ws() as ws:
        assert queries.saved_searches(ws) == []
        with pytest.raises(NotFound):
            actions.forget_search(ws, row.id)
    with one.operator.ws() as ws:
        actions.forget_search(ws, row.id)
        assert queries.saved_searches(ws) == []


def test_the_index_of_terms_is_used(world: World, shelf: dict[str, Sale]) -> None:
    """Row security would forbid it; the gate's function does not."""
    world.admin.execute("analyze house.listing")
    plan = world.admin.execute(
        "select set_config('enable_seqscan', 'off', false); explain select id from house.listing l where l.terms @@ '''copper'''::tsquery"
    )
    plan.nextset()
    assert "ix_listing_terms" in str(plan.fetchall())
