"""The platform's fees as pages: for a firm its plan in plain words, the running month and its invoices; for the operator plans and the invoices of all."""

from dataclasses import fields
from datetime import date
from typing import Any, Literal, Self
from uuid import UUID

from flask import Response, flash, redirect, request, url_for

from frontend import entered, paper
from frontend.api import MoneyShape, Ratio
from frontend.billing.blueprint import USUAL_CURRENCY, pages
from frontend.language import translate
from frontend.pages import render
from frontend.proposals import Terms, lays_open
from frontend.spreadsheets import Table, offer_tables
from marketplace.billing import actions
from marketplace.billing.actions import plan_told
from marketplace.billing.collecting.mandates import LIVE, active_mandate, mandates
from marketplace.billing.collecting.ports import fee_provider
from marketplace.billing.models import FeeInvoice
from marketplace.billing.payouts.reading import payout_lines
from marketplace.billing.queries import (
    InvoiceSheet,
    arrears,
    cost_so_far,
    fee_plans,
    find_invoice,
    invoice_sheet,
    invoices,
    today_of,
)
from marketplace.billing.rules.bills import OPEN, InvoiceState
from marketplace.billing.rules.cards import NOTICE, collects
from marketplace.billing.rules.plans import Plan, month_after, month_of
from marketplace.billing.settling.book import balances
from marketplace.money import Money, total
from tenants import approvals
from tenants.approvals import Approval
from tenants.organisations import Kind
from tenants.workspace import Workspace

COLUMNS = ("number", "month", "firm", "firm_code", "status", "issued_at", "due_on", "net", "vat_rate", "vat", "total", "currency")  # fmt: skip
PAYOUT_COLUMNS = ("payout", "movement", "kind", "belongs_to", "payment", "amount", "kept", "currency")
LINE_COLUMNS = ("kind", "number", "counted_at", "quantity", "free", "each_or_price", "amount", "currency")


@pages.look("/fees")
def show_fees(ws: Workspace) -> Any:
    plans, bills = fee_plans(ws), invoices(ws)
    told = {"plans": plans, "invoices": bills, "today": today_of(ws), "late": arrears(ws), "open_states": OPEN, "by_card": fee_provider() is not None}  # fmt: skip
    if Kind.PLATFORM in ws.member.kinds:
        proposed = any(one.act == "approve_fee_plan" for one in approvals.waiting(ws))
        return render(
            "billing/desk.html",
            waiting=proposed,
            next_month=month_after(month_of(today_of(ws))),
            book=balances(ws),
            **told,
        )
    consents = mandates(ws)
    held = next((one for one in consents if one.status in LIVE), None)
    return render("billing/fees.html", so_far=cost_so_far(ws), consent=held, notice_days=NOTICE.days, due=_due(bills), **told)  # fmt: skip


@pages.act("/fees/plans", again="show_fees")
def propose_fee_plan(ws: Workspace) -> Any:
    currency = request.form.get("currency", "").strip() or USUAL_CURRENCY
    plan = Plan(
        lots_free=entered.whole("lots_free", 0),
        lot_month=entered.money("lot_month", currency),
        deal=entered.money("deal", currency, of={"deal": entered.text("deal_fee")}),
        sale_share=entered.share("sale_share"),
        vat_rate=entered.share("vat_rate"),
        pay_days=entered.days("pay_days", 0),
        notice_days=entered.days("notice_days", 0),
    )
    said = {name: request.form.get(name, "") for name in ("payee", "payee_account", "because")}
    actions.propose_plan(ws, plan, effective_from=entered.day("effective_from"), **said)
    flash(translate("Proposed. A colleague decides."), "ok")
    return redirect(url_for(".show_fees"))


class FeePlanTerms(Terms):
    """A fee plan as every firm would read it, before tax. Shares of one."""

    act: Literal["approve_fee_plan"]
    effective_from: date
    lots_free: int
    lot_month: MoneyShape
    deal: MoneyShape
    sale_share: Ratio
    vat_rate: Ratio
    pay_days: int
    notice_days: int
    payee: str
    payee_account: str
    because: str

    @classmethod
    def told(cls, figures: dict[str, Any]) -> Self:
        plan = figures["plan"]
        return cls.model_validate({one.name: getattr(plan, one.name) for one in fields(plan)} | figures)


@lays_open("approve_fee_plan", "billing/proposed_plan.html", FeePlanTerms)
def proposed_plan(ws: Workspace, approval: Approval) -> dict[str, Any]:
    """The plan as every firm would read it, and whose account its invoices name."""
    told = approval.payload
    words = {name: told[name] for name in ("payee", "payee_account", "because")}
    return words | {"plan": plan_told(told["plan"]), "effective_from": date.fromisoformat(told["effective_from"])}


@pages.look("/fees/invoices/<uuid:invoice_id>")
def show_invoice(ws: Workspace, invoice_id: UUID) -> Any:
    sheet = invoice_sheet(ws, invoice_id)
    undecided = {one.act for one in approvals.waiting(ws) if one.subject_id == invoice_id}
    state = InvoiceState(sheet.invoice.status)
    consent = active_mandate(ws, sheet.invoice.account_id)
    covered = consent if consent and collects(sheet.here.open, consent.limit) and consent.given_at < sheet.invoice.issued_at else None  # fmt: skip
    told = {"is_open": state in OPEN, "by_card": fee_provider() is not None, "mine": sheet.invoice.firm_id == ws.tenant_id}  # fmt: skip
    collected_on = (sheet.invoice.issued_at + NOTICE) if covered else None
    return render("billing/invoice.html", sheet=sheet, invoice=sheet.invoice, waiting=undecided, today=today_of(ws), consent=covered, collected_on=collected_on, **told)  # fmt: skip


@pages.look("/fees/invoices/<uuid:invoice_id>.pdf")
def print_invoice(ws: Workspace, invoice_id: UUID) -> Response:
    sheet = invoice_sheet(ws, invoice_id)
    return paper.as_pdf("billing/invoice_sheet.html", f"{sheet.invoice.number}.pdf", sheet=sheet, invoice=sheet.invoice)


@pages.act("/fees/invoices/<uuid:invoice_id>/payments", again="show_invoice")
def confirm_payment(ws: Workspace, invoice_id: UUID) -> Any:
    amount = entered.money("amount", find_invoice(ws, invoice_id).currency)
    reference, received_on = request.form.get("reference", ""), entered.day("received_on")
    actions.confirm_fee_payment(ws, invoice_id, amount=amount, reference=reference, received_on=received_on)
    flash(translate("The payment is confirmed."), "ok")
    return redirect(url_for(".show_invoice", invoice_id=invoice_id))


@pages.act("/fees/invoices/<uuid:invoice_id>/credit-notes", again="show_invoice")
def propose_credit_note(ws: Workspace, invoice_id: UUID) -> Any:
    actions.propose_credit(ws, invoice_id, because=request.form.get("because", ""))
    flash(translate("Proposed. A colleague decides."), "ok")
    return redirect(url_for(".show_invoice", invoice_id=invoice_id))


def _due(bills: list[FeeInvoice]) -> list[Money]:
    """What is to be paid, in each currency."""
    owed = [one for one in bills if one.status in OPEN]
    return [total((one.total for one in owed if one.currency == currency), currency) for currency in sorted({one.currency for one in owed})]  # fmt: skip


def invoice_table(ws: Workspace) -> Table:
    rows = [
        [
            one.number, f"{one.month:%Y-%m}", one.firm, one.firm_code, one.status, one.issued_at, one.due_on, one.net.amount, one.vat_rate, one.vat.amount,
            one.total.amount, one.currency,
        ]
        for one in invoices(ws)
    ]  # fmt: skip
    return Table("invoices", COLUMNS, rows)


def invoice_lines_table(ws: Workspace, invoice_id: UUID) -> Table:
    """An invoice line by line, each line followed by what it charges."""
    sheet = invoice_sheet(ws, invoice_id)
    return Table(sheet.invoice.number, LINE_COLUMNS, [row for line in sheet.lines for row in _rows_of(sheet, line)])


def _rows_of(sheet: InvoiceSheet, line: Any) -> list[list[Any]]:
    currency = sheet.invoice.currency
    rows: list[list[Any]] = [[line.kind.value, "", "", line.quantity, line.free, line.each.amount, line.amount.amount, currency]]  # fmt: skip
    of_line = [one for one in sheet.usage if one.kind == line.kind]
    return rows + [[line.kind.value, one.label, one.at, 1, "", one.price.amount if one.price else "", "", currency] for one in of_line]  # fmt: skip


def payout_table(ws: Workspace) -> Table:
    """Each movement of each payout, and whose it was."""
    rows = [[one.payout_id, one.id, one.kind, one.belongs, one.payment_id or "", one.amount.amount, one.kept.amount, one.currency] for one in payout_lines(ws)]  # fmt: skip
    return Table("payouts", PAYOUT_COLUMNS, rows)


offer_tables(pages, "/fees/payouts", payout_table)
offer_tables(pages, "/fees/invoices", invoice_table)
offer_tables(pages, "/fees/invoices/<uuid:invoice_id>", invoice_lines_table)
