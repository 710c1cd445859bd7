"""The cure calculator of a margin call: what cash and goods that are only thought of would come to. Read from the address, so that a thought can be shared."""

from typing import Annotated, Any
from uuid import UUID

from flask import request
from pydantic import Field

from frontend import entered
from frontend.api import MoneyShape, QuantityShape, Ratio, Shape
from frontend.financing.blueprint import api
from frontend.financing.choosing import choices, chosen
from frontend.language import translate
from frontend.pledges.api import shape
from frontend.valuation.api import money_shape
from marketplace.exact import exact
from marketplace.financing import queries
from marketplace.financing.margin.curing import try_out
from marketplace.financing.models.deals import Deal
from marketplace.financing.rules.terms import Position, quantity_worth
from marketplace.inventory.queries import find_lot
from marketplace.money import Money
from marketplace.quantity import Quantity
from marketplace.valuation.models import DealValuation, ValuationLine
from tenants.errors import Invalid, Refused
from tenants.workspace import Workspace

LOT = r"[0-9a-fA-F-]{36}:\d{1,15}(\.\d{1,3})?"


class CureQuery(Shape):
    """What is thought of: cash in the deal's currency, and free lots of one's own as `lot:quantity`, several between commas, in the lots' units."""

    cash: Annotated[str, Field(pattern=r"^\d{1,16}(\.\d{1,4})?$")] = "0"
    goods: Annotated[str, Field(max_length=4000, pattern=rf"^({LOT}(,{LOT})*)?$")] = ""


class TriedLot(Shape):
    """One lot that was thought of; `advance_rate` is one less its haircut, `reason` says in words why it carries nothing."""

    lot_id: UUID
    number: str
    quantity: QuantityShape
    price: Ratio
    market_value: MoneyShape
    advance_rate: Ratio
    carries: MoneyShape
    reason: str


class CureView(Shape):
    """The loan afterwards: what is owed, what the goods are worth and carry, where that lies, and what would still be missing in cash or in goods."""

    outstanding: MoneyShape
    market_value: MoneyShape
    carries: MoneyShape | None
    ltv: Ratio | None
    zone: str
    cured: bool
    missing_cash: MoneyShape
    missing_goods: MoneyShape
    lots: list[TriedLot]


@api.look("/deals/<uuid:deal_id>/cure", takes=CureQuery, gives=CureView)
def try_cure(ws: Workspace, deal_id: UUID, body: CureQuery) -> CureView:
    """What cash and free lots would do to a deal's loan-to-value; nothing is sent."""
    deal = queries.find_deal(ws, deal_id)
    goods = [_named(ws, *one.split(":")) for one in body.goods.split(",") if one]
    trial = try_out(ws, deal_id, cash=Money.of(body.cash, deal.currency), goods=goods)
    tried = trial.tried
    return CureView(
        outstanding=money_shape(tried.outstanding),
        market_value=money_shape(tried.market_value),
        carries=money_shape(tried.carries) if tried.carries is not None else None,
        ltv=tried.ltv,
        zone=tried.zone,
        cured=tried.cured,
        missing_cash=money_shape(tried.missing.cash),
        missing_goods=money_shape(tried.missing.goods),
        lots=[_lot(line) for line in trial.lots],
    )


def calculator(ws: Workspace, deal: Deal, standing: Position, value: DealValuation | None) -> dict[str, Any]:
    """What the page of a call shows of it: its borrower chooses among its own free lots, its bank thinks of goods like those that it holds."""
    line = value.lines[0] if value and value.lines else None
    worth = exact(line.price) * line.factor if line else None
    needed = quantity_worth(standing.cure.goods, worth) if standing.cure and worth else None
    offered = choices(ws) if deal.borrower_id == ws.tenant_id and deal.closed_at is None else []
    shown: dict[str, Any] = {"line": line, "needed": needed, "trial": None, "thought": request.args, "fault": None, "choices": offered}  # fmt: skip
    try:
        goods, _ = chosen(request.args, offered)
        cash = entered.money_or_none("cash", deal.currency, of=request.args)
        like = _like(line, worth, deal.currency) if line and entered.text("goods", of=request.args) else None
        if cash or like or goods:
            shown["trial"] = try_out(ws, deal.deal_id, cash=cash, goods=goods, like=like)
    except Refused as refused:
        shown["fault"] = refused
    return shown


def _like(line: ValuationLine, worth: Any, currency: str) -> Money:
    """Goods like those of a line, worth what they are."""
    added = Quantity.of(entered.text("goods", of=request.args), line.unit)
    return Money.rounded(added.exact_in(line.price_unit) * worth, currency)


def _named(ws: Workspace, lot_id: str, amount: str) -> tuple[UUID, Quantity]:
    try:
        found = find_lot(ws, UUID(lot_id))
    except ValueError as wrong:
        raise Invalid("choice_missing", "Choose one from the list.", field="goods") from wrong
    return found.id, Quantity.of(amount, found.unit)


def _lot(line: ValuationLine) -> TriedLot:
    return TriedLot(
        lot_id=line.lot_id,
        number=line.lot_number,
        quantity=shape(line.counted),
        price=line.price,
        market_value=money_shape(line.market_value),
        advance_rate=1 - line.haircut,
        carries=money_shape(line.collateral_value),
        reason=translate(line.barred) if line.barred else "",
    )
