"""The stage of the browser story. Where it breaks off, everybody's last page is kept as a picture in a temporary folder that the failure names."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser

from tests import cluster, scratch
from tests.journeys.house import House, opened
from tests.journeys.people import Company


@pytest.fixture
def house() -> Iterator[House]:
    """A running house on a database of its own: other tests' goods, deliveries and clock are not its."""
    server = cluster.start()
    database = cluster.clone(server, "bailee_story")
    try:
        with (
            scratch.folder() as place,
            psycopg.connect(cluster.dsn(database), autocommit=True) as admin,
            opened(database, place, admin) as running,
        ):
            yield running
    finally:
        cluster.drop(server, "bailee_story")


@pytest.fixture
def company(house: House, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Company]:
    """The whole cast; nothing may have gone wrong in anybody's browser."""
    made = Company(house, browser)
    yield made
    broken = request.node.stash.get(BROKEN, False)
    pictures = Path(tempfile.mkdtemp(prefix="bailee-story-broke-off-")) if broken else None
    if pictures:
        print(f"Last pages of everybody: {pictures}")
    made.leaves(pictures)


BROKEN = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if call.when == "call":
        item.stash[BROKEN] = report.failed
    return report
