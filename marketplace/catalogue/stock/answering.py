"""A bank answers an offer of stock: an invitation to ask it for a loan. The loan itself is asked for as any other."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import text

from marketplace.catalogue.rules.stock import StockState, require_interest, require_words
from marketplace.catalogue.stock.events import InterestHeard, InterestShown
from marketplace.catalogue.stock.models import StockInterest
from marketplace.catalogue.stock.queries import find_own_offer, find_stock
from marketplace.money import Money
from tenants.errors import Conflict
from tenants.workspace import Workspace

OWE = text("select gate.owe_interest(:offer)")


def show_interest(
    ws: Workspace, offer_id: UUID, *, amount: Money, annual_rate: Decimal | None = None, words: str = ""
) -> StockInterest:
    """Tell the owner of stock up to how much one would look at lending, and at what rate if one can say so already. Again replaces what was said.

    Binds nobody. Refuses an offer that is over, no amount, and another currency.
    """
    ws.may("show_interest")
    listing = find_stock(ws, offer_id).listing
    if listing.status != StockState.OPEN or listing.closes_at <= ws.now:
        raise Conflict("stock_offer_over", "This stock is no longer offered.")
    require_interest(amount, annual_rate, listing.currency)
    said = require_words(words)
    row = ws.session.get(StockInterest, (ws.tenant_id, offer_id)) or StockInterest(tenant_id=ws.tenant_id, offer_id=offer_id)  # fmt: skip
    row.bank, row.currency, row.amount_minor = ws.member.organisation, amount.currency, amount.minor
    row.annual_rate, row.words, row.shown_at = annual_rate, said, ws.now
    ws.session.add(row)
    ws.session.flush()
    ws.session.execute(OWE, {"offer": offer_id})
    ws.record(InterestShown(offer_id=offer_id, title=listing.title, amount=amount), on=ws.tenant_id)
    return row


def hear_of_interest(ws: Workspace, offer_id: UUID, bank_id: UUID) -> None:
    """Tell the owner's people what a bank has answered, as it stands now."""
    offer = find_own_offer(ws, offer_id)
    row = ws.session.get_one(StockInterest, (bank_id, offer_id))
    ws.record(InterestHeard(offer_id=offer_id, title=offer.title, bank=row.bank, amount=row.amount), on=offer_id)
