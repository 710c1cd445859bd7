"""Gathering a deal's evidence: rows, records, papers, sealed readings, sales; all as the asker's firm may see it."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.disposal.record import recompute
from marketplace.disposal.record.file import record_of
from marketplace.documents.models import Document
from marketplace.documents.ports import file_store
from marketplace.evidence import check_bundle
from marketplace.evidence.parts import parts, rows_of
from marketplace.evidence.proving import put_proofs
from marketplace.evidence.rules import Contents, file_name
from marketplace.evidence.scope import Scope
from marketplace.ledger.queries import Turnover, trial_balance
from marketplace.supervision.seals import check_readings
from marketplace.supervision.seals.file import Asked, record_of_readings
from tenants.errors import Refused
from tenants.log import witness
from tenants.record import chain_of
from tenants.workspace import Workspace

PAPERS_MOST = 256 * 2**20  # bytes of all papers together
SPANS_DAYS = (400, 90, 30, 7, 1)
TOO_MANY, NOT_SHARED, TOO_LARGE, NOT_AT_HAND = "too many for one file", "not shared with the asker", "too large for one file", "its file is not at hand"  # fmt: skip
README = """{number}

Evidence of deal {number}, as {firm} may see it, put together at {at}.
Check it with a Python of your own (3.10 or newer), without a network and without us:

    python3 check_bundle.py {file}

Better take check_bundle.py, check_readings.py, recompute.py and witness.py from another place than this archive: who alters an archive alters its programs too.
manifest.json lists every file with its SHA-256, the head of each record, and what is not in here; manifest.sig is the house's Ed25519 signature under it.
records/ holds rows, events/ the records with their chains of hashes, documents/ the papers, readings/ what devices said with its seals, auctions/ the sales.
Events without words are meant for others: their digests are there, so that no chain has a gap. The times are the house's own.
proofs/log.json proves of each event that it stands in the log over the whole house, whose checkpoints other firms' machines have witnessed.

{number} 项目证据包，按 {firm} 的权限范围制作。
用您自己的 Python（3.10 或更高版本）即可离线核验，无需信任本平台：

    python3 check_bundle.py {file} --zh

最好从别处取得四个核验程序：能改动证据包的人也能改动其中的程序。
manifest.json 列出每个文件的 SHA-256、各条记录的链头以及未包含的内容；manifest.sig 是平台的 Ed25519 签名。
records/ 为数据，events/ 为带哈希链的记录，documents/ 为文件，readings/ 为设备读数及其封印，auctions/ 为拍卖记录。
无全文的事件是给他人看的：其摘要在此，因此链条没有缺口。时间均为平台时间。
proofs/log.json 逐个证明事件在全平台日志之中，其检查点由其他机构的机器见证。
"""


def gathered(ws: Workspace, scope: Scope) -> Contents:
    """All of it."""
    contents = Contents()
    _records(ws, scope, contents)
    _chains(ws, scope, contents)
    put_proofs(ws, scope, contents)
    _papers(ws, scope, contents)
    _readings(ws, scope, contents)
    _sales(ws, scope, contents)
    for name, program in (("check_bundle", check_bundle), ("check_readings", check_readings), ("recompute", recompute), ("witness", witness)):  # fmt: skip
        contents.files[f"{name}.py"] = Path(str(program.__file__)).read_bytes()
    contents.files["__main__.py"] = contents.files["check_bundle.py"]  # so that Python runs the archive itself
    return contents


def _records(ws: Workspace, scope: Scope, contents: Contents) -> None:
    files: dict[str, dict[str, Any]] = {}
    for part in parts():
        rows = rows_of(ws, part, scope.ids)
        if rows is None:
            contents.leave_out(f"records/{part.table.name}", TOO_MANY)
        elif rows:
            files.setdefault(part.file, {})[part.table.name] = rows
            contents.rows[part.table.name] = len(rows)
    for name, told in files.items():
        balance = {"trial_balance": [_turnover(one) for one in trial_balance(ws, scope.deal_id)]} if name == "ledger" else {}  # fmt: skip
        contents.put(f"records/{name}.json", {"kind": "bailee records 1", "tables": told} | balance)


def _turnover(one: Turnover) -> dict[str, Any]:
    amounts = {"debits_minor": one.debits.minor, "credits_minor": one.credits.minor, "balance_minor": one.balance.minor}
    return {"account": one.account, "currency": one.balance.currency} | amounts


def _chains(ws: Workspace, scope: Scope, contents: Contents) -> None:
    for about, stream_id, name in scope.streams:
        events = list(chain_of(ws, stream_id))
        if events:
            head = {"stream": str(stream_id), "sequence": events[-1]["sequence"], "head": events[-1]["hash"]}
            contents.streams.append(head)
            told = {"kind": "bailee chain 1", "about": about, "name": name, "stream": str(stream_id), "events": events}
            contents.put(f"events/{about}-{file_name(name)}-{str(stream_id)[-6:]}.json", told)
        else:
            contents.leave_out(f"events of {about} {name}", NOT_SHARED)


def _papers(ws: Workspace, scope: Scope, contents: Contents) -> None:
    """Every version of every paper that the asker may read, newest first while there is room; of the others the hash alone."""
    wanted = select(Document).where(Document.object_id.in_(scope.ids["objects"])).order_by(Document.id.desc())
    room = PAPERS_MOST
    for paper in ws.session.scalars(wanted):
        content = file_store().get(paper.tenant_id, paper.sha256) if paper.size <= room else None
        if content is None:
            contents.leave_out(f"documents/{paper.id}", TOO_LARGE if paper.size > room else NOT_AT_HAND)
            continue
        room -= len(content)
        contents.files[f"documents/{paper.id}/{file_name(paper.name)}"] = content


def papers_in(ws: Workspace, scope: Scope) -> list[UUID]:
    """The papers of a deal that the asker may read: who takes a bundle opens them."""
    return list(ws.session.scalars(select(Document.id).where(Document.object_id.in_(scope.ids["objects"]))))


def _readings(ws: Workspace, scope: Scope, contents: Contents) -> None:
    """All seals of each lot, and the readings of the longest span that a file takes."""
    for lot_id, number in scope.lots.items():
        for days in SPANS_DAYS:
            try:
                told = record_of_readings(ws, Asked("lot", lot_id, number, ws.now - timedelta(days=days), ws.now))
            except Refused:
                continue
            if told["chains"]:
                contents.put(f"readings/{file_name(number)}.json", told)
            if not told["chains"] or days != SPANS_DAYS[0]:
                contents.leave_out(f"readings of {number}", TOO_MANY if told["chains"] else "none are sealed, or not shared with the asker")  # fmt: skip
            break
        else:
            contents.leave_out(f"readings of {number}", TOO_MANY)


def _sales(ws: Workspace, scope: Scope, contents: Contents) -> None:
    for auction_id, number in scope.auctions.items():
        try:
            contents.put(f"auctions/{file_name(number)}.json", record_of(ws, auction_id))
        except Refused:
            contents.leave_out(f"auctions/{number}", "bidding has not ended")
