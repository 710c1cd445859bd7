"""Papers by screen: added, listed, opened as a download that no browser runs; who opened them is shown."""

import io
import re
from typing import Any
from uuid import uuid4

import pytest

from marketplace.documents.queries import documents_of
from marketplace.inventory.models import Lot
from tests.factories import Firm, Person, World
from tests.marketplace.documents.makers import PDF, a_document, a_picture
from tests.marketplace.inventory.makers import a_declared_lot


class Scene:
    def __init__(self, world: World) -> None:
        self.world, self.sme, self.warehouse = world, world.firm("SME"), world.firm("WAREHOUSE_OPERATOR")
        self.lot: Lot = a_declared_lot(world, self.sme, self.warehouse, world.firm("SUPERVISOR"))


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


def post(person: Person, address: str, fields: dict[str, Any] | None = None) -> Any:
    browser = person.browser()
    token = re.search(r'name="csrf-token" content="([^"]+)"', browser.get("/documents").text)
    assert token
    sent = {"csrf_token": token[1], "_key": str(uuid4()), **(fields or {})}
    return browser.post(address, data=sent, content_type="multipart/form-data")


def a_file(content: bytes = PDF, name: str = "certificate.pdf") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def add(firm: Firm, lot: Lot, **changed: Any) -> Any:
    return post(
        firm.operator,
        "/documents",
        {"object_id": str(lot.id), "kind": "quality_certificate", "file": a_file()} | changed,
    )


def test_a_paper_is_added_listed_and_opened(scene: Scene) -> None:
    added = add(scene.sme, scene.lot, file=a_file(a_picture(exif=True), "<b>photo.jpg"), kind="photo")
    page = scene.warehouse.operator.browser().get(added.location).text
    assert "_b_photo.jpg" in page
    assert "Nobody has opened it yet." in page
    assert "_b_photo.jpg" in scene.warehouse.operator.browser().get("/documents").text
    opened = post(scene.warehouse.operator, f"{added.location}/openings")
    assert opened.headers["Content-Disposition"].startswith("attachment")
    assert opened.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in opened.headers["Content-Security-Policy"]
    assert opened.mimetype == "image/jpeg"
    assert b"Secret" not in opened.data
    assert scene.warehouse.name in scene.sme.operator.browser().get(added.location).text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"file": a_file(b"MZ\x90\x00", "invoice.pdf")}, "this file is none of them"),
        ({"file": a_file(b"", "empty.pdf")}, "The file is empty."),
        ({"file": a_file(b"\xff\xd8\xff broken", "a.jpg")}, "This picture cannot be read."),
        ({"kind": "love_letter"}, "Choose a kind of document from the list."),
        ({"file": ""}, "Choose a file."),
        ({"object_id": "nonsense"}, "Say what the document is about."),
    ],
)
def test_what_is_refused_is_told_on_the_form(scene: Scene, change: dict[str, Any], says: str) -> None:
    refused = add(scene.sme, scene.lot, **change)
    assert (refused.status_code, says in refused.text) == (422, True), refused.text[:2000]
    with scene.sme.operator.ws(read_only=True) as ws:
        assert documents_of(ws, scene.lot.id) == []


def test_strangers_find_nothing_and_add_nothing(scene: Scene) -> None:
    paper, stranger = a_document(scene.sme.operator, scene.lot.id), scene.world.firm("BANK")
    assert stranger.operator.browser().get(f"/documents/{paper.id}").status_code == 404
    assert post(stranger.operator, f"/documents/{paper.id}/openings").status_code == 404
    assert add(stranger, scene.lot).status_code == 404


def test_one_is_never_led_out_of_the_house(scene: Scene) -> None:
    for away in ("https://evil.example", "//evil.example", "/\\evil.example"):
        assert "evil" not in add(scene.sme, scene.lot, next=away).location
    assert add(scene.sme, scene.lot, next=f"/lots/{scene.lot.id}").location == f"/lots/{scene.lot.id}"
