"""The catalogue is asked over both indexes: the database's own always, Elasticsearch where there is a live one."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.elastic import a_live_index, needs_a_node, searching


@pytest.fixture(params=["postgresql", pytest.param("elasticsearch", marks=needs_a_node)])
def engine(request: Any) -> Iterator[str]:
    """Which index searches."""
    if request.param == "postgresql":
        with searching(None):
            yield request.param
        return
    with a_live_index() as index, searching(index):
        yield request.param
        assert index.standing() is None, "no search may have been answered by the other index"
