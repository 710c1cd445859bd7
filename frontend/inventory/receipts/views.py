"""Pages of warehouse receipts: the list, one with all that was asked of it, drafting, its paper with a QR, and the public verification page."""

from typing import Any
from uuid import UUID

import segno
from flask import Response, flash, redirect, request, url_for

from frontend import entered, paper
from frontend.firms import names_of
from frontend.inventory import shown
from frontend.inventory.blueprint import pages
from frontend.language import translate
from frontend.pages import public_root, render
from frontend.tenants.telling import told
from marketplace.inventory import actions, queries
from marketplace.inventory.receipts import queries as receipt_queries
from marketplace.inventory.receipts.models import WarehouseReceipt
from marketplace.inventory.rules.receipts import WRITTEN, ReceiptState
from marketplace.pledges.shortages.queries import shortages_of_lots
from tenants import approvals, record
from tenants.approvals import Approval
from tenants.errors import Invalid
from tenants.organisations import Kind, organisations_of_kind
from tenants.workspace import Workspace

PARTS = 6
LIVE = (ReceiptState.ISSUED, ReceiptState.PLEDGED)
HOLDERS = (Kind.BUYER, Kind.SME, Kind.CORE_ENTERPRISE)


@pages.look("/receipts")
def list_receipts(ws: Workspace) -> Any:
    status = request.args.get("status") or None
    rows = receipt_queries.list_receipts(ws, status=status, text=request.args.get("q") or None)
    return render(
        "inventory/receipts/receipts.html",
        receipts=rows,
        firms=names_of(ws, {x for one in rows for x in (one.tenant_id, one.holder_id)}),
        states=[str(state) for state in ReceiptState],
        query=request.args.to_dict(),
    )


@pages.look("/lots/<uuid:lot_id>/warehouse-receipt")
def new_warehouse_receipt(ws: Workspace, lot_id: UUID) -> Any:
    ws.may("issue_receipt")
    lot = queries.find_lot(ws, lot_id)
    return render("inventory/receipts/new_warehouse_receipt.html", lot=lot, units=shown.units_like(lot.unit))


@pages.act("/lots/<uuid:lot_id>/warehouse-receipt", again="new_warehouse_receipt")
def draft_receipt(ws: Workspace, lot_id: UUID) -> Any:
    queries.find_lot(ws, lot_id)
    written = {name: entered.words(name, longest=300) for name in WRITTEN}
    made = actions.draft_receipt(ws, lot_id, quantity=entered.quantity("quantity"), written=written)
    flash(translate("Your proposal waits for a colleague."), "ok")
    return redirect(url_for(".show_receipt", receipt_id=made.id))


@pages.look("/receipts/<uuid:receipt_id>")
def show_receipt(ws: Workspace, receipt_id: UUID) -> Any:
    receipt = receipt_queries.find_receipt(ws, receipt_id)
    requests = receipt_queries.requests_of(ws, receipt.id)
    waiting = [one for one in approvals.waiting(ws) if one.subject_id == receipt.id]
    asked = next((one for one in requests if one.status == "REQUESTED"), None)
    mine = receipt.controller_id == ws.tenant_id and ws.can("control_receipt") and asked is None and not waiting
    held = receipt.holder_id == ws.tenant_id and asked is None
    link = link_of(receipt)
    return render(
        "inventory/receipts/warehouse_receipt.html",
        receipt=receipt,
        firms=names_of(ws, filter(None, (receipt.tenant_id, receipt.holder_id, receipt.owner_id, receipt.bank_id))),
        requests=requests,
        shortages=shortages_of_lots(ws, [receipt.lot_id]),
        asked=asked,
        waiting=waiting,
        may_ask=mine and receipt.status in LIVE,
        may_pledge=mine
        and ws.can("answer_margin_call")
        and receipt.status == ReceiptState.ISSUED
        and held
        and receipt.owner_id == ws.tenant_id,
        may_endorse_in_pledge=held
        and ws.can("control_receipt")
        and receipt.status == ReceiptState.PLEDGED
        and not receipt.pledge_signed_at,
        may_reissue=mine and receipt.status == ReceiptState.LOST,
        may_sign=asked is not None and receipt.tenant_id == ws.tenant_id and ws.can("issue_receipt") and not waiting,
        may_withdraw=asked is not None and asked.tenant_id == ws.tenant_id,
        parts=range(1, PARTS + 1),
        others=_neighbours(ws, receipt) if mine else [],
        endorsees=_endorsees(ws) if mine and receipt.bank_id is None else [],
        link=link,
        qr=str(segno.make(link, error="q", micro=False).svg_data_uri(scale=4, border=4, light="#fff")),
        events=told(record.events_of(ws, receipt.id)),
    )


@pages.act("/receipts/<uuid:receipt_id>/endorsement", again="show_receipt")
def request_endorsement(ws: Workspace, receipt_id: UUID) -> Any:
    receipt_queries.find_receipt(ws, receipt_id)
    return _asked(receipt_id, actions.request_endorsement(ws, receipt_id, to=entered.chosen("to")))


@pages.act("/receipts/<uuid:receipt_id>/pledge-endorsement", again="show_receipt")
def endorse_in_pledge(ws: Workspace, receipt_id: UUID) -> Any:
    return _asked(receipt_id, actions.endorse_in_pledge(ws, receipt_id))


@pages.act("/receipts/<uuid:receipt_id>/split", again="show_receipt")
def request_split(ws: Workspace, receipt_id: UUID) -> Any:
    unit = receipt_queries.find_receipt(ws, receipt_id).unit
    names = [f"part_{n}" for n in range(1, PARTS + 1)]
    parts = [entered.quantity(name, unit) for name in names if request.form.get(name, "").strip()]
    return _asked(receipt_id, actions.request_split(ws, receipt_id, parts=parts))


@pages.act("/receipts/<uuid:receipt_id>/merge", again="show_receipt")
def request_merge(ws: Workspace, receipt_id: UUID) -> Any:
    receipt_queries.find_receipt(ws, receipt_id)
    try:
        others = [UUID(one) for one in request.form.getlist("receipts")]
    except ValueError as wrong:
        raise Invalid("choice_missing", "Choose one from the list.", field="receipts") from wrong
    return _asked(receipt_id, actions.request_merge(ws, [receipt_id, *others]))


@pages.act("/receipts/<uuid:receipt_id>/surrender", again="show_receipt")
def request_surrender(ws: Workspace, receipt_id: UUID) -> Any:
    return _asked(receipt_id, actions.request_surrender(ws, receipt_id))


@pages.act("/receipts/<uuid:receipt_id>/loss", again="show_receipt")
def report_receipt_lost(ws: Workspace, receipt_id: UUID) -> Any:
    actions.report_receipt_lost(ws, receipt_id, because=entered.words("because"))
    return redirect(url_for(".show_receipt", receipt_id=receipt_id))


@pages.act("/receipts/<uuid:receipt_id>/reissue", again="show_receipt")
def request_reissue(ws: Workspace, receipt_id: UUID) -> Any:
    return _asked(receipt_id, actions.request_reissue(ws, receipt_id, indemnity=entered.words("indemnity")))


@pages.act("/receipt-requests/<uuid:receipt_request_id>/signature")
def sign_request(ws: Workspace, receipt_request_id: UUID) -> Any:
    asked = receipt_queries.find_request(ws, receipt_request_id)
    actions.sign_request(ws, receipt_request_id)
    flash(translate("Your proposal waits for a colleague."), "ok")
    return redirect(url_for(".show_receipt", receipt_id=asked.receipt_id))


@pages.act("/receipt-requests/<uuid:receipt_request_id>/closing")
def close_request(ws: Workspace, receipt_request_id: UUID) -> Any:
    asked = actions.close_request(ws, receipt_request_id, because=entered.words("because"))
    return redirect(url_for(".show_receipt", receipt_id=asked.receipt_id))


@pages.look("/receipts/<uuid:receipt_id>/receipt.pdf")
def print_receipt(ws: Workspace, receipt_id: UUID) -> Response:
    receipt = receipt_queries.find_receipt(ws, receipt_id)
    link = link_of(receipt)
    return paper.as_pdf(
        "inventory/receipts/receipt_sheet.html",
        f"{receipt.number}.pdf",
        receipt=receipt,
        firms=names_of(ws, filter(None, (receipt.holder_id, receipt.bank_id))),
        endorsements=[one for one in receipt_queries.requests_of(ws, receipt.id) if one.status == "SIGNED"],
        link=link,
        qr=str(segno.make(link, error="q", micro=False).svg_inline(scale=3, border=0)),
    )


@pages.look("/verify/<number>/<code>", visitors=True)
def verify_receipt(ws: Workspace, number: str, code: str) -> Any:
    """What the QR on a receipt leads anybody to: what it says, whether it is pledged, and its hash."""
    known = receipt_queries.public_receipt(ws, number, code)
    return render("inventory/receipts/verify_receipt.html", known=known, number=number), 200 if known else 404


def link_of(receipt: WarehouseReceipt) -> str:
    """The address in the QR: this installation's verification page of the receipt."""
    return f"{public_root()}/verify/{receipt.number}/{receipt.code}"


def _neighbours(ws: Workspace, receipt: WarehouseReceipt) -> list[WarehouseReceipt]:
    """Receipts of the same lot in the same hands, with which this one could be merged."""
    same = receipt_queries.receipts_of_lot(ws, receipt.lot_id)
    hands = (receipt.holder_id, receipt.bank_id)
    return [
        one for one in same if one.id != receipt.id and one.status in LIVE and (one.holder_id, one.bank_id) == hands
    ]


def _endorsees(ws: Workspace) -> list[tuple[UUID, str]]:
    firms = {one.id: one.name for kind in HOLDERS for one in organisations_of_kind(ws.session, kind)}
    return sorted(((key, name) for key, name in firms.items() if key != ws.tenant_id), key=lambda one: one[1])


def _asked(receipt_id: UUID, made: Any) -> Any:
    waits = translate("Your proposal waits for a colleague.")
    signed = translate("Signed. Now the warehouse has to sign too.")
    flash(waits if isinstance(made, Approval) else signed, "ok")
    return redirect(url_for(".show_receipt", receipt_id=receipt_id))
