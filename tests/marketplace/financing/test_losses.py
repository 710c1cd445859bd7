"""Goods that their supervisor reports lost or damaged: the loans that they carry are valued anew, called, and can be ended."""

import pytest
from sqlalchemy import select

from marketplace.disposal.preparing import goods_for_sale
from marketplace.financing import actions
from marketplace.inventory.actions import report_loss
from marketplace.inventory.queries import find_lot
from marketplace.money import Money
from marketplace.pledges.queries import pledges_of_deal
from marketplace.quantity import Quantity
from marketplace.supervision.models.alarms import Alarm
from marketplace.valuation.queries import latest_valuation
from tenants.errors import Conflict
from tests.factories import World
from tests.marketplace.financing.makers import ADeal, a_request, a_running_loan, decided

WORDS = {True: "The goods are reported damaged.", False: "The goods are reported lost."}


def a_loss(deal: ADeal, *, damaged: bool) -> None:
    """The supervisor reports the first lot, and all that follows from it."""
    with deal.parties.supervisor.operator.ws() as ws:
        report_loss(ws, deal.lots[0].id, damaged=damaged, because="a fire in hall 2")
    deal.world.work()


@pytest.mark.parametrize("damaged", [True, False])
def test_a_loss_takes_its_value_at_once_and_calls(world: World, damaged: bool) -> None:
    deal = a_running_loan(world, deal=a_request(world, lots=2, tonnes="50.000"))
    a_loss(deal, damaged=damaged)
    with deal.bank.operator.ws(read_only=True) as ws:
        value = latest_valuation(ws, deal.deal_id)
        assert value is not None
        assert {line.lot_id: (line.barred, line.market_value) for line in value.lines} == {
            deal.lots[0].id: (WORDS[damaged], Money.of("0.00", "CNY")),
            deal.lots[1].id: ("", Money.of("1000000.00", "CNY")),
        }
    assert deal.call is not None
    assert (deal.call.status, deal.call.cause) == ("ESCALATED", "quantity"), (
        "the whole value is lent: beyond liquidation"
    )


@pytest.mark.parametrize("damaged", [True, False])
def test_a_loss_is_a_critical_alarm_that_ends_with_what_became_of_it(world: World, damaged: bool) -> None:
    deal = a_running_loan(world)
    a_loss(deal, damaged=damaged)
    for party in (deal.bank, deal.sme):
        with party.operator.ws(read_only=True) as ws:
            alarm = ws.session.scalars(select(Alarm).where(Alarm.lot_id == deal.lots[0].id)).one()
            assert (alarm.type, alarm.severity, alarm.facts) == ("loss", "CRITICAL", {"reason": "a fire in hall 2"})
            assert alarm.tenant_id == deal.parties.supervisor.tenant_id


@pytest.mark.parametrize("damaged", [True, False])
def test_a_pledge_on_lost_goods_is_enforced_with_the_rest(world: World, damaged: bool) -> None:
    deal = a_running_loan(world, deal=a_request(world, lots=2, tonnes="50.000"))
    a_loss(deal, damaged=damaged)
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_default(
            ws, deal.deal_id, event="FRAUD", because="the borrower set fire to its own goods"
        )
    decided(deal.bank, proposal)
    with deal.bank.operator.ws(read_only=True) as ws:
        assert {one.status for one in pledges_of_deal(ws, deal.deal_id)} == {"ENFORCING"}
        states = [find_lot(ws, lot.id).status for lot in deal.lots]
    assert states == ["DAMAGED" if damaged else "LOST", "IN_DISPOSAL"]
    with deal.bank.operator.ws() as ws:
        with pytest.raises(Conflict, match="goods_gone"):
            goods_for_sale(ws, deal.deal_id, deal.lots[0].id)
        assert goods_for_sale(ws, deal.deal_id, deal.lots[1].id).quantity == Quantity.of("50.000", "TNE")
    desk = deal.bank.operator.browser().get("/disposals").text
    assert [lot.number in desk for lot in deal.lots] == [False, True]
