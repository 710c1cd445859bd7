"""The approval ladder: which can be, how many stages an amount needs, and that each can be decided by another person."""

from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.financing.rules.credit import Stage, can_be_manned, require_ladder, stages_needed
from marketplace.money import Money
from tenants.errors import Conflict, Invalid

A, B, C = (UUID(int=number) for number in (1, 2, 3))


def yuan(amount: str) -> Money:
    return Money.of(amount, "CNY")


def a_stage(number: int, limit: str | None, *people: UUID, name: str = "Desk") -> Stage:
    return Stage(number, name, yuan(limit) if limit else None, frozenset(people or (A, B, C)))


LADDER = [a_stage(1, "1000000"), a_stage(2, "5000000"), a_stage(3, "20000000")]


@pytest.mark.parametrize(("amount", "stages"), [("0.01", 1), ("1000000.00", 1), ("1000000.01", 2), ("5000000.00", 2), ("20000000.00", 3)])  # fmt: skip
def test_an_amount_goes_up_to_the_first_stage_that_reaches_it(amount: str, stages: int) -> None:
    assert stages_needed(LADDER, yuan(amount)) == stages


def test_above_the_last_stage_nobody_approves_unless_it_has_no_limit() -> None:
    with pytest.raises(Conflict, match="above_ladder"):
        stages_needed(LADDER, yuan("20000000.01"))
    assert stages_needed([*LADDER, a_stage(4, None)], yuan("20000000.01")) == 4


@pytest.mark.parametrize(
    ("stages", "code", "field"),
    [
        ([], "stages_wrong", "stages"),
        ([a_stage(number, str(number)) for number in range(1, 8)], "stages_wrong", "stages"),
        ([a_stage(1, "100", name=" ")], "stage_unnamed", "name-1"),
        ([Stage(1, "Desk", yuan("100"), frozenset())], "stage_unmanned", "people-1"),
        ([a_stage(1, None), a_stage(2, "100")], "stage_without_limit", "limit-1"),
        ([a_stage(1, "100"), a_stage(2, "100")], "limits_do_not_rise", "limit-2"),
        ([a_stage(1, "100", A), a_stage(2, "200", A)], "stages_share_people", "stages"),
        ([Stage(1, "Desk", Money(1, "USD"), frozenset([A]))], "currency_mismatch", "limit-1"),
    ],
)
def test_a_ladder_that_cannot_work_is_refused(stages: list[Stage], code: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        require_ladder(stages, "CNY")
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_a_ladder_that_works() -> None:
    require_ladder([*LADDER[:2], a_stage(3, None)], "CNY")
    require_ladder([a_stage(1, "100", A, B), a_stage(2, "200", A)], "CNY")


PEOPLE = st.frozensets(st.integers(1, 4).map(lambda number: UUID(int=number)))


@given(st.lists(PEOPLE, max_size=4))
def test_it_can_be_manned_if_and_only_if_some_choice_of_different_people_fits(groups: list[frozenset[UUID]]) -> None:
    stages = [Stage(number, "Desk", None, people) for number, people in enumerate(groups, start=1)]
    everybody = [UUID(int=number) for number in (1, 2, 3, 4)]
    fits = any(all(one in people for one, people in zip(chosen, groups, strict=True)) for chosen in permutations(everybody, len(groups)))  # fmt: skip
    assert can_be_manned(stages) == fits
