"""Sealing a passport when its goods are put up: the fields that the market sees, and those that only the goods' owner may show."""

from secrets import token_bytes
from typing import Any

from sqlalchemy import func, select

from marketplace.catalogue.models import Listing
from marketplace.catalogue.passports.events import PassportSealed
from marketplace.catalogue.passports.models import SealedPassport
from marketplace.catalogue.rules.disclosure import KIND, SALT_BYTES, Field, Sealing, flattened, sealing_of
from marketplace.disposal.ports import signer
from marketplace.documents.queries import documents_of
from marketplace.inventory.models import Lot
from marketplace.inventory.receipts.models import WarehouseReceipt
from marketplace.supervision.rules.seals import stamp
from marketplace.supervision.seals.file import newest_seal
from tenants.events import Stream
from tenants.organisations import Organisation
from tenants.workspace import Workspace


def seal_passport(ws: Workspace, listing: Listing, lot: Lot) -> SealedPassport:
    """The next edition, signed, its root in the sale's record; what the market may see of it goes on the shelf."""
    opened = flattened(listing.passport) | _anchors(ws, lot)
    fields = [_field(name, value, is_open=True) for name, value in opened.items()]
    fields += [_field(name, value, is_open=False) for name, value in _withheld(ws, lot).items()]
    sealing = sealing_of(listing.id, _editions(ws, listing) + 1, ws.now, fields)
    row = SealedPassport(
        tenant_id=ws.tenant_id,
        listing_id=listing.id,
        edition=sealing.edition,
        lot_id=lot.id,
        owner_id=lot.tenant_id,
        number=listing.number,
        sealed_at=sealing.sealed_at,
        root=sealing.root,
        signature=signer().sign(sealing.signed_text),
        fields=[
            {"name": one.name, "value": one.value, "salt": one.salt.hex(), "open": one.is_open}
            for one in sealing.fields
        ],
    )
    ws.session.add(row)
    listing.sealed = file_of(row, sealing.open_names)
    fact = PassportSealed(listing_id=listing.id, edition=sealing.edition, count=len(fields), root=sealing.root.hex())
    ws.record(fact, on=listing.id)
    return row


def file_of(row: SealedPassport, names: set[str]) -> dict[str, Any]:
    """The passport as a file that shows these fields and proves them: what `check_passport.py` reads."""
    sealing = as_sealed(row)
    return {
        "kind": KIND,
        "listing": str(row.listing_id),
        "number": row.number,
        "edition": row.edition,
        "sealed_at": stamp(row.sealed_at),
        "key": signer().public,
        "root": row.root.hex(),
        "signature": row.signature,
        "leaves": [leaf.hex() for leaf in sealing.leaves],
        "fields": sealing.shown(names),
    }


def as_sealed(row: SealedPassport) -> Sealing:
    """The edition that a row keeps."""
    fields = (Field(one["name"], one["value"], bytes.fromhex(one["salt"]), one["open"]) for one in row.fields)
    return Sealing(row.listing_id, row.edition, row.sealed_at, tuple(fields))


def _field(name: str, value: Any, *, is_open: bool) -> Field:
    return Field(name, value, token_bytes(SALT_BYTES), is_open)


def _editions(ws: Workspace, listing: Listing) -> int:
    mine = (SealedPassport.tenant_id == ws.tenant_id, SealedPassport.listing_id == listing.id)
    return ws.session.scalar(select(func.max(SealedPassport.edition)).where(*mine)) or 0


def _anchors(ws: Workspace, lot: Lot) -> dict[str, Any]:
    """Where the goods' record and their devices' readings stood: heads of chains, which name nobody."""
    stream, seal = ws.session.get(Stream, lot.id), newest_seal(ws, "lot", lot.id)
    told: dict[str, Any] = {}
    if stream is not None:
        told["record"] = {"sequence": stream.sequence, "head": stream.hash.hex()}
    if seal is not None:
        told["readings"] = {"seal": seal.number, "head": seal.head.hex()}
    return told


def _withheld(ws: Workspace, lot: Lot) -> dict[str, Any]:
    """Whose goods they are and by which papers: theirs to show."""
    papers = [one for one in documents_of(ws, lot.id) if one.audience == "*"]
    receipts = select(WarehouseReceipt).where(WarehouseReceipt.lot_id == lot.id).order_by(WarehouseReceipt.number)
    told = {
        "lot": lot.number,
        "owner": ws.session.get_one(Organisation, lot.tenant_id).name,
        "papers": [{"kind": one.kind, "name": one.name, "sha256": one.sha256} for one in papers],
        "receipts": [{"number": one.number, "sha256": one.content_hash} for one in ws.session.scalars(receipts)],
    }
    return {name: value for name, value in told.items() if value}
