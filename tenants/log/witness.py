#!/usr/bin/env python3
"""Witness the log of a Bailee house, trusting nobody. Python 3.10 or newer and its standard library are enough.

    python3 witness.py URL --log VKEY [--keep FOLDER] [--name NAME] [--every SECONDS] [--zh]
    python3 witness.py --proof FILE.tlog-proof [--digest HEX] [--log VKEY] [--witness VKEY ...] [--zh]

The first form fetches the house's checkpoint, works out of its tiles that the tree still begins with the one seen last time, keeps it in FOLDER, signs it with a
key of its own and sends the signature to the house. `--log`: the log's public key, needed the first time only; take it from somebody else than the house if you
can. `--name`: what your key is called, without blanks; the first start makes the key and shows what to register. `--every`: go on for ever.
What does not follow from what was seen is refused: never signed, and kept in FOLDER with both checkpoints, each signed by the house, which prove it to anybody.

The second form checks the proof of one event, without a network. `--digest`: the event's digest. `--witness`: keys whose signatures count.
Ends with 0 where all is as it should be, 1 where something was refused, 2 where something could not be read, fetched or sent.

Run it on a machine of your own: a witness that the house runs is none. It shares no code with the house that wrote it.
"""

import base64
import hashlib
import io
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

# -- Ed25519 (RFC 8032, section 5.1): slow, short, and nothing to install

P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


def add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point: Point) -> Point:
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = add(total, point)
        point, number = add(point, point), number >> 1
    return total


def point_of(text: bytes) -> Point | None:
    """The point that 32 bytes stand for; None where there is none."""
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if len(text) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def bytes_of(point: Point) -> bytes:
    over = pow(point[2], P - 2, P)
    x, y = point[0] * over % P, point[1] * over % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or (0, 1, 1, 0)


def number_of(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % ORDER


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` of `message` was made with the secret half of `key`."""
    a, r, s = point_of(key), point_of(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or len(signature) != 64 or s >= ORDER:
        return False
    left, right = times(s, BASE), add(r, times(number_of(signature[:32], key, message), a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


class Secret:
    """The secret half of a key, from its 32 bytes."""

    def __init__(self, seed: bytes) -> None:
        both = hashlib.sha512(seed).digest()
        self.number = int.from_bytes(both[:32], "little") & (2**254 - 8) | 2**254
        self.prefix, self.public = both[32:], bytes_of(times(self.number, BASE))

    def sign(self, message: bytes) -> bytes:
        r = number_of(self.prefix, message)
        start = bytes_of(times(r, BASE))
        s = (r + number_of(start, self.public, message) * self.number) % ORDER
        return start + s.to_bytes(32, "little")


# -- Notes, checkpoints, keys (C2SP signed-note, tlog-checkpoint, tlog-cosignature)

NOTE_SIGNED, COSIGNED = 0x01, 0x04


class Wrong(Exception):
    """What was read is not what it should be."""


class Key:
    """NAME+ID+KEY."""

    def __init__(self, written: str) -> None:
        self.written = written.strip()
        self.name, key_id, material = [*self.written.split("+", 2), "", ""][:3]
        raw = unwrapped(material)
        self.kind, self.public = raw[:1], raw[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        if self.id.hex() != key_id or len(self.public) != 32:
            raise Wrong(f"no key: {written}")

    def signed_at(self, note: str) -> int | None:
        """When this key signed a note, in seconds since 1970 (0: it does not say); None where it did not."""
        text, lines = parts_of(note)
        for line in lines:
            name, _, blob = line.removeprefix("\u2014 ").partition(" ")
            raw = unwrapped(blob)
            if (name, raw[:4]) == (self.name, self.id):
                at = int.from_bytes(raw[4:12], "big") if self.kind == bytes([COSIGNED]) else 0
                message = cosigned(text, at) if at else text.encode()
                if is_signed(self.public, message, raw[12:] if at else raw[4:]):
                    return at
        return None


def cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def parts_of(note: str) -> tuple[str, list[str]]:
    text, found, lines = note.rpartition("\n\n")
    if not found:
        raise Wrong("no signed note")
    return text + "\n", lines.splitlines()


def unwrapped(written: str) -> bytes:
    try:
        return base64.b64decode(written, validate=True)
    except ValueError as trouble:
        raise Wrong(f"no base64: {written}") from trouble


def tree_in(note: str) -> tuple[str, int, bytes]:
    """The name, size and root of which a checkpoint tells."""
    origin, size, root, *_ = parts_of(note)[0].split("\n")
    if not size.isdigit() or len(unwrapped(root)) != 32:
        raise Wrong("no checkpoint")
    return origin, int(size), unwrapped(root)


# -- The tree (RFC 9162, section 2.1)

Node = Callable[[int, int], bytes]


def pair(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def above(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [pair(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def span(node: Node, start: int, end: int) -> bytes:
    """The root above the leaves from `start` up to `end`."""
    count = end - start
    if count & (count - 1) == 0:
        return node(count.bit_length() - 1, start >> count.bit_length() - 1)
    middle = start + (1 << (count - 1).bit_length() - 1)
    return pair(span(node, start, middle), span(node, middle, end))


def bridge(node: Node, earlier: int, size: int) -> list[bytes]:
    """PROOF(m, D[n]), worked out by ourselves from the tiles."""
    start, end, path, whole = 0, size, list[bytes](), True
    while end > earlier:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        if earlier <= middle:
            path.append(span(node, middle, end))
            end = middle
        else:
            path.append(span(node, start, middle))
            start, whole = middle, False
    return ([] if whole else [span(node, start, end)]) + path[::-1]


def follows(earlier: int, size: int, before: bytes, after: bytes, path: list[bytes]) -> bool:
    """Whether a path shows that the tree with root `after` begins with that of root `before` (2.1.4.2)."""
    if not 0 < earlier < size or not path:
        return earlier == size and before == after
    hashes = path if earlier & (earlier - 1) else [before, *path]
    place, last = earlier - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = hashes[0]
    for one in hashes[1:]:
        if not last:
            return False
        if place & 1 or place == last:
            old, new = pair(one, old), pair(one, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = pair(new, one)
        place, last = place >> 1, last >> 1
    return not last and (old, new) == (before, after)


def leads_to(leaf: int, size: int, digest: bytes, path: list[bytes]) -> bytes | None:
    """The root to which a path leads from an event's digest; None where it is no path (2.1.3.2)."""
    place, last, root = leaf, size - 1, hashlib.sha256(b"\x00" + digest).digest()
    for one in path:
        if not last:
            return None
        if place & 1 or place == last:
            root = pair(one, root)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            root = pair(root, one)
        place, last = place >> 1, last >> 1
    return None if last or not 0 <= leaf < size else root


# -- The house, by HTTP


class House:
    """What a house gives to anybody, and takes from its witnesses."""

    def __init__(self, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise Wrong(f"no address: {url}")
        self.url, self.tiles = url.rstrip("/"), dict[str, bytes]()

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.url}/log/{path}", timeout=30) as answer:  # noqa: S310 the scheme was looked at
            return bytes(answer.read(2**20))

    def checkpoint(self) -> str:
        """The one that all witnesses sign in this minute; at most a minute behind the newest."""
        return self.get("round").decode()

    def nodes(self, size: int) -> Node:
        """The nodes of a tree of this size, by level and place; each tile is fetched once."""

        def node(level: int, place: int) -> bytes:
            row, height = divmod(level, 8)
            number, at = divmod(place << height, 256)
            path = f"tile/{row}/{'/'.join(three(number))}"
            if (width := (size >> 8 * row) - 256 * number) < 256:
                path += f".p/{width}"
            if path not in self.tiles:
                self.tiles[path] = self.get(path)
            hashes = [self.tiles[path][one * 32 : one * 32 + 32] for one in range(at, at + (1 << height))]
            if any(len(one) != 32 for one in hashes):
                raise Wrong(f"{path} is short")
            return above(hashes)

        return node

    def post(self, what: str, note: str) -> None:
        asked = urllib.request.Request(f"{self.url}/hooks/log/{what}", note.encode(), {"Content-Type": "text/plain"})  # noqa: S310
        with urllib.request.urlopen(asked, timeout=30):  # noqa: S310 the scheme was looked at
            pass


def three(number: int) -> list[str]:
    """A tile's number as its address has it: x001/x234/067."""
    parts = [f"{number % 1000:03}"]
    while number := number // 1000:
        parts.append(f"x{number % 1000:03}")
    return parts[::-1]


# -- The witness


class Witness:
    """Keeps in its folder: its key, the log's key, the checkpoint that it signed last, and what it refused."""

    def __init__(self, house: House, folder: Path, say: "Words", name: str = "", log: str = "") -> None:
        self.house, self.folder, self.say = house, folder, say
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (folder / "key").exists():
            named = (name or f"witness-{os.urandom(4).hex()}").replace("+", "-").replace(" ", "-")
            self.keep("key", f"{named}\n{os.urandom(32).hex()}\n")
        named, seed = (folder / "key").read_text().split()
        self.name, self.secret = named, Secret(bytes.fromhex(seed))
        material = bytes([COSIGNED]) + self.secret.public
        self.id = hashlib.sha256(named.encode() + b"\n" + material).digest()[:4]
        self.key = f"{named}+{self.id.hex()}+{base64.b64encode(material).decode()}"
        if log and not (folder / "log").exists():
            self.keep("log", f"{Key(log).written}\n")
        if not (folder / "log").exists():
            raise Wrong(say.line("log_needed", self.key))
        self.log = Key((folder / "log").read_text())
        if log and Key(log).written != self.log.written:
            raise Wrong(say.line("log_other", self.log.written))

    def keep(self, name: str, text: str) -> None:
        """Whole or not at all, and on the disk before anything is signed."""
        fresh = self.folder / f"{name}.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.folder / name)

    def look(self) -> int:
        """Fetch, compare, keep, sign, send; or refuse."""
        note = self.house.checkpoint()
        origin, size, root = tree_in(note)
        if self.log.signed_at(note) is None or origin != self.log.name:
            self.say("unsigned", self.log.name)
            return 1
        seen = (self.folder / "seen").read_text(encoding="utf-8") if (self.folder / "seen").exists() else ""
        if seen and (ground := self.ground(seen, size, root)):
            return self.refuse(ground, seen, note)
        if not size:
            self.say("empty", origin)
            return 0
        text = parts_of(note)[0]
        self.keep("seen", note)
        try:
            self.house.post("cosignatures", self.signed(text))
        except urllib.error.HTTPError as trouble:
            if trouble.code != 401:
                raise
            self.say("unregistered", self.key)
            return 2
        self.say("signed", origin, size, base64.b64encode(root).decode())
        return 0

    def ground(self, seen: str, size: int, root: bytes) -> str:
        """Why what is shown does not follow from what was seen; empty where it does."""
        _, earlier, before = tree_in(seen)
        if size < earlier:
            return "ROLLBACK"
        path = bridge(self.house.nodes(size), earlier, size) if 0 < earlier < size else []
        return "" if not earlier or follows(earlier, size, before, root, path) else "FORK"

    def refuse(self, ground: str, seen: str, note: str) -> int:
        """Say it loudly, keep both checkpoints, tell the house's other readers."""
        (origin, was, old), (_, size, root) = tree_in(seen), tree_in(note)
        name = f"refused-{size}-{hashlib.sha256(note.encode()).hexdigest()[:12]}.txt"
        self.keep(name, f"{seen}\n{note}")
        self.say(ground, origin, was, size, self.folder / name)
        lines = [f"{word} {number} {base64.b64encode(one).decode()}" for word, number, one in (("seen", was, old), ("shown", size, root))]  # fmt: skip
        try:
            self.house.post(
                "refusals", self.signed("\n".join(["bailee witness refusal 1", origin, ground, *lines, ""]))
            )
        except OSError as trouble:
            self.say("unsent", trouble)
        return 1

    def signed(self, text: str) -> str:
        """The text with our signature and the time under it."""
        at = int(time.time())
        blob = self.id + at.to_bytes(8, "big") + self.secret.sign(cosigned(text, at))
        return f"{text}\n\u2014 {self.name} {base64.b64encode(blob).decode()}\n"


# -- A single proof


def check_proof(written: str, digest: bytes | None, log: Key | None, witnesses: list[Key], say: "Words") -> int:
    """Whether a proof leads from the digest to a root that the log signed, and who has witnessed it."""
    head, _, note = written.partition("\n\n")
    kind, *lines = head.split("\n")
    lines = [one for one in lines if not one.startswith("extra ")]
    origin, size, root = tree_in(note)
    if kind != "c2sp.org/tlog-proof@v1" or not lines or not lines[0].startswith("index "):
        raise Wrong("no proof")
    leaf, path, wrong = int(lines[0].removeprefix("index ")), [unwrapped(one) for one in lines[1:]], 0
    if digest is not None:
        holds = leads_to(leaf, size, digest, path) == root
        say("in" if holds else "not_in", digest.hex(), leaf, size)
        wrong += not holds
    if log is not None:
        holds = log.signed_at(note) is not None and origin == log.name
        say("by_log" if holds else "unsigned", log.name)
        wrong += not holds
    for key in witnesses:
        at = key.signed_at(note)
        say("by_witness" if at else "not_by", key.name, moment(at or 0))
        wrong += not at
    return 1 if wrong else 0


def moment(at: int) -> str:
    return f"{datetime.fromtimestamp(at, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"  # noqa: UP017 this runs on 3.10


class Words:
    """What is said, in the reader's language."""

    def __init__(self, chinese: bool) -> None:
        self.column = 1 if chinese else 0

    def line(self, name: str, *facts: object) -> str:
        return WORDS[name][self.column].format(*facts)

    def __call__(self, name: str, *facts: object) -> None:
        print(self.line(name, *facts), flush=True)


WORDS = {
    "log_needed": ("Name the log's key by --log VKEY. Your own, to register: {0}", "请用 --log 指定日志公钥。您自己的公钥（供登记）：{0}"),
    "log_other": ("This folder watches another log: {0}", "此文件夹见证的是另一日志：{0}"),
    "unregistered": ("Kept, but not taken: this key is not registered with the house: {0}", "已保存但未被接受：平台尚未登记此公钥：{0}"),
    "empty": ("{0}: nothing is in it yet", "{0}：尚无记录"),
    "signed": ("{0}: {1} events, root {2}: it follows from what was seen; signed", "{0}：{1} 个事件，根 {2}：与此前所见相承，已见证"),
    "unsigned": ("REFUSED: not signed by the log {0}", "拒绝：没有日志 {0} 的签名"),
    "FORK": ("REFUSED: {0} SHOWS ANOTHER HISTORY. Its {2} events do not begin with the {1} that were seen. Both checkpoints: {3}", "拒绝：{0} 出示了另一段历史。其 {2} 个事件并非以此前所见的 {1} 个事件开头。两份检查点：{3}"),
    "ROLLBACK": ("REFUSED: {0} LOST EVENTS. It had {1} and shows {2}. Both checkpoints: {3}", "拒绝：{0} 丢失了事件。此前有 {1} 个，现仅 {2} 个。两份检查点：{3}"),
    "unsent": ("The refusal could not be sent: {0}", "拒绝声明未能送出：{0}"),
    "trouble": ("Not looked at: {0}", "未能核对：{0}"),
    "in": ("event {0} is number {1} of {2} in the log", "事件 {0} 是日志 {2} 个事件中的第 {1} 号"),
    "not_in": ("! the proof does not lead from event {0} at {1} of {2} to the signed root", "! 该证明无法从第 {1} 号事件 {0}（共 {2}）推出已签署的根"),
    "by_log": ("signed by the log {0}", "日志 {0} 已签名"),
    "by_witness": ("witnessed by {0} at {1}", "{0} 已于 {1} 见证"),
    "not_by": ("! not witnessed by {0}", "! 未经 {0} 见证"),
}  # fmt: skip


def after(option: str, arguments: list[str]) -> list[str]:
    """What follows each `option`."""
    return [arguments[place + 1] for place, one in enumerate(arguments[:-1]) if one == option]


def run(arguments: list[str], say: Words) -> int:
    logs, proofs = after("--log", arguments), after("--proof", arguments)
    if proofs:
        digests = [bytes.fromhex(one) for one in after("--digest", arguments)]
        written = Path(proofs[0]).read_text(encoding="utf-8")
        return check_proof(written, digests[0] if digests else None, Key(logs[0]) if logs else None, [Key(one) for one in after("--witness", arguments)], say)  # fmt: skip
    folder = Path((after("--keep", arguments) or [str(Path.home() / ".bailee-witness")])[0])
    return Witness(House(arguments[0]), folder, say, *(after("--name", arguments) or [""])[:1], *logs[:1]).look()


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 2
    say, every = Words("--zh" in arguments), after("--every", arguments)
    while True:
        try:
            ended = run(arguments, say)
        except (Wrong, OSError, ValueError) as trouble:
            told = trouble.read().decode(errors="replace") if isinstance(trouble, urllib.error.HTTPError) else ""
            say("trouble", f"{trouble} {told}".strip())
            ended = 2
        if not every or ended == 1:
            return ended
        time.sleep(float(every[0]))


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
