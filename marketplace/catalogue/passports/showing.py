"""Showing a passport's fields to somebody: the act of the goods' owner, and written down."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.catalogue.passports.events import PassportShown
from marketplace.catalogue.passports.models import SealedPassport
from marketplace.catalogue.passports.sealing import as_sealed, file_of
from marketplace.catalogue.queries import find_listing
from marketplace.catalogue.rules.disclosure import require_reader, require_shown
from tenants.errors import NotFound
from tenants.workspace import Workspace


def public_passport(ws: Workspace, listing_id: UUID) -> dict[str, Any]:
    """The file with what the market may see. Refuses an offer whose goods the seller knew nothing of."""
    sealed: dict[str, Any] | None = find_listing(ws, listing_id).sealed
    if sealed is None:
        raise NotFound("passport_unsealed", "This offer has no sealed passport.")
    return sealed


def own_passport(ws: Workspace, listing_id: UUID) -> SealedPassport | None:
    """The newest edition, to the owner of the goods."""
    wanted = select(SealedPassport).where(
        SealedPassport.listing_id == listing_id, SealedPassport.owner_id == ws.tenant_id
    )
    return ws.session.scalars(wanted.order_by(SealedPassport.edition.desc()).limit(1)).one_or_none()


def find_own_passport(ws: Workspace, listing_id: UUID) -> SealedPassport:
    """The newest edition. Refuses, as not found, whoever does not own the goods."""
    found = own_passport(ws, listing_id)
    if found is None:
        raise NotFound("listing_unknown", "There is no such offer.")
    return found


def show_passport(ws: Workspace, listing_id: UUID, *, names: Collection[str], reader: str) -> dict[str, Any]:
    """A file that shows these fields of one's goods' passport, and proves them, to `reader`; who it was for goes into the goods' record.

    Refuses whoever does not own the goods, no field, a field that the passport does not have, and a reader without a name.
    """
    ws.may("show_passport")
    row = find_own_passport(ws, listing_id)
    chosen, named = set(names), require_reader(reader)
    require_shown(chosen, {one.name for one in as_sealed(row).fields})
    fact = PassportShown(
        listing_id=listing_id,
        edition=row.edition,
        reader=named,
        shown=len(chosen),
        count=len(row.fields),
        fields=tuple(sorted(chosen)),
    )
    ws.record(fact, on=row.lot_id, evidence=[row.root.hex()])
    return file_of(row, chosen)
