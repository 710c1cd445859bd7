"""Collecting an invoice from the saved card, within the firm's consent: after a notice, with a few tries, each of them told."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from marketplace.billing.collecting.events import FeeCollectionDeclined, FeeCollectionGivenUp
from marketplace.billing.collecting.following import follow_card, look_again
from marketplace.billing.collecting.mandates import active_mandate
from marketplace.billing.collecting.models import FeeCardPayment, FeeMandate
from marketplace.billing.collecting.paying import new_try, wish_of
from marketplace.billing.collecting.ports import FeeProvider, fee_provider
from marketplace.billing.models import FeeInvoice
from marketplace.billing.queries import find_invoice
from marketplace.billing.rules.bills import OPEN
from marketplace.billing.rules.cards import NOTICE, FeeCardState, Way, collects, next_try
from marketplace.billing.settling.positions import cards_of, position_of
from marketplace.business_days import SHANGHAI
from marketplace.money import Money
from tenants.workspace import Workspace

# A page lasts a day: while somebody may be typing a card, nothing is collected beside it.
A_PAGE = timedelta(hours=25)
SOON = timedelta(hours=1)


def await_collection(ws: Workspace, invoice: FeeInvoice) -> None:
    """An invoice was issued: if the firm's consent covers it, it is collected after the notice."""
    mandate = active_mandate(ws, invoice.account_id)
    if mandate is not None and collects(invoice.total, mandate.limit):
        _collect_at(ws, invoice, NOTICE)


def collect_fee(ws: Workspace, invoice_id: UUID) -> None:
    """The time to collect has come. Nothing happens where the invoice is not open any more, the consent was withdrawn or does not cover it, or no cards are taken."""
    invoice, provider = find_invoice(ws, invoice_id, lock=True), fee_provider()
    tries = cards_of(ws, invoice)
    if provider is None:
        return
    if tries and tries[-1].status == FeeCardState.OPENED:
        follow_card(ws, provider, invoice, tries[-1])
        if tries[-1].status == FeeCardState.OPENED:
            _collect_at(ws, invoice, A_PAGE)
            return
    mandate, amount = active_mandate(ws, invoice.account_id), position_of(ws, invoice).open
    if invoice.status in OPEN and mandate is not None and collects(amount, mandate.limit):
        _collect(ws, provider, invoice, mandate, amount, tries)


def _collect(ws: Workspace, provider: FeeProvider, invoice: FeeInvoice, mandate: FeeMandate, amount: Money, tries: Sequence[FeeCardPayment]) -> None:  # fmt: skip
    card = new_try(ws, invoice, amount, Way.COLLECTED, len(tries) + 1)
    ws.session.add(card)
    ws.session.flush()  # whoever began another try at this moment is told so before anything is charged
    assert mandate.customer_id is not None, "a consent that holds has its card"
    assert mandate.method_id is not None, "a consent that holds has its card"
    wish = wish_of(ws, invoice, card)
    card.payment_id = provider.collect(wish, customer_id=mandate.customer_id, method_id=mandate.method_id)
    follow_card(ws, provider, invoice, card)
    if card.status == FeeCardState.DECLINED:
        failed = 1 + sum(one.way == Way.COLLECTED and one.status == FeeCardState.DECLINED for one in tries)
        _tell_declined(ws, invoice, card, failed)
    elif card.status == FeeCardState.OPENED:
        look_again(ws, invoice.account_id, ws.now + SOON, invoice_id=str(invoice.id))


def _tell_declined(ws: Workspace, invoice: FeeInvoice, card: FeeCardPayment, failed: int) -> None:
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
    _collect_at(ws, invoice, again_at - ws.now)
    ws.record(FeeCollectionDeclined(**about, again_on=again_at.astimezone(SHANGHAI).date()), on=invoice.account_id)


def _collect_at(ws: Workspace, invoice: FeeInvoice, wait: timedelta) -> None:
    due = ws.now + wait
    ws.set_timer("collecting.collect_fee", key=f"{invoice.id}:{due.isoformat()}", due=due, stream_id=invoice.account_id, invoice_id=str(invoice.id))  # fmt: skip
