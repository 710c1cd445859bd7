"""What a stranger works out from tiles and paths: a root, and whether an entry is in it."""

from collections.abc import Sequence

from tenants.log.tree import EMPTY, Node, leaf_hash, node_hash, range_hash


def root_at(node: Node, size: int) -> bytes:
    """The root of the tree's first `size` leaves."""
    return range_hash(node, 0, size) if size else EMPTY


def root_from_inclusion(leaf: int, size: int, entry: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root to which a path leads from an entry; None where it is no path of such a tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= leaf < size:
        return None
    place, last, root = leaf, size - 1, leaf_hash(entry)
    for hash_ in path:
        if not last:
            return None
        if place & 1 or place == last:
            root = node_hash(hash_, root)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, hash_)
        place, last = place >> 1, last >> 1
    return None if last else root
