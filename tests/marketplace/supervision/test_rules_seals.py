"""A seal proves each message under it, and whatever is changed, left out or put in afterwards does not fit it any more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from marketplace.supervision.rules.seals import Leaf, first_link, in_order, seal_over, tree_of
from marketplace.supervision.seals.check_readings import climb

BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
FIRM, LOT = UUID(int=1), UUID(int=2)
digests = st.binary(min_size=32, max_size=32)
moments = st.integers(0, 10**9).map(lambda seconds: BEGAN + timedelta(microseconds=seconds))


@st.composite
def a_leaf(draw: st.DrawFn) -> Leaf:
    first_at, last_at = sorted([draw(moments), draw(moments)])
    place = (UUID(int=draw(st.integers(3, 6))), draw(st.integers(0, 3)), draw(st.integers(0, 40)))
    return Leaf(
        device_id=place[0],
        boot=place[1],
        sequence=place[2],
        digest=draw(digests),
        series=draw(digests),
        first_at=first_at,
        last_at=last_at,
    )


leaves = st.lists(a_leaf(), min_size=1, max_size=40, unique_by=lambda leaf: (leaf.device_id, leaf.boot, leaf.sequence))
hashes = st.lists(digests, min_size=1, max_size=70, unique=True)


@given(hashes)
def test_each_leaf_leads_to_the_root_by_its_path_and_from_its_place_alone(given_hashes: list[bytes]) -> None:
    tree, count = tree_of(given_hashes), len(given_hashes)
    for place, (leaf, path) in enumerate(zip(given_hashes, tree.paths, strict=True)):
        assert climb(leaf, place, count, path) == tree.root
        assert all(climb(leaf, other, count, path) != tree.root for other in range(count) if other != place)


@given(hashes, digests, st.data())
def test_another_leaf_or_a_changed_path_leads_elsewhere(
    given_hashes: list[bytes], other: bytes, data: st.DataObject
) -> None:
    tree, count = tree_of(given_hashes), len(given_hashes)
    place = data.draw(st.integers(0, count - 1))
    path = tree.paths[place]
    if other != given_hashes[place]:
        assert climb(other, place, count, path) != tree.root
    if path:
        step = data.draw(st.integers(0, len(path) - 1))
        bent = [
            *path[:step],
            bytes(reversed(path[step])) if path[step] != path[step][::-1] else other,
            *path[step + 1 :],
        ]
        assert bent == path or climb(given_hashes[place], place, count, bent) != tree.root
    assert climb(given_hashes[place], place, count, [*path, other]) != tree.root
    assert not path or climb(given_hashes[place], place, count, path[:-1]) != tree.root


@given(leaves, st.data())
def test_any_change_under_a_seal_makes_another_head(given_leaves: list[Leaf], data: st.DataObject) -> None:
    under = in_order(given_leaves)
    head = sealed(under)
    place = data.draw(st.integers(0, len(under) - 1))
    touched = under[place]
    change = data.draw(
        st.sampled_from(
            [
                {"digest": flipped(touched.digest)},
                {"series": flipped(touched.series)},
                {"sequence": touched.sequence + 100},
                {"boot": touched.boot + 100},
                {"last_at": touched.last_at + timedelta(microseconds=1)},
            ]
        )
    )
    assert sealed([*under[:place], replace(touched, **change), *under[place + 1 :]]) != head
    assert sealed([*under, data.draw(a_leaf())]) != head
    if len(under) > 1:
        assert sealed([*under[:place], *under[place + 1 :]]) != head
        assert sealed([*under[1:], under[0]]) != head


@given(leaves)
def test_the_order_in_which_messages_came_changes_nothing(given_leaves: list[Leaf]) -> None:
    assert sealed(in_order(given_leaves)) == sealed(in_order(given_leaves[::-1]))


@given(leaves)
def test_a_chain_names_what_came_before_and_whose_it_is(given_leaves: list[Leaf]) -> None:
    first = seal_over(given_leaves, tenant_id=FIRM, subject_id=LOT, after=None, at=BEGAN)
    second = seal_over(given_leaves, tenant_id=FIRM, subject_id=LOT, after=(1, first.head), at=BEGAN)
    assert (first.number, first.previous) == (1, first_link(FIRM, LOT))
    assert (second.number, second.previous) == (2, first.head)
    assert second.root == first.root
    assert second.head != first.head
    assert replace(first, subject_id=FIRM).head != first.head != replace(first, batches=first.batches + 1).head


def sealed(under: list[Leaf]) -> bytes:
    return seal_over(under, tenant_id=FIRM, subject_id=LOT, after=None, at=BEGAN).head


def flipped(digest: bytes) -> bytes:
    return bytes([digest[0] ^ 1]) + digest[1:]
