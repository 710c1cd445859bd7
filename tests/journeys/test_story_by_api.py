"""The whole story by the public API alone: from a declared lot to the last fen, and every question of the auditor answered."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.demo import cast, prices
from integrations.demo.devices import Watch
from integrations.demo.line import Line
from integrations.demo.plot import tell
from integrations.demo.reconcile import reconcile
from integrations.demo.story import Story
from integrations.devices.simulator import Memory
from tests.factories import World
from tests.journeys.api_line import DoorPublisher, in_process


@pytest.fixture
def empty_house(world: World) -> Iterator[World]:
    """Nothing that firms of other tests have left: they would be billed, invited and told of offers, and are no members any more. Nor does the story leave any."""
    world.empty()
    yield world
    world.empty()


def test_the_story_by_api_alone(empty_house: World, tmp_path: Path) -> None:
    world = empty_house
    stage = cast.assemble(tmp_path)
    line = Line(in_process(world.app), stage, settle_by=world.work)
    memory = Memory()
    watch = Watch(line, memory, DoorPublisher(world.app, memory), stage["inspector"].firm_id)
    said: list[str] = []
    story = Story(
        line, watch, prices.invented(line.now.date()), lambda _, words: said.append(words) if words else None, line.now
    )
    tell(story)
    findings = reconcile(story)
    assert [one.question for one in findings if not one.holds] == [], findings
    assert story.cured == 1, said
    assert len(said) >= 10
    assert said[-2].endswith("walked, missed."), said
    assert "marks_missing" in said[-1], said
    memory.close()
