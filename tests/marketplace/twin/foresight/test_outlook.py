"""The outlook of a deal: forecast prices put to the rules of value and margin, chances that grow with time, and what runs out by itself."""

from decimal import Decimal
from itertools import pairwise

import pytest

from marketplace.twin.foresight.outlook import DealOutlook, calendar_days, deal_outlook, price_outlook
from marketplace.twin.foresight.rules import HORIZONS, Forecaster
from marketplace.valuation.actions import propose_base_terms
from marketplace.valuation.rules.base import STALE
from tenants.errors import Conflict, NotFound
from tests.factories import Firm, World
from tests.marketplace.financing.makers import ADeal, a_request, a_running_loan, decided
from tests.marketplace.twin.foresight.test_rules import walk
from tests.marketplace.valuation.makers import a_price_series


def outlook(deal: ADeal, firm: Firm | None = None) -> DealOutlook:
    with (firm or deal.bank).operator.ws(read_only=True) as ws:
        return deal_outlook(ws, deal.deal_id)


def priced(world: World, days: int = 160) -> tuple[ADeal, list[Decimal]]:
    """A million lent on copper worth about two, whose price strayed by a hundredth a day."""
    deal, prices = a_running_loan(world), [price * 200 for price in walk(4, days)]
    prices = [(price * 20000 / prices[-1]).quantize(Decimal("0.01")) for price in prices]
    a_price_series(world, deal.bank, [str(price) for price in prices])
    world.work()
    return deal, prices


def test_the_outlook_of_a_price_is_told_with_its_record(world: World) -> None:
    deal, prices = priced(world)
    with deal.bank.operator.ws(read_only=True) as ws:
        found = price_outlook(ws, "CU")
    assert found.seen == len(prices)
    assert [one.days for one in found.ahead] == list(HORIZONS)
    assert found.ahead[1].intervals[0] == Forecaster(prices).interval(5, Decimal("0.50"))
    assert found.scores
    with deal.sme.operator.ws(read_only=True) as ws, pytest.raises(NotFound):
        price_outlook(ws, "CU")


def test_a_deal_is_forecast_by_its_own_rules_and_its_lines_are_met_at_their_prices(world: World) -> None:
    deal, prices = priced(world)
    found = outlook(deal)
    assert [one.days for one in found.ahead] == list(HORIZONS)
    for one in found.ahead:
        assert one.low.position.available <= one.middle.position.available <= one.high.position.available
        assert one.low.supposed.days == calendar_days(one.days)
    # The lower of newest price and mean counts, and so deep the newest is the lower: a million over the line's share of a hundred tonnes.
    at = {one.line: one.at_price for one in found.crossings}
    for line, share in (("WARN", "0.70"), ("CALL", "0.75"), ("LIQUIDATION", "0.85")):
        met = Decimal(1_000_000) / Decimal(share) / 100
        assert at[line] == pytest.approx(met / prices[-1], abs=Decimal("0.0005"))
    for one in found.crossings:
        chances = [one.chances[days] for days in HORIZONS]
        assert chances == sorted(chances)
    for nearer, farther in pairwise(found.crossings):
        assert all(nearer.chances[days] >= farther.chances[days] for days in HORIZONS)
    assert found.scores


def test_without_its_own_prices_nobody_is_told_chances_and_strangers_nothing(world: World) -> None:
    deal, _ = priced(world, 40)
    assert outlook(deal).ahead == ()  # too short
    found = outlook(deal, deal.sme)
    assert (found.ahead, found.crossings, found.scores) == ((), (), ())
    assert found.now.position == outlook(deal).now.position
    for firm in (world.firm("BANK"), deal.parties.supervisor):
        with pytest.raises(NotFound):
            outlook(deal, firm)
    with pytest.raises(Conflict):
        outlook(a_request(world, parties=deal.parties))


def test_what_nobody_inspects_runs_out_on_the_day_that_the_terms_say(world: World) -> None:
    deal = a_running_loan(world)
    with deal.bank.operator.ws() as ws:
        proposal = propose_base_terms(ws, deal.deal_id, evidence_days_max=30)
    decided(deal.bank, proposal)
    unseen = dict(outlook(deal).unseen)
    assert unseen[14].position.available > unseen[60].position.available
    assert unseen[60].position.available.minor == 0
    assert unseen[60].value is not None
    assert [line.barred for line in unseen[60].value.lines] == [STALE]
    days = sorted(unseen)
    assert all(
        unseen[later].position.available <= unseen[sooner].position.available for sooner, later in pairwise(days)
    )
