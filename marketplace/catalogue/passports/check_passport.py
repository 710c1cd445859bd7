#!/usr/bin/env python3
"""Check a lot passport, trusting nobody, and pass on less of it. Python 3.10 or newer and its standard library are enough; nothing is fetched.

    python3 check_passport.py PASSPORT.json [--root HEX] [--key HEX] [--zh]
    python3 check_passport.py PASSPORT.json --keep climate.humidity,verified --out NARROW.json

Says field by field whether it is what was sealed when the goods were put up, and how many fields are sealed and not shown. It hashes each field with its salt,
builds the tree over all leaves (RFC 6962, section 2.1) and checks the house's Ed25519 signature under its root.
`--root`: the root as you know it from the sale's record (event PassportSealed) or from somebody else's file. `--key`: the house's key as you know it from
elsewhere; without it the file's own is taken. `--keep`: write a file that shows these fields and no others; it proves itself by the same root. `--zh`: in Chinese.
Ends with 0 where all holds, 1 where something does not, 2 where a file cannot be read.

This file shares no code with the house that wrote the passport, on purpose; and it is one file, so that it can be read and passed on as one.
"""

import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any

Told = dict[str, Any]
Point = tuple[int, int, int, int]
KIND = "bailee passport 1"

# -- The hashes, as the house defines them


def leaf_of(name: str, field: Told) -> str:
    """What the tree holds of a field."""
    value = json.dumps(field["value"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(b"\0" + "\n".join((KIND, name, field["salt"], value)).encode()).hexdigest()


def root_of(leaves: list[bytes]) -> bytes:
    """The root over one leaf at least."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root_of(leaves[:half]) + root_of(leaves[half:])).digest()


def signed_text(told: Told) -> bytes:
    """What the house signed."""
    facts = (KIND, told["listing"], told["edition"], told["sealed_at"], len(told["leaves"]), told["root"])
    return "\n".join(map(str, facts)).encode()


# -- Ed25519 (RFC 8032), checking only

P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` of `message` was made with the secret half of `key`."""
    a, r, s = point_of(key), point_of(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or len(signature) != 64 or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    left, right = times(s, BASE), add(r, times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def add(one: Point, other: Point) -> Point:
    """Two points of the curve, added."""
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % P, (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point: Point) -> Point:
    """A point added to itself so many times."""
    total = (0, 1, 1, 0)
    for bit in bin(number)[2:]:
        total = add(total, total)
        total = add(total, point) if bit == "1" else total
    return total


def point_of(text: bytes) -> Point | None:
    """The point that 32 bytes stand for; None where there is none."""
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    if len(text) != 32 or y >= P or x * x % P != square or (x == 0 and sign):
        return None
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or (0, 1, 1, 0)

# -- The questions


class Findings:
    """What was found, in the reader's language."""

    def __init__(self, chinese: bool) -> None:
        self.column, self.wrong = 1 if chinese else 0, 0

    def check(self, holds: bool, right: str, wrong: str, *facts: object) -> None:
        """One line: what holds, or what does not."""
        self.wrong += not holds
        print(("  " if holds else "! ") + WORDS[right if holds else wrong][self.column].format(*facts))


def check(told: Told, key: str, root: str | None, found: Findings) -> None:
    """All that the file claims, one by one."""
    leaves = told["leaves"]
    found.check(
        root_of([bytes.fromhex(one) for one in leaves]).hex() == told["root"], "tree", "tree_wrong", told["root"]
    )
    signed = is_signed(bytes.fromhex(key), signed_text(told), bytes.fromhex(told["signature"]))
    found.check(signed, "signed", "unsigned", key)
    if root is not None:
        found.check(root == told["root"], "root", "root_other", root)
    for name, field in sorted(told["fields"].items()):
        place = field["place"]
        there = 0 <= place < len(leaves) and leaves[place] == leaf_of(name, field)
        found.check(there, "field", "field_wrong", name, brief(field["value"]))
    found.check(len({one["place"] for one in told["fields"].values()}) == len(told["fields"]), "hidden", "place_twice", len(leaves) - len(told["fields"]))  # fmt: skip


def brief(value: Any) -> str:
    """A value in one short line."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def narrowed(told: Told, names: list[str]) -> Told:
    """The same passport with these fields alone. Refuses a field that it does not show."""
    return told | {"fields": {name: told["fields"][name] for name in names}}


WORDS = {
    "tree": ("the leaves lead to the root {0}", "叶节点归于根 {0}"),
    "tree_wrong": ("THE LEAVES DO NOT LEAD TO THE ROOT {0}", "叶节点不能归于根 {0}"),
    "signed": ("the house of key {0} signed it", "由密钥 {0} 的平台签名"),
    "unsigned": ("IT IS NOT SIGNED BY THE HOUSE OF KEY {0}", "并非由密钥 {0} 的平台签名"),
    "root": ("the root is the one that you know: {0}", "根与您所知的一致：{0}"),
    "root_other": ("THE ROOT IS ANOTHER THAN {0}", "根与 {0} 不一致"),
    "field": ("{0} is as it was sealed: {1}", "{0} 与封存时一致：{1}"),
    "field_wrong": ("{0} IS NOT WHAT WAS SEALED: {1}", "{0} 与封存时不一致：{1}"),
    "hidden": ("{0} fields are sealed and not shown", "另有 {0} 个字段已封存但未披露"),
    "place_twice": ("TWO FIELDS CLAIM ONE PLACE", "两个字段占用同一位置"),
    "written": ("{0} shows {1}", "{0} 披露 {1}"),
    "right": ("All of it holds.", "全部成立。"),
    "wrong": ("{0} of these do not hold.", "有 {0} 项不成立。"),
}


def option(name: str, arguments: list[str]) -> str | None:
    """What follows `name`; None where it was not given."""
    return arguments[arguments.index(name) + 1] if name in arguments[:-1] else None


def main(arguments: list[str]) -> int:
    found = Findings("--zh" in arguments)
    try:
        told = json.loads(Path(arguments[0]).read_bytes())
        print(told["number"], told["sealed_at"])
        check(told, option("--key", arguments) or told["key"], option("--root", arguments), found)
        keep, out = option("--keep", arguments), option("--out", arguments)
        if keep and out and not found.wrong:
            text = json.dumps(narrowed(told, keep.split(",")), ensure_ascii=False, indent=1)
            Path(out).write_text(text, encoding="utf-8")
            print("  " + WORDS["written"][found.column].format(out, keep))
    except (OSError, LookupError, AttributeError, TypeError, ValueError, RecursionError) as trouble:
        print(f"{type(trouble).__name__}: {trouble}", file=sys.stderr)
        return 2
    print(WORDS["wrong" if found.wrong else "right"][found.column].format(found.wrong))
    return 1 if found.wrong else 0


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
