"""A folder that the database's account can reach: pytest's own temporary folders are private to who runs the tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import scratch
from tests.integrations.local.installed import Bailee, end


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty folder with a short name (sockets' paths are limited), open for passing through, gone afterwards."""
    with scratch.folder() as folder:
        yield folder


@pytest.fixture
def home(place: Path) -> Path:
    """A data home that does not exist yet."""
    return place / "home"


@pytest.fixture
def bailee(place: Path) -> Iterator[Bailee]:
    """An installation of the test's own, not started."""
    made = Bailee(place)
    yield made
    end(made)
