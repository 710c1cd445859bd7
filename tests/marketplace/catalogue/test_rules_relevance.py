"""How a question is weighed: rare words more, what nobody has not at all, numbers always; and how much of it an answer must have."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalogue.rules.relevance import BEYOND, Sought, Standing, rarity, seek, share_demanded

SHELF = Standing(10_000, 300_000, {"copper": 50, "zinc": 5_000, "cathode": 5_050, "a-4711": 1, "scrap": 50})


def asked(*words: str, **other: bool) -> Sought:
    return seek([[word] for word in words], SHELF, **other)


def passes(sought: Sought, *having: str) -> bool:
    return sum(word.weight for word in sought.words if word.token in having) >= sought.floor


def test_a_rare_word_weighs_more_and_none_less_than_nothing() -> None:
    assert rarity(3, 1) == pytest.approx(log(1 + 2.5 / 1.5))
    assert rarity(10, 10) > 0


def test_copper_cathode_is_answered_by_copper_and_not_by_five_thousand_cathodes_of_zinc() -> None:
    sought = asked("copper", "cathode")
    assert passes(sought, "copper", "cathode")
    assert passes(sought, "copper")
    assert not passes(sought, "cathode", "zinc")
    assert [word.token for word in sought.telling] == ["copper"]


def test_two_words_of_one_weight_must_both_be_there() -> None:
    sought = asked("copper", "scrap")
    assert passes(sought, "copper", "scrap")
    assert not passes(sought, "copper")


def test_what_nobody_has_is_left_out_but_a_number_is_a_demand() -> None:
    assert [word.token for word in asked("shiny", "copper", "cathode").words] == ["copper", "cathode"]
    assert passes(asked("a-4711", "copper"), "a-4711")
    assert not passes(asked("a-9999", "copper", "cathode"), "copper", "cathode")


def test_a_last_word_may_be_unfinished_where_nobody_has_it_whole() -> None:
    assert asked("cathode", "cop").words[0].unfinished
    assert not any(word.unfinished for word in asked("cop", "copper").words)


def test_every_word_is_asked_for_where_a_wish_says_so() -> None:
    sought = asked("shiny", "copper", "cathode", every=True)
    assert (sought.every, {word.token for word in sought.words}) == (True, {"shiny", "copper", "cathode"})
    assert asked("copper", every=True).words[0].unfinished


def test_how_many_may_answer_is_told_by_the_telling_words_or_by_the_rarest_of_all() -> None:
    assert [asked(*words).likely for words in (("zinc",), ("zinc", "cathode"), ("copper", "cathode"), ("shiny",))] == [5_000, 5_000, 50, 0]  # fmt: skip
    assert asked("zinc", "cathode", "copper", "a-4711", "scrap").likely == 101, "enough of a sentence"
    assert asked("zinc", "cathode", "coils", every=True).likely == 0
    assert asked("a-4711", "zinc", "cat").likely == 0, "whatever begins so"


def test_a_phrase_is_answered_by_more_than_half_and_a_sentence_by_a_fifth() -> None:
    assert [share_demanded(words) for words in (0, 1, 2, 3, 4, 5, 30)] == [0.5, 0.5, 0.5, 0.5, 0.25, 0.2, 0.2]


def test_of_nothing_that_was_counted_all_words_weigh_alike() -> None:
    sought = seek([["copper"], ["cathode"]], Standing())
    assert len({word.weight for word in sought.words}) == 1
    assert sought.middle == 1


shelves = st.integers(1, 1000).flatmap(
    lambda offers: st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, offers)).map(
        lambda having: Standing(offers, offers * 9, having)
    )
)


@given(shelves, st.lists(st.sampled_from("abcdefgh"), max_size=8), st.sets(st.sampled_from("abcdefgh")))
def test_whoever_passes_has_a_telling_word(shelf: Standing, words: list[str], having: set[str]) -> None:
    """By the telling words alone an index finds every answer; and who has all that is known passes."""
    sought = seek([[word] for word in words], shelf)
    if sought.words and passes(sought, *having):
        assert having & {word.token for word in sought.telling}
    assert not sought.words or passes(sought, *words)
    assert sought.floor <= sum(word.weight for word in sought.words) / 2 * BEYOND
