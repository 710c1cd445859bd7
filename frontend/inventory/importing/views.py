"""Pages of uploads: a file of lots, its preview row by row, its declaration; and the template to fill in."""

import io
from typing import Any
from uuid import UUID

import xlsxwriter
from flask import Response, flash, redirect, url_for

from frontend import entered
from frontend.inventory.blueprint import pages
from frontend.inventory.sheets import csv_file, harmless
from frontend.language import locale, translate
from frontend.pages import render
from marketplace.inventory import actions, queries
from marketplace.inventory.importing import good_rows
from marketplace.inventory.places import queries as place_queries
from marketplace.inventory.rules.files import COLUMNS, NEEDED, ROWS_MAX
from tenants.errors import Invalid
from tenants.organisations import Kind, organisations_of_kind
from tenants.workspace import Workspace

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADINGS = {
    "sku": "Article number", "quantity": "Quantity", "unit": "Unit", "site": "Site", "supervisor": "Supervisor", "reference": "Contract",
    "origin": "Origin", "pieces": "Pieces", "batch": "Batch", "produced_on": "Made on", "expires_on": "Expires on",
}  # fmt: skip
CHINESE = {
    "sku": "商品编码", "quantity": "数量", "unit": "单位", "site": "仓库", "supervisor": "监管方", "reference": "合同号", "origin": "产地",
    "pieces": "件数", "batch": "批号", "produced_on": "生产日期", "expires_on": "到期日",
}  # fmt: skip


@pages.look("/lots/import")
def new_import(ws: Workspace) -> Any:
    ws.may("declare_lot")
    return render(
        "inventory/importing/new_import.html",
        headings=_headings(),
        needed=NEEDED,
        products=place_queries.list_products(ws),
    )


@pages.act("/lots/imports", again="new_import")
def read_lots(ws: Workspace) -> Any:
    sent = entered.upload("file")
    if sent is None:
        raise Invalid("file_missing", "Choose a file.", field="file")
    upload = actions.read_lots(ws, name=sent[0], content=sent[1])
    return redirect(url_for(".show_import", import_id=upload.id))


@pages.look("/lots/imports/<uuid:import_id>")
def show_import(ws: Workspace, import_id: UUID) -> Any:
    upload = queries.find_import(ws, import_id)
    good = good_rows(upload)
    return render(
        "inventory/importing/import.html", upload=upload, good=len(good), wrong=len(upload.rows) - len(good), columns=_headings(), told=_told
    )  # fmt: skip


@pages.act("/lots/imports/<uuid:import_id>/declaration")
def declare_import(ws: Workspace, import_id: UUID) -> Any:
    lots = actions.declare_import(ws, import_id)
    flash(translate("%(count)s lots are declared.", count=len(lots)), "ok")
    return redirect(url_for(".list_lots", status="DECLARED"))


@pages.look("/lots/import-template.csv")
def csv_template(ws: Workspace) -> Response:
    ws.may("declare_lot")
    return csv_file("lots.csv", list(_headings().values()), [_example(ws)])


@pages.look("/lots/import-template.xlsx")
def xlsx_template(ws: Workspace) -> Response:
    """The template as a workbook: one's own article numbers, the sites and the supervisors to choose from in each cell."""
    ws.may("declare_lot")
    out = io.BytesIO()
    # Strings stay strings: nothing that a firm is called may become a formula or a link.
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, plain) as book:
        sheet, lists = book.add_worksheet(translate("Lots")), book.add_worksheet(translate("Lists"))
        bold = book.add_format({"bold": True, "bottom": 1})
        sheet.write_row(0, 0, list(_headings().values()), bold)
        sheet.write_row(1, 0, _example(ws))
        sheet.set_column(0, len(COLUMNS) - 1, 20)
        sheet.freeze_panes(1, 0)
        for place, choices in enumerate(_choices(ws)):
            lists.write_column(0, place, choices)
            column = ["sku", "site", "supervisor"][place]
            if choices:
                source = f"='{lists.get_name()}'!${'ABC'[place]}$1:${'ABC'[place]}${len(choices)}"
                at = list(COLUMNS).index(column)
                sheet.data_validation(
                    1, at, ROWS_MAX, at, {"validate": "list", "source": source, "error_type": "warning"}
                )
    answer = Response(out.getvalue(), mimetype=XLSX)
    answer.headers.set("Content-Disposition", "attachment", filename="lots.xlsx")
    return answer


def _headings() -> dict[str, str]:
    """The columns' headings in the reader's language; the reader of files knows both."""
    return CHINESE if locale() == "zh" else HEADINGS


def _choices(ws: Workspace) -> list[list[str]]:
    return [
        [one.sku for one in place_queries.list_products(ws)],
        [one.name for one in place_queries.list_sites(ws)],
        [one.name for one in organisations_of_kind(ws.session, Kind.SUPERVISOR)],
    ]


def _example(ws: Workspace) -> list[str]:
    first = [names[0] if names else "" for names in _choices(ws)]
    told = {
        "sku": first[0],
        "quantity": "100.000",
        "unit": "t",
        "site": first[1],
        "supervisor": first[2],
        "reference": "PO-2026-0117",
    }
    return [harmless(told.get(column, "")) for column in COLUMNS]


def _told(error: dict[str, Any]) -> str:
    return translate(error["because"], **error["facts"])
