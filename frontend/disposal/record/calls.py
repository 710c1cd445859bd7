"""Calls about a sale's public record: the record, one's own receipts, the key that signs both, and the open-contracting feed."""

from typing import Any
from uuid import UUID

from flask import request

from frontend.api import PageQuery
from frontend.disposal.blueprint import api
from frontend.disposal.record.shapes import Receipts, Record, ReleasePackage, SigningKey
from marketplace.disposal import queries
from marketplace.disposal.ports import signer
from marketplace.disposal.record.file import record_of
from marketplace.disposal.record.ocds import release_package
from marketplace.disposal.record.receipts import my_receipts
from tenants.workspace import Workspace


@api.look("/auctions/<uuid:auction_id>/record", gives=Record)
def get_record(ws: Workspace, auction_id: UUID) -> Any:
    """The public record of a sale that has ended: enough to recompute winner and price."""
    return record_of(ws, auction_id)


@api.look("/auctions/<uuid:auction_id>/receipts", gives=Receipts)
def list_receipts(ws: Workspace, auction_id: UUID) -> Any:
    """The caller's own signed receipts, refused bids among them."""
    return {"receipts": [one.told() for one in my_receipts(ws, queries.find_auction(ws, auction_id))]}


@api.look("/receipt-key", gives=SigningKey)
def get_receipt_key(ws: Workspace) -> Any:
    """The key under which receipts and results are signed."""
    return {"algorithm": "Ed25519", "key": signer().public}


@api.look("/auctions-ocds", gives=ReleasePackage, takes=PageQuery)
def list_releases(ws: Workspace, body: PageQuery) -> Any:
    """Sales as an OCDS 1.1 release package, newest first."""
    rows = queries.list_auctions(ws, cursor=body.cursor, limit=body.limit)
    return release_package(ws, rows, uri=request.base_url, root=request.url_root)
