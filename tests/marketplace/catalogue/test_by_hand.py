"""Facets, ranges, orders and closed shelves against a reading by hand: plain Python over the rows, which shares no rule with the SQL that searches them."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.catalogue.distance import Near, Spot, km_between
from marketplace.catalogue.ports import FACETS, Shelved, Sort, Wish
from tenants.workspace import VisitorKey, enter
from tests.cluster import START
from tests.factories import Firm, World
from tests.marketplace.catalogue.test_browse import looked, put

NINGBO = Spot(29.87, 121.54)
ASIDE = "update house.listing set received_at = %s, latitude = %s, longitude = %s, published_at = %s where id = %s"
READ = f"select id, tenant_id, kind, open_to, price_minor, closes_at, published_at, received_at, latitude::float, longitude::float, {', '.join(FACETS)} from house.listing"

values = st.sampled_from(["A", "B级", "上海"])
shelves = st.sampled_from([("AUCTION", "*"), ("AUCTION", "*"), ("AUCTION", "SME"), ("STOCK", "BANK"), ("STOCK", "SME")])
offers = st.tuples(shelves, st.tuples(*[values] * len(FACETS)), st.integers(0, 3), st.integers(1, 3), st.booleans())
days, spots = st.integers(0, 2), st.sampled_from([None, (29.9, 121.6), (30.3, 120.2), (31.2, 121.5)])
asides = st.tuples(st.none() | days, spots, days)
wishes = st.builds(
    Wish,
    facets=st.dictionaries(st.sampled_from(FACETS), st.lists(values, max_size=2).map(tuple), max_size=2),
    price_min=st.none() | st.integers(0, 3),
    price_max=st.none() | st.integers(1, 4),
    closes_before=st.none() | st.integers(0, 3).map(lambda hours: START + timedelta(hours=hours)),
    received_after=st.none() | days.map(lambda day: START + timedelta(days=day)),
    near=st.none() | st.sampled_from([None, 30, 150, 200]).map(lambda km: Near(NINGBO, km)),
    kind=st.sampled_from(Shelved),
    sort=st.sampled_from(Sort),
    past=st.sampled_from([0, 2]),
    most=st.sampled_from([3, 24]),
)


@pytest.fixture
def firms(world: World) -> Sequence[Firm]:
    return [world.firm(kind) for kind in ("SME", "BANK", "BUYER")]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.tuples(offers, asides), min_size=4, max_size=14), st.lists(wishes, min_size=2, max_size=6), st.integers(0, 3))  # fmt: skip
def test_what_is_told_is_what_a_reading_by_hand_gives(
    world: World, firms: Sequence[Firm], on_shelf: list[tuple[Any, Any]], asked: list[Wish], looks: int
) -> None:
    world.admin.execute("truncate house.listing")
    for at, (offer, (received, spot, published)) in enumerate(on_shelf, start=1):
        put(world.admin, UUID(int=at), firms[0].tenant_id if offer[-1] else UUID(int=1), offer)
        moment = None if received is None else START + timedelta(days=received)
        world.admin.execute(ASIDE, (moment, *(spot or (None, None)), START + timedelta(days=published), UUID(int=at)))
    cursor = world.admin.execute(READ)
    rows = [dict(zip([column.name for column in cursor.description or ()], row, strict=True)) for row in cursor]
    viewer, kinds = (None, set[str]()) if looks == len(firms) else (firms[looks].tenant_id, {("SME", "BANK", "BUYER")[looks]})  # fmt: skip
    with enter(VisitorKey()) if viewer is None else firms[looks].operator.ws(read_only=True) as ws:
        for wish in asked:
            found = looked(ws, wish)
            seen = [row for row in rows if row["kind"] == wish.kind and (row["open_to"] in {"*", *kinds} or row["tenant_id"] == viewer) and in_range(row, wish)]  # fmt: skip
            hits = in_order([row for row in seen if has(row, wish)], wish)
            assert (found.hits, found.total) == (tuple(row["id"] for row in hits[wish.past :][: wish.most]), len(hits)), wish  # fmt: skip
            for name in FACETS:
                assert found.facets[name] == Counter(row[name] for row in seen if has(row, wish, but=name)), (name, wish)  # fmt: skip


def has(row: dict[str, Any], wish: Wish, but: str = "") -> bool:
    """What was chosen of every facet but one."""
    return all(row[name] in chosen for name, chosen in wish.facets.items() if chosen and name != but)


def in_range(row: dict[str, Any], wish: Wish) -> bool:
    """Bounds belong to their range; what is not known of an offer is in none."""
    near = wish.near.km if wish.near else None
    return (
        (wish.price_min is None or row["price_minor"] >= wish.price_min)
        and (wish.price_max is None or row["price_minor"] <= wish.price_max)
        and (wish.closes_before is None or row["closes_at"] <= wish.closes_before)
        and (wish.received_after is None or (row["received_at"] or datetime.min.replace(tzinfo=START.tzinfo)) >= wish.received_after)
        and (near is None or ((away := distance(row)) is not None and away <= near))
    )  # fmt: skip


def distance(row: dict[str, Any]) -> float | None:
    return None if row["latitude"] is None else km_between(NINGBO, Spot(row["latitude"], row["longitude"]))


def in_order(rows: list[dict[str, Any]], wish: Wish) -> list[dict[str, Any]]:
    """By what was asked; of equals the newer, then by number."""

    def first(row: dict[str, Any]) -> tuple[Any, ...]:
        away, closes = distance(row), row["closes_at"].timestamp()
        by = {
            Sort.CHEAPEST: (row["price_minor"],),
            Sort.DEAREST: (-row["price_minor"],),
            Sort.NEWEST: (-row["published_at"].timestamp(),),
            Sort.NEAREST: (away is None, away or 0.0) if wish.near else (closes,),
        }
        return (*by.get(wish.sort, (closes,)), -row["published_at"].timestamp(), row["id"])

    return sorted(rows, key=first)
