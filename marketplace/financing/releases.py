"""What a loan says to a release of its goods: what stays must carry it, by a valuation of this moment (invariants 20 and 21)."""

from uuid import UUID

from sqlalchemy import select

from marketplace.exact import exact
from marketplace.financing.models.deals import Deal
from marketplace.financing.queries import agreed_terms, open_call, position
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.terms import IN_TROUBLE, OWING
from marketplace.money import Money
from marketplace.pledges.actions import guards_release
from marketplace.pledges.rules.release import Cover, require_releasable
from marketplace.quantity import Quantity
from marketplace.valuation.actions import revalue
from marketplace.valuation.models import DealValuation
from marketplace.valuation.valuing import pledged_goods
from tenants.errors import Conflict
from tenants.workspace import Workspace


@guards_release
def require_cover(ws: Workspace, deal_id: UUID, lot_id: UUID, quantity: Quantity) -> None:
    """Refuse a release while a call stands or default is declared, where the goods cannot be valued now, and where the rest would not carry the loan.

    A loan of nothing lets everything go. A room without a deal carries no loan.
    """
    deal = ws.session.scalars(select(Deal).where(Deal.deal_id == deal_id)).one_or_none()
    if deal is None or DealState(deal.status) not in OWING:
        return
    if DealState(deal.status) in IN_TROUBLE:
        raise Conflict("deal_in_default", "The goods of a deal in default go to disposal only.")
    standing = position(ws, deal_id)
    debt = standing.outstanding + standing.committed
    if not debt:
        return
    if open_call(ws, deal_id) is not None:
        raise Conflict("call_stands", "A margin call stands on this deal already.")
    value = revalue(ws, deal_id, pledged_goods(ws, deal_id), cause="release", currency=deal.currency)
    cover = Cover(debt, value.market_value, agreed_terms(ws, deal).ltv_initial)
    require_releasable(cover, value_of(value, lot_id, quantity))


def value_of(value: DealValuation, lot_id: UUID, quantity: Quantity) -> Money:
    """What a part of a lot contributes to a valuation, rounded up: what leaves is never thought smaller than it is."""
    line = next((one for one in value.lines if one.lot_id == lot_id), None)
    if line is None or not line.quantity:
        return Money.zero(value.currency)
    share = min(exact(1), quantity.exact / exact(line.quantity))
    return Money(-int(-line.market_value_minor * share // 1), value.currency)
