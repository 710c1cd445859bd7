"""Calls about trades: keep, match, read with every break in words, lay before a deal, import from files."""

import base64
import binascii
from decimal import Decimal
from typing import Any
from uuid import UUID

from frontend.api import Nothing, PageQuery
from frontend.documents import flows
from frontend.documents.calls import api
from frontend.documents.trade_shapes import (
    CellError,
    DealBody,
    EntryView,
    FileBody,
    FindingView,
    LineShape,
    LineView,
    LotBody,
    MatchView,
    OrderBody,
    OrganisationBody,
    ParticularsBody,
    ParticularsView,
    RecordBody,
    RingView,
    ShipmentBody,
    TradeFileBody,
    TradeFileView,
    TradePage,
    TradeRow,
    TradeView,
)
from frontend.language import translate
from marketplace.documents import actions, figures, importing, queries, trades
from marketplace.documents.matching import matched
from marketplace.documents.models import DocumentParticulars, Trade, TradeImport
from marketplace.documents.rules.content import Paper
from marketplace.documents.rules.entries import Entry, Lane, Party
from marketplace.documents.rules.lines import Finding, Line
from marketplace.documents.rules.particulars import ParticularLine, Particulars, lines_read
from marketplace.documents.rules.trade_files import good_rows
from marketplace.exact import half_up
from marketplace.money import Money
from tenants import rooms
from tenants.errors import Invalid
from tenants.workspace import Workspace


@api.look("/trades", takes=PageQuery, gives=TradePage)
def list_trades(ws: Workspace, body: PageQuery) -> TradePage:
    """Trades that the caller keeps or was shown."""
    rows = queries.list_trades(ws, cursor=body.cursor, limit=body.limit)
    return TradePage(items=[_trade(row) for row in rows], next=rows[-1].trade_id if len(rows) == body.limit else None)


@api.look("/deals/<uuid:deal_id>/trades", gives=TradePage)
def list_deal_trades(ws: Workspace, deal_id: UUID) -> TradePage:
    """Trades laid before a deal."""
    found = queries.trades_of_room(ws, deal_id)
    if not found:
        rooms.require(ws, deal_id)
    return TradePage(items=[_trade(row) for row in found], next=None)


@api.act("/trades", takes=OrderBody, gives=TradeView, status=201)
def enter_trade(ws: Workspace, body: OrderBody) -> TradeView:
    """Enter an order, line by line."""
    return _trade(trades.enter_trade(ws, _said(body)))


@api.look("/trades/<uuid:trade_id>", gives=MatchView)
def show_trade(ws: Workspace, trade_id: UUID) -> MatchView:
    """A trade's four flows side by side, with every break."""
    trade = queries.find_trade(ws, trade_id)
    outcome, rings = matched(ws, trade)
    lines = [_line(line) for line in outcome.lines] if outcome else []
    round_ = [RingView(firms=list(one.firms), goods_code=one.goods_code, since=one.since, until=one.until) for one in rings]  # fmt: skip
    return MatchView(trade=_trade(trade), lines=lines, rings=round_)


@api.act("/trades/<uuid:trade_id>/records", takes=RecordBody, gives=TradeView, status=201)
def add_record(ws: Workspace, trade_id: UUID, body: RecordBody) -> TradeView:
    """Add what was ordered, delivered, invoiced or paid."""
    return _trade(trades.add_record(ws, trade_id, paper=body.kind, said=_said(body)))


@api.act("/trades/<uuid:trade_id>/lots", takes=LotBody, gives=TradeView, status=201)
def record_lot(ws: Workspace, trade_id: UUID, body: LotBody) -> TradeView:
    """Take a lot of the platform for goods received."""
    return _trade(trades.record_lot(ws, trade_id, body.lot_id, line=body.line))


@api.act("/trades/<uuid:trade_id>/shipments", takes=ShipmentBody, gives=TradeView, status=201)
def record_shipment(ws: Workspace, trade_id: UUID, body: ShipmentBody) -> TradeView:
    """Take a delivered shipment of the platform for a delivery."""
    return _trade(trades.record_shipment(ws, trade_id, body.shipment_id, line=body.line))


@api.act("/trades/<uuid:trade_id>/e-invoices", takes=FileBody, gives=ParticularsView, status=201)
def take_e_invoice(ws: Workspace, trade_id: UUID, body: FileBody) -> ParticularsView:
    """Keep an electronic invoice and read it into the trade."""
    trades.own_trade(ws, trade_id)
    paper = actions.add_document(ws, object_id=trade_id, kind=Paper.VAT_INVOICE, name=body.name, content=_bytes(body.content))  # fmt: skip
    return _particulars(figures.read_particulars(ws, paper.id))


@api.act("/trades/<uuid:trade_id>/deals", takes=DealBody, gives=TradeView, status=201)
def lay_before(ws: Workspace, trade_id: UUID, body: DealBody) -> TradeView:
    """Lay a trade before the parties of a deal."""
    trades.lay_before(ws, trade_id, body.deal_id)
    return _trade(queries.find_trade(ws, trade_id))


@api.act("/trades/<uuid:trade_id>/deals/<uuid:deal_id>/withdrawal", gives=TradeView)
def take_back(ws: Workspace, trade_id: UUID, deal_id: UUID, body: Nothing) -> TradeView:
    """Take a trade back out of a deal."""
    trades.take_back(ws, trade_id, deal_id)
    return _trade(queries.find_trade(ws, trade_id))


@api.act("/trades/<uuid:trade_id>/shares", takes=OrganisationBody, gives=TradeView, status=201)
def share_trade(ws: Workspace, trade_id: UUID, body: OrganisationBody) -> TradeView:
    """Let the other side of a trade in."""
    return _trade(trades.share_trade(ws, trade_id, body.organisation_id))


@api.act("/trade-imports", takes=TradeFileBody, gives=TradeFileView, status=201)
def read_trade_file(ws: Workspace, body: TradeFileBody) -> TradeFileView:
    """Read a file of trades for preview."""
    return _upload(importing.read_trade_file(ws, lane=body.lane, name=body.name, content=_bytes(body.content)))


@api.look("/trade-imports/<uuid:upload_id>", gives=TradeFileView)
def show_trade_file(ws: Workspace, upload_id: UUID) -> TradeFileView:
    """A file of trades as it was read."""
    return _upload(queries.find_trade_import(ws, upload_id))


@api.act("/trade-imports/<uuid:upload_id>/import", gives=TradeFileView, status=201)
def import_trade_file(ws: Workspace, upload_id: UUID, body: Nothing) -> TradeFileView:
    """Import all rows of a file, or none."""
    importing.import_trade_file(ws, upload_id)
    return _upload(queries.find_trade_import(ws, upload_id))


@api.act("/documents/<uuid:document_id>/particulars", takes=ParticularsBody, gives=ParticularsView, status=201)
def enter_particulars(ws: Workspace, document_id: UUID, body: ParticularsBody) -> ParticularsView:
    """Put a paper into figures."""
    return _particulars(figures.enter_particulars(ws, document_id, _said(body)))


@api.act("/documents/<uuid:document_id>/particulars/reading", gives=ParticularsView, status=201)
def read_particulars(ws: Workspace, document_id: UUID, body: Nothing) -> ParticularsView:
    """Read a paper's figures from its own file."""
    return _particulars(figures.read_particulars(ws, document_id))


@api.look("/documents/<uuid:document_id>/particulars", gives=ParticularsView)
def show_particulars(ws: Workspace, document_id: UUID) -> ParticularsView:
    """A paper in figures."""
    return _particulars(queries.find_particulars(ws, document_id))


def _said(body: ParticularsBody) -> Particulars:
    return Particulars(
        number=body.number,
        dated=body.dated,
        seller=Party(body.seller, body.seller_code),
        buyer=Party(body.buyer, body.buyer_code),
        currency=body.currency,
        lines=tuple(_said_line(one, body.currency) for one in body.lines),
        order=body.order,
        refers=body.refers,
        account=body.account,
        due_on=body.due_on,
        delivered_on=body.delivered_on,
        payable=_minor(body.payable, body.currency),
    )


def _said_line(one: LineShape, currency: str) -> ParticularLine:
    return ParticularLine(
        line=one.line,
        goods_code=one.goods_code,
        goods=one.goods,
        quantity=None if one.quantity is None else Decimal(one.quantity),
        unit=one.unit,
        price=None if one.price is None else Decimal(one.price),
        amount=_minor(one.amount, currency),
        tax=_minor(one.tax, currency) or 0,
    )


def _minor(written: str | None, currency: str) -> int | None:
    return None if written is None else Money.of(written, currency).minor


def _particulars(row: DocumentParticulars) -> ParticularsView:
    lines = [
        LineShape(
            line=one.line,
            goods_code=one.goods_code,
            goods=one.goods,
            quantity=None if one.quantity is None else str(one.quantity),
            unit=one.unit,
            price=None if one.price is None else f"{one.price:f}",
            amount=_major(one.amount, row.currency),
            tax=_major(one.tax, row.currency),
        )
        for one in lines_read(row.lines)
    ]
    head = {name: getattr(row, name) for name in ("number", "dated", "seller", "seller_code", "buyer", "buyer_code", "currency", "refers", "account", "due_on", "delivered_on", "document_id", "source", "entered_by", "entered_at")}  # fmt: skip
    return ParticularsView(**head, order=row.order_number, payable=_major(row.payable_minor, row.currency), lines=lines)


def _trade(row: Trade) -> TradeView:
    plain = {name: getattr(row, name) for name in TradeView.model_fields if name not in ("amount", "score")}
    return TradeView(**plain, amount=str(row.amount.amount), score=Decimal(row.score))


def _line(line: Line) -> LineView:
    lanes: dict[str, Any] = {lane.value.lower(): [_entry(one) for one in line.in_lane(lane)] for lane in Lane}
    findings = [_finding(one) for one in line.findings]
    return LineView(line=line.line, state=line.state.value, score=half_up(line.score, 4), findings=findings, **lanes)


def _entry(one: Entry) -> EntryView:
    return EntryView(
        number=one.number,
        kind=(one.paper or Paper.OTHER).value,
        dated=one.dated,
        seller=str(one.seller),
        buyer=str(one.buyer),
        goods_code=one.goods_code,
        quantity=None if one.quantity is None else str(one.quantity),
        unit=one.unit,
        price=None if one.price is None else f"{one.price:f}",
        amount=_major(one.amount, one.currency),
        currency=one.currency,
    )


def _finding(one: Finding) -> FindingView:
    other = flows.name_of(one.other) if one.other else None
    return FindingView(code=one.code, lane=one.lane.value, is_flag=one.is_flag, one=flows.name_of(one.one), other=other, reason=flows.sentence(one))  # fmt: skip


def _upload(upload: TradeImport) -> TradeFileView:
    rows = [
        TradeRow(
            line=int(row["line"]),
            cells={name: cell for name, cell in row.items() if isinstance(cell, str) and name not in ("line", "trade_id")},
            errors=[CellError(column=one["column"], reason=translate(one["because"], **one["facts"])) for one in row["errors"]],
        )
        for row in upload.rows
    ]  # fmt: skip
    return TradeFileView(id=upload.id, lane=upload.lane, name=upload.name, sha256=upload.sha256, good=len(good_rows(upload.rows)), rows=rows, made_at=upload.made_at, imported_at=upload.imported_at)  # fmt: skip


def _major(minor: int | None, currency: str) -> str | None:
    return None if minor is None else str(Money(minor, currency).amount)


def _bytes(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise Invalid("content_not_base64", "The content has to be base64.", field="content") from wrong
