"""The scenarios that come with the product, as the house's own proof: through the real door, on the driven clock, against their labels.

Every theft, hazard and attack is found within its bound, nothing else is raised beyond what the label forgives, and the same messages shuffled, delayed and
doubled lead to the same alarms and incidents of the goods, to the second of event time (what was told on half a story meanwhile is superseded, never edited).
"""

from pathlib import Path

import pytest

from integrations.devices.mischief import Clone
from integrations.devices.scenario_file import shipped
from tests.factories import World
from tests.integrations.devices.scenario_world import Cast, play_in_disorder, play_on_time


@pytest.fixture
def cast(world: World, tmp_path: Path, request: pytest.FixtureRequest) -> Cast:
    firms = [world.firm(kind) for kind in ("SME", "WAREHOUSE_OPERATOR", "SUPERVISOR")]
    return Cast(world, shipped()[request.param], tmp_path, *firms)


@pytest.mark.parametrize("cast", shipped(), indirect=True)
def test_what_must_be_found_is_found_in_time_and_nothing_else(cast: Cast) -> None:
    calm, shuffled, wild = cast.halls(3)
    play_on_time([calm, shuffled, wild], shuffled=shuffled)
    label, told = calm.scenario.label, calm.alarms()
    assert label is not None
    assert label.misses(told) == [], told
    false = label.false_alarms(told)
    assert len(false) <= label.false_alarms_max, false
    play_in_disorder(wild, seed=len(calm.feed.sent))
    if any(isinstance(mischief, Clone) for part in calm.scenario.parts.values() for mischief in part.mischief):
        return  # two bodies claim one place, and who comes first holds it
    for other in (shuffled, wild):
        assert other.standing() == calm.standing()
        assert other.incidents() == calm.incidents()


def test_there_are_enough_of_each_sort() -> None:
    sorts = [
        line for path in shipped().values() for line in path.read_text("utf-8").splitlines() if line.startswith("sort")
    ]
    assert len(sorts) == len(shipped()) >= 20
    assert all(sorts.count(f'sort = "{sort}"') >= least for sort, least in (("theft", 8), ("false_cause", 8), ("sensor_fault", 5), ("attack", 4), ("hazard", 5)))  # fmt: skip
