"""Lots from a file: shown with their errors, declared together or not at all."""

import io
from datetime import date, datetime

import pytest
import xlsxwriter

from marketplace.inventory import actions
from marketplace.inventory.importing import good_rows
from marketplace.inventory.models import LotImport
from marketplace.inventory.queries import find_import, list_lots
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import Firm, World
from tests.marketplace.inventory.makers import a_product, a_site


class Scene:
    """A firm with one product, a site and a supervisor to name in a file."""

    def __init__(self, world: World) -> None:
        self.world, self.sme = world, world.firm("SME")
        self.warehouse, self.supervisor = world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR")
        self.product, (self.site, _) = a_product(world, self.sme), a_site(world, self.warehouse)

    def row(
        self,
        quantity: str = "100.5",
        unit: str = "t",
        *,
        sku: str = "",
        site: str = "",
        supervisor: str = "",
        batch: str = "",
        pieces: str = "",
    ) -> str:
        named = (
            sku or self.product.sku,
            quantity,
            unit,
            site or self.site.name,
            supervisor or self.supervisor.name,
            batch,
            pieces,
        )
        return ",".join(f'"{cell}"' for cell in named)

    def upload(self, *rows: str, person: Firm | None = None) -> LotImport:
        text = "\n".join(("商品编码,数量,单位,仓库,监管方,批号,件数", *rows))
        with (person or self.sme).operator.ws() as ws:
            return actions.read_lots(ws, name="批次.csv", content=text.encode("gb18030"))


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


def errors_of(upload: LotImport) -> list[set[str]]:
    return [{error["column"] for error in row["errors"]} for row in upload.rows]


def test_a_file_is_shown_and_then_declared(scene: Scene) -> None:
    upload = scene.upload(scene.row("1,024.500"), scene.row("55250", "公斤", batch="H-7", pieces="60"))
    assert errors_of(upload) == [set(), set()]
    with scene.sme.operator.ws(read_only=True) as ws:
        assert list_lots(ws) == []
    with scene.sme.operator.ws() as ws:
        actions.declare_import(ws, upload.id)
    with scene.warehouse.operator.ws(read_only=True) as ws:
        assert sorted(str(lot.documented_qty) for lot in list_lots(ws)) == ["1024.500", "55.250"]
        assert {lot.pieces for lot in list_lots(ws)} == {None, 60}
    with pytest.raises(Conflict, match="import_declared"), scene.sme.operator.ws() as ws:
        actions.declare_import(ws, upload.id)


def test_each_wrong_cell_is_told_with_its_column_and_good_rows_stand(scene: Scene) -> None:
    upload = scene.upload(
        scene.row(),
        scene.row(sku="NOPE", site="Nowhere", supervisor="Nobody"),
        scene.row("abc"),
        scene.row("0"),
        scene.row("1.2345"),
        scene.row("5", "furlong"),
        scene.row("5", "件"),
        scene.row(batch="has space"),
        scene.row(pieces="1.5"),
        scene.row(batch="H-1"),
        scene.row(batch="H-1"),
    )
    told = [
        set(),
        {"sku", "site", "supervisor"},
        {"quantity"},
        {"quantity"},
        {"quantity"},
        {"unit"},
        {"unit"},
        {"batch"},
        {"pieces"},
        set(),
        {"batch"},
    ]
    assert errors_of(upload) == told
    with scene.sme.operator.ws() as ws:
        assert len(actions.declare_import(ws, upload.id)) == len(good_rows(upload)) == 2


def test_days_of_production_and_expiry_come_with_the_file(scene: Scene) -> None:
    flour = a_product(scene.world, scene.sme, name="Flour", shelf_life_days=90)
    rows = [("2026/1/10", ""), ("", ""), ("20990101", ""), ("2026-01-10", "2026-01-09"), ("", "tomorrow"), ("", "2026-06-30")]  # fmt: skip
    lines = [scene.row(sku=flour.sku) + f',"{made}","{ends}"' for made, ends in rows]
    text = "\n".join(("商品编码,数量,单位,仓库,监管方,批号,件数,生产日期,有效期至", *lines))
    with scene.sme.operator.ws() as ws:
        upload = actions.read_lots(ws, name="flour.csv", content=text.encode())
    assert errors_of(upload) == [set(), {"produced_on"}, {"produced_on"}, {"expires_on"}, {"expires_on"}, set()]
    with scene.sme.operator.ws() as ws:
        made, told = actions.declare_import(ws, upload.id)
    assert (made.produced_on, made.expires_on) == (date(2026, 1, 10), date(2026, 4, 10))
    assert (told.produced_on, told.expires_on) == (None, date(2026, 6, 30))


def test_a_spreadsheets_own_days_are_read(scene: Scene) -> None:
    out, day = io.BytesIO(), date(2026, 1, 10)
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["SKU", "Quantity", "Site", "Supervisor", "Made on", "Best before"])
        sheet.write_row(
            1, 0, [scene.product.sku, 5, scene.site.name, scene.supervisor.name, day, datetime(2027, 1, 10, 8)]  # noqa: DTZ001
        )  # fmt: skip
    with scene.sme.operator.ws() as ws:
        upload = actions.read_lots(ws, name="flour.xlsx", content=out.getvalue())
        assert errors_of(upload) == [set()]
        (lot,) = actions.declare_import(ws, upload.id)
        assert (lot.produced_on, lot.expires_on) == (day, date(2027, 1, 10))


def test_nothing_is_declared_where_one_good_row_went_bad_meanwhile(scene: Scene) -> None:
    upload = scene.upload(scene.row(), scene.row(batch="H-9"))
    with scene.sme.operator.ws() as ws:
        actions.declare_import(ws, scene.upload(scene.row(batch="H-9")).id)
    with pytest.raises(Conflict) as refused, scene.sme.operator.ws() as ws:
        actions.declare_import(ws, upload.id)
    assert (refused.value.code, refused.value.facts["line"]) == ("identity_taken", "3")
    with scene.sme.operator.ws(read_only=True) as ws:
        assert len(list_lots(ws)) == 1


def test_an_upload_without_a_good_row_declares_nothing(scene: Scene) -> None:
    upload = scene.upload(scene.row("abc"))
    with pytest.raises(Conflict, match="import_without_good_rows"), scene.sme.operator.ws() as ws:
        actions.declare_import(ws, upload.id)


def test_an_upload_is_the_firms_own(scene: Scene) -> None:
    upload, stranger = scene.upload(scene.row()), scene.world.firm("SME")
    with pytest.raises(NotFound), stranger.operator.ws() as ws:
        actions.declare_import(ws, upload.id)
    with pytest.raises(NotFound), scene.warehouse.operator.ws(read_only=True) as ws:
        find_import(ws, upload.id)
    with pytest.raises(NotAllowed):
        scene.upload(scene.row(), person=scene.warehouse)
    assert errors_of(scene.upload(scene.row(), person=stranger)) == [{"sku"}]


def test_a_name_that_two_share_names_nobody(scene: Scene) -> None:
    scene.world.firm("SUPERVISOR", name="Twin Supervision")
    scene.world.firm("SUPERVISOR", name="Twin Supervision")
    (row,) = scene.upload(scene.row(supervisor="twin supervision")).rows
    assert row["errors"][0]["because"].startswith("Several are called")


def test_a_file_that_is_no_table_is_refused_at_its_field(scene: Scene) -> None:
    with pytest.raises(Invalid) as refused, scene.sme.operator.ws() as ws:
        actions.read_lots(ws, name="a.xlsx", content=b"PK\x03\x04garbage")
    assert (refused.value.code, refused.value.field) == ("file_unreadable", "file")
