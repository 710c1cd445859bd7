"""What if, for programs: a deal under one supposition beside how it is."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, Field

from frontend.api import Api, Moment, MoneyShape, QuantityShape, Ratio, Shape
from frontend.language import translate
from frontend.pledges.api import shape
from frontend.problems import reason
from frontend.valuation.api import money_shape
from marketplace.money import Money
from marketplace.twin.supposing.comparing import Outcome, what_if
from marketplace.twin.supposing.rules import Supposition
from marketplace.valuation.models import ValuationLine
from tenants.workspace import Workspace

api = Api("what_if")
Figure = Annotated[Decimal, Field(max_digits=12, decimal_places=6)]


class SuppositionQuery(Shape):
    """What is supposed, all at once. `price`: by what share all prices have moved (-0.10: a tenth less). `missing`: what share of the goods a count has found
    gone. `heat`: degree-hours over the limit on top. `days`: that pass without an inspection. `silent_hours`: how long all devices have been silent.
    `lot_id`: the one lot of which it is supposed, but for the price.
    """

    price: Figure = Decimal(0)
    missing: Figure = Decimal(0)
    heat: Figure = Decimal(0)
    days: Annotated[int, Field(ge=0, le=3650), BeforeValidator(int)] = 0
    silent_hours: Figure = Decimal(0)
    frozen: bool = False
    alarmed: bool = False
    lot_id: UUID | None = None


class SupposedLot(Shape):
    """One lot as it would be valued; `barred`: why it would carry nothing, if so."""

    lot_id: UUID
    lot_number: str
    counted: QuantityShape
    market_value: MoneyShape
    carries: MoneyShape
    evidence_grade: str
    barred: str
    reasons: list[str]


class OutcomeView(Shape):
    """The deal if it were so; figures of goods are none where they could not be valued, and `refused` says why. `follows`: what the next review would do
    (none, open, liquidate, cure). `at_risk`: of the value, in ten business days, one chance in twenty.
    """

    refused: str | None
    market_value: MoneyShape | None
    borrowing_base: MoneyShape | None
    available: MoneyShape | None
    outstanding: MoneyShape
    ltv: Ratio | None
    zone: str | None
    cash_to_cure: MoneyShape | None
    goods_to_cure: MoneyShape | None
    follows: str
    at_risk: MoneyShape | None
    lots: list[SupposedLot]


class WhatIfView(Shape):
    """A deal as it is and as it would be, both worked out at this moment."""

    deal_id: UUID
    at: Moment
    now: OutcomeView
    supposed: OutcomeView


@api.look("/deals/<uuid:deal_id>/what-if", takes=SuppositionQuery, gives=WhatIfView)
def show_what_if(ws: Workspace, deal_id: UUID, body: SuppositionQuery) -> WhatIfView:
    """What would follow for a deal if something were so; nothing is changed."""
    found = what_if(ws, deal_id, [Supposition(**body.model_dump())])
    return WhatIfView(deal_id=deal_id, at=ws.now, now=_view(found.now), supposed=_view(found.supposed[0]))


def _view(one: Outcome) -> OutcomeView:
    value, standing = one.value, one.position
    return OutcomeView(
        refused=reason(one.refused) if one.refused else None,
        market_value=money_shape(value.market_value) if value else None,
        borrowing_base=money_shape(value.carries) if value else None,
        available=money_shape(standing.available) if value else None,
        outstanding=money_shape(standing.outstanding),
        ltv=standing.ltv,
        zone=standing.zone.value if standing.zone else None,
        cash_to_cure=money_shape(standing.cure.cash) if standing.cure else None,
        goods_to_cure=money_shape(standing.cure.goods) if standing.cure else None,
        follows=one.follows,
        at_risk=money_shape(one.at_risk) if one.at_risk else None,
        lots=[_lot(line) for line in value.lines] if value else [],
    )


def _lot(line: ValuationLine) -> SupposedLot:
    return SupposedLot(
        lot_id=line.lot_id,
        lot_number=line.lot_number,
        counted=shape(line.counted),
        market_value=money_shape(line.market_value),
        carries=money_shape(Money.zero(line.currency) if line.barred else line.collateral_value),
        evidence_grade=line.evidence_grade,
        barred=translate(line.barred) if line.barred else "",
        reasons=[translate(why) for why in line.reasons],
    )
