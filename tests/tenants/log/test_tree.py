"""The tree beside the definition of RFC 9162 written out naively, beside published roots, and against every alteration of its proofs."""

from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.log import tree
from tests.tenants.log.checking import root_at, root_from_inclusion

# The eight entries and their roots by which implementations of certificate transparency are tried (RFC 6962 and its reference implementation).
ENTRIES = [bytes.fromhex(one) for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
MOST = 300
DIGESTS = [sha256(str(number).encode()).digest() for number in range(MOST)]


def naive(entries: list[bytes]) -> bytes:
    """MTH as RFC 9162, 2.1.1 defines it."""
    if not entries:
        return sha256().digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return sha256(b"\x01" + naive(entries[:split]) + naive(entries[split:])).digest()


class Forest:
    """A log's tiles, grown batch by batch."""

    def __init__(self) -> None:
        self.size, self.edge, self.tiles = 0, list[bytes](), dict[tuple[int, int], bytes]()

    def grow(self, digests: list[bytes]) -> "Forest":
        changed = tree.grown(self.size, self.edge, b"".join(digests))
        self.size += len(digests)
        self.edge = tree.edge_after(self.size, self.edge, changed)
        self.tiles |= changed
        return self

    @property
    def node(self) -> tree.Node:
        return tree.node_in(lambda level, number: self.tiles[level, number])


@pytest.fixture(scope="module")
def grown() -> Forest:
    return Forest().grow(DIGESTS)


def test_the_published_roots() -> None:
    for size, root in enumerate(ROOTS):
        nodes = {(0, place): tree.leaf_hash(entry) for place, entry in enumerate(ENTRIES[:size])}

        def node(level: int, place: int, nodes: dict[tuple[int, int], bytes] = nodes) -> bytes:
            return (
                nodes[0, place]
                if not level
                else tree.node_hash(node(level - 1, 2 * place), node(level - 1, 2 * place + 1))
            )

        assert root_at(node, size).hex() == root == naive(ENTRIES[:size]).hex()


@given(st.lists(st.integers(1, 700), min_size=1, max_size=5))
def test_batches_of_any_size_make_the_tree_of_one_batch(batches: list[int]) -> None:
    digests = [sha256(number.to_bytes(4)).digest() for number in range(sum(batches))]
    forest, start = Forest(), 0
    for batch in batches:
        forest.grow(digests[start : start + batch])
        start += batch
        assert tree.root_of_edge(forest.edge) == root_at(forest.node, start)
    assert forest.tiles == Forest().grow(digests).tiles
    assert tree.root_of_edge(forest.edge) == naive(digests)


def test_a_large_tree_has_the_tiles_that_the_layout_names() -> None:
    forest = Forest().grow([sha256(number.to_bytes(4)).digest() for number in range(70_000)])
    widths = {at: len(tile) // tree.HASH for at, tile in forest.tiles.items()}
    assert sum(width == 256 for (level, _), width in widths.items() if level == 0) == 273
    assert (widths[0, 273], widths[1, 0], widths[1, 1], widths[2, 0]) == (112, 256, 17, 1)
    assert tree.root_of_edge(forest.edge) == root_at(forest.node, 70_000)


def test_every_inclusion_proof_of_every_size_leads_to_the_root(grown: Forest) -> None:
    for size in [*range(1, 70), 127, 128, 129, 255, 256, 257, MOST]:
        root = naive(DIGESTS[:size])
        for leaf in range(size):
            path = tree.inclusion(grown.node, leaf, size)
            assert root_from_inclusion(leaf, size, DIGESTS[leaf], path) == root


@given(st.integers(1, MOST), st.data())
def test_no_altered_proof_of_inclusion_holds(size: int, data: st.DataObject) -> None:
    forest, root = Forest().grow(DIGESTS[:size]), naive(DIGESTS[:size])
    leaf = data.draw(st.integers(0, size - 1))
    path = tree.inclusion(forest.node, leaf, size)
    for other in altered(path):
        assert root_from_inclusion(leaf, size, DIGESTS[leaf], other) != root
    assert root_from_inclusion(leaf, size, b"another", path) != root
    for other_leaf in {leaf - 1, leaf + 1, leaf ^ 1} - {leaf}:
        assert root_from_inclusion(other_leaf, size, DIGESTS[leaf], path) != root


def altered(path: list[bytes]) -> list[list[bytes]]:
    flipped = [[*path[:at], bytes([one[0] ^ 1]) + one[1:], *path[at + 1 :]] for at, one in enumerate(path)]
    swapped = [[*path[:at], two, one, *path[at + 2 :]] for at, (one, two) in enumerate(pairwise(path)) if one != two]
    return [*flipped, *swapped, path[:-1], [*path, b"\x00" * 32]] if path else [[b"\x00" * 32]]


@pytest.mark.parametrize(("number", "path"), [(0, "000"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067")])
def test_tiles_have_one_address_each(number: int, path: str) -> None:
    assert (tree.tile_path(number), tree.tile_number(path)) == (path, number)


@pytest.mark.parametrize("path", ["", "0", "0000", "x000/001", "001/002", "x001", "x001/x002", "abc", "-01", "x001/00٣", "x001//002"])  # fmt: skip
def test_another_spelling_is_no_tile(path: str) -> None:
    assert tree.tile_number(path) is None
