"""A sale that anyone can recompute: the page that explains it, and the files to do it with."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Response, request

from frontend.disposal.blueprint import pages
from frontend.pages import render
from marketplace.disposal import queries
from marketplace.disposal.ports import signer
from marketplace.disposal.record import file, ocds, receipts, recompute
from tenants.workspace import Workspace

MOST_RELEASES = 100


@pages.look("/auctions/<uuid:auction_id>/record", visitors=True)
def show_record(ws: Workspace, auction_id: UUID) -> Any:
    auction = queries.find_auction(ws, auction_id)
    mine = [] if ws.member.is_visitor else receipts.my_receipts(ws, auction)
    record = file.record_of(ws, auction_id) if auction.closed_at else None
    return render("disposal/record/record.html", auction=auction, record=record, mine=mine, key=signer().public)


@pages.look("/auctions/<uuid:auction_id>/record.json", visitors=True)
def download_record(ws: Workspace, auction_id: UUID) -> Any:
    number = queries.find_auction(ws, auction_id).number
    return _download(file.record_of(ws, auction_id), f"{number}-record.json")


@pages.look("/auctions/<uuid:auction_id>/receipts.json")
def download_receipts(ws: Workspace, auction_id: UUID) -> Any:
    auction = queries.find_auction(ws, auction_id)
    told = {"receipts": [dict(one.told()) for one in receipts.my_receipts(ws, auction)]}
    return _download(told, f"{auction.number}-receipts.json")


@pages.look("/auctions/recompute.py", visitors=True)
def download_script(_ws: Workspace) -> Any:
    """The script as it stands in the house's own sources: one file, nothing to install."""
    source = Path(str(recompute.__file__)).read_text()
    return Response(source, mimetype="text/x-python", headers=_as_file("recompute.py"))


@pages.look("/auctions/key.json", visitors=True)
def show_key(_ws: Workspace) -> Any:
    return {"algorithm": "Ed25519", "key": signer().public}


@pages.look("/auctions/ocds.json", visitors=True)
def show_releases(ws: Workspace) -> Any:
    rows = queries.list_auctions(ws, limit=MOST_RELEASES)
    return ocds.release_package(ws, rows, uri=request.base_url, root=request.url_root)


def _download(told: dict[str, Any], name: str) -> Response:
    return Response(json.dumps(told, ensure_ascii=False, indent=1), mimetype="application/json", headers=_as_file(name))


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
