"""No unit of a lot is pledged twice, and none is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from marketplace.pledges.rules.ranges import (
    Units,
    balance,
    carve,
    cut,
    free_units,
    gaps,
    place,
    without,
)
from marketplace.quantity import Quantity
from tenants.errors import Conflict, Invalid

LOT = (Units(0, 1_000),)
spans = st.tuples(st.integers(0, 999), st.integers(1, 300)).map(lambda pair: Units(pair[0], pair[0] + pair[1]))
holds = st.lists(spans, max_size=12)
lots = st.lists(st.integers(1, 400), min_size=1, max_size=4).map(
    lambda sizes: tuple(Units(1_000 * place, 1_000 * place + size) for place, size in enumerate(sizes))
)


def _units(base: int) -> Quantity:
    return Quantity.from_base_units(base, "TNE")


def _set(held: tuple[Units, ...] | list[Units]) -> set[int]:
    return {unit for span in held for unit in range(span.start, span.end)}


def test_takes_the_tightest_gap_that_fits() -> None:
    taken = [Units(0, 100), Units(150, 400), Units(500, 600)]
    assert place(LOT, taken, _units(50)) == (Units(100, 150),)
    assert place(LOT, taken, _units(60)) == (Units(400, 460),)
    assert place(LOT, taken, _units(400)) == (Units(600, 1_000),)


def test_fills_several_gaps_when_none_is_wide_enough() -> None:
    taken = [Units(100, 200), Units(300, 900)]
    assert place(LOT, taken, _units(250)) == (Units(0, 100), Units(200, 300), Units(900, 950))


def test_refuses_more_than_is_free() -> None:
    with pytest.raises(Conflict) as refusal:
        place(LOT, [Units(0, 900)], _units(101))
    assert refusal.value.code == "already_encumbered"
    assert refusal.value.facts == {"free": "0.100 TNE"}


@pytest.mark.parametrize("base", [0, -5])
def test_refuses_a_pledge_of_nothing(base: int) -> None:
    with pytest.raises(Invalid) as refusal:
        place(LOT, [], _units(base))
    assert refusal.value.code == "quantity_not_positive"


def test_overlapping_holds_are_a_bug() -> None:
    with pytest.raises(AssertionError):
        balance(LOT, [Units(0, 10)], [Units(5, 20)], [])
    with pytest.raises(AssertionError):
        Units(5, 5)


@given(lots, holds)
def test_gaps_are_exactly_what_nothing_holds(lot: tuple[Units, ...], taken: list[Units]) -> None:
    found = gaps(lot, taken)
    assert _set(found) == _set(lot) - _set(taken)
    assert free_units(lot, taken) == len(_set(found))


@given(lots, holds, st.integers(1, 1_200))
def test_a_placed_pledge_is_whole_inside_and_touches_no_other(
    lot: tuple[Units, ...], taken: list[Units], wanted: int
) -> None:
    free = free_units(lot, taken)
    if wanted > free:
        with pytest.raises(Conflict):
            place(lot, taken, _units(wanted))
        return
    placed = place(lot, taken, _units(wanted))
    assert sum(span.count for span in placed) == wanted == len(_set(placed))
    assert _set(placed) <= _set(lot)
    assert not any(span.overlaps(hold) for span in placed for hold in taken)


@given(lots, st.data())
def test_a_partial_release_gives_back_what_it_says(lot: tuple[Units, ...], data: st.DataObject) -> None:
    held = place(lot, [], _units(free_units(lot, [])))
    given_back = data.draw(st.integers(1, free_units(lot, [])))
    released = carve(held, given_back)
    kept = without(held, released)
    assert sum(span.count for span in released) == given_back
    assert _set(released) | _set(kept) == _set(held)
    assert not _set(released) & _set(kept)


@given(lots)
def test_no_more_is_given_back_than_is_held(lot: tuple[Units, ...]) -> None:
    for units in (0, free_units(lot, []) + 1):
        with pytest.raises(Invalid):
            carve(lot, units)


@given(holds, st.integers(0, 1_300))
def test_invariant_4_a_split_lot_splits_its_pledges_without_loss(held: list[Units], at: int) -> None:
    lower, upper = cut(held, at)
    assert sum(span.count for span in (*lower, *upper)) == sum(span.count for span in held)
    assert all(span.end <= at for span in lower)
    assert all(span.start >= at for span in upper)


def test_a_lot_split_at_the_edge_of_a_pledge_leaves_it_whole() -> None:
    held = [Units(0, 100), Units(100, 200)]
    assert cut(held, 100) == ((Units(0, 100),), (Units(100, 200),))
    assert cut(held, 150) == ((Units(0, 100), Units(100, 150)), (Units(150, 200),))


class Warehouse(RuleBasedStateMachine):
    """Pledges, reservations and freezes that come and go on one lot, each against a plain set of units."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, list[Units]] = {"pledged": [], "reserved": [], "frozen": []}

    @rule(kind=st.sampled_from(["pledged", "reserved", "frozen"]), wanted=st.integers(1, 700))
    def hold(self, kind: str, wanted: int) -> None:
        everything = [span for spans_ in self.held.values() for span in spans_]
        if wanted > 1_000 - len(_set(everything)):
            with pytest.raises(Conflict):
                place(LOT, everything, _units(wanted))
        else:
            self.held[kind].extend(place(LOT, everything, _units(wanted)))

    @rule(kind=st.sampled_from(["pledged", "reserved", "frozen"]), share=st.integers(1, 100))
    def give_back(self, kind: str, share: int) -> None:
        count = sum(span.count for span in self.held[kind]) * share // 100
        if count:
            released = carve(self.held[kind], count)
            self.held[kind] = list(without(self.held[kind], released))

    @invariant()
    def reserved_pledged_frozen_and_free_make_the_lot(self) -> None:
        parts = balance(LOT, self.held["pledged"], self.held["reserved"], self.held["frozen"])
        assert parts.pledged + parts.reserved + parts.frozen + parts.free == parts.verified == 1_000
        assert parts.free >= 0
        assert parts.pledged <= parts.verified - parts.frozen


TestWarehouse = Warehouse.TestCase
