"""Calls about the platform's fees."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, MoneyShape, Ratio, Shape
from frontend.billing.shapes import (
    InvoiceSheetView,
    InvoiceView,
    LineView,
    UseView,
    invoice_shape,
    line_shape,
    sheet_shape,
    use_shape,
)
from frontend.disposal.amounts import read
from frontend.disposal.shapes import Proposed, Share
from frontend.language import said
from frontend.valuation.api import money_shape
from marketplace.billing import actions
from marketplace.billing.models import FeePlan
from marketplace.billing.queries import cost_so_far, fee_plans, invoice_sheet, invoices
from marketplace.billing.rules.bills import InvoiceState
from marketplace.billing.rules.plans import Plan
from tenants.workspace import Workspace

api = Api("billing")
Words = Annotated[str, Field(min_length=1, max_length=500)]


class PlanView(Shape):
    """A fee plan, before tax. `lots_free` watched lots a month cost nothing, each further one `lot_month`; `deal`: the bank's fee for a loan; `sale_share`: the seller's commission. Shares of one."""

    version: int
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
    set_at: Moment


class PlanList(Shape):
    """The plans that the operator published, the newest first."""

    items: list[PlanView]


class PlanWish(Shape):
    """A plan to propose, in force from the first day of a month to come."""

    effective_from: date
    lots_free: Annotated[int, Field(ge=0, le=1_000_000)]
    lot_month: MoneyShape
    deal: MoneyShape
    sale_share: Share
    vat_rate: Share
    pay_days: Annotated[int, Field(ge=1, le=180)]
    notice_days: Annotated[int, Field(ge=7, le=180)]
    payee: Words
    payee_account: Words
    because: Words


class BillView(Shape):
    """What is owed in one currency."""

    lines: list[LineView]
    net: MoneyShape
    vat: MoneyShape
    total: MoneyShape


class FeesView(Shape):
    """The running month of this firm: the plan in force (none: nothing costs anything), what was used, and what it costs so far."""

    month: date
    plan: PlanView | None
    used: list[UseView]
    bills: list[BillView]


class InvoiceList(Shape):
    """Invoices, newest first: a firm's own, the operator's all."""

    items: list[InvoiceView]


class InvoiceQuery(Shape):
    """Invoices of one state alone."""

    status: InvoiceState | None = None


class PaymentWish(Shape):
    """A payment as it stands on the operator's account: the whole invoice, under the bank's reference."""

    amount: MoneyShape
    reference: Annotated[str, Field(min_length=1, max_length=64)]
    received_on: date


class CreditWish(Shape):
    """Why the invoice is to be taken back."""

    because: Words


@api.look("/fees", gives=FeesView)
def show_fees(ws: Workspace) -> Any:
    """What this firm used in the running month, and what it costs so far."""
    found = cost_so_far(ws)
    owed = [{"lines": [line_shape(line) for line in one.lines], "net": money_shape(one.net), "vat": money_shape(one.vat), "total": money_shape(one.total)} for one in found.bills]  # fmt: skip
    return {"month": found.month, "plan": _plan(found.plan) if found.plan else None, "used": [use_shape(one) for one in found.used], "bills": owed}  # fmt: skip


@api.look("/fee-plans", gives=PlanList)
def list_fee_plans(ws: Workspace) -> Any:
    """What the platform charges."""
    return {"items": [_plan(row) for row in fee_plans(ws)]}


@api.act("/fee-plans", gives=Proposed, takes=PlanWish, status=201)
def propose_fee_plan(ws: Workspace, body: PlanWish) -> Any:
    """Propose a fee plan. The operator's."""
    plan = Plan(
        lots_free=body.lots_free,
        lot_month=read(body.lot_month),
        deal=read(body.deal),
        sale_share=Decimal(body.sale_share),
        vat_rate=Decimal(body.vat_rate),
        pay_days=body.pay_days,
        notice_days=body.notice_days,
    )
    approval = actions.propose_plan(ws, plan, effective_from=body.effective_from, payee=body.payee, payee_account=body.payee_account, because=body.because)  # fmt: skip
    return {"approval_id": approval.id, "summary": said(approval.summary)}


@api.look("/fee-invoices", gives=InvoiceList, takes=InvoiceQuery)
def list_fee_invoices(ws: Workspace, body: InvoiceQuery) -> Any:
    """Invoices of the platform's fees."""
    return {"items": [invoice_shape(row) for row in invoices(ws, status=body.status)]}


@api.look("/fee-invoices/<uuid:invoice_id>", gives=InvoiceSheetView)
def get_fee_invoice(ws: Workspace, invoice_id: UUID) -> Any:
    """One invoice, line by line."""
    return sheet_shape(invoice_sheet(ws, invoice_id))


@api.act("/fee-invoices/<uuid:invoice_id>/payments", gives=InvoiceSheetView, takes=PaymentWish, status=201)
def confirm_fee_payment(ws: Workspace, invoice_id: UUID, body: PaymentWish) -> Any:
    """Say that an invoice was paid. The operator's."""
    actions.confirm_fee_payment(ws, invoice_id, amount=read(body.amount), reference=body.reference, received_on=body.received_on)  # fmt: skip
    return sheet_shape(invoice_sheet(ws, invoice_id))


@api.act("/fee-invoices/<uuid:invoice_id>/credit-notes", gives=Proposed, takes=CreditWish, status=201)
def propose_credit_note(ws: Workspace, invoice_id: UUID, body: CreditWish) -> Any:
    """Propose to take an invoice back. The operator's."""
    approval = actions.propose_credit(ws, invoice_id, because=body.because)
    return {"approval_id": approval.id, "summary": said(approval.summary)}


def _plan(row: FeePlan) -> dict[str, Any]:
    plain = ("version", "effective_from", "lots_free", "sale_share", "vat_rate", "pay_days", "notice_days", "payee", "payee_account", "because", "set_at")  # fmt: skip
    return {name: getattr(row, name) for name in plain} | {"lot_month": money_shape(row.lot_month), "deal": money_shape(row.deal)}  # fmt: skip
