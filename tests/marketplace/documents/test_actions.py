"""Papers about lots: who may add, who may read, what changes never."""

from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from marketplace.documents import actions
from marketplace.documents.models import Document
from marketplace.documents.ports import file_store, use_file_store
from marketplace.documents.queries import (
    documents_of,
    find_document,
    list_documents,
    open_document,
    openings_of,
    versions_of,
)
from marketplace.documents.rules.flows import content_hash
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound, Unavailable
from tests.factories import World
from tests.marketplace.documents.makers import PDF, a_document, a_picture
from tests.marketplace.inventory.makers import a_declared_lot


def test_a_paper_is_kept_under_its_hash_and_read_by_those_who_hold_the_lot(world: World) -> None:
    sme, warehouse, supervisor = world.firm("SME"), world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR")
    lot = a_declared_lot(world, sme, warehouse, supervisor)
    added = a_document(sme.operator, lot.id)
    assert added.sha256 == content_hash(PDF)
    for firm in (sme, warehouse, supervisor):
        with firm.operator.ws(read_only=True) as ws:
            document, content = open_document(ws, added.id)
            assert (document.name, content) == ("certificate.pdf", PDF)
            assert [one.id for one in list_documents(ws)] == [added.id]
    with world.firm("BANK").operator.ws(read_only=True) as ws:
        assert not documents_of(ws, lot.id)
        with pytest.raises(NotFound):
            open_document(ws, added.id)


def test_an_invoice_is_not_for_the_warehouse(world: World) -> None:
    sme, warehouse, supervisor = world.firm("SME"), world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR")
    lot = a_declared_lot(world, sme, warehouse, supervisor)
    invoice = a_document(sme.operator, lot.id, kind="vat_invoice", name="fapiao.pdf")
    with pytest.raises(NotFound), warehouse.operator.ws(read_only=True) as ws:
        find_document(ws, invoice.id)


def test_a_picture_is_kept_without_its_metadata_and_both_hashes_are_known(world: World) -> None:
    sme = world.firm("SME")
    lot = a_declared_lot(world, sme, world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR"))
    told = a_picture(exif=True)
    photo = a_document(sme.operator, lot.id, kind="photo", name="bin.JPG", content=told)
    assert (photo.received_sha256, photo.name) == (content_hash(told), "bin.jpg")
    with sme.operator.ws(read_only=True) as ws:
        _, kept = open_document(ws, photo.id)
    assert b"Secret" not in kept
    assert photo.sha256 == content_hash(kept) != photo.received_sha256


def test_a_new_version_supersedes_once(world: World) -> None:
    sme = world.firm("SME")
    lot = a_declared_lot(world, sme, world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR"))
    first = a_document(sme.operator, lot.id)
    second = a_document(sme.operator, lot.id, content=PDF + b"% corrected", replaces=first.id)
    assert second.version == 2
    with pytest.raises(Conflict, match="document_superseded"):
        a_document(sme.operator, lot.id, replaces=first.id)
    with sme.operator.ws(read_only=True) as ws:
        assert [one.version for one in documents_of(ws, lot.id)] == [2]
        assert [one.version for one in versions_of(ws, second)] == [2, 1]


def test_who_opened_what_is_known_to_those_whose_business_it_is(world: World) -> None:
    sme, warehouse, supervisor = world.firm("SME"), world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR")
    lot = a_declared_lot(world, sme, warehouse, supervisor)
    paper = a_document(sme.operator, lot.id)
    with warehouse.operator.ws() as ws:
        actions.note_opening(ws, paper.id)
    with sme.operator.ws(read_only=True) as ws:
        (seen,) = openings_of(ws, paper.id)
        assert (seen.organisation, seen.tenant_id) == (warehouse.name, warehouse.tenant_id)


def test_nobody_adds_to_what_is_not_theirs_to_see(world: World) -> None:
    sme, stranger = world.firm("SME"), world.firm("SME")
    lot = a_declared_lot(world, sme, world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR"))
    for nobody_sees in (lot.id, new_id()):
        with pytest.raises(NotFound):
            a_document(stranger.operator, nobody_sees)


def test_a_stranger_cannot_plant_a_row_about_another_firms_lot(world: World) -> None:
    """Behind the action's back: row security itself asks for a grant on the object."""
    sme, stranger = world.firm("SME"), world.firm("SME")
    lot = a_declared_lot(world, sme, world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR"))
    paper = a_document(sme.operator, lot.id)
    values = {c.key: getattr(paper, c.key) for c in Document.__table__.columns}
    planted = Document(**values | {"tenant_id": stranger.tenant_id, "id": new_id()})
    with pytest.raises(DBAPIError, match="row-level security"), stranger.operator.ws() as ws:
        ws.session.add(planted)


def test_a_document_does_not_change(world: World) -> None:
    sme = world.firm("SME")
    lot = a_declared_lot(world, sme, world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR"))
    paper = a_document(sme.operator, lot.id)
    with pytest.raises(DBAPIError, match="does not change"), sme.operator.ws() as ws:
        ws.session.execute(update(Document).where(Document.id == paper.id).values(sha256="0" * 64))


def test_said_and_found_must_agree(world: World) -> None:
    sme = world.firm("SME")
    lot = a_declared_lot(world, sme, world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR"))
    with pytest.raises(Invalid, match="file_format_belied"), sme.operator.ws() as ws:
        actions.add_document(
            ws, object_id=lot.id, kind="photo", name="a.jpg", content=PDF, media_type="image/jpeg; charset=x"
        )


def test_bytes_that_changed_on_the_disk_are_not_shown(world: World) -> None:
    sme = world.firm("SME")
    lot = a_declared_lot(world, sme, world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR"))
    paper = a_document(sme.operator, lot.id, content=PDF + b"% before")
    store = file_store()
    (place,) = Path(store.root).glob(f"*/*/{paper.sha256}")  # type: ignore[attr-defined]
    place.write_bytes(PDF + b"% tampered")
    with pytest.raises(Conflict, match="document_changed"), sme.operator.ws(read_only=True) as ws:
        open_document(ws, paper.id)
    place.unlink()
    with pytest.raises(Unavailable, match="document_missing"), sme.operator.ws(read_only=True) as ws:
        open_document(ws, paper.id)
    use_file_store(store)
