"""What the cases of a test share: one beginning at one time, nobody else's, and a case that changes it is found."""

import os
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from marketplace.inventory.models import Lot
from tests import cluster
from tests.factories import Shared, World
from tests.marketplace.inventory.makers import a_declared_lot


def some_goods(world: World) -> Lot:
    return a_declared_lot(world, world.firm("SME"), world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR"))


def test_each_case_begins_from_the_same_at_the_same_time(world: World) -> None:
    lot, moment = Shared(world, "a test")(some_goods), world.now
    world.advance(timedelta(days=3))
    assert Shared(world, "a test")(some_goods) is lot
    assert world.now == moment
    assert Shared(world, "another test")(some_goods) is not lot


@pytest.fixture
def elsewhere(world: World) -> Iterator[World]:
    """A house that can be emptied: what the modules beside this one look at stands in the other."""
    server, name = cluster.start(), f"bailee_test_elsewhere_{os.getpid()}"
    try:
        with psycopg.connect(cluster.dsn(cluster.clone(server, name)), autocommit=True) as admin:
            yield World(world.app, world.worker_app, world.gateway_app, admin)
    finally:
        cluster.drop(server, name)


def test_nothing_of_an_emptied_house_is_handed_out(world: World, elsewhere: World) -> None:
    Shared(world, "a test")(some_goods)
    assert world.kept
    elsewhere.empty()
    assert not world.kept


def test_a_case_that_changes_what_the_next_begin_from_is_found(world: World) -> None:
    case = Shared(world, "a test")
    assert case.is_as_it_was(), "whoever asks for nothing changes nothing"
    case(some_goods)
    assert case.is_as_it_was(), "what was made for it is its beginning"
    some_goods(world)
    assert not case.is_as_it_was()


def test_a_module_that_leaves_an_event_is_found(world: World) -> None:
    with world.nothing_happens():
        world.firm()
    with pytest.raises(AssertionError, match="this module changed"), world.nothing_happens():
        some_goods(world)
