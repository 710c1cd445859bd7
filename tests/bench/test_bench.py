"""The bench itself: what it refuses, how it reckons, and that its gates see a wrong result however fast it came."""

import os
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy.engine import URL

from tests import cluster
from tests.bench import row_security
from tests.bench.__main__ import main
from tests.bench.bids import Hall
from tests.bench.fleet import Fleet
from tests.bench.readings import Scales
from tests.bench.rounds import Comparison, Pace, Side, Tally, Work, interleave
from tests.bench.world import Bench
from tests.factories import World


@pytest.mark.parametrize("asked", [["auctions"], ["--rounds", "4"], ["--seconds", "0"], ["bids", "--fast"]])
def test_what_it_does_not_know_it_refuses(asked: list[str]) -> None:
    refused = CliRunner().invoke(main, asked)
    assert refused.exit_code == 2
    assert refused.output.count("Error: ") == 1


def test_the_ratio_is_the_median_of_rounds_and_not_the_ratio_of_medians() -> None:
    """A neighbour who is busy in one round slows both sides of it."""
    product, limit = Tally("p", [10.0, 1.0, 8.0], [1.0], [1.0]), Tally("l", [20.0, 2.0, 80.0], [1.0], [1.0])
    assert Comparison("", "", product, limit).ratio == 0.5


def test_sides_take_turns_and_preparing_is_not_part_of_the_work() -> None:
    seen: list[str] = []

    def side(name: str) -> Side:
        return Side(name, lambda given: seen.append(given) or Work(5, [1.0, 3.0]), lambda: name)  # type: ignore[func-returns-value]

    compared = interleave("", side("p"), side("l"), goal="", pace=Pace(2, 1e-9), server=os.getpid())
    assert seen == ["p", "l", "p", "l", "p", "l"]
    assert (compared.product.waits_ms, compared.product.wait(0.99)) == ([1.0, 3.0] * 2, 3.0)


def test_a_bid_that_is_not_in_the_book_as_it_was_told_is_seen(world: World) -> None:
    hall = Hall(world, bidders=2)  # type: ignore[arg-type]
    hall.bids(None)
    hall.check()
    with world.admin.transaction():
        world.admin.execute("set local session_replication_role = replica")
        world.admin.execute("delete from house.bid where auction_id = %s and sequence = 3", (hall.sale.auction_id,))
    with pytest.raises(AssertionError, match="1 answers are not in the book"):
        hall.check()
    hall.combiner.close()


def test_a_reading_that_was_lost_is_seen(world: World) -> None:
    scales = Scales(world)  # type: ignore[arg-type]
    scales.take(scales.sign())
    scales.check()
    device = scales.devices[3].device_id
    world.admin.execute("update house.reading_series set values = values[2:] where device_id = %s", (device,))
    with pytest.raises(AssertionError, match="sent"):
        scales.check()


def test_a_reading_that_was_lost_or_not_judged_is_seen_in_a_fleet_too(world: World) -> None:
    fleet = Fleet(world, 1)  # type: ignore[arg-type]
    fleet.take(fleet.sign())
    fleet.check()
    told = {"device": fleet.devices[0].device_id}
    world.admin.execute("update house.batch_place set folded = false where device_id = %(device)s", told)
    with pytest.raises(AssertionError, match="1 unjudged"):
        fleet.check()
    world.admin.execute("update house.reading_series set points = points - 1 where device_id = %(device)s", told)
    with pytest.raises(AssertionError, match="99 stored"):
        fleet.check()


@pytest.fixture
def bench(world: World, database_url: URL) -> Iterator[Bench]:
    """The bench on the tests' own database, for turns as short as can be; what it plants is no other test's."""
    made = Bench(world.app, world.worker_app, world.gateway_app, world.admin)
    made.admin_dsn, made.server = cluster.dsn(database_url), SimpleNamespace(pid=os.getpid())  # type: ignore[assignment]
    made.pace = Pace(1, 1e-9)
    yield made
    made.empty()


def test_lists_are_planted_as_the_house_keeps_them_and_a_foreign_row_is_seen(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_security, "FIRMS", 3)
    monkeypatch.setattr(row_security, "AT_ONCE", 1)
    assert [len(compared.notes) for compared in row_security.compare(bench)] == [1, 1, 1]
    monkeypatch.setattr(row_security, "LOTS_BY_HAND", row_security.LOTS_BY_HAND.replace("g.tenant_id = %(me)s and", ""))
    with pytest.raises(AssertionError, match="not those found by hand"):
        row_security.compare(bench)
