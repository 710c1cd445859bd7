"""Items are whole: laid out without gap or overlap, picked to the unit, and never cut."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.inventory.rules.item_rows import checked_rows
from marketplace.inventory.rules.items import Piece, chosen, lay_out, pick, require_complete, spans_of, within
from marketplace.quantity import Quantity
from tenants.errors import Conflict, Invalid

SIZES = st.lists(st.integers(min_value=1, max_value=50), min_size=1, max_size=12)


def pieces_of(sizes: list[int]) -> list[Piece]:
    return [Piece(start, end, UUID(int=n + 1)) for n, (start, end) in enumerate(lay_out(sizes))]


@given(sizes=SIZES)
def test_items_are_laid_out_one_behind_the_other(sizes: list[int]) -> None:
    laid = lay_out(sizes)
    assert [end - start for start, end in laid] == sizes
    assert [start for start, _ in laid] == [0, *(end for _, end in laid[:-1])]
    assert spans_of(pieces_of(sizes)) == [(0, sum(sizes))]


@given(sizes=SIZES, data=st.data())
def test_what_is_picked_is_free_and_makes_it_exactly_or_nothing_is(sizes: list[int], data: st.DataObject) -> None:
    pieces = pieces_of(sizes)
    free = data.draw(st.lists(st.sampled_from(pieces), unique=True))
    wanted = data.draw(st.integers(min_value=0, max_value=sum(sizes) + 1))
    sums = {sum(one.count for one in sorted(free)[:n]) for n in range(1, len(free) + 1)} | {one.count for one in free}
    if wanted in sums:
        found = pick(free, wanted, "TNE")
        assert sum(one.count for one in found) == wanted
        assert set(found) <= set(free)
        assert len(set(found)) == len(found)
    else:
        with pytest.raises(Conflict, match="item_cut"):
            pick(free, wanted, "TNE")


@given(sizes=SIZES, cut=st.integers(min_value=1, max_value=600))
def test_a_range_holds_whole_items_or_is_refused(sizes: list[int], cut: int) -> None:
    pieces = pieces_of(sizes)
    if cut in {one.end for one in pieces} or cut > sum(sizes):
        assert [one.id for one in within(pieces, [(0, cut)])] == [one.id for one in pieces if one.end <= cut]
    else:
        with pytest.raises(Conflict, match="item_cut_here"):
            within(pieces, [(0, cut)])


def test_items_that_are_chosen_are_free_and_named_once() -> None:
    one, two = pieces_of([5, 7])
    assert chosen([one, two], [two.id]) == [two]
    for ids, code in (([], "items_missing"), ([one.id, one.id], "items_missing"), ([UUID(int=9)], "item_not_free")):
        with pytest.raises((Invalid, Conflict), match=code):
            chosen([one, two], ids)


def test_a_list_adds_up_to_the_papers() -> None:
    ten, nine = Quantity.of("10", "TNE"), Quantity.of("9.999", "TNE")
    require_complete(ten, [Quantity.of("4", "TNE"), Quantity.of("6", "TNE")])
    with pytest.raises(Invalid, match="items_do_not_add_up"):
        require_complete(nine, [ten])


def test_each_wrong_cell_of_a_list_is_told_with_its_column() -> None:
    tag = "30340BE96C1234567890ABCD"
    rows = [
        {"line": "2", "serial": "C-1", "quantity": "1,200", "unit": "kg", "tag": tag.lower()},
        {"line": "3", "serial": "C-1", "quantity": "0", "tag": tag},
        {"line": "4", "serial": "卷1", "quantity": "ten", "tag": "12"},
        {"line": "5", "serial": "C-5", "quantity": "1", "unit": "m"},
    ]
    checked = checked_rows(rows, gtin="06901234567892", unit="TNE")
    assert (checked[0]["amount"], checked[0]["tag"], checked[0]["errors"]) == ("1.200", tag, [])
    told = [[error["column"] for error in row["errors"]] for row in checked]
    assert told[1:] == [["serial", "tag", "quantity"], ["serial", "tag", "quantity"], ["unit"]]
