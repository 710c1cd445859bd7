"""Reading what the card service paid out, and posting what of it is fees. Daily, and only while something of ours lies there."""

from datetime import timedelta

from sqlalchemy import select

from marketplace.billing.collecting.following import look_again
from marketplace.billing.collecting.models import FeeCardPayment
from marketplace.billing.collecting.ports import FeeProvider, PaidOut, fee_provider
from marketplace.billing.payouts.models import FeePayout, FeePayoutLine
from marketplace.billing.payouts.waiting import await_payouts
from marketplace.billing.rules.payouts import Movement, Reconciled, reconcile
from marketplace.billing.rules.settling import BookAccount
from marketplace.billing.settling.book import balances, post
from tenants.workspace import Workspace

# Payouts reach a bank within days; longer ago nothing new appears.
LOOKED_BACK = timedelta(days=45)


def read_payouts(ws: Workspace) -> list[FeePayout]:
    """Take every payout apart that has not been read yet. Read again it changes nothing."""
    provider = fee_provider()
    if provider is None:
        return []
    known = set(ws.session.scalars(select(FeePayout.id).where(FeePayout.tenant_id == ws.tenant_id)))
    fresh = [one for one in provider.payouts(ws.now - LOOKED_BACK) if one.id not in known]
    read = [_read(ws, provider, one) for one in fresh]
    if any(amount for (account, _), amount in balances(ws).items() if account is BookAccount.AT_PROVIDER):
        await_payouts(ws)
    return read


def payouts(ws: Workspace, *, limit: int = 60) -> list[FeePayout]:
    """What was paid out, the newest first. The operator's."""
    ws.may("read_fee_book")
    mine = select(FeePayout).where(FeePayout.tenant_id == ws.tenant_id)
    return list(ws.session.scalars(mine.order_by(FeePayout.arrived_on.desc(), FeePayout.id).limit(limit)))


def payout_lines(ws: Workspace, *, limit: int = 5000) -> list[FeePayoutLine]:
    """Every movement of every payout. The operator's."""
    ws.may("read_fee_book")
    mine = select(FeePayoutLine).where(FeePayoutLine.tenant_id == ws.tenant_id)
    return list(ws.session.scalars(mine.order_by(FeePayoutLine.payout_id, FeePayoutLine.id).limit(limit)))


def _read(ws: Workspace, provider: FeeProvider, paid_out: PaidOut) -> FeePayout:
    movements = provider.movements(paid_out.id, paid_out.amount.currency)
    found = reconcile(paid_out.amount, movements)
    payout = _payout(ws, paid_out, found)
    ws.session.add(payout)
    ws.session.flush()
    ws.session.add_all([_line(ws, paid_out.id, one) for one in movements])
    if found.fees:
        post(ws, f"paid_out:{paid_out.id}", [(BookAccount.BANK, found.fees), (BookAccount.AT_PROVIDER, -found.fees)])
    _look_at_invoices(ws, movements)
    return payout


def _look_at_invoices(ws: Workspace, movements: list[Movement]) -> None:
    """A dispute or a refund whose notice was lost shows here: have each invoice looked at."""
    named = {one.invoice_id for one in movements if one.invoice_id}
    of_ours = select(FeeCardPayment.invoice_id, FeeCardPayment.account_id).where(FeeCardPayment.invoice_id.in_(named)).distinct()  # fmt: skip
    for invoice_id, account_id in ws.session.execute(of_ours):
        look_again(ws, account_id, ws.now, invoice_id=str(invoice_id))


def _payout(ws: Workspace, paid_out: PaidOut, found: Reconciled) -> FeePayout:
    return FeePayout(
        tenant_id=ws.tenant_id,
        id=paid_out.id,
        currency=paid_out.amount.currency,
        amount_minor=paid_out.amount.minor,
        arrived_on=paid_out.arrived_on,
        fees_minor=found.fees.minor,
        deposits_minor=found.deposits.minor,
        nobodys_minor=found.nobodys.minor,
        unexplained_minor=found.unexplained.minor,
        strangers=found.strangers,
        read_at=ws.now,
    )


def _line(ws: Workspace, payout_id: str, one: Movement) -> FeePayoutLine:
    return FeePayoutLine(
        tenant_id=ws.tenant_id,
        payout_id=payout_id,
        id=one.id,
        kind=one.kind,
        belongs=one.belongs,
        currency=one.amount.currency,
        amount_minor=one.amount.minor,
        kept_minor=one.kept.minor,
        payment_id=one.payment_id,
        invoice_id=one.invoice_id,
    )
