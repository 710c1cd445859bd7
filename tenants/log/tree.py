"""The tree over all events of the house: Merkle tree hashes, tiles, and proofs (RFC 9162, section 2.1; C2SP tlog-tiles). Pure.

A leaf is an event's digest and nothing else, so the tree tells nobody anything of an event that they do not hold. A node is named by its level (how often
leaves were paired to come to it) and its place in that level, from the left. Tiles hold 256 hashes of every eighth level, one after the other.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

HASH, WIDTH, HEIGHT = 32, 256, 8  # bytes of a hash; hashes of a tile; levels that a tile spans
EMPTY = sha256().digest()
Node = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """MTH of one entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """MTH of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def leaf_hashes(digests: bytes) -> bytes:
    """The leaf hashes of digests that lie one after the other."""
    return b"".join([sha256(b"\x00" + digests[at : at + HASH]).digest() for at in range(0, len(digests), HASH)])


def paired(hashes: bytes) -> bytes:
    """The level above: an even number of hashes, each two made one."""
    return b"".join([sha256(b"\x01" + hashes[at : at + 2 * HASH]).digest() for at in range(0, len(hashes), 2 * HASH)])


def folded(hashes: bytes) -> bytes:
    """The root above hashes whose number is a power of two."""
    while len(hashes) > HASH:
        hashes = paired(hashes)
    return hashes


# -- Growing


def grown(size: int, edge: Sequence[bytes], digests: bytes) -> dict[tuple[int, int], bytes]:
    """The tiles that change when digests are added to a tree of `size` leaves, by (level, number); `edge`: its unfinished tile of each level, from the leaves up.

    A finished tile is one hash of the tile above; so each leaf costs its own hash and, over all levels, less than one more.
    """
    changed: dict[tuple[int, int], bytes] = {}
    level, new = 0, leaf_hashes(digests)
    while new:
        first = (size >> HEIGHT * level) // WIDTH
        cut = rows(level, first, (edge[level] if level < len(edge) else b"") + new)
        changed |= cut
        new = b"".join([folded(tile) for tile in cut.values() if len(tile) == WIDTH * HASH])
        level += 1
    return changed


def rows(level: int, first: int, hashes: bytes) -> dict[tuple[int, int], bytes]:
    """Hashes of one level cut into tiles, from the tile `first` on."""
    cuts = range(0, len(hashes), WIDTH * HASH)
    return {(level, first + place): hashes[at : at + WIDTH * HASH] for place, at in enumerate(cuts)}


def edge_after(size: int, edge: Sequence[bytes], changed: dict[tuple[int, int], bytes]) -> list[bytes]:
    """The unfinished tiles of a tree that grew to `size`."""
    return [
        changed.get((level, size >> HEIGHT * (level + 1)), edge[level] if _stands(level, edge, changed) else b"")
        for level in range(1 + max([level for level, _ in changed] + [len(edge) - 1]))
    ]


def _stands(level: int, edge: Sequence[bytes], changed: dict[tuple[int, int], bytes]) -> bool:
    return level < len(edge) and not any(one == level for one, _ in changed)


def root_of_edge(edge: Sequence[bytes]) -> bytes:
    """The root of a tree, from its unfinished tiles alone: they hold what no finished tile above them stands for."""
    root = b""
    for tile in edge:
        for peak in reversed(list(_peaks(tile))):
            root = node_hash(peak, root) if root else peak
    return root or EMPTY


def _peaks(tile: bytes) -> Iterator[bytes]:
    """The largest full subtrees of an unfinished tile, from the left."""
    start, count = 0, len(tile) // HASH
    for bit in range(HEIGHT - 1, -1, -1):
        if count & 1 << bit:
            end = start + (HASH << bit)
            yield folded(tile[start:end])
            start = end


# -- Proving


def node_in(tile: Callable[[int, int], bytes]) -> Node:
    """Nodes by level and place, worked out of tiles: a tile holds every eighth level, those between are hashed again."""

    def node(level: int, place: int) -> bytes:
        row, height = divmod(level, HEIGHT)
        number, at = divmod(place << height, WIDTH)
        hashes = tile(row, number)[at * HASH : (at + (1 << height)) * HASH]
        assert len(hashes) == HASH << height, "a tile that a tree of this size must have is short"
        return folded(hashes)

    return node


def range_hash(node: Node, start: int, end: int) -> bytes:
    """MTH of the leaves from `start` up to `end`, where the left part of each split is a full subtree in its place."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return node(level, start >> level)
    split = start + _split(count)
    return node_hash(range_hash(node, start, split), range_hash(node, split, end))


def inclusion(node: Node, leaf: int, size: int) -> list[bytes]:
    """PATH(m, D[n]): the hashes that lead from a leaf to the root of the first `size` leaves, its own sibling first (RFC 9162, 2.1.3.1)."""
    assert 0 <= leaf < size
    start, end, path = 0, size, list[bytes]()
    while end - start > 1:
        split = start + _split(end - start)
        is_left = leaf < split
        path.append(range_hash(node, split, end) if is_left else range_hash(node, start, split))
        start, end = (start, split) if is_left else (split, end)
    return path[::-1]


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


# -- Naming tiles


def tile_path(number: int) -> str:
    """A tile's number in an address: three figures between slashes, all but the last behind an x (C2SP tlog-tiles)."""
    parts = [f"{number % 1000:03}"]
    while number := number // 1000:
        parts.append(f"x{number % 1000:03}")
    return "/".join(reversed(parts))


def tile_number(path: str) -> int | None:
    """The number that such a path names; None where it is written in another way than the one."""
    parts = path.split("/")
    figures = [one.removeprefix("x") for one in parts]
    if not all(len(one) == 3 and one.isascii() and one.isdigit() for one in figures):
        return None
    number = int("".join(figures))
    return number if tile_path(number) == path else None
