"""An alarm's life: raised once, noted, commented, shelved by two, cleared, closed with its reasons; escalation, freeze, the gate."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError

from marketplace.inventory.actions import freeze_lot, mark_departed
from marketplace.inventory.queries import find_lot
from marketplace.quantity import Quantity
from marketplace.supervision import actions
from marketplace.supervision.alarms import raising
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.queries import (
    alarms_of_lot,
    condition_of,
    count_open,
    find_alarm,
    list_alarms,
    notes_of,
    open_alarms,
    page_of_alarms,
)
from tenants import approvals
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.events import Event
from tenants.notifications import latest
from tenants.workspace import Workspace
from tests.factories import Firm, Person, World
from tests.marketplace.supervision.makers import Scene, a_scene

MINUTE = timedelta(minutes=1)


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def raised(scene: Scene, *, severity: str = "CRITICAL", kind: str = "intrusion", by: Person | None = None) -> Alarm:
    with (by or scene.supervisor.operator).ws() as ws:
        return actions.raise_alarm(
            ws, type=kind, severity=severity, because="Alarm %(number)s is over.", lot_id=scene.lot.id, number="x"
        )


def seen(scene: Scene, alarm: Alarm) -> Alarm:
    with scene.bank.operator.ws(read_only=True) as ws:
        return find_alarm(ws, alarm.id)


def kinds(scene: Scene) -> list[str]:
    with scene.supervisor.operator.ws(read_only=True) as ws:
        return list(
            ws.session.scalars(
                select(Event.kind)
                .where(Event.stream_id == scene.lot.id, Event.kind.like("Alarm%"))
                .order_by(Event.sequence)
            )
        )


def notified(firm: Firm) -> list[str]:
    with firm.operator.ws(read_only=True) as ws:
        return [one.kind for one in latest(ws) if one.kind.startswith("Alarm")]


def frozen(scene: Scene) -> bool:
    with scene.bank.operator.ws(read_only=True) as ws:
        return find_lot(ws, scene.lot.id).is_frozen


def test_a_repetition_refreshes_and_a_worse_one_is_told(scene: Scene) -> None:
    first = raised(scene, severity="MINOR")
    again = raised(scene, severity="MINOR")
    assert (again.id, again.repeats) == (first.id, 1)
    worse = raised(scene, severity="MAJOR")
    assert (worse.id, worse.severity, worse.repeats) == (first.id, "MAJOR", 2)
    assert kinds(scene) == ["AlarmRaised", "AlarmEscalated"]


def test_the_database_keeps_one_active_alarm_for_each_origin_and_type(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the look-up taken out, the second insert gives way to the first; planted past `on conflict`, the index refuses it."""
    first = raised(scene)
    copied = text(
        "insert into house.alarm select (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid()))).* from house.alarm a where id = :id"
    )
    with pytest.raises(IntegrityError, match="uq_alarm_active"), scene.supervisor.operator.ws() as ws:
        ws.session.execute(copied, {"id": first.id})
    real, looks = raising._active, [0]

    def blind_once(*given: Any) -> Alarm | None:
        looks[0] += 1
        return None if looks[0] == 1 else real(*given)

    monkeypatch.setattr(raising, "_active", blind_once)
    assert raised(scene).id == first.id
    assert looks[0] == 2, "the insert gave way, and the alarm that was there is refreshed"


def test_after_it_cleared_the_same_cause_is_a_new_record(scene: Scene) -> None:
    first = raised(scene)
    with scene.supervisor.operator.ws() as ws:
        actions.clear_alarm(ws, first.id)
    assert raised(scene).id != first.id


def test_acknowledged_commented_cleared_closed(scene: Scene) -> None:
    alarm = raised(scene)
    with scene.warehouse.operator.ws() as ws:
        actions.acknowledge_alarm(ws, alarm.id)
    with pytest.raises(Conflict, match="already_acknowledged"), scene.supervisor.operator.ws() as ws:
        actions.acknowledge_alarm(ws, alarm.id)
    for person, words in (
        (scene.sme.operator, "It was our own fork-lift."),
        (scene.bank.operator, "Show us the picture."),
    ):
        with person.ws() as ws:
            actions.comment_alarm(ws, alarm.id, words)
    with scene.supervisor.operator.ws() as ws:
        actions.clear_alarm(ws, alarm.id)
        assert [note.text for note in notes_of(ws, alarm.id)] == ["It was our own fork-lift.", "Show us the picture."]
    assert seen(scene, alarm).status == "CLEARED_ACK"
    with scene.supervisor.operator.ws() as ws:
        actions.close_alarm(
            ws, alarm.id, disposition="FALSE", note="Fork-lift of the owner", evidence=["camera 4, 09:12"]
        )
    assert seen(scene, alarm).status == "CLOSED"
    assert kinds(scene) == [
        "AlarmRaised",
        "AlarmAcknowledged",
        "AlarmCommented",
        "AlarmCommented",
        "AlarmCleared",
        "AlarmClosed",
    ]
    with pytest.raises(Conflict, match="already_closed"), scene.supervisor.operator.ws() as ws:
        actions.close_alarm(ws, alarm.id, disposition="TRUE", note="x", evidence=["y"])


@pytest.mark.parametrize(
    ("closing", "field"),
    [
        ({"disposition": "PERHAPS", "note": "x", "evidence": ["y"]}, "disposition"),
        ({"disposition": "TRUE", "note": " ", "evidence": ["y"]}, "note"),
        ({"disposition": "TRUE", "note": "x", "evidence": [" "]}, "evidence"),
        ({"disposition": "TRUE", "note": "x" * 2001, "evidence": ["y"]}, "note"),
    ],
)
def test_a_critical_alarm_is_never_closed_unexplained(scene: Scene, closing: dict[str, Any], field: str) -> None:
    alarm = raised(scene)
    with pytest.raises(Invalid) as refused, scene.supervisor.operator.ws() as ws:
        actions.close_alarm(ws, alarm.id, **closing)
    assert refused.value.field == field


def test_nor_by_going_around_the_code(scene: Scene) -> None:
    alarm = raised(scene)
    around = text(
        "update house.alarm set cleared_at = now(), disposition = 'FALSE', closed_at = now(), closed_by = 'x' where id = :id"
    )
    with pytest.raises(IntegrityError, match="critical_explained"), scene.supervisor.operator.ws() as ws:
        ws.session.execute(around, {"id": alarm.id})


def test_a_lesser_alarm_needs_its_disposition_alone(scene: Scene) -> None:
    alarm = raised(scene, severity="MINOR")
    with scene.supervisor.operator.ws() as ws:
        assert actions.close_alarm(ws, alarm.id, disposition="TEST").status == "CLOSED"


def test_who_may_not(scene: Scene) -> None:
    alarm = raised(scene)
    for person in (scene.sme.operator, scene.bank.operator):
        for act in (
            lambda ws: actions.acknowledge_alarm(ws, alarm.id),
            lambda ws: actions.clear_alarm(ws, alarm.id),
            lambda ws: actions.close_alarm(ws, alarm.id, disposition="FALSE", note="x", evidence=["y"]),
            lambda ws: actions.propose_shelving(ws, alarm.id, hours=1, because="x"),
        ):
            with pytest.raises(NotAllowed), person.ws() as ws:
                act(ws)
    with pytest.raises(NotAllowed), scene.warehouse.operator.ws() as ws:
        actions.clear_alarm(ws, alarm.id)
    with pytest.raises(NotFound), scene.world.firm("SUPERVISOR").operator.ws() as ws:
        actions.clear_alarm(ws, alarm.id)
    with scene.sme.operator.ws() as ws:
        done = ws.session.execute(text("update house.alarm set cleared_at = now() where id = :id"), {"id": alarm.id})
        assert done.rowcount == 0, "the database itself lets the pledgor change no alarm"


def test_shelving_takes_two_people_lasts_eight_hours_at_most_and_delays_the_freeze(scene: Scene) -> None:
    alarm = raised(scene)
    for hours in (0, 9):
        with pytest.raises(Invalid), scene.supervisor.operator.ws() as ws:
            actions.propose_shelving(ws, alarm.id, hours=hours, because="Scale under repair")
    with scene.supervisor.operator.ws() as ws:
        proposal = actions.propose_shelving(ws, alarm.id, hours=2, because="Scale under repair")
    with scene.supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    scene.world.advance(45 * MINUTE)
    scene.world.work()
    assert not frozen(scene)
    scene.world.advance(80 * MINUTE)
    scene.world.work()
    assert frozen(scene)
    longer = text("update house.alarm set shelved_until = shelved_at + interval '9 hours' where id = :id")
    with pytest.raises(IntegrityError, match="shelved_briefly"), scene.supervisor.operator.ws() as ws:
        ws.session.execute(longer, {"id": alarm.id})


def test_unresolved_it_is_told_to_the_bank_and_freezes_the_lot(scene: Scene) -> None:
    alarm = raised(scene)
    scene.world.work()
    assert notified(scene.warehouse) == ["AlarmRaised"]
    assert notified(scene.bank) == []
    scene.world.advance(16 * MINUTE)
    scene.world.work()
    assert notified(scene.bank) == ["AlarmEscalated"]
    with scene.bank.operator.ws(read_only=True) as ws:
        [told] = [one for one in latest(ws) if one.kind == "AlarmEscalated"]
    assert told.facts["lot_id"] == str(scene.lot.id), "the bank knows whose goods it is about"
    assert not frozen(scene)
    scene.world.advance(15 * MINUTE)
    scene.world.work()
    assert frozen(scene)
    assert seen(scene, alarm).froze_lot
    scene.world.advance(timedelta(days=1))
    scene.world.work()
    ladder = {"AlarmUnanswered", "AlarmLeftToBank"}
    assert [kind for kind in kinds(scene) if kind not in ladder] == ["AlarmRaised", "AlarmEscalated"], "timers are done once (invariant 44)"  # fmt: skip


def test_resolved_in_time_nothing_is_frozen(scene: Scene) -> None:
    alarm = raised(scene)
    with scene.supervisor.operator.ws() as ws:
        actions.acknowledge_alarm(ws, alarm.id)
    scene.world.advance(20 * MINUTE)
    with scene.supervisor.operator.ws() as ws:
        actions.clear_alarm(ws, alarm.id)
    scene.world.advance(20 * MINUTE)
    scene.world.work()
    assert not frozen(scene)


def test_acknowledged_only_it_still_freezes(scene: Scene) -> None:
    alarm = raised(scene)
    with scene.supervisor.operator.ws() as ws:
        actions.acknowledge_alarm(ws, alarm.id)
    scene.world.advance(31 * MINUTE)
    scene.world.work()
    assert frozen(scene)


def test_the_queue_is_sorted_worst_first(scene: Scene) -> None:
    for kind, severity in (("smoke", "MINOR"), ("water", "CRITICAL"), ("intrusion", "MAJOR")):
        raised(scene, kind=kind, severity=severity)
    with scene.bank.operator.ws(read_only=True) as ws:
        assert [alarm.severity for alarm in open_alarms(ws)] == ["CRITICAL", "MAJOR", "MINOR"]
        assert count_open(ws) == {"CRITICAL": 1, "MAJOR": 1, "MINOR": 1}
        assert condition_of(ws, scene.lot.id).has_open_critical


# The gate ----------------------------------------------------------------------------------------------------------------------------


def leave(scene: Scene, amount: str) -> Alarm | None:
    with scene.warehouse.operator.ws() as ws:
        return actions.record_gate_exit(ws, scene.lot.id, quantity=Quantity.of(amount, "TNE"), vehicle="沪A 12345")


def test_free_goods_leave_and_not_a_kilogram_more(scene: Scene) -> None:
    assert leave(scene, "400.000") is None
    assert leave(scene, "98.750") is None
    alarm = leave(scene, "0.001")
    assert alarm
    assert (alarm.type, alarm.severity, str(alarm.quantity)) == ("unauthorised_move", "CRITICAL", "0.001")
    assert frozen(scene)
    assert seen(scene, alarm).froze_lot
    with scene.bank.operator.ws(read_only=True) as ws:
        found = ws.session.scalars(
            select(Event).where(Event.stream_id == scene.lot.id, Event.kind == "LotFrozen")
        ).one()
        assert found.actor.startswith("person"), "frozen by the house's rule, through the keeper who reported it"


def test_what_was_booked_out_counts_as_released(scene: Scene) -> None:
    with scene.warehouse.operator.ws() as ws:
        mark_departed(ws, scene.lot.id, quantity=Quantity.of("100.000", "TNE"))
    assert leave(scene, "100.000") is None, "the lorry whose load was booked out a moment ago"
    assert leave(scene, "398.750") is None
    assert leave(scene, "0.001")


def test_of_a_frozen_lot_nothing_leaves_unnoticed(scene: Scene) -> None:
    with scene.bank.operator.ws() as ws:
        freeze_lot(ws, scene.lot.id, reason="Court order")
    assert leave(scene, "0.001")


@pytest.mark.parametrize(
    ("amount", "unit", "code"), [("1", "KGM", "unit_mismatch"), ("0", "TNE", "quantity_not_positive")]
)
def test_an_exit_that_cannot_be_right(scene: Scene, amount: str, unit: str, code: str) -> None:
    with pytest.raises(Invalid, match=code), scene.warehouse.operator.ws() as ws:
        actions.record_gate_exit(ws, scene.lot.id, quantity=Quantity.of(amount, unit))


def test_the_owner_records_no_exit(scene: Scene) -> None:
    with pytest.raises(NotAllowed), scene.sme.operator.ws() as ws:
        actions.record_gate_exit(ws, scene.lot.id, quantity=Quantity.of("1", "TNE"))


# Work that is announced --------------------------------------------------------------------------------------------------------------


def test_maintenance_takes_two_people_and_four_hours_at_most(scene: Scene) -> None:
    now = scene.world.now
    window = {"types": ["weight_change"], "starts_at": now, "because": "Scale is calibrated"}
    with pytest.raises(Conflict, match="too_long"), scene.supervisor.operator.ws() as ws:
        actions.propose_maintenance(ws, scene.lot.id, ends_at=now + timedelta(hours=5), **window)
    with scene.supervisor.operator.ws() as ws:
        proposal = actions.propose_maintenance(ws, scene.lot.id, ends_at=now + timedelta(hours=4), **window)
    with pytest.raises(NotAllowed), scene.supervisor.operator.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    with scene.supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    with pytest.raises(NotAllowed), scene.bank.operator.ws() as ws:
        actions.propose_maintenance(ws, scene.lot.id, ends_at=now + timedelta(hours=1), **window)


@pytest.mark.parametrize(("low", "high", "field"), [(None, None, "low"), (30, 31, "high"), (None, 500, "high")])
def test_a_climate_that_cannot_be(scene: Scene, low: int | None, high: int | None, field: str) -> None:
    limits = {name: None if value is None else Decimal(value) for name, value in (("low", low), ("high", high))}
    with pytest.raises(Invalid) as refused, scene.supervisor.operator.ws() as ws:
        actions.set_climate(ws, scene.lot.id, metric="temperature", **limits)
    assert refused.value.field == field


def test_alarms_of_a_lot_are_told_newest_first(scene: Scene) -> None:
    for kind in ("smoke", "water"):
        raised(scene, kind=kind)
        scene.world.advance(MINUTE)
    with scene.sme.operator.ws(read_only=True) as ws:
        assert [alarm.type for alarm in alarms_of_lot(ws, scene.lot.id)] == ["water", "smoke"]


LOOKS: list[Callable[[Workspace], object]] = [
    list_alarms,
    lambda ws: list_alarms(ws, state="all"),
    lambda ws: page_of_alarms(ws, cursor=None, limit=50),
    count_open,
    lambda ws: find_alarm(ws, list_alarms(ws)[0].id),
]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("viewer", ["supervisor", "bank"])
def test_a_look_at_alarms_goes_by_indexes_and_never_through_all_of_the_house(
    scene: Scene, viewer: str, look: Callable[[Workspace], object]
) -> None:
    """Row security alone would ask its question of every firm's alarms: PostgreSQL reads the table whole only where nothing else is possible."""
    raised(scene)
    asked: list[tuple[str, Any]] = []
    with getattr(scene, viewer).operator.ws(read_only=True) as ws:
        connection = ws.session.connection()
        event.listen(connection, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
        assert look(ws)
        statement, values = asked[-1]
        connection.execute(text("set local enable_seqscan = off"))
        plan = [row for (row,) in connection.exec_driver_sql(f"explain {statement}", values)]
    assert any(" on alarm" in row for row in plan)
    assert not any("Seq Scan on alarm" in row for row in plan), "\n".join(plan)
