"""The sample and what it proves: exact limits, and a thief who may do as he likes."""

from decimal import Decimal
from fractions import Fraction
from math import comb
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from marketplace.stocktakes.rules.sampling import Stack, draw, draws_needed, greatest_rate, least_present

SURE = Decimal("0.95")


def a_stack(number: int, grams: int | None = 1_000_000, reasons: int = 0, certain: bool = False) -> Stack:
    return Stack(UUID(int=number + 1), grams, ("UNWATCHED", "LONG_UNSEEN")[:reasons], certain)


def test_twenty_nine_whole_draws_leave_ten_per_cent_at_95() -> None:
    """The auditor's rule: ln(0.05) / ln(0.9) = 28.4."""
    assert draws_needed(Fraction(1, 10), SURE) == 29
    assert draws_needed(Fraction(1, 20), SURE) == 59


def test_limits_are_those_of_the_tables() -> None:
    """Clopper and Pearson, one-sided, 95 per cent: 0 of 29 gives 0.09814, 1 of 29 gives 0.15339, 3 of 50 gives 0.14784."""
    assert greatest_rate(29, 0, SURE) == Fraction(982, 10_000)
    assert greatest_rate(29, 1, SURE) == Fraction(1534, 10_000)
    assert greatest_rate(50, 3, SURE) == Fraction(1479, 10_000)
    assert greatest_rate(5, 5, SURE) == 1


@given(st.integers(1, 60), st.data())
def test_the_limit_is_the_first_rate_at_which_so_few_failures_are_unlikely(draws: int, data: st.DataObject) -> None:
    failed = data.draw(st.integers(0, draws - 1))
    limit = greatest_rate(draws, failed, SURE)

    def so_few(rate: Fraction) -> Fraction:
        return sum((comb(draws, n) * rate**n * (1 - rate) ** (draws - n) for n in range(failed + 1)), Fraction(0))

    assert so_few(limit) <= Fraction(1, 20) < so_few(limit - Fraction(1, 10_000))


def test_few_lots_are_looked_at_whole_and_many_are_sampled() -> None:
    few = [a_stack(n) for n in range(20)]
    assert draw(few, confidence=SURE, tolerable=Decimal("0.10"), seed=bytes(32)).whole
    many = [a_stack(n) for n in range(400)]
    sample = draw(many, confidence=SURE, tolerable=Decimal("0.10"), seed=bytes(32))
    assert not sample.whole
    assert sum(sample.draws.values()) == 29


def test_goods_under_alarm_and_goods_without_weight_are_looked_at_in_any_case() -> None:
    stacks = [a_stack(n) for n in range(400)] + [a_stack(900, certain=True), a_stack(901, grams=None)]
    sample = draw(stacks, confidence=SURE, tolerable=Decimal("0.10"), seed=bytes(32))
    assert sample.draws[UUID(int=901)] == sample.draws[UUID(int=902)] == 0
    assert sum(sample.draws.values()) == 29


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    stacks = [a_stack(n) for n in range(400)]
    first, again, other = (draw(stacks, confidence=SURE, tolerable=Decimal("0.10"), seed=seed) for seed in (bytes(32), bytes(32), bytes([1] * 32)))  # fmt: skip
    assert first == again
    assert first.draws != other.draws


def test_risky_goods_are_drawn_more_often() -> None:
    stacks = [a_stack(n, reasons=2 if n < 200 else 0) for n in range(400)]
    drawn = [0, 0]
    for number in range(40):
        sample = draw(stacks, confidence=SURE, tolerable=Decimal("0.05"), seed=number.to_bytes(32))
        for lot_id, times in sample.draws.items():
            drawn[lot_id.int > 200] += times
    assert 2.5 < drawn[0] / drawn[1] < 3.6  # three times as likely


@given(
    lots=st.lists(st.tuples(st.integers(1, 50), st.integers(0, 2), st.booleans()), min_size=60, max_size=120),
    start=st.integers(0, 2**60),
)
def test_what_is_stated_is_there_however_the_thief_chose(lots: list[tuple[int, int, bool]], start: int) -> None:
    """Over 60 draws of the sample the statement is wrong in no more than chance allows at 95 per cent (12 of 60 would happen once in 10^5)."""
    stacks = [a_stack(n, tonnes * 1_000_000, reasons) for n, (tonnes, reasons, _) in enumerate(lots)]
    stolen = {stack.lot_id for stack, (_, _, taken) in zip(stacks, lots, strict=True) if taken}
    book = sum(stack.grams or 0 for stack in stacks)
    there = sum(stack.grams or 0 for stack in stacks if stack.lot_id not in stolen)
    wrong = 0
    for number in range(60):
        sample = draw(stacks, confidence=SURE, tolerable=Decimal("0.20"), seed=(start + number).to_bytes(32))
        if sample.whole:
            return
        failed = sum(times for lot_id, times in sample.draws.items() if lot_id in stolen)
        least = least_present(book=book, weight=sample.weight, draws=sum(sample.draws.values()), failed=failed, confidence=SURE)  # fmt: skip
        wrong += least > there
    assert wrong <= 12


def test_a_thief_who_takes_what_is_least_suspected_is_not_covered_by_the_weights() -> None:
    """Half the book is thrice as likely to be drawn and whole; the other half is gone. The draws find it one time in four, and yet a half is missing."""
    stacks = [a_stack(n, reasons=2 if n < 100 else 0) for n in range(200)]
    wrong = 0
    for number in range(60):
        sample = draw(stacks, confidence=SURE, tolerable=Decimal("0.10"), seed=number.to_bytes(32))
        failed = sum(times for lot_id, times in sample.draws.items() if lot_id.int > 100)
        least = least_present(book=200_000_000, weight=sample.weight, draws=sum(sample.draws.values()), failed=failed, confidence=SURE)  # fmt: skip
        wrong += least > 100_000_000
    assert wrong <= 12
