"""The search index in PostgreSQL itself: tokens as a tsvector beside the published row, so that both change in one transaction."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text, update

from marketplace.catalogue.models import Listing
from marketplace.catalogue.ports import FACETS, Document, Found, Wish, told
from marketplace.catalogue.rules.counting import exact_below, one_in
from marketplace.catalogue.rules.relevance import Sought, Word
from marketplace.catalogue.weighing import LONGEST_TOKEN, weighed
from tenants.workspace import Workspace

SEARCH = text(
    "select * from gate.search_listings(:kind, cast(:words as jsonb), cast(:facets as jsonb), cast(:ranges as jsonb), :sort, :past, :most)"
)
LAST_POSITION = 16_383  # of a tsvector


class PostgresIndex:
    """See `marketplace.catalogue.ports.SearchIndex`."""

    def put(self, ws: Workspace, documents: Sequence[Document]) -> None:
        """Write the tokens of published rows. All else is in the rows themselves, and whoever may change a row changes its tokens."""
        ws.session.flush()
        for document in documents:
            row = (Listing.tenant_id == document.tenant_id, Listing.id == document.id)
            ws.session.execute(
                update(Listing).where(*row).values(terms=vector(document)).execution_options(synchronize_session=False)
            )

    def search(self, ws: Workspace, wish: Wish) -> Found:
        """Hits, their number, and the counts of each facet with that facet's own choice left open."""
        sought = weighed(ws, wish) if wish.tokens else None
        asked = {
            "kind": wish.kind.value,
            "words": sought and json.dumps(question(sought)),
            "facets": json.dumps({name: list(values) for name, values in wish.facets.items() if values}),
            "ranges": json.dumps(ranges(wish)),
            "sort": wish.sort.value,
            "past": wish.past,
            "most": wish.most,
        }
        row = ws.session.execute(SEARCH, asked).one()
        found = Found(tuple(row.hits), row.total, counts(wish, row.counts or {}, row.guessed or {}))
        return told(found, wish, sought.likely if sought else 0)


def counts(
    wish: Wish, counted: dict[str, dict[str, int]], guessed: dict[str, dict[str, int]]
) -> dict[str, dict[str, int]]:
    """Each facet's values, the most frequent first; what was not chosen of a facet, as it was guessed."""
    facets = {name: counted.get(name, {}) for name in FACETS}
    for name, values in guessed.items():
        if chosen := wish.facets.get(name):
            open_ = {value: count for value, count in values.items() if value not in chosen} | facets[name]
            facets[name] = dict(sorted(open_.items(), key=lambda one: (-one[1], one[0])))
    return facets


def ranges(wish: Wish) -> dict[str, Any]:
    """The limits that were set, as the gate reads them."""
    moments = {"closes_before": wish.closes_before, "received_after": wish.received_after}
    limits = {"price_min": wish.price_min, "price_max": wish.price_max} | {
        name: moment and moment.isoformat() for name, moment in moments.items()
    }
    near = wish.near and {"near": {"latitude": wish.near.spot.latitude, "longitude": wish.near.spot.longitude, "km": wish.near.km}}  # fmt: skip
    return {name: limit for name, limit in limits.items() if limit is not None} | (near or {})


def vector(document: Document) -> str:
    """A tsvector literal: the tokens of the name and of all else, in their order."""
    places: dict[str, list[str]] = {}
    for position, token in enumerate((*document.name, *document.text), start=1):
        places.setdefault(token[:LONGEST_TOKEN], []).append(str(min(position, LAST_POSITION)))
    return " ".join(f"{_quoted(token)}:{','.join(at[:250])}" for token, at in places.items())


def question(asked: Sought) -> dict[str, Any]:
    """The words as the gate takes them (`sql/search.sql`)."""
    words = [
        {"word": word.token, "query": _query(word), "weight": word.weight, "unfinished": word.unfinished}
        for word in asked.words
    ]
    match = " & ".join(map(_query, asked.words)) if asked.every else " | ".join(map(_query, asked.telling))
    floor = None if asked.every or len(words) < 2 else asked.floor
    share = one_in(asked.likely)
    counting = {"likely": asked.likely, "one_in": share, "exact_below": exact_below(share)}
    return {"match": match, "floor": floor, "middle": asked.middle, "words": words} | counting


def _query(word: Word) -> str:
    return _quoted(word.token) + (":*" if word.unfinished else "")


def _quoted(token: str) -> str:
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"
