"""When an invoice is collected from the saved card: the first time, after a decline, and anew where a try never reached the card service."""

from datetime import timedelta
from typing import Any

from marketplace.billing.collecting.events import FeeCollectionDeclined, FeeCollectionGivenUp
from marketplace.billing.collecting.models import FeeCardPayment
from marketplace.billing.models import FeeInvoice
from marketplace.billing.rules.cards import FeeCardState, Way, next_try
from marketplace.billing.settling.positions import cards_of
from marketplace.business_days import SHANGHAI
from tenants.workspace import Workspace


def collect_at(ws: Workspace, invoice: FeeInvoice, wait: timedelta) -> None:
    """Have an invoice collected after a while, if it is open then and the firm's consent still covers it."""
    due = ws.now + wait
    ws.set_timer("collecting.collect_fee", key=f"{invoice.id}:{due.isoformat()}", due=due, stream_id=invoice.account_id, invoice_id=str(invoice.id))  # fmt: skip


def tell_declined(ws: Workspace, invoice: FeeInvoice, card: FeeCardPayment) -> None:
    """The saved card was declined: the firm is told, and when it is tried again or that it is not."""
    failed = sum(one.way == Way.COLLECTED and one.status == FeeCardState.DECLINED for one in cards_of(ws, invoice))
    again_at = next_try(failed, card.because, ws.now)
    about: dict[str, Any] = {
        "invoice_id": invoice.id,
        "number": invoice.number,
        "amount": card.amount,
        "because": card.because or "",
    }
    if again_at is None:
        ws.record(FeeCollectionGivenUp(**about, due_on=invoice.due_on), on=invoice.account_id)
        return
    collect_at(ws, invoice, again_at - ws.now)
    ws.record(FeeCollectionDeclined(**about, again_on=again_at.astimezone(SHANGHAI).date()), on=invoice.account_id)
