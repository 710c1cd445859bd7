"""The question panel: what was understood, lines with links, what can be asked; and the same by one call."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from frontend.twin.questions.words import EXAMPLES
from marketplace.inventory.actions import freeze_lot
from marketplace.twin.questions.grammar import Topic, understand
from tests.factories import World
from tests.marketplace.supervision.makers import a_scene

NOW = datetime(2026, 3, 4, 2, tzinfo=UTC)


@pytest.mark.parametrize("language", sorted(EXAMPLES))
def test_every_example_is_understood_and_together_they_show_all_forms(language: str) -> None:
    found = [understand(one.format(lot="L-2026-0001"), NOW) for one in EXAMPLES[language]]
    assert {one.topic for one in found} == set(Topic)


def test_a_question_is_answered_on_the_page_and_by_the_call(world: World) -> None:
    scene = a_scene(world)
    with scene.bank.operator.ws() as ws:
        freeze_lot(ws, scene.lot.id, reason="court order")
    browser = scene.supervisor.operator.browser()
    page = browser.get("/questions?q=" + quote("What is frozen, and why?")).text
    assert "What was frozen at" in page
    assert f'href="/lots/{scene.lot.id}"' in page
    assert "court order" in page
    chinese = browser.get("/questions?q=" + quote("什么被冻结，为什么？"), headers={"Accept-Language": "zh"}).text
    assert "court order" in chinese
    answer = scene.bank.operator.call("GET", "/questions?q=" + quote("什么被冻结，为什么")).json
    assert (answer["topic"], answer["of_span"], answer["is_partial"]) == ("FROZEN", False, False)
    [row] = answer["rows"]
    assert (row["kind"], row["id"], row["says"]) == ("lot", str(scene.lot.id), "court order")
    assert scene.world.firm("BANK").operator.call("GET", "/questions?q=what+is+frozen").json["rows"] == []


def test_what_is_not_understood_is_said_plainly_with_what_can_be_asked(world: World) -> None:
    scene = a_scene(world)
    page = scene.bank.operator.browser().get("/questions?q=what+will+copper+cost").text
    assert "This cannot be answered here." in page
    assert "Which devices were silent last night?" in page
    assert f"Where was lot {scene.lot.number} yesterday?" in page
    wrong = scene.bank.operator.call("GET", "/questions?q=what+will+copper+cost")
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "q")
