"""The search index in PostgreSQL itself: tokens as a tsvector beside the published row, so that both change in one transaction."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text, update

from marketplace.catalogue.models import Listing
from marketplace.catalogue.ports import FACETS, Document, Found, Wish
from tenants.workspace import Workspace

SEARCH = text(
    "select * from gate.search_listings(:kind, :query, cast(:facets as jsonb), cast(:ranges as jsonb), :sort, :past, :most)"
)
LAST_POSITION = 16_383  # of a tsvector
LONGEST_TOKEN = 200


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
        asked = {
            "kind": wish.kind.value,
            "query": question(wish.tokens),
            "facets": json.dumps({name: list(values) for name, values in wish.facets.items() if values}),
            "ranges": json.dumps(ranges(wish)),
            "sort": wish.sort.value,
            "past": wish.past,
            "most": wish.most,
        }
        row = ws.session.execute(SEARCH, asked).one()
        counted = row.counts or {}
        return Found(tuple(row.hits), row.total, {name: counted.get(name, {}) for name in FACETS})


def ranges(wish: Wish) -> dict[str, Any]:
    """The limits that were set, as the gate reads them."""
    moments = {"closes_before": wish.closes_before, "received_after": wish.received_after}
    limits = {"price_min": wish.price_min, "price_max": wish.price_max} | {
        name: moment and moment.isoformat() for name, moment in moments.items()
    }
    near = wish.near and {"near": {"latitude": wish.near.spot.latitude, "longitude": wish.near.spot.longitude, "km": wish.near.km}}  # fmt: skip
    return {name: limit for name, limit in limits.items() if limit is not None} | (near or {})


def vector(document: Document) -> str:
    """A tsvector literal: the name's tokens weigh as A, the rest as D, positions in their order."""
    places: dict[str, list[str]] = {}
    weighed = [(token, "A") for token in document.name] + [(token, "D") for token in document.text]
    for position, (token, weight) in enumerate(weighed, start=1):
        places.setdefault(token[:LONGEST_TOKEN], []).append(f"{min(position, LAST_POSITION)}{weight}")
    return " ".join(f"{_quoted(token)}:{','.join(at[:250])}" for token, at in places.items())


def question(runs: tuple[tuple[str, ...], ...]) -> str | None:
    """A tsquery: every run must be there, the pairs of a run all of them; the last Latin word may be unfinished."""
    if not runs:
        return None
    asked = ["(" + " & ".join(_quoted(token[:LONGEST_TOKEN]) for token in run) + ")" for run in runs[:16]]
    if len(runs[-1]) == 1 and runs[-1][0].isascii() and len(runs) <= 16:
        asked[-1] = f"{_quoted(runs[-1][0][:LONGEST_TOKEN])}:*"
    return " & ".join(asked)


def _quoted(token: str) -> str:
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"
