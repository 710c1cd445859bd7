"""A firm's whole archive: all of its own and nothing foreign, found out where a byte was altered, made once, gone when its days are over."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.documents.ports import file_store
from marketplace.evidence.archives import actions, queries
from marketplace.evidence.archives.rules import KEPT, NOT_TOLD, require_takeable, told_row
from tenants import approvals
from tenants.errors import Conflict, NotAllowed, NotFound
from tenants.policies import access_of, tables
from tests import cluster
from tests.factories import Firm, World
from tests.marketplace.documents.makers import a_document
from tests.marketplace.evidence.makers import Files, opened
from tests.marketplace.financing.makers import ADeal, a_running_loan, decided
from tests.tenants.log.makers import written


def asked(firm: Firm) -> UUID:
    """An archive that two people of a firm want."""
    with firm.owner.ws() as ws:
        proposal = actions.ask_archive(ws)
    decided(firm, proposal)
    with firm.owner.ws() as ws:
        return queries.archives_of(ws)[0].id


def taken(firm: Firm, archive_id: UUID) -> bytes:
    with firm.owner.ws() as ws:
        _, file = actions.take_archive(ws, archive_id)
        with file:
            return file.read()


@pytest.fixture(scope="module")
def deal(app: Flask, worker_app: Flask, gateway_app: Flask, admin: psycopg.Connection) -> Iterator[ADeal]:
    """Two loans of two banks to two firms: what is shared is one's own loan alone."""
    world = World(app, worker_app, gateway_app, admin)
    world.set_clock(cluster.START)
    with app.app_context():
        loan = a_running_loan(world)
        a_document(loan.sme.operator, loan.deal_id, kind="contract", name="contract 合同.pdf")
        world.work()
        written(world)
        yield loan


@pytest.fixture(scope="module")
def other(deal: ADeal) -> ADeal:
    """Another loan, between others."""
    return a_running_loan(deal.world)


@pytest.fixture(scope="module")
def archive(deal: ADeal, other: ADeal) -> bytes:
    """The bank's archive."""
    archive_id = asked(deal.bank)
    deal.world.work()
    return taken(deal.bank, archive_id)


@pytest.fixture(scope="module")
def files(archive: bytes) -> Files:
    return opened(archive)


def rows(files: Files, table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files.get(f"tables/{table}.jsonl", b"").splitlines()]


def test_all_of_its_own_is_in_it_and_nothing_foreign(deal: ADeal, other: ADeal, files: Files) -> None:
    me, admin = str(deal.bank.tenant_id), deal.world.admin
    said = json.loads(files["manifest.json"])["rows"]
    granted = {str(one) for (one,) in admin.execute("select object_id from gate.access_grant where tenant_id = %s and ended_at is null", (me,))}  # fmt: skip
    assert str(deal.deal_id) in granted
    assert str(other.deal_id) not in granted
    later = {
        "event",
        "feed_item",
        "stream",
        "firm_archive",
        "approval",
        "document_opening",
    }  # which asking and taking add to
    for table in tables():
        access, told = access_of(table), rows(files, table.name)
        assert len(told) == said.get(table.name, 0)
        if table.name in NOT_TOLD | dict.fromkeys(later):
            continue
        assert all(one.get("tenant_id") == me or one.get("id") == me or one.get(access.about or "") in granted for one in told), table.name  # fmt: skip
        if access.own:
            [(own,)] = admin.execute(f"select count(*) from house.{table.name} where tenant_id = '{me}'").fetchall()
            assert sum(one["tenant_id"] == me for one in told) == own, table.name
        if access.about and "*" in access.read and not access.audience:
            seen = f"select count(*) from house.{table.name} where {access.about}::text = any(%s)" + (" or tenant_id = %s" if access.own else "")  # fmt: skip
            [(count,)] = admin.execute(seen, (sorted(granted), *([me] if access.own else []))).fetchall()
            assert len(told) == count, table.name
    assert {"deal", "lot", "pledge", "posting", "ledger_entry", "document", "offer", "member"} <= {one for one, count in said.items() if count}  # fmt: skip
    whole = b"".join(files.values())
    for foreign in (other.deal_id, other.bank.tenant_id, other.sme.tenant_id, *(lot.id for lot in other.lots)):
        assert str(foreign).encode() not in whole


def test_a_borrower_gets_its_side(deal: ADeal) -> None:
    archive_id = asked(deal.sme)
    deal.world.work()
    files = opened(taken(deal.sme, archive_id))
    assert {one["deal_id"] for one in rows(files, "deal")} == {str(deal.deal_id)}
    assert not rows(files, "credit_decision")  # the bank's own
    assert not rows(files, "loan_quality")
    [paper] = [name for name in files if name.startswith("documents/") and name.endswith("合同.pdf")]
    document_id = paper.split("/")[1]
    with deal.sme.owner.ws() as ws:
        [(by,)] = deal.world.admin.execute("select opened_by from house.document_opening where document_id = %s and tenant_id = %s", (document_id, ws.tenant_id)).fetchall()  # fmt: skip
        assert by == ws.member.name


def checked(archive: bytes, folder: Path, *more: str) -> tuple[int, str]:
    """How a bare interpreter's check of the archive by itself ends, and what it says."""
    path = folder / "archive.zip"
    path.write_bytes(archive)
    done = subprocess.run([sys.executable, "-I", "-S", str(path), *more], capture_output=True, text=True, encoding="utf-8", check=False, timeout=120)  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def zipped(files: Files) -> bytes:
    written_to = io.BytesIO()
    with ZipFile(written_to, "w") as one:
        for name, content in files.items():
            one.writestr(name, content)
    return written_to.getvalue()


def test_a_bare_interpreter_checks_it(archive: bytes, files: Files, tmp_path: Path) -> None:
    ended, said = checked(archive, tmp_path)
    assert ended == 0, said
    assert "All of it holds." in said
    assert "events stand in the log over the whole house" in said
    proofs = [json.loads(line)["proof"] for line in files["events.jsonl"].splitlines()]
    assert sum(one is not None for one in proofs) > len(proofs) / 2
    assert "全部成立" in checked(archive, tmp_path, "--zh")[1]
    assert checked(archive, tmp_path, "--key", "ab" * 32)[0] == 1


@pytest.mark.parametrize("name", ["tables/ledger_entry.jsonl", "events.jsonl", "log.json", "manifest.json"])
def test_an_altered_byte_is_found(files: Files, tmp_path: Path, name: str) -> None:
    content = files[name]
    place = next(place for place in range(len(content) // 2, len(content)) if content[place : place + 1].isdigit())
    other = content[:place] + (b"1" if content[place : place + 1] != b"1" else b"2") + content[place + 1 :]
    ended, said = checked(zipped(files | {name: other}), tmp_path)
    assert ended != 0
    assert "does not bear the signature" in said if name == "manifest.json" else f"{name} was altered" in said, said


def test_what_is_removed_or_added_is_found(files: Files, tmp_path: Path) -> None:
    less = {name: content for name, content in files.items() if name != "tables/pledge.jsonl"}
    assert "tables/pledge.jsonl is missing" in checked(zipped(less), tmp_path)[1]
    assert "tables/more.jsonl is in no manifest" in checked(zipped(files | {"tables/more.jsonl": b"{}"}), tmp_path)[1]


def test_asked_twice_at_once_gives_one(world: World) -> None:
    firm = world.firm("SME")
    with firm.owner.ws() as ws:
        proposal = actions.ask_archive(ws)
    with firm.person("administrator").ws() as ws, pytest.raises(Conflict, match="second pair of eyes"):
        actions.ask_archive(ws)
    with firm.owner.ws() as ws, pytest.raises(NotAllowed):
        approvals.decide(ws, proposal.id, approve=True)
    decided(firm, proposal)
    with firm.owner.ws() as ws, pytest.raises(Conflict, match="being put together"):
        actions.ask_archive(ws)
    world.work()
    with firm.owner.ws() as ws:
        [one] = queries.archives_of(ws)
        actions.make_archive(ws, one.id)
        assert (one.status, one.keep_until) == ("READY", one.made_at + KEPT if one.made_at else None)


def test_the_database_takes_no_archive_that_contradicts_itself_and_one_at_a_time(world: World) -> None:
    firm = world.firm("SME")
    asked(firm)
    wrong: list[tuple[dict[str, object], str]] = [
        ({"status": "LOST", "sha256": "ab", "keep_until": world.now.isoformat()}, "status"), ({"sha256": "ab", "keep_until": world.now.isoformat()}, "made"), ({"status": "READY", "sha256": "ab"}, "kept"),
        ({"size": 0}, "content"), ({"files": 0}, "content"),
    ]  # fmt: skip
    assert [world.refused_by("firm_archive", **change) for change, _ in wrong] == [name for _, name in wrong]
    again = "insert into house.firm_archive select (jsonb_populate_record(a, jsonb_build_object('id', uuidv7()))).* from house.firm_archive a"
    with pytest.raises(DBAPIError, match="uq_firm_archive_asked"), firm.owner.ws() as ws:
        ws.session.execute(text(again))
    stranger = world.firm("BANK")
    with stranger.owner.ws() as ws:
        assert ws.session.execute(text("update house.firm_archive set taken = 9")).rowcount == 0  # type: ignore[attr-defined]
    with pytest.raises(DBAPIError, match="row-level security"), stranger.owner.ws() as ws:
        ws.session.execute(text("insert into house.firm_archive (tenant_id, id, status, asked_by, agreed_by, asked_at) values (:firm, uuidv7(), 'ASKED', 'I', 'I', gate.now())"), {"firm": firm.tenant_id})  # fmt: skip


def test_who_may(world: World) -> None:
    firm, platform, stranger = world.firm("SME"), world.firm("PLATFORM"), world.firm("BANK")
    for person in (firm.operator, firm.approver, firm.person("auditor"), platform.owner):
        with person.ws() as ws, pytest.raises(NotAllowed):
            actions.ask_archive(ws)
    archive_id = asked(firm)
    with firm.owner.ws() as ws, pytest.raises(Conflict, match="not made yet"):
        actions.take_archive(ws, archive_id)
    world.work()
    with firm.approver.ws() as ws, pytest.raises(NotAllowed):
        actions.take_archive(ws, archive_id)
    with stranger.owner.ws() as ws, pytest.raises(NotFound):
        actions.take_archive(ws, archive_id)


def test_what_is_expired_is_gone(world: World) -> None:
    firm = world.firm("SME")
    archive_id = asked(firm)
    world.work()
    assert taken(firm, archive_id)
    world.advance(KEPT)
    world.work()
    with firm.owner.ws() as ws:
        gone = queries.find_archive(ws, archive_id)
        assert gone.status == "GONE"
        assert gone.sha256 is not None
        assert file_store().get(ws.tenant_id, gone.sha256) is None
        with pytest.raises(Conflict, match="is gone"):
            actions.take_archive(ws, archive_id)
    kinds = {kind for (kind,) in world.admin.execute("select kind from house.event where stream_id = %s", (firm.tenant_id,))}  # fmt: skip
    assert {"ArchiveAsked", "ArchiveMade", "ArchiveTaken", "ArchiveForgotten"} <= kinds


def test_it_is_not_handed_out_after_its_days_though_no_timer_has_run() -> None:
    require_takeable("READY", cluster.START + KEPT, cluster.START + KEPT - timedelta(seconds=1))
    with pytest.raises(Conflict, match="is gone"):
        require_takeable("READY", cluster.START + KEPT, cluster.START + KEPT)


def test_money_is_told_as_text() -> None:
    assert told_row({"amount_minor": 9007199254740993, "limit_minor": None, "line": 1}) == {"amount_minor": "9007199254740993", "limit_minor": None, "line": 1}  # fmt: skip
