"""How offers stand in Elasticsearch: the mapping, and one offer's entry.

Tokens are made by the house and only cut at spaces here, so that every index gives the same words. Moments are microseconds since 1970, as exact as the
database's own, so that both sort alike.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from marketplace.catalogue.ports import FACETS, Document
from marketplace.catalogue.rules.relevance import LENGTH_COUNTS, SATURATION
from marketplace.catalogue.weighing import LONGEST_TOKEN

# Part of every name: a release that maps offers otherwise counts on, builds its own index and leaves that of the release before alone.
SCHEMA = 3
EVERYBODY = "everybody"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BM25 = {"type": "BM25", "k1": SATURATION, "b": LENGTH_COUNTS}
_TOKENS = {"type": "text", "analyzer": "whitespace", "index_options": "freqs", "similarity": "house"}

MAPPING: dict[str, Any] = {
    "dynamic": "strict",
    "properties": {
        "id": {"type": "keyword"},
        "visible_to": {"type": "keyword"},
        "words": _TOKENS,
        "price_minor": {"type": "long"},
        "closes_at": {"type": "long"},
        "published_at": {"type": "long"},
        "received_at": {"type": "long"},
        "spot": {"type": "geo_point"},
        **{name: {"type": "keyword"} for name in FACETS},
    },
}
# One shard: the rarity of a word is counted in each shard, and must be that of the whole shelf.
SETTINGS: dict[str, Any] = {"number_of_shards": 1, "auto_expand_replicas": "0-1", "similarity": {"house": _BM25}}


def entry(document: Document) -> dict[str, Any]:
    """One offer as it is stored."""
    return {
        "id": str(document.id),
        "visible_to": [EVERYBODY] if document.visible_to is None else [str(one) for one in document.visible_to],
        "words": words((*document.name, *document.text)),
        "price_minor": document.price_minor,
        "closes_at": micros(document.closes_at),
        "published_at": micros(document.published_at),
        "received_at": document.received_at and micros(document.received_at),
        "spot": document.spot and {"lat": document.spot.latitude, "lon": document.spot.longitude},
        **document.facets,
    }


def viewers(tenant_id: UUID) -> list[str]:
    """Whose eyes a firm searches with. An index knows no row security: this stands in every question."""
    return [EVERYBODY, str(tenant_id)]


def words(tokens: tuple[str, ...]) -> str:
    """Tokens as one text that is cut at spaces again."""
    return " ".join(token[:LONGEST_TOKEN] for token in tokens)


def micros(moment: datetime) -> int:
    """A moment in microseconds since 1970, exactly."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
