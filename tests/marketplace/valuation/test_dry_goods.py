"""Goods that are priced by dry weight: what is water carries nothing (E22), and what nobody has certified counts at its worst."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.financing.releases import value_of
from marketplace.quantity import Quantity
from marketplace.valuation.actions import propose_lending_terms
from marketplace.valuation.finding import Asked
from marketplace.valuation.models import DealValuation
from marketplace.valuation.repricing import quote_of
from marketplace.valuation.rules.moisture import DAMP, UNDRIED
from marketplace.valuation.rules.prices import UnitPrice
from marketplace.valuation.valuing import revalue_all
from tenants import rooms
from tests.factories import World
from tests.marketplace.financing.makers import TERMS, decided, yuan
from tests.marketplace.inventory.makers import a_product
from tests.marketplace.pledges.makers import Parties, a_deal_room, the_parties
from tests.marketplace.valuation.makers import a_price

CERTIFIED = {"moisture": Decimal("0.082"), "moisture_certificate": "CCIC-2026-88"}


def ore(parties: Parties, **found: Any) -> Any:
    """Ten thousand wet tonnes, inspected so."""
    product = a_product(parties.world, parties.sme, name="Iron ore", price_code="ORE", by_dry_weight=True)
    return parties.a_lot("10000.000", product=product, found=found)


def lent_on(parties: Parties, worst: str | None) -> None:
    """The bank publishes its terms for ore."""
    lines = {name: TERMS[name] for name in ("haircut", "ltv_initial", "ltv_warn", "ltv_call", "ltv_liquidation")}
    with parties.bank.operator.ws() as ws:
        proposal = propose_lending_terms(ws, code="ORE", moisture_worst=Decimal(worst) if worst else None, **lines)
    decided(parties.bank, proposal)


def valued(parties: Parties, lot: Any) -> DealValuation:
    """What the bank makes of the whole lot in a deal."""
    deal_id = a_deal_room(parties)
    with parties.sme.operator.ws() as ws:
        rooms.share(ws, lot.id, to=parties.bank.tenant_id, role="bank")
    with parties.bank.operator.ws() as ws:
        found = revalue_all(ws, [Asked(deal_id, [(lot.id, Quantity.of("10000", "TNE"))])], cause="request")[deal_id]
    assert isinstance(found, DealValuation)
    return found


def test_ore_is_worth_its_dry_tonnes(world: World) -> None:
    parties = the_parties(world)
    lot = ore(parties, **CERTIFIED)
    a_price(world, parties.bank, "753.9", code="ORE")
    value = valued(parties, lot)
    [line] = value.lines
    assert (line.counted, line.dry, line.moisture) == (
        Quantity.of("10000", "TNE"),
        Quantity.of("9180", "TNE"),
        lot.moisture,
    )
    assert (value.market_value, line.reasons, line.barred) == (yuan("6920802.00"), [], "")
    assert value_of(value, lot.id, Quantity.of("5000", "TNE")) == yuan("3460401.00"), "half of what lies there"


def test_e22_ore_priced_in_dollars_values_a_loan_in_yuan(world: World) -> None:
    parties = the_parties(world)
    lot = ore(parties, **CERTIFIED)
    a_price(world, parties.bank, "105", code="ORE", currency="USD")
    a_price(world, parties.bank, "7.18", code="FX-USD-CNY", unit="C62")
    value = valued(parties, lot)
    [line] = value.lines
    assert (line.dry, value.market_value) == (Quantity.of("9180", "TNE"), yuan("6920802.00"))
    assert (line.price, line.rate, line.rate_of) == (Decimal("753.9"), Decimal("7.18"), "USD")
    kept = quote_of(value.prices["ORE"], "CNY").price
    assert kept == UnitPrice(Decimal("753.9"), "CNY", "TNE")


def test_unknown_moisture_is_the_worst_case_or_carries_nothing(world: World) -> None:
    parties = the_parties(world)
    lot = ore(parties)
    a_price(world, parties.bank, "100", code="ORE")
    blank = valued(parties, lot)
    assert (blank.market_value, blank.lines[0].barred, blank.base_minor) == (yuan("0.00"), UNDRIED, 0)
    assert blank.lines[0].pledged_value == yuan("1000000.00")
    lent_on(parties, "0.15")
    worst = valued(parties, lot)
    assert (worst.market_value, worst.lines[0].reasons, worst.lines[0].barred) == (yuan("850000.00"), [DAMP], "")


@pytest.mark.parametrize("hand", ["sme", "warehouse", "supervisor"])
def test_nobody_dries_verified_goods_with_a_pen(world: World, hand: str) -> None:
    parties = the_parties(world)
    lot = ore(parties, **CERTIFIED)
    drier = text("update house.lot set moisture = 0 where id = :lot")
    with pytest.raises(DBAPIError, match="how wet goods are"), getattr(parties, hand).operator.ws() as ws:
        ws.session.execute(drier, {"lot": lot.id})
