"""`flask --app wsgi reindex`: build the outer search index anew from the database, which alone knows the truth, or hold it against it."""

from collections.abc import Iterator, Sequence
from uuid import UUID

import click
from flask.cli import with_appcontext

from marketplace.catalogue.ports import Document, Drift, OuterIndex, Unanswered, outer_index
from marketplace.catalogue.queries import document_of, published_after, published_versions
from tenants.workspace import VisitorKey, enter

BATCH = 500


@click.command("reindex")
@click.option("--check", is_flag=True, help="Hold it against the database instead, and mend what differs.")
@with_appcontext
def reindex_command(*, check: bool) -> None:
    """Build the outer search index anew; searches go on meanwhile."""
    outer = outer_index()
    if outer is None:
        raise click.ClickException("PostgreSQL searches here, and its index is part of its rows: there is nothing to build (see BAILEE_ELASTICSEARCH_URL).")  # fmt: skip
    try:
        _check(outer) if check else _build(outer)
    except Unanswered as trouble:
        raise click.ClickException(f"the search index was not {'checked' if check else 'built'}: {trouble}") from trouble  # fmt: skip


def _build(outer: OuterIndex) -> None:
    click.echo(f"The search index is built anew and holds {outer.rebuild(shelf()):,} offers.")


def _check(outer: OuterIndex) -> None:
    """What differed and was mended; what a build alone mends is a failure."""
    drift = outer.check(shelf(), versions)
    click.echo(said_of(drift))
    if drift.ahead:
        raise click.ClickException(f"it knows {drift.ahead:,} offers newer than the database does, as after a backup was brought back: run bailee reindex")  # fmt: skip


def said_of(drift: Drift) -> str:
    """A check in a sentence."""
    if not drift.behind + drift.gone:
        return f"The search index holds the {drift.held:,} published offers."
    return f"Of {drift.held:,} published offers the search index lacked {drift.behind:,} or knew them older: they are up to date now. {drift.gone:,} that are published no more were taken out."  # fmt: skip


def versions(ids: Sequence[UUID]) -> dict[UUID, int]:
    """The counters of published offers as they are now, seen as anybody sees them."""
    with enter(VisitorKey(), read_only=True) as ws:
        return published_versions(ws, ids)


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
