"""A deal's evidence proves itself to a stranger, holds what its asker may see and no more, and betrays whoever removes or alters any of it.

The programs under test are the files that readers download, run as they run them: in a folder of their own, without the house.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from flask import Flask

from marketplace.evidence import actions, queries
from marketplace.evidence.rules import MANIFEST, SIGNATURE, archive_of
from marketplace.risk.accesses import access_report
from tenants.database import new_id
from tenants.errors import Conflict, NotFound
from tenants.events import Event
from tenants.log.notes import VerifierKey
from tenants.record import broken_links
from tests import cluster
from tests.factories import World
from tests.marketplace.disposal.makers import Enforced
from tests.marketplace.evidence.makers import Files, Stranger, a_sold_deal, altered, bundled, signed_anew
from tests.tenants.log.makers import witnessed, written


@pytest.fixture(scope="module")
def sold(app: Flask, worker_app: Flask, gateway_app: Flask, admin: psycopg.Connection) -> Iterator[Enforced]:
    """One sold deal for all of these tests: it takes a while to make."""
    world = World(app, worker_app, gateway_app, admin)
    admin.execute("delete from house.delivery where done_at is null")
    admin.execute("delete from gate.heartbeat")
    world.set_clock(cluster.START)
    with app.app_context():
        yield a_sold_deal(world)


@pytest.fixture(scope="module")
def key(sold: Enforced) -> VerifierKey:
    """The supervisor's witness, which has seen the log with all that happened."""
    written(sold.deal.world)
    return witnessed(sold.deal.parties.supervisor, at=1_800_000_000)


@pytest.fixture(scope="module")
def banks(sold: Enforced, key: VerifierKey) -> Files:
    """The bank's bundle."""
    return bundled(sold.deal.world, sold.deal.bank.operator, sold.deal.deal_id)


@pytest.fixture
def stranger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Stranger:
    return Stranger(tmp_path, capsys)


def test_it_holds_all_parts_and_proves_itself(banks: Files, stranger: Stranger) -> None:
    ended, said = stranger.check(banks)
    assert ended == 0, said
    assert "All of it holds" in said
    folders = {name.partition("/")[0] for name in banks}
    assert {"records", "events", "documents", "readings", "auctions", MANIFEST, SIGNATURE} <= folders
    rows = json.loads(banks[MANIFEST])["rows"]
    wanted = {"pledge", "control_record", "warehouse_receipt", "posting", "ledger_entry", "margin_call", "deal_valuation", "valuation_line", "alarm", "document", "settlement", "offer", "inspection", "weighing"}  # fmt: skip
    assert wanted <= rows.keys()
    for told in ("margin calls; each that counts as notified", "postings with", "3 papers, 3 of them with their bytes", "sealed messages are as they were sealed", "recomputed: SOLD"):  # fmt: skip
        assert told in said, said
    assert "全部成立" in stranger.check(banks, more=("--zh",))[1]


def test_a_bare_interpreter_checks_the_archive_itself(banks: Files, tmp_path: Path) -> None:
    archive = tmp_path / "deal.zip"
    archive.write_bytes(archive_of(banks, cluster.START))
    done = subprocess.run([sys.executable, "-I", "-S", str(archive)], capture_output=True, text=True, encoding="utf-8", check=False, timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    archive.write_bytes(archive.read_bytes()[:-4000])
    assert subprocess.run([sys.executable, "-I", "-S", str(archive)], capture_output=True, check=False, timeout=120).returncode  # fmt: skip


def test_no_file_can_be_removed_altered_or_added(banks: Files, stranger: Stranger) -> None:
    for name in sorted(banks.keys() - {MANIFEST, SIGNATURE}):
        less = {one: content for one, content in banks.items() if one != name}
        for files, told in ((less, f"{name} is missing"), (banks | {name: banks[name] + b" "}, f"{name} was altered")):
            ended, said = stranger.check(files)
            assert ended == 1, name
            assert f"! {told}" in said, said
    for files, told in (
        (banks | {"records/more.json": b"{}"}, "records/more.json is in no manifest"),
        (banks | {MANIFEST: banks[MANIFEST].replace(b'"key"', b' "key"')}, "does not bear the signature"),
        (banks | {SIGNATURE: b"00" * 64}, "does not bear the signature"),
    ):
        ended, said = stranger.check(files)
        assert (ended, told in said) == (1, True), said
    assert stranger.check(banks, more=("--key", "ab" * 32))[0] == 1
    assert stranger.check({name: content for name, content in banks.items() if name != MANIFEST})[0] == 2


def in_table(table: str, alter: Callable[[list[dict[str, Any]]], None]) -> Callable[[dict[str, Any]], None]:
    return lambda told: alter(told["tables"][table])


def more(table: str, column: str) -> Callable[[dict[str, Any]], None]:
    def alter(rows: list[dict[str, Any]]) -> None:
        rows[0][column] = rows[0][column] + 1 if isinstance(rows[0][column], int) else f"1{rows[0][column]}"

    return in_table(table, alter)


def less(table: str) -> Callable[[dict[str, Any]], None]:
    return in_table(table, lambda rows: rows.pop(0))


def no_event(told: dict[str, Any]) -> None:
    del told["events"][1]


def other_words(told: dict[str, Any]) -> None:
    event = next(one for one in told["events"] if "facts" in one)
    event["facts"] = event["facts"].replace("1", "2") + " "


def cut_short(told: dict[str, Any]) -> None:
    told["events"] = told["events"][:-1]


def no_notice(told: dict[str, Any]) -> None:
    for event in told["events"]:
        if event.get("kind") == "NoticeReached":
            for name in ("kind", "facts"):
                del event[name]


def twice_pledged(told: dict[str, Any]) -> None:
    [pledge] = told["tables"]["pledge"]
    told["tables"]["pledge"].append(pledge | {"id": "another"})


def the_mark(told: dict[str, Any]) -> dict[str, Any]:
    """The valuation of goods that were found before, at a new price."""
    [mark] = [one for one in told["tables"]["deal_valuation"] if one["goods_of"] != one["id"]]
    return cast("dict[str, Any]", mark)


def other_mark(told: dict[str, Any]) -> None:
    the_mark(told)["collateral_value_minor"] += 1


def other_price(told: dict[str, Any]) -> None:
    [price] = the_mark(told)["prices"].values()
    price["price"] = "20400.51"


def other_receipt(told: dict[str, Any]) -> None:
    told["tables"]["warehouse_receipt"][0]["content"]["replaces"] = ["another"]


def unbalanced(told: dict[str, Any]) -> None:
    told["trial_balance"][0]["debits_minor"] += 1


def other_reading(told: dict[str, Any]) -> None:
    told["readings"][0]["values"][0] = "1"


def no_seals_told(told: dict[str, Any]) -> None:
    for event in told["events"]:
        if event.get("kind") == "ReadingsSealed":
            del event["kind"]


def other_bid(told: dict[str, Any]) -> None:
    told["bids"][0]["amount_minor"] += 1


def other_place(told: dict[str, Any]) -> None:
    next(iter(told["proofs"].values()))[3]["leaf"] += 1


def other_hash(told: dict[str, Any]) -> None:
    path = next(iter(told["proofs"].values()))[3]["path"]
    path[0] = path[-1]


def other_tree(told: dict[str, Any]) -> None:
    origin, size, rest = told["checkpoints"][0].split("\n", 2)
    told["checkpoints"][0] = f"{origin}\n{int(size) + 1}\n{rest}"


TAMPERS: dict[str, tuple[str, Callable[[dict[str, Any]], None], str]] = {
    "event removed": ("events/deal", no_event, "event 2 of"),
    "event reworded": ("events/deal", other_words, "the words of event"),
    "last event cut off": ("events/deal", cut_short, "does not end at the head"),
    "goods' event removed": ("events/lot", no_event, "event 2 of"),
    "sale's event removed": ("events/auction", no_event, "event 2 of"),
    "notice gone": ("events/deal", no_notice, "without any proof of delivery"),
    "call raised": ("records/financing", more("margin_call", "cash_minor"), "cash of margin_call"),
    "call removed": ("records/financing", less("margin_call"), "margin_call"),
    "drawdown raised": ("records/financing", more("drawdown", "amount_minor"), "amount of drawdown"),
    "repayment removed": ("records/financing", less("repayment"), "repayment"),
    "offer changed": ("records/financing", more("offer", "tenor_days"), "tenor_days of offer"),
    "control reworded": ("records/pledges", more("control_record", "statement"), "statement of control_record"),
    "control removed": ("records/pledges", less("control_record"), "control_record"),
    "pledged twice": ("records/pledges", twice_pledged, "pledged twice"),
    "posting's line changed": ("records/ledger", more("ledger_entry", "amount_minor"), "does not balance"),
    "posting's line removed": ("records/ledger", less("ledger_entry"), "has not all its lines"),
    "posting removed": ("records/ledger", less("posting"), "does not balance, or has no head"),
    "debt changed": ("records/ledger", more("debt_balance", "amount_minor"), "the debt on"),
    "trial balance changed": ("records/ledger", unbalanced, "the trial balance of"),
    "valuation raised": ("records/valuation", more("deal_valuation", "market_value_minor"), "not the sum of its lines"),
    "mark raised": ("records/valuation", other_mark, "not the sum of its lines"),
    "mark at another price": ("records/valuation", other_price, "not the sum of its lines"),
    "valuation removed": ("records/valuation", less("deal_valuation"), "deal_valuation"),
    "valuation's figure changed": ("records/valuation", more("valuation_line", "price"), "does not follow from its figures"),
    "alarm renamed": ("records/supervision", more("alarm", "type"), "type of alarm"),
    "alarm removed": ("records/supervision", less("alarm"), "alarm"),
    "receipt reworded": ("records/inventory", other_receipt, "does not say what its hash covers"),
    "weighing removed": ("records/inventory", less("weighing"), "weighing has"),
    "paper's row changed": ("records/documents", more("document", "sha256"), "sha256 of document"),
    "reading changed": ("readings/", other_reading, "are not what seal"),
    "seals not in the record": ("events/lot", no_seals_told, "stands in no record"),
    "proof moved": ("proofs/log", other_place, "does not stand in the log"),
    "proof changed": ("proofs/log", other_hash, "does not stand in the log"),
    "tree changed": ("proofs/log", other_tree, "is not signed by the log"),
    "bid changed": ("auctions/", other_bid, "bid 1 was altered"),
}  # fmt: skip


@pytest.mark.parametrize("tamper", TAMPERS)
def test_a_house_that_alters_a_part_and_signs_anew_is_betrayed_by_the_others(banks: Files, stranger: Stranger, tamper: str) -> None:  # fmt: skip
    where, alter, told = TAMPERS[tamper]
    name = next(one for one in sorted(banks) if one.startswith(where))
    ended, said = stranger.check(signed_anew(altered(banks, name, alter)))
    assert ended == 1, said
    assert any(line.startswith("!") and told in line for line in said.splitlines()), said


def test_every_event_is_proved_to_stand_in_the_log_that_others_have_witnessed(sold: Enforced, banks: Files, key: VerifierKey, stranger: Stranger) -> None:  # fmt: skip
    told = json.loads(banks["proofs/log.json"])
    said = stranger.check(banks)[1]
    events = sum(len(json.loads(content)["events"]) for name, content in banks.items() if name.startswith("events/"))
    proved = sum(len(proofs) for proofs in told["proofs"].values())
    assert 0 < events - proved <= 2  # what came after the tree: that the evidence was asked for
    assert f"{proved} events stand in the log {told['log'].partition('+')[0]}" in said
    assert f"was witnessed by {sold.deal.parties.supervisor.name} at 2027-01-15" in said
    trusted = ("--witness", str(key), "--log", told["log"])
    assert stranger.check(banks, more=trusted)[0] == 0
    other = str(VerifierKey("another", key.kind, b"\x05" * 32))
    ended, said = stranger.check(banks, more=("--witness", other))
    assert (ended, "was witnessed by nobody" in said) == (1, True)
    assert (
        stranger.check(banks, more=("--log", str(VerifierKey(told["log"].partition("+")[0], 1, b"\x05" * 32))))[0] == 1
    )


def test_a_bundle_from_before_there_were_proofs_holds_all_the_same(banks: Files, stranger: Stranger) -> None:
    ended, said = stranger.check(signed_anew({name: content for name, content in banks.items() if not name.startswith("proofs/")}))  # fmt: skip
    assert (ended, "stand in the log" in said) == (0, False), said


def test_a_paper_put_in_anothers_place_is_found_though_signed(banks: Files, stranger: Stranger) -> None:
    name = next(one for one in sorted(banks) if one.startswith("documents/") and "contract" in one)
    assert f"{name} is not what its row" in stranger.check(signed_anew(banks | {name: b"another"}))[1]
    kept = {one: content for one, content in banks.items() if one != name}
    assert "the bytes of contract" in stranger.check(signed_anew(kept))[1]


def test_a_record_that_was_rewritten_since_is_found_by_whoever_kept_a_bundle(sold: Enforced, banks: Files, stranger: Stranger) -> None:  # fmt: skip
    now = bundled(sold.deal.world, sold.deal.bank.operator, sold.deal.deal_id)
    name = next(one for one in banks if one.startswith("events/deal"))
    head = json.loads(banks[name])["events"][-1]["hash"]
    ended, said = stranger.check(now, banks, more=("--head", head))
    assert ended == 0, said
    assert "are those of the bundle that was kept" in said
    ended, said = stranger.check(banks, now)
    assert ended == 1, said
    assert "IS ANOTHER THAN IN THE BUNDLE THAT WAS KEPT" in said
    assert stranger.check(banks, more=("--head", "ab" * 32))[0] == 1


def test_each_firm_gets_what_it_may_see(sold: Enforced, banks: Files, stranger: Stranger) -> None:
    deal, world = sold.deal, sold.deal.world
    theirs = bundled(world, deal.sme.person("auditor"), deal.deal_id)
    ended, said = stranger.check(theirs)
    assert ended == 0, said
    assert "credit_decision" in json.loads(banks[MANIFEST])["rows"]
    assert "credit_decision" not in json.loads(theirs[MANIFEST])["rows"]
    keepers = bundled(world, deal.parties.supervisor.operator, deal.deal_id)
    ended, said = stranger.check(keepers)
    assert ended == 0, said
    told = json.loads(keepers[MANIFEST])
    assert "pledge" in told["rows"]
    assert not {"posting", "margin_call", "offer", "deal_valuation", "drawdown", "deal"} & told["rows"].keys()
    assert b"outstanding" not in b"".join(content for name, content in keepers.items() if name.startswith("events"))
    for code in ("collection_code", "reserve_salt"):
        assert code.encode() not in b"".join(content for name, content in banks.items() if name.startswith("records"))
    for outsider in (world.firm("BANK"), world.firm("REGULATOR")):
        with outsider.owner.ws() as ws, pytest.raises(NotFound):
            actions.ask_evidence(ws, deal.deal_id)


def test_asking_and_taking_stand_in_the_record_and_in_the_owners_report(sold: Enforced) -> None:
    deal, world = sold.deal, sold.deal.world
    with deal.bank.operator.ws() as ws:
        bundle = actions.ask_evidence(ws, deal.deal_id)
        with pytest.raises(Conflict, match="being put together"):
            actions.ask_evidence(ws, deal.deal_id)
        with pytest.raises(Conflict, match="not made yet"):
            actions.take_bundle(ws, bundle.id)
    world.work()
    with deal.sme.operator.ws() as ws, pytest.raises(NotFound):
        actions.take_bundle(ws, bundle.id)
    with deal.bank.approver.ws() as ws:
        taken, content = actions.take_bundle(ws, bundle.id)
        assert (taken.size, taken.taken) == (len(content), 1)
    with deal.sme.owner.ws(read_only=True) as ws:
        told = [one for one in ws.session.query(Event).filter_by(stream_id=deal.deal_id).order_by(Event.sequence) if "Evidence" in one.kind]  # fmt: skip
        assert [one.kind for one in told[-3:]] == ["EvidenceAsked", "EvidenceBundled", "EvidenceTaken"]
        assert told[-2].values["sha256"] == taken.sha256
        assert broken_links(ws, deal.deal_id) == []
        looks = access_report(ws, bundle.asked_at, ws.now.replace(year=2100)).looks
        assert (deal.bank.name, deal.bank.approver.name, "evidence") in [(one.firm, one.person, one.what) for one in looks]  # fmt: skip
        assert sum(one.what == "document" and one.person == deal.bank.approver.name for one in looks) == 3


def test_a_bundle_of_nobody_is_unknown(sold: Enforced) -> None:
    with sold.deal.bank.operator.ws(read_only=True) as ws, pytest.raises(NotFound):
        queries.find_bundle(ws, new_id())
