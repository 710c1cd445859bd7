"""Goods by screen: every page as those who may see it, the story from product to verified lot, and each form refused by name."""

import io
import re
from typing import Any
from uuid import uuid4

import pytest

from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot, list_lots
from tenants import approvals
from tests.factories import Firm, Person, World
from tests.marketplace.documents.makers import PDF, a_picture
from tests.marketplace.inventory.makers import (
    a_declared_lot,
    a_product,
    a_received_lot,
    a_site,
    a_verified_lot,
)


@pytest.fixture
def firms(world: World) -> dict[str, Firm]:
    return {
        "sme": world.firm("SME"),
        "warehouse": world.firm("WAREHOUSE_OPERATOR"),
        "supervisor": world.firm("SUPERVISOR"),
    }


def the_three(firms: dict[str, Firm]) -> tuple[Firm, Firm, Firm]:
    return firms["sme"], firms["warehouse"], firms["supervisor"]


def post(person: Person, address: str, fields: dict[str, Any] | None = None, key: str | None = None) -> Any:
    """Send a form as its page would: with the page's own token."""
    browser = person.browser()
    token = re.search(r'name="csrf-token" content="([^"]+)"', browser.get("/lots").text)
    assert token
    sent = {"csrf_token": token[1], "_key": key or str(uuid4()), **(fields or {})}
    return browser.post(address, data=sent, content_type="multipart/form-data")


def in_language(address: str, language: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


def lot_seen(firm: Firm, lot: Lot) -> Lot:
    with firm.operator.ws(read_only=True) as ws:
        return find_lot(ws, lot.id)


def test_the_story_from_product_to_verified_lot_by_screen(world: World, firms: dict[str, Firm]) -> None:
    sme, warehouse, supervisor = the_three(firms)
    told = {
        "name": "Zinc ingot",
        "sku": "ZN-1",
        "grade": "SHG",
        "hs_code": "7901.1110.00",
        "unit": "TNE",
        "price_code": "ZN",
        "tolerance": "0.5",
    }
    assert post(sme.operator, "/products", told).location == "/products"
    site = {
        "name": "Wusong 3",
        "city": "Shanghai",
        "width": "60",
        "depth": "40",
        "scale_calibrated_until": "2027-01-01",
        "latitude": "31.23",
        "longitude": "121.49",
    }
    wrong = post(warehouse.operator, "/sites", site | {"longitude": "181"})
    assert (wrong.status_code, "Give degrees from -180 to 180." in wrong.text) == (422, True)
    opened = post(warehouse.operator, "/sites", site)
    assert (
        post(
            warehouse.operator,
            f"{opened.location}/bins",
            {"code": "A-01", "x": "1", "y": "1", "width": "8", "height": "8"},
        ).status_code
        == 302
    )
    form = sme.operator.browser().get("/lots/new").text
    product_id, site_id, supervisor_id = (
        re.search(rf'<option value="([0-9a-f-]+)"[^>]*>[^<]*{word}', form)
        for word in ("Zinc", "Wusong 3", supervisor.name)
    )
    assert product_id
    assert site_id
    assert supervisor_id
    declared = post(
        sme.operator,
        "/lots",
        {
            "product_id": product_id[1], "quantity": "1,024.500", "quantity_unit": "TNE", "site_id": site_id[1], "supervisor_id": supervisor_id[1],
            "reference": "PO-7", "paper_kind": "contract", "paper": (io.BytesIO(PDF), "contract.pdf"),
        },
    )  # fmt: skip
    page = sme.operator.browser().get(declared.location).text
    assert "1,024.500" in page
    assert "contract.pdf" in page
    assert "contract.pdf" not in warehouse.operator.browser().get(declared.location).text
    receipt = warehouse.operator.browser().get(f"{declared.location}/receipt").text
    place = re.search(r'<option value="([0-9a-f-]+)"[^>]*>A-01', receipt)
    assert place
    told = {
        "gross": "1040",
        "gross_unit": "TNE",
        "tare": "15.5",
        "tare_unit": "TNE",
        "bin_id": place[1],
        "vehicle": "沪A12345",
    }
    weighed = post(
        warehouse.operator,
        f"{declared.location}/receipt",
        told | {"photo": (io.BytesIO(a_picture(exif=True)), "bin.jpg")},
    )
    assert weighed.location == declared.location
    counted = {"counted": "1024", "counted_unit": "TNE", "passed": "yes"}
    assert post(supervisor.operator, f"{declared.location}/inspection", counted).status_code == 302
    assert "Waiting for a second pair of eyes" in supervisor.operator.browser().get(declared.location).text
    with supervisor.approver.ws() as ws:
        (waiting,) = approvals.waiting(ws)
    assert post(supervisor.approver, f"/approvals/{waiting.id}/approval").status_code == 302
    page = sme.operator.browser().get(declared.location).text
    assert "1,024.000" in page
    assert "Ask for finance" in page
    assert "沪A12345" in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_opens_for_those_who_may_see_it(world: World, firms: dict[str, Firm], language: str) -> None:
    sme, warehouse, supervisor = the_three(firms)
    verified, received = a_verified_lot(world, *the_three(firms)), a_received_lot(world, *the_three(firms))
    declared = a_declared_lot(world, *the_three(firms))
    everybody = [
        "/lots",
        "/lots?status=VERIFIED&sort=-verified",
        "/lots?q=copper",
        "/sites",
        f"/sites/{verified.site_id}",
    ]
    everybody += [f"/lots/{lot.id}" for lot in (verified, received, declared)] + [f"/lots/{verified.id}/label"]
    for firm in firms.values():
        for address in everybody:
            answer = firm.operator.browser().get(in_language(address, language))
            assert answer.status_code == 200, address
    own = [
        (sme, ["/products", "/lots/new", "/lots/import"]),
        (warehouse, ["/sites/new", f"/lots/{declared.id}/receipt", f"/lots/{received.id}/receipt"]),
        (warehouse, [f"/lots/{verified.id}/departure", f"/lots/{verified.id}/freeze"]),
        (
            supervisor,
            [f"/lots/{received.id}/inspection", f"/lots/{verified.id}/write-off", f"/lots/{verified.id}/assay"],
        ),
    ]
    for firm, addresses in own:
        for address in addresses:
            assert firm.operator.browser().get(in_language(address, language)).status_code == 200, address


def test_a_strangers_lot_is_not_found(world: World, firms: dict[str, Firm]) -> None:
    lot, stranger = a_verified_lot(world, *the_three(firms)), world.firm("SME", "WAREHOUSE_OPERATOR", "SUPERVISOR")
    for address in (
        "",
        "/label",
        "/label.pdf",
        "/receipt",
        "/inspection",
        "/freeze",
        "/write-off",
        "/departure",
        "/assay",
    ):
        assert stranger.operator.browser().get(f"/lots/{lot.id}{address}").status_code == 404, address
    for address in ("receipt", "inspection", "freeze", "unfreezing", "write-off", "departure", "assay"):
        fields = dict.fromkeys(("gross", "tare", "counted", "quantity", "left"), "1") | {
            f"{name}_unit": "TNE" for name in ("gross", "tare", "counted", "quantity", "left")
        }
        sent = post(
            stranger.operator,
            f"/lots/{lot.id}/{address}",
            fields | {"reason": "x", "because": "x", "bin_id": str(uuid4()), "passed": "yes", "what": "part"},
        )
        assert sent.status_code == 404, address
    assert stranger.operator.browser().get("/lots/labels.pdf").status_code == 404
    assert lot.number not in stranger.operator.browser().get("/lots.csv").text


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"quantity": ""}, "quantity", "This must be filled in."),
        ({"quantity": "much"}, "quantity", "much is not a quantity."),
        ({"quantity": "1.2345"}, "quantity", "at most three decimals"),
        ({"quantity": "-5"}, "quantity", "above zero"),
        ({"quantity_unit": "XXX"}, "quantity", "XXX is not a unit we keep."),
        ({"quantity_unit": "H87"}, "", "measure different things"),
        ({"product_id": ""}, "product_id", "Choose one from the list."),
        ({"site_id": "'; drop table lot"}, "site_id", "Choose one from the list."),
        ({"supervisor_id": str(uuid4())}, "supervisor_id", "Choose a supervisor from the list."),
        ({"pieces": "1.5"}, "pieces", "Write a whole number."),
        ({"pieces": "0"}, "pieces", "Pieces are whole"),
        ({"reference": "x" * 101}, "reference", "longer than 100"),
        ({"batch": "ü"}, "", "letters, digits and signs of GS1"),
        ({"paper": (io.BytesIO(b"MZ\x90\x00"), "contract.pdf")}, "", "this file is none of them"),
    ],
)
def test_a_declaration_is_refused_at_its_field_and_keeps_what_was_typed(
    world: World, firms: dict[str, Firm], change: dict[str, Any], field: str, says: str
) -> None:
    sme, warehouse, supervisor = the_three(firms)
    right = {
        "product_id": str(a_product(world, sme).id), "quantity": "10", "quantity_unit": "TNE", "site_id": str(a_site(world, warehouse)[0].id),
        "supervisor_id": str(supervisor.tenant_id), "origin": "Jiangxi", "paper_kind": "contract",
    }  # fmt: skip
    refused = post(sme.operator, "/lots", right | change)
    assert refused.status_code == 422
    assert says in refused.text
    assert 'value="Jiangxi"' in refused.text
    if field:
        assert f'id="error-{field}"' in refused.text
    with sme.operator.ws(read_only=True) as ws:
        assert list_lots(ws) == []


def test_a_form_sent_twice_declares_once(world: World, firms: dict[str, Firm]) -> None:
    sme, warehouse, supervisor = the_three(firms)
    told = {
        "product_id": str(a_product(world, sme).id), "quantity": "10", "quantity_unit": "TNE", "site_id": str(a_site(world, warehouse)[0].id),
        "supervisor_id": str(supervisor.tenant_id),
    }  # fmt: skip
    key = str(uuid4())
    first, again = (post(sme.operator, "/lots", told, key=key) for _ in range(2))
    assert first.location == again.location
    with sme.operator.ws(read_only=True) as ws:
        assert len(list_lots(ws)) == 1


def test_who_may_not_is_told_so(world: World, firms: dict[str, Firm]) -> None:
    lot = a_received_lot(world, *the_three(firms))
    for firm, address in (
        (firms["warehouse"], "/lots/new"), (firms["sme"], f"/lots/{lot.id}/receipt"), (firms["warehouse"], f"/lots/{lot.id}/inspection"),
        (firms["sme"], "/sites/new"), (firms["supervisor"], "/lots/import"), (firms["sme"], f"/lots/{lot.id}/freeze"),
    ):  # fmt: skip
        assert firm.operator.browser().get(address).status_code == 403, address


def test_freezing_and_unfreezing_by_screen(world: World, firms: dict[str, Firm]) -> None:
    lot, supervisor = a_verified_lot(world, *the_three(firms)), firms["supervisor"]
    refused = post(supervisor.operator, f"/lots/{lot.id}/freeze", {"reason": " "})
    assert (refused.status_code, "Say why." in refused.text) == (422, True)
    post(supervisor.operator, f"/lots/{lot.id}/freeze", {"reason": "seal 118 broken"})
    assert "seal 118 broken" in firms["sme"].operator.browser().get(f"/lots/{lot.id}").text
    post(supervisor.operator, f"/lots/{lot.id}/unfreezing", {"because": "counted again"})
    with supervisor.approver.ws() as ws:
        (waiting,) = approvals.waiting(ws)
    post(supervisor.approver, f"/approvals/{waiting.id}/approval")
    assert lot_seen(firms["sme"], lot).status == "VERIFIED"


def test_writing_off_and_letting_out_by_screen(world: World, firms: dict[str, Firm]) -> None:
    lot = a_verified_lot(world, *the_three(firms))
    short = {"what": "part", "left": "97.5", "left_unit": "TNE", "because": "stock-take"}
    assert post(firms["supervisor"].operator, f"/lots/{lot.id}/write-off", short).status_code == 302
    too_much = post(
        firms["warehouse"].operator, f"/lots/{lot.id}/departure", {"quantity": "98", "quantity_unit": "TNE"}
    )
    assert (too_much.status_code, "97.500" in too_much.text) == (409, True)
    assert (
        post(
            firms["warehouse"].operator, f"/lots/{lot.id}/departure", {"quantity": "97500", "quantity_unit": "KGM"}
        ).status_code
        == 302
    )
    assert lot_seen(firms["sme"], lot).status == "DEPARTED"


def test_the_export_is_no_trap_for_spreadsheets(world: World, firms: dict[str, Firm]) -> None:
    product = a_product(world, firms["sme"], name='=HYPERLINK("http://evil","Copper")')
    lot = a_declared_lot(world, *the_three(firms), product=product)
    answer = firms["warehouse"].operator.browser().get("/lots.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert lot.number in answer.text
    assert "\"'=HYPERLINK" in answer.text


def test_the_label_on_paper_and_its_public_page(world: World, firms: dict[str, Firm]) -> None:
    lot = a_verified_lot(world, *the_three(firms))
    browser = firms["warehouse"].operator.browser()
    paper = browser.get(f"/lots/{lot.id}/label.pdf")
    assert (paper.mimetype, paper.data[:5]) == ("application/pdf", b"%PDF-")
    assert browser.get("/lots/labels.pdf").data[:5] == b"%PDF-"
    link = re.search(r"/01/\d{14}/10/[\w-]+", browser.get(f"/lots/{lot.id}/label").text)
    assert link
    anybody = world.app.test_client().get(link[0])
    assert anybody.status_code == 200
    assert firms["warehouse"].name in anybody.text
    assert "Copper cathode" in anybody.text
    for secret in (firms["sme"].name, "100.000", "VERIFIED", str(lot.id)):
        assert secret not in anybody.text
    assert str(lot.id) in browser.get(link[0]).text
    assert world.app.test_client().get("/01/06901234567892/10/NOBODY").status_code == 404
