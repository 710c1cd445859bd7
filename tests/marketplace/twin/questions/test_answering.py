"""Answers hold what happened, as of the moment that was asked for, and nothing that the asker may not see."""

from datetime import timedelta

import pytest

from marketplace.inventory.actions import freeze_lot, mark_departed, shrink_verified
from marketplace.quantity import Quantity
from marketplace.supervision.alarms.raising import raise_alarm
from marketplace.twin.questions.answering import ANSWERS, UNDERSTOOD, Answer, ask
from marketplace.twin.questions.grammar import Topic
from tenants.errors import NotFound
from tests.factories import Firm, World
from tests.marketplace.financing.makers import a_running_loan
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, say, values

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def answer(firm: Firm, words: str) -> Answer:
    with firm.operator.ws(read_only=True) as ws:
        return ask(ws, words)


def said(firm: Firm, words: str) -> list[tuple[str, str]]:
    return [(row.name, row.says["word"]) for row in answer(firm, words).found.rows]


@pytest.fixture
def scene(world: World) -> Scene:
    """A lot that a thermometer watches. Of it ten tonnes are counted to be gone, five leave, water comes in, it is frozen, and the thermometer falls silent."""
    scene = a_scene(world)
    climate = a_watching_device(scene.supervisor, scene.lot.id, kind="climate")
    say(world, climate, values("humidity", "%RH", world.now, [60, 75, 65], every=MINUTE))
    world.advance(2 * DAY)
    with scene.supervisor.operator.ws() as ws:
        shrink_verified(ws, scene.lot.id, to=Quantity.of("478.800", "TNE"), because="counted again")
    with scene.warehouse.operator.ws() as ws:
        mark_departed(ws, scene.lot.id, quantity=Quantity.of("5", "TNE"))
    with scene.supervisor.operator.ws() as ws:
        raise_alarm(ws, type="water", severity="MAJOR", because="Water on the floor.", lot_id=scene.lot.id)
    with scene.bank.operator.ws() as ws:
        freeze_lot(ws, scene.lot.id, reason="court order")
    world.work()
    return scene


def test_each_question_is_answered_by_what_happened_and_by_nothing_later(scene: Scene) -> None:
    lot, sees = scene.lot.number, scene.bank
    assert said(sees, "which lots lost more than 3% since yesterday") == [
        (lot, "%(lost)s of %(before)s gone (%(share)s), as counted.")
    ]
    assert said(sees, "哪些批次损失超过5%") == []
    assert said(sees, "what left today") == [(lot, "%(departed)s left; %(left)s stay.")]
    assert [name for name, _ in said(sees, "最近3天什么入库了")] == [lot]
    [row] = answer(sees, "什么被冻结，为什么").found.rows
    assert (row.name, row.says["facts"]["reason"]) == (lot, "court order")
    assert said(sees, "what was frozen 5 hours ago") == []
    assert said(sees, f"where is lot {lot.lower()}")[0][1] == "In bin %(bin)s of %(site)s."
    assert said(sees, f"where was lot {lot} 30 days ago")[0][1] == "Not received yet at that moment."
    for when, quantity in (("now", "473.800"), ("1 day ago", "498.750")):
        [row] = answer(sees, f"how much of lot {lot} was there {when}").found.rows
        assert row.says["facts"]["quantity"] == {"amount": quantity, "unit": "TNE"}
    assert "Water" in [word for _, word in said(sees, "which alarms are open")]
    assert said(sees, "which alarms were open 5 days ago") == []


def test_what_sensors_said_is_told_of_a_moment_and_of_a_span(scene: Scene) -> None:
    lot, sees = scene.lot.number, scene.bank
    [row] = answer(sees, "which lots had humidity above 70% in the last 3 days").found.rows
    assert (row.name, row.says["facts"]["value"]) == (lot, "75 %")
    assert said(sees, "哪些批次的湿度超过70%") == []  # its last word was 65
    assert [name for name, _ in said(sees, "哪些批次的湿度超过60%")] == [lot]
    [row] = answer(sees, "which lots had humidity below 61% in the last 3 days").found.rows
    assert row.says["facts"]["value"] == "60 %"
    assert said(sees, "which lots had humidity above 70% in the last 3 hours") == []


def test_silence_is_told_to_its_owner_by_the_devices_name_and_to_others_by_the_alarm(scene: Scene) -> None:
    [own] = answer(scene.supervisor, "which devices are silent").found.rows
    [others] = answer(scene.bank, "which devices were silent in the last 3 days").found.rows
    assert own.name.startswith("Climate")
    assert not others.name.startswith("Climate")
    assert own.id == others.id
    assert said(scene.bank, "which devices were silent 3 days ago") == []


def test_evidence_inspections_and_loans_are_told_to_those_concerned(world: World) -> None:
    deal = a_running_loan(world)
    lot = deal.lots[0].number
    assert said(deal.bank, "which loans are above 49%") == [
        (answer(deal.bank, "which loans are above 49%").found.rows[0].name, "%(ltv)s: %(owed)s owed.")
    ]
    assert said(deal.bank, "which loans are above 51%") == []
    assert [name for name, _ in said(deal.bank, "which lots have evidence worse than B")] == [lot]
    world.advance(100 * DAY)
    assert said(deal.parties.supervisor, "which lots have not been inspected for 90 days") == [
        (lot, "Last inspected %(days)s days ago.")
    ]
    assert said(deal.parties.supervisor, "哪些批次110天未查验") == []
    [row] = answer(deal.sme, f"what was lot {lot} worth 99 days ago").found.rows
    assert row.says["facts"]["value"]["minor"] == 200000000
    # Who keeps the goods sees them, and neither what they are worth nor whose loan they carry.
    assert said(deal.parties.warehouse, f"what is lot {lot} worth") == []
    assert said(deal.parties.warehouse, "which loans are above 0%") == []


def test_a_stranger_is_answered_of_nothing(scene: Scene) -> None:
    stranger = scene.world.firm("BANK")
    asked = ["which lots lost anything in the last 9 days", "what left", "what came in", "what is frozen", "which alarms are open", "which devices were silent in the last 9 days",
             "which lots had humidity above 1% in the last 9 days", "which lots have evidence worse than A", "which lots have not been inspected for 1 days", "which loans are above 0%"]  # fmt: skip
    assert [said(stranger, words) for words in asked] == [[]] * len(asked)
    for words in ("where is lot {}", "how much of lot {} is there"):
        with pytest.raises(NotFound):
            answer(stranger, words.format(scene.lot.number))
    assert said(stranger, f"what is lot {scene.lot.number} worth") == []


def test_every_topic_has_its_answer_and_its_words() -> None:
    assert set(ANSWERS) == set(UNDERSTOOD) == set(Topic)
