#!/usr/bin/env python3
"""Check an export of readings, trusting nobody. Python 3.10 or newer and its standard library are enough; nothing is fetched.

    python3 check_readings.py EXPORT.json [EARLIER.json ...] [--head HEX ...] [--zh]

Says whether the readings of the span are complete and unaltered as far as they are sealed, or names the message that is not. It follows each chain of seals
from its beginning, opens those that touch the span, leads each message up its way in the tree to the sealed root (RFC 6962), and hashes the readings anew.
EARLIER: exports of the same goods that you kept; a seal that is another now than it was then proves that the record was rewritten. `--head`: a head as you
know it from the lot's own record (event ReadingsSealed) or from a letter; it must be one of these chains'. `--zh`: in Chinese.
Ends with 0 where all is as it should be, 1 where something is not, 2 where a file cannot be read.

Digests of messages are those of the signed bodies, which their keeper holds: whoever is shown a body hashes it and looks it up here.
This file shares no code with the house that wrote the export, on purpose; and it is one file, so that it can be read and passed on as one.
"""

import hashlib
import io
import json
import sys
from typing import Any

Told = dict[str, Any]
Place = tuple[str, str, str, int, int]  # firm, subject, device, start, number

# -- The hashes, as the house defines them


def lines(*facts: object) -> bytes:
    """Facts, one to a line."""
    return "\n".join(map(str, facts)).encode()


def head_of(chain: Told, seal: Told) -> str:
    """What a seal is known by; it covers the head before it."""
    names = ("number", "sealed_at", "batches", "first_at", "last_at", "root", "previous")
    told = (chain["tenant"], chain["subject"], *(seal[name] for name in names))
    return hashlib.sha256(lines("bailee seal 1", *told)).hexdigest()


def leaf_of(batch: Told) -> bytes:
    """What a tree holds of a message."""
    names = ("device", "boot", "sequence", "digest", "series", "first_at", "last_at")
    return hashlib.sha256(b"\0" + lines("bailee batch 1", *(batch[name] for name in names))).digest()


def node_of(left: bytes, right: bytes) -> bytes:
    """Two hashes, joined."""
    return hashlib.sha256(b"\1" + left + right).digest()


def climb(leaf: bytes, place: int, count: int, path: list[bytes]) -> bytes:
    """The root to which a way leads from the leaf at `place` among `count`."""
    if count == 1 or not path:
        return leaf if count == 1 and not path and place == 0 else b""
    half = 1 << (count - 1).bit_length() - 1
    if place < half:
        return node_of(climb(leaf, place, half, path[:-1]), path[-1])
    return node_of(path[-1], climb(leaf, place - half, count - half, path[:-1]))


def series_of(rows: list[Told]) -> str:
    """The digest of what a message's readings say of one subject."""
    ordered = sorted(rows, key=lambda row: (row["metric"].encode(), row["channel"].encode(), row["first_at"]))
    return hashlib.sha256("\n".join(map(row_text, ordered)).encode()).hexdigest()


def row_text(row: Told) -> str:
    """One sensor's readings in a message."""
    quoted = [json.dumps(row[name], ensure_ascii=False) for name in ("unit", "channel")]
    figures = [",".join(map(str, row["offsets_ms"])), ",".join(row["values"])]
    marks = ["late" if row["late"] else "live", "trusted" if row["trusted"] else "untrusted"]
    return " ".join([row["metric"], *quoted, row["first_at"], *figures, *marks])


# -- The questions


class Findings:
    """What was found, in the reader's language."""

    def __init__(self, chinese: bool) -> None:
        self.column, self.wrong = 1 if chinese else 0, 0

    def say(self, name: str, *facts: object) -> None:
        """What is as it should be."""
        print("  " + WORDS[name][self.column].format(*facts))

    def fault(self, name: str, *facts: object) -> None:
        """What is not."""
        self.wrong += 1
        print("! " + WORDS[name][self.column].format(*facts))


def check(export: Told, found: Findings) -> None:
    """All that the export claims, one by one."""
    for chain in export["chains"]:
        follow_chain(chain, found)
        for seal in chain["seals"]:
            if touches(seal, export["span"]):
                open_seal(chain, seal, found)
    compare_readings(export, found)


def touches(one: Told, span: Told) -> bool:
    """Whether something has a part in the span; times of one form compare as text."""
    return bool(one["first_at"] < span["end"] and one["last_at"] >= span["start"])


def follow_chain(chain: Told, found: Findings) -> None:
    """Every seal from the first on, each naming the one before it."""
    previous = hashlib.sha256(lines("bailee seals 1", chain["tenant"], chain["subject"])).hexdigest()
    for number, seal in enumerate(chain["seals"], 1):
        if seal["number"] != number or seal["previous"] != previous:
            found.fault("seal_missing", number, chain["subject"])
            return
        if head_of(chain, seal) != seal["head"]:
            found.fault("seal_altered", number, chain["subject"])
            return
        previous = seal["head"]
    found.say("chain", len(chain["seals"]), chain["subject"])


def open_seal(chain: Told, seal: Told, found: Findings) -> None:
    """Every message under a seal, each at its place and on its way to the root."""
    before, opened = found.wrong, {batch["place"]: batch for batch in seal["opened"] or []}
    for place in range(seal["batches"]):
        if place not in opened:
            found.fault("batch_missing", place + 1, seal["batches"], seal["number"], *neighbours(opened, place))
        elif not leads_up(opened[place], seal):
            found.fault("batch_altered", *named(opened[place]), seal["number"])
    if len(seal["opened"] or []) != len(opened) or any(place >= seal["batches"] for place in opened):
        found.fault("batch_added", seal["number"])
    if found.wrong == before:
        found.say("opened", seal["number"], seal["batches"], chain["subject"])


def leads_up(batch: Told, seal: Told) -> bool:
    """Whether a message belongs under this root, at this place."""
    path = [bytes.fromhex(step) for step in batch["path"]]
    return bool(seal["root"] == climb(leaf_of(batch), batch["place"], seal["batches"], path).hex())


def named(batch: Told) -> tuple[object, ...]:
    """A message as its device counts it."""
    return batch["device"], batch["boot"], batch["sequence"]


def neighbours(opened: dict[int, Told], place: int) -> tuple[str, str]:
    """The messages on both sides of one that is not there."""
    sides = (opened.get(place - 1), opened.get(place + 1))
    before, after = ("/".join(map(str, named(one))) if one else "-" for one in sides)
    return before, after


def compare_readings(export: Told, found: Findings) -> None:
    """The readings of each sealed message of the span are there, all of them, and as they were sealed."""
    rows: dict[Place, list[Told]] = {}
    for row in export["readings"]:
        rows.setdefault((row["tenant"], row["subject"], *named(row)), []).append(row)
    sealed, right, gone = wanted(export), 0, list[str]()
    for place, batch in sealed.items():
        its = rows.pop(place, [])
        if batch["let_go_at"] and not its:
            gone.append(batch["last_at"])
        elif series_of(its) == batch["series"]:
            right += 1
        else:
            found.fault("readings_altered" if its else "readings_missing", *place[2:], batch["seal"])
    if gone:
        found.say("let_go", len(gone), min(gone), max(gone))
    if sealed or not rows:
        found.say("readings", right, len(sealed))
    else:
        found.fault("nothing_sealed")
    for place in rows:
        found.say("unsealed", *place[2:])


def wanted(export: Told) -> dict[Place, Told]:
    """The sealed messages whose readings the export must hold."""
    of_device = export["about"]["id"] if export["about"]["kind"] == "device" else None
    found: dict[Place, Told] = {}
    for chain in export["chains"]:
        for seal in chain["seals"]:
            for batch in seal["opened"] or []:
                if touches(batch, export["span"]) and of_device in (None, batch["device"]):
                    place: Any = (chain["tenant"], chain["subject"], *named(batch))
                    found[place] = batch | {"seal": seal["number"]}
    return found


def compare_kept(kept: Told, export: Told, found: Findings) -> None:
    """An export that was kept: its seals are still there, the same."""
    now = {(chain["tenant"], chain["subject"]): chain["seals"] for chain in export["chains"]}
    for chain in kept["chains"]:
        seals = now.get((chain["tenant"], chain["subject"]), [])
        then = [seal["head"] for seal in chain["seals"]]
        if [seal["head"] for seal in seals[: len(then)]] != then:
            found.fault("kept_otherwise", chain["subject"])
        else:
            found.say("kept", len(then), chain["subject"])


WORDS = {
    "chain": ("{0} seals of {1} follow on each other", "{1} 的 {0} 个封印首尾相接"),
    "seal_missing": ("seal {0} of {1} is missing, or does not follow on the one before", "{1} 的第 {0} 个封印缺失，或与前一个不相接"),
    "seal_altered": ("seal {0} of {1} was altered", "{1} 的第 {0} 个封印被改动"),
    "opened": ("seal {0} holds {1} messages, each at its place", "第 {0} 个封印含 {1} 条消息，各在其位"),
    "batch_missing": ("message {0} of {1} under seal {2} is missing (between {3} and {4})", "第 {2} 个封印下 {1} 条消息中的第 {0} 条缺失（位于 {3} 与 {4} 之间）"),
    "batch_altered": ("message {2} of start {1} of device {0} is not what seal {3} covers", "设备 {0} 第 {1} 次启动的第 {2} 条消息与第 {3} 个封印不符"),
    "batch_added": ("under seal {0} there are messages that it does not cover", "第 {0} 个封印下有其未涵盖的消息"),
    "readings": ("the readings of {0} of {1} sealed messages are as they were sealed", "{1} 条已封存消息中，{0} 条的读数与封存时一致"),
    "readings_altered": ("the readings of message {2} of start {1} of device {0} are not what seal {3} covers", "设备 {0} 第 {1} 次启动的第 {2} 条消息的读数与第 {3} 个封印不符"),
    "readings_missing": ("the readings of message {2} of start {1} of device {0}, under seal {3}, are missing", "设备 {0} 第 {1} 次启动的第 {2} 条消息（第 {3} 个封印下）的读数缺失"),
    "nothing_sealed": ("no message of this export lies under a seal: nothing is proved", "此导出中没有任何消息在封印之下：未能证明任何内容"),
    "let_go": ("the readings of {0} sealed messages ({1} to {2}) were let go, says the house; the lot's record must say the same (event ReadingsLetGo)", "平台称 {0} 条已封存消息（{1} 至 {2}）的读数已按保存期清除；批次记录中应有相同说明（事件 ReadingsLetGo）"),
    "unsealed": ("message {2} of start {1} of device {0} lies under no seal yet: nothing is said of it", "设备 {0} 第 {1} 次启动的第 {2} 条消息尚未封存：对其不作结论"),
    "kept": ("the {0} seals of {1} are those of the export that was kept", "{1} 的 {0} 个封印与留存的导出一致"),
    "kept_otherwise": ("THE SEALS OF {0} ARE OTHERS THAN IN THE EXPORT THAT WAS KEPT", "{0} 的封印与留存的导出不一致"),
    "head": ("the head {0} is there", "链头 {0} 在其中"),
    "head_unknown": ("the head {0} is in none of these chains", "链头 {0} 不在任何一条链中"),
    "right": ("Complete and unaltered, as far as sealed.", "就已封存部分而言，完整且未被改动。"),
    "wrong": ("{0} of these do not hold.", "有 {0} 项不成立。"),
}  # fmt: skip


def main(arguments: list[str]) -> int:
    heads = [arguments[place + 1] for place, one in enumerate(arguments[:-1]) if one == "--head"]
    files = [one for one in arguments if not one.startswith("--") and one not in heads]
    found = Findings("--zh" in arguments)
    try:
        export, *earlier = [json.load(open(name, encoding="utf-8")) for name in files]  # noqa: SIM115 closed at the end
        print(export["about"]["name"], export["span"]["start"], export["span"]["end"])
        check(export, found)
        for kept in earlier:
            compare_kept(kept, export, found)
        known = {seal["head"] for chain in export["chains"] for seal in chain["seals"]}
        for head in heads:
            (found.say if head in known else found.fault)("head" if head in known else "head_unknown", head)
    except (OSError, LookupError, AttributeError, TypeError, ValueError) as trouble:
        print(f"{type(trouble).__name__}: {trouble}", file=sys.stderr)
        return 2
    print(WORDS["wrong" if found.wrong else "right"][found.column].format(found.wrong))
    return 1 if found.wrong else 0


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
