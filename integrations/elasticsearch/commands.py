"""`flask --app wsgi reindex`: build the outer search index anew from the database, which alone knows the truth."""

from collections.abc import Iterator, Sequence

import click
from flask.cli import with_appcontext

from marketplace.catalogue.ports import Document, Unanswered, outer_index
from marketplace.catalogue.queries import document_of, published_after
from tenants.workspace import VisitorKey, enter

BATCH = 500


@click.command("reindex")
@with_appcontext
def reindex_command() -> None:
    """Build the outer search index anew; searches go on meanwhile."""
    outer = outer_index()
    if outer is None:
        raise click.ClickException("PostgreSQL searches here, and its index is part of its rows: there is nothing to build (see BAILEE_ELASTICSEARCH_URL).")  # fmt: skip
    try:
        held = outer.rebuild(shelf())
    except Unanswered as trouble:
        raise click.ClickException(f"the search index was not built: {trouble}") from trouble
    click.echo(f"The search index is built anew and holds {held:,} offers.")


def shelf(batch: int = BATCH) -> Iterator[Sequence[Document]]:
    """The published offers, a page in each transaction, seen as anybody sees them."""
    last = None
    while True:
        with enter(VisitorKey(), read_only=True) as ws:
            rows = published_after(ws, last, batch)
            documents = [document_of(row) for row in rows]
        if not documents:
            return
        yield documents
        last = documents[-1].id
