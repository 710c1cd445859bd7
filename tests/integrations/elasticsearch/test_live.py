"""On a live node: what no recorded wire can prove."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.elasticsearch import index as elastic
from integrations.elasticsearch.commands import reindex_command, shelf
from integrations.elasticsearch.index import ElasticIndex
from integrations.postgres_search.index import PostgresIndex, vector
from marketplace.catalogue.distance import Near, Spot
from marketplace.catalogue.ports import FACETS, Document, Drift, Sort, Unanswered, Wish, flat
from marketplace.catalogue.queries import document_of, published_after
from marketplace.catalogue.rules.tokens import tokens, wanted
from tenants.workspace import VisitorKey, enter
from tests.elastic import a_live_index, needs_a_node, searching
from tests.factories import World
from tests.integrations.elasticsearch.test_questions import MOMENT, a_document
from tests.marketplace.disposal.makers import an_auction

pytestmark = needs_a_node
SOMEBODY, OTHER = UUID(int=11), UUID(int=12)


@pytest.fixture
def index() -> Iterator[ElasticIndex]:
    with a_live_index() as made:
        yield made


def as_seen_by(tenant_id: UUID) -> Any:
    return type("Ws", (), {"tenant_id": tenant_id})()


def hits(index: ElasticIndex, viewer: UUID = SOMEBODY, **wish: Any) -> tuple[UUID, ...]:
    return index.search(as_seen_by(viewer), Wish(**wish)).hits


def test_what_is_one_firms_is_found_and_counted_for_that_firm_alone(index: ElasticIndex) -> None:
    index.put(as_seen_by(SOMEBODY), [a_document(visible_to=(SOMEBODY,)), a_document(id=UUID(int=3))])
    assert len(hits(index, SOMEBODY)) == 2
    seen = index.search(as_seen_by(OTHER), Wish())
    assert (seen.hits, seen.total, seen.facets["grade"]) == ((UUID(int=3),), 1, {"x": 1})


def test_late_news_undo_nothing(index: ElasticIndex) -> None:
    for version, minor in ((2, 200), (1, 100), (2, 999)):
        index.put(as_seen_by(SOMEBODY), [a_document(version=version, price_minor=minor)])
    assert hits(index, price_min=200, price_max=200) == (a_document().id,)


def test_a_build_replaces_the_old_index_in_one_step_and_misses_no_news(index: ElasticIndex) -> None:
    stays, goes = a_document(), a_document(id=UUID(int=9))
    index.put(as_seen_by(SOMEBODY), [stays, goes])

    def read() -> Iterator[list[Document]]:
        yield [stays]
        index.put(as_seen_by(SOMEBODY), [a_document(id=UUID(int=4)), a_document(version=4, price_minor=7)])
        assert len(hits(index)) == 3, "the old index serves, and hears the news too"
        yield [stays]  # read before the news came: older than what is there

    assert index.rebuild(read()) == 2
    assert sorted(hits(index)) == [stays.id, UUID(int=4)]
    assert hits(index, price_max=7) == (stays.id,)


def test_a_build_that_dies_leaves_the_old_index_searched_and_the_next_one_clears_up(index: ElasticIndex) -> None:
    index.put(as_seen_by(SOMEBODY), [a_document()])

    def read() -> Iterator[list[Document]]:
        yield [a_document(id=UUID(int=5))]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        index.rebuild(read())
    assert hits(index) == (a_document().id,)
    assert index.rebuild([[a_document(id=UUID(int=6))]]) == 1
    assert hits(index) == (UUID(int=6),)
    held = index._client.indices.get_alias(name=index.fed)
    assert len(held) == 1, "the dead build is gone"


def test_of_two_builds_at_once_the_later_wins_and_the_earlier_says_so(index: ElasticIndex) -> None:
    def read() -> Iterator[list[Document]]:
        index.rebuild([[a_document(id=UUID(int=8))]])
        yield [a_document(id=UUID(int=7))]

    with pytest.raises(Unanswered):
        index.rebuild(read())
    assert hits(index) == (UUID(int=8),)


def test_bailee_reindex_builds_it_from_the_rows(world: World, index: ElasticIndex) -> None:
    world.admin.execute("truncate house.listing")
    sales = [an_auction(world, product=f"Goods {name}") for name in ("one", "two", "three")]
    world.work()
    with searching(index):
        said = world.app.test_cli_runner().invoke(reindex_command)
    assert said.output == "The search index is built anew and holds 3 offers.\n"
    assert sorted(hits(index)) == sorted(sale.auction_id for sale in sales)
    with world.app.app_context():
        assert [len(page) for page in shelf(batch=2)] == [2, 1]


def test_a_check_tells_what_drifted_and_mends_it_while_the_index_serves(world: World, index: ElasticIndex) -> None:
    world.admin.execute("truncate house.listing")
    sales = [an_auction(world, product=f"Goods {name}") for name in ("one", "two", "three")]
    world.work()
    lost, older, stays = sorted(sale.auction_id for sale in sales)
    told = {one.id: one for page in pages() for one in page}
    first, last = UUID(int=5), UUID("ffffffff-0000-7000-8000-000000000000")
    index.put(as_seen_by(SOMEBODY), [told[stays], replace(told[older], version=1, price_minor=7)])
    index.put(as_seen_by(SOMEBODY), [a_document(id=first), a_document(id=last)])
    world.admin.execute("update house.listing set version = 9 where id = %s", (older,))
    assert checked(world, index) == (0, "Of 3 published offers the search index lacked 2 or knew them older: they are up to date now. 2 that are published no more were taken out.\n")  # fmt: skip
    assert sorted(hits(index)) == sorted([lost, older, stays])
    assert hits(index, price_max=7) == ()
    assert checked(world, index) == (0, "The search index holds the 3 published offers.\n")
    world.admin.execute("update house.listing set version = 8 where id = %s", (older,))
    code, said = checked(world, index)
    assert (code, "knows 1 offers newer than the database does" in said) == (1, True)


def test_a_check_of_more_than_a_page_is_whole_and_what_is_new_meanwhile_is_no_drift(
    world: World, index: ElasticIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elastic, "PAGE", 2)
    held = [a_document(id=UUID(int=number)) for number in range(1, 8)]
    index.put(as_seen_by(SOMEBODY), held)
    index.put(as_seen_by(SOMEBODY), [replace(held[0], version=4)])  # changed and fed after its row was read
    drift = index.check([held[:3], held[3:6]], lambda ids: {one: 4 if one == held[0].id else 3 for one in ids})
    assert drift == Drift(held=6), "the seventh was published after the last page was read"
    assert index.check([held[3:6]], lambda ids: {}).gone == 4
    assert sorted(hits(index)) == [one.id for one in held[3:6]]


def pages() -> list[Any]:
    with enter(VisitorKey()) as ws:
        return [[document_of(row) for row in published_after(ws, None, 500)]]


def checked(world: World, index: ElasticIndex) -> tuple[int, str]:
    with searching(index):
        said = world.app.test_cli_runner().invoke(reindex_command, ["--check"])
    return said.exit_code, said.output


texts = st.lists(
    st.sampled_from(["电解铜", "热轧卷板", "copper cathode", "lme-grade", "99.95", "小麦"]), max_size=3
).map(" ".join)
values = st.sampled_from(["", "A", "B级", "上海"])
spots = st.sampled_from([Spot(31.23, 121.47), Spot(29.87, 121.54), Spot(39.9, 116.41), Spot(-33.9, 18.4)])
offers = st.builds(
    lambda number, title, told, facets, price, closes, spot: Document(
        UUID(int=1), UUID(int=100 + number), 1, name=tuple(tokens(title)), text=tuple(tokens(told)),
        facets=dict(zip(FACETS, facets, strict=True)), price_minor=price, closes_at=MOMENT + timedelta(hours=closes),
        published_at=MOMENT + timedelta(microseconds=closes), spot=spot, received_at=MOMENT - timedelta(days=closes) if closes else None,
    ),
    st.integers(0, 10**6), texts, texts, st.tuples(*[values] * len(FACETS)), st.integers(1, 4), st.integers(0, 4),
    st.none() | spots,
)  # fmt: skip
questions = st.builds(
    Wish,
    tokens=texts.map(lambda text: flat(wanted(text))) | st.just((("cop",),)),
    facets=st.dictionaries(st.sampled_from(FACETS), st.lists(values, max_size=2).map(tuple), max_size=2),
    price_min=st.none() | st.integers(1, 4),
    price_max=st.none() | st.integers(1, 4),
    closes_before=st.none() | st.integers(0, 4).map(lambda hours: MOMENT + timedelta(hours=hours)),
    near=st.none() | st.builds(Near, spots, st.sampled_from([None, 200, 1500])),
    received_after=st.none() | st.integers(0, 4).map(lambda days: MOMENT - timedelta(days=days)),
    sort=st.sampled_from(Sort),
    past=st.sampled_from([0, 2]),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(offers, max_size=9, unique_by=lambda one: one.id), st.lists(questions, min_size=1, max_size=4))
def test_both_indexes_give_the_same(world: World, index: ElasticIndex, on_shelf: list[Document], asked: list[Wish]) -> None:  # fmt: skip
    """Hits, number, counts and order, also by relevance."""
    plant(world, on_shelf)
    index.rebuild([on_shelf])
    with enter(VisitorKey()) as ws:
        for wish in asked:
            ours, theirs = PostgresIndex().search(ws, wish), index.search(ws, wish)
            assert (ours.total, ours.facets) == (theirs.total, theirs.facets)
            assert ours.hits == theirs.hits


def plant(world: World, on_shelf: list[Document]) -> None:
    """These rows on the shelf, as the seller's action leaves them."""
    world.admin.execute("truncate house.listing")
    for one in on_shelf:
        row = {
            "tenant_id": one.tenant_id, "id": one.id, "kind": "AUCTION", "number": "A", "title": "", "product_name": "", "quantity": 1, "unit": "TNE",
            "currency": "CNY", "start_minor": 1, "price_minor": one.price_minor, "deposit_minor": 0, "opens_at": one.published_at, "closes_at": one.closes_at,
            "published_at": one.published_at, "passport": "{}", "version": 1, "terms": vector(one), "received_at": one.received_at,
            "latitude": one.spot and one.spot.latitude, "longitude": one.spot and one.spot.longitude, **one.facets,
        }  # fmt: skip
        places = ", ".join(f"%({name})s" for name in row)
        world.admin.execute(f"insert into house.listing ({', '.join(row)}) values ({places})", row)
