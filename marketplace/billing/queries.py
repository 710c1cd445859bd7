"""Looking at fees: the plan in force, what was used, invoices and what became of them, and whether a firm's new requests have to wait."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select, text

from marketplace.billing.collecting.models import FeeCardPayment
from marketplace.billing.models import FeeCredit, FeeInvoice, FeeLine, FeePayment, FeePlan, FeeUsage
from marketplace.billing.rules.bills import OPEN, Bill, FeeKind, InvoiceState, Line, Used, bills
from marketplace.billing.rules.plans import Plan, month_of, plan_of
from marketplace.billing.rules.settling import Position
from marketplace.billing.settling.models import FeeReturn, FeeWriteOff
from marketplace.billing.settling.positions import cards_of, position_of
from marketplace.business_days import SHANGHAI
from marketplace.money import Money
from tenants.errors import Conflict, NotFound
from tenants.organisations import Kind, Organisation
from tenants.workspace import Workspace

USAGE = text("select * from gate.fee_usage(:month, :firm)")


@dataclass(frozen=True, slots=True)
class SoFar:
    """What a firm used in the running month and what that costs by the plan in force; without a plan nothing costs anything."""

    month: date
    plan: FeePlan | None
    used: tuple[Used, ...]
    bills: tuple[Bill, ...]


@dataclass(frozen=True, slots=True)
class InvoiceSheet:
    """One invoice with all that belongs to it."""

    invoice: FeeInvoice
    lines: tuple[Line, ...]
    usage: tuple[FeeUsage, ...]
    payment: FeePayment | None
    credit: FeeCredit | None
    here: Position
    cards: tuple[FeeCardPayment, ...]
    back: FeeReturn | None
    write_off: FeeWriteOff | None

    @property
    def last_card(self) -> FeeCardPayment | None:
        """The latest try to pay by card."""
        return self.cards[-1] if self.cards else None

    @property
    def returnable(self) -> bool:
        """Whether something that was transferred is owed back."""
        return bool(self.here.owed_back) and self.payment is not None and self.back is None


def today_of(ws: Workspace) -> date:
    """The day where the platform is run."""
    return ws.now.astimezone(SHANGHAI).date()


def fee_plans(ws: Workspace, *, limit: int = 50) -> list[FeePlan]:
    """The plans that the operator published, the newest first: all that others may have published count for nothing."""
    operators = select(Organisation.id).where(Organisation.kinds.contains([Kind.PLATFORM.value]))
    rows = select(FeePlan).where(FeePlan.tenant_id.in_(operators)).order_by(FeePlan.set_at.desc(), FeePlan.version.desc())  # fmt: skip
    return list(ws.session.scalars(rows.limit(limit)))


def plan_for(plans: Sequence[FeePlan], month: date) -> FeePlan | None:
    """The plan by which a month is billed; None before the first."""
    return plan_of(month, ((one.effective_from, one.version, one) for one in plans))


def terms_of(row: FeePlan) -> Plan:
    """A published plan as the rules take it."""
    return Plan(
        lots_free=row.lots_free,
        lot_month=row.lot_month,
        deal=row.deal,
        sale_share=row.sale_share,
        vat_rate=row.vat_rate,
        pay_days=row.pay_days,
        notice_days=row.notice_days,
    )


def used_in(ws: Workspace, month: date, *, firm_id: UUID | None) -> dict[UUID, list[Used]]:
    """What was used in a month, by firm: by one, or by all where the operator asks for none."""
    found: dict[UUID, list[Used]] = defaultdict(list)
    for row in ws.session.execute(USAGE, {"month": month, "firm": firm_id}):
        price = None if row.price_minor is None else Money(row.price_minor, row.currency)
        found[row.firm_id].append(Used(FeeKind(row.kind), row.subject_id, row.label, row.at, price))
    return dict(found)


def cost_so_far(ws: Workspace) -> SoFar:
    """What this firm used in the running month, and what it costs so far."""
    ws.may("read")
    month = month_of(today_of(ws))
    row = plan_for(fee_plans(ws), month)
    used = tuple(used_in(ws, month, firm_id=ws.tenant_id).get(ws.tenant_id, ()))
    return SoFar(month, row, used, bills(terms_of(row), used) if row else ())


def invoices(ws: Workspace, *, status: InvoiceState | None = None, limit: int = 500) -> list[FeeInvoice]:
    """Invoices that the viewer may see, newest first: a firm its own, the operator those it issued."""
    rows = select(FeeInvoice).order_by(FeeInvoice.month.desc(), FeeInvoice.number.desc()).limit(limit)
    return list(ws.session.scalars(rows.where(FeeInvoice.status == status) if status else rows))


def open_invoices(ws: Workspace, *, limit: int = 200) -> list[FeeInvoice]:
    """What is still to be paid, what is due first on top: a firm's own, the operator's all."""
    rows = select(FeeInvoice).where(FeeInvoice.status.in_(OPEN)).order_by(FeeInvoice.due_on, FeeInvoice.number)
    return list(ws.session.scalars(rows.limit(limit)))


def find_invoice(ws: Workspace, invoice_id: UUID, *, lock: bool = False) -> FeeInvoice:
    """One invoice. Refuses, as not found, one of another firm."""
    wanted = select(FeeInvoice).where(FeeInvoice.id == invoice_id)
    row = ws.session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise NotFound("invoice_unknown", "There is no such invoice.")
    return row


def invoice_sheet(ws: Workspace, invoice_id: UUID) -> InvoiceSheet:
    """An invoice, its lines in their order, what they charge, and how it was paid or taken back."""
    row = find_invoice(ws, invoice_id)
    key = (row.tenant_id, row.id)
    order = list(FeeKind)
    lines = [
        Line(FeeKind(one.kind), one.quantity, one.free, one.each, one.amount)
        for one in ws.session.scalars(
            select(FeeLine).where(FeeLine.tenant_id == row.tenant_id, FeeLine.invoice_id == row.id)
        )
    ]
    usage = ws.session.scalars(
        select(FeeUsage).where(FeeUsage.tenant_id == row.tenant_id, FeeUsage.invoice_id == row.id)
    )
    return InvoiceSheet(
        row,
        tuple(sorted(lines, key=lambda one: order.index(one.kind))),
        tuple(sorted(usage, key=lambda one: (order.index(FeeKind(one.kind)), one.at, one.label))),
        ws.session.get(FeePayment, key),
        ws.session.get(FeeCredit, key),
        position_of(ws, row),
        tuple(cards_of(ws, row)),
        ws.session.get(FeeReturn, key),
        ws.session.get(FeeWriteOff, key),
    )


def arrears(ws: Workspace) -> FeeInvoice | None:
    """This firm's invoice that makes new requests wait: overdue, and the notice of it over. The earliest, if there are several."""
    late = select(FeeInvoice).where(
        FeeInvoice.firm_id == ws.tenant_id,
        FeeInvoice.status == InvoiceState.OVERDUE,
        FeeInvoice.refuses_from <= today_of(ws),
    )
    return ws.session.scalars(late.order_by(FeeInvoice.due_on).limit(1)).one_or_none()


def require_fees_paid(ws: Workspace) -> None:
    """Refuse something new while an invoice is overdue beyond its notice. For new requests alone: data, running deals, alarms and enforcement never ask this."""
    late = None if ws.member.is_system else arrears(ws)
    if late is not None:
        raise Conflict(
            "fees_overdue",
            "Invoice %(number)s (%(total)s) was due on %(due_on)s. New requests are taken again once it is paid; everything that runs goes on.",
            number=late.number,
            total=str(late.total),
            due_on=late.due_on.isoformat(),
        )
