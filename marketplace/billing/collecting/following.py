"""Bringing together what the card service says, what the invoice says and what the book says. The operator's side; done again it changes nothing."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.billing.collecting.awaiting import collect_at, tell_declined
from marketplace.billing.collecting.events import FeeDisputeLost, FeeDisputeWon, FeePaymentDisputed
from marketplace.billing.collecting.models import FeeCardPayment
from marketplace.billing.collecting.ports import FeeLook, FeeProvider, fee_provider
from marketplace.billing.events import FeePaidBack
from marketplace.billing.models import FeeInvoice
from marketplace.billing.payouts.waiting import await_payouts
from marketplace.billing.queries import find_invoice
from marketplace.billing.rules.bills import OPEN
from marketplace.billing.rules.cards import FEE_CARD, FeeCardState, FeeSeen, Way, never_made, next_step
from marketplace.billing.rules.settling import CardMoney, refunds_due
from marketplace.billing.settling.book import settle
from marketplace.billing.settling.positions import cards_of, position_of
from tenants.database import engine, new_id
from tenants.errors import Conflict
from tenants.workspace import Workspace

NOTICE = text("select gate.notice_fee(:event, :kind, :invoice, :mandate, :payment)")


def follow_invoice(ws: Workspace, invoice_id: UUID) -> None:
    """Ask how an invoice's card payments stand, take the steps that are due, and pay back what is owed back."""
    invoice = find_invoice(ws, invoice_id, lock=True)
    cards = cards_of(ws, invoice)
    if not cards:
        return
    provider = required()
    for card in cards:
        follow_card(ws, provider, invoice, card)
    _pay_back(ws, provider, invoice)


def follow_card(ws: Workspace, provider: FeeProvider, invoice: FeeInvoice, card: FeeCardPayment) -> None:
    """One try: its state, then its money. A payment that the card service knows for another invoice is none of this one's."""
    look = _look(ws, provider, card)
    if look is None or look.invoice_id != invoice.id:
        return
    step = next_step(FeeCardState(card.status), look.seen, wanted=invoice.status in OPEN)
    if step == "expire" and look.seen is FeeSeen.AWAITED:
        if card.checkout_id is None:
            return  # on its way, with nobody to ask: what comes of it is seen later
        provider.close_page(card.checkout_id, key=f"{card.key}:close")
    if step:
        card.status, card.moved_at = FEE_CARD.next_state(FeeCardState(card.status), step), ws.now
        card.payment_id, card.because = look.payment_id or card.payment_id, look.because
        if card.way == Way.COLLECTED:
            _plan_next(ws, invoice, card)
    if look.money != card.money:
        _take_money(ws, invoice, card, look.money)


def look_soon(ws: Workspace, invoice: FeeInvoice) -> None:
    """An invoice was paid otherwise or taken back: have its card payments looked at, if it has any."""
    if cards_of(ws, invoice):
        look_again(ws, invoice.account_id, ws.now, invoice_id=str(invoice.id))


def look_again(ws: Workspace, account_id: UUID, due: datetime, **about: str) -> None:
    """Have an invoice's card payments, or a card to be saved, looked at at a time."""
    [(_, one)] = about.items()
    ws.set_timer("collecting.follow_fee", key=f"{one}:{new_id()}", due=due, stream_id=account_id, **about)


def take_fee_notice(event_id: str, kind: str, *, invoice_id: UUID | None, mandate_id: UUID | None, payment_id: str | None) -> str:  # fmt: skip
    """The card service has told of something, by a message whose signature was checked: have it looked into, once for each message.

    Returns `taken`, `seen` or `unknown`. Nobody is signed in, so the database itself puts it before the operator's side.
    """
    asked = {"event": event_id, "kind": kind, "invoice": invoice_id, "mandate": mandate_id, "payment": payment_id}
    with Session(engine()) as session, session.begin():
        return str(session.execute(NOTICE, asked).scalar_one())


def required() -> FeeProvider:
    provider = fee_provider()
    if provider is None:
        raise Conflict("cards_not_taken_for_fees", "No cards are taken here. Pay by bank transfer instead.")
    return provider


def _look(ws: Workspace, provider: FeeProvider, card: FeeCardPayment) -> FeeLook | None:
    """What the card service says; None where it says nothing yet. A try of whose payment nothing came home, because somebody died in between, is looked for by its key."""
    if card.payment_id:
        return provider.find_payment(card.payment_id, card.currency)
    if card.checkout_id:
        return provider.find_page(card.checkout_id, card.currency)
    found = provider.find_collected(card.wish_key, card.currency)
    if found is None and never_made(card.opened_at, ws.now):
        return FeeLook(FeeSeen.GONE, CardMoney.nothing(card.currency), None, card.invoice_id)
    return found


def _plan_next(ws: Workspace, invoice: FeeInvoice, card: FeeCardPayment) -> None:
    """After a try that brought nothing: tell of a decline, and begin anew what was never made."""
    if card.status == FeeCardState.DECLINED:
        tell_declined(ws, invoice, card)
    elif card.status == FeeCardState.EXPIRED and invoice.status in OPEN:
        collect_at(ws, invoice, timedelta())


def _take_money(ws: Workspace, invoice: FeeInvoice, card: FeeCardPayment, seen: CardMoney) -> None:
    before, had = position_of(ws, invoice), card.money
    card.money = seen
    ws.session.flush()
    cause = f"card:{invoice.id}:{card.attempt}:{card.moves}"
    settle(ws, invoice, before, cause=cause, other_side=seen.change_since(had), reference=card.payment_id or "")
    await_payouts(ws)
    about: dict[str, Any] = {"invoice_id": invoice.id, "number": invoice.number}
    if seen.refunded > had.refunded:
        back = FeePaidBack(**about, amount=seen.refunded - had.refunded, reference=card.payment_id or "")
        ws.record(back, on=invoice.account_id)
    if seen.lost > had.lost:
        ws.record(FeeDisputeLost(**about, amount=seen.lost - had.lost), on=invoice.account_id)
    elif seen.disputed > had.disputed:
        ws.record(FeePaymentDisputed(**about, amount=seen.disputed - had.disputed), on=invoice.account_id)
    elif seen.disputed < had.disputed:
        ws.record(FeeDisputeWon(**about, amount=had.disputed - seen.disputed), on=invoice.account_id)


def _pay_back(ws: Workspace, provider: FeeProvider, invoice: FeeInvoice) -> None:
    """What is owed back goes back to the cards it came from. A crash in between asks again under the same key."""
    of_number = {card.attempt: card for card in cards_of(ws, invoice)}
    due = refunds_due(position_of(ws, invoice), {number: card.money for number, card in of_number.items()})
    for number, part in due:
        card = of_number[number]
        assert card.payment_id is not None, "what was taken has a payment"
        provider.refund(card.payment_id, part, key=f"{card.key}:refund:{card.moves}")
        follow_card(ws, provider, invoice, card)
