"""The cure of a margin call worked out before anything is done: cash, goods or both, by the rules that will judge it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from marketplace.financing.queries import position
from marketplace.financing.rules.terms import Tried, try_cure
from marketplace.inventory.queries import find_lot
from marketplace.money import Money
from marketplace.quantity import Quantity
from marketplace.valuation.foreseeing import foresee
from marketplace.valuation.models import ValuationLine
from marketplace.valuation.queries import latest_valuation
from tenants.errors import Conflict, Invalid, NotFound
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Trial:
    """What the loan would come to, and each lot that was thought of with what makes its worth."""

    tried: Tried
    lots: tuple[ValuationLine, ...]


def try_out(
    ws: Workspace, deal_id: UUID, *, cash: Money | None = None, goods: Sequence[tuple[UUID, Quantity]] = (), like: Money | None = None
) -> Trial:  # fmt: skip
    """The deal after `cash` is paid and free lots of one's own are pledged; `like`: and goods worth so much, whatever they are. Nothing is written down.

    Refuses amounts below nothing, more of a lot than is free, another firm's lot, and a deal whose goods were never valued.
    """
    standing, last = position(ws, deal_id), latest_valuation(ws, deal_id)
    if last is None:
        raise Conflict("valuation_missing", "The goods have not been valued yet.")
    nothing = Money.zero(last.currency)
    for field, amount in (("cash", cash), ("goods", like)):
        if amount and amount.minor < 0:
            raise Invalid("amount_negative", "An amount is not negative.", field=field)
    for lot_id, quantity in goods:
        _require_free(ws, lot_id, quantity)
    seen = foresee(ws, last, goods)
    tried = try_cure(standing, cash or nothing, seen.market_value + (like or nothing), None if like else seen.carries)
    if tried is None:
        raise Conflict("valuation_missing", "The goods have not been valued yet.")
    return Trial(tried, tuple(seen.lines[len(last.lines) :]))


def _require_free(ws: Workspace, lot_id: UUID, quantity: Quantity) -> None:
    lot = find_lot(ws, lot_id)
    if lot.tenant_id != ws.tenant_id:
        raise NotFound("lot_unknown", "There is no such lot.")
    if quantity.unit != lot.unit or not 0 < quantity.amount <= lot.free_qty:
        raise Conflict("more_than_free", "Of lot %(number)s %(free)s are free.", field=f"lot-{lot_id}", number=lot.number, free=Quantity(lot.free_qty, lot.unit))  # fmt: skip
