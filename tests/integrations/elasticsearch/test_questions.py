"""What Elasticsearch is asked: who asks stands in every question, and everything that was wished for."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.elasticsearch.entries import MAPPING, entry, micros, words
from integrations.elasticsearch.questions import found, question
from marketplace.catalogue.distance import Near, Spot
from marketplace.catalogue.ports import FACETS, Document, Found, Sort, Wish
from marketplace.catalogue.rules.relevance import BEYOND, Sought, Standing, Word, rarity, seek

VIEWER = UUID(int=7)
MOMENT = datetime(2026, 3, 2, 9, 0, 0, 123_456, tzinfo=UTC)
SHELF = Standing(100, 3_000, {"电解": 9, "解铜": 2})
some_words = st.text(alphabet="铜铝ab9", min_size=1, max_size=3)
wishes = st.builds(
    Wish,
    tokens=st.lists(st.lists(some_words, min_size=1, max_size=3).map(tuple), max_size=20).map(tuple),
    facets=st.dictionaries(st.sampled_from(FACETS), st.lists(some_words, max_size=3).map(tuple)),
    price_min=st.none() | st.integers(0, 10**15),
    price_max=st.none() | st.integers(0, 10**15),
    closes_before=st.none() | st.just(MOMENT),
    sort=st.sampled_from(Sort),
    past=st.integers(0, 936),
)


def weighed(wish: Wish, shelf: Standing) -> Sought:
    return seek(wish.tokens, shelf, every=wish.every)


@given(wishes)
def test_who_asks_stands_in_every_question(wish: Wish) -> None:
    asked = question(wish, VIEWER, weighed(wish, Standing()))
    assert {"terms": {"visible_to": ["everybody", str(VIEWER)]}} in asked["query"]["bool"]["filter"]
    assert "should" not in asked["query"]["bool"], "a term beside the filter must not be a way around it"


@given(wishes)
def test_each_facet_is_counted_with_its_own_choice_left_open(wish: Wish) -> None:
    asked = question(wish, VIEWER)
    chosen = {name for name, values in wish.facets.items() if values}
    assert _facets(asked["post_filter"]) == chosen
    for name in FACETS:
        assert _facets(asked["aggs"][name]["filter"]) == chosen - {name}


def test_words_ranges_and_order() -> None:
    wish = Wish(
        tokens=(("电解", "解铜"), ("cop",)), price_min=1, price_max=2, closes_before=MOMENT, sort=Sort.CHEAPEST, past=24
    )
    asked = question(wish, VIEWER, weighed(wish, SHELF))
    [ranked] = asked["query"]["bool"]["must"]
    assert ranked["bool"]["should"][1:] == [
        {"term": {"words": {"value": "解铜"}}},
        {"term": {"words": {"value": "电解"}}},
    ]
    begun = ranked["bool"]["should"][0]["constant_score"]
    assert begun["filter"] == {"prefix": {"words": {"value": "cop"}}}
    assert begun["boost"] == rarity(100, 0)
    enough = asked["query"]["bool"]["filter"].pop()["function_score"]
    assert enough["min_score"] == pytest.approx((rarity(100, 0) + rarity(100, 2) + rarity(100, 9)) / 2 * BEYOND)
    assert [one["constant_score"]["boost"] for one in enough["query"]["bool"]["should"]] == pytest.approx(
        [rarity(100, 0), rarity(100, 2), rarity(100, 9)]
    )
    assert asked["query"]["bool"]["filter"][1:] == [
        {"range": {"price_minor": {"gte": 1, "lte": 2}}},
        {"range": {"closes_at": {"lte": 1_772_442_000_123_456}}},
    ]
    assert asked["sort"] == [{"price_minor": "asc"}, {"published_at": "desc"}, {"id": "asc"}]
    assert (asked["from"], asked["size"], asked["track_total_hits"]) == (24, 24, True)


def test_every_word_must_be_there_where_a_wish_says_so() -> None:
    wish = Wish(tokens=(("电解", "解铜"), ("cop",)), every=True)
    [ranked] = question(wish, VIEWER, weighed(wish, SHELF))["query"]["bool"]["must"]
    assert len(ranked["bool"]["must"]) == 3


def test_words_that_nobody_has_find_nothing() -> None:
    wish = Wish(tokens=(("电解", "解铜"), ("电解", "解铜")))
    assert question(wish, VIEWER, weighed(wish, Standing(9, 90)))["query"]["bool"]["must"] == [{"match_none": {}}]


def test_a_circle_and_the_way_to_it() -> None:
    asked = question(Wish(near=Near(Spot(31.2, 121.5), 200), received_after=MOMENT, sort=Sort.NEAREST), VIEWER)
    here = {"lat": 31.2, "lon": 121.5}
    assert asked["query"]["bool"]["filter"][1:] == [
        {"range": {"received_at": {"gte": 1_772_442_000_123_456}}},
        {"geo_distance": {"distance": "200km", "spot": here}},
    ]
    assert asked["sort"][0] == {"_geo_distance": {"spot": here, "order": "asc"}}


def test_without_words_the_best_is_what_closes_soonest() -> None:
    assert question(Wish(), VIEWER)["sort"][0] == {"closes_at": "asc"}
    assert question(wish := Wish(tokens=(("铜",),)), VIEWER, weighed(wish, Standing()))["sort"][0] == {"_score": "desc"}


def test_an_entry_holds_what_is_mapped_and_nothing_else() -> None:
    made = entry(a_document(visible_to=(VIEWER,)))
    assert set(made) == set(MAPPING["properties"])
    assert made["visible_to"] == [str(VIEWER)]
    assert made["words"] == "阴极 铜 a"
    assert entry(a_document())["visible_to"] == ["everybody"]


@given(st.lists(some_words, max_size=9).map(tuple))
def test_tokens_are_cut_at_spaces_as_they_were_joined(tokens: tuple[str, ...]) -> None:
    assert tuple(words(tokens).split()) == tokens


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_moments_sort_as_they_do_in_the_database(one: datetime, other: datetime) -> None:
    assert (micros(one) < micros(other), micros(one) == micros(other)) == (one < other, one == other)


def test_an_answer_is_read_back() -> None:
    empty: dict[str, Any] = {name: {"values": {"buckets": []}} for name in FACETS}
    answer = {
        "hits": {"total": {"value": 41}, "hits": [{"_id": str(VIEWER)}]},
        "aggregations": empty | {"grade": {"values": {"buckets": [{"key": "A级", "doc_count": 3}]}}},
    }
    assert found(answer, Wish()) == Found((VIEWER,), 41, {name: {} for name in FACETS} | {"grade": {"A级": 3}})


def test_of_words_that_many_offers_have_numbers_are_told_as_the_database_tells_them() -> None:
    """To two digits; of few hits those alone that are counted with a choice left open."""
    common = Sought((Word("铜", 1.0, offers=9_000),), 0.5, 1.0, every=False)
    wish = Wish(tokens=(("铜",),), facets={"grade": ("A级",)})
    many, few = (found(an_answer(total), wish, common) for total in (5_432, 432))
    assert (many.total, many.facets["grade"], many.about) == (5_400, {"A级": 5_400, "B级": 1_200}, {"total", *FACETS})
    assert (few.total, few.facets["grade"], few.about) == (432, {"A级": 432, "B级": 1_200}, {"grade"})
    rare = found(an_answer(5_432), wish, replace(common, words=(Word("铜", 1.0, offers=2_000),)))
    assert (rare.total, rare.facets["grade"], rare.about) == (5_432, {"A级": 5_432, "B级": 1_234}, frozenset())


def an_answer(total: int) -> dict[str, Any]:
    empty: dict[str, Any] = {name: {"values": {"buckets": []}} for name in FACETS}
    buckets = [{"key": "A级", "doc_count": total}, {"key": "B级", "doc_count": 1_234}]
    return {"hits": {"total": {"value": total}, "hits": []}, "aggregations": empty | {"grade": {"values": {"buckets": buckets}}}}  # fmt: skip


def a_document(**other: Any) -> Document:
    made: dict[str, Any] = {
        "tenant_id": UUID(int=1), "id": UUID(int=2), "version": 3, "name": ("阴极", "铜"), "text": ("a",),
        "facets": dict.fromkeys(FACETS, "x"), "price_minor": 100, "closes_at": MOMENT, "published_at": MOMENT,
    }  # fmt: skip
    return Document(**(made | other))


def _facets(narrowed: dict[str, Any]) -> set[str]:
    return {name for one in narrowed["bool"]["filter"] for name in one["terms"]}
