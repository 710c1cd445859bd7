"""The supervising authority's statistics: sums over many firms, and none that would tell the affairs of one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.risk.market import market_statistics
from marketplace.risk.rules.market import Cell
from tenants.database import new_id
from tenants.errors import NotAllowed
from tests.factories import Firm, World

FAR = datetime.fromisoformat("2031-05-05T12:00:00+08:00")  # a quarter in which no other test asks or calls


@dataclass
class Market:
    """Calls of margin, planted as the tables keep them: a deal each, its cover, and the call."""

    world: World
    regulator: Firm

    def call(self, bank: Firm, sme: Firm, cash: int, *, currency: str = "XAU") -> None:
        deal_id, admin = new_id(), self.world.admin
        admin.execute(
            "insert into house.deal (deal_id, tenant_id, bank_id, number, status, amount_minor, currency, tenor_days, purpose, requested_at)"
            " values (%s, %s, %s, 'D', 'ACTIVE', 1000, %s, 90, 'x', %s)",
            (deal_id, sme.tenant_id, bank.tenant_id, currency, FAR),
        )
        admin.execute(
            "insert into house.deal_cover (deal_id, tenant_id, bank_id, number, stage, opened_at) values (%s, %s, %s, 'D', 'SECURED', %s)",
            (deal_id, sme.tenant_id, bank.tenant_id, FAR),
        )
        admin.execute(
            "insert into house.debt_balance (deal_id, account, currency, tenant_id, amount_minor) values (%s, 'loan_principal', %s, %s, %s)",
            (deal_id, currency, sme.tenant_id, cash),
        )

    def owed(self, currency: str = "XAU") -> list[Cell]:
        with self.regulator.owner.ws(read_only=True) as ws:
            return [one for one in market_statistics(ws).of("loans") if one.unit == currency]


@pytest.fixture
def market(world: World, admin: psycopg.Connection) -> Iterator[Market]:
    yield Market(world, world.firm("REGULATOR"))
    admin.execute("delete from house.debt_balance where currency like 'X%'")
    admin.execute("delete from house.deal_cover where deal_id in (select deal_id from house.deal where currency like 'X%')")  # fmt: skip
    admin.execute("delete from house.deal where currency like 'X%'")


def test_a_sum_is_told_from_the_third_firm_on_either_side_on(market: Market) -> None:
    banks, firms = [market.world.firm("BANK") for _ in range(3)], [market.world.firm() for _ in range(3)]
    for bank, sme in zip(banks[:2], firms[:2], strict=True):
        market.call(bank, sme, 1000)
    market.call(banks[0], firms[2], 1000)  # a third borrower, but only two banks
    [cell] = market.owed()
    assert (cell.is_shown, cell.cases, cell.amount) == (False, None, None)
    market.call(banks[2], firms[0], 1500)
    [cell] = market.owed()
    assert (cell.is_shown, cell.state, cell.cases, cell.amount) == (True, "SECURED", 4, 4500)


def test_a_sum_of_which_one_firm_makes_up_nearly_all_is_not_told(market: Market) -> None:
    banks, firms = [market.world.firm("BANK") for _ in range(3)], [market.world.firm() for _ in range(3)]
    for bank, sme, owed in zip(banks, firms, (8500, 1000, 499), strict=True):
        market.call(bank, sme, owed, currency="XAG")
    [cell] = market.owed("XAG")  # 8500 of 9999: a hair above 85 per cent
    assert (cell.is_shown, cell.amount) == (False, None)
    market.call(banks[2], firms[2], 1, currency="XAG")
    [cell] = market.owed("XAG")
    assert (cell.is_shown, cell.amount) == (True, 10000)


def test_nobody_else_gets_them_in_the_database_either(world: World) -> None:
    for kind in ("BANK", "PLATFORM", "SME"):
        person = world.firm(kind).owner
        with person.ws(read_only=True) as ws, pytest.raises(NotAllowed):
            market_statistics(ws)
        with person.ws(read_only=True) as ws, pytest.raises(DBAPIError, match="supervising authority"):
            ws.session.execute(text("select * from gate.market_statistics(current_date)"))


def test_the_authority_reads_no_row_of_anybody(market: Market) -> None:
    market.call(market.world.firm("BANK"), market.world.firm(), 1000)
    with market.regulator.owner.ws(read_only=True) as ws:
        for table in ("deal", "deal_cover", "debt_balance", "margin_call", "alarm", "settlement", "disposal"):
            assert ws.session.scalar(text(f"select count(*) from house.{table}")) == 0
