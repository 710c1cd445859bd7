"""Who is related to whom: symmetric, never unmade by another stake, sure to end; and the cases by name."""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, permutations
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.errors import Refused
from tenants.ownership.rules import (
    QUARTER,
    Relation,
    Share,
    StakeKind,
    part_of,
    related,
    require_share,
    require_within_whole,
    ties_of,
)

NODES = "ABCDEF"
CHAINS = [chain for length in range(2, len(NODES) + 1) for chain in permutations(NODES, length)]
KINDS = st.sampled_from(list(StakeKind))
PERCENTS = st.sampled_from(["0.0001", "10", "24.9999", "25", "30", "50", "50.0001", "60", "100"]).map(Decimal)


@st.composite
def shares(draw: st.DrawFn, nodes: str = NODES) -> Share:
    owner, firm = draw(st.permutations(nodes).map(lambda order: order[:2]))
    kind = draw(st.one_of(st.just(StakeKind.SHARES), KINDS))
    return Share(owner, firm, kind, draw(PERCENTS) if kind is StakeKind.SHARES else None)


GRAPHS = st.lists(shares(), max_size=10)


def held(owner: str, firm: str, percent: str) -> Share:
    return Share(owner, firm, StakeKind.SHARES, Decimal(percent))


def led(owner: str, firm: str, kind: str = "LEGAL_REPRESENTATIVE") -> Share:
    return Share(owner, firm, StakeKind(kind))


CASES = [
    ([], "A", "A", Relation.SAME),
    ([], "A", "B", None),
    ([held("A", "B", "50")], "A", "B", Relation.QUARTER),
    ([held("A", "B", "50.0001")], "A", "B", Relation.CONTROL),
    ([held("A", "B", "30"), held("A", "B", "21")], "A", "B", Relation.CONTROL),
    ([held("A", "C", "51"), held("C", "B", "51")], "A", "B", Relation.CONTROL),
    ([led("A", "B", "PARENT")], "A", "B", Relation.CONTROL),
    ([led("P", "A"), led("P", "B")], "A", "B", Relation.SAME_HEAD),
    ([led("P", "A", "ACTUAL_CONTROLLER"), led("P", "B")], "A", "B", Relation.SAME_HEAD),
    ([held("P", "A", "60"), led("P", "B")], "A", "B", Relation.COMMON_CONTROL),
    ([held("P", "A", "60"), held("P", "B", "40")], "A", "B", None),
    ([held("A", "B", "25")], "A", "B", Relation.QUARTER),
    ([held("A", "B", "24.9999")], "A", "B", None),
    ([held("A", "C", "50"), held("C", "B", "50")], "A", "B", Relation.QUARTER),
    ([held("A", "C", "50"), held("C", "B", "30"), held("A", "D", "40"), held("D", "B", "25")], "A", "B", Relation.QUARTER),
    ([held("A", "C", "50"), held("C", "B", "30"), held("A", "D", "39"), held("D", "B", "25")], "A", "B", None),
    ([held("A", "B", "10"), held("B", "A", "10"), held("A", "C", "100"), held("C", "A", "100")], "A", "B", None),
]  # fmt: skip


@pytest.mark.parametrize(("stakes", "one", "other", "rule"), CASES)
def test_two_firms_are_related_by_the_first_rule_that_holds(stakes: list[Share], one: str, other: str, rule: Relation | None) -> None:  # fmt: skip
    assert related(stakes, one, other) == related(stakes, other, one) == rule


@given(GRAPHS)
def test_a_relation_has_no_direction(stakes: list[Share]) -> None:
    assert all(related(stakes, one, other) == related(stakes, other, one) for one, other in permutations(NODES, 2))


@given(GRAPHS, shares())
def test_another_stake_unmakes_no_relation(stakes: list[Share], more: Share) -> None:
    for one, other in permutations(NODES, 2):
        assert related(stakes, one, other) is None or related([*stakes, more], one, other) is not None


@given(GRAPHS)
def test_it_ends_and_agrees_with_a_search_through_all_chains(stakes: list[Share]) -> None:
    """Every order of every choice of firms is tried as a chain, which needs no care for circles."""
    ruled, parts = _by_all_chains(stakes)
    for one, other in permutations(NODES, 2):
        shared = any((node, one) in ruled and (node, other) in ruled for node in NODES)
        found = shared or max(parts[one, other], parts[other, one]) >= QUARTER
        assert (related(stakes, one, other) is not None) == found


def _by_all_chains(stakes: list[Share]) -> tuple[set[tuple[str, str]], dict[tuple[str, str], Fraction]]:
    """Who controls whom, everybody themselves among them; and who has which part of whom."""
    ties, ruled, parts = ties_of(stakes), {(node, node) for node in NODES}, defaultdict[tuple[str, str], Fraction](Fraction)  # fmt: skip
    for chain in CHAINS:
        links = [tie for owner, firm in pairwise(chain) if (tie := ties.get(firm, {}).get(owner))]
        if len(links) == len(chain) - 1:
            ends = chain[0], chain[-1]
            parts[ends] += prod((tie.part for tie in links), start=Fraction(1))
            if all(tie.controls for tie in links):
                ruled.add(ends)
    return ruled, parts


def test_what_goes_round_in_a_circle_is_counted_once() -> None:
    ties = ties_of([held("A", "B", "20"), held("B", "C", "50"), held("C", "B", "50")])
    assert part_of(ties, "A", "B") == QUARTER * 4 / 5


@pytest.mark.parametrize(("kind", "percent"), [("SHARES", None), ("SHARES", "0"), ("SHARES", "100.0001"), ("SHARES", "1.00001"), ("PARENT", "50")])  # fmt: skip
def test_a_share_is_a_part_of_a_hundred_and_control_is_none(kind: str, percent: str | None) -> None:
    with pytest.raises(Refused, match="percent"):
        require_share(StakeKind(kind), Decimal(percent) if percent else None)


def test_nobody_has_more_than_the_whole() -> None:
    require_within_whole([held("A", "B", "60")], Decimal(40))
    with pytest.raises(Refused, match="shares_over_whole"):
        require_within_whole([held("A", "B", "60")], Decimal("40.0001"))
