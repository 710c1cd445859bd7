"""Gathering a firm's archive, in the firm's own workspace: row security alone decides what is in it, so that nothing foreign can leave.

Published rows (auctions, sites, terms of banks) are everybody's to see and therefore no measure: of those a firm takes its own, and the sales in which it bid or sold.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Table, or_, select, true, union

from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.registrations import Registration
from marketplace.disposal.record import recompute
from marketplace.documents.ports import file_store
from marketplace.evidence import check_bundle
from marketplace.evidence.archives import check_archive
from marketplace.evidence.archives.packing import Packing
from marketplace.evidence.archives.queries import papers_of
from marketplace.evidence.archives.rules import NOT_TOLD, locked_columns, told_row
from marketplace.evidence.proving import WAITING, proofs_of, told_log
from marketplace.evidence.rules import as_json, file_name
from tenants.log import queries as log
from tenants.log import witness
from tenants.policies import access_of, tables
from tenants.record import chain_of, streams_of
from tenants.workspace import Workspace

AT_ONCE = 1000  # rows fetched at a time
PROGRAMS = {"check_archive": check_archive, "check_bundle": check_bundle, "recompute": recompute, "witness": witness}
NOT_AT_HAND = "its file is not at hand as it was recorded"


def gather(ws: Workspace, packing: Packing) -> dict[str, int]:
    """All of it. Gives the rows of each table, of the empty ones too."""
    rows = {table.name: _table(ws, table, packing) for table in tables() if table.name not in NOT_TOLD}
    for name, why in NOT_TOLD.items():
        packing.leave_out(f"tables/{name}", why)
    packing.leave_out("pictures of cameras", "each is looked at in the house, where it is recorded who looked")
    _events(ws, packing)
    _papers(ws, packing)
    for name, program in PROGRAMS.items():
        packing.put(f"{name}.py", Path(str(program.__file__)).read_bytes())
    packing.put("__main__.py", Path(str(check_archive.__file__)).read_bytes())  # so that Python runs the archive itself
    return dict(sorted(rows.items()))


def _table(ws: Workspace, table: Table, packing: Packing) -> int:
    """One line for each row that the firm sees, in the order of their keys."""
    locked = locked_columns(table.name, list(table.c.keys()))
    for name in locked:
        packing.leave_out(f"tables/{table.name}, column {name}", "it would open something for whoever finds the file")
    kept = [one for one in table.columns if one.name not in locked]
    wanted = select(*kept).where(_whose(ws, table)).order_by(*table.primary_key.columns)
    found = ws.session.execute(wanted.execution_options(yield_per=AT_ONCE)).mappings()
    return packing.lines(f"tables/{table.name}.jsonl", (_line(told_row(dict(row))) for row in found))


def _whose(ws: Workspace, table: Table) -> ColumnElement[bool]:
    access = access_of(table)
    if not (access.everyone or access.by_kind):
        return true()
    mine = [table.c["tenant_id" if "tenant_id" in table.c else "id"] == ws.tenant_id] if access.own or table.name == "organisation" else []  # fmt: skip
    if "auction_id" in table.c:
        own = select(Auction.auction_id).where(Auction.tenant_id == ws.tenant_id)
        mine.append(table.c.auction_id.in_(union(select(Registration.auction_id), own)))
    return or_(*mine)


def _events(ws: Workspace, packing: Packing) -> None:
    """Every record in which the firm takes part, event by event, with the proof that each stands in the log over the whole house."""
    signed = [one for one in log.good_checkpoints(ws) if one.size]
    packing.lines("events.jsonl", _proved(ws, packing, signed))
    if signed:
        packing.put("log.json", as_json(told_log(ws, signed)))
    else:
        packing.leave_out("log.json", WAITING)


def _proved(ws: Workspace, packing: Packing, signed: list[log.Signed]) -> Iterator[bytes]:
    node = log.node_of(ws)
    for stream_id in streams_of(ws):
        proofs = {one["sequence"]: one for one in proofs_of(log.leaves_of(ws, stream_id), signed, node)}
        last: dict[str, Any] = {}
        for last in chain_of(ws, stream_id):
            yield _line(last | {"proof": proofs.get(last["sequence"])})
        if last:
            packing.streams.append({"stream": str(stream_id), "sequence": last["sequence"], "head": last["hash"]})


def _papers(ws: Workspace, packing: Packing) -> None:
    for paper in papers_of(ws):
        content = file_store().get(paper.tenant_id, paper.sha256)
        if content is None or sha256(content).hexdigest() != paper.sha256:
            packing.leave_out(f"documents/{paper.id}", NOT_AT_HAND)
        else:
            packing.put(f"documents/{paper.id}/{file_name(paper.name)}", content)


def _line(told: dict[str, Any]) -> bytes:
    return (json.dumps(told, ensure_ascii=False, sort_keys=True) + "\n").encode()
