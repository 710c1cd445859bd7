"""The entrance: the demo's cast only in a demo, and nothing that is typed is echoed where it should not be."""

import json
import re
from pathlib import Path

import pytest

from frontend.demo_people import PEOPLE_FILE, cast
from integrations.demo.cast import PEOPLE_FILE as WRITTEN_AS
from tests.factories import World
from tests.frontend.forms import form_fields

PEOPLE = [
    {"key": "sme", "firm": "sme", "firm_name": "Hengda Copper", "name": "Chen Wei", "email": "chen@hengda.demo", "jobs": ["owner"]},
    {"key": "officer", "firm": "bank", "firm_name": "Yongjiang Bank", "name": "Zhou Min", "email": "zhou@yongjiang.demo", "jobs": ["operator"]},
    {"key": "approver", "firm": "bank", "firm_name": "Yongjiang Bank", "name": "Lin Tao", "email": "lin@yongjiang.demo", "jobs": ["approver"]},
]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / PEOPLE_FILE).write_text(json.dumps({"password": "goods under watch", "people": PEOPLE}))
    return tmp_path


def test_the_cast_is_read_where_the_demo_writes_it() -> None:
    assert PEOPLE_FILE == WRITTEN_AS


def test_the_cast_stands_firm_by_firm(home: Path) -> None:
    told = cast({"DEMO": "1", "HOME": str(home)})
    assert told is not None
    assert [(firm["name"], len(firm["people"])) for firm in told["firms"]] == [("Hengda Copper", 1), ("Yongjiang Bank", 2)]  # fmt: skip


def test_without_a_demo_nobody_is_offered_whatever_lies_in_the_folder(home: Path) -> None:
    assert cast({"HOME": str(home)}) is None


@pytest.mark.parametrize("content", ["", "not json", "{}", '{"password": "x"}', "[]"])
def test_a_broken_file_is_no_cast(tmp_path: Path, content: str) -> None:
    (tmp_path / PEOPLE_FILE).write_text(content)
    assert cast({"DEMO": "1", "HOME": str(tmp_path)}) is None


def test_the_page_offers_one_button_each(world: World, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(world.app.config, "DEMO", "1")
    monkeypatch.setitem(world.app.config, "HOME", str(home))
    page = world.app.test_client().get("/sign-in").text
    assert page.count('class="cast-person"') == len(PEOPLE)
    assert 'name="email" value="chen@hengda.demo"' in page


def test_the_ordinary_page_names_nobody(world: World) -> None:
    page = world.app.test_client().get("/sign-in").text
    assert "cast-person" not in page
    assert 'name="password"' in page


def test_a_wrong_password_is_refused_and_not_echoed(world: World) -> None:
    client = world.app.test_client()
    hidden = form_fields(client.get("/sign-in").text)
    answer = client.post("/sign-in", data=hidden | {"email": "nobody@example.test", "password": "a secret guess"})
    assert answer.status_code in (400, 401, 403, 422)
    assert "a secret guess" not in answer.text
    assert 'value="nobody@example.test"' in answer.text


def test_a_code_of_other_letters_is_wrong_and_no_fault(world: World) -> None:
    client = world.app.test_client()
    hidden = form_fields(client.get("/sign-in/code").text)
    assert client.post("/sign-in/code", data=hidden | {"code": "１２３４５６"}).status_code in (302, 403, 422)


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_nobody_is_led_outside_after_signing_in(world: World, target: str) -> None:
    page = world.app.test_client().get("/sign-in", query_string={"next": target}).text
    form = re.findall(r'<form class="form" method="post" action="/sign-in".*?</form>', page, re.DOTALL)
    assert len(form) == 1
    assert "evil.example" not in form[0]
