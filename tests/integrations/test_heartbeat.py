"""The web's sign of life: it comes as long as the process and its database live, and its absence is the only thing that it tells."""

from collections.abc import Iterator

import pytest
from sqlalchemy.exc import OperationalError

from integrations import heartbeat
from tests.factories import World


@pytest.fixture(autouse=True)
def no_pulse_left(world: World) -> Iterator[None]:
    yield
    world.admin.execute("delete from gate.heartbeat")


def test_it_goes_on_when_the_database_was_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    beats, pauses = list[str](), list[float]()

    def unsteady() -> int:
        beats.append("tried")
        if len(beats) == 2:
            raise OperationalError("select gate.beat()", {}, Exception("the database is away"))
        return 0

    monkeypatch.setattr(heartbeat, "beat", unsteady)
    heartbeat.beat_for_ever(world.app, keep_going=lambda: len(beats) < 4, pause=pauses.append)
    assert (len(beats), pauses) == (4, [heartbeat.EVERY_SECONDS] * 4)


def test_it_stands_in_the_database(world: World) -> None:
    assert heartbeat.beat() == 0
    first = world.admin.execute("select world_at, house_at from gate.heartbeat").fetchone()
    assert first
    assert heartbeat.beat() == 0
    assert first[1] == world.now
    second = world.admin.execute("select world_at from gate.heartbeat").fetchone()
    assert second
    assert second[0] > first[0]
