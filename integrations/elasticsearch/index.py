"""The search index in Elasticsearch 9, beside the database. It holds nothing that the database does not, and may lose all of it.

Two aliases: `<name>-v<schema>` is searched; `...-fed` are the indexes that are kept up to date, two of them while one is built anew. The offers' own
counters are the entries' external versions, so that an old news never undoes a later one.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any
from uuid import UUID, uuid4

import structlog
from elasticsearch import ApiError, Elasticsearch, TransportError

from integrations.elasticsearch.entries import MAPPING, SCHEMA, SETTINGS, entry
from integrations.elasticsearch.questions import found, question
from marketplace.catalogue.ports import Document, Drift, Found, Unanswered, Wish
from marketplace.catalogue.weighing import weighed
from tenants.workspace import Workspace

log = structlog.get_logger()
ANSWER_SECONDS = 2.0
REBUILD_SECONDS = 60.0
PAUSE_SECONDS = 15.0  # after a failure, in which nobody waits for it again
PAGE = 1000
OLDER, GONE = 409, 404
NOT_BUILT = "no index is built yet: run bailee reindex"


def connected(url: str, **options: Any) -> Elasticsearch:
    """A client that gives up soon: a searcher is better served by the database than by waiting."""
    return Elasticsearch(url, request_timeout=ANSWER_SECONDS, max_retries=0, **options)


class ElasticIndex:
    """See `marketplace.catalogue.ports.OuterIndex`. `refreshes`: what was put is found at once, not within the usual second."""

    name = "elasticsearch"

    def __init__(
        self,
        client: Elasticsearch,
        *,
        called: str = "bailee-listings",
        refreshes: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._refreshes, self._clock = client, refreshes, clock
        self.searched = f"{called}-v{SCHEMA}"
        self.fed = f"{self.searched}-fed"
        self._trouble: str | None = None
        self._asked_at: float | None = None

    def put(self, ws: Workspace, documents: Sequence[Document]) -> None:
        """Into every index that is fed. Where none was built yet there is nothing to bring up to date: the build will read the rows."""
        with asking():
            self._feed(self._client, documents)

    def search(self, ws: Workspace, wish: Wish) -> Found:
        """Ask, unless it failed to answer a moment ago. Half an answer is none."""
        if self._trouble and not self._due():
            raise Unanswered(self._trouble)
        try:
            asked = weighed(ws, wish) if wish.tokens else None
            body = question(wish, ws.tenant_id, asked)
            with asking():
                answer = self._client.search(index=self.searched, body=body, allow_partial_search_results=False)
        except Unanswered as trouble:
            self._note(str(trouble))
            raise
        self._note(None)
        return found(answer, wish, asked)

    def standing(self) -> str | None:
        """By the last answer; asked anew where that is long ago."""
        if self._due():
            try:
                with asking():
                    self._note(None if self._client.indices.exists_alias(name=self.searched) else NOT_BUILT)
            except Unanswered as trouble:
                self._note(str(trouble))
        return self._trouble

    def rebuild(self, batches: Iterable[Sequence[Document]]) -> int:
        """Beside the old one, which serves and is fed until all is in; then one step changes the alias and drops the old.

        A build that died, or still runs elsewhere, is dropped first: of two that run at once the later one wins, and the other one says so.
        """
        client = self._client.options(request_timeout=REBUILD_SECONDS)
        with asking():
            for left in self._holding(self.fed) - self._holding(self.searched):
                client.indices.delete(index=left)
            fresh = f"{self.searched}-{uuid4().hex[:12]}"
            aliases: dict[str, Any] = {self.fed: {}, f"{fresh}-in": {}}
            client.indices.create(index=fresh, mappings=MAPPING, settings=SETTINGS, aliases=aliases)
            held = sum(self._write(client, f"{fresh}-in", batch, fine={OLDER}) for batch in batches if batch)
            client.indices.refresh(index=fresh)
            old = [{"remove_index": {"index": name}} for name in sorted(self._holding(self.searched))]
            client.indices.update_aliases(actions=[{"add": {"index": fresh, "alias": self.searched}}, *old])
        self._note(None)
        return held

    def check(
        self, batches: Iterable[Sequence[Document]], versions: Callable[[Sequence[UUID]], Mapping[UUID, int]]
    ) -> Drift:
        """Stretch by stretch of ids. What changes meanwhile is told apart by asking the rows once more."""
        client, drift, after = self._client.options(request_timeout=REBUILD_SECONDS), Drift(), None
        with asking():
            client.indices.refresh(index=self.searched)
            for batch in chain(batches, [()]):  # the last one: whatever the index holds beyond the last row
                until = batch[-1].id if batch else None
                drift += self._mend(client, batch, held_between(client, self.searched, after, until), versions)
                after = until
        return drift

    def _mend(
        self,
        client: Elasticsearch,
        batch: Sequence[Document],
        held: Mapping[UUID, int],
        versions: Callable[[Sequence[UUID]], Mapping[UUID, int]],
    ) -> Drift:
        told = {document.id: document.version for document in batch}
        old = [document for document in batch if held.get(document.id, 0) < document.version]
        doubtful = [one for one, version in held.items() if version > told.get(one, 0)]
        now = versions(doubtful) if doubtful else {}
        gone = [one for one in doubtful if one not in now]
        if old:
            self._feed(client, old)
        if gone:
            self._drop(client, gone)
        return Drift(len(batch), len(old), len(gone), sum(held[one] > version for one, version in now.items()))

    def _feed(self, client: Elasticsearch, documents: Sequence[Document]) -> None:
        for name in self._holding(self.fed):
            self._write(client, f"{name}-in", documents, fine={OLDER, GONE})

    def _drop(self, client: Elasticsearch, ids: Sequence[UUID]) -> None:
        lines = [{"delete": {"_id": str(one)}} for one in ids]
        for name in self._holding(self.fed):
            client.bulk(index=f"{name}-in", operations=lines, require_alias=True, refresh=self._refreshes)

    def _holding(self, alias: str) -> set[str]:
        """The indexes that carry an alias."""
        answer = self._client.options(ignore_status=GONE).indices.get_alias(name=alias)
        return set() if answer.meta.status == GONE else set(answer)

    def _write(self, client: Elasticsearch, into: str, documents: Sequence[Document], *, fine: set[int]) -> int:
        """By an alias that must be there: an index that was dropped meanwhile is never made again by writing to it. Returns how many were sent."""
        lines: list[dict[str, Any]] = []
        for document in documents:
            place = {"_id": str(document.id), "version": document.version, "version_type": "external"}
            lines += [{"index": place}, entry(document)]
        answer = client.bulk(index=into, operations=lines, require_alias=True, refresh=self._refreshes)
        for row in answer["items"]:
            if row["index"]["status"] >= 300 and row["index"]["status"] not in fine:
                raise Unanswered(f"it refused an offer: {row['index']['error']['reason']}")
        return len(documents)

    def _due(self) -> bool:
        return self._asked_at is None or self._clock() - self._asked_at >= PAUSE_SECONDS

    def _note(self, trouble: str | None) -> None:
        """Keep how it stands; the log hears of a change, not of every search."""
        self._asked_at = self._clock()
        if trouble != self._trouble:
            log.warning("search index", engine=self.name, trouble=trouble or "answers again")
        self._trouble = trouble


def held_between(client: Elasticsearch, index: str, after: UUID | None, until: UUID | None) -> dict[UUID, int]:
    """The offers that an index holds with ids above `after` and up to `until`, and at which version it knows them. An id's letters sort as the database sorts ids."""
    limits = {"gt": str(after or "")} | ({"lte": str(until)} if until else {})
    held: dict[UUID, int] = {}
    last: dict[str, Any] = {}
    while True:
        answer = client.search(
            index=index, query={"range": {"id": limits}}, sort=[{"id": "asc"}], size=PAGE, version=True, source=False, **last
        )  # fmt: skip
        rows = answer["hits"]["hits"]
        held |= {UUID(row["_id"]): int(row["_version"]) for row in rows}
        if len(rows) < PAGE:
            return held
        last = {"search_after": rows[-1]["sort"]}


@contextmanager
def asking() -> Iterator[None]:
    """What goes wrong with the server is `Unanswered`, in a few words and without addresses: they are told to whoever asks for our health."""
    try:
        yield
    except TransportError as silent:
        raise Unanswered("it does not answer") from silent
    except ApiError as refused:
        missing = refused.status_code == GONE
        raise Unanswered(NOT_BUILT if missing else f"it refused with {refused.status_code}") from refused
