"""A firm learns what its stock can raise, and puts up the very items that it chose."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from marketplace.financing import actions
from marketplace.financing.agreeing.raising import raising
from marketplace.financing.queries import goods_of
from marketplace.financing.rules.raising import NO_TERMS, NOT_FREE, NOT_VERIFIED, NOT_WEIGHED
from marketplace.inventory.actions import freeze_lot, report_loss
from marketplace.pledges.queries import pledges_of_deal
from marketplace.quantity import Quantity
from marketplace.valuation.actions import propose_lending_terms
from marketplace.valuation.rules.base import FROZEN
from tenants.errors import Conflict, Invalid
from tests.factories import Firm, World
from tests.marketplace.financing.makers import ADeal, an_offer, decided, yuan
from tests.marketplace.inventory.makers import a_declared_lot, a_product, a_received_lot
from tests.marketplace.inventory.test_items import a_verified_coil_lot, coils
from tests.marketplace.pledges.makers import Parties, an_offered_pledge, the_parties
from tests.marketplace.valuation.makers import a_price


def publish(bank: Firm, haircut: str = "0.30") -> None:
    """The bank publishes what it lends on copper, whether devices watch it or not."""
    lines = {"ltv_initial": "0.65", "ltv_warn": "0.70", "ltv_call": "0.75", "ltv_liquidation": "0.85"}
    with bank.operator.ws() as ws:
        shares = {name: Decimal(line) for name, line in lines.items()}
        proposal = propose_lending_terms(ws, code="CU", haircut=Decimal(haircut), devices_required=False, **shares)
    decided(bank, proposal)


def told(parties: Parties, bank: Firm) -> tuple[str, dict[str, str]]:
    """What this bank would lend, and each lot's reason for nothing."""
    with parties.sme.operator.ws(read_only=True) as ws:
        view = next(one for one in raising(ws).banks if one.bank_id == bank.tenant_id)
        return str(view.total), {lot.number: one.reason for lot, one in view.lots}


def test_each_lot_counts_or_says_why(world: World) -> None:
    parties = the_parties(world)
    keepers = (parties.sme, parties.warehouse, parties.supervisor)
    a_price(world, parties.bank, "20000")
    publish(parties.bank)
    good, frozen, held, burnt, wet = (parties.a_lot("10.000") for _ in range(5))
    zinc = parties.a_lot("10.000", product=a_product(world, parties.sme, name="Zinc", price_code="ZN"))
    declared, received = a_declared_lot(world, *keepers), a_received_lot(world, *keepers)
    with parties.supervisor.operator.ws() as ws:
        freeze_lot(ws, frozen.id, reason="seal broken")
        report_loss(ws, burnt.id, damaged=False, because="a fire")
        report_loss(ws, wet.id, damaged=True, because="a flood")
    an_offered_pledge(parties, held, "10.000")
    total, reasons = told(parties, parties.bank)
    assert total == "CNY 130000.00"
    expected = {good: "", frozen: FROZEN, held: NOT_FREE, zinc: NO_TERMS, declared: NOT_WEIGHED, received: NOT_VERIFIED}
    assert reasons == {lot.number: reason for lot, reason in expected.items()}


def test_banks_that_lend_more_come_first_and_nobody_sees_another_firms_stock(world: World) -> None:
    parties, dear = the_parties(world), world.firm("BANK")
    parties.a_lot("10.000")
    for bank, haircut in ((dear, "0.50"), (parties.bank, "0.30")):
        a_price(world, bank, "20000")
        publish(bank, haircut)
    with parties.sme.operator.ws(read_only=True) as ws:
        mine = [one for one in raising(ws).banks if one.bank_id in (dear.tenant_id, parties.bank.tenant_id)]
    assert [(one.bank_id, str(one.total)) for one in mine] == [(parties.bank.tenant_id, "CNY 130000.00"), (dear.tenant_id, "CNY 100000.00")]  # fmt: skip
    with world.firm("SME").operator.ws(read_only=True) as ws:
        assert raising(ws).lots == ()


def ask(parties: Parties, lot_id: UUID, tonnes: str, items: list[UUID] | None) -> ADeal:
    """A request on a lot of coils."""
    with parties.sme.operator.ws() as ws:
        goods: list[Any] = [(lot_id, Quantity.of(tonnes, "TNE"))]
        chosen = None if items is None else {lot_id: items}
        deal = actions.request_financing(ws, bank_id=parties.bank.tenant_id, amount=yuan("100000.00"), tenor_days=90, purpose="Coils", goods=goods, items=chosen)  # fmt: skip
    return ADeal(parties, deal.deal_id, [])


def test_the_items_that_were_chosen_are_the_ones_pledged(world: World) -> None:
    parties = the_parties(world)
    a_price(world, parties.bank, "20000")
    lot, _ = a_verified_coil_lot(parties)
    known = coils(parties, lot)
    wanted = [known["C-2"].id, known["C-4"].id]
    deal = an_offer(world, deal=ask(parties, lot.id, "60", wanted), limit="100000.00")
    with parties.bank.operator.ws(read_only=True) as ws:
        assert goods_of(ws, deal.deal_id)[0].chosen == wanted
    with parties.sme.operator.ws() as ws:
        actions.accept_offer(ws, deal.deal_id)
        held = [one.units for one in pledges_of_deal(ws, deal.deal_id)]
    assert held == [known["C-2"].units, known["C-4"].units]


def test_items_that_do_not_fit_are_refused_at_the_request(world: World) -> None:
    parties = the_parties(world)
    lot, plain = a_verified_coil_lot(parties)[0], parties.a_lot("10.000")
    known = coils(parties, lot)
    with pytest.raises(Invalid, match="items_do_not_make_it"):
        ask(parties, lot.id, "59", [known["C-2"].id, known["C-4"].id])
    with pytest.raises(Conflict, match="item_cut"):
        ask(parties, lot.id, "15", None)
    with pytest.raises(Conflict, match="item_not_free"):
        ask(parties, lot.id, "10", [plain.id])
    with pytest.raises(Invalid, match="lot_without_items"):
        ask(parties, plain.id, "10", [known["C-1"].id])
    ask(parties, lot.id, "30", None)
