"""Pages of the firm itself: they show, they act once, and they refuse in words at the field."""

import pytest

from tests.factories import World
from tests.frontend.forms import form_fields

PAGES = [
    "/",
    "/approvals",
    "/activity",
    "/activity.jsonl",
    "/notifications",
    "/members",
    "/profile",
    "/profile/security",
]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_shows(world: World, path: str, language: str) -> None:
    answer = world.firm("SME").owner.browser().get(f"{path}?lang={language}")
    assert answer.status_code == 200, answer.text[:2000]


def test_without_a_session_one_is_asked_to_sign_in(world: World) -> None:
    answer = world.app.test_client().get("/members")
    assert answer.status_code == 302
    assert answer.location == "/sign-in?next=/members"


def test_an_invitation_is_refused_at_its_field_and_keeps_what_was_typed(world: World) -> None:
    browser = world.firm("SME").owner.browser()
    hidden = form_fields(browser.get("/members").text)
    answer = browser.post("/members", data=hidden | {"email": "not an address", "jobs": "operator"})
    assert answer.status_code == 422
    assert "This is not an e-mail address." in answer.text
    assert 'value="not an address"' in answer.text


def test_a_form_sent_twice_acts_once(world: World) -> None:
    firm = world.firm("SME")
    browser = firm.owner.browser()
    sent = form_fields(browser.get("/members").text) | {"email": "li@example.test", "jobs": "operator"}
    first, second = browser.post("/members", data=sent), browser.post("/members", data=sent)
    assert first.status_code == second.status_code == 200
    assert first.text == second.text
    row = world.admin.execute("select count(*) from gate.invitation where tenant_id = %s", (firm.tenant_id,)).fetchone()
    assert row == (1,)


def test_a_form_without_its_token_is_refused(world: World) -> None:
    answer = world.firm("SME").owner.browser().post("/members", data={"email": "li@example.test", "jobs": "operator"})
    assert answer.status_code == 400


def test_an_operator_invites_nobody(world: World) -> None:
    browser = world.firm("SME").operator.browser()
    hidden = form_fields(browser.get("/profile").text)
    answer = browser.post("/members", data=hidden | {"email": "li@example.test", "jobs": "operator"})
    assert answer.status_code == 403


def test_an_unknown_page_is_told_as_such(world: World) -> None:
    assert world.firm("SME").owner.browser().get("/nowhere").status_code == 404


def test_an_unknown_call_answers_with_a_problem(world: World) -> None:
    answer = world.firm("SME").owner.call("GET", "/nowhere")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
