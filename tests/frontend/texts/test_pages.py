"""One's own phone on its page and by API."""

import re

import pytest

from tenants.texts import ports
from tests.factories import World
from tests.frontend.forms import form_fields


class Sent:
    """A gateway that takes everything."""

    def send(self, *, key: str, to: str, text: str) -> None:
        return None


@pytest.fixture
def demo(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A house whose texts are read on the screen."""
    monkeypatch.setattr(ports, "_chosen", ports._Chosen(Sent(), "https://bailee.example", True))
    return world


@pytest.mark.parametrize("language", ["en", "zh"])
def test_without_a_gateway_the_page_says_so(world: World, language: str) -> None:
    page = world.firm().operator.browser().get(f"/profile/phone?lang={language}").text
    assert {"en": "its operator has named no gateway", "zh": "运营方尚未配置短信网关"}[language] in page
    assert "/profile/phone/codes" not in page


def test_a_phone_is_given_proven_and_forgotten_on_the_page(demo: World) -> None:
    browser = demo.firm().operator.browser()

    def send(path: str, **fields: object) -> str:
        hidden = form_fields(browser.get("/profile/phone").text)
        answer = browser.post(f"/profile/phone{path}", data=hidden | fields)
        assert answer.status_code == 302, answer.text
        return str(browser.get("/profile/phone").text)

    page = send("/codes", number="+86 138 0013 8000")
    [code] = re.findall(r"your code is (\d{6})", page)
    assert "/profile/phone/notices" not in page
    assert "not the code" in send("/confirmation", code="12")
    assert re.search(r'value="AlarmEscalated" checked', send("/confirmation", code=code))
    page = send("/notices", kinds=["MarginCallOpened"])
    assert re.findall(r'value="(\w+)" checked', page) == ["MarginCallOpened"]
    assert "/profile/phone/end" not in send("/end")


def test_a_number_that_is_none_is_refused_at_its_field(demo: World) -> None:
    browser = demo.firm().operator.browser()
    hidden = form_fields(browser.get("/profile/phone").text)
    answer = browser.post("/profile/phone/codes", data=hidden | {"number": "12"})
    assert answer.status_code == 422
    assert 'id="error-number"' in answer.text


def test_every_act_of_the_page_has_its_call(demo: World) -> None:
    person = demo.firm().operator
    assert person.call("GET", "/phone").json == {"available": True, "number": None, "verified_at": None, "kinds": []}
    assert person.call("POST", "/phone/codes", {"number": "+8613800138000"}).json["number"] == "+8613800138000"
    [text] = person.call("GET", "/phone/texts").json["items"]
    code = text["text"].partition("code is ")[2][:6]
    assert person.call("POST", "/phone/confirmation", {"code": "x"}).json == {"confirmed": False}
    assert person.call("POST", "/phone/confirmation", {"code": code}).json == {"confirmed": True}
    assert person.call("POST", "/phone/notices", {"kinds": ["AlarmRaised"]}).json == {"kinds": ["AlarmRaised"]}
    assert person.call("POST", "/phone/end").status_code == 200
    assert person.call("GET", "/phone").json["number"] is None
