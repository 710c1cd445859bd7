"""Collecting an invoice from the saved card, within the firm's consent: after a notice, with a few tries, each of them told.

A try stands on record before the card service is asked for it. So whatever dies in between, what was taken has a row that finds it again.
"""

from datetime import timedelta
from uuid import UUID

from marketplace.billing.collecting.awaiting import collect_at
from marketplace.billing.collecting.following import follow_card, look_again
from marketplace.billing.collecting.mandates import active_mandate
from marketplace.billing.collecting.models import FeeCardPayment, FeeMandate
from marketplace.billing.collecting.paying import new_try, wish_of
from marketplace.billing.collecting.ports import fee_provider
from marketplace.billing.models import FeeInvoice
from marketplace.billing.queries import find_invoice
from marketplace.billing.rules.bills import OPEN
from marketplace.billing.rules.cards import NEVER_MADE_AFTER, NOTICE, FeeCardState, Way, collects, may_ask
from marketplace.billing.settling.positions import cards_of, position_of
from marketplace.money import Money
from tenants.workspace import Workspace

# A page lasts a day: while somebody may be typing a card, nothing is collected beside it.
A_PAGE = timedelta(hours=25)
SOON = timedelta(hours=1)


def await_collection(ws: Workspace, invoice: FeeInvoice) -> None:
    """An invoice was issued: if the firm's consent covers it, it is collected after the notice."""
    if _consent(ws, invoice, invoice.total) is not None:
        collect_at(ws, invoice, NOTICE)


def collect_fee(ws: Workspace, invoice_id: UUID) -> None:
    """The time to collect has come. Nothing happens where the invoice is not open any more, the consent was withdrawn or does not cover it, or no cards are taken."""
    invoice, provider = find_invoice(ws, invoice_id, lock=True), fee_provider()
    tries = cards_of(ws, invoice)
    if provider is None:
        return
    if tries and tries[-1].status == FeeCardState.OPENED:
        last = tries[-1]
        follow_card(ws, provider, invoice, last)
        if last.status == FeeCardState.OPENED:
            collect_at(ws, invoice, A_PAGE)
            return
        if last.way == Way.COLLECTED:
            return  # whoever saw how it ended has set the next time
    amount = position_of(ws, invoice).open
    if invoice.status in OPEN and _consent(ws, invoice, amount) is not None:
        _begin(ws, invoice, amount, len(tries) + 1)


def charge_fee(ws: Workspace, invoice_id: UUID, attempt: int) -> None:
    """Carry out a try that stands on record. Done again it charges nothing: the card service knows it by its key, and what is too old for that is only looked up."""
    invoice, provider = find_invoice(ws, invoice_id, lock=True), fee_provider()
    card = ws.session.get_one(FeeCardPayment, (invoice.tenant_id, invoice.id, attempt))
    if provider is None or card.status != FeeCardState.OPENED:
        return
    consent = _consent(ws, invoice, card.amount) if invoice.status in OPEN else None
    if consent is not None and may_ask(card.opened_at, ws.now):
        assert consent.customer_id is not None, "a consent that holds has its card"
        assert consent.method_id is not None, "a consent that holds has its card"
        wish = wish_of(ws, invoice, card)
        card.payment_id = provider.collect(wish, customer_id=consent.customer_id, method_id=consent.method_id)
    follow_card(ws, provider, invoice, card)
    if card.status == FeeCardState.OPENED:
        look_again(ws, invoice.account_id, ws.now + SOON, invoice_id=str(invoice.id))


def _begin(ws: Workspace, invoice: FeeInvoice, amount: Money, attempt: int) -> None:
    card = new_try(ws, invoice, amount, Way.COLLECTED, attempt)
    ws.session.add(card)
    ws.session.flush()  # whoever began another try at this moment is told so before anything is charged
    ws.set_timer("collecting.charge_fee", key=card.key, due=ws.now, stream_id=invoice.account_id, invoice_id=str(invoice.id), attempt=str(attempt))  # fmt: skip
    look_again(ws, invoice.account_id, ws.now + NEVER_MADE_AFTER, invoice_id=str(invoice.id))


def _consent(ws: Workspace, invoice: FeeInvoice, amount: Money) -> FeeMandate | None:
    """The consent that covers so much of an invoice, if there is one."""
    mandate = active_mandate(ws, invoice.account_id)
    return mandate if mandate is not None and collects(amount, mandate.limit) else None
