"""How many are told about: what is drawn is enough and not too much, and a rounded number is near."""

from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalogue.rules import counting
from marketplace.catalogue.rules.counting import SHARES, TOTAL, about, exact_below, one_in, rounded

FACETS = frozenset({"grade", "place"})


def test_few_are_counted_one_by_one_and_of_many_a_share() -> None:
    likely = (0, 2_000, 2_001, 8_000, 8_001, 32_000, 32_001, 128_000, 128_001, 10**9)
    assert [one_in(many) for many in likely] == [1, 1, 8, 8, 32, 32, 128, 128, 512, 512]


@given(st.integers(2_001, 512 * counting.MOST_DRAWN))
def test_what_is_drawn_is_enough_to_tell_by_and_little_work(likely: int) -> None:
    assert 240 <= likely // one_in(likely) <= counting.MOST_DRAWN


def test_of_few_hits_only_what_is_counted_with_its_choice_left_open_is_about_right() -> None:
    chosen = frozenset({"place"})
    assert [exact_below(share) for share in (1, *SHARES)] == [0, 1_000, 2_048, 8_192, 32_768]
    assert about(1, 10**6, chosen, FACETS) == frozenset()
    assert about(8, 999, chosen, FACETS) == chosen
    assert about(8, 1_000, chosen, FACETS) == FACETS | {TOTAL}


@given(st.integers(0, 10**7))
def test_a_rounded_number_has_two_digits_and_is_a_twentieth_off_at_most(number: int) -> None:
    told = rounded(number)
    assert abs(told - number) * 20 <= number
    assert len(str(told).rstrip("0")) <= 2


def test_halves_are_rounded_up() -> None:
    assert [rounded(number) for number in (7, 99, 104, 105, 995, 10_950)] == [7, 99, 100, 110, 1_000, 11_000]
