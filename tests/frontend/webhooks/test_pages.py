"""Webhooks on their screen and by API: registered, the secret shown once, the log, a test, sending again, ending."""

import re

import pytest

from tests.factories import Person, World
from tests.frontend.forms import form_fields

URL = "https://hooks.example.com/bailee"


def registered(person: Person, **fields: object) -> str:
    answer = person.call("POST", "/webhooks", {"url": URL, **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json["webhook"]["id"])


def test_a_webhook_is_registered_and_its_secret_is_shown_once(world: World) -> None:
    browser = world.firm().owner.browser()
    form = form_fields(browser.get("/webhooks/new").text)
    answer = browser.post("/webhooks", data=form | {"url": URL, "purpose": "Core banking", "kinds": ["WebhookGaveUp"]})
    [secret] = set(re.findall(r'text="(whsec_[^"]+)"', answer.text))
    listed = browser.get("/webhooks").text
    [link] = re.findall(r'href="(/webhooks/[0-9a-f-]{36})"', listed)
    shown = browser.get(link).text
    assert "Core banking" in listed
    assert URL in shown
    assert secret not in listed + shown


def test_what_is_refused_is_told_at_its_field_and_what_was_ticked_stays(world: World) -> None:
    browser = world.firm().owner.browser()
    form = form_fields(browser.get("/webhooks/new").text)
    answer = browser.post("/webhooks", data=form | {"url": "https://10.0.0.1/", "kinds": ["WebhookGaveUp"]})
    assert answer.status_code == 422
    assert "Webhook goes to a public name" in answer.text.replace("A webhook", "Webhook")
    assert re.search(r'value="WebhookGaveUp" checked', answer.text)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_test_that_fails_stands_in_the_log_and_is_sent_again(world: World, language: str) -> None:
    owner = world.firm().owner
    here = f"/webhooks/{registered(owner)}"
    browser = owner.browser()
    form = form_fields(browser.get(here).text)
    assert browser.post(f"{here}/tests", data=form).status_code == 302
    world.work()
    page = browser.get(f"{here}?lang={language}").text
    assert {"en": "This installation carries nothing outside", "zh": "本系统未启用外部推送"}[language] in page
    assert {"en": "It has not answered since", "zh": "起无应答"}[language] in page
    [again] = re.findall(r'action="([^"]+/messages/[^"]+/repetition)"', page)
    assert browser.post(again, data=form_fields(page)).status_code == 302
    world.work()
    [message] = owner.call("GET", f"{here}/messages").json["items"]
    assert [one["failure"] for one in message["tries"]] == ["no way outside", "no way outside"]


def test_every_act_of_the_screen_has_its_call(world: World) -> None:
    owner = world.firm().owner
    here = f"/webhooks/{registered(owner, kinds=['WebhookGaveUp'])}"
    assert any(one["name"] == "WebhookGaveUp" for one in owner.call("GET", "/webhooks/kinds").json["items"])
    assert owner.call("POST", f"{here}/secret").json["secret"].startswith("whsec_")
    sent = owner.call("POST", f"{here}/tests").json
    assert (sent["state"], sent["tries"]) == ("WAITING", [])
    world.work()
    assert owner.call("POST", f"{here}/messages/{sent['id']}/repetition").status_code == 200
    assert owner.call("POST", f"{here}/repetition").json == {"number": 0}
    assert owner.call("POST", f"{here}/end").json["ended_at"]
    assert owner.call("POST", f"{here}/tests").status_code == 409


def test_who_does_not_administer_finds_no_way_there(world: World) -> None:
    operator = world.firm().operator
    assert operator.browser().get("/webhooks").status_code == 403
    assert "/webhooks" not in operator.browser().get("/members").text
    assert operator.call("POST", "/webhooks", {"url": URL}).status_code == 403
