"""Seals over readings: a Merkle tree over what the messages of a time said of one lot, and a chain of such trees.

A leaf covers one message's word on one subject: its place in its device's chain, the digest of the signed body, and the digest of the rows that the house
made of it. Leaves lie in the order of device, start and number. The tree is that of RFC 6962 section 2.1 (a leaf hashes after a zero byte, a node after a
one), so a single message can be proved by some hashes. A seal's head covers its root and the head before it: whoever kept one head holds all before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from tenants.log.tree import leaf_hash, node_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One message's word on one subject. `digest`: SHA-256 of the signed body; `series`: of the rows made of it; first and last by event time."""

    device_id: UUID
    boot: int
    sequence: int
    digest: bytes
    series: bytes
    first_at: datetime
    last_at: datetime

    @property
    def entry(self) -> bytes:
        """What it says, as text."""
        said = (self.device_id, self.boot, self.sequence, self.digest.hex(), self.series.hex())
        return _lines("bailee batch 1", *said, stamp(self.first_at), stamp(self.last_at))

    @property
    def hash(self) -> bytes:
        """What the tree holds of it."""
        return leaf_hash(self.entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """One seal in the chain that a firm keeps of a subject. `previous`: the head before it; first and last: by event time, over all its messages."""

    tenant_id: UUID
    subject_id: UUID
    number: int
    sealed_at: datetime
    batches: int
    first_at: datetime
    last_at: datetime
    root: bytes
    previous: bytes

    @property
    def head(self) -> bytes:
        """What the record holds of it, and what the next one names."""
        whose, span = (self.tenant_id, self.subject_id, self.number), (stamp(self.first_at), stamp(self.last_at))
        counted = (stamp(self.sealed_at), self.batches, *span)
        return sha256(_lines("bailee seal 1", *whose, *counted, self.root.hex(), self.previous.hex())).digest()


@dataclass(frozen=True, slots=True)
class Tree:
    """A root, and for each leaf the hashes beside its way up, from the lowest."""

    root: bytes
    paths: list[list[bytes]]


def first_link(tenant_id: UUID, subject_id: UUID) -> bytes:
    """What the first seal of a chain names as the head before it."""
    return sha256(_lines("bailee seals 1", tenant_id, subject_id)).digest()


def seal_over(leaves: Sequence[Leaf], *, tenant_id: UUID, subject_id: UUID, after: tuple[int, bytes] | None, at: datetime) -> Seal:  # fmt: skip
    """The next seal of a chain, over these leaves in their order. `after`: number and head of the one before."""
    assert leaves, "nothing is sealed over nothing"
    number, previous = after or (0, first_link(tenant_id, subject_id))
    return Seal(
        tenant_id=tenant_id,
        subject_id=subject_id,
        number=number + 1,
        sealed_at=at,
        batches=len(leaves),
        first_at=min(leaf.first_at for leaf in leaves),
        last_at=max(leaf.last_at for leaf in leaves),
        root=tree_of([leaf.hash for leaf in leaves]).root,
        previous=previous,
    )


def in_order(leaves: Sequence[Leaf]) -> list[Leaf]:
    """As they lie in a tree."""
    return sorted(leaves, key=lambda leaf: (str(leaf.device_id), leaf.boot, leaf.sequence))


def tree_of(hashes: Sequence[bytes]) -> Tree:
    """The tree over one leaf at least."""
    if len(hashes) == 1:
        return Tree(hashes[0], [[]])
    half = _half(len(hashes))
    left, right = tree_of(hashes[:half]), tree_of(hashes[half:])
    paths = [[*path, right.root] for path in left.paths] + [[*path, left.root] for path in right.paths]
    return Tree(node_hash(left.root, right.root), paths)


def stamp(at: datetime) -> str:
    """A time as hashes cover it: UTC, six places."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _half(count: int) -> int:
    """The greatest power of two below: so many leaves lie on the left."""
    return 1 << (count - 1).bit_length() - 1


def _lines(*facts: object) -> bytes:
    return "\n".join(map(str, facts)).encode()
