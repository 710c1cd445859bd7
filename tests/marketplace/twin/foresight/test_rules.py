"""Forecasts: nothing is known of the future, wider is surer, deeper is less likely; and on real prices intervals hold as often as they say."""

import csv
from decimal import Decimal
from itertools import accumulate, pairwise
from math import exp
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.twin.foresight.rules import HORIZONS, LEVELS, WINDOWS_MIN, Forecaster, backtest, basket
from marketplace.valuation.rules.haircuts import daily_volatility
from tenants.errors import Invalid, Unavailable

LONG = 400


def walk(seed: int, days: int = LONG, size: float = 0.01) -> list[Decimal]:
    """Prices that stray by a hundredth a day, from a seed."""
    chance = Random(seed)
    steps = accumulate(chance.gauss(0, size) for _ in range(days))
    return [Decimal(str(round(100 * exp(step), 4))) for step in steps]


def test_the_newest_volatility_is_the_one_that_haircuts_rest_on() -> None:
    prices = walk(1)
    # Over one day only the newest volatility counts.
    assert Decimal(Forecaster(prices).usual(1)) == pytest.approx(daily_volatility(prices))


def test_a_walk_of_known_size_is_forecast_at_its_size() -> None:
    known = Forecaster(walk(2, 2000))
    for days in HORIZONS:
        found = known.interval(days, Decimal("0.95"))
        true = Decimal(exp(1.96 * 0.01 * days**0.5))
        assert abs(found.high - true) < Decimal("0.5") * (true - 1)
        assert found.low * found.high == pytest.approx(1)


@settings(max_examples=25)
@given(
    st.integers(0, 10**6),
    st.sampled_from(HORIZONS),
    st.decimals("0.5", "1.1", places=3),
    st.decimals("0.5", "1.1", places=3),
)
def test_surer_is_wider_later_is_likelier_and_deeper_is_less_likely(
    seed: int, days: int, one: Decimal, other: Decimal
) -> None:
    known = Forecaster(walk(seed, 160))
    widths = [known.interval(days, level).high for level in LEVELS]
    assert widths == sorted(widths)
    deeper, higher = sorted((one, other))
    assert 0 < known.chance_of_fall(days, deeper) <= known.chance_of_fall(days, higher) <= 1
    assert known.chance_of_fall(days, Decimal(1)) == 1


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(90, 200))
def test_what_was_said_of_a_day_does_not_change_with_what_came_after(seed: int, day: int) -> None:
    prices = walk(seed, 240)
    grown = Forecaster()
    for price in prices[:day]:
        grown.see(price)
    alone = Forecaster(prices[:day])
    said = [alone.reach(days, 0.8) for days in alone.horizons]
    assert [grown.reach(days, 0.8) for days in grown.horizons] == said
    # And the replay of the longer series begins with that of the shorter one: only more forecasts are counted.
    shorter, longer = backtest(prices[:200]), backtest(prices)
    assert all(less.forecasts < more.forecasts for less, more in zip(shorter, longer, strict=False))


def test_a_short_a_still_and_an_impossible_series_are_refused() -> None:
    for prices in (walk(3, 60), [Decimal(100)] * 300):
        known = Forecaster(prices)
        assert known.horizons == ()
        with pytest.raises(Unavailable):
            known.interval(1, LEVELS[0])
        assert backtest(prices) == []
    with pytest.raises(Invalid):
        Forecaster([Decimal(0)])
    assert Forecaster(walk(3, 20 + 1 + WINDOWS_MIN + 1)).horizons == (1,)


def test_a_basket_moves_by_what_it_holds() -> None:
    rising, falling = [Decimal(50), Decimal(100)], [Decimal(200), Decimal(100)]
    assert basket([(Decimal(1), rising), (Decimal(1), falling)]) == [Decimal("1.25"), Decimal(1)]
    assert basket([(Decimal(3), rising), (Decimal(0), falling)]) == [Decimal("0.5"), Decimal(1)]
    assert (
        basket([]) == basket([(Decimal(0), rising)]) == basket([(Decimal(1), rising), (Decimal(1), falling[:1])]) == []
    )


def test_a_forecaster_that_looks_too_narrow_is_found_out() -> None:
    """The replay has teeth: of a market that suddenly strays ten times as far, intervals hold less often than they say."""
    calm, storm = walk(5, 200, 0.001), walk(6, 40, 0.05)
    prices = [*calm, *(price * calm[-1] / 100 for price in storm)]
    assert backtest(prices)[-1].held[Decimal("0.95")] < backtest(calm)[-1].held[Decimal("0.95")] - Decimal("0.05")


def closes(path: Path, column: str) -> list[Decimal]:
    with path.open() as file:
        return [Decimal(row[column]) for row in csv.DictReader(file) if row[column] and Decimal(row[column]) > 0]


def test_on_real_prices_intervals_hold_as_often_as_they_say(real_data: Path) -> None:
    """All series of the folder together, each forecast day by day: within five points of the promise, and no worse than the bell curve."""
    found = [
        score
        for path in sorted((real_data / "prices-cn" / "data").glob("*.csv"))
        for score in backtest(closes(path, "settle"))
    ]
    for days in HORIZONS:
        scores = [one for one in found if one.days == days]
        many = sum(one.forecasts for one in scores)
        held = {level: sum(one.held[level] * one.forecasts for one in scores) / many for level in LEVELS}
        said, seen = (
            sum(getattr(one, name) * one.forecasts for one in scores) / many for name in ("fall_said", "fall_seen")
        )
        loss, naive = (sum(getattr(one, name) * one.forecasts for one in scores) for name in ("loss", "naive_loss"))
        print(days, many, {str(level): f"{share:.3f}" for level, share in held.items()}, f"skill {1 - loss / naive:.4f}", f"fall {said:.3f} {seen:.3f}")  # fmt: skip
        for level, share in held.items():
            assert abs(share - level) < Decimal("0.05"), (days, level, share)
        assert abs(said - seen) < Decimal("0.05")
        assert loss < naive * Decimal("1.03")


def test_on_a_long_real_series_too(real_data: Path) -> None:
    """Ten years with a collapse in them: within two standard errors (of so many forecasts as stand apart) and two points."""
    prices = closes(real_data / "prices-open" / "datasets+oil-prices" / "data" / "brent-daily.csv", "Price")[-2500:]
    for score in backtest(prices):
        for level, share in score.held.items():
            error = (level * (1 - level) / score.apart).sqrt()
            assert abs(share - level) < Decimal("0.02") + 2 * error, (score.days, level, share)
    assert all(one.days < other.days for one, other in pairwise(backtest(prices[:300])))
