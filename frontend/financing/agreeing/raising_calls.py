"""The call that tells a firm what its stock could raise."""

from uuid import UUID

from frontend.api import MoneyShape, QuantityShape, Ratio, Shape
from frontend.financing.blueprint import api
from frontend.language import translate
from frontend.pledges.api import shape
from frontend.valuation.api import money_shape
from marketplace.financing.agreeing.raising import BankView, raising
from marketplace.financing.rules.raising import Raised
from marketplace.inventory.models import Lot
from marketplace.quantity import Quantity
from tenants.workspace import Workspace


class RaisedView(Shape):
    """One lot at a bank's published terms: its advance, or in words why it raises nothing. Shares of one."""

    lot_id: UUID
    number: str
    free: QuantityShape
    eligible: bool
    reason: str
    value: MoneyShape | None
    haircut: Ratio | None
    share: Ratio | None
    advance: MoneyShape | None


class RaisableView(Shape):
    """What free stock could raise with one bank at its published terms and last prices: an idea, not an offer."""

    bank_id: UUID
    amount: MoneyShape
    lots: list[RaisedView]


class Raisable(Shape):
    """The banks that published terms, the most first."""

    items: list[RaisableView]


@api.look("/raisable", gives=Raisable)
def list_raisable(ws: Workspace) -> Raisable:
    """What the caller's stock could raise, lot by lot, with each bank."""
    ws.may("request_financing")
    return Raisable(items=[_bank(one) for one in raising(ws).banks])


def _bank(view: BankView) -> RaisableView:
    lots = [_lot(lot, one) for lot, one in view.lots]
    return RaisableView(bank_id=view.bank_id, amount=money_shape(view.total), lots=lots)


def _lot(lot: Lot, one: Raised) -> RaisedView:
    return RaisedView(
        lot_id=lot.id,
        number=lot.number,
        free=shape(Quantity(lot.free_qty, lot.unit)),
        eligible=not one.reason,
        reason=translate(one.reason) if one.reason else "",
        value=money_shape(one.value) if one.value else None,
        haircut=one.haircut,
        share=one.share,
        advance=money_shape(one.advance) if one.advance else None,
    )
