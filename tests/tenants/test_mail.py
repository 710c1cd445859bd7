"""A notice by e-mail: what failed is told on its page and sent again, what went out is not."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from tenants.mail_room import mail_room, use_mail_room
from tenants.notifications import latest
from tenants.webhooks.actions import end_webhook, register_webhook
from tests.factories import World
from tests.frontend.forms import form_fields


@dataclass
class Post:
    """A mail room that fails while it is told to."""

    sent: list[str] = field(default_factory=list)
    silent: bool = True

    def send(self, *, key: str, **_letter: Any) -> None:
        if self.silent:
            raise ConnectionError("no mail server")
        self.sent.append(key)


@pytest.fixture
def post() -> Iterator[Post]:
    before, made = mail_room(), Post()
    use_mail_room(made)
    yield made
    use_mail_room(before)


def test_a_letter_that_failed_is_sent_again_from_its_page(world: World, post: Post) -> None:
    firm = world.firm()
    with firm.person("administrator").ws() as ws:
        webhook, _ = register_webhook(ws, url="https://hooks.example.com/", kinds=["WebhookGaveUp"])
        end_webhook(ws, webhook.id)
    with pytest.raises(ConnectionError):
        for _ in range(3):
            world.work()
    person = firm.operator
    [told] = person.call("GET", "/notifications").json["items"]
    assert (told["mail_failed"], told["mailed_at"]) == (True, None)
    browser = person.browser()
    page = browser.get("/notifications").text
    assert "E-mails that did not go out" in page
    answer = browser.post(f"/notifications/{told['id']}/repetition", data=form_fields(page))
    assert answer.status_code == 302
    assert "E-mails that did not go out" not in browser.get("/notifications").text
    waiting = person.call("POST", f"/notifications/{told['id']}/repetition", {}, key=uuid4().hex)
    assert (waiting.status_code, waiting.json["code"]) == (409, "letter_waiting")
    post.silent = False
    world.work()
    assert post.sent == [told["id"]]
    gone = person.call("POST", f"/notifications/{told['id']}/repetition", {}, key=uuid4().hex)
    assert (gone.status_code, gone.json["code"]) == (409, "letter_delivered")
    stranger = world.firm().operator.call("POST", f"/notifications/{told['id']}/repetition", {}, key=uuid4().hex)
    assert stranger.status_code == 404
    with person.ws(read_only=True) as ws:
        assert latest(ws)[0].mailed_at
