"""Signed notes, checkpoints and cosignatures as C2SP writes them (signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof). Pure.

A note is text with lines of signatures under it. The log signs its checkpoint: origin, size and root of the tree. A witness signs the same text with the time at
which it saw it, and only if the tree begins with the one that it saw before.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519, COSIGNATURE = 0x01, 0x04  # what a key signs: notes, or checkpoints with a time
DASH, PROOF_KIND = "\u2014", "c2sp.org/tlog-proof@v1"
NAME = re.compile(r"[^\s+\x00-\x1f]{1,200}")
LONGEST_NOTE = 16_384


class Unreadable(ValueError):
    """A text that is no note, checkpoint or key."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its owner's name and what it signs: `NAME+ID+KEY` (a vkey)."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(bytes([self.kind]) + self.public)}"

    @classmethod
    def read(cls, written: str) -> "VerifierKey":
        """Refuses what is no vkey of an Ed25519 key, or whose id is not that of its key."""
        name, _, rest = written.strip().partition("+")
        key_id, _, material = rest.partition("+")
        raw = _bytes(material)
        if not NAME.fullmatch(name) or len(raw) != 33 or raw[0] not in (ED25519, COSIGNATURE):
            raise Unreadable("no verifier key")
        key = cls(name, raw[0], raw[1:])
        if key.id.hex() != key_id:
            raise Unreadable("the id of a verifier key is not that of its key")
        return key


@dataclass(frozen=True, slots=True)
class Signature:
    """A line under a note."""

    name: str
    key_id: bytes
    blob: bytes

    def __str__(self) -> str:
        return f"{DASH} {self.name} {_base64(self.key_id + self.blob)}"


@dataclass(frozen=True, slots=True)
class Note:
    """A signed text, which ends with a line feed, and its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(f"{one}\n" for one in self.signatures)

    @classmethod
    def read(cls, written: str) -> "Note":
        """Refuses what is no signed note."""
        text, found, lines = written.rpartition("\n\n")
        if not found or not lines.endswith("\n") or len(written) > LONGEST_NOTE:
            raise Unreadable("no signed note")
        return cls(text + "\n", tuple(_signature(line) for line in lines.removesuffix("\n").split("\n")))

    def signed_by(self, key: VerifierKey) -> Signature | None:
        """The signature of this very key, if there is one and it is good."""
        for one in self.signatures:
            if (one.name, one.key_id) == (key.name, key.id) and is_good(key, self.text, one.blob):
                return one
        return None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the log says of itself: its name, how many leaves it has, the root above them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"

    @classmethod
    def read(cls, text: str) -> "Checkpoint":
        """Refuses what is no checkpoint. Lines after the third are allowed, and say nothing here."""
        origin, size, root, *_ = [*text.split("\n"), "", "", ""]
        if not origin or not re.fullmatch(r"0|[1-9][0-9]{0,18}", size) or len(_bytes(root)) != 32:
            raise Unreadable("no checkpoint")
        return cls(origin, int(size), _bytes(root))


class NoteKey:
    """A key that signs notes under a name."""

    def __init__(self, name: str, seed: bytes) -> None:
        assert NAME.fullmatch(name), "a name of a key has neither a blank nor a plus"
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = VerifierKey(name, ED25519, self._key.public_key().public_bytes_raw())

    def signed(self, text: str) -> Note:
        """The text as a note with this key's signature."""
        line = Signature(self.verifier.name, self.verifier.id, self._key.sign(text.encode()))
        return Note(text, (line,))


def is_good(key: VerifierKey, text: str, blob: bytes) -> bool:
    """Whether a signature is this key's under this text: a cosignature covers its own time before the text."""
    if key.kind == COSIGNATURE:
        if len(blob) != 72:
            return False
        text, blob = cosigned_text(text, cosigned_at(blob)), blob[8:]
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(blob, text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def cosigned_text(text: str, at: int) -> str:
    """What a witness signs: `at` in seconds since 1970."""
    return f"cosignature/v1\ntime {at}\n{text}"


def cosigned_at(blob: bytes) -> int:
    """When a witness signed, by its own clock, in seconds since 1970."""
    return int.from_bytes(blob[:8])


def proof_text(leaf: int, path: Sequence[bytes], checkpoint: str) -> str:
    """A proof that stands by itself (C2SP tlog-proof): the leaf's place, the path to the root, and the signed checkpoint as it was given out."""
    return "\n".join([PROOF_KIND, f"index {leaf}", *map(_base64, path), "", checkpoint])


def _signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, blob = rest.partition(" ")
    raw = _bytes(blob)
    if dash != DASH or not NAME.fullmatch(name) or len(raw) < 5:
        raise Unreadable("no line of a signature")
    return Signature(name, raw[:4], raw[4:])


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(written: str) -> bytes:
    try:
        raw = base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError) as unreadable:
        raise Unreadable("no base64") from unreadable
    if _base64(raw) != written:
        raise Unreadable("base64 in another spelling than its own")
    return raw
