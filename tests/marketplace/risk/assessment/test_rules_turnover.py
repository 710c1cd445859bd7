"""Days of inventory follow from goods' own movements; what lies longer than is usual for this very firm is told, and a short history says nothing."""

from datetime import date, timedelta
from decimal import Decimal

from marketplace.risk.assessment.turnover import Movement, Turnover, turnover_of

TODAY = date(2026, 6, 30)


def steady(months: int, *, sold: int = 300, last_month: int | None = None) -> list[Movement]:
    """A firm that keeps 400 tonnes and turns over so many a month, each on the same day; another amount in the last three, where told."""
    moves = [Movement(TODAY - timedelta(days=30 * months + 400), Decimal(400))]
    for month in range(months):
        day = TODAY - timedelta(days=30 * month)
        amount = last_month if last_month is not None and month < 3 else sold
        moves += [Movement(day, Decimal(-amount), sold=True), Movement(day, Decimal(amount))]
    return moves


def test_stock_over_outflow_is_the_days_it_lies() -> None:
    """400 tonnes kept, 900 left in 90 days: 40 days, as average inventory over yearly outflow times 365 says."""
    assert turnover_of(steady(18), TODAY) == Turnover(Decimal("40.0"), Decimal("40.0"), False)


def test_goods_that_lie_far_longer_than_usual_are_slow() -> None:
    assert turnover_of(steady(18, last_month=30), TODAY) == Turnover(Decimal("400.0"), Decimal("40.0"), True)


def test_what_leaves_faster_is_not_slow() -> None:
    assert turnover_of(steady(18, last_month=900), TODAY).is_slow is False


def test_a_short_history_says_nothing_of_what_is_usual() -> None:
    found = turnover_of(steady(4, last_month=30), TODAY)
    assert (found.days, found.usual, found.is_slow) == (Decimal("400.0"), None, False)


def test_of_goods_that_never_left_nothing_is_known() -> None:
    assert turnover_of([Movement(TODAY, Decimal(10))], TODAY) == Turnover(None, None, False)


def test_what_was_lost_is_no_sale() -> None:
    assert (
        turnover_of([Movement(TODAY - timedelta(days=20), Decimal(10)), Movement(TODAY, Decimal(-4))], TODAY).days
        is None
    )
