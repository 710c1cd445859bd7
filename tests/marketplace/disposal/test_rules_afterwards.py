"""What holds after the hammer: who is next, and that every way of selling says what it asks."""

from hypothesis import given
from hypothesis import strategies as st

from marketplace.disposal.rules.afterwards import AFTERWARDS, LastBid, runner_up
from marketplace.disposal.rules.regimes import REGIMES


@given(st.dictionaries(st.integers(1, 9), st.integers(1, 5), max_size=9), st.sets(st.integers(1, 9)))
def test_the_next_is_the_highest_of_those_left_and_of_equals_the_earlier(
    amounts: dict[int, int], passed: set[int]
) -> None:
    bids = [LastBid(paddle, amount, sequence) for sequence, (paddle, amount) in enumerate(amounts.items(), start=1)]
    found = runner_up(bids, passed)
    left = [bid for bid in bids if bid.paddle not in passed]
    assert (found is None) == (not left)
    if found is not None:
        assert found in left
        assert all(
            other.amount_minor < found.amount_minor
            or (other.amount_minor == found.amount_minor and other.sequence >= found.sequence)
            for other in left
        )


def test_every_way_of_selling_says_what_holds_afterwards() -> None:
    assert set(AFTERWARDS) == set(REGIMES)
    for name, regime in REGIMES.items():
        terms = AFTERWARDS[name]
        assert bool(terms.chance_for) == regime.second_chance
        assert terms.cure_for.days >= 1
