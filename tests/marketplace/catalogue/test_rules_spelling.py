"""What was meant by a word that nobody has, and where in a text stands what was asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalogue.rules.spelling import may_be_misspelt, meant, slips
from marketplace.catalogue.rules.tokens import parts_found, respelt

KNOWN = {"copper": 50, "cooper": 2, "cathode": 30, "coil": 9, "aluminium": 7}
letters = st.text(alphabet="abc", max_size=7)


@pytest.mark.parametrize(
    ("word", "found"),
    [("coppper", "copper"), ("copepr", "copper"), ("cathde", "cathode"), ("aluminum", "aluminium"), ("coli", "coil"),
     ("zebra", None), ("cathod", None), ("cxxl", None)],
)  # fmt: skip
def test_the_nearest_word_is_meant_and_an_unfinished_one_is_left_alone(word: str, found: str | None) -> None:
    assert meant(word, KNOWN) == found


def test_of_two_equally_near_words_the_commoner_is_meant() -> None:
    assert meant("coiper", {"copper": 1, "coiler": 2}) == "coiler"
    assert meant("coiper", {"copper": 3, "coiler": 2}) == "copper"


@pytest.mark.parametrize("word", ["a-4711", "q235b", "铜", "tin"])
def test_codes_short_words_and_chinese_are_never_guessed_at(word: str) -> None:
    assert not may_be_misspelt(word)


@given(letters, letters)
def test_slips_lead_both_ways_and_never_further_than_writing_anew(one: str, other: str) -> None:
    assert slips(one, other) == slips(other, one) <= max(len(one), len(other))
    assert (slips(one, other) == 0) == (one == other)


def test_a_question_is_spelt_anew_and_the_rest_of_it_stays() -> None:
    assert respelt("Coppers 阴极 A-4711", {"copper": "cooper"}) == "cooper 阴极 a-4711"


@pytest.mark.parametrize(
    ("text", "asked", "found"),
    [
        ("Cathode copper 阴极铜", "COPPER", ["copper"]),
        ("Cathode copper 阴极铜", "极铜", ["极铜"]),
        ("Hot-rolled coils", "rolled coil", ["rolled", "coils"]),
        ("Hot-rolled coils", "hot-rolled", ["Hot-rolled"]),
        ("电解铜电解", "电解", ["电解", "电解"]),
        ("Copperfield", "copper", []),
        ("½ coil", "coil", []),
        ("copper", "", []),
    ],
)
def test_what_was_asked_for_is_found_in_a_text(text: str, asked: str, found: list[str]) -> None:
    parts = parts_found(text, asked)
    assert [part for part, sought in parts if sought] == found
    assert "".join(part for part, _ in parts) == text
