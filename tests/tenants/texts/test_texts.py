"""A member's own phone: proven by a code, told of what was chosen, and of nothing once it is forgotten."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from tenants.errors import Conflict, Invalid, NotFound
from tenants.members import end_membership
from tenants.texts import actions, ports, queries
from tenants.texts.rules import MOST_AN_HOUR
from tenants.webhooks.actions import end_webhook, register_webhook
from tests.factories import Firm, Person, World

NUMBER = "+86 138 0013 8000"


@dataclass
class Phones:
    """What phones received: (number, text). Fails while it is told to."""

    got: list[tuple[str, str]] = field(default_factory=list)
    silent: bool = False

    def send(self, *, key: str, to: str, text: str) -> None:
        if self.silent:
            raise ConnectionError("no gateway")
        self.got.append((to, text))

    @property
    def last_code(self) -> str:
        [code] = re.findall(r"\d{6}", self.got[-1][1])
        return str(code)


@pytest.fixture
def phones(world: World) -> Iterator[Phones]:
    before, made = replace(ports._chosen), Phones()
    ports.text_by(made, public_url="https://bailee.example")
    yield made
    ports.text_by(before.texts, public_url=before.public_url, shows_codes=before.shows_codes)


def asked(world: World, person: Person, number: str = NUMBER) -> None:
    with person.ws() as ws:
        actions.ask_code(ws, number)
    world.work()


def proven(world: World, phones: Phones, person: Person, *kinds: str) -> None:
    asked(world, person)
    with person.ws() as ws:
        assert actions.confirm_phone(ws, phones.last_code)
        actions.choose_notices(ws, list(kinds))
    phones.got.clear()


def something_is_told(firm: Firm) -> None:
    with firm.person("administrator").ws() as ws:
        webhook, _ = register_webhook(ws, url="https://hooks.example.com/", kinds=["WebhookGaveUp"])
        end_webhook(ws, webhook.id)


def test_a_notice_goes_to_the_phone_of_who_chose_its_kind(world: World, phones: Phones) -> None:
    firm = world.firm()
    proven(world, phones, firm.operator, "WebhookEnded")
    proven(world, phones, firm.approver, "WebhookGaveUp")
    something_is_told(firm)
    something_is_told(world.firm())
    world.work()
    [(number, text)] = phones.got
    assert number == "+8613800138000"
    assert text.startswith("Notices are no longer carried to hooks.example.com. https://bailee.example/webhooks/")


def test_nothing_is_sent_before_the_number_is_proven(world: World, phones: Phones) -> None:
    firm = world.firm()
    asked(world, firm.operator)
    with firm.operator.ws() as ws:
        actions.choose_notices(ws, ["WebhookEnded"])
    something_is_told(firm)
    world.work()
    assert len(phones.got) == 1


def test_a_wrong_code_is_counted_and_the_sixth_try_is_one_too_many(world: World, phones: Phones) -> None:
    person = world.firm().operator
    asked(world, person)
    right = phones.last_code
    wrong = "000000" if right != "000000" else "111111"
    for code in (wrong, wrong, wrong, wrong, wrong, right):
        with person.ws() as ws:
            assert not actions.confirm_phone(ws, code)


def test_a_code_counts_once(world: World, phones: Phones) -> None:
    person = world.firm().operator
    asked(world, person)
    for right in (True, False):
        with person.ws() as ws:
            assert actions.confirm_phone(ws, phones.last_code) is right


def test_another_number_has_to_be_proven_anew(world: World, phones: Phones) -> None:
    firm = world.firm()
    proven(world, phones, firm.operator, "WebhookEnded")
    world.advance(timedelta(minutes=1))
    asked(world, firm.operator, "+1 202 555 0100")
    something_is_told(firm)
    world.work()
    [(number, text)] = phones.got
    assert number == "+12025550100"
    assert "your code is" in text


def test_what_waits_for_a_number_that_is_forgotten_is_not_sent(world: World, phones: Phones) -> None:
    firm = world.firm()
    proven(world, phones, firm.operator, "WebhookEnded")
    something_is_told(firm)
    with firm.operator.ws() as ws:
        actions.forget_phone(ws)
    world.work()
    assert phones.got == []
    with firm.operator.ws() as ws, pytest.raises(NotFound):
        actions.forget_phone(ws)


def test_who_left_the_firm_is_told_nothing(world: World, phones: Phones) -> None:
    firm = world.firm()
    proven(world, phones, firm.operator, "WebhookEnded")
    with firm.owner.ws() as ws:
        end_membership(ws, firm.operator.person_id)
    something_is_told(firm)
    world.work()
    assert phones.got == []


def test_a_gateway_that_fails_loses_nothing(world: World, phones: Phones) -> None:
    firm = world.firm()
    proven(world, phones, firm.operator, "WebhookEnded")
    something_is_told(firm)
    phones.silent = True
    with pytest.raises(ConnectionError):
        world.work()
    phones.silent = False
    world.admin.execute("update house.delivery set leased_until = null where tenant_id = %s", (firm.tenant_id,))
    world.work()
    assert len(phones.got) == 1


def test_a_flood_of_notices_is_not_a_flood_of_texts(world: World, phones: Phones) -> None:
    firm = world.firm()
    proven(world, phones, firm.operator, "WebhookEnded")
    for _ in range(MOST_AN_HOUR + 3):
        something_is_told(firm)
    world.work()
    assert len(phones.got) == MOST_AN_HOUR
    world.advance(timedelta(hours=1))
    something_is_told(firm)
    world.work()
    assert len(phones.got) == MOST_AN_HOUR + 1


def test_codes_are_for_the_phone_alone_but_in_a_demo(world: World, phones: Phones) -> None:
    person = world.firm().operator
    asked(world, person)
    with person.ws(read_only=True) as ws:
        [message] = queries.my_texts(ws)
        assert phones.last_code not in queries.words_of(message)
        ports._chosen.shows_codes = True
        assert phones.last_code in queries.words_of(message)


def test_a_colleague_sees_neither_number_nor_messages(world: World, phones: Phones) -> None:
    firm = world.firm()
    proven(world, phones, firm.operator)
    with firm.owner.ws(read_only=True) as ws:
        assert queries.my_phone(ws) is None
        assert queries.my_texts(ws) == []


def test_what_cannot_be_is_refused(world: World, phones: Phones) -> None:
    person = world.firm().operator
    with person.ws() as ws, pytest.raises(Invalid, match="country"):
        actions.ask_code(ws, "13800138000")
    with person.ws() as ws, pytest.raises(Conflict, match="number first"):
        actions.confirm_phone(ws, "123456")
    with person.ws() as ws, pytest.raises(Invalid):
        actions.choose_notices(ws, ["NoSuchKind"])
    asked(world, person)
    with person.ws() as ws, pytest.raises(Conflict, match="moment ago"):
        actions.ask_code(ws, NUMBER)


def test_without_a_gateway_nobody_gives_a_number(world: World) -> None:
    with world.firm().operator.ws() as ws, pytest.raises(Conflict, match="no gateway"):
        actions.ask_code(ws, NUMBER)


def test_a_message_that_failed_is_sent_again_and_one_that_arrived_is_not(world: World, phones: Phones) -> None:
    firm = world.firm()
    proven(world, phones, firm.operator, "WebhookEnded")
    something_is_told(firm)
    phones.silent = True
    with pytest.raises(ConnectionError):
        world.work()
    with firm.operator.ws() as ws:
        [failed, _code] = queries.my_texts(ws)
        assert queries.failed_texts(ws, [failed]) == {failed.id}
        actions.send_again(ws, failed.id)
        assert queries.failed_texts(ws, [failed]) == set()
    with firm.operator.ws() as ws, pytest.raises(Conflict, match="on its way"):
        actions.send_again(ws, failed.id)
    phones.silent = False
    world.work()
    assert len(phones.got) == 1
    with firm.operator.ws() as ws, pytest.raises(Conflict, match="delivered"):
        actions.send_again(ws, failed.id)
    with firm.approver.ws() as ws, pytest.raises(NotFound):
        actions.send_again(ws, failed.id)
