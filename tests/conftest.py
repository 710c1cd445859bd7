"""What every test may ask for: the house put together on a database of this worker's own, and a clock to drive."""

import gc
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import URL

from tenants.database import database
from tenants.webhooks.ports import NoCarrier, carry_by
from tests import cluster, elastic_node, scratch

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.contract.neighbours import Neighbourhood

os.environ.setdefault("BAILEE_ARGON2_KIB", "64")
# How long an example takes is the machine's affair, not a defect.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
SECRET = "of-the-tests-only-and-nowhere-else"
FILES = scratch.new_folder()


class FreshClient(FlaskClient):
    """A client whose every request has a context of its own, although the test itself stands in one."""

    def open(self, *arguments: Any, **options: Any) -> Any:
        with self.application.app_context():
            return super().open(*arguments, **options)


def pytest_configure(config: pytest.Config) -> None:
    """With xdist, the controller starts the server before its workers are born. A search node is started by whoever needs it first."""
    elastic_node.prepare()
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        cluster.start()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays until the end: whoever looks for garbage need not look there, neither now nor at each test."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(FILES, ignore_errors=True)
    if not hasattr(config, "workerinput"):
        cluster.stop()
        elastic_node.stop()


@pytest.fixture(scope="session")
def database_url() -> Iterator[URL]:
    """A migrated database of this worker's own; the administrator's address on it."""
    server, name = cluster.start(), f"bailee_test_{os.getpid()}"
    yield cluster.clone(server, name)
    cluster.drop(server, name)


@pytest.fixture(scope="session")
def app(database_url: URL) -> Iterator[Flask]:
    """The web's application."""
    yield from _house(database_url, "app", door=True)


@pytest.fixture(scope="session")
def worker_app(database_url: URL) -> Iterator[Flask]:
    """The worker's application: the same house, another role."""
    yield from _house(database_url, "worker")


@pytest.fixture(scope="session")
def gateway_app(database_url: URL) -> Iterator[Flask]:
    """The device gateway's application."""
    yield from _house(database_url, "gateway")


@pytest.fixture(autouse=True)
def no_carrier() -> None:
    """No test goes outside of this machine; and whatever application was made last, there is the installation's secret."""
    carry_by(NoCarrier(), installation=SECRET)


def _house(url: URL, role: str, *, door: bool = False) -> Iterator[Flask]:
    import wsgi

    settings = {
        "DATABASE_URL": cluster.as_role(url, role),
        "DOOR_DATABASE_URL": cluster.as_role(url, "door") if door else None,
    }
    made = wsgi.create_app(
        settings
        | {
            "SIGN_IN_LIMIT": "100000 per minute",
            "FILES": str(FILES),
            "STRIPE_WEBHOOK_SECRET": "whsec_new,whsec_old",
            "SECRET_KEY": SECRET,
        }
    )
    made.testing, made.test_client_class = True, FreshClient
    yield made
    with made.app_context():
        for engine in database.engines.values():
            engine.dispose()


@pytest.fixture(scope="session")
def admin(database_url: URL) -> Iterator[psycopg.Connection]:
    """The server's administrator: for factories, for looking behind row security, and for planting defects."""
    with psycopg.connect(cluster.dsn(database_url), autocommit=True) as connection:
        yield connection


@pytest.fixture
def world(app: Flask, worker_app: Flask, gateway_app: Flask, admin: psycopg.Connection) -> Iterator["World"]:
    """Firms on demand, their workspaces, a driven clock, and a worker that can be told to work.

    What earlier tests left to be done later is forgotten, and that their house was alive: else each leap of the clock would do the nights of every firm
    that ever was, and be a silence in which no sale goes on.
    """
    made = World(app, worker_app, gateway_app, admin)
    admin.execute("delete from house.delivery where done_at is null")
    admin.execute("delete from gate.heartbeat")
    made.set_clock(cluster.START)
    with app.app_context():
        yield made


@pytest.fixture
def shared(world: "World", request: pytest.FixtureRequest) -> Iterator["Shared"]:
    """Beginnings that the cases of a parametrised test share, since each of them leaves them as they were."""
    lent = Shared(world, request.node.nodeid.partition("[")[0])
    yield lent
    assert lent.is_as_it_was(), "this case changed what the next ones begin from: let each make its own"


@pytest.fixture(scope="module")
def neighbours(
    app: Flask, worker_app: Flask, gateway_app: Flask, admin: psycopg.Connection
) -> Iterator["Neighbourhood"]:
    """Firms with something of every kind: the same for each module of this worker, since all of them only look."""
    from tests.contract.neighbours import the_same_neighbours

    world = World(app, worker_app, gateway_app, admin)
    with app.app_context():
        made = the_same_neighbours(world)
        with world.nothing_happens():
            yield made


@pytest.fixture(scope="session")
def built() -> Path:
    """The built assets, made now where they are missing."""
    from frontend import application

    assets = application.ROOT / "assets"
    if not (assets / "built" / "manifest.json").exists():
        npm = shutil.which("npm")
        assert npm is not None
        if not (assets / "node_modules").exists():
            subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=assets, check=True, capture_output=True)
        subprocess.run([npm, "run", "--silent", "build"], cwd=assets, check=True, capture_output=True)
    application._manifest.cache_clear()
    return assets / "built"


@pytest.fixture(scope="session")
def browser(built: Path) -> Iterator["Browser"]:
    """One headless Chromium for every browser test of this worker, and the assets that it will ask for."""
    from tests import chromium

    with chromium.launched() as launched:
        yield launched


from tests.factories import Shared, World  # noqa: E402
