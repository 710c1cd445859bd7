"""Where a loan's money goes (受托支付, entrusted payment): to whom the borrower buys from, as the orders say that are before the deal."""

from collections.abc import Sequence

from marketplace.documents.models import Trade
from marketplace.documents.queries import trades_of_room
from marketplace.documents.rules.entries import Party
from marketplace.financing.models.deals import Deal
from tenants.errors import Conflict
from tenants.organisations import find_organisation
from tenants.workspace import Workspace


def purchases(ws: Workspace, deal: Deal) -> list[Trade]:
    """The orders before a deal in which its borrower buys."""
    firm = find_organisation(ws.session, deal.borrower_id)
    borrower = Party(firm.name, firm.uscc or "")
    return [one for one in trades_of_room(ws, deal.deal_id) if _seller(one).differs_from(borrower)]


def ordered_from(orders: Sequence[Trade], payee: str) -> list[Trade]:
    """Those of the orders whose seller is the payee, however its name is written."""
    return [one for one in orders if not _seller(one).differs_from(Party(payee))]


def orders_behind(ws: Workspace, deal: Deal, payee: str) -> list[str]:
    """The numbers of the orders before a deal that buy from this payee."""
    return [one.number for one in ordered_from(purchases(ws, deal), payee)]


def require_payee(ws: Workspace, deal: Deal, payee: str) -> None:
    """Refuse to pay a firm from which no order before the deal buys. Where no order is there nothing contradicts: the officer who approves reads that."""
    orders = purchases(ws, deal)
    if orders and not ordered_from(orders, payee):
        raise Conflict("purpose_account", "No order before this deal buys from %(payee)s.", field="payee", payee=payee)


def _seller(order: Trade) -> Party:
    return Party(order.seller, order.seller_code)
