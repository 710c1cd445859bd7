"""What a loan says to a release of its goods: what stays must carry it, by a valuation of this moment (invariants 20 and 21)."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from marketplace.exact import exact
from marketplace.financing.models.deals import Deal
from marketplace.financing.queries import agreed_terms, open_call, position
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.margin import rounded_up
from marketplace.financing.rules.terms import IN_TROUBLE, OWING
from marketplace.money import Money
from marketplace.pledges.actions import guards_release
from marketplace.pledges.rules.release import Cover, largest_release, require_releasable
from marketplace.quantity import Quantity
from marketplace.valuation.actions import revalue
from marketplace.valuation.models import DealValuation, ValuationLine
from marketplace.valuation.queries import latest_valuation
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


def largest_releases(ws: Workspace, deal_id: UUID) -> dict[UUID, Quantity]:
    """Of each lot that carries the loan, the most that may go alone without breaking the cover, by the last valuation; nothing while a call stands or default
    is declared. Empty where the loan holds nothing back: none, none drawn, or no valuation. A hint and no promise: who orders a release has the goods valued anew.
    """
    deal = ws.session.scalars(select(Deal).where(Deal.deal_id == deal_id)).one_or_none()
    value = latest_valuation(ws, deal_id)
    if deal is None or value is None or DealState(deal.status) not in OWING:
        return {}
    standing = position(ws, deal_id)
    debt = standing.outstanding + standing.committed
    if not debt:
        return {}
    cover = Cover(debt, value.market_value, agreed_terms(ws, deal).ltv_initial)
    cover = replace(cover, control_floor=rounded_up(cover.required, value.currency))  # to whole fen, as what leaves is
    held_back = DealState(deal.status) in IN_TROUBLE or open_call(ws, deal_id) is not None
    return {one.lot_id: Quantity.zero(one.unit) if held_back else _most_of(cover, one) for one in value.lines}


def _most_of(cover: Cover, line: ValuationLine) -> Quantity:
    """The most of one lot: its value for a unit is rounded up, and more than there is never goes."""
    there = Quantity(line.quantity, line.unit)
    if not there:
        return there
    unit_value = rounded_up(line.market_value.exact / there.exact, cover.outstanding.currency)
    return min(largest_release(cover, unit_value, line.unit), there) if unit_value else there


def value_of(value: DealValuation, lot_id: UUID, quantity: Quantity) -> Money:
    """What a part of a lot contributes to a valuation, rounded up: what leaves is never thought smaller than it is."""
    line = next((one for one in value.lines if one.lot_id == lot_id), None)
    if line is None or not line.quantity:
        return Money.zero(value.currency)
    share = min(exact(1), quantity.exact / exact(line.quantity))
    return Money(-int(-line.market_value_minor * share // 1), value.currency)
