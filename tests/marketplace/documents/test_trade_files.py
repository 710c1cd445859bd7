"""Files of trades: read in both languages, wrong cells told beside them, imported whole or not at all."""

import io
import random
from typing import Any

import pytest
import xlsxwriter

from marketplace.documents import importing
from marketplace.documents.queries import entries_of, list_trades
from marketplace.documents.rules.entries import Lane
from marketplace.documents.rules.trade_files import COLUMNS, NEEDED, WORDS, _headings, read_trade_rows
from marketplace.tables import plain
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import World
from tests.marketplace.documents.books import honest_sales, told
from tests.marketplace.documents.trade_makers import an_upload, imported

ORDERS = "order,line,date,seller,buyer,goods code,quantity,unit,price\nPO-1,1,2026-03-01,Jiangxi Copper,Huaxia Cable,7403,500,t,19850.00\nPO-1,2,2026-03-01,Jiangxi Copper,Huaxia Cable,7404,10,t,20000\n"
GOODS = "delivery note,date,order,line,quantity,unit\nDN-1,2026-03-05,PO-1,1,500,t\nDN-1,2026-03-05,PO-1,2,10,t\n"
INVOICES = "invoice number,invoice date,order,line,quantity,unit,price,amount\nINV-1,2026-03-06,PO-1,1,500,t,19850,9925000\nINV-1,2026-03-06,PO-1,2,10,t,20000,200000.00\n"
PAYMENTS = 'reference,value date,invoice,payee,amount\nPAY-1,2026-03-20,INV-1,Jiangxi Copper,"10,125,000.00"\n'


def a_workbook(*rows: list[Any]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)
    return out.getvalue()


def errors_of(content: str, lane: Lane) -> list[tuple[str, str]]:
    return [(row["line"], one["column"]) for row in read_trade_rows(content.encode(), lane) for one in row["errors"]]


@pytest.mark.parametrize("lane", list(Lane))
def test_headings_are_plain_and_each_means_one_column(lane: Lane) -> None:
    words = [word for those in _headings(lane).values() for word in those]
    assert len(words) == len(set(words))
    assert all(plain(word) == word for word in words)
    assert set(NEEDED[lane]) <= set(COLUMNS[lane]) <= set(WORDS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_files_are_read_in_the_spelling_that_they_have(encoding: str) -> None:
    text = '订单号,行号,日期,供应商,客户,数量,单位,单价,金额\nPO-1,1,2026年3月1日,江西铜业,华夏电缆,500,吨,19850.00,"9,925,000.00"\n'
    (row,) = read_trade_rows(text.encode(encoding), Lane.ORDER)
    assert row["errors"] == []
    assert (row["seller"], row["read"]["date"], row["read"]["unit"], row["read"]["amount"]) == ("江西铜业", "2026-03-01", "TNE", 992_500_000)  # fmt: skip


def test_a_workbook_says_what_its_csv_says() -> None:
    head = ["Reference", "Value date", "Invoice", "Payee", "Amount"]
    (row,) = read_trade_rows(a_workbook(head, ["PAY-1", "2026-03-20", "INV-1", "Jiangxi", 9925000.1]), Lane.MONEY)
    assert (row["number"], row["invoice"], row["read"]["amount"], row["errors"]) == ("PAY-1", "INV-1", 992_500_010, [])


@pytest.mark.parametrize(
    ("lane", "content", "wrong"),
    [
        (Lane.ORDER, ORDERS.replace("2026-03-01", "03/01/2026"), [("2", "date"), ("3", "date")]),
        (Lane.ORDER, ORDERS.replace(",500,", ",five,"), [("2", "quantity")]),
        (Lane.ORDER, ORDERS.replace(",500,", ",500.0001,"), [("2", "quantity")]),
        (Lane.ORDER, ORDERS.replace("500,t", "500.5,pcs"), [("2", "quantity")]),
        (Lane.ORDER, ORDERS.replace("19850.00", "-1"), [("2", "price")]),
        (Lane.ORDER, ORDERS.replace("Huaxia Cable,7404", ",7404"), [("3", "buyer")]),
        (Lane.INVOICE, INVOICES.replace("200000.00", "200000.001"), [("3", "amount")]),
        (Lane.MONEY, PAYMENTS.replace('"10,125,000.00"', "0"), [("2", "amount")]),
        (Lane.GOODS, GOODS.replace("date,order", "date,kind,order").replace("05,PO", "05,love,PO"), [("2", "kind"), ("3", "kind")]),
        (Lane.MONEY, PAYMENTS.replace("PAY-1", "P" * 201), [("2", "number")]),
    ],
)  # fmt: skip
def test_wrong_cells_are_told_by_row_and_column(lane: Lane, content: str, wrong: list[tuple[str, str]]) -> None:
    assert errors_of(content, lane) == wrong


def test_a_file_without_what_it_needs_is_refused() -> None:
    with pytest.raises(Invalid, match="columns_missing") as refused:
        read_trade_rows(b"order,line\nPO-1,1\n", Lane.ORDER)
    assert "seller" in str(refused.value.facts["columns"])


def test_four_files_make_a_matched_trade(world: World) -> None:
    person = world.firm("SME").operator
    assert [imported(person, lane, file) for lane, file in (("ORDER", ORDERS), ("GOODS", GOODS), ("INVOICE", INVOICES), ("MONEY", PAYMENTS))] == [2, 2, 2, 1]  # fmt: skip
    with person.ws(read_only=True) as ws:
        (trade,) = list_trades(ws)
        assert (trade.number, trade.state, trade.score, trade.breaks, trade.lines) == ("PO-1", "MATCHED", 1, 0, 2)


def test_all_rows_or_none(world: World) -> None:
    person = world.firm("SME").operator
    upload = an_upload(person, "ORDER", ORDERS + "PO-2,1,sometime,A,B,1,1,t,1\n")
    assert [len(row["errors"]) for row in upload.rows] == [0, 0, 1]
    with pytest.raises(Conflict, match="import_has_errors"), person.ws() as ws:
        importing.import_trade_file(ws, upload.id)
    with person.ws(read_only=True) as ws:
        assert list_trades(ws) == []


def test_what_is_not_known_any_more_or_known_by_now_is_told_before_anything_is_written(world: World) -> None:
    person = world.firm("SME").operator
    first, second = an_upload(person, "ORDER", ORDERS), an_upload(person, "ORDER", ORDERS + "PO-2,1,2026-03-01,A,B,1,1,t,1\n")  # fmt: skip
    assert errors_of_upload(an_upload(person, "GOODS", GOODS)) == {"order"}
    assert errors_of_upload(an_upload(person, "MONEY", PAYMENTS)) == {"invoice"}
    with person.ws() as ws:
        importing.import_trade_file(ws, first.id)
    with pytest.raises(Conflict, match="import_has_errors"), person.ws() as ws:
        importing.import_trade_file(ws, second.id)
    with pytest.raises(Conflict, match="file_imported"), person.ws() as ws:
        importing.import_trade_file(ws, first.id)
    again = an_upload(person, "ORDER", ORDERS)
    with pytest.raises(Conflict, match="file_imported"), person.ws() as ws:
        importing.import_trade_file(ws, again.id)


def errors_of_upload(upload: Any) -> set[str]:
    return {one["column"] for row in upload.rows for one in row["errors"]}


def test_a_delivery_written_down_twice_is_taken_and_flagged(world: World) -> None:
    person = world.firm("SME").operator
    imported(person, "ORDER", ORDERS)
    imported(person, "GOODS", GOODS)
    imported(person, "GOODS", GOODS.replace("DN-1", "DN-2"))
    with person.ws(read_only=True) as ws:
        (trade,) = list_trades(ws)
        assert (trade.state, trade.flags) == ("BROKEN", ["twice"])
        assert len(entries_of(ws, [trade.trade_id])) == 6


def test_uploads_are_their_firms_own(world: World) -> None:
    upload = an_upload(world.firm("SME").operator, "ORDER", ORDERS)
    with pytest.raises(NotFound), world.firm("SME").operator.ws() as ws:
        importing.import_trade_file(ws, upload.id)
    with pytest.raises(NotAllowed):
        an_upload(world.firm("BANK").operator, "ORDER", ORDERS)
    with pytest.raises(Invalid, match="lane_unknown"):
        an_upload(world.firm("SME").operator, "GIFTS", ORDERS)


def test_a_year_of_books_goes_through_files_and_only_the_lies_stay(world: World) -> None:
    """Eight hundred lines from four files, through the database and back: the trades in which somebody lied are broken, and no other."""
    person, dice = world.firm("CORE_ENTERPRISE").operator, random.Random(8)
    books, lies = told(honest_sales(dice, 120), dice, share=0)
    for lane, columns in COLUMNS.items():
        rows = [",".join(columns)]
        for one in (entry for entry in books if entry.lane is lane):
            cells = {
                "order": one.order, "order_line": one.line, "number": one.number, "date": str(one.dated), "seller": one.seller.name, "buyer": one.buyer.name,
                "goods_code": one.goods_code, "quantity": one.quantity, "unit": one.unit, "price": one.price, "account": one.account, "invoice": one.refers,
                "amount": "" if one.amount is None else f"{one.amount // 100}.{one.amount % 100:02d}", "currency": "CNY", "delivered": one.delivered_on or "",
            }  # fmt: skip
            rows.append(",".join(f'"{cells.get(column, "") if cells.get(column) is not None else ""}"' for column in columns))  # fmt: skip
        imported(person, lane.value, "\n".join(rows))
    assert lies == {}
    with person.ws(read_only=True) as ws:
        seen = list_trades(ws, limit=200)
    assert len(seen) == 120
    assert {(one.state, one.score) for one in seen} == {("MATCHED", 1)}
