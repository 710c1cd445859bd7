"""Who outside the firm could see what of its own, and what was looked at: on the screen, on paper, in a spreadsheet."""

from typing import Any

from flask import Response, request

from frontend import paper
from frontend.language import translate
from frontend.pages import Pages, render
from frontend.risk.periods import period_asked
from frontend.spreadsheets import Table, offer_tables
from marketplace.risk.accesses import access_report
from tenants.workspace import Workspace

pages = Pages("data_access", __name__)
COLUMNS = ("firm", "sees_or_saw", "object", "kind", "role_or_person", "let_in_by", "since_or_at", "until")
SHOWN = 100
ROLES = {
    "owner": "Owner", "borrower": "Borrower", "bank": "Bank", "core": "Core enterprise", "guarantor": "Guarantor", "warehouse": "Warehouse", "supervisor": "Supervisor",
    "logistics": "Carrier", "buyer": "Buyer", "auctioneer": "Auctioneer", "bidder": "Bidder", "seller": "Seller", "consignor": "Consignor", "consignee": "Consignee",
    "pledgor": "Pledgor", "depositor": "Depositor", "holder": "Holder of the receipt", "desk": "Duty desk", "orderer": "Who ordered the count", "walker": "Who shows the goods",
    "first": "Bank of the first rank", "second": "Bank of the second rank", "platform": "Platform",
    "operator": "Operator", "customer": "Customer",
}  # fmt: skip
KINDS = {
    "lot": "Lot", "deal": "Deal", "auction": "Auction", "receipt": "Warehouse receipt", "shipment": "Shipment", "device": "Device", "site": "Warehouse site", "bulk": "Bulk",
    "conversion": "Split or merge", "duty": "Duty roster", "ranking": "Consent to a second rank", "registration": "Registration to bid", "stocktake": "Surprise count", "trade": "Trade",
    "fee_account": "Fee account",
}  # fmt: skip


@pages.look("/reports/access")
def show_access(ws: Workspace) -> Any:
    return render("risk/accesses/access.html", **_told(ws))


@pages.look("/reports/access.pdf")
def print_access(ws: Workspace) -> Response:
    return paper.as_pdf("risk/accesses/access_sheet.html", "data-access.pdf", **_told(ws))


def access_table(ws: Workspace) -> Table:
    report = access_report(ws, *period_asked(ws))
    rows: list[list[Any]] = [
        [one.firm, "sees", one.called, one.kind, one.role, one.let_in_by, one.begins, one.ended]
        for one in report.sights
    ]
    rows += [[one.firm, "saw", one.name, one.what, one.person, "", one.at, ""] for one in report.looks]
    return Table("data-access", COLUMNS, rows)


offer_tables(pages, "/reports/access", access_table)


def role_word(role: str) -> str:
    """A role in a room in the reader's language; an unknown one as it is."""
    return translate(ROLES[role]) if role in ROLES else role


def kind_word(kind: str) -> str:
    """What is seen, in the reader's language."""
    return translate(KINDS[kind]) if kind in KINDS else kind


def _told(ws: Workspace) -> dict[str, Any]:
    report = access_report(ws, *period_asked(ws))
    return {
        "report": report,
        "circles": report.circles,
        "looks": report.looks[:SHOWN],
        "more": len(report.looks) - SHOWN,
        "role_word": role_word,
        "kind_word": kind_word,
        "query": request.query_string.decode(),
        "since": request.args.get("since", ""),
        "until": request.args.get("until", ""),
    }
