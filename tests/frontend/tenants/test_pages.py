"""Pages of the firm itself: they show, they act once, and they refuse in words at the field."""

import re
from datetime import datetime

import pytest

from frontend import language as language_of
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.events import sentence
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


@pytest.mark.parametrize("path", ["/nowhere", "/lots/0198e0aa-0000-7000-8000-000000000001", "/deals/0198e0aa-0000-7000-8000-000000000001"])  # fmt: skip
def test_what_is_not_there_is_told_to_people_on_a_page(world: World, path: str) -> None:
    answer = world.firm("BANK").owner.browser().get(path)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "There is nothing here" in answer.text
    assert 'id="navigation"' in answer.text


def test_what_is_not_there_is_told_to_programs_as_a_problem(world: World) -> None:
    answer = world.app.test_client().get("/api/v1/nowhere")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.get_json()["code"] == "not_found"


def test_a_page_that_stays_open_can_ask_what_time_it_is(world: World) -> None:
    told = world.app.test_client().get("/clock.json")
    assert datetime.fromisoformat(told.get_json()["now"]).tzinfo is not None
    assert 'sync="/clock.json"' in world.firm("SME").owner.browser().get("/").text


@pytest.mark.parametrize(("kind", "path", "room"), [("BANK", "/portfolio", "/deals"), ("BANK", "/lending-terms", "/prices"), ("SME", "/lending-terms", "/deals"), ("BANK", "/prices", "/prices")])  # fmt: skip
def test_every_page_stands_in_a_room(world: World, kind: str, path: str, room: str) -> None:
    page = world.firm(kind).owner.browser().get(path).text
    assert re.findall(r'class="nav-item" href="([^"]+)" aria-current="page"', page) == [room]


def test_a_thumb_finds_what_the_firm_needs(world: World) -> None:
    page = world.firm("BUYER").owner.browser().get("/").text
    bar = page.partition('class="tabbar"')[2].partition("</nav>")[0]
    assert re.findall(r'<a href="([^"]+)"', bar) == ["/", "/catalogue", "/auctions", "/bids"]


@pytest.mark.parametrize(("language", "said"), [("en", "Auction Copper, 40.000 t, from CN¥2,586,240.00"), ("zh", "拍卖 Copper 40.000 吨，起拍价 ¥2,586,240.00")])  # fmt: skip
def test_a_proposal_is_told_in_the_words_and_figures_of_its_reader(world: World, language: str, said: str) -> None:
    kept = sentence("Auction %(goods)s, %(quantity)s, from %(start)s", goods="Copper", quantity=Quantity.of("40", "TNE"), start=Money(258_624_000, "CNY"))  # fmt: skip
    with world.app.test_request_context(f"/?lang={language}"):
        assert language_of.said(kept) == said


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


def test_whoever_checks_for_the_platform_reads_the_register_without_the_form(world: World) -> None:
    platform = world.firm("PLATFORM")
    read = {who.name: who.browser().get("/organisations").text for who in (platform.owner, platform.approver)}
    assert [platform.name in page for page in read.values()] == [True, True]
    assert ['action="/organisations"' in page for page in read.values()] == [True, False]
