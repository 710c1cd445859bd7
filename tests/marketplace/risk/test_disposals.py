"""A seller's own disposals: what was paid, beside what the goods were valued at when they were first put up."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from marketplace.risk.disposals import DisposalReport, disposal_report
from tenants.errors import Invalid, NotAllowed
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import Enforced, an_enforced_sale, cny


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
    enforced.pay()
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
