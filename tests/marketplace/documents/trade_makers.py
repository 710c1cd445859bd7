"""Trades for tests: a copper order with its delivery, invoice and payment, true in every figure."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from marketplace.documents import importing, trades
from marketplace.documents.models import Trade, TradeImport
from marketplace.documents.rules.content import Paper
from marketplace.documents.rules.entries import Party
from marketplace.documents.rules.particulars import ParticularLine, Particulars
from tests.factories import Person

SELLER, BUYER = Party("Jiangxi Copper", "91360000705766448X"), Party("Huaxia Cable", "913200001347607890")
COPPER = ParticularLine("1", "7403110000", "Copper cathode", Decimal(500), "TNE", Decimal(19_850), 992_500_000)
ORDERED, DELIVERED, PAID = date(2026, 3, 1), date(2026, 3, 5), date(2026, 3, 20)


def said(number: str, dated: date = ORDERED, *lines: ParticularLine, **changed: Any) -> Particulars:
    """What a paper of the copper trade says."""
    figures = {"seller": SELLER, "buyer": BUYER, "currency": "CNY", "lines": lines or (COPPER,)} | changed
    return Particulars(number, dated, **figures)


def a_trade(person: Person, number: str = "PO-1", **changed: Any) -> Trade:
    """An order entered by a person."""
    with person.ws() as ws:
        return trades.enter_trade(ws, said(number, **changed))


def a_record(person: Person, trade_id: UUID, paper: Paper, particulars: Particulars) -> Trade:
    """A delivery, invoice or payment added by a person."""
    with person.ws() as ws:
        return trades.add_record(ws, trade_id, paper=paper, said=particulars)


def a_whole_trade(person: Person, number: str = "PO-1") -> Trade:
    """An order delivered, invoiced and paid."""
    trade = a_trade(person, number)
    a_record(person, trade.trade_id, Paper.GOODS_RECEIPT, said(f"GRN-{number}", DELIVERED))
    a_record(person, trade.trade_id, Paper.VAT_INVOICE, said(f"INV-{number}", DELIVERED))
    paid = ParticularLine(amount=992_500_000)
    return a_record(person, trade.trade_id, Paper.PAYMENT_PROOF, said(f"PAY-{number}", PAID, paid, refers=f"INV-{number}"))  # fmt: skip


def an_upload(person: Person, lane: str, content: str | bytes, name: str = "file.csv") -> TradeImport:
    """A file read for preview."""
    with person.ws() as ws:
        return importing.read_trade_file(ws, lane=lane, name=name, content=content.encode() if isinstance(content, str) else content)  # fmt: skip


def imported(person: Person, lane: str, content: str | bytes) -> int:
    """A file read and imported; how many rows."""
    upload = an_upload(person, lane, content)
    with person.ws() as ws:
        return importing.import_trade_file(ws, upload.id)
