"""Orders, deliveries, invoices and payments from files: read, shown with what is wrong in each row, and imported whole or not at all."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from marketplace.documents.events import TradesImported
from marketplace.documents.matching import rematch
from marketplace.documents.models import Trade, TradeEntry, TradeImport
from marketplace.documents.queries import find_trade_import, own_trades_numbered
from marketplace.documents.rules.content import Paper
from marketplace.documents.rules.entries import Lane, Party
from marketplace.documents.rules.particulars import ParticularLine, Particulars
from marketplace.documents.rules.trade_files import figure, good_rows, read_trade_rows
from marketplace.documents.trades import entry_of, new_trade
from marketplace.tables import Row, error
from tenants.database import new_id
from tenants.errors import Conflict, Invalid
from tenants.workspace import Workspace

PAPER = {Lane.ORDER: Paper.PURCHASE_ORDER, Lane.INVOICE: Paper.VAT_INVOICE, Lane.MONEY: Paper.PAYMENT_PROOF}
Trades = dict[str, list[Trade]]


def read_trade_file(ws: Workspace, *, lane: str, name: str, content: bytes) -> TradeImport:
    """Read a file for preview; nothing is imported yet. Each row keeps its errors by column.

    Refuses a flow that is none, a file that is no table, or whose columns are not those of the template; wrong rows are shown, not refused.
    """
    ws.may("keep_trades")
    flow = lane_named(lane)
    rows = read_trade_rows(content, flow)
    _find_their_trades(ws, flow, rows)
    upload = TradeImport(
        tenant_id=ws.tenant_id,
        id=new_id(),
        lane=flow.value,
        name=name[-150:],
        sha256=hashlib.sha256(content).hexdigest(),
        rows=rows,
        made_by=ws.member.name,
        made_at=ws.now,
    )
    ws.session.add(upload)
    ws.session.flush()
    return upload


def import_trade_file(ws: Workspace, import_id: UUID) -> int:
    """Import all rows of an upload, or none; how many. Refuses while a row is wrong, a second time, and the very same file under another name."""
    ws.may("keep_trades")
    upload = find_trade_import(ws, import_id)
    ws.session.refresh(upload, with_for_update={"key_share": True})
    _require_first(ws, upload)
    flow = Lane(upload.lane)
    rows = [{**row, "errors": list(row["errors"])} for row in upload.rows]
    if len(good_rows(rows)) == len(rows):
        _find_their_trades(ws, flow, rows)
    wrong = len(rows) - len(good_rows(rows))
    if wrong:
        raise Conflict("import_has_errors", "%(wrong)s rows have errors: nothing is imported until all are right.", wrong=wrong)  # fmt: skip
    trade_ids = _take_orders(ws, upload, rows) if flow is Lane.ORDER else _take_records(ws, upload, rows)
    upload.imported_at = ws.now
    rematch(ws, trade_ids)
    fact = TradesImported(import_id=upload.id, name=upload.name, sha256=upload.sha256, lane=upload.lane, rows=len(rows), trades=len(trade_ids))  # fmt: skip
    ws.record(fact, on=ws.tenant_id, evidence=[upload.sha256])
    return len(rows)


def lane_named(written: str) -> Lane:
    """The flow of a file. Refuses what is none."""
    try:
        return Lane(written.upper())
    except ValueError as wrong:
        raise Invalid("lane_unknown", "Choose orders, deliveries, invoices or payments.", field="lane") from wrong


def _require_first(ws: Workspace, upload: TradeImport) -> None:
    same = select(TradeImport.id).where(
        TradeImport.tenant_id == ws.tenant_id,
        TradeImport.lane == upload.lane,
        TradeImport.sha256 == upload.sha256,
        TradeImport.imported_at.is_not(None),
    )
    if ws.session.scalars(same.limit(1)).first() is not None:
        raise Conflict("file_imported", "This very file was imported before.")


def _find_their_trades(ws: Workspace, flow: Lane, rows: Sequence[Row]) -> None:
    """Name to each row the trade that it belongs to, or say why there is none."""
    if flow is Lane.MONEY:
        _by_invoice(ws, rows)
        return
    known = _known(ws, {row["order"] for row in rows})
    for row in rows:
        trade = _chosen(known.get(row["order"], []), row)
        if flow is Lane.ORDER:
            row["trade_id"] = None
            if trade is not None and trade.seller == row["seller"]:
                row["errors"].append(error("order", "Order %(number)s of this seller is entered already.", number=row["order"]))  # fmt: skip
        elif trade is None:
            row["errors"].append(error("order", "There is no order %(number)s: enter or import it first.", number=row["order"]))  # fmt: skip
        else:
            row["trade_id"] = str(trade.trade_id)


def _by_invoice(ws: Workspace, rows: Sequence[Row]) -> None:
    numbers = {row["invoice"] for row in rows}
    wanted = select(TradeEntry.number, TradeEntry.seller, TradeEntry.trade_id).where(
        TradeEntry.tenant_id == ws.tenant_id, TradeEntry.lane == "INVOICE", TradeEntry.number.in_(numbers), TradeEntry.superseded_at.is_(None)
    )  # fmt: skip
    known: dict[str, list[tuple[str, UUID]]] = defaultdict(list)
    for number, seller, trade_id in ws.session.execute(wanted.order_by(TradeEntry.id)):
        known[number].append((seller, trade_id))
    for row in rows:
        those = known.get(row["invoice"], [])
        if not those:
            row["errors"].append(error("invoice", "There is no invoice %(number)s: add or import it first.", number=row["invoice"]))  # fmt: skip
            continue
        sellers = [trade_id for seller, trade_id in those if seller == row.get("seller")]
        row["trade_id"] = str((sellers or [trade_id for _, trade_id in those])[0])


def _known(ws: Workspace, numbers: set[str]) -> Trades:
    known: Trades = defaultdict(list)
    for trade in own_trades_numbered(ws, numbers):
        known[trade.number].append(trade)
    return known


def _chosen(those: list[Trade], row: Row) -> Trade | None:
    """Of several sellers' orders with one number the one of the seller that the row names."""
    return next((one for one in those if one.seller == row.get("seller")), those[0] if those else None)


def _take_orders(ws: Workspace, upload: TradeImport, rows: Sequence[Row]) -> list[UUID]:
    trades: dict[tuple[str, str], Trade] = {}
    placed: dict[UUID, int] = defaultdict(int)
    entries = []
    for row in rows:
        said = _said(row, row["order"])
        trade = trades.get((said.number, said.seller.name))
        if trade is None:
            trade = new_trade(ws, said.number, said.seller, said.buyer, said.currency, said.dated)
            trades[said.number, said.seller.name] = trade
        placed[trade.trade_id] += 1
        entries.append(_entry(ws, upload, trade, row, said, line=row.get("order_line") or str(placed[trade.trade_id])))
    ws.session.add_all(trades.values())
    ws.session.flush()
    ws.session.execute(insert(TradeEntry), entries)
    return [one.trade_id for one in trades.values()]


def _take_records(ws: Workspace, upload: TradeImport, rows: Sequence[Row]) -> list[UUID]:
    wanted = {UUID(row["trade_id"]) for row in rows}
    trades = {one.trade_id: one for one in ws.session.scalars(select(Trade).where(Trade.tenant_id == ws.tenant_id, Trade.trade_id.in_(wanted)))}  # fmt: skip
    entries = [
        _entry(
            ws, upload, trades[UUID(row["trade_id"])], row, _said(row, row["number"]), line=row.get("order_line", "")
        )
        for row in rows
    ]
    ws.session.execute(insert(TradeEntry), entries)
    return list(trades)


def _said(row: Row, number: str) -> Particulars:
    read = row["read"]
    return Particulars(
        number=number,
        dated=_day(read["date"]),
        seller=Party(row.get("seller", ""), row.get("seller_code", "")),
        buyer=Party(row.get("buyer", ""), row.get("buyer_code", "")),
        currency=read["currency"],
        lines=(),
        refers=row.get("invoice", ""),
        account=row.get("account", ""),
        due_on=_day(read["due"]),
        delivered_on=_day(read["delivered"]),
    )


def _entry(
    ws: Workspace, upload: TradeImport, trade: Trade, row: Row, said: Particulars, *, line: str
) -> dict[str, Any]:
    read = row["read"]
    paper = Paper(read["kind"]) if upload.lane == Lane.GOODS else PAPER[Lane(upload.lane)]
    particular = ParticularLine(
        line=line,
        goods_code=row.get("goods_code", ""),
        goods=row.get("goods", ""),
        quantity=figure(read["quantity"]),
        unit=read["unit"],
        price=figure(read["price"]),
        amount=read["amount"],
        tax=read["tax"] or 0,
    )
    made = entry_of(ws, trade, paper, said, particular)
    made.import_id = upload.id
    return {column.key: getattr(made, column.key) for column in TradeEntry.__table__.columns}


def _day(kept: str | None) -> date | None:
    return None if kept is None else date.fromisoformat(kept)
