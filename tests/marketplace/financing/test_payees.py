"""Entrusted payment (受托支付): the money goes to whom the borrower buys from, as far as orders before the deal say so."""

import pytest

from marketplace.documents import trades
from marketplace.documents.rules.content import Paper
from marketplace.documents.rules.entries import Party
from marketplace.financing import actions
from marketplace.financing.money.payees import Payee, orders_behind, payee_of
from marketplace.financing.queries import find_deal, find_drawdown
from marketplace.financing.rules.payees import KnownBy, known_by
from tenants.errors import Conflict, Invalid
from tests.factories import World
from tests.marketplace.documents.trade_makers import DELIVERED, a_record, a_trade, said
from tests.marketplace.financing.makers import ADeal, a_drawable_deal, decided, yuan


def laid(deal: ADeal, number: str, **parties: Party) -> None:
    """The borrower lays an order of its own before the deal."""
    trade = a_trade(deal.sme.operator, number, **parties)
    with deal.sme.operator.ws() as ws:
        trades.lay_before(ws, trade.trade_id, deal.deal_id)


def behind(deal: ADeal, payee: str) -> list[str]:
    """What the bank's officer is told."""
    with deal.bank.operator.ws(read_only=True) as ws:
        return [one.number for one in orders_behind(ws, find_deal(ws, deal.deal_id), Payee(Party(payee)))]


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


CODE, OTHER = "91350100M000100Y43", "91320500MA1HX0060M"


@pytest.mark.parametrize(
    ("payee", "account", "seller", "accounts", "found"),
    [
        (Party("A", CODE), "", Party("B", CODE), [], KnownBy.CODE),
        (Party("A", OTHER), "", Party("A", CODE), [], None),
        (Party("A", CODE), "6222 1", Party("A", CODE), ["6222-1"], KnownBy.CODE),
        (Party("A", CODE), "6222 2", Party("A", CODE), ["6222-1"], None),
        (Party("A"), "6222 1", Party("A", CODE), ["6222-1", "6222-9"], KnownBy.ACCOUNT),
        (Party("A"), "6222 2", Party("A"), ["6222-1"], None),
        (Party("A"), "6222 1", Party("B"), ["6222-1"], None),
        (Party("A"), "", Party("A", CODE), ["6222-1"], KnownBy.NAME),
        (Party("A", CODE), "6222 2", Party("A"), [], KnownBy.NAME),
        (Party("A", CODE), "", Party("B"), [], None),
    ],
)
def test_a_payee_is_known_by_its_code_then_its_account_and_by_its_name_last(payee: Party, account: str, seller: Party, accounts: list[str], found: KnownBy | None) -> None:  # fmt: skip
    assert known_by(payee, account, seller, accounts) is found


def test_the_officer_reads_by_what_the_payee_is_known_and_a_swapped_account_is_refused(world: World) -> None:
    deal = a_drawable_deal(world)
    trade = a_trade(deal.sme.operator, "PO-1", seller=Party("Jiangxi Copper", CODE))
    a_record(deal.sme.operator, trade.trade_id, Paper.VAT_INVOICE, said("INV-1", DELIVERED, account="3310 6618"))
    with deal.sme.operator.ws() as ws:
        trades.lay_before(ws, trade.trade_id, deal.deal_id)
    asked = {"amount": yuan("1000.00"), "payee": "Jiangxi Copper"}
    with deal.sme.operator.ws() as ws:
        for wrong in ({"payee_code": OTHER}, {"payee_account": "6222 0001"}):
            with pytest.raises(Conflict, match="purpose_account"):
                actions.request_drawdown(ws, deal.deal_id, **asked, **wrong)
        with pytest.raises(Invalid, match="uscc_wrong") as refused:
            actions.request_drawdown(ws, deal.deal_id, **asked, payee_code="91350100M000100Y44")
        assert refused.value.field == "payee_code"
        drawn = [
            actions.request_drawdown(ws, deal.deal_id, **asked, **known)
            for known in ({}, {"payee_account": "33106618"}, {"payee_code": CODE})
        ]
    with deal.bank.operator.ws(read_only=True) as ws:
        found = [orders_behind(ws, find_deal(ws, deal.deal_id), payee_of(find_drawdown(ws, one.id))) for one in drawn]
    assert [[(one.number, one.known_by) for one in each] for each in found] == [[("PO-1", KnownBy.NAME)], [("PO-1", KnownBy.ACCOUNT)], [("PO-1", KnownBy.CODE)]]  # fmt: skip
    page = deal.bank.operator.browser().get(f"/deals/{deal.deal_id}/drawdowns/{drawn[2].id}").text
    assert "PO-1 (known by its credit code)" in page
