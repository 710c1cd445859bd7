"""Valuing the goods of deals: each lot's q · p · g · k and haircut, from what is on record now, kept as evidence.

There is one way to value goods: those of many deals together. A deal by itself is the least of such sets, so a whole book marked to market after a
change of price has the very figures that each of its deals would have alone.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm.attributes import set_committed_value

from marketplace.exact import half_up
from marketplace.inventory.models import Lot
from marketplace.money import total
from marketplace.pledges.models import Pledge
from marketplace.pledges.ranks.queries import deals_behind
from marketplace.quantity import Quantity
from marketplace.reliance.actions import keep_grades
from marketplace.valuation.base import base_of, snapshot
from marketplace.valuation.behind import leave_ahead
from marketplace.valuation.events import DealValued
from marketplace.valuation.finding import Asked, Found, Holding, Records
from marketplace.valuation.models import DealValuation, ValuationBasis, ValuationLine
from marketplace.valuation.queries import basis_of
from marketplace.valuation.repricing import kept
from marketplace.valuation.rules.wear import CONDITION_PLACES
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, Refused, word
from tenants.workspace import Workspace

IN_FORCE = frozenset({"ACTIVE", "IMPAIRED", "ENFORCING"})
KEEP_LINES = text(
    "insert into house.valuation_line select * from json_populate_recordset(null::house.valuation_line, cast(:lines as json))"
)


def value_deal(ws: Workspace, deal_id: UUID) -> DealValuation:
    """Value the goods that are pledged under a deal, as its bank. Refuses where a price is missing or stale, and where nothing is pledged."""
    ws.may("revalue")
    goods = pledged_goods(ws, deal_id)
    if not goods:
        rooms.require(ws, deal_id)
        raise Conflict("nothing_pledged", "No goods are pledged under this deal.")
    return revalue(ws, deal_id, goods, cause="request")


def set_basis(ws: Workspace, deal_id: UUID, *, haircut: Decimal, devices_required: bool) -> ValuationBasis:
    """How the deal's goods are valued from now on: part of its bank's offer, which asked for the permission."""
    if not 0 <= haircut <= 1:
        raise Invalid(
            "share_out_of_range", "The %(name)s is a share between 0 and 1.", field="haircut", name=word("haircut")
        )
    basis = basis_of(ws, deal_id) or ValuationBasis(deal_id=deal_id, tenant_id=ws.tenant_id)
    basis.haircut, basis.devices_required, basis.set_at = haircut, devices_required, ws.now
    ws.session.add(basis)
    ws.session.flush()
    return basis


def pledged_goods(ws: Workspace, deal_id: UUID) -> list[Holding]:
    """Lots and quantities under a pledge in force, lots in the order of their ids."""
    return pledged_under(ws, [deal_id])[deal_id]


def pledged_under(ws: Workspace, deal_ids: Sequence[UUID]) -> dict[UUID, list[Holding]]:
    """The same of many deals."""
    wanted = (
        select(Pledge.deal_id, Pledge.lot_id, Pledge.unit, func.sum(Pledge.quantity))
        .where(Pledge.deal_id.in_(deal_ids), Pledge.status.in_(IN_FORCE))
        .group_by(Pledge.deal_id, Pledge.lot_id, Pledge.unit)
        .order_by(Pledge.lot_id)
    )
    found: dict[UUID, list[Holding]] = {deal_id: [] for deal_id in deal_ids}
    for deal_id, lot_id, unit, amount in ws.session.execute(wanted):
        found[deal_id].append((lot_id, Quantity(amount, unit)))
    return found


def revalue(
    ws: Workspace, deal_id: UUID, goods: Sequence[Holding], *, cause: str, currency: str = "CNY"
) -> DealValuation:
    """Value these goods for the deal, in an act that has asked for its own permission. Refuses where a price is missing or stale."""
    value = revalue_all(ws, [Asked(deal_id, goods, currency)], cause=cause)[deal_id]
    if isinstance(value, Refused):
        raise value
    return value


def revalue_all(ws: Workspace, asked: Sequence[Asked], *, cause: str) -> dict[UUID, DealValuation | Refused]:
    """Value the goods of many deals: each question about lots, deals and prices is asked once for all of them. A deal whose goods cannot be valued has its
    refusal in its place and holds up no other. Grades of evidence that have changed are written down on the way.
    """
    records = Records(ws, asked)
    keep_grades(ws, records.evidence)
    found = values_of(ws, asked, records, cause=cause)
    made = [one for one in found.values() if isinstance(one, DealValuation)]
    _keep(ws, made)
    ws.record_all([(_told(value), value.deal_id, [value.id]) for value in made])
    return found


def values_of(
    ws: Workspace, asked: Sequence[Asked], records: Records, *, cause: str
) -> dict[UUID, DealValuation | Refused]:
    """What the goods of each deal are worth by what `records` know of them. Nothing is written: what a valuation would come to may be asked by anybody
    who sees what it rests on.
    """
    found = {one.deal_id: _valued(ws, one, records, cause) for one in asked}
    made = [one for one in found.values() if isinstance(one, DealValuation)]
    second = deals_behind(ws, [value.deal_id for value in made])
    for value in made:
        if value.deal_id in second:
            leave_ahead(ws, value)
        add_up(value)
    return found


def _keep(ws: Workspace, values: Sequence[DealValuation]) -> None:
    """Write valuations down, the lines of all of them in one statement."""
    ws.session.add_all(values)
    ws.session.flush()
    names = ValuationLine.__table__.columns.keys()
    lines = [{name: getattr(line, name) for name in names} for value in values for line in value.lines]
    if lines:
        ws.session.execute(KEEP_LINES, {"lines": json.dumps(lines, default=str)})


def _valued(ws: Workspace, asked: Asked, records: Records, cause: str) -> DealValuation | Refused:
    """What the goods of one deal are worth as if nobody stood ahead of it, or why that cannot be said."""
    try:
        found = [records.find(asked, lot_id, quantity) for lot_id, quantity in asked.goods]
    except Refused as refused:
        return refused
    name = new_id()
    value = DealValuation(
        deal_id=asked.deal_id,
        id=name,
        tenant_id=ws.tenant_id,
        at=ws.now,
        goods_of=name,
        found_at=ws.now,
        prices={lot.price_code: kept(one.quote) for lot, one in found},
        currency=asked.currency,
        cause=cause,
        base_terms=snapshot(records.base_terms.get(asked.deal_id)),
    )
    # Lines are written by one statement and not by the session, which would send each of them by itself.
    set_committed_value(value, "lines", [line_of(value, number, *one) for number, one in enumerate(found, start=1)])
    return value


def add_up(valuation: DealValuation) -> None:
    """The sums of a valuation's lines, and the base that they carry by the terms of its day."""
    currency = valuation.currency
    valuation.market_value_minor = total((line.market_value for line in valuation.lines), currency).minor
    valuation.collateral_value_minor = total((line.collateral_value for line in valuation.lines), currency).minor
    valuation.base_minor = base_of(valuation).amount.minor


def _told(value: DealValuation) -> DealValued:
    return DealValued(
        valuation_id=value.id,
        market_value=value.market_value,
        collateral_value=value.collateral_value,
        cause=value.cause,
    )


def line_of(valuation: DealValuation, number: int, lot: Lot, found: Found) -> ValuationLine:
    """One lot in a valuation, with everything that made its value."""
    return ValuationLine(
        deal_id=valuation.deal_id,
        valuation_id=valuation.id,
        line=number,
        tenant_id=valuation.tenant_id,
        lot_id=lot.id,
        lot_number=lot.number,
        site_id=lot.site_id,
        product_name=lot.product_name,
        price_code=lot.price_code,
        unit=lot.unit,
        pledged_qty=found.pledged.amount,
        documented_qty=lot.documented_qty,
        verified_qty=lot.verified_qty or Decimal(0),
        measured_qty=found.measured_qty,
        quantity=found.counted.amount,
        moisture=found.wear.moisture or Decimal(0),
        price=found.quote.price.recorded,
        price_unit=found.quote.price.unit,
        rate=found.quote.rate.amount if found.quote.rate else None,
        rate_of=found.quote.rate.of if found.quote.rate else None,
        price_kind=found.quote.kind.value,
        quoted_on=found.quote.quoted_on,
        grade=found.grade,
        expires_on=found.expires_on,
        fades_from=found.fades_from,
        condition=half_up(found.wear.condition, CONDITION_PLACES),
        haircut=found.cut.whole,
        plain_haircut=found.cut.plain,
        evidence_grade=found.evidence.grade.value,
        evidence_points=found.cut.points,
        doubt_minor=found.doubt.minor,
        pledged_value_minor=found.pledged_value.minor,
        ahead_minor=0,
        barred=found.barred,
        market_value_minor=found.worth.market_value.minor,
        collateral_value_minor=found.worth.collateral_value.minor,
        currency=valuation.currency,
        reasons=found.reasons,
    )
