"""Webhooks of a firm: told with the notice, tried later each time, given up where one sees it, sent again; the driven clock alone moves."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.notifications import latest
from tenants.webhooks import actions, ports, queries
from tenants.webhooks.models import WebhookMessage
from tenants.webhooks.ports import Answer
from tenants.webhooks.trying import KEPT_TRYING
from tests.factories import Firm, World

URL = "https://hooks.example.com/bailee"
HOUR = timedelta(hours=1)


@dataclass
class Receiver:
    """A carrier whose far side answers as it is told, and remembers what came for it; other tests' webhooks are not its own."""

    status: int | None = 200
    domain: str = field(default_factory=lambda: f"w{uuid4().hex}.example.com")
    got: list[tuple[str, str, bytes, list[str]]] = field(default_factory=list)

    def carry(self, *, url: str, message_id: str, body: bytes, secrets: Sequence[str]) -> Answer:
        if self.domain not in url:
            return Answer(200, None, 7)
        self.got.append((url, message_id, body, list(secrets)))
        return Answer(self.status, None if self.status else "no answer in time", 7)

    def registered(self, firm: Firm, *, host: str = "hooks", kinds: list[str] | None = None) -> tuple[UUID, str]:
        """A webhook of the firm to this receiver: its id and its secret."""
        with firm.owner.ws() as ws:
            webhook, secret = actions.register_webhook(ws, url=f"https://{host}.{self.domain}/", kinds=kinds or [])
        return webhook.id, secret


@pytest.fixture
def receiver(world: World) -> Iterator[Receiver]:
    before, made = replace(ports._chosen), Receiver()
    ports.carry_by(made, installation=before.installation)
    yield made
    ports.carry_by(before.carrier, installation=before.installation)


def a_test_sent(firm: Firm, webhook_id: UUID) -> UUID:
    with firm.owner.ws() as ws:
        return actions.send_test(ws, webhook_id).id


def message(firm: Firm, webhook_id: UUID, message_id: UUID) -> WebhookMessage:
    with firm.owner.ws(read_only=True) as ws:
        return next(one for one in queries.messages_of(ws, webhook_id) if one.id == message_id)


def ended_elsewhere(receiver: Receiver, firm: Firm) -> None:
    """Something happens of which the firm is told: another of its webhooks ends."""
    other, _ = receiver.registered(firm, host="other", kinds=["WebhookGaveUp"])
    with firm.owner.ws() as ws:
        actions.end_webhook(ws, other)


def test_a_notice_is_carried_signed_to_the_webhook_that_wants_it(world: World, receiver: Receiver) -> None:
    firm = world.firm()
    webhook_id, secret = receiver.registered(firm, kinds=["WebhookEnded"])
    receiver.registered(firm, host="deaf", kinds=["WebhookGaveUp"])
    ended_elsewhere(receiver, firm)
    world.work()
    [(url, message_id, body, secrets)] = receiver.got
    told = json.loads(body)
    assert (url, secrets) == (f"https://hooks.{receiver.domain}/", [secret])
    assert told["type"] == "WebhookEnded"
    assert told["data"]["says"] == f"Notices are no longer carried to other.{receiver.domain}."
    assert told["data"]["facts"]["host"] == f"other.{receiver.domain}"
    with firm.owner.ws(read_only=True) as ws:
        [sent] = queries.messages_of(ws, webhook_id)
    assert (sent.state, sent.name, sent.body.encode()) == ("SENT", message_id, body)


def test_what_is_rolled_back_is_not_told(world: World, receiver: Receiver) -> None:
    firm = world.firm()
    webhook_id, _ = receiver.registered(firm)
    with pytest.raises(RuntimeError), firm.owner.ws() as ws:
        actions.send_test(ws, webhook_id)
        raise RuntimeError
    world.work()
    assert receiver.got == []


def test_another_firm_s_notices_stay_with_it(world: World, receiver: Receiver) -> None:
    receiver.registered(world.firm())
    ended_elsewhere(receiver, world.firm())
    world.work()
    assert receiver.got == []


def test_a_message_that_fails_is_tried_later_under_the_same_id(world: World, receiver: Receiver) -> None:
    firm = world.firm()
    webhook_id, _ = receiver.registered(firm)
    receiver.status = 500
    sent = a_test_sent(firm, webhook_id)
    world.work()
    world.work()
    assert len(receiver.got) == 1
    world.advance(timedelta(seconds=5))
    world.work()
    receiver.status = 204
    world.advance(timedelta(minutes=5))
    world.work()
    world.advance(30 * HOUR)
    world.work()
    assert {one[1] for one in receiver.got} == {f"msg_{sent.hex}"}
    after = message(firm, webhook_id, sent)
    assert (after.state, [one["status"] for one in after.tries]) == ("SENT", [500, 500, 204])


def test_a_receiver_that_fails_costs_one_try_whatever_waits_for_it(world: World, receiver: Receiver) -> None:
    firm = world.firm()
    webhook_id, _ = receiver.registered(firm)
    receiver.status = None
    for _ in range(5):
        with firm.owner.ws() as ws:
            actions.send_test(ws, webhook_id)
    world.work()
    world.advance(timedelta(seconds=5))
    world.work()
    assert len(receiver.got) == 2
    receiver.status = 200
    world.advance(timedelta(minutes=5))
    world.work()
    assert len(receiver.got) == 7


def fails_for_good(world: World, firm: Firm, webhook_id: UUID) -> UUID:
    sent = a_test_sent(firm, webhook_id)
    for _ in range(20):
        world.work()
        world.advance(2 * HOUR)
    world.work()
    return sent


def test_what_cannot_be_carried_is_given_up_told_once_and_sent_again(world: World, receiver: Receiver) -> None:
    firm = world.firm()
    webhook_id, _ = receiver.registered(firm, kinds=["WebhookEnded"])
    receiver.status = 503
    sent = fails_for_good(world, firm, webhook_id)
    again = fails_for_good(world, firm, webhook_id)
    dead = message(firm, webhook_id, sent)
    assert dead.state == "DEAD"
    assert dead.owed_since + KEPT_TRYING < world.now
    with firm.owner.ws(read_only=True) as ws:
        assert [one.kind for one in latest(ws)] == ["WebhookGaveUp"]
        assert queries.given_up(ws) == {webhook_id: 2}
    receiver.status = 200
    with firm.owner.ws() as ws:
        assert actions.send_dead_again(ws, webhook_id) == 2
    world.work()
    assert {message(firm, webhook_id, one).state for one in (sent, again)} == {"SENT"}


def test_a_webhook_is_not_told_of_its_own_failure(world: World, receiver: Receiver) -> None:
    firm = world.firm()
    webhook_id, _ = receiver.registered(firm)
    receiver.status = 500
    fails_for_good(world, firm, webhook_id)
    with firm.owner.ws(read_only=True) as ws:
        assert [one.kind for one in queries.messages_of(ws, webhook_id)] == ["WebhookTest"]


def test_one_that_says_it_is_gone_is_ended(world: World, receiver: Receiver) -> None:
    firm = world.firm()
    webhook_id, _ = receiver.registered(firm)
    receiver.status = 410
    a_test_sent(firm, webhook_id)
    world.work()
    with firm.owner.ws() as ws:
        assert queries.find_webhook(ws, webhook_id).ended_at == world.now
        with pytest.raises(Conflict, match="ended"):
            actions.send_test(ws, webhook_id)


def test_for_a_day_both_secrets_sign(world: World, receiver: Receiver) -> None:
    firm = world.firm()
    webhook_id, old = receiver.registered(firm)
    with firm.owner.ws() as ws:
        new = actions.replace_secret(ws, webhook_id)
    a_test_sent(firm, webhook_id)
    world.work()
    world.advance(timedelta(days=1))
    a_test_sent(firm, webhook_id)
    world.work()
    assert [one[3] for one in receiver.got] == [[new, old], [new]]
    assert new != old


def test_no_secret_rests_in_the_database(world: World, receiver: Receiver) -> None:
    _, secret = receiver.registered(world.firm())
    rows = world.admin.execute("select w::text from house.webhook w union all select m::text from house.webhook_message m").fetchall()  # fmt: skip
    assert rows
    assert not [row for row in rows if secret.removeprefix("whsec_") in row[0]]


def test_only_who_administers_a_firm_has_to_do_with_its_webhooks(world: World, receiver: Receiver) -> None:
    firm = world.firm()
    webhook_id, _ = receiver.registered(firm)
    with firm.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.register_webhook(ws, url=URL, kinds=[])
    with firm.operator.ws() as ws, pytest.raises(NotAllowed):
        queries.list_webhooks(ws)
    with world.firm().owner.ws() as ws, pytest.raises(NotFound):
        actions.send_test(ws, webhook_id)


def test_what_cannot_be_a_webhook_is_refused_by_its_field(world: World, receiver: Receiver) -> None:
    firm = world.firm()
    for url, kinds, wrong in [("https://10.0.0.1/", [], "url"), (URL, ["NoSuchKind"], "kinds"), (URL, ["MemberJoined"], "kinds")]:  # fmt: skip
        with firm.owner.ws() as ws, pytest.raises(Invalid) as refused:
            actions.register_webhook(ws, url=url, kinds=kinds)
        assert refused.value.field == wrong
    for _ in range(10):
        receiver.registered(firm)
    with firm.owner.ws() as ws, pytest.raises(Conflict, match="ten"):
        actions.register_webhook(ws, url=URL, kinds=[])


def test_a_message_on_its_way_is_not_sent_twice_by_impatience(world: World, receiver: Receiver) -> None:
    firm = world.firm()
    webhook_id, _ = receiver.registered(firm)
    sent = a_test_sent(firm, webhook_id)
    with firm.owner.ws() as ws, pytest.raises(Conflict, match="on its way"):
        actions.send_again(ws, webhook_id, sent)
    with firm.owner.ws() as ws, pytest.raises(NotFound):
        actions.send_again(ws, webhook_id, uuid4())
    world.work()
    with firm.owner.ws() as ws:
        actions.send_again(ws, webhook_id, sent)
    world.work()
    assert len(receiver.got) == 2


def test_old_messages_are_forgotten(world: World, receiver: Receiver) -> None:
    firm = world.firm()
    webhook_id, _ = receiver.registered(firm)
    a_test_sent(firm, webhook_id)
    world.work()
    world.advance(timedelta(days=31))
    world.admin.execute("select gate.keep_house()")
    with firm.owner.ws(read_only=True) as ws:
        assert queries.messages_of(ws, webhook_id) == []


def test_a_chat_is_told_in_a_line_without_a_secret(world: World, receiver: Receiver) -> None:
    firm = world.firm()
    with firm.owner.ws() as ws:
        webhook, _ = actions.register_webhook(ws, url=f"https://chat.{receiver.domain}/", kinds=[], form="wecom")
        with pytest.raises(Conflict, match="no secret"):
            actions.replace_secret(ws, webhook.id)
        with pytest.raises(Invalid) as refused:
            actions.register_webhook(ws, url=f"https://chat.{receiver.domain}/", kinds=[], form="fax")
    ended_elsewhere(receiver, firm)
    world.work()
    assert refused.value.field == "form"
    [(_, _, body, secrets)] = receiver.got
    said = json.loads(body)["text"]["content"]
    assert said.startswith(f"Bailee: Notices are no longer carried to other.{receiver.domain}.")
    assert "/webhooks/" in said
    assert secrets == []
