"""What a text is found by, and what a question asks for: words, pairs and characters of Chinese, compounds and their parts, singular and in one width."""

import pytest

from marketplace.catalogue.rules.relevance import Standing, seek
from marketplace.catalogue.rules.tokens import LONGEST_TEXT, tokens, wanted

SHELF = Standing(10, 300, {"copper": 5, "cathode": 5})


@pytest.mark.parametrize(
    ("text", "found", "asked"),
    [
        ("Ｃｕ CATHODES", ["cu", "cathode"], [["cu"], ["cathode"]]),
        ("glass gas", ["glass", "gas"], [["glass"], ["gas"]]),
        ("LME-Grades 99.95", ["lme-grade", "lme", "grade", "99.95", "99", "95"], [["lme-grade"], ["99.95"]]),
        ("铜", ["铜"], [["铜"]]),
        ("铜管 cu", ["铜", "管", "铜管", "cu"], [["铜管"], ["cu"]]),
        ("有色金属", ["有", "色", "金", "属", "有色", "色金", "金属", "有色金属"], [["有色", "色金", "金属"]]),
        ("—", [], []),
    ],
)
def test_a_text_is_found_by_its_parts_and_a_question_asks_for_wholes(text: str, found: list[str], asked: list[list[str]]) -> None:  # fmt: skip
    assert (tokens(text), wanted(text)) == (found, asked)


def test_a_text_is_read_to_its_four_thousandth_character() -> None:
    assert LONGEST_TEXT == 4000
    assert tokens("x" + " " * 3998 + "ab") == ["x", "a"]


def test_only_a_last_latin_word_by_itself_may_be_unfinished() -> None:
    for runs, unfinished in (([["copper"], ["cat"]], {"cat"}), ([["cat"], ["copper"]], set()), ([["铜管"]], set()), ([["cat", "hod"]], set())):  # fmt: skip
        assert {word.token for word in seek(runs, SHELF).words if word.unfinished} == unfinished


def test_the_mean_length_is_that_of_the_shelf_and_an_empty_one_leaves_no_word_out() -> None:
    assert seek([["copper"]], SHELF).middle == 30
    assert [word.token for word in seek([["shiny"], ["铜管"]], Standing()).words] == ["shiny", "铜管"]
