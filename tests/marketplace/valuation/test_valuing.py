"""Goods of many deals valued together: each deal has what it would have alone, whatever lies beside it."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from marketplace.inventory.models import Lot
from marketplace.reliance.queries import grades_of
from marketplace.supervision import actions as supervision
from marketplace.valuation.actions import propose_lending_terms, revalue
from marketplace.valuation.finding import Asked
from marketplace.valuation.models import DealValuation, ValuationLine
from marketplace.valuation.rules.base import ALARMED, MISSING, UNWATCHED
from marketplace.valuation.valuing import pledged_under, revalue_all
from tenants.errors import Refused, Unavailable
from tenants.workspace import Workspace
from tests.factories import World
from tests.marketplace.financing.makers import TERMS, ADeal, a_drawable_deal, a_request, decided
from tests.marketplace.pledges.makers import the_parties
from tests.marketplace.supervision.makers import a_watching_device, say, values, weights

KEPT = (
    "lot_id", "pledged_qty", "measured_qty", "quantity", "price", "condition", "haircut", "evidence_grade", "evidence_points", "doubt_minor",
    "pledged_value_minor", "barred", "market_value_minor", "collateral_value_minor", "reasons",
)  # fmt: skip


def a_book(world: World) -> list[ADeal]:
    """Three deals of a bank: goods short on the scale, in the heat and unwatched in the first, a warm lot in the second, an unwatched one in the third."""
    parties = the_parties(world)
    asked = [a_request(world, parties=parties, amount="100000.00", lots=lots) for lots in (3, 2, 1)]
    first, second, third = (
        a_drawable_deal(world, deal=deal, limit="100000.00", devices_required=True) for deal in asked
    )
    scale = a_watching_device(parties.supervisor, first.lots[0].id)
    warm = [a_watching_device(parties.supervisor, lot.id, kind="climate") for lot in (first.lots[1], second.lots[1])]
    start = world.now
    world.advance(timedelta(hours=20))
    minutes = timedelta(minutes=1)
    say(world, scale, weights(start, [90_000] * 1150, every=minutes))
    for device, degrees, deal in zip(warm, (48, 61), (first, second), strict=True):
        with parties.supervisor.operator.ws() as ws:
            supervision.set_climate(ws, deal.lots[1].id, metric="temperature", low=None, high=Decimal(40))
        say(world, device, values("temperature", "Cel", start, [degrees] * 1190, every=minutes))
    lend_by_heat(first)
    world.work()
    return [first, second, third]


def lend_by_heat(deal: ADeal) -> None:
    """The bank publishes what a degree-hour costs."""
    lines = {name: TERMS[name] for name in ("haircut", "ltv_initial", "ltv_warn", "ltv_call", "ltv_liquidation")}
    with deal.bank.operator.ws() as ws:
        proposal = propose_lending_terms(ws, code="CU", loss_per_degree_hour=Decimal("0.0007"), **lines)
    decided(deal.bank, proposal)


def figures(value: DealValuation | Refused) -> object:
    """All that a valuation says, without its own name."""
    if isinstance(value, Refused):
        return value.code, value.facts
    lines = [[getattr(line, name) for name in KEPT] for line in value.lines]
    return value.market_value_minor, value.collateral_value_minor, value.base_minor, value.base_terms, lines


def alone(ws: Workspace, asked: Asked) -> DealValuation | Refused:
    """One deal valued by itself."""
    try:
        return revalue(ws, asked.deal_id, asked.goods, cause="request", currency=asked.currency)
    except Unavailable as refused:
        return refused


def test_each_of_many_deals_has_the_figures_that_it_would_have_alone(world: World) -> None:
    deals = a_book(world)
    ids: list[UUID] = [deal.deal_id for deal in deals]
    with deals[0].bank.operator.ws() as ws:
        goods = pledged_under(ws, ids)
        asked = [Asked(one, goods[one]) for one in ids]
        asked[2] = Asked(ids[2], goods[ids[2]], currency="USD")
        together, turned = revalue_all(ws, asked, cause="day"), revalue_all(ws, asked[::-1], cause="day")
        singly = {one.deal_id: alone(ws, one) for one in asked}
        for deal_id in ids:
            assert figures(together[deal_id]) == figures(turned[deal_id]) == figures(singly[deal_id])
        first, second, third = (together[one] for one in ids)
        assert isinstance(first, DealValuation)
        assert isinstance(second, DealValuation)
        assert isinstance(third, Refused)
        assert third.code == "price_currency"
        short, hot, unwatched = (line_of(first, lot) for lot in deals[0].lots)
        cold, hotter = (line_of(second, lot) for lot in deals[1].lots)
        assert (short.measured_qty, MISSING in short.reasons) == (Decimal("90.000"), True)
        assert [line.barred for line in (short, hot, unwatched, cold, hotter)] == [
            ALARMED,
            "",
            UNWATCHED,
            UNWATCHED,
            "",
        ]
        # 1,190 minutes at 8 and at 21 degrees too much, each degree-hour at 0.07 per cent.
        assert [line.condition for line in (short, hot, unwatched, cold, hotter)] == [1, Decimal("0.88893331"), 1, 1, Decimal("0.70845")]  # fmt: skip
        assert [line.evidence_grade for line in (hot, unwatched, cold, hotter)] == ["C", "E", "E", "C"]
        assert all(grades_of(ws, lot.id) for deal in deals for lot in deal.lots)


def line_of(value: DealValuation, lot: Lot) -> ValuationLine:
    """A lot's line."""
    return next(line for line in value.lines if line.lot_id == lot.id)
