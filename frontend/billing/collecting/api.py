"""Calls about fees paid by card, about what is owed back or no longer expected, and the operator's book."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, MoneyShape, Nothing, Shape
from frontend.billing.shapes import CardPaymentView, InvoiceSheetView, card_shape, sheet_shape
from frontend.disposal.amounts import read
from frontend.disposal.shapes import Proposed
from frontend.language import said
from frontend.valuation.api import money_shape
from marketplace.billing.collecting.mandates import mandates, open_mandate, withdraw_mandate
from marketplace.billing.collecting.models import FeeMandate
from marketplace.billing.collecting.paying import open_card_payment
from marketplace.billing.payouts.models import FeePayout
from marketplace.billing.payouts.reading import payouts
from marketplace.billing.queries import invoice_sheet
from marketplace.billing.rules.cards import MandateState
from marketplace.billing.rules.settling import BookAccount
from marketplace.billing.settling.book import balances
from marketplace.billing.settling.closing import confirm_fee_return, propose_write_off
from tenants.workspace import Workspace

api = Api("fee_collecting")


class ReturnWish(Shape):
    """What had been transferred was transferred back, under the bank's reference."""

    reference: Annotated[str, Field(min_length=1, max_length=64)]
    returned_on: date


class WriteOffWish(Shape):
    """Why what is open is no longer expected."""

    because: Annotated[str, Field(min_length=1, max_length=500)]


class MandateWish(Shape):
    """The consent: the most that may be collected for one invoice, and that the firm agrees."""

    limit: MoneyShape
    agreed: bool


class MandateView(Shape):
    """A consent to collect. While `url` is there, the card is typed at that page; it holds once it is ACTIVE. `consent`: the sentence that was agreed to."""

    id: UUID
    status: MandateState
    limit: MoneyShape
    consent: str
    given_by: str
    given_at: Moment
    url: str | None
    brand: str | None
    last4: str | None
    expires: str | None
    withdrawn_by: str | None


class MandateList(Shape):
    """This firm's consents, the newest first."""

    items: list[MandateView]


class BalanceView(Shape):
    """An account of the operator's book of fees; debits above zero."""

    account: BookAccount
    balance: MoneyShape


class BookView(Shape):
    """The book: its balances sum to nothing in each currency."""

    items: list[BalanceView]


class PayoutView(Shape):
    """A payout of the card service, taken apart: fees, bidders' deposits, what belongs to nobody known, and what its movements do not explain."""

    id: str
    arrived_on: date
    amount: MoneyShape
    fees: MoneyShape
    deposits: MoneyShape
    nobodys: MoneyShape
    unexplained: MoneyShape
    agrees: bool


class PayoutList(Shape):
    """Payouts, the newest first."""

    items: list[PayoutView]


@api.act("/fee-invoices/<uuid:invoice_id>/card-payments", gives=CardPaymentView, takes=Nothing, status=201)
def open_fee_card_payment(ws: Workspace, invoice_id: UUID, body: Nothing) -> Any:
    """Open the card service's page for what is open of the caller's invoice, or give the one that is open."""
    return card_shape(open_card_payment(ws, invoice_id))


@api.act("/fee-invoices/<uuid:invoice_id>/returns", gives=InvoiceSheetView, takes=ReturnWish, status=201)
def confirm_fee_paid_back(ws: Workspace, invoice_id: UUID, body: ReturnWish) -> Any:
    """Say that what had been transferred and is owed back was transferred back. The operator's."""
    confirm_fee_return(ws, invoice_id, reference=body.reference, returned_on=body.returned_on)
    return sheet_shape(invoice_sheet(ws, invoice_id))


@api.act("/fee-invoices/<uuid:invoice_id>/write-offs", gives=Proposed, takes=WriteOffWish, status=201)
def propose_fee_write_off(ws: Workspace, invoice_id: UUID, body: WriteOffWish) -> Any:
    """Propose that what is open of an invoice is no longer expected. The operator's."""
    approval = propose_write_off(ws, invoice_id, because=body.because)
    return {"approval_id": approval.id, "summary": said(approval.summary)}


@api.look("/fee-mandates", gives=MandateList)
def list_fee_mandates(ws: Workspace) -> Any:
    """The consents that this firm gave."""
    return {"items": [_mandate(one) for one in mandates(ws)]}


@api.act("/fee-mandates", gives=MandateView, takes=MandateWish, status=201)
def open_fee_mandate(ws: Workspace, body: MandateWish) -> Any:
    """Agree that later invoices are collected, and open the page at which a card is saved."""
    return _mandate(open_mandate(ws, limit=read(body.limit), agreed=body.agreed))


@api.act("/fee-mandates/<uuid:mandate_id>/withdrawal", gives=MandateView, takes=Nothing)
def withdraw_fee_mandate(ws: Workspace, mandate_id: UUID, body: Nothing) -> Any:
    """Withdraw a consent: nothing is collected from now on."""
    return _mandate(withdraw_mandate(ws, mandate_id))


@api.look("/fee-book", gives=BookView)
def show_fee_book(ws: Workspace) -> Any:
    """The balances of the platform's book of its fees. The operator's."""
    return {"items": [{"account": account, "balance": money_shape(amount)} for (account, _), amount in balances(ws).items()]}  # fmt: skip


@api.look("/fee-payouts", gives=PayoutList)
def list_fee_payouts(ws: Workspace) -> Any:
    """What the card service paid out, and whose it was. The operator's."""
    return {"items": [_payout(one) for one in payouts(ws)]}


def _payout(row: FeePayout) -> dict[str, Any]:
    parts = {name: money_shape(getattr(row.parts, name)) for name in ("fees", "deposits", "nobodys", "unexplained")}
    return {"id": row.id, "arrived_on": row.arrived_on, "amount": money_shape(row.amount), "agrees": row.parts.agrees} | parts  # fmt: skip


def _mandate(row: FeeMandate) -> dict[str, Any]:
    plain = ("id", "status", "given_by", "given_at", "brand", "last4", "expires", "withdrawn_by")
    url = row.url if row.status == MandateState.OPENED else None
    return {name: getattr(row, name) for name in plain} | {"limit": money_shape(row.limit), "consent": said(row.consent), "url": url}  # fmt: skip
