"""A deal from request to default and to the last fen, step by step on the real database."""

from datetime import timedelta

from marketplace.financing.claims import enforcement_claims
from marketplace.financing.queries import margin_calls
from marketplace.ledger.queries import balances, trial_balance
from marketplace.ledger.rules.accounts import Account
from marketplace.pledges.queries import pledges_of_deal
from tests.factories import World
from tests.marketplace.financing.makers import a_defaulted_deal, a_drawable_deal, a_running_loan, draw, yuan


def test_the_way_to_the_money(world: World) -> None:
    deal = a_drawable_deal(world)
    assert deal.status == "CONDITIONS_MET"
    draw(deal, "1000000.00", "PAY-1")
    assert deal.status == "ACTIVE"
    standing = deal.position
    assert standing.outstanding == yuan("1000000.00")
    assert standing.market_value == yuan("2000000.00")
    assert str(standing.ltv) == "0.50000000"
    assert standing.zone == "SAFE"
    assert standing.available == yuan("300000.00")  # min(limit 1.3 m, 0.65 of 2 m, 0.70 of 2 m) less the million


def test_the_way_to_default(world: World) -> None:
    deal = a_defaulted_deal(world)
    assert deal.status == "DEFAULT"
    with deal.bank.operator.ws(read_only=True) as ws:
        (call,) = margin_calls(ws, deal.deal_id)
        assert call.status == "DEFAULTED"
        assert {pledge.status for pledge in pledges_of_deal(ws, deal.deal_id)} == {"ENFORCING"}
        claims = enforcement_claims(ws, deal.deal_id)
        assert claims.principal == yuan("1000000.00")
        assert claims.interest.minor > 0
        assert sum(row.balance.minor for row in trial_balance(ws, deal.deal_id)) == 0


def test_the_way_back(world: World) -> None:
    deal = a_running_loan(world)
    world.advance(timedelta(days=30))
    world.work()
    owed = deal.position.outstanding
    assert owed == yuan("1003625.00")  # 1,000,000 at 4.35 per cent for 30 days of 360
    deal.repay(str(owed.amount), "REP-1")
    assert deal.status == "SETTLED"
    with deal.bank.operator.ws(read_only=True) as ws:
        assert {pledge.status for pledge in pledges_of_deal(ws, deal.deal_id, live=False)} == {"RELEASED"}
        standing = balances(ws, deal.deal_id)
        assert not standing[Account.LOAN_PRINCIPAL]
        assert not standing[Account.INTEREST_RECEIVABLE]
