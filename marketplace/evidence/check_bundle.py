#!/usr/bin/env python3
"""Check an evidence bundle of a deal, trusting nobody. Python 3.10 or newer and its standard library are enough; nothing is fetched.

    python3 check_bundle.py DEAL.zip [EARLIER.zip ...] [--key HEX] [--log VKEY] [--witness VKEY ...] [--head HEX ...] [--zh]
    python3 DEAL.zip

Says file by file what holds, and names what was removed, altered or added. It checks the house's signature under the manifest and the hash of each file; follows
the chain of each record from its first event; holds the rows beside what the record told of them when they were made; adds up postings, balances and
valuations anew; hashes papers and receipts; proves that the events stand in the log over the whole house, and tells who has witnessed that; and has `check_readings.py` and `recompute.py`, which lie beside it, go through sealed readings and sales.
EARLIER: bundles of the same deal that you kept; a record that is another now than it was then proves that it was rewritten. `--key`: the house's key as you
know it from elsewhere; without it the manifest's own is taken; `--log` and `--witness` likewise: the log's key, and the witnesses that count. `--head`: a head of a record as somebody else knows it. `--zh`: in Chinese.
Ends with 0 where all is as it should be, 1 where something is not, 2 where a file cannot be read.

The programs inside a bundle are as honest as who made it: take these four from somewhere else if you can. They share no code with the house that wrote it.
"""

import hashlib
import importlib
import io
import json
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

Told = dict[str, Any]
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
UNREADABLE = (LookupError, AttributeError, TypeError, ValueError, ArithmeticError)
# What the record told when a row was made -> its table, the fact that names the row, and which facts are which columns for ever.
PAPER = ("document", "document_id", {"sha256": "sha256", "name": "name", "kind": "kind", "version": "version"})
MADE: dict[str, tuple[str, str, dict[str, str]]] = {
    "MarginCallOpened": ("margin_call", "call_id", {"number": "number", "outstanding": "outstanding", "market_value": "market_value", "cash": "cash", "goods": "goods"}),
    "DealValued": ("deal_valuation", "valuation_id", {"market_value": "market_value", "collateral_value": "collateral_value"}),
    "PaymentConfirmed": ("drawdown", "drawdown_id", {"amount": "amount", "reference": "bank_reference"}),
    "RepaymentReceived": ("repayment", "repayment_id", {"amount": "amount", "fees": "fees", "interest": "interest", "principal": "principal", "reference": "reference"}),
    "OfferMade": ("offer", "offer_id", {"limit": "limit", "tenor_days": "tenor_days"}),
    "ControlConfirmed": ("control_record", "control_id", {"statement": "statement"}),
    "ReleaseOrdered": ("release_order", "order_id", {"quantity": "ordered"}),
    "AlarmRaised": ("alarm", "alarm_id", {"number": "number", "type": "type"}),
    "ReceiptIssued": ("warehouse_receipt", "receipt_id", {"number": "number", "content_hash": "content_hash"}),
    "DocumentAdded": PAPER, "ConfidentialDocumentAdded": PAPER, "TermsDocumentAdded": PAPER,
}  # fmt: skip
DIGITS = dict.fromkeys(("JPY", "KRW", "VND", "CLP"), 0) | dict.fromkeys(
    ("KWD", "BHD", "OMR"), 3
)  # of a currency's minor unit, where not 2 (ISO 4217)
UNITS = {code: Fraction(worth) for code, worth in (
    ("KGM", 1), ("GRM", "0.001"), ("TNE", 1000), ("DTN", 100), ("LBR", "0.45359237"), ("MTQ", 1), ("LTR", "0.001"), ("MTR", 1), ("KMT", 1000), ("MTK", 1), ("H87", 1), ("C62", 1),
)}  # UN/ECE Rec 20: how many of its dimension's reference unit one is  # fmt: skip
IN_FORCE = {"ACTIVE", "IMPAIRED", "ENFORCING"}
DEBT = {"loan_principal", "interest_receivable", "penalty_receivable", "fees_receivable"}


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

    def whole(self, before: int, name: str, *facts: object) -> None:
        """Said where nothing was found wrong since `before`."""
        if self.wrong == before:
            self.say(name, *facts)


class Bundle:
    """A bundle's files by name. One whose bytes do not come out of the archive is there, and empty."""

    def __init__(self, path: str) -> None:
        self.files: dict[str, bytes] = {}
        with zipfile.ZipFile(path) as opened:
            self.doubled = [name for name, times in Counter(opened.namelist()).items() if times > 1]
            for one in opened.infolist():
                try:
                    self.files[one.filename] = opened.read(one)
                except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
                    self.files[one.filename] = b""
        self.manifest: Told = json.loads(self.files[MANIFEST])
        self.unreadable: set[str] = set()
        self.tables: dict[str, list[Told]] = {}
        for _, told in self.told("records/"):
            self.tables |= told["tables"]
        self.events = [(chain, event) for _, chain in self.told("events/") for event in chain["events"]]

    def told(self, folder: str) -> Iterator[tuple[str, Told]]:
        """The files of a folder as they tell; what is no such file is remembered."""
        for name in sorted(self.files):
            if name.startswith(folder):
                try:
                    told = json.loads(self.files[name])
                    told["kind"]
                except UNREADABLE:
                    self.unreadable.add(name)
                else:
                    yield name, told

    def rows(self, table: str) -> list[Told]:
        """What the bundle holds of a table."""
        return self.tables.get(table, [])


def beside(name: str) -> Any:
    """A program that lies beside this one."""
    sys.path.insert(0, str(Path(__file__).parent))
    try:
        return importlib.import_module(name)
    finally:
        del sys.path[0]


def digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()


# -- The manifest and its files


def check_manifest(bundle: Bundle, key: str, found: Findings) -> None:
    """The house signed this list of files, and they are those: none more, none less, none other."""
    text = f"bailee evidence bundle 1\n{digest(bundle.files[MANIFEST])}".encode()
    signature = bytes.fromhex(bundle.files.get(SIGNATURE, b"").decode("ascii", "replace").strip() or "00")
    signed = beside("recompute").is_signed(bytes.fromhex(key), text, signature)
    (found.say if signed else found.fault)("signed" if signed else "unsigned", key)
    before, listed = found.wrong, {one["name"]: one for one in bundle.manifest["files"]}
    for name, one in listed.items():
        if name not in bundle.files:
            found.fault("file_missing", name)
        elif digest(bundle.files[name]) != one["sha256"]:
            found.fault("file_altered", name)
    for name in sorted(bundle.files.keys() - listed.keys() - {MANIFEST, SIGNATURE}):
        found.fault("file_added", name)
    for name in [*bundle.doubled, *sorted(bundle.unreadable)]:
        found.fault("file_doubled" if name in bundle.doubled else "file_unreadable", name)
    found.whole(before, "files", len(listed))
    for one in bundle.manifest["left_out"]:
        found.say("left_out", one["what"], one["why"])


# -- The record


def check_chains(bundle: Bundle, found: Findings) -> None:
    """Each record from its first event to the head that the house signed."""
    heads = {one["stream"]: (one["sequence"], one["head"]) for one in bundle.manifest["streams"]}
    for _, chain in bundle.told("events/"):
        follow_chain(chain, heads.pop(chain["stream"], None), found)
    for stream in heads:
        found.fault("chain_missing", stream)


def follow_chain(chain: Told, head: tuple[int, str] | None, found: Findings) -> None:
    """Each event's hash covers its digest and the hash before it; the digest covers the event's words, where they are told."""
    before, link = found.wrong, hashlib.sha256(chain["stream"].encode()).digest()
    for place, event in enumerate(chain["events"], 1):
        if "kind" in event and digest(text_of(chain["stream"], event)) != event["digest"]:
            found.fault("event_altered", event["sequence"], chain["name"])
        link = hashlib.sha256(link + bytes.fromhex(event["digest"])).digest()
        if (event["sequence"], event["hash"]) != (place, link.hex()):
            found.fault("event_missing", place, chain["name"])
            return
    if (len(chain["events"]), link.hex()) != head:
        found.fault("chain_short", chain["name"], len(chain["events"]))
    found.whole(before, "chain", len(chain["events"]), chain["name"], sum("kind" in one for one in chain["events"]), link.hex())  # fmt: skip


def text_of(stream: str, event: Told) -> bytes:
    """What an event's digest covers."""
    at = datetime.fromisoformat(event["at"]).astimezone(timezone.utc)  # noqa: UP017 this runs on 3.10
    rest = [event[name] for name in ("tenant", "person", "actor", "facts", "evidence")]
    return "\n".join(
        map(str, (stream, event["sequence"], event["kind"], f"{at:%Y-%m-%dT%H:%M:%S.%fZ}", *rest))
    ).encode()


def check_log(bundle: Bundle, log: str, trusted: list[str], found: Findings) -> None:
    """Each event stands in the log over the whole house, as far as its tree was signed; and who has witnessed that tree. Bundles from before have no proofs."""
    program = beside("witness")
    digests = {(chain["stream"], event["sequence"]): event["digest"] for chain, event in bundle.events}
    for name, told in bundle.told("proofs/"):
        before, key, proved = found.wrong, program.Key(log or told["log"]), set[tuple[str, int]]()
        trees = [program.tree_in(note) for note in told["checkpoints"]]
        for (origin, size, _), note in zip(trees, told["checkpoints"], strict=True):
            if key.signed_at(note) is None or origin != key.name:
                found.fault("tree_unsigned", size, key.name)
            tell_witnesses(program, told, note, size, trusted, found)
        for stream, proof in [(stream, one) for stream, proofs in told["proofs"].items() for one in proofs]:
            place, (_, size, root) = (stream, proof["sequence"]), trees[proof["checkpoint"]]
            path = [program.unwrapped(one) for one in proof["path"]]
            if program.leads_to(proof["leaf"], size, bytes.fromhex(digests.get(place, "")), path) != root:
                found.fault("not_in_log", proof["sequence"], stream, proof["leaf"], name)
            proved.add(place)
        found.whole(before, "in_log", len(proved), key.name, len(digests.keys() - proved))


def tell_witnesses(program: Any, told: Told, note: str, size: int, trusted: list[str], found: Findings) -> None:
    """Who signed a tree, as the house has the keys registered, or by those that the reader trusts."""
    firms = {one["key"]: one["firm"] for one in told["witnesses"]}
    signed = {key: program.Key(key).signed_at(note) for key in trusted or firms}
    for key, at in signed.items():
        if at:
            found.say("witnessed", size, firms.get(key, key.partition("+")[0]), program.moment(at))
    if not any(signed.values()):
        (found.fault if trusted else found.say)("unwitnessed", size)


def check_rows_were_told(bundle: Bundle, found: Findings) -> None:
    """The rows are those of which the record told when they were made, and as it told them."""
    before, compared, deal = found.wrong, 0, bundle.manifest["deal"]["id"]
    is_party = bool({"bank", "borrower"} & set(bundle.manifest["roles"]))
    for chain, event in bundle.events:
        table, named_by, same = MADE.get(event.get("kind", ""), ("", "", {}))
        facts = json.loads(event["facts"]) if table else {}
        if not table or facts.get("deal_id", deal) != deal or (table not in bundle.tables and not is_party):
            continue
        row = next((one for one in bundle.rows(table) if one["id"] == facts[named_by]), None)
        compared += 1
        if row is None:
            found.fault("row_missing", table, facts[named_by], event["sequence"], chain["name"])
            continue
        for fact, column in same.items():
            if not agree(facts[fact], row, column):
                found.fault("row_otherwise", table, row["id"], column, event["sequence"], chain["name"])
    found.whole(before, "rows_told", compared)
    for table, rows in bundle.manifest["rows"].items():
        if len(bundle.rows(table)) != rows:
            found.fault("rows_fewer", table, len(bundle.rows(table)), rows)


def agree(fact: Any, row: Told, column: str) -> bool:
    """Whether a column says what the record said: money by minor units and currency, quantities by figure and unit."""
    if isinstance(fact, dict) and "minor" in fact:
        return bool((fact["minor"], fact["currency"]) == (row[f"{column}_minor"], row["currency"]))
    if isinstance(fact, dict):
        return bool((Decimal(fact["amount"]), fact["unit"]) == (Decimal(row[column]), row["unit"]))
    return bool(fact == row[column])


# -- The parts


def check_book(bundle: Bundle, found: Findings) -> None:
    """Each posting adds up to nothing and has all its lines; the trial balance and the running debt are what the lines come to."""
    before, lines = found.wrong, Counter[str]()
    sums, turned, debts = Counter[tuple[str, str]](), Counter[tuple[str, str, str]](), Counter[tuple[str, str]]()
    for one in bundle.rows("ledger_entry"):
        amount, account = one["amount_minor"], one["account"]
        lines[one["posting_id"]] += 1
        sums[one["posting_id"], one["currency"]] += amount
        turned[account, one["currency"], "debits" if amount > 0 else "credits"] += abs(amount)
        debts[account, one["currency"]] += amount if account in DEBT else 0
    for posting in bundle.rows("posting"):
        if lines.pop(posting["id"], 0) != posting["entry_count"]:
            found.fault("posting_short", posting["key"])
    for posting_id in [one for one, _ in sums if sums[one, _]] + list(lines):
        found.fault("posting_unbalanced", posting_id)
    for told in [one for _, file in bundle.told("records/ledger") for one in file["trial_balance"]]:
        place = (told["account"], told["currency"])
        ours = turned[(*place, "debits")], turned[(*place, "credits")]
        if ours != (told["debits_minor"], told["credits_minor"]) or told["balance_minor"] != ours[0] - ours[1]:
            found.fault("balance_wrong", *place)
    for one in bundle.rows("debt_balance"):
        if one["amount_minor"] != debts[one["account"], one["currency"]]:
            found.fault("debt_wrong", one["account"], one["currency"])
    found.whole(before, "book", len(bundle.rows("posting")), len(bundle.rows("ledger_entry")))


def check_values(bundle: Bundle, found: Findings) -> None:
    """Each valuation is the sum of its lines, and each line the product of its figures less what stands ahead. Where goods were not looked at again and only
    a price was new, its lines are those of the look that found them, at the price that the valuation keeps.
    """
    before, lines, values = found.wrong, dict[str, list[Told]](), bundle.rows("deal_valuation")
    for line in bundle.rows("valuation_line"):
        lines.setdefault(line["valuation_id"], []).append(line)
    for value in values:
        looked: str = value.get("goods_of") or value["id"]
        mine, is_look = lines.get(looked, []), looked == value["id"]
        for name, minor in (looked_at if is_look else marked)(mine, value).items():
            if minor != value[name]:
                found.fault("value_wrong", value["id"], name)
        for line in mine if is_look else ():
            if (
                line["unit"] == line["price_unit"]
                and product(line, line["price"]) - line["ahead_minor"] != line["market_value_minor"]
            ):
                found.fault("line_wrong", line["lot_number"], value["id"])
    for valuation_id in lines.keys() - {value["id"] for value in values}:
        found.fault("value_missing", valuation_id)
    found.whole(before, "values", len(values))


def looked_at(lines: list[Told], _value: Told) -> dict[str, int]:
    """Market and collateral value of goods as their lines tell them."""
    return {name: sum(line[name] for line in lines) for name in ("market_value_minor", "collateral_value_minor")}


def marked(lines: list[Told], value: Told) -> dict[str, int]:
    """The same of goods that were found earlier, at this valuation's prices."""
    market = collateral = 0
    for line in lines:
        told = value["prices"][line["price_code"]]
        price = Fraction(told["price"]) * UNITS[line["unit"]] / UNITS[told["unit"]]
        market += product(line, price)
        collateral += product(line, price, 1 - Fraction(line["haircut"]))
    return {"market_value_minor": market, "collateral_value_minor": collateral}


def product(line: Told, price: Any, share: Fraction = Fraction(1)) -> int:
    """q p g k of what is dry in minor units, or a share of it, rounded half up."""
    value = (
        Fraction(10 ** DIGITS.get(line["currency"], 2))
        * Fraction(price)
        * share
        * (1 - Fraction(line.get("moisture", 0)))
    )
    for name in ("quantity", "grade", "condition"):
        value *= Fraction(line[name])
    return int(value + Fraction(1, 2))


def check_pledges(bundle: Bundle, found: Findings) -> None:
    """No unit of goods twice in one rank, and nothing in force without a control record."""
    before, controls = found.wrong, {one["id"] for one in bundle.rows("control_record")}
    held = [one for one in bundle.rows("pledge") if one["status"] in IN_FORCE]
    for one in held:
        if controls and one["control_id"] not in controls:
            found.fault("control_missing", one["lot_number"])
    ranges = sorted((one["lot_id"], one["rank"], *span(one["units"]), one["lot_number"]) for one in held)
    for before_it, after_it in pairwise(ranges):
        if before_it[:2] == after_it[:2] and after_it[2] < before_it[3]:
            found.fault("pledged_twice", after_it[4])
    found.whole(before, "pledges", len(held), len(bundle.rows("pledge")))


def span(written: str) -> tuple[int, int]:
    """[low,high) as numbers."""
    low, high = written.strip("[()]").split(",")
    return int(low), int(high)


def check_calls(bundle: Bundle, found: Findings) -> None:
    """Each margin call that counts as notified has its notice, with proof of delivery, in the record."""
    before = found.wrong
    proofs = {json.loads(event["facts"])["call_id"] for _, event in bundle.events if event.get("kind") == "NoticeReached"}  # fmt: skip
    for call in bundle.rows("margin_call"):
        if call["notified_at"] and call["id"] not in proofs:
            found.fault("notice_missing", call["number"])
    found.whole(before, "calls", len(bundle.rows("margin_call")))


def check_papers(bundle: Bundle, found: Findings) -> None:
    """Each document's bytes are those that its row and the record name; each receipt says what its hash covers."""
    before, with_bytes = found.wrong, 0
    left = {one["what"] for one in bundle.manifest["left_out"]}
    for paper in bundle.rows("document"):
        names = [name for name in bundle.files if name.startswith(f"documents/{paper['id']}/")]
        if not names and f"documents/{paper['id']}" not in left:
            found.fault("paper_missing", paper["name"], paper["version"])
        for name in names:
            with_bytes += 1
            if digest(bundle.files[name]) != paper["sha256"]:
                found.fault("paper_otherwise", name)
    for receipt in bundle.rows("warehouse_receipt"):
        content = json.dumps(receipt["content"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if receipt["content_hash"] and digest(content.encode()) != receipt["content_hash"]:
            found.fault("receipt_otherwise", receipt["number"])
    found.whole(before, "papers", len(bundle.rows("document")), with_bytes, len(bundle.rows("warehouse_receipt")))


def check_readings(bundle: Bundle, found: Findings) -> None:
    """What devices said is complete and unaltered as far as sealed, and each seal's head stands in the lot's record."""
    program = beside("check_readings")
    heads = {json.loads(event["facts"])["head"] for _, event in bundle.events if event.get("kind") == "ReadingsSealed"}
    for name, export in bundle.told("readings/"):
        print(name)
        theirs = program.Findings(bool(found.column))
        program.check(export, theirs)
        found.wrong += theirs.wrong
        for seal in [seal for chain in export["chains"] for seal in chain["seals"]]:
            if seal["head"] not in heads:
                found.fault("seal_untold", seal["number"], name)


def check_sales(bundle: Bundle, key: str, found: Findings) -> None:
    """Each sale comes to the same winner and price."""
    program = beside("recompute")
    for name, record in bundle.told("auctions/"):
        print(name)
        theirs = program.Findings(bool(found.column))
        program.recompute(record, bytes.fromhex(key), theirs)
        found.wrong += theirs.wrong


def compare_kept(kept: Bundle, bundle: Bundle, found: Findings) -> None:
    """A bundle that was kept: each of its records is still there, the same from its first event on."""
    now = {chain["stream"]: [one["hash"] for one in chain["events"]] for _, chain in bundle.told("events/")}
    for _, chain in kept.told("events/"):
        then = [one["hash"] for one in chain["events"]]
        if now.get(chain["stream"], [])[: len(then)] != then:
            found.fault("kept_otherwise", chain["name"])
        else:
            found.say("kept", len(then), chain["name"])


def check(bundle: Bundle, key: str, found: Findings, log: str = "", trusted: list[str] | None = None) -> None:
    """All that the bundle claims, one by one; what cannot be read at one place is told, and the others are looked at all the same."""
    steps: list[Callable[[], None]] = [
        lambda: check_manifest(bundle, key, found),
        lambda: check_sales(bundle, key, found),
        lambda: check_log(bundle, log, trusted or [], found),
        *(lambda step=step: step(bundle, found) for step in (check_chains, check_rows_were_told, check_book, check_values, check_pledges, check_calls, check_papers, check_readings)),
    ]  # fmt: skip
    for step in steps:
        try:
            step()
        except UNREADABLE as trouble:
            found.fault("part_unreadable", f"{type(trouble).__name__}: {trouble}")


WORDS = {
    "signed": ("the manifest bears the house's signature (key {0})", "清单带有平台签名（公钥 {0}）"),
    "unsigned": ("the manifest does not bear the signature of {0}", "清单没有公钥 {0} 的签名"),
    "files": ("{0} files are as the manifest lists them", "{0} 个文件与清单一致"),
    "file_missing": ("{0} is missing", "缺少 {0}"),
    "file_altered": ("{0} was altered", "{0} 被改动"),
    "file_added": ("{0} is in no manifest", "{0} 不在清单中"),
    "file_doubled": ("{0} is there twice", "{0} 重复出现"),
    "file_unreadable": ("{0} cannot be read", "{0} 无法读取"),
    "part_unreadable": ("a part cannot be read: {0}", "有部分无法读取：{0}"),
    "left_out": ("not in this bundle: {0} ({1})", "本证据包未含：{0}（{1}）"),
    "chain": ("{1}: {0} events follow on each other, {2} of them in words; head {3}", "{1}：{0} 个事件首尾相接，其中 {2} 个附全文；链头 {3}"),
    "chain_missing": ("the record {0}, whose head was signed, is missing", "缺少已签署链头的记录 {0}"),
    "chain_short": ("the record of {0} does not end at the head that was signed, but after {1} events", "{0} 的记录未止于已签署的链头，而止于第 {1} 个事件"),
    "event_missing": ("event {0} of {1} is missing or altered, or one before it", "{1} 的第 {0} 个事件或其前的事件缺失或被改动"),
    "event_altered": ("the words of event {0} of {1} were altered", "{1} 的第 {0} 个事件的内容被改动"),
    "in_log": ("{0} events stand in the log {1}; {2} came after its last tree here", "{0} 个事件在日志 {1} 中；另有 {2} 个在此处最后一棵树之后产生"),
    "not_in_log": ("event {0} of {1} does not stand in the log at {2} as {3} says", "{1} 的第 {0} 个事件并未如 {3} 所述位于日志第 {2} 号"),
    "tree_unsigned": ("the tree of {0} events is not signed by the log {1}", "{0} 个事件的树没有日志 {1} 的签名"),
    "witnessed": ("the tree of {0} events was witnessed by {1} at {2}", "{0} 个事件的树已由 {1} 于 {2} 见证"),
    "unwitnessed": ("the tree of {0} events was witnessed by nobody", "{0} 个事件的树无人见证"),
    "rows_told": ("{0} rows are as the record told of them when they were made", "{0} 行数据与其产生时的记录一致"),
    "row_missing": ("{0} {1} is missing, of which event {2} of {3} tells", "缺少 {0} {1}，而 {3} 的第 {2} 个事件提到它"),
    "row_otherwise": ("{2} of {0} {1} is not what event {3} of {4} told", "{0} {1} 的 {2} 与 {4} 的第 {3} 个事件所述不符"),
    "rows_fewer": ("{0} has {1} rows where the manifest says {2}", "{0} 有 {1} 行，清单所载为 {2} 行"),
    "book": ("{0} postings with {1} lines balance; the trial balance and the debt follow from them", "{0} 笔记账、{1} 行分录借贷相等；试算平衡与欠款由其得出"),
    "posting_short": ("posting {0} has not all its lines", "记账 {0} 分录不全"),
    "posting_unbalanced": ("posting {0} does not balance, or has no head", "记账 {0} 借贷不等或缺少凭证头"),
    "balance_wrong": ("the trial balance of {0} ({1}) does not follow from the lines", "{0}（{1}）的试算平衡与分录不符"),
    "debt_wrong": ("the debt on {0} ({1}) does not follow from the lines", "{0}（{1}）的欠款与分录不符"),
    "values": ("{0} valuations are the sums of their lines, and these the products of their figures", "{0} 次估值等于各行之和，各行等于其数字之积"),
    "value_wrong": ("valuation {0} is not the sum of its lines ({1})", "估值 {0} 不等于各行之和（{1}）"),
    "value_missing": ("lines of a valuation {0} that is missing", "缺少估值 {0}，只有其各行"),
    "line_wrong": ("the value of {0} in valuation {1} does not follow from its figures", "估值 {1} 中 {0} 的价值与其数字不符"),
    "pledges": ("{0} of {1} pledges are in force, no unit twice, each under a control record", "{1} 笔质押中 {0} 笔有效，无重复单位，均有控制记录"),
    "control_missing": ("the pledge on {0} is in force without a control record", "{0} 上的质押有效但没有控制记录"),
    "pledged_twice": ("units of {0} are pledged twice", "{0} 的部分单位被重复质押"),
    "calls": ("{0} margin calls; each that counts as notified has its proof of delivery", "{0} 次补仓通知；已送达的均有送达证明"),
    "notice_missing": ("margin call {0} counts as notified without any proof of delivery", "补仓通知 {0} 记为已送达但没有送达证明"),
    "papers": ("{0} papers, {1} of them with their bytes, and {2} receipts are as their hashes say", "{0} 份文件（{1} 份附原件）与 {2} 张仓单均与其哈希一致"),
    "paper_missing": ("the bytes of {0} (version {1}) are missing", "缺少 {0}（版本 {1}）的原件"),
    "paper_otherwise": ("{0} is not what its row and the record name", "{0} 与其登记及记录不符"),
    "receipt_otherwise": ("receipt {0} does not say what its hash covers", "仓单 {0} 的内容与其哈希不符"),
    "seal_untold": ("seal {0} of {1} stands in no record", "{1} 的第 {0} 个封印不在任何记录中"),
    "kept": ("{1}: the first {0} events are those of the bundle that was kept", "{1}：前 {0} 个事件与留存的证据包一致"),
    "kept_otherwise": ("THE RECORD OF {0} IS ANOTHER THAN IN THE BUNDLE THAT WAS KEPT", "{0} 的记录与留存的证据包不一致"),
    "head": ("the head {0} is there", "链头 {0} 在其中"),
    "head_unknown": ("the head {0} is in none of these records", "链头 {0} 不在任何一条记录中"),
    "right": ("All of it holds.", "全部成立。"),
    "wrong": ("{0} of these do not hold.", "有 {0} 项不成立。"),
}  # fmt: skip


def after(option: str, arguments: list[str]) -> list[str]:
    """What follows each `option`."""
    return [arguments[place + 1] for place, one in enumerate(arguments[:-1]) if one == option]


def main(arguments: list[str]) -> int:
    keys, heads = after("--key", arguments), after("--head", arguments)
    logs, trusted = after("--log", arguments), after("--witness", arguments)
    named = {*keys, *heads, *logs, *trusted}
    files = [one for one in arguments if not one.startswith("--") and one not in named] or [sys.argv[0]]
    found = Findings("--zh" in arguments)
    try:
        bundle, *earlier = [Bundle(name) for name in files]
        print(bundle.manifest["deal"]["number"], bundle.manifest["made_at"])
        check(bundle, keys[0] if keys else bundle.manifest["key"], found, logs[0] if logs else "", trusted)
        for kept in earlier:
            compare_kept(kept, bundle, found)
        known = {event["hash"] for _, event in bundle.events}
        for head in heads:
            (found.say if head in known else found.fault)("head" if head in known else "head_unknown", head)
    except (OSError, ImportError, zipfile.BadZipFile, *UNREADABLE) as trouble:
        print(f"{type(trouble).__name__}: {trouble}", file=sys.stderr)
        return 2
    print(WORDS["wrong" if found.wrong else "right"][found.column].format(found.wrong))
    return 1 if found.wrong else 0


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
