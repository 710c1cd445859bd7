"""Prices that a file gives to the story: any series with a fall in it, and a clear refusal of what is none."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.demo import prices
from marketplace.valuation.rules.prices import PriceKind, Quote, UnitPrice, mean_price, price_to_use
from tenants.errors import Invalid

START = date(2026, 11, 27)
FALLING = [Decimal(80_000) - 150 * n for n in range(130)]


def written(folder: Path, series: Sequence[object], *, heading: str = "date,settle") -> Path:
    days = (date(2024, 1, 1) + timedelta(days=n) for n in range(len(series)))
    path = folder / "series.csv"
    path.write_text("\n".join([heading, *(f"{day},{price}" for day, price in zip(days, series, strict=True))]))
    return path


def test_a_fall_is_laid_onto_business_days_around_the_start(tmp_path: Path) -> None:
    market = prices.from_file(written(tmp_path, FALLING), START)
    days = sorted(market.prices)
    assert all(day.weekday() < 5 for day in days)
    assert len([day for day in days if day <= START]) == prices.HISTORY_ROWS + 1
    assert days[-1] >= START + timedelta(days=86)
    assert [market.prices[day] for day in days] == sorted(market.prices.values(), reverse=True)


def test_the_bank_takes_its_usual_line_where_the_fall_is_deep_and_a_nearer_one_where_it_is_not(tmp_path: Path) -> None:
    deep, shallow = ([Decimal(80_000) - step * n for n in range(130)] for step in (300, 90))
    assert prices.from_file(written(tmp_path, deep), START).call_line == Decimal("0.72")
    line = prices.from_file(written(tmp_path, shallow), START).call_line
    assert prices.INITIAL < line < Decimal("0.72")


@pytest.mark.parametrize("no_trade", ["", "0", "0.0", "nan", "-"])
def test_a_day_without_trade_is_passed_over(tmp_path: Path, no_trade: str) -> None:
    series: list[object] = [*FALLING]
    series[70] = no_trade
    assert prices.from_file(written(tmp_path, series), START).prices


@pytest.mark.parametrize(
    ("series", "because"),
    [
        ([*FALLING[:40], "n.b.", *FALLING[41:]], "series.csv, line 42: “n.b.” is not a price."),
        ([*FALLING[:40], "-36.98", *FALLING[41:]], "series.csv, line 42: “-36.98” is not a price."),
        (FALLING[:50], "series.csv: holds 50 prices, and the story takes 94."),
        ([Decimal(80_000)] * 130, "series.csv: never falls far enough in nine weeks"),
        ([Decimal(80_000) + 100 * n for n in range(130)], "series.csv: never falls far enough in nine weeks"),
    ],
    ids=["a word", "below zero", "short", "flat", "rising"],
)
def test_what_cannot_be_played_is_refused_by_file_line_and_reason(
    tmp_path: Path, series: Sequence[object], because: str
) -> None:
    with pytest.raises(Invalid) as refused:
        prices.from_file(written(tmp_path, series), START)
    assert refused.value.in_english().startswith(because)


def test_a_file_without_prices_is_refused_by_its_headings(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        prices.from_file(written(tmp_path, FALLING, heading="mote,humidity"), START)
    assert refused.value.in_english().startswith("series.csv: The file needs one column of dates and one of prices")


@given(st.lists(st.integers(1, 10**7), min_size=20, max_size=60))
def test_the_story_measures_a_loan_as_the_house_does(series: list[int]) -> None:
    def quoted(price: int, n: int) -> Quote:
        return Quote(PriceKind.INDEX, UnitPrice(Decimal(price), "CNY", "TNE"), START + timedelta(days=n))

    quotes = [quoted(price, n) for n, price in enumerate(series)]
    house = price_to_use([quotes[-1], mean_price(quotes)], quotes[-1].quoted_on)
    assert prices.lendable([Decimal(price) for price in series]) == pytest.approx(Decimal(float(house.price.amount)))


@given(st.lists(st.integers(50_000, 100_000), min_size=45, max_size=45), st.sampled_from(prices.CALL_LINES))
def test_two_calls_come_in_their_order(series: list[int], line: Decimal) -> None:
    """Whoever is called twice was below the line after the release, cured, and then below it again."""
    measured = [Decimal(price) for price in series]
    if prices.calls_twice(measured, line):
        after = measured[prices.RELEASE_ROW + 1 :]
        assert min(after) * line <= measured[0] * prices.AFTER_RELEASE
        assert min(after) * line**2 <= measured[0] * prices.INITIAL * prices.AFTER_RELEASE


def test_every_real_series_with_a_fall_can_be_played(real_data: Path) -> None:
    for path in sorted((real_data / "prices-cn" / "data").glob("*.csv")):
        assert prices.from_file(path, START).call_line > prices.INITIAL, path.name
