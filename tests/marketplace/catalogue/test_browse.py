"""Looking along the shelf without words: what is told from kept numbers is what reading the offers gives, whoever looks, whatever became of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from integrations.postgres_search.index import PostgresIndex
from marketplace.catalogue.distance import Near, Spot
from marketplace.catalogue.ports import FACETS, Found, Shelved, Sort, Wish
from tenants.workspace import VisitorKey, Workspace, enter
from tests.cluster import START
from tests.factories import Firm, World

KEPT = f"select kind, open_to, {', '.join(FACETS)}, sum(offers)::int from gate.shelf_count group by 1, 2, 3, 4, 5, 6, 7, 8 having sum(offers) <> 0 order by 1, 2, 3, 4, 5, 6, 7, 8"
COUNTED = f"select kind, open_to, {', '.join(FACETS)}, count(*) from house.listing group by 1, 2, 3, 4, 5, 6, 7, 8 order by 1, 2, 3, 4, 5, 6, 7, 8"
CHANGE = "update house.listing set status = %s, place = %s, open_to = %s, price_minor = price_minor + 1 where id = %s"

values = st.sampled_from(["", "A", "B级", "上海"])
shelves = st.sampled_from([("AUCTION", "*"), ("STOCK", "BANK"), ("STOCK", "SME")])
offers = st.tuples(shelves, st.tuples(*[values] * len(FACETS)), st.integers(0, 3), st.integers(1, 3), st.booleans())
fates = st.none() | st.just("goes") | st.tuples(values, values, st.sampled_from(["*", "BANK", "SME"]))
wishes = st.builds(
    Wish,
    facets=st.dictionaries(st.sampled_from(FACETS), st.lists(values, max_size=3).map(tuple), max_size=3),
    near=st.none() | st.just(Near(Spot(29.87, 121.54))),
    kind=st.sampled_from(Shelved),
    sort=st.sampled_from(Sort),
    past=st.sampled_from([0, 2]),
    most=st.sampled_from([3, 24]),
)


@pytest.fixture
def firms(world: World) -> Sequence[Firm]:
    return [world.firm(kind) for kind in ("SME", "BANK", "BUYER")]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.tuples(offers, fates), max_size=12), st.lists(wishes, min_size=1, max_size=4), st.integers(0, 3), st.data()
)  # fmt: skip
def test_kept_numbers_are_those_of_the_offers_whoever_looks(
    world: World, firms: Sequence[Firm], on_shelf: list[tuple[Any, Any]], asked: list[Wish], looks: int, data: st.DataObject
) -> None:  # fmt: skip
    """A range that every price is in has the offers read one by one."""
    world.admin.execute("truncate house.listing")
    for at, (offer, fate) in enumerate(on_shelf, start=1):
        put(world.admin, UUID(int=at), firms[0].tenant_id if offer[-1] else UUID(int=1), offer)
        undergo(world.admin, UUID(int=at), fate)
    assert world.admin.execute(KEPT).fetchall() == world.admin.execute(COUNTED).fetchall()
    with enter(VisitorKey()) if looks == len(firms) else firms[looks].operator.ws(read_only=True) as ws:
        for wish in asked:
            assert looked(ws, wish) == looked(ws, replace(wish, price_min=0))


def test_an_own_offer_counts_once_whoever_else_may_read_it_and_so_does_a_state_that_is_chosen_twice(world: World, firms: Sequence[Firm]) -> None:  # fmt: skip
    world.admin.execute("truncate house.listing")
    for at, shelf in enumerate([("AUCTION", "*"), ("STOCK", "SME"), ("STOCK", "BANK")], start=1):
        put(world.admin, UUID(int=at), firms[0].tenant_id, (shelf, ("A",) * len(FACETS), 0, 1, True))
    with firms[0].operator.ws(read_only=True) as ws:
        stock, sale = (looked(ws, Wish(kind=kind, facets={"status": ("A", "A")})) for kind in (Shelved.STOCK, Shelved.AUCTION))  # fmt: skip
    assert (stock.total, stock.facets["grade"], set(stock.hits)) == (2, {"A": 2}, {UUID(int=2), UUID(int=3)})
    assert (sale.total, sale.facets["grade"], sale.hits) == (1, {"A": 1}, (UUID(int=1),))


def test_each_column_by_which_offers_are_counted_moves_the_numbers_by_itself(world: World) -> None:
    """One row alone: a combination that no offer has any more is gone."""
    world.admin.execute("truncate house.listing")
    put(world.admin, UUID(int=1), UUID(int=1), (("AUCTION", "*"), ("A",) * len(FACETS), 0, 1, False))
    for column, value in {"kind": "STOCK", "open_to": "BANK", **dict.fromkeys(FACETS, "B级")}.items():
        world.admin.execute(f"update house.listing set {column} = %s", (value,))
        assert world.admin.execute(KEPT).fetchall() == world.admin.execute(COUNTED).fetchall(), column
    world.admin.execute("delete from house.listing")
    assert world.admin.execute(KEPT).fetchall() == []


def test_numbers_are_counted_anew_where_offers_were_loaded_past_the_triggers(world: World) -> None:
    with world.admin.transaction():
        world.admin.execute("set local session_replication_role = replica")
        put(world.admin, UUID(int=1), UUID(int=1), (("AUCTION", "*"), ("A",) * len(FACETS), 0, 1, False))
    world.admin.execute("select gate.recount_offers()")
    assert world.admin.execute(KEPT).fetchall() == world.admin.execute(COUNTED).fetchall() != []
    world.admin.execute("truncate house.listing")
    assert world.admin.execute(KEPT).fetchall() == []


def test_the_last_offer_goes_while_another_of_its_kind_comes_and_neither_waits(world: World) -> None:
    """Each is counted in a part of its own."""
    alike = (("AUCTION", "*"), ("A",) * len(FACETS), 0, 1, False)
    world.admin.execute("truncate house.listing")
    put(world.admin, UUID(int=1), UUID(int=1), alike)
    dsn = make_conninfo(world.admin.info.dsn, password=world.admin.info.password)
    with psycopg.connect(dsn) as line, psycopg.connect(dsn, options="-c lock_timeout=1s") as other:
        line.execute("delete from house.listing where id = %s", (UUID(int=1),))
        put(other, UUID(int=2), UUID(int=1), alike)
        other.commit()
    assert world.admin.execute(KEPT).fetchall() == world.admin.execute(COUNTED).fetchall() != []


def looked(ws: Workspace, wish: Wish) -> Found:
    return PostgresIndex().search(ws, wish)


def put(line: psycopg.Connection[Any], offer_id: UUID, owner: UUID, offer: Any) -> None:
    (kind, open_to), facets, closes, price, _mine = offer
    row = {
        "tenant_id": owner, "id": offer_id, "kind": kind, "open_to": open_to, "number": "A", "title": "", "product_name": "", "quantity": 1, "unit": "TNE",
        "currency": "CNY", "start_minor": 1, "price_minor": price, "deposit_minor": 0, "opens_at": START, "closes_at": START + timedelta(hours=closes),
        "published_at": START, "passport": "{}", "version": 1, "latitude": closes or None, "longitude": closes or None, **dict(zip(FACETS, facets, strict=True)),
    }  # fmt: skip
    places = ", ".join(f"%({name})s" for name in row)
    line.execute(f"insert into house.listing ({', '.join(row)}) values ({places})", row)


def undergo(line: psycopg.Connection[Any], offer_id: UUID, fate: Any) -> None:
    """An offer changes its state, its place and who may read it, is taken off, or stays as it was."""
    if fate == "goes":
        line.execute("delete from house.listing where id = %s", (offer_id,))
    elif fate is not None:
        line.execute(CHANGE, (*fate, offer_id))
