"""Entrusted payment (受托支付): the money goes to whom the borrower buys from, as far as orders before the deal say so."""

import pytest

from marketplace.documents import trades
from marketplace.documents.rules.entries import Party
from marketplace.financing import actions
from marketplace.financing.money.payees import orders_behind
from marketplace.financing.queries import find_deal, find_drawdown
from tenants.errors import Conflict
from tests.factories import World
from tests.marketplace.documents.trade_makers import a_trade
from tests.marketplace.financing.makers import ADeal, a_drawable_deal, decided, yuan


def laid(deal: ADeal, number: str, **parties: Party) -> None:
    """The borrower lays an order of its own before the deal."""
    trade = a_trade(deal.sme.operator, number, **parties)
    with deal.sme.operator.ws() as ws:
        trades.lay_before(ws, trade.trade_id, deal.deal_id)


def behind(deal: ADeal, payee: str) -> list[str]:
    """What the bank's officer is told."""
    with deal.bank.operator.ws(read_only=True) as ws:
        return orders_behind(ws, find_deal(ws, deal.deal_id), payee)


def test_a_firm_from_which_no_order_buys_is_not_paid(world: World) -> None:
    deal = a_drawable_deal(world)
    laid(deal, "PO-1", buyer=Party(deal.sme.name))
    laid(deal, "SO-1", seller=Party(deal.sme.name), buyer=Party("Ningbo Winding Works"))
    for payee in ("Ningbo Winding Works", deal.sme.name, "Jiangxi Copper Trading"):
        with deal.sme.operator.ws() as ws, pytest.raises(Conflict, match="purpose_account") as refused:
            actions.request_drawdown(ws, deal.deal_id, amount=yuan("1000.00"), payee=payee)
        assert refused.value.field == "payee"
    assert behind(deal, "JIANGXI  Copper.") == ["PO-1"]
    with deal.sme.operator.ws() as ws:
        actions.request_drawdown(ws, deal.deal_id, amount=yuan("1000.00"), payee="JIANGXI  Copper.")


def test_an_order_that_comes_or_goes_is_looked_at_again_by_each_officer(world: World) -> None:
    deal = a_drawable_deal(world)
    assert behind(deal, "Ningbo Wire") == [], "nothing says anything, and the officer reads that"
    with deal.sme.operator.ws() as ws:
        drawdown = actions.request_drawdown(ws, deal.deal_id, amount=yuan("1000.00"), payee="Ningbo Wire")
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_drawdown(ws, drawdown.id)
    laid(deal, "PO-1")
    with pytest.raises(Conflict, match="purpose_account"):
        decided(deal.bank, proposal)
    with deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="purpose_account"):
        actions.propose_drawdown(ws, drawdown.id)
    laid(deal, "PO-2", seller=Party("Ningbo Wire"))
    decided(deal.bank, proposal)
    with deal.bank.operator.ws(read_only=True) as ws:
        assert find_drawdown(ws, drawdown.id).status == "INSTRUCTED"
