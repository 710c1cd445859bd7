"""Shares in a shortage: all of what was found and no more, in no order's favour, and what somebody took counted."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.pledges.rules.shortages import (
    Claim,
    Line,
    common_rate,
    draw_table,
    require_pledges_within,
    require_shortage,
    share_found,
    share_out,
)
from tenants.errors import Conflict, Invalid

TONNE = 1000
CLAIMS = st.lists(
    st.tuples(st.integers(0, 40_000), st.integers(0, 40_000)).filter(lambda one: sum(one) > 0), min_size=1, max_size=8
).map(lambda rows: [Claim(str(place), *row) for place, row in enumerate(rows)])


@st.composite
def short(draw: st.DrawFn) -> tuple[int, list[Claim]]:
    """Claims, and a count that falls short of them."""
    claims = draw(CLAIMS.filter(lambda rows: sum(one.units for one in rows) > 0))
    return draw(st.integers(0, sum(one.units for one in claims) - 1)), claims


def test_foshan_by_hand() -> None:
    """Three claim 50,000 t of ingots together; 20,000 t were there. The largest moved 9,000 t out before the site was stopped, and 11,000 t were found.

    Each is to have 20,000 / 50,000 = 40 % of its whole claim: 12,000, 6,000 and 2,000 t. The first has 9,000 of its 12,000 already.
    """
    claims = [Claim("first", 21_000 * TONNE, 9_000 * TONNE), Claim("second", 15_000 * TONNE), Claim("third", 5_000 * TONNE)]  # fmt: skip
    assert share_out(11_000 * TONNE, claims) == {"first": 3_000 * TONNE, "second": 6_000 * TONNE, "third": 2_000 * TONNE}  # fmt: skip


def test_who_took_more_than_its_part_gets_no_more_and_the_others_share_alike() -> None:
    """15,000 t of 30,000 t are half, while 20,000 of 50,000 t would be 40 %: the first is left out; 5,000 t among 20,000 t of the others are a quarter."""
    claims = [Claim("first", 15_000 * TONNE, 15_000 * TONNE), Claim("second", 15_000 * TONNE), Claim("third", 5_000 * TONNE)]  # fmt: skip
    assert share_out(5_000 * TONNE, claims) == {"first": 0, "second": 3_750 * TONNE, "third": 1_250 * TONNE}


def test_the_run_changes_nothing() -> None:
    """Whether nobody, the first or the second sent lorries before the stop: everybody ends with the same, what it took included."""
    sizes, there = {"first": 30_000, "second": 15_000, "third": 5_000}, 20_000
    for moved in ({}, {"first": 9_000}, {"second": 6_000}, {"first": 8_000, "second": 1_500}):
        claims = [Claim(name, size - moved.get(name, 0), moved.get(name, 0)) for name, size in sizes.items()]
        shares = share_out(there - sum(moved.values()), claims)
        assert {name: shares[name] + moved.get(name, 0) for name in sizes} == {"first": 12_000, "second": 6_000, "third": 2_000}  # fmt: skip


@given(short())
def test_all_that_was_found_is_shared_out_and_nobody_gets_more_than_it_claims(given_: tuple[int, list[Claim]]) -> None:
    found, claims = given_
    shares = share_out(found, claims)
    assert sum(shares.values()) == found
    assert all(0 <= shares[one.key] <= one.units for one in claims)


@given(short(), st.randoms(use_true_random=False))
def test_no_order_of_claims_changes_a_share(given_: tuple[int, list[Claim]], random: object) -> None:
    found, claims = given_
    mixed = list(claims)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert share_out(found, mixed) == share_out(found, claims)


@given(short(), st.integers(1, 5_000))
def test_more_found_is_more_for_all(given_: tuple[int, list[Claim]], more: int) -> None:
    """To the base unit: rounding may move a single one."""
    found, claims = given_
    before, after = share_out(found, claims), share_out(found + more, claims)
    assert all(after[one.key] >= before[one.key] - 1 for one in claims)


@given(short())
def test_everybody_reaches_one_rate_or_had_more_before(given_: tuple[int, list[Claim]]) -> None:
    found, claims = given_
    if not found:
        return
    rate, shares = common_rate(found, claims), share_out(found, claims)
    assert 0 < rate < 1
    for one in claims:
        due = rate * one.whole - one.taken
        assert abs(shares[one.key] - max(Fraction(0), due)) < 1


@given(short(), st.data())
def test_taking_out_first_brings_nothing(given_: tuple[int, list[Claim]], data: st.DataObject) -> None:
    """One moves goods out before the stop: all that it ends with is what it would have had, or what it took if that is more."""
    found, claims = given_
    runner = data.draw(st.sampled_from(claims))
    moved = data.draw(st.integers(0, min(found, runner.units)))
    after = [Claim(one.key, one.units - moved, one.taken + moved) if one is runner else one for one in claims]
    quiet, ran = share_out(found, claims)[runner.key], share_out(found - moved, after)[runner.key] + moved
    assert ran <= max(quiet + 1, moved)


@pytest.mark.parametrize("found", [-1, 10, 11])
def test_a_count_that_is_not_short_is_none(found: int) -> None:
    with pytest.raises(Invalid, match="nothing_short"):
        require_shortage(found, [Line("a", "TITLE", "one", "one", "L1", 10)])


LINES = [
    Line("a1", "TITLE", "alba", "alba", "L1", 100),
    Line("a2", "TITLE", "alba", "alba", "L2", 200),
    Line("b1", "TITLE", "boro", "boro", "L3", 300),
    Line("r1", "RECEIPT", "cora", "cora", "L3", 200),
    Line("p1", "PLEDGE", "bank", "alba", "L1", 100, deal="d1"),
    Line("p2", "PLEDGE", "bank two", "alba", "L2", 60, deal="d2"),
    Line("p3", "PLEDGE", "bank two", "alba", "L1", 80, deal="d3", rank=2),
]


def kept_by_lot(lines: list[Line], shares: dict[str, int]) -> dict[str, int]:
    """How much of each lot is left, as the gate adds it up: what its owner and the holders of its receipts get."""
    lots = {one.lot for one in lines if one.kind != "PLEDGE"}
    return {
        lot: sum(shares[one.key] for one in lines if one.lot == lot and one.kind != "PLEDGE") for lot in sorted(lots)
    }


def test_a_pledge_is_never_more_than_its_pledgors_goods() -> None:
    require_pledges_within(LINES)
    for more in (Line("p4", "PLEDGE", "bank two", "alba", "L1", 1, deal="d2"), Line("p5", "PLEDGE", "bank", "boro", "L9", 1, deal="d1")):  # fmt: skip
        with pytest.raises(Conflict, match="pledged_beyond_goods"):
            require_pledges_within([*LINES, more])


def test_an_owners_pledges_come_before_itself_and_its_receipts_are_their_holders() -> None:
    """800 claimed, 400 found: a half. Of alba's 150 the pledges over 160 take all, 15 parts of 16; of the others each half of its own."""
    shares = draw_table(400, LINES)
    assert (shares["b1"], shares["r1"]) == (150, 100)
    assert (shares["p1"], shares["p2"]) == (94, 56)
    assert (shares["a1"], shares["a2"]) == (94, 56)
    assert shares["p3"] == 80 * 94 // 100
    assert kept_by_lot(LINES, shares) == {"L1": 94, "L2": 56, "L3": 250}


def test_what_its_pledges_do_not_need_is_the_owners() -> None:
    """600 of 800: three quarters. Of alba's 225 the pledges take their 160 whole, and 65 stay where it was free."""
    shares = draw_table(600, LINES)
    assert (shares["p1"], shares["p2"], shares["p3"]) == (100, 60, 80)
    assert (shares["a1"], shares["a2"]) == (100, 125)


def test_a_bank_that_let_goods_out_waits_for_the_other_bank_of_the_same_owner() -> None:
    lines = [
        Line("t", "TITLE", "alba", "alba", "L1", 120, taken=80),
        Line("o", "TITLE", "boro", "boro", "L2", 200),
        Line("p", "PLEDGE", "bank", "alba", "L1", 20, taken=80, deal="d1"),
        Line("q", "PLEDGE", "bank two", "alba", "L1", 100, deal="d2"),
    ]
    shares = draw_table(120, lines)
    assert (shares["t"], shares["o"]) == (20, 100)
    assert (shares["p"], shares["q"]) == (0, 20)


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, list[Line]]:
    """Owners with lots, some pledged in part to one or two deals, and a count that falls short."""
    lines: list[Line] = []
    for owner in range(draw(st.integers(1, 4))):
        for number in range(draw(st.integers(1, 3))):
            lot, size = f"L{owner}.{number}", draw(st.integers(1, 9_000))
            lines.append(Line(f"t{lot}", "TITLE", f"o{owner}", f"o{owner}", lot, size, draw(st.integers(0, 900))))
            for deal in range(draw(st.integers(0, 2))):
                held = draw(st.integers(0, size // 2))
                lines.append(Line(f"p{lot}.{deal}", "PLEDGE", f"b{deal}", f"o{owner}", lot, held, deal=f"d{owner}.{deal}"))  # fmt: skip
    return draw(st.integers(0, sum(one.units for one in lines if one.kind == "TITLE") - 1)), lines


@given(tables(), st.randoms(use_true_random=False))
def test_every_table_adds_up_and_no_order_changes_it(given_: tuple[int, list[Line]], random: object) -> None:
    found, lines = given_
    shares = draw_table(found, lines)
    kept = kept_by_lot(lines, shares)
    assert sum(kept.values()) == found
    for one in lines:
        assert 0 <= shares[one.key] <= one.units
    for lot, left in kept.items():
        assert sum(shares[one.key] for one in lines if one.lot == lot and one.kind == "PLEDGE") <= left
    mixed = list(lines)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert draw_table(found, mixed) == shares


@st.composite
def tables_of_which_more_is_found(draw: st.DrawFn) -> tuple[int, int, list[Line]]:
    """A table as it was shared out, and what of the missing turns up."""
    found, lines = draw(tables())
    return found, draw(st.integers(1, sum(one.units for one in lines if one.kind == "TITLE") - found)), lines


@given(tables_of_which_more_is_found(), st.randoms(use_true_random=False))
def test_what_is_found_goes_back_to_the_unit_and_to_nobody_more_than_it_lost(
    given_: tuple[int, int, list[Line]], random: object
) -> None:
    """All of it, no share falls, no line exceeds its claim, pledges stay within their lots, and no order changes anything."""
    found, more, lines = given_
    before = draw_table(found, lines)
    after = share_found(more, lines, before)
    kept = kept_by_lot(lines, after)
    assert sum(kept.values()) == found + more
    for one in lines:
        assert before[one.key] <= after[one.key] <= one.units
    for lot, left in kept.items():
        assert sum(after[one.key] for one in lines if one.lot == lot and one.kind == "PLEDGE") <= left
    mixed = list(lines)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert share_found(more, mixed, before) == after


@given(short(), st.data())
def test_found_later_is_shared_as_if_it_had_been_there_at_first(
    given_: tuple[int, list[Claim]], data: st.DataObject
) -> None:
    """In one step or in two, hotchpot included: each owner ends within a base unit or two of its share in a count that had found it all."""
    found, claims = given_
    missing = sum(one.units for one in claims) - found
    more = data.draw(st.integers(1, missing))
    first = data.draw(st.integers(1, more))
    lines = [Line(one.key, "TITLE", one.key, one.key, one.key, one.units, one.taken) for one in claims]
    once = share_found(more, lines, draw_table(found, lines))
    at_first = draw_table(found + more, lines)
    assert all(abs(once[one.key] - at_first[one.key]) <= 2 for one in claims)
    if first < more:
        twice = share_found(more - first, lines, share_found(first, lines, draw_table(found, lines)))
        assert all(abs(twice[one.key] - at_first[one.key]) <= 2 for one in claims)
    if more == missing:
        assert once == {one.key: one.units for one in claims}


def test_what_is_found_is_more_than_nothing_and_no_more_than_was_missing() -> None:
    shares = draw_table(400, LINES)
    assert share_found(400, LINES, shares) == {one.key: one.units for one in LINES}
    some = share_found(4, LINES, shares)
    assert some["p3"] == 80 * some["p1"] // 100 == 76, "a second rank follows the first"
    for more in (-1, 0, 401):
        with pytest.raises(Invalid, match="more_than_missing"):
            share_found(more, LINES, shares)


def test_who_had_more_than_its_part_waits_until_the_others_have_as_much() -> None:
    """Of 35,000 t in all the first took 15,000 t before the stop and none of the 5,000 t found. 2,500 t more go to the others alone: the first has had half of its 30,000 t,
    they have three eighths of theirs."""
    lines = [Line("first", "TITLE", "first", "first", "A", 15_000, 15_000), Line("second", "TITLE", "second", "second", "B", 15_000), Line("third", "TITLE", "third", "third", "C", 5_000)]  # fmt: skip
    shares = draw_table(5_000, lines)
    assert share_found(2_500, lines, shares) == {"first": 0, "second": 5_625, "third": 1_875}
    assert share_found(7_500, lines, shares) == {"first": 1_500, "second": 8_250, "third": 2_750}


def test_a_second_rank_gets_the_part_of_its_own_lot_s_first_and_nothing_without_one() -> None:
    """Of 100 t in two lots 50 t are there. The bank of the first rank holds 60 of one lot's 80 t and has all of the 50; behind 40 of its tonnes stands a second."""
    rows = [("t1", "TITLE", "owner", "a", 80, 1), ("t2", "TITLE", "owner", "b", 20, 1), ("p1", "PLEDGE", "bank", "a", 60, 1), ("p2", "PLEDGE", "other", "a", 40, 2), ("p3", "PLEDGE", "other", "b", 10, 2)]  # fmt: skip
    lines = [Line(key, kind, who, "owner", lot, units, deal=who if kind == "PLEDGE" else "", rank=rank) for key, kind, who, lot, units, rank in rows]  # fmt: skip
    shares = draw_table(50, lines)
    assert shares == {"t1": 50, "t2": 0, "p1": 50, "p2": 40 * 50 // 60, "p3": 0}
    more = [*lines, Line("p4", "PLEDGE", "bank", "owner", "b", 20, deal="bank")]
    assert draw_table(40, more)["p2"] == 40 * 30 // 60, "goods of another lot are not before it"


def test_pledges_are_no_goods_of_their_own_where_a_shortage_is_told() -> None:
    lines = [Line("t", "TITLE", "owner", "owner", "a", 100), Line("p", "PLEDGE", "bank", "owner", "a", 60, deal="d")]
    assert [require_shortage(found, lines) for found in (0, 99)] == [100, 100]
    for found in (-1, 100, 120):
        with pytest.raises(Invalid, match="nothing_short"):
            require_shortage(found, lines)


def test_where_enough_is_there_each_gets_its_claim_whatever_it_took() -> None:
    assert share_out(100, [Claim("a", 60, 40), Claim("b", 40)]) == {"a": 60, "b": 40}
