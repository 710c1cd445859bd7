"""The night's check of the outer index: it mends, and the operator hears what had drifted, on its record, by notice and on its first page."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integrations.elasticsearch.nightly import check_index
from integrations.scheduler import ROUTINES, slot_of
from marketplace.catalogue.ports import Drift, Unanswered
from tenants.notifications import latest
from tests.elastic import searching
from tests.factories import Firm, World


class Drifted:
    """An outer index of which only the check is asked; what it reads of the rows is kept."""

    name = "elasticsearch"

    def __init__(self, found: Drift | Unanswered) -> None:
        self.found, self.read = found, -1

    def standing(self) -> None:
        """Searches go here."""

    def check(self, batches: Any, versions: Any) -> Drift:
        """What the test says."""
        self.read = sum(len(batch) for batch in batches)
        if isinstance(self.found, Unanswered):
            raise self.found
        return self.found


@pytest.fixture
def operator(world: World) -> Firm:
    return world.firm("PLATFORM")


def check(world: World, found: Drift | Unanswered) -> Drifted:
    """One night."""
    index = Drifted(found)
    with searching(index), world.worker_app.app_context():  # type: ignore[arg-type]
        check_index()
    world.work()
    return index


def heard(operator: Firm) -> list[tuple[str, dict[str, Any]]]:
    with operator.operator.ws(read_only=True) as ws:
        return [(one.kind, one.facts) for one in latest(ws) if one.kind.startswith("SearchIndex")]


def board(operator: Firm, language: str = "en") -> str:
    with searching(Drifted(Drift())):  # type: ignore[arg-type]
        return str(operator.operator.browser().get(f"/?lang={language}").text)


def test_what_drifted_is_told_to_the_operator_and_stands_on_its_first_page(world: World, operator: Firm) -> None:
    assert "not checked yet" in board(operator)
    check(world, Drift(held=40, behind=3, gone=2))
    assert heard(operator) == [("SearchIndexMended", {"held": 40, "behind": 3, "gone": 2})]
    page = board(operator)
    assert "Drifted, mended" in page
    assert "Of 40 published offers the search index lacked 3 or knew them older, and it held 2" in page
    assert "有偏差，已修复" in board(operator, "zh")
    check(world, Drift(held=41))
    assert len(heard(operator)) == 1, "a night without drift is on the record, and no news"
    assert "The search index holds the 41 published offers." in board(operator)


def test_what_a_build_alone_mends_says_how(world: World, operator: Firm) -> None:
    check(world, Drift(held=40, behind=1, ahead=7))
    assert heard(operator) == [("SearchIndexAhead", {"held": 40, "ahead": 7})]
    page = board(operator)
    assert "To be built anew" in page
    assert "run bailee reindex" in page


def test_an_index_that_does_not_answer_is_told_of(world: World, operator: Firm) -> None:
    check(world, Unanswered("connection refused"))
    assert heard(operator) == [("SearchIndexUnchecked", {"trouble": "connection refused"})]
    assert "Not answering" in board(operator)


def test_only_the_operator_hears_and_reads_of_it(world: World, operator: Firm) -> None:
    bank = world.firm("BANK")
    check(world, Drift(held=1, gone=1))
    assert heard(bank) == []
    assert "Search index" not in board(bank)


def test_where_postgresql_searches_alone_there_is_nothing_to_check(world: World, operator: Firm) -> None:
    with world.worker_app.app_context():
        check_index()
    world.work()
    assert heard(operator) == []
    assert "Search index" not in operator.operator.browser().get("/?lang=en").text


def test_the_scheduler_has_it_done_once_a_night() -> None:
    [routine] = [one for one in ROUTINES if one.job == f"{check_index.__module__}.{check_index.__name__}"]
    three = datetime(2026, 3, 10, 3, tzinfo=ZoneInfo("Asia/Shanghai"))
    nights = [slot_of(routine, (three + timedelta(hours=hours)).timestamp()) for hours in (0, 23, 24, 47, 48)]
    assert nights[0] == nights[1] != nights[2] == nights[3] != nights[4]
    assert slot_of(routine, (three - timedelta(seconds=1)).timestamp()) != nights[0]
