"""Elasticsearch for tests: a live node, and a stand-in that keeps what it is asked and answers as it is told."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from elastic_transport import ApiResponseMeta, BaseNode, HttpHeaders
from elastic_transport import ConnectionError as Unreachable
from elastic_transport._node import NodeApiResponse
from elasticsearch import Elasticsearch

from integrations.elasticsearch.index import ElasticIndex, connected
from integrations.postgres_search.index import PostgresIndex
from marketplace.catalogue.ports import search_with
from tests import elastic_node

WHY_NOT = elastic_node.why_not()
needs_a_node = pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")


@contextmanager
def a_live_index(**options: Any) -> Iterator[ElasticIndex]:
    """An empty index under a name of its own on the live node, gone afterwards."""
    client = connected(elastic_node.address()).options(request_timeout=30)
    index = ElasticIndex(client, called=f"bailee-test-{uuid4().hex[:12]}", refreshes=True, **options)
    index.rebuild([])
    try:
        yield index
    finally:
        for name in client.indices.get(index=f"{index.searched}-*"):
            client.indices.delete(index=name)


@contextmanager
def searching(index: ElasticIndex | None) -> Iterator[None]:
    """Search by this index beside the database's own."""
    search_with(PostgresIndex(), outer=index)
    try:
        yield
    finally:
        search_with(PostgresIndex())


class StandIn:
    """Keeps each question (method, path, body) and gives the answer that `answers` makes of it; silent where that is None."""

    def __init__(self, answers: Callable[[str, str, Any], tuple[int, Any] | None]) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.answers = answers

    def client(self) -> Elasticsearch:
        """A real client whose wire ends here."""
        standin = self

        class Wire(BaseNode):
            def perform_request(self, method: str, target: str, body: bytes | None = None, **_: Any) -> NodeApiResponse:
                return standin.answer(self.config, method, target, body)

            def close(self) -> None:
                """Nothing is open."""

        return connected("http://search.invalid:9200", node_class=Wire)

    def answer(self, config: Any, method: str, target: str, body: bytes | None) -> NodeApiResponse:
        lines = [json.loads(line) for line in body.splitlines()] if body else []
        told = lines if "_bulk" in target else lines[0] if lines else None
        self.asked.append((method, target, told))
        answered = self.answers(method, target, told)
        if answered is None:
            raise Unreachable("nobody is there")
        status, what = answered
        headers = HttpHeaders({"x-elastic-product": "Elasticsearch", "content-type": "application/json"})
        meta = ApiResponseMeta(status, "1.1", headers, 0.0, config)
        return NodeApiResponse(meta, json.dumps(what).encode())
