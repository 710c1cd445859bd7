"""What was lost, by counts and by scales."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from marketplace.quantity import Quantity
from marketplace.twin.questions.losses import Told, loss_in

START = datetime(2026, 3, 2, tzinfo=UTC)


def tonnes(amount: object) -> dict[str, str]:
    return {"amount": str(amount), "unit": "TNE"}


def shrunk(before: object, after: object, hour: int = 0) -> Told:
    return Told("QuantityShrunk", {"before": tonnes(before), "after": tonnes(after)}, START + timedelta(hours=hour))


def measured(shown: object, hour: int = 0) -> Told:
    return Told(
        "QuantityMeasured", {"measured": tonnes(shown), "expected": tonnes("100.000")}, START + timedelta(hours=hour)
    )


def test_nothing_happened_nothing_lost() -> None:
    assert loss_in([]) is None
    assert loss_in([measured("100.000")]) is None
    assert loss_in([measured("90.000"), measured("101.000", 1)]) is None  # the scales found it again


def test_counts_add_up_and_the_scales_last_word_counts() -> None:
    found = loss_in([shrunk("100.000", "98.000"), shrunk("98.000", "95.000", 2)])
    assert found
    assert (found.lost, found.share, found.by_scale) == (Quantity.of("5", "TNE"), Decimal("0.05"), False)
    assert found.at == START + timedelta(hours=2)
    scaled = loss_in([measured("97.000"), measured("94.000", 1)])
    assert scaled
    assert (scaled.share, scaled.by_scale) == (Decimal("0.06"), True)


def test_what_the_scales_missed_and_a_count_took_off_is_lost_once() -> None:
    found = loss_in([measured("94.000"), shrunk("100.000", "94.000", 1)])
    assert found
    assert (found.share, found.by_scale) == (Decimal("0.06"), False)


@given(st.lists(st.integers(0, 100_000), min_size=2, max_size=8))
def test_counts_lose_what_stands_between_the_first_and_the_last(steps: list[int]) -> None:
    levels = [Decimal(one).scaleb(-3) for one in sorted(steps, reverse=True)]
    found = loss_in([shrunk(before, after, hour) for hour, (before, after) in enumerate(pairwise(levels))])
    assert (found.lost.amount if found else 0) == levels[0] - levels[-1]
    assert found is None or 0 < found.share <= 1
