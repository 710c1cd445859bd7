"""A firm pays an invoice by card, at the card service's own page: strong authentication happens there too."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError

from marketplace.billing.collecting.events import FeeCardOpened
from marketplace.billing.collecting.following import required
from marketplace.billing.collecting.models import FeeCardPayment
from marketplace.billing.collecting.ports import FeeProvider, FeeWish
from marketplace.billing.models import FeeInvoice
from marketplace.billing.queries import find_invoice
from marketplace.billing.rules.bills import OPEN
from marketplace.billing.rules.cards import FEE_CARD, FeeCardState, FeeSeen, Way, require_card_takes
from marketplace.billing.settling.positions import cards_of, position_of
from marketplace.money import Money
from tenants.errors import Conflict, NotAllowed
from tenants.workspace import Workspace


def open_card_payment(ws: Workspace, invoice_id: UUID) -> FeeCardPayment:
    """Open the card service's page for what is open of this firm's invoice, or give the one that is open.

    Refuses where no cards are taken, another firm's invoice, one of which nothing is open, and one for which a payment is on its way.
    """
    ws.may("pay_fees")
    invoice = find_invoice(ws, invoice_id)
    if invoice.firm_id != ws.tenant_id:
        raise NotAllowed("invoice_of_another", "An invoice is paid by the firm that owes it.")
    if invoice.status not in OPEN:
        raise Conflict("invoice_not_open", "Nothing of this invoice is open.")
    provider = required()
    amount, tries = position_of(ws, invoice).open, cards_of(ws, invoice)
    require_card_takes(amount)
    if tries and (page := _page_open(provider, tries[-1])):
        return page
    return _open(ws, provider, invoice, amount, len(tries) + 1)


def new_try(ws: Workspace, invoice: FeeInvoice, amount: Money, way: Way, attempt: int) -> FeeCardPayment:
    """One more try, about to begin."""
    return FeeCardPayment(
        tenant_id=invoice.tenant_id,
        invoice_id=invoice.id,
        attempt=attempt,
        account_id=invoice.account_id,
        way=way,
        status=FEE_CARD.next_state(None, "open"),
        currency=amount.currency,
        amount_minor=amount.minor,
        opened_at=ws.now,
        moved_at=ws.now,
    )


def wish_of(ws: Workspace, invoice: FeeInvoice, card: FeeCardPayment) -> FeeWish:
    return FeeWish(key=card.wish_key, account_id=invoice.account_id, invoice_id=invoice.id, amount=card.amount, number=invoice.number, locale=ws.member.locale)  # fmt: skip


def _page_open(provider: FeeProvider, last: FeeCardPayment) -> FeeCardPayment | None:
    """The page at which a person can go on, if it is open still. Refuses while a payment is made that the books do not know yet."""
    if last.status != FeeCardState.OPENED:
        return None
    if last.way == Way.COLLECTED or last.checkout_id is None:
        raise Conflict("card_payment_underway", "A payment of this invoice is on its way. Look again in a moment.")
    seen = provider.find_page(last.checkout_id, last.currency).seen
    if seen is FeeSeen.TAKEN:
        raise Conflict("card_payment_underway", "A payment of this invoice is on its way. Look again in a moment.")
    return last if seen is FeeSeen.AWAITED else None


def _open(ws: Workspace, provider: FeeProvider, invoice: FeeInvoice, amount: Money, attempt: int) -> FeeCardPayment:
    card = new_try(ws, invoice, amount, Way.PAGE, attempt)
    page = provider.open_page(wish_of(ws, invoice, card))
    card.checkout_id, card.url = page.checkout_id, page.url
    try:
        with ws.session.begin_nested():
            ws.session.add(card)
    except IntegrityError:  # a colleague was faster by a moment, and was given the same page under the same key
        return open_card_payment(ws, invoice.id)
    ws.record(FeeCardOpened(invoice_id=invoice.id, number=invoice.number, amount=amount, attempt=attempt), on=invoice.account_id)  # fmt: skip
    return card
