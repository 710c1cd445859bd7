"""The table of grades and a lot's grade, on the page and by the API."""

from datetime import timedelta
from decimal import Decimal

from frontend.reliance.views import grade_look
from marketplace.reliance.rules.grades import Known, Watching, grade_evidence
from marketplace.reliance.rules.table import TABLES, Grade
from tests.factories import World
from tests.marketplace.supervision.makers import a_scene, a_watching_device, say, weights


def test_everybody_reads_the_published_table(world: World) -> None:
    firm = world.firm("SME")
    page = firm.operator.browser().get("/evidence-grades")
    assert page.status_code == 200
    assert TABLES[-1].version in page.text
    told = firm.operator.call("GET", "/evidence-grades").json["items"][0]
    assert [(one["grade"], one["eligible"]) for one in told["grades"]] == [("A", True), ("B", True), ("C", True), ("D", True), ("E", False)]  # fmt: skip
    assert Decimal(told["grades"][2]["points"]) == Decimal("0.05")


def test_a_lots_grade_is_told_with_its_reasons_to_its_viewers_alone(world: World) -> None:
    scene = a_scene(world)
    bare = scene.bank.operator.call("GET", f"/lots/{scene.lot.id}/evidence-grade").json
    assert (bare["grade"], bare["points"]) == ("E", None)
    unwatched = scene.bank.operator.browser().get(f"/lots/{scene.lot.id}/evidence-grade").text
    assert "No device watches the goods" in unwatched
    assert 'class="badge" data-tone="danger"' not in unwatched, "known by papers alone is no alarm"
    say(world, a_watching_device(scene.supervisor, scene.lot.id), weights(world.now, [498_750] * 3))
    found = scene.bank.operator.call("GET", f"/lots/{scene.lot.id}/evidence-grade").json
    assert (found["grade"], {one["grade"] for one in found["findings"]}) == ("A", {"A"})
    for page in (f"/lots/{scene.lot.id}", f"/lots/{scene.lot.id}/evidence-grade"):
        assert "Evidence A" in scene.bank.operator.browser().get(page).text
    assert world.firm("BANK").operator.call("GET", f"/lots/{scene.lot.id}/evidence-grade").status_code == 404


def test_the_last_grade_is_an_alarm_only_where_something_is_wrong() -> None:
    unwatched, expired = grade_evidence(Known(), TABLES[-1]), grade_evidence(Known(devices=(Watching("scale", timedelta(), timedelta(minutes=1)),), calibrated=False), TABLES[-1])  # fmt: skip
    assert (unwatched.grade, expired.grade) == (Grade.E, Grade.E)
    assert grade_look("E", unwatched)[0] == grade_look("E", unwatched.findings[0])[0] == grade_look("E")[0] == "neutral"
    assert grade_look("E", expired)[0] == "danger"
    assert grade_look("C", expired)[0] == "watch"
