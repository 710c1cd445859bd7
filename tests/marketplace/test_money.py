"""Money is exact, of one currency, and shares out without losing a fen."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.money import LARGEST_MINOR, Money, lowest, total
from tenants.errors import Invalid

fen = st.integers(-(10**15), 10**15)
cny = fen.map(lambda minor: Money(minor, "CNY"))
weights = st.lists(st.integers(0, 10**6) | st.decimals(0, 1000, places=4), min_size=1, max_size=12).filter(
    lambda given_weights: sum(Fraction(weight) for weight in given_weights) > 0
)


def test_e17_a_hundred_among_three_equals() -> None:
    shares = Money.of("100.00", "CNY").allocate([1, 1, 1])
    assert [str(share.amount) for share in shares] == ["33.34", "33.33", "33.33"]


def test_e16_pro_rata_by_claim() -> None:
    shares = Money.of("900000", "CNY").allocate([600_000, 300_000, 600_000])
    assert [share.amount for share in shares] == [Decimal("360000.00"), Decimal("180000.00"), Decimal("360000.00")]


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        ("1234.56", "CNY", 123456),
        ("-0.01", "CNY", -1),
        ("1000", "JPY", 1000),
        ("1.234", "KWD", 1234),
        ("5.50000", "USD", 550),
    ],
)
def test_reads_what_people_write(written: str, currency: str, minor: int) -> None:
    assert Money.of(written, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("written", "currency", "code"),
    [
        ("0.001", "CNY", "money_too_fine"),
        ("0.5", "JPY", "money_too_fine"),
        ("1e3", "CNY", "money_unreadable"),
        ("NaN", "CNY", "money_unreadable"),
        ("Infinity", "CNY", "money_unreadable"),
        ("1,000", "CNY", "money_unreadable"),
        (" 1", "CNY", "money_unreadable"),
        ("1\n", "CNY", "money_unreadable"),
        ("１２", "CNY", "money_unreadable"),
        ("1_000", "CNY", "money_unreadable"),
        ("", "CNY", "money_unreadable"),
        ("1", "XXX", "currency_unknown"),
        ("1", "cny", "currency_unknown"),
        ("9223372036854775807", "CNY", "money_too_large"),
    ],
)
def test_refuses_what_is_no_amount(written: str, currency: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Money.of(written, currency)
    assert refusal.value.code == code


def test_never_takes_a_float() -> None:
    with pytest.raises(AssertionError):
        Money.of(0.1, "CNY")  # type: ignore[arg-type]
    with pytest.raises(AssertionError):
        Money(100, "CNY").times(0.5)  # type: ignore[arg-type]
    with pytest.raises(AssertionError):
        Money(1.0, "CNY")  # type: ignore[arg-type]


def test_shows_every_decimal_of_the_currency() -> None:
    assert str(Money.of("1234.5", "CNY").amount) == "1234.50"
    assert str(Money(7, "JPY").amount) == "7"
    assert str(Money.of("-0.05", "CNY")) == "CNY -0.05"


def test_currencies_never_meet() -> None:
    yuan, dollars = Money(1, "CNY"), Money(1, "USD")
    for meeting in (
        lambda: yuan + dollars,
        lambda: yuan - dollars,
        lambda: yuan < dollars,
        lambda: yuan >= dollars,
        lambda: yuan.ratio(dollars),
        lambda: total([yuan, dollars], "CNY"),
        lambda: lowest(yuan, dollars),
    ):
        with pytest.raises(Invalid) as refusal:
            meeting()
        assert refusal.value.code == "currency_mismatch"
    assert yuan != dollars


def test_rounds_half_away_from_zero_once() -> None:
    assert Money(1, "CNY").times(Decimal("0.5")) == Money(1, "CNY")
    assert Money(-1, "CNY").times(Decimal("0.5")) == Money(-1, "CNY")
    assert Money(100, "CNY").times(Fraction(1, 3)) == Money(33, "CNY")
    assert Money.rounded(Decimal("2.675"), "CNY") == Money(268, "CNY")


def test_a_ratio_to_nothing_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        Money(1, "CNY").ratio(Money.zero("CNY"))
    assert refusal.value.code == "ratio_undefined"


@pytest.mark.parametrize("unusable", [[], [0, 0], [-1, 2]])
def test_refuses_weights_that_share_nothing(unusable: list[int]) -> None:
    with pytest.raises(Invalid) as refusal:
        Money(100, "CNY").allocate(unusable)
    assert refusal.value.code == "weights_unusable"


@given(cny, weights)
def test_shares_sum_to_the_whole(money: Money, by: list[int | Decimal]) -> None:
    assert total(money.allocate(by), "CNY") == money


@given(cny, weights)
def test_each_share_is_within_a_minor_unit_of_its_due(money: Money, by: list[int | Decimal]) -> None:
    whole = sum(Fraction(weight) for weight in by)
    for share, weight in zip(money.allocate(by), by, strict=True):
        assert abs(share.minor - money.minor * Fraction(weight) / whole) < 1


@given(st.integers(0, 10**9), st.integers(1, 9))
def test_among_equals_the_earlier_is_never_worse_off(minor: int, heads: int) -> None:
    shares = [share.minor for share in Money(minor, "CNY").allocate([1] * heads)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] - shares[-1] <= 1


@given(cny, cny, cny)
def test_addition_is_exact_and_orderless(one: Money, two: Money, three: Money) -> None:
    assert (one + two) + three == one + (two + three) == total([three, one, two], "CNY")
    assert one - one == Money.zero("CNY")
    assert Money.zero("CNY") - one == -one
    assert (one < two) == (two > one) == (not one >= two)


@given(cny, st.decimals(-100, 100, places=8))
def test_times_errs_by_half_a_minor_unit_at_most(money: Money, factor: Decimal) -> None:
    assert abs(money.times(factor).minor - money.minor * Fraction(factor)) <= Fraction(1, 2)


@given(cny)
def test_written_and_read_again_is_the_same(money: Money) -> None:
    assert Money.of(str(money.amount), "CNY") == money
    assert Money.rounded(money.exact, "CNY") == money


def test_the_ledger_holds_a_bigint() -> None:
    assert LARGEST_MINOR == 9_223_372_036_854_775_807
    for most in (LARGEST_MINOR, -LARGEST_MINOR):
        assert Money(most, "CNY").minor == most
    for more in (LARGEST_MINOR + 1, -LARGEST_MINOR - 1):
        with pytest.raises(Invalid) as refusal:
            Money(more, "CNY")
        assert refusal.value.code == "money_too_large"


def test_compares_at_equality_too() -> None:
    one, same = Money(1, "CNY"), Money(1, "CNY")
    assert one <= same
    assert one >= same
    assert not one < same
    assert not one > same
    assert bool(one)
    assert bool(-one)
    assert not Money.zero("CNY")


@given(cny)
def test_a_shortfall_is_never_a_gift(money: Money) -> None:
    assert money.at_least_zero().minor == max(0, money.minor)


@given(st.integers(LARGEST_MINOR + 1, 10**30))
def test_nothing_outgrows_the_ledger(minor: int) -> None:
    with pytest.raises(Invalid):
        Money(minor, "CNY")


@given(st.lists(cny, min_size=1, max_size=6))
def test_lowest_is_the_least(amounts: list[Money]) -> None:
    assert lowest(*amounts).minor == min(amount.minor for amount in amounts)
