"""Words that many offers have: the page is that of a reading of all, whatever became of the offers and whoever looks; numbers are those of the drawn share."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.postgres_search.index import PostgresIndex
from marketplace.catalogue.distance import Near, Spot
from marketplace.catalogue.ports import FACETS, Found, Shelved, Sort, Wish, flat
from marketplace.catalogue.rules import counting
from marketplace.catalogue.rules.tokens import wanted
from tenants.workspace import VisitorKey, Workspace, enter
from tests.cluster import START
from tests.factories import Firm, World

COLUMNS = ("tenant_id", "id", "kind", "open_to", "number", "title", "product_name", "quantity", "unit", "currency", "start_minor", "price_minor", "deposit_minor",
           "opens_at", "closes_at", "published_at", "passport", "version", "latitude", "longitude", "terms", *FACETS)  # fmt: skip
PUT = f"insert into house.listing ({', '.join(COLUMNS)}) values ({', '.join(['%s'] * len(COLUMNS))})"
CHANGE = "update house.listing set terms = %s, status = %s, price_minor = price_minor + 1 where id = %s"
DRAWN = "select id from house.listing where (uuid_hash(id) & 7) = 0"
KEPT = "select kind, open_to, word, said, length, sum(offers)::int, sum(times)::int from gate.search_word group by 1, 2, 3, 4, 5 having sum(offers) <> 0 order by 1, 2, 3, 4, 5"

values = st.sampled_from(["A", "B级", "上海"])
# Tokens as a text says them: some often, in texts of all lengths.
texts = st.lists(
    st.tuples(st.sampled_from(["铜", "阴极", "copper", "coil", "a1"]), st.integers(1, 4)), min_size=1, max_size=5
).map(lambda said: [token for token, times in said for _ in range(times)])
shelves = st.sampled_from([*[(Shelved.AUCTION, "*")] * 3, (Shelved.AUCTION, "SME"), (Shelved.STOCK, "BANK")])  # fmt: skip
offers = st.tuples(shelves, texts, st.tuples(*[values] * len(FACETS)), st.integers(0, 3), st.booleans())
fates = st.none() | st.just("goes") | st.tuples(texts, values)
asked = st.builds(
    Wish,
    tokens=st.sampled_from(["铜", "copper", "coil", "copper 铜", "coil copper 阴极", "阴极铜 copper coil 铜", "a1 copper", "copper coi"])
    .map(lambda text: flat(wanted(text))),
    every=st.booleans(),
    facets=st.dictionaries(st.sampled_from(FACETS), st.lists(values, max_size=2).map(tuple), max_size=1),
    price_min=st.none() | st.integers(0, 2),
    near=st.none() | st.just(Near(Spot(29.87, 121.54), 200)),
    kind=st.sampled_from([*[Shelved.AUCTION] * 3, Shelved.STOCK]),
    sort=st.sampled_from([Sort.BEST, Sort.BEST, Sort.BEST, *Sort]),
    past=st.sampled_from([0, 0, 2]),
    most=st.sampled_from([1, 3, 24]),
)  # fmt: skip


@contextmanager
def counted(*, one_by_one: int, exactly: int = 1) -> Iterator[None]:
    """Words are common from so many offers on, and about right is told from so many hits on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "COUNTED_ONE_BY_ONE", one_by_one)
        patch.setattr(counting, "TOLD_EXACTLY", exactly)
        patch.setattr(counting, "LEAST_DRAWN", 0)
        yield


@pytest.fixture
def firms(world: World) -> Sequence[Firm]:
    return [world.firm(kind) for kind in ("SME", "BANK", "BUYER")]


@pytest.fixture
def ids(world: World) -> list[UUID]:
    """Of each four three that are drawn where one in eight is."""
    rows = world.admin.execute("select i, (uuid_hash(lpad(i::text, 32, '0')::uuid) & 7) = 0 from generate_series(1, 400) i").fetchall()  # fmt: skip
    drawn, others = ([UUID(hex=str(at).zfill(32)) for at, is_drawn in rows if is_drawn is one] for one in (True, False))
    return [one for at in range(12) for one in (*drawn[3 * at : 3 * at + 3], others[at])]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.tuples(offers, fates), min_size=8, max_size=40), st.lists(asked, min_size=1, max_size=6), st.integers(0, 3), st.sampled_from([1, 10**6]))  # fmt: skip
def test_a_page_is_that_of_a_reading_of_all_and_numbers_are_those_of_the_share(
    world: World, firms: Sequence[Firm], ids: list[UUID], on_shelf: list[tuple[Any, Any]], asked: list[Wish], looks: int, exactly: int
) -> None:  # fmt: skip
    world.admin.execute("truncate house.listing")
    for offer_id, (offer, _) in zip(ids, on_shelf, strict=False):
        put(world, offer_id, firms[0].tenant_id if offer[-1] else UUID(int=1), offer)
    for offer_id, (_, fate) in zip(ids, on_shelf, strict=False):
        undergo(world, offer_id, fate)
    drawn = {row[0] for row in world.admin.execute(DRAWN)}
    with enter(VisitorKey()) if looks == len(firms) else firms[looks].operator.ws(read_only=True) as ws:
        for wish in asked:
            with counted(one_by_one=10**6):
                whole, share = looked(ws, wish), numbers(ws, wish, drawn)
            with counted(one_by_one=0, exactly=exactly):
                told = looked(ws, wish)
            assert told.hits == whole.hits
            if not told.about:
                share = whole.total, whole.facets
            elif share[0] < exactly:
                share = whole.total, {name: share[1][name] | of(seen, chosen) if (chosen := wish.facets.get(name)) else seen for name, seen in whole.facets.items()}  # fmt: skip
            assert (told.total, told.facets) == share, told.about


@pytest.mark.parametrize("seed", range(4))
def test_every_page_of_a_drawn_book_is_that_of_a_reading_of_all(world: World, ids: list[UUID], seed: int) -> None:
    """Short texts that say a word once beside long ones that say it often, a third of them with what is chosen: where the best lie among the lengths differs from book to book,
    and a third of all lies on a closed shelf."""
    dice = random.Random(seed)
    world.admin.execute("truncate house.listing")
    for offer_id in ids:
        text = [token for token in ("铜", "阴极", "copper", "coil") for _ in range(dice.choice([0, 1, 1, 2, 6]))]
        text += ["a1"] * dice.randint(0, 12)
        facets = tuple(dice.choice(["A", "B级", "上海"]) for _ in FACETS)
        shelf = (Shelved.AUCTION, dice.choice(["*", "*", "SME"]))
        put(world, offer_id, UUID(int=1), (shelf, text, facets, dice.randint(0, 3), False))
    drawn = {row[0] for row in world.admin.execute(DRAWN)}
    with enter(VisitorKey()) as ws:
        for words in ("铜", "coil", "copper 铜", "coil copper", "阴极 coil copper", "阴极 coil copper 铜"):
            for most, past, chosen in product((1, 2, 5), (0, 3), ({}, {"grade": ("A",)}, {"grade": ("A",), "place": ("A", "B级")})):  # fmt: skip
                wish = Wish(tokens=flat(wanted(words)), facets=chosen, price_min=past or None, most=most, past=past)
                with counted(one_by_one=10**6):
                    whole, share = looked(ws, wish), 8 * len(all_hits(ws, wish) & drawn)
                with counted(one_by_one=0):
                    told = looked(ws, wish)
                assert (told.hits, told.total) == (whole.hits, counting.rounded(share) or whole.total), wish


def test_the_shelf_keeps_how_often_each_word_is_said_in_texts_of_each_length(world: World) -> None:
    """After offers came, changed, moved to another shelf and went it is what a count of the rows gives."""
    world.admin.execute("truncate house.listing")
    for at, text in enumerate((["copper"], ["copper", "copper", "coil"], ["coil"] * 45), start=1):
        put(world, UUID(int=at), UUID(int=1), ((Shelved.AUCTION, "*"), text, ("A",) * len(FACETS), 0, True))
    undergo(world, UUID(int=1), (["copper", "copper", "wire"], "A"))
    world.admin.execute("update house.listing set open_to = 'BANK' where id = %s", (UUID(int=2),))
    undergo(world, UUID(int=3), "goes")
    kept = world.admin.execute(KEPT).fetchall()
    assert ("AUCTION", "*", "copper", 2, 3, 1, 2) in kept
    assert ("AUCTION", "BANK", "copper", 2, 3, 1, 2) in kept
    world.admin.execute("select gate.recount_words()")
    assert world.admin.execute(KEPT).fetchall() == kept


def test_each_share_is_read_by_an_index_of_its_own(world: World) -> None:
    """The condition that is asked is the one of the index, letter by letter."""
    world.admin.execute("analyze house.listing")
    with world.admin.transaction():
        world.admin.execute("set local enable_seqscan = off")
        for share in counting.SHARES:
            drawn = world.admin.execute("select gate.listing_drawn(%s)", (f'{{"one_in": {share}}}',)).fetchone()
            assert drawn
            plan = world.admin.execute(f"explain select id from house.listing l where l.terms @@ '''copper'''::tsquery and {drawn[0]}").fetchall()  # fmt: skip
            assert f"ix_listing_one_in_{share}" in str(plan)


def numbers(ws: Workspace, wish: Wish, drawn: set[UUID]) -> tuple[int, dict[str, dict[str, int]]]:
    """What is counted of the drawn offers, eight times: in all, and for each facet with its own choice left open."""
    facets = {name: {value: counting.rounded(8 * count) for value, count in by_value(ws, wish, name, drawn)} for name in FACETS}  # fmt: skip
    return counting.rounded(8 * len(all_hits(ws, wish) & drawn)), facets


def of(counts: dict[str, int], chosen: Sequence[str]) -> dict[str, int]:
    """What was chosen of a facet is counted one by one."""
    return {value: count for value, count in counts.items() if value in chosen}


def by_value(ws: Workspace, wish: Wish, facet: str, drawn: set[UUID]) -> list[tuple[str, int]]:
    left_open = replace(wish, facets={name: values for name, values in wish.facets.items() if name != facet})
    values = {value: all_hits(ws, replace(left_open, facets=left_open.facets | {facet: (value,)})) & drawn for value in ("A", "B级", "上海")}  # fmt: skip
    return [(value, len(hits)) for value, hits in values.items() if hits]


def all_hits(ws: Workspace, wish: Wish) -> set[UUID]:
    return set(looked(ws, replace(wish, past=0, most=100)).hits)


def looked(ws: Workspace, wish: Wish) -> Found:
    return PostgresIndex().search(ws, wish)


def put(world: World, offer_id: UUID, owner: UUID, offer: Any) -> None:
    (kind, open_to), text, facets, number, _mine = offer
    world.admin.execute(PUT, (
        owner, offer_id, kind, open_to, "A", "", "", 1, "TNE", "CNY", 1, number, 0, START, START + timedelta(hours=number), START - timedelta(hours=number % 2),
        "{}", 1, 29.87 if number else None, 121.54 if number else None, terms(text), *facets,
    ))  # fmt: skip


def undergo(world: World, offer_id: UUID, fate: Any) -> None:
    """An offer's text and state change, it is taken off, or stays as it was."""
    if fate == "goes":
        world.admin.execute("delete from house.listing where id = %s", (offer_id,))
    elif fate is not None:
        world.admin.execute(CHANGE, (terms(fate[0]), fate[1], offer_id))


def terms(text: Sequence[str]) -> str:
    places: dict[str, list[str]] = {}
    for at, token in enumerate(text, start=1):
        places.setdefault(token, []).append(str(at))
    return " ".join(f"'{token}':{','.join(at)}" for token, at in places.items())
