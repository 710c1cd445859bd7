"""Goods that are not kept for ever: the day of their expiry from declaration to conversion, who may say it, and who is told."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.business_days import SHANGHAI
from marketplace.inventory import actions
from marketplace.inventory.queries import find_lot
from marketplace.quantity import Quantity
from tenants import approvals, record
from tenants.errors import Invalid
from tests.factories import World
from tests.marketplace.inventory.makers import a_product, a_received_lot, a_site
from tests.marketplace.pledges.makers import Parties, the_parties


def today(world: World) -> date:
    """The business date."""
    return world.now.astimezone(SHANGHAI).date()


def told(parties: Parties, lot_id: Any) -> list[str]:
    """What the lot's record says of its shelf life, the newest first."""
    with parties.sme.operator.ws(read_only=True) as ws:
        return [one.kind for one in record.events_of(ws, lot_id) if one.kind.startswith("ShelfLife")]


def test_a_lot_expires_as_its_product_says_and_is_told_before_and_on_the_day(world: World) -> None:
    parties, made_on = the_parties(world), today(world) - timedelta(days=20)
    flour = a_product(world, parties.sme, name="Flour", shelf_life_days=90)
    lot = parties.a_lot(product=flour, produced_on=made_on)
    assert lot.expires_on == made_on + timedelta(days=90)
    world.advance(timedelta(days=39))
    world.work()
    assert told(parties, lot.id) == []
    world.advance(timedelta(days=1))
    world.work()
    assert told(parties, lot.id) == ["ShelfLifeEnding"]
    world.advance(timedelta(days=30))
    world.work()
    assert told(parties, lot.id) == ["ShelfLifeEnded", "ShelfLifeEnding"]


def test_two_people_of_the_supervisor_confirm_what_stands_on_the_goods(world: World) -> None:
    parties, day = the_parties(world), today(world) + timedelta(days=400)
    lot = a_received_lot(world, parties.sme, parties.warehouse, parties.supervisor, expires_on=day)
    sooner = day - timedelta(days=30)
    with parties.supervisor.operator.ws() as ws:
        proposal = actions.inspect_lot(ws, lot.id, counted=Quantity.of("100", "TNE"), passed=True, expires_on=sooner)
        assert proposal.summary["facts"]["expires_on"] == str(sooner)
        assert find_lot(ws, lot.id).expires_on == day
    with parties.supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
        assert find_lot(ws, lot.id).expires_on == sooner


def test_goods_that_end_within_a_month_are_told_at_once_and_gone_ones_never(world: World) -> None:
    parties = the_parties(world)
    lot = parties.a_lot(expires_on=today(world) + timedelta(days=10))
    assert told(parties, lot.id) == ["ShelfLifeEnding"]
    with parties.supervisor.operator.ws() as ws:
        actions.report_loss(ws, lot.id, damaged=False, because="burnt")
    world.advance(timedelta(days=11))
    world.work()
    assert told(parties, lot.id) == ["ShelfLifeEnding"]


def test_a_product_with_a_shelf_life_asks_when_the_goods_were_made(world: World) -> None:
    parties = the_parties(world)
    flour, (site, _) = a_product(world, parties.sme, name="Flour", shelf_life_days=90), a_site(world, parties.warehouse)
    with parties.sme.operator.ws() as ws, pytest.raises(Invalid, match="expiry_unknown"):
        actions.declare_lot(ws, product_id=flour.id, quantity=Quantity.of("1", "TNE"), site_id=site.id, supervisor_id=parties.supervisor.tenant_id)  # fmt: skip


@pytest.mark.parametrize("hand", ["sme", "warehouse", "supervisor"])
def test_nobody_makes_verified_goods_younger_whatever_the_code_says(world: World, hand: str) -> None:
    parties = the_parties(world)
    lot = parties.a_lot(expires_on=today(world) + timedelta(days=100))
    younger = text("update house.lot set expires_on = expires_on + 100 where id = :lot")
    with pytest.raises(DBAPIError, match="confirms an expiry"), getattr(parties, hand).operator.ws() as ws:
        ws.session.execute(younger, {"lot": lot.id})
