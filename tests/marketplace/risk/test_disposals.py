"""A seller's own disposals: what was paid, beside what the goods were valued at when they were first put up."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from marketplace.disposal.queries import list_auctions
from marketplace.risk.disposals import DisposalReport, disposal_report
from tenants.errors import Invalid, NotAllowed
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import Enforced, an_enforced_sale, cny, decided, propose_sale


def reported(firm: Firm, *, since: datetime, until: datetime) -> DisposalReport:
    with firm.operator.ws(read_only=True) as ws:
        return disposal_report(ws, since, until)


def valued_at(sale: Enforced, world: World, amount: int) -> None:
    """What the goods were valued at when they were put up, as an acceptance example has it."""
    world.admin.execute("update house.disposal set valuation_minor = %s where auction_id = %s", (amount, sale.sale.auction_id))  # fmt: skip


def test_a_sale_counts_when_its_buyer_has_paid_and_for_its_seller_alone(world: World) -> None:
    enforced, began = an_enforced_sale(world), world.now - timedelta(days=1)
    bank = enforced.deal.bank
    valued_at(enforced, world, 650_000_000)
    enforced.sell("4200000")
    assert reported(bank, since=began, until=world.now + timedelta(days=1)).liquidations == ()
    enforced.deliver()
    until = world.now + timedelta(seconds=1)
    report = reported(bank, since=began, until=until)
    [sold] = report.liquidations
    assert (sold.proceeds, sold.valuation, sold.rounds) == (cny("4200000"), cny("6500000"), 1)
    assert (sold.ratio, sold.is_poor, report.poor) == (Decimal("0.6462"), True, 1)
    assert [(one.product, one.holds) for one in report.products] == [(sold.product, False)]
    assert reported(bank, since=until, until=until + timedelta(days=9)).liquidations == ()
    assert reported(world.firm("BANK"), since=began, until=until).liquidations == ()


def test_other_firms_and_periods_that_run_backwards_are_refused(world: World) -> None:
    with pytest.raises(NotAllowed):
        reported(world.firm(), since=world.now - timedelta(days=1), until=world.now)
    with pytest.raises(Invalid, match="after it begins"):
        reported(world.firm("BANK"), since=world.now, until=world.now)


def test_goods_that_went_up_twice_are_measured_by_the_first_valuation(world: World) -> None:
    enforced, began = an_enforced_sale(world), world.now - timedelta(days=1)
    bank = enforced.deal.bank
    valued_at(enforced, world, 650_000_000)
    enforced.sale.open()
    assert enforced.sale.close().status == "NO_SALE"
    world.work()
    opens, closes = world.now + timedelta(days=3), world.now + timedelta(days=4)
    decided(bank, propose_sale(enforced.deal, start=cny("3200000"), deposit=cny("330000"), opens_at=opens, closes_at=closes))  # fmt: skip
    world.work()
    with bank.operator.ws(read_only=True) as ws:
        second = list_auctions(ws, mine=True)[0]
    again = Enforced(enforced.deal, replace(enforced.sale, auction_id=second.auction_id))
    valued_at(again, world, 400_000_000)
    again.sell("3300000")
    again.deliver()
    report = reported(bank, since=began, until=world.now + timedelta(seconds=1))
    [sold] = report.liquidations
    assert (sold.number, sold.rounds, sold.valuation, sold.is_poor) == (second.number, 2, cny("6500000"), True)
    assert sold.begun_at == enforced.sale.auction.announced_at
    assert (report.unsold, report.unpaid) == (1, 0)
