"""The outbox: nothing recorded is lost, and a reaction's effects happen once, whatever dies on the way."""

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from tenants import mail_room, rooms
from tenants.deliveries import carry_out, claim
from tenants.events import Event, Fact, Happened, reacts_to
from tenants.notifications import Notification, latest
from tenants.webhooks.actions import end_webhook, register_webhook
from tenants.workspace import Workspace
from tests.factories import World

HEARD: list[UUID] = []


@dataclass(frozen=True, kw_only=True)
class LampLit(Fact):
    """Somebody lit the lamp: a fact of the tests."""

    says: ClassVar[str] = "Lamp %(number)s was lit."
    tells: ClassVar[frozenset[str]] = frozenset({"bank"})
    number: int


@reacts_to(LampLit, roles={"bank"})
def hear(ws: Workspace, happened: Happened) -> None:
    """Break on demand, so that a failing reaction can be watched."""
    if happened.facts["number"] == 13 and not HEARD:
        HEARD.append(ws.tenant_id)
        raise RuntimeError("the wick broke")
    HEARD.append(ws.tenant_id)


@pytest.fixture(autouse=True)
def silence() -> None:
    HEARD.clear()


def lit_in_a_room(world: World, *numbers: int) -> tuple[UUID, UUID]:
    """A room of a firm and a bank in which lamps were lit: (room, bank)."""
    firm, bank, room = world.firm(), world.firm("BANK"), uuid4()
    with firm.operator.ws() as ws:
        rooms.found(ws, room, kind="deal", role="borrower")
        rooms.share(ws, room, to=bank.tenant_id, role="bank")
        for number in numbers:
            ws.record(LampLit(number=number), on=room)
    return room, bank.tenant_id


def test_each_tenant_of_the_role_reacts_once(world: World) -> None:
    _, bank = lit_in_a_room(world, 1, 2)
    world.work()
    world.work()
    assert [bank, bank] == HEARD


def test_what_is_rolled_back_is_never_delivered(world: World) -> None:
    firm = world.firm()
    with pytest.raises(RuntimeError), firm.operator.ws() as ws:
        rooms.found(ws, room := uuid4(), kind="deal", role="bank")
        ws.record(LampLit(number=1), on=room)
        raise RuntimeError
    world.work()
    assert HEARD == []


def test_a_failed_reaction_leaves_nothing_and_is_offered_again(world: World) -> None:
    room, bank = lit_in_a_room(world, 13)
    with pytest.raises(RuntimeError, match="wick"):
        world.work()
    world.admin.execute("update house.delivery set leased_until = null where stream_id = %s", (room,))
    world.work()
    assert [bank, bank] == HEARD
    attempts = world.admin.execute(
        "select attempts, done_at is not null from house.delivery where stream_id = %s and subscriber like '%%hear'",
        (room,),
    ).fetchone()
    assert attempts == (1, True)


def test_a_relay_that_dies_with_its_claim_loses_nothing(world: World) -> None:
    room, bank = lit_in_a_room(world, 1)
    with world.worker_app.app_context():
        assert [one for one in claim(500) if one.stream_id == room]
        assert not [one for one in claim(500) if one.stream_id == room], "a lease is held"
    world.admin.execute(
        "update house.delivery set leased_until = now() - interval '1 second' where stream_id = %s", (room,)
    )
    world.work()
    assert [bank] == HEARD


def test_two_workers_with_one_delivery_react_once(world: World) -> None:
    room, _ = lit_in_a_room(world, 1)
    row = world.admin.execute(
        "select id from house.delivery where stream_id = %s and subscriber like '%%hear'", (room,)
    ).fetchone()
    assert row

    def carry() -> None:
        with world.worker_app.app_context():
            carry_out(row[0])

    threads = [threading.Thread(target=carry) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(HEARD) == 1


class Letters(list[str]):
    """A mail room that only counts."""

    def send(self, *, key: str, **_letter: Any) -> None:
        self.append(key)


def test_a_notification_is_told_to_the_role_and_mailed_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = Letters()
    monkeypatch.setattr(mail_room, "_room", [letters])
    _room, bank_id = lit_in_a_room(world, 5)
    world.work()
    world.work()
    [(key, *told)] = notices_of(world, bank_id)
    assert (told, letters) == (["LampLit", True], [str(key)])


def test_where_no_mail_is_sent_no_letter_is_owed(world: World) -> None:
    _room, bank_id = lit_in_a_room(world, 5)
    world.work()
    assert [told[1:] for told in notices_of(world, bank_id)] == [("LampLit", False)]
    owed = "select count(*) from house.delivery where tenant_id = %s and subscriber = 'mail.send_letter'"
    assert world.admin.execute(owed, (bank_id,)).fetchone() == (0,)


def test_where_no_mail_is_sent_none_is_sent_again(world: World) -> None:
    firm = world.firm()
    with firm.person("administrator").ws() as ws:
        webhook, _ = register_webhook(ws, url="https://hooks.example.com/", kinds=["WebhookGaveUp"])
        end_webhook(ws, webhook.id)
    world.work()
    [told] = firm.operator.call("GET", "/notifications").json["items"]
    refused = firm.operator.call("POST", f"/notifications/{told['id']}/repetition", {})
    assert (refused.status_code, refused.json["code"]) == (409, "mail_unavailable")


def notices_of(world: World, firm_id: UUID) -> list[tuple[Any, ...]]:
    asked = "select id, kind, mailed_at is not null from house.notification where tenant_id = %s"
    return world.admin.execute(asked, (firm_id,)).fetchall()


def test_a_timer_runs_when_its_time_has_come_and_once(world: World) -> None:
    firm = world.firm()
    due = world.now + timedelta(hours=3)
    with firm.operator.ws() as ws:
        for _ in range(2):
            ws.set_timer("test_deliveries.hear", key="lamp", due=due, stream_id=ws.tenant_id, number=1)
    world.work()
    assert HEARD == []
    world.advance(timedelta(hours=3))
    world.work()
    world.work()
    assert [firm.tenant_id] == HEARD


def test_writers_of_one_stream_leave_no_gap(world: World) -> None:
    firm, room = world.firm(), uuid4()
    with firm.operator.ws() as ws:
        rooms.found(ws, room, kind="deal", role="borrower")

    def light() -> None:
        for number in range(10):
            with firm.operator.ws() as ws:
                ws.record(LampLit(number=number), on=room)

    firm.operator  # noqa: B018 -- planted before the threads begin
    threads = [threading.Thread(target=light) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with firm.operator.ws(read_only=True) as ws:
        assert ws.session.scalars(
            select(Event.sequence).where(Event.stream_id == room).order_by(Event.sequence)
        ).all() == list(range(1, 61))
        assert ws.session.scalar(select(func.count()).select_from(Notification)) == 0
        assert latest(ws) == []


def test_a_cursor_over_ids_would_lose_events(world: World) -> None:
    """The planted defect: a reader that remembers the last id misses one that commits late; claiming does not."""
    early, late = lit_room_open(world), lit_room_open(world)
    first, second = early.__enter__(), late.__enter__()
    first.record(LampLit(number=1), on=first.tenant_id)
    second.record(LampLit(number=2), on=second.tenant_id)
    late.__exit__(None, None, None)
    seen = world.admin.execute(
        "select coalesce(max(id::text), '') from house.delivery where tenant_id = %s", (second.tenant_id,)
    ).fetchone()
    early.__exit__(None, None, None)
    assert seen
    missed = world.admin.execute(
        "select count(*) from house.delivery where tenant_id = %s and id::text < %s", (first.tenant_id, seen[0])
    ).fetchone()
    assert missed == (1,), "a cursor at the late writer's id passes over the early one"
    with world.worker_app.app_context():
        claimed = {one.tenant_id for one in claim(500)}
    assert {first.tenant_id, second.tenant_id} <= claimed


def lit_room_open(world: World):  # type: ignore[no-untyped-def]
    return world.firm().operator.ws()
