"""What the papers of a pledge must say, and the order in which the registry takes entries."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.pledges.rules.papers import (
    SUBSTITUTION,
    Clause,
    FilingKind,
    PledgeMode,
    SubstitutionState,
    expiry_of,
    require_above_floor,
    require_complete,
    require_filable,
)
from marketplace.quantity import Quantity
from tenants.errors import Conflict, Invalid

ALL = [clause.value for clause in Clause]
FLOOR = Quantity.of("400", "TNE")
TABLE = """
– ask ASKED
ASKED order ORDERED 4E
ASKED refuse REFUSED
"""


def test_an_exchange_takes_the_steps_of_the_table(try_machine: Any) -> None:
    try_machine(SUBSTITUTION, SubstitutionState, TABLE)


def test_a_whole_agreement() -> None:
    require_complete(PledgeMode.STATIC, None, "", ALL)
    require_complete(PledgeMode.FLOATING, FLOOR, "Copper cathode A, at least 400 t", ALL)


@pytest.mark.parametrize("clause", list(Clause))
def test_each_clause_is_needed(clause: Clause) -> None:
    with pytest.raises(Invalid) as refusal:
        require_complete(PledgeMode.STATIC, None, "", [one for one in ALL if one != clause])
    assert refusal.value.field == "clauses"


@pytest.mark.parametrize(
    ("mode", "floor", "description", "field"),
    [
        (PledgeMode.STATIC, FLOOR, "", "floor"),
        (PledgeMode.FLOATING, None, "copper", "floor"),
        (PledgeMode.FLOATING, Quantity.zero("TNE"), "copper", "floor"),
        (PledgeMode.FLOATING, FLOOR, " ", "description"),
    ],
)
def test_what_floats_has_a_floor_and_a_name(
    mode: PledgeMode, floor: Quantity | None, description: str, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        require_complete(mode, floor, description, ALL)
    assert refusal.value.field == field


def units(most: int = 10**7) -> st.SearchStrategy[Quantity]:
    return st.integers(0, most).map(lambda count: Quantity.from_base_units(count, "TNE"))


@given(st.lists(units(), max_size=5), units(), units())
def test_invariant_21_a_release_leaves_the_control_floor(
    held: list[Quantity], leaving: Quantity, floor: Quantity
) -> None:
    left = sum((one.exact for one in held), start=Fraction(0)) - leaving.exact
    try:
        require_above_floor(held, leaving, floor)
    except Conflict:
        assert left < floor.exact
        return
    assert left >= floor.exact


def test_the_floor_is_counted_in_one_measure() -> None:
    held = [Quantity.of("300000", "KGM"), Quantity.of("100", "TNE"), Quantity.of("999", "MTR")]
    require_above_floor(held, Quantity.zero("TNE"), FLOOR)
    require_above_floor(held, Quantity.of("500", "MTR"), FLOOR)
    with pytest.raises(Conflict) as refusal:
        require_above_floor(held, Quantity.of("0.001", "KGM"), FLOOR)
    assert refusal.value.facts == {"floor": "400.000 TNE"}
    require_above_floor([], Quantity.of("1", "TNE"), None)


@pytest.mark.parametrize(
    ("filed", "months", "until"),
    [
        (date(2026, 3, 2), 1, date(2026, 4, 2)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 3, 2), 360, date(2056, 3, 2)),
    ],
)
def test_a_filing_runs_out_by_the_calendar(filed: date, months: int, until: date) -> None:
    assert expiry_of(filed, months) == until


@pytest.mark.parametrize("months", [0, 361, -1])
def test_a_term_below_a_month_or_beyond_thirty_years_is_refused(months: int) -> None:
    with pytest.raises(Invalid) as refusal:
        expiry_of(date(2026, 3, 2), months)
    assert refusal.value.field == "months"


@given(st.lists(st.tuples(st.sampled_from(FilingKind), st.booleans()), max_size=12))
def test_the_registry_begins_once_and_ends_once_without_goods(tries: list[tuple[FilingKind, bool]]) -> None:
    taken: list[FilingKind] = []
    for kind, goods_held in tries:
        try:
            require_filable(kind, taken, goods_held=goods_held)
        except Conflict:
            continue
        assert not (kind is FilingKind.DEREGISTRATION and goods_held)
        taken.append(kind)
    assert taken.count(FilingKind.INITIAL) == bool(taken)
    assert taken.count(FilingKind.DEREGISTRATION) <= 1
    assert not taken or taken[0] is FilingKind.INITIAL
    assert FilingKind.DEREGISTRATION not in taken[:-1]
