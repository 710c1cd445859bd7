"""Uploading lots by screen: template, preview with errors, declaration; and the template read back."""

import io
import re
from typing import Any
from uuid import uuid4

import pytest

from marketplace.inventory.queries import list_lots
from marketplace.inventory.rules.files import read_lot_rows
from tests.factories import Firm, World
from tests.frontend.inventory.test_pages import post
from tests.marketplace.inventory.makers import a_product, a_site


@pytest.fixture
def sme(world: World) -> Firm:
    firm, warehouse = world.firm("SME"), world.firm("WAREHOUSE_OPERATOR")
    a_product(world, firm)
    a_site(world, warehouse)
    world.firm("SUPERVISOR")
    return firm


def send(sme: Firm, content: bytes, name: str = "lots.csv") -> Any:
    return post(sme.operator, "/lots/imports", {"file": (io.BytesIO(content), name)})


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_can_be_filled_and_sent_back(sme: Firm, language: str, kind: str) -> None:
    answer = sme.operator.browser().get(f"/lots/import-template.{kind}?lang={language}")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    (row,) = read_lot_rows(answer.data)
    assert row["quantity"] == "100.000"
    preview = send(sme, answer.data, f"lots.{kind}")
    page = sme.operator.browser().get(preview.location).text
    assert "Declare 1 lot" in page
    assert post(sme.operator, f"{preview.location}/declaration").location.startswith("/lots")
    with sme.operator.ws(read_only=True) as ws:
        assert len(list_lots(ws)) == 1
    again = sme.operator.browser().get(preview.location).text
    assert "Declare 1 lot" not in again


def test_errors_stand_beside_their_cells(sme: Firm) -> None:
    preview = send(sme, b"sku,quantity,site,supervisor\nNOPE,<b>abc</b>,Nowhere,Nobody\n")
    page = sme.operator.browser().get(preview.location).text
    assert "You have no product of this article number." in page
    assert "There is none called Nowhere." in page
    assert "<b>abc</b>" not in page
    assert "Declare" not in re.sub(r"<nav.*?</nav>", "", page).split("<main")[1].split("page-lead")[0]
    assert "没有名称为 Nobody 的对象。" in sme.operator.browser().get(f"{preview.location}?lang=zh").text


def test_a_file_that_is_none_is_refused_on_its_form(sme: Firm) -> None:
    for content, says in (
        (b"", "holds no rows"),
        (b"MZ\x00\x01", "neither a CSV nor an xlsx"),
        (b"a,b\n1,2\n", "lacks the columns"),
    ):
        refused = send(sme, content)
        assert (refused.status_code, says in refused.text) == (422, True), says
    nothing = post(sme.operator, "/lots/imports", {})
    assert (nothing.status_code, "Choose a file." in nothing.text) == (422, True)


def test_a_strangers_upload_is_not_found(world: World, sme: Firm) -> None:
    preview = send(sme, b"sku,quantity,site,supervisor\nA,1,B,C\n").location
    stranger = world.firm("SME").operator
    assert stranger.browser().get(preview).status_code == 404
    assert post(stranger, f"{preview}/declaration").status_code == 404
    assert stranger.browser().get(f"/lots/imports/{uuid4()}").status_code == 404
