"""Where a loan's money goes (受托支付, entrusted payment): to whom the borrower buys from, as the orders say that are before the deal."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.documents.models import Trade, TradeEntry
from marketplace.documents.queries import trades_of_room
from marketplace.documents.rules.entries import Lane, Party
from marketplace.financing.models.deals import Deal
from marketplace.financing.models.money import Drawdown
from marketplace.financing.rules.payees import KnownBy, known_by
from tenants.errors import Conflict, Invalid
from tenants.organisations import checked_codes, find_organisation
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Payee:
    """Whom a drawdown pays: name, registered code where it is known, and account."""

    party: Party
    account: str = ""


def payee_of(drawdown: Drawdown) -> Payee:
    """As the drawdown names it."""
    return Payee(Party(drawdown.payee, drawdown.payee_code), drawdown.payee_account)


def code_of(written: str) -> str:
    """A payee's registered code in its compact form; none where it has none. Refuses one that cannot be."""
    if not written.strip():
        return ""
    try:
        return checked_codes(written.strip(), None)[0] or ""
    except Invalid as wrong:
        wrong.field = "payee_code"
        raise


def purchases(ws: Workspace, deal: Deal) -> list[Trade]:
    """The orders before a deal in which its borrower buys."""
    firm = find_organisation(ws.session, deal.borrower_id)
    borrower = Party(firm.name, firm.uscc or "")
    return [one for one in trades_of_room(ws, deal.deal_id) if _seller(one).differs_from(borrower)]


@dataclass(frozen=True, slots=True)
class Behind:
    """An order behind a payment, by its number, and by what its seller is known to be the payee."""

    number: str
    known_by: KnownBy


def orders_behind(ws: Workspace, deal: Deal, paid: Payee) -> list[Behind]:
    """The orders before a deal that buy from this payee."""
    return _behind(ws, purchases(ws, deal), paid)


def require_payee(ws: Workspace, deal: Deal, paid: Payee) -> None:
    """Refuse to pay a firm from which no order before the deal buys. Where no order is there nothing contradicts: the officer who approves reads that."""
    orders = purchases(ws, deal)
    if orders and not _behind(ws, orders, paid):
        raise Conflict("purpose_account", "No order before this deal buys from %(payee)s.", field="payee", payee=paid.party.name)  # fmt: skip


def _behind(ws: Workspace, orders: Sequence[Trade], paid: Payee) -> list[Behind]:
    accounts = _invoiced_to(ws, orders)
    found = ((one, known_by(paid.party, paid.account, _seller(one), accounts[one.trade_id])) for one in orders)
    return [Behind(one.number, how) for one, how in found if how is not None]


def _invoiced_to(ws: Workspace, orders: Sequence[Trade]) -> dict[UUID, set[str]]:
    """To which accounts the invoices of each order ask to be paid."""
    wanted = select(TradeEntry.trade_id, TradeEntry.account).where(
        TradeEntry.trade_id.in_([one.trade_id for one in orders]),
        TradeEntry.lane == Lane.INVOICE,
        TradeEntry.account != "",
        TradeEntry.superseded_at.is_(None),
    )
    named: dict[UUID, set[str]] = defaultdict(set)
    for row in ws.session.execute(wanted):
        named[row.trade_id].add(row.account)
    return named


def _seller(order: Trade) -> Party:
    return Party(order.seller, order.seller_code)
