"""Chinese sentences around the facts that they take in."""

import pytest
from flask import Flask

from frontend.chinese import spaced
from frontend.language import translate


@pytest.mark.parametrize(
    ("place", "written"),
    [
        ("苏州", "运单已到达苏州的库房。"),
        ("苏州 Suzhou", "运单已到达苏州 Suzhou 的库房。"),
        ("Suzhou 苏州", "运单已到达 Suzhou 苏州的库房。"),
        ("A-02", "运单已到达 A-02 的库房。"),
        ("¥12.50", "运单已到达 ¥12.50 的库房。"),
        ("", "运单已到达  的库房。"),
    ],
)
def test_no_space_stays_beside_a_chinese_fact(place: str, written: str) -> None:
    facts = {"place": place}
    assert spaced("运单已到达 %(place)s 的库房。", facts) % facts == written


def test_a_space_comes_beside_a_latin_fact_that_was_written_without() -> None:
    for place, written in (
        ("苏州", "已从苏州出发"),
        ("苏州 Suzhou", "已从苏州 Suzhou 出发"),
        ("12%", "已从 12% 出发"),
        ("“A”", "已从“A”出发"),
    ):
        assert spaced("已从%(place)s出发", {"place": place}) % {"place": place} == written


def test_latin_words_keep_their_spaces() -> None:
    facts = {"bank": "甬江银行", "number": 3}
    assert spaced("EPCIS %(bank)s 与 %(bank)s %(number)s 次", facts) % facts == "EPCIS 甬江银行与甬江银行 3 次"


def test_code_and_pages_say_it_alike(app: Flask) -> None:
    msgid, facts = (
        "%(organisation)s registered for the auction of %(title)s.",
        {"organisation": "温州电器", "title": "阴极铜"},
    )
    with app.test_request_context("/?lang=zh"):
        said = translate(msgid, **facts)
        assert said == "温州电器已报名参加阴极铜的竞价。"
        assert app.jinja_env.from_string("{{ _(msgid, **facts) }}").render(msgid=msgid, facts=facts) == said
