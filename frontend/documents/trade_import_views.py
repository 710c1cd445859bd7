"""Pages of trades' files: the template to fill in, the preview row by row, the import of all rows or none."""

import io
from typing import Any
from uuid import UUID

import xlsxwriter
from flask import Response, flash, redirect, request, url_for

from frontend.documents.blueprint import pages
from frontend.inventory.importing.views import XLSX
from frontend.inventory.sheets import csv_file, harmless
from frontend.language import locale, translate
from frontend.pages import render
from marketplace.documents import importing, queries
from marketplace.documents.rules.entries import Lane
from marketplace.documents.rules.trade_files import COLUMNS, EXAMPLES, NEEDED, NUMBERS, ROWS_MAX, good_rows
from tenants.errors import Invalid
from tenants.workspace import Workspace

MOST_ROWS_SHOWN = 200
FILES = {Lane.ORDER: "Orders", Lane.GOODS: "Deliveries", Lane.INVOICE: "Invoices", Lane.MONEY: "Payments"}
HEADINGS = {
    "order": "Order", "order_line": "Order line", "number": "Number", "date": "Date", "seller": "Seller", "seller_code": "Seller code", "buyer": "Buyer",
    "buyer_code": "Buyer code", "goods_code": "Goods code", "goods": "Goods", "quantity": "Quantity", "unit": "Unit", "price": "Price", "amount": "Amount", "tax": "Tax",
    "currency": "Currency", "due": "Due", "delivered": "Delivered on", "kind": "Kind", "invoice": "Paid invoice", "account": "Account",
}  # fmt: skip
CHINESE = {
    "order": "订单号", "order_line": "订单行号", "number": "单号", "date": "日期", "seller": "卖方", "seller_code": "卖方税号", "buyer": "买方", "buyer_code": "买方税号",
    "goods_code": "商品编码", "goods": "品名", "quantity": "数量", "unit": "单位", "price": "单价", "amount": "金额", "tax": "税额", "currency": "币种", "due": "到期日",
    "delivered": "交货日期", "kind": "单据类型", "invoice": "所付发票号", "account": "账号",
}  # fmt: skip


@pages.look("/trades/import")
def new_trade_import(ws: Workspace) -> Any:
    ws.may("keep_trades")
    lane = _lane()
    return render(
        "documents/new_import.html", lane=lane, lanes=FILES, headings=headings(lane), needed=NEEDED[lane], rows_max=ROWS_MAX
    )  # fmt: skip


@pages.act("/trades/imports", again="new_trade_import")
def read_trade_file(ws: Workspace) -> Any:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid("file_missing", "Choose a file.", field="file")
    lane = request.form.get("lane", "")
    upload = importing.read_trade_file(ws, lane=lane, name=sent.filename, content=sent.read())
    return redirect(url_for(".show_trade_import", upload_id=upload.id))


@pages.look("/trades/imports/<uuid:upload_id>")
def show_trade_import(ws: Workspace, upload_id: UUID) -> Any:
    upload = queries.find_trade_import(ws, upload_id)
    good, lane = len(good_rows(upload.rows)), Lane(upload.lane)
    rows = sorted(upload.rows, key=lambda row: not row["errors"])[:MOST_ROWS_SHOWN]
    used = [column for column in COLUMNS[lane] if any(column in row for row in upload.rows[:1])]
    return render(
        "documents/import.html",
        upload=upload,
        lane=lane,
        lanes=FILES,
        rows=rows,
        good=good,
        wrong=len(upload.rows) - good,
        columns={column: headings(lane)[column] for column in used},
        told=lambda error: translate(error["because"], **error["facts"]),
    )


@pages.act("/trades/imports/<uuid:upload_id>/import")
def import_trade_file(ws: Workspace, upload_id: UUID) -> Any:
    rows = importing.import_trade_file(ws, upload_id)
    flash(translate("%(count)s rows are imported.", count=rows), "ok")
    return redirect(url_for(".list_trades"))


@pages.look("/trades/import-template.csv")
def trade_csv_template(ws: Workspace) -> Response:
    ws.may("keep_trades")
    lane = _lane()
    return csv_file(f"{FILES[lane].lower()}.csv", list(headings(lane).values()), [_example(lane)])


@pages.look("/trades/import-template.xlsx")
def trade_xlsx_template(ws: Workspace) -> Response:
    ws.may("keep_trades")
    lane, out = _lane(), io.BytesIO()
    # Strings stay strings: nothing in a template may become a formula or a link.
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(translate(FILES[lane]))
        sheet.write_row(0, 0, list(headings(lane).values()), book.add_format({"bold": True, "bottom": 1}))
        sheet.write_row(1, 0, _example(lane))
        sheet.set_column(0, len(COLUMNS[lane]) - 1, 18)
        sheet.freeze_panes(1, 0)
    answer = Response(out.getvalue(), mimetype=XLSX)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{FILES[lane].lower()}.xlsx")
    return answer


def headings(lane: Lane) -> dict[str, str]:
    """The columns of a flow's file as the reader's template names them; the reader of files knows both languages."""
    words = CHINESE if locale() == "zh" else HEADINGS
    return {column: words[column] for column in COLUMNS[lane]}


def _example(lane: Lane) -> list[str]:
    told = {**EXAMPLES, "number": NUMBERS.get(lane, ""), "invoice": NUMBERS[Lane.INVOICE], "delivered": EXAMPLES["date"]}  # fmt: skip
    return [harmless(told.get(column, "")) for column in COLUMNS[lane]]


def _lane() -> Lane:
    return importing.lane_named(request.values.get("lane") or Lane.ORDER)
