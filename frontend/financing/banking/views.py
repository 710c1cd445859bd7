"""Pages of the bank's account: payments that leave as files, statements that come home, the queue of what nobody recognised."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for

from frontend import entered
from frontend.financing.blueprint import pages
from frontend.pages import render
from marketplace.financing import actions, queries
from marketplace.financing.banking import orders as payment_orders
from marketplace.financing.banking import statements as payments
from marketplace.financing.rules.bank_messages import BYTES_MAX
from marketplace.financing.rules.terms import OWING
from tenants import approvals
from tenants.errors import Invalid
from tenants.workspace import Workspace

STATUSES = ("UNMATCHED", "MATCHED", "ASSIGNED", "PARKED")


@pages.look("/bank-lines")
def list_bank_lines(ws: Workspace) -> Any:
    ws.may("read")
    status = request.args.get("status", "UNMATCHED")
    lines = payments.bank_lines(ws, status=status if status in STATUSES else None)
    return render(
        "financing/banking/bank_lines.html",
        lines=lines,
        counts=payments.count_lines(ws),
        statements=payments.statements(ws, limit=20),
        numbers={
            deal_id: queries.find_deal(ws, deal_id).number for deal_id in {one.deal_id for one in lines if one.deal_id}
        },
        query=request.args.to_dict(),
    )


@pages.act("/bank-lines/statements", again="list_bank_lines")
def import_statement(ws: Workspace) -> Any:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid("file_missing", "Choose a file.", field="file")
    actions.import_statement(ws, file.read(BYTES_MAX + 1), name=file.filename)
    return redirect(url_for(".list_bank_lines", status=""))


@pages.look("/bank-lines/<uuid:line_id>")
def show_bank_line(ws: Workspace, line_id: UUID) -> Any:
    line = payments.find_line(ws, line_id)
    owing = queries.list_deals(ws, status=",".join(sorted(state.value for state in OWING)), limit=200)
    return render(
        "financing/banking/bank_line.html",
        line=line,
        deals=[(deal.deal_id, deal.number) for deal in owing if deal.currency == line.currency],
        deal=queries.find_deal(ws, line.deal_id) if line.deal_id else None,
        is_proposed=any(one.subject_id == line_id for one in approvals.waiting(ws)),
    )


@pages.act("/bank-lines/<uuid:line_id>/assignment", again="show_bank_line")
def propose_assignment(ws: Workspace, line_id: UUID) -> Any:
    actions.propose_assignment(ws, line_id, deal_id=entered.chosen("deal_id"), because=entered.text("because"))
    return redirect(url_for(".show_bank_line", line_id=line_id))


@pages.act("/bank-lines/<uuid:line_id>/parking", again="show_bank_line")
def park_line(ws: Workspace, line_id: UUID) -> Any:
    actions.park_line(ws, line_id, because=entered.text("because"))
    return redirect(url_for(".show_bank_line", line_id=line_id))


@pages.look("/bank-payments")
def list_bank_payments(ws: Workspace) -> Any:
    ws.may("read")
    return render(
        "financing/banking/bank_payments.html",
        waiting=payment_orders.payments_to_order(ws),
        files=payment_orders.payment_files(ws),
    )


@pages.act("/bank-payments", again="list_bank_payments")
def order_payments(ws: Workspace) -> Any:
    actions.order_payments(ws, currency=entered.text("currency") or "CNY")
    return redirect(url_for(".list_bank_payments"))


@pages.look("/bank-payments/<uuid:file_id>.xml")
def download_payment_file(ws: Workspace, file_id: UUID) -> Response:
    found = payment_orders.find_payment_file(ws, file_id)
    answer = Response(found.content, mimetype="application/xml")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{found.message_id}.xml")
    return answer
