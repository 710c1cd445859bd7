#!/usr/bin/env python3
"""Check a firm's whole archive, trusting nobody. Python 3.10 or newer and its standard library are enough; nothing is fetched.

    python3 check_archive.py ARCHIVE.zip [--key HEX] [--log VKEY] [--witness VKEY ...] [--zh]
    python3 ARCHIVE.zip

Says what holds and names what was removed, altered or added: the house's signature under the manifest, the hash of each file and its number of rows, the chain of
each record from its first event to its head, the words of each event, its place in the log over the whole house and who has witnessed that log, and the papers by
the hashes that their rows name. `--key`: the house's key as you know it from elsewhere; without it the manifest's own is taken; `--log` and `--witness` likewise.
Files are read piece by piece, so an archive may be larger than the memory. Ends with 0 where all is as it should be, 1 where something is not, 2 where the file
cannot be read.

`check_bundle.py`, `recompute.py` and `witness.py` lie beside it. The programs inside an archive are as honest as who made it: take these four from elsewhere if you can.
"""

import hashlib
import importlib
import io
import json
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Told = dict[str, Any]
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
UNREADABLE = (LookupError, AttributeError, TypeError, ValueError, ArithmeticError)
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)
PIECE = 2**20


def beside(name: str) -> Any:
    """A program that lies beside this one."""
    sys.path.insert(0, str(Path(__file__).parent))
    try:
        return importlib.import_module(name)
    finally:
        del sys.path[0]


class Archive:
    """The zip; its files are read as they are asked for."""

    def __init__(self, path: str) -> None:
        self.zip = zipfile.ZipFile(path)
        self.names = self.zip.namelist()
        self.manifest_bytes = self.zip.read(MANIFEST)
        self.manifest: Told = json.loads(self.manifest_bytes)
        self.listed = {one["name"]: one for one in self.manifest["files"]}

    def lines(self, name: str) -> Iterator[Told]:
        """A file of lines as it tells."""
        if name in self.names:
            with self.zip.open(name) as file:
                for line in file:
                    yield json.loads(line)

    def seen(self, name: str) -> tuple[str, int]:
        """A file's hash and its lines; no hash where its bytes do not come out."""
        digest, lines = hashlib.sha256(), 0
        try:
            with self.zip.open(name) as file:
                while piece := file.read(PIECE):
                    digest.update(piece)
                    lines += piece.count(b"\n")
        except BROKEN:
            return "", 0
        return digest.hexdigest(), lines


def check_manifest(archive: Archive, key: str, found: Any) -> None:
    """The house signed this list of files."""
    text = f"bailee firm archive 1\n{hashlib.sha256(archive.manifest_bytes).hexdigest()}".encode()
    written = archive.zip.read(SIGNATURE) if SIGNATURE in archive.names else b""
    signature = bytes.fromhex(written.decode("ascii", "replace").strip() or "00")
    signed = beside("recompute").is_signed(bytes.fromhex(key), text, signature)
    (found.say if signed else found.fault)("signed" if signed else "unsigned", key)


def check_files(archive: Archive, found: Any) -> None:
    """They are those: none more, none less, none other; and each table has its rows."""
    before = found.wrong
    for name, one in archive.listed.items():
        if name not in archive.names:
            found.fault("file_missing", name)
            continue
        digest, lines = archive.seen(name)
        if digest != one["sha256"]:
            found.fault("file_altered", name)
        elif "rows" in one and lines != one["rows"]:
            found.fault("rows_fewer", name, lines, one["rows"])
    for name in sorted(set(archive.names)):
        if name not in archive.listed and name not in (MANIFEST, SIGNATURE):
            found.fault("file_added", name)
        if archive.names.count(name) > 1:
            found.fault("file_doubled", name)
    for table, rows in archive.manifest["rows"].items():
        told = archive.listed.get(f"tables/{table}.jsonl", {}).get("rows", 0)
        if told != rows:
            found.fault("rows_fewer", table, told, rows)
    found.whole(before, "files", len(archive.listed))
    found.say("rows", sum(archive.manifest["rows"].values()), sum(map(bool, archive.manifest["rows"].values())))
    for one in archive.manifest["left_out"]:
        found.say("left_out", one["what"], one["why"])


def check_events(archive: Archive, key: str, trusted: list[str], found: Any) -> None:
    """Each record from its first event to the head that the house signed, each event by its words, and each where its proof says in the log."""
    bundle, before = beside("check_bundle"), found.wrong
    log = Log(archive, key, trusted, found)
    heads = {one["stream"]: (one["sequence"], one["head"]) for one in archive.manifest["streams"]}
    ends = dict[str, tuple[int, str]]()
    events = 0
    for event in archive.lines("events.jsonl"):
        stream, events = event["stream"], events + 1
        last, link = ends.get(stream, (0, hashlib.sha256(stream.encode()).hexdigest()))
        if "kind" in event and hashlib.sha256(bundle.text_of(stream, event)).hexdigest() != event["digest"]:
            found.fault("event_altered", event["sequence"], stream)
        link = hashlib.sha256(bytes.fromhex(link) + bytes.fromhex(event["digest"])).hexdigest()
        if (event["sequence"], event["hash"]) != (last + 1, link):
            found.fault("event_missing", last + 1, stream)
        log.prove(event)
        ends[stream] = (event["sequence"], event["hash"])
    for stream in heads.keys() | ends.keys():
        if heads.get(stream) != ends.get(stream):
            found.fault("chain_missing", stream)
    found.whole(before, "records", events, len(ends))
    found.whole(before, "proved", log.proved, events - log.proved)


class Log:
    """The signed trees over the whole house by which events are proved; none where no tree was signed yet."""

    def __init__(self, archive: Archive, key: str, trusted: list[str], found: Any) -> None:
        self.program, self.found, self.proved = beside("witness"), found, 0
        self.trees: list[tuple[str, int, bytes]] = []
        if "log.json" not in archive.names:
            return
        told: Told = json.loads(archive.zip.read("log.json"))
        log = self.program.Key(key or told["log"])
        for note in told["checkpoints"]:
            self.trees.append(self.program.tree_in(note))
            origin, size, _ = self.trees[-1]
            if log.signed_at(note) is None or origin != log.name:
                found.fault("tree_unsigned", size, log.name)
            beside("check_bundle").tell_witnesses(self.program, told, note, size, trusted, found)

    def prove(self, event: Told) -> None:
        """An event that waited for its place has no proof."""
        proof = event["proof"]
        if proof is None:
            return
        (_, size, root), path = self.trees[proof["checkpoint"]], [self.program.unwrapped(one) for one in proof["path"]]
        self.proved += 1
        if self.program.leads_to(proof["leaf"], size, bytes.fromhex(event["digest"]), path) != root:
            self.found.fault("not_in_log", event["sequence"], event["stream"], proof["leaf"], "events.jsonl")


def check_papers(archive: Archive, found: Any) -> None:
    """Each paper is the one that its row names, or it is said that it is not here."""
    before, there = found.wrong, 0
    by_id = {name.split("/")[1]: one["sha256"] for name, one in archive.listed.items() if name.startswith("documents/")}
    left_out = {one["what"] for one in archive.manifest["left_out"]}
    for row in archive.lines("tables/document.jsonl"):
        digest = by_id.pop(row["id"], None)
        if digest is None and f"documents/{row['id']}" not in left_out:
            found.fault("paper_missing", row["name"], row["version"])
        elif digest is not None and digest != row["sha256"]:
            found.fault("paper_otherwise", row["name"])
        there += digest is not None
    for stray in by_id:
        found.fault("paper_otherwise", stray)
    found.whole(before, "papers_there", there)


WORDS = {
    "rows": ("{0} rows in {1} tables", "{1} 个表共 {0} 行"),
    "records": ("{0} events follow on each other in {1} records", "{1} 条记录的 {0} 个事件首尾相接"),
    "proved": ("{0} events stand in the log over the whole house; {1} came after its last tree here", "{0} 个事件在全平台日志之中；另有 {1} 个在此处最后一棵树之后产生"),
    "papers_there": ("{0} papers are as their rows name them", "{0} 份文件与其登记一致"),
}  # fmt: skip


def main(arguments: list[str]) -> int:
    try:
        bundle = beside("check_bundle")
        bundle.WORDS.update(WORDS)
        keys, logs, trusted = (bundle.after(option, arguments) for option in ("--key", "--log", "--witness"))
        named = {*keys, *logs, *trusted}
        files = [one for one in arguments if not one.startswith("--") and one not in named] or [sys.argv[0]]
        found, archive = bundle.Findings("--zh" in arguments), Archive(files[0])
        print(archive.manifest["firm"]["name"], archive.manifest["made_at"])
        steps: tuple[tuple[Callable[..., None], tuple[Any, ...]], ...] = (
            (check_manifest, (keys[0] if keys else archive.manifest["key"],)),
            (check_files, ()),
            (check_events, (logs[0] if logs else "", trusted)),
            (check_papers, ()),
        )
        for step, given in steps:
            try:
                step(archive, *given, found)
            except (*UNREADABLE, *BROKEN) as trouble:
                found.fault("part_unreadable", f"{type(trouble).__name__}: {trouble}")
    except (OSError, ImportError, *BROKEN, *UNREADABLE) as trouble:
        print(f"{type(trouble).__name__}: {trouble}", file=sys.stderr)
        return 2
    print(bundle.WORDS["wrong" if found.wrong else "right"][found.column].format(found.wrong))
    return 1 if found.wrong else 0


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
