"""A wish as Elasticsearch is asked it, and its answer read back."""

from typing import Any
from uuid import UUID

from integrations.elasticsearch.entries import micros, viewers
from marketplace.catalogue.distance import Spot
from marketplace.catalogue.ports import FACETS, Found, Sort, Wish, told
from marketplace.catalogue.rules.relevance import Sought, Word

MOST_VALUES = 40
_ORDERS: dict[Sort, list[dict[str, Any]]] = {
    Sort.CLOSING: [{"closes_at": "asc"}],
    Sort.CHEAPEST: [{"price_minor": "asc"}],
    Sort.DEAREST: [{"price_minor": "desc"}],
    Sort.NEWEST: [],
}


def question(wish: Wish, viewer: UUID, asked: Sought | None = None) -> dict[str, Any]:
    """The body of a search by one firm. Facets narrow the hits after counting, so that each can be counted with its own choice left open."""
    narrowed = [_visible(viewer), *_ranges(wish), *(_enough(asked) if asked else [])]
    return {
        "query": {"bool": {"must": _wanted(asked) if asked else [], "filter": narrowed}},
        "post_filter": {"bool": {"filter": _chosen(wish)}},
        "aggs": {name: _counted(wish, name) for name in FACETS},
        "sort": [*_order(wish), {"published_at": "desc"}, {"id": "asc"}],
        "from": wish.past,
        "size": wish.most,
        "track_total_hits": True,
        "_source": False,
    }


def found(answer: Any, wish: Wish, asked: Sought | None = None) -> Found:
    """Hits, their number and the counts out of an answer, told as the database would tell them: it stands in at any moment."""
    hits = tuple(UUID(hit["_id"]) for hit in answer["hits"]["hits"])
    facets = {
        name: {row["key"]: int(row["doc_count"]) for row in answer["aggregations"][name]["values"]["buckets"]}
        for name in FACETS
    }
    return told(Found(hits, int(answer["hits"]["total"]["value"]), facets), wish, asked.likely if asked else 0)


def _wanted(asked: Sought) -> list[dict[str, Any]]:
    """The words by which hits are ranked: by BM25, but an unfinished word counts once, for whatever begins so."""
    if not asked.words:
        return [{"match_none": {}}]
    return [{"bool": {"must" if asked.every else "should": [_ranked(word) for word in asked.words]}}]


def _ranked(word: Word) -> dict[str, Any]:
    return _weighed(word) if word.unfinished else {"term": {"words": {"value": word.token}}}


def _enough(asked: Sought) -> list[dict[str, Any]]:
    """Only what has enough of the question's weight."""
    if asked.every or len(asked.words) < 2:
        return []
    weights = {"bool": {"should": [_weighed(word) for word in asked.words]}}
    return [{"function_score": {"query": weights, "min_score": asked.floor}}]


def _weighed(word: Word) -> dict[str, Any]:
    """What a word weighs, however often it is said."""
    kind = "prefix" if word.unfinished else "term"
    return {"constant_score": {"filter": {kind: {"words": {"value": word.token}}}, "boost": word.weight}}


def _visible(viewer: UUID) -> dict[str, Any]:
    return {"terms": {"visible_to": viewers(viewer)}}


def _ranges(wish: Wish) -> list[dict[str, Any]]:
    price = {"gte": wish.price_min, "lte": wish.price_max}
    limits = {side: minor for side, minor in price.items() if minor is not None}
    asked: list[dict[str, Any]] = [{"range": {"price_minor": limits}}] if limits else []
    if wish.closes_before is not None:
        asked.append({"range": {"closes_at": {"lte": micros(wish.closes_before)}}})
    if wish.received_after is not None:
        asked.append({"range": {"received_at": {"gte": micros(wish.received_after)}}})
    if wish.near is not None and wish.near.km is not None:
        asked.append({"geo_distance": {"distance": f"{wish.near.km}km", "spot": _point(wish.near.spot)}})
    return asked


def _chosen(wish: Wish, except_facet: str = "") -> list[dict[str, Any]]:
    return [{"terms": {name: list(values)}} for name, values in wish.facets.items() if values and name != except_facet]


def _counted(wish: Wish, facet: str) -> dict[str, Any]:
    by_value = {"field": facet, "size": MOST_VALUES, "order": [{"_count": "desc"}, {"_key": "asc"}]}
    return {"filter": {"bool": {"filter": _chosen(wish, facet)}}, "aggs": {"values": {"terms": by_value}}}


def _point(spot: Spot) -> dict[str, float]:
    return {"lat": spot.latitude, "lon": spot.longitude}


def _order(wish: Wish) -> list[dict[str, Any]]:
    if wish.sort is Sort.NEAREST and wish.near is not None:
        return [{"_geo_distance": {"spot": _point(wish.near.spot), "order": "asc"}}]
    if wish.sort in _ORDERS:
        return _ORDERS[wish.sort]
    return [{"_score": "desc"}] if wish.tokens else _ORDERS[Sort.CLOSING]
