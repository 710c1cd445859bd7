"""Which receipts make a quantity: whole ones and loose goods, never a cut paper, never more or less than was asked."""

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.pledges.rules.by_receipt import by_paper, take_receipts
from marketplace.pledges.rules.ranges import Units
from tenants.errors import Conflict

PAPERS = (Units(0, 300), Units(300, 450), Units(450, 500))


def taken(wanted: int, loose: int = 0, papers: tuple[Units, ...] = PAPERS) -> list[int]:
    return [one.count for one in take_receipts(papers, loose, wanted, "TNE")]


def test_loose_goods_go_before_paper() -> None:
    assert taken(200, loose=200) == []
    assert taken(200, papers=()) == []  # then the ranges refuse in their own words


def test_the_one_receipt_that_does_it_goes_before_several() -> None:
    assert taken(150) == [150]
    assert taken(320, loose=20) == [300]
    assert taken(160, loose=20) == [150]


def test_else_the_first_whole_ones() -> None:
    assert taken(450) == [300, 150]
    assert taken(350) == [300, 50]


@pytest.mark.parametrize(("wanted", "near"), [(100, "0.050"), (301, "0.300"), (501, "0.500")])
def test_a_receipt_is_not_cut(wanted: int, near: str) -> None:
    with pytest.raises(Conflict, match="receipt_cut") as refused:
        taken(wanted)
    assert refused.value.facts["near"] == f"{near} TNE"
    with pytest.raises(Conflict, match="receipt_cut_here"):
        by_paper([Units(0, 299)], PAPERS)


def test_items_that_reach_over_papers_and_beyond() -> None:
    assert by_paper([Units(0, 450), Units(500, 600)], PAPERS) == [
        (Units(0, 300), True), (Units(300, 450), True), (Units(500, 600), False)
    ]  # fmt: skip


@given(st.lists(st.integers(1, 50), max_size=8), st.integers(0, 60), st.integers(1, 300))
def test_what_is_taken_is_exactly_what_was_asked(sizes: list[int], loose: int, wanted: int) -> None:
    ends = list(accumulate(sizes, initial=0))
    papers = [Units(start, end) for start, end in pairwise(ends)]
    try:
        whole = take_receipts(papers, loose, wanted, "TNE")
    except Conflict:
        assert wanted > loose
        return
    rest = wanted - sum(one.count for one in whole)
    assert set(whole) <= set(papers)
    assert len(set(whole)) == len(whole)
    assert rest >= 0
    assert rest <= loose or not papers
