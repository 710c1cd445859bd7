"""What a bid costs in all: exact, published before the opening and never after, and owed by the winner."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal import actions, queries
from marketplace.disposal.charges.actions import cost_of_bid
from marketplace.disposal.rules.charges import PREMIUM_BANDS, Charges, require_charges, total_cost
from marketplace.disposal.rules.regimes import RegimeName
from marketplace.ledger.queries import balances, trial_balance
from marketplace.ledger.rules.accounts import Account
from marketplace.money import Money
from tenants.errors import Conflict, Invalid, NotFound
from tests.factories import World
from tests.marketplace.disposal.makers import an_auction, cny

SOME = Charges(Decimal("0.02"), Decimal("0.0003"), Decimal("0.13"), cny("1800"), cny("240.50"), 7)
shares = st.decimals(0, Decimal("0.05"), places=4)


def test_the_lines_of_a_bid() -> None:
    """5,650,000 with 13 per cent inside, 2 on top, 0.03 of stamp duty, 14 days of which 7 are free."""
    cost = total_cost(cny("5650000"), SOME, days=14)
    lines = (cost.premium, cost.tax, cost.storage, cost.handling, cost.vat)
    assert lines == (cny("113000"), cny("1695"), cny("1683.50"), cny("1800"), cny("650000"))
    assert cost.total == cny("5768178.50")
    assert total_cost(cny("5650000"), SOME, days=7).storage == cny("0")


@given(st.integers(1, 10**12), st.integers(0, 10**9), shares, shares, st.integers(0, 365), st.integers(0, 60), st.booleans())  # fmt: skip
def test_more_days_and_more_money_never_cost_less(
    minor: int, step: int, premium: Decimal, tax: Decimal, days: int, free: int, by_court: bool
) -> None:
    bands = PREMIUM_BANDS[RegimeName.COURT_OFFLINE] if by_court else ()
    charges = Charges(premium, tax, Decimal("0.13"), Money(100, "CNY"), Money(5000, "CNY"), free, bands)
    require_charges(charges)
    one = total_cost(Money(minor, "CNY"), charges, days=days)
    assert one.total >= one.price
    assert total_cost(Money(minor + step, "CNY"), charges, days=days).total >= one.total
    assert total_cost(Money(minor, "CNY"), charges, days=min(365, days + 1)).total >= one.total


@pytest.mark.parametrize(
    ("charges", "field"),
    [
        (Charges(Decimal("0.06"), 0, 0, cny(0), cny(0), 0), "premium_share"),
        (Charges(0, Decimal("0.31"), 0, cny(0), cny(0), 0), "tax_share"),
        (Charges(0, 0, Decimal("-0.01"), cny(0), cny(0), 0), "vat_rate"),
        (Charges(0, 0, 0, cny("-1"), cny(0), 0), "handling"),
        (Charges(0, 0, 0, cny(0), cny("-1"), 0), "storage_day"),
        (Charges(0, 0, 0, cny(0), cny(0), 61), "free_days"),
    ],
)
def test_charges_that_cannot_be_are_refused_by_name(charges: Charges, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        require_charges(charges)
    assert refused.value.field == field


def test_e30_an_auction_house_that_a_court_appointed_asks_no_more_than_its_bands(world: World) -> None:
    most = replace(SOME, premium_share=Decimal("0.05"))
    assert total_cost(cny("12000000"), most, days=0).premium == cny("600000")
    for regime, premium in ((RegimeName.COURT_OFFLINE, "380000"), (RegimeName.AUCTION_HOUSE, "600000")):
        sale = an_auction(world, regime=regime)
        with sale.bank.operator.ws() as ws:
            actions.publish_charges(ws, sale.auction_id, most)
            assert cost_of_bid(ws, sale.auction, cny("12000000"), days=0).premium == cny(premium)
            assert cost_of_bid(ws, sale.auction, cny("2000000"), days=0).premium == cny("100000")


def test_what_was_published_is_what_the_winner_owes(world: World) -> None:
    sale = an_auction(world)
    with sale.bank.operator.ws() as ws:
        actions.publish_charges(ws, sale.auction_id, SOME)
        with pytest.raises(Conflict, match="published already"):
            actions.publish_charges(ws, sale.auction_id, SOME)
    buyer = sale.bidder()
    with buyer.operator.ws(read_only=True) as ws:
        assert cost_of_bid(ws, sale.auction, cny("820000"), days=0).total == cny("838446")
        assert cost_of_bid(ws, sale.auction).price == cny("700000")
    sale.open()
    sale.bid(buyer, 820_000)
    sale.close()
    with sale.bank.operator.ws() as ws:
        owed = queries.find_settlement(ws, sale.auction_id)
        assert (owed.premium, owed.balance) == (cny("16400"), cny("766400"))
        actions.confirm_balance(ws, sale.auction_id, reference="BAL-1")
        book = balances(ws, sale.deal_id)
        assert book[Account.PROCEEDS_TO_DISTRIBUTE] == -cny("820000"), "the premium is no part of the waterfall"
        assert book[Account.BUYER_PREMIUM] == -cny("16400")
        assert book[Account.COLLATERAL_PROCEEDS] == cny("836400")
        assert sum(row.balance.minor for row in trial_balance(ws, sale.deal_id)) == 0


def test_nothing_comes_on_top_once_bidding_is_open(world: World) -> None:
    """The action refuses, and planted straight into the table the database does."""
    sale = an_auction(world)
    stranger = world.firm("BANK")
    with stranger.operator.ws() as ws, pytest.raises(NotFound):
        actions.publish_charges(ws, sale.auction_id, SOME)
    sale.open()
    statement = text("""insert into house.sale_charges (auction_id, tenant_id, currency, premium_share, tax_share, vat_rate, handling_minor, storage_day_minor, free_days, published_at)
      values (:auction, :seller, 'CNY', 0.05, 0, 0, 0, 0, 0, now())""")
    with sale.bank.operator.ws() as ws:
        with pytest.raises(Conflict, match="stand still"):
            actions.publish_charges(ws, sale.auction_id, SOME)
        with pytest.raises(DBAPIError, match="before the opening"), ws.session.begin_nested():
            ws.session.execute(statement, {"auction": sale.auction_id, "seller": sale.bank.tenant_id})
