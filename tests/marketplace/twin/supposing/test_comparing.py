"""What is supposed comes to what really follows once it is so, by the same rules; and to suppose writes nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import uuid4

import pytest

from marketplace.inventory.actions import freeze_lot, shrink_verified
from marketplace.quantity import Quantity
from marketplace.supervision.alarms.raising import raise_alarm
from marketplace.twin.supposing.comparing import MOST, Comparison, Outcome, what_if
from marketplace.twin.supposing.rules import Supposition
from marketplace.valuation.queries import latest_valuation
from marketplace.valuation.rules.base import ALARMED, FROZEN
from tenants.errors import Conflict, Invalid, NotFound
from tests.factories import Firm, World
from tests.marketplace.financing.makers import ADeal, a_request, a_running_loan
from tests.marketplace.supervision.makers import a_watching_device, say, values, weights
from tests.marketplace.valuation.makers import a_price_series

KEPT = ("lot_id", "measured_qty", "quantity", "price", "condition", "haircut", "evidence_grade", "barred", "market_value_minor", "collateral_value_minor", "reasons")  # fmt: skip
MINUTE = timedelta(minutes=1)


def suppose(deal: ADeal, *supposed: Supposition, firm: Firm | None = None) -> Comparison:
    with (firm or deal.bank).operator.ws(read_only=True) as ws:
        return what_if(ws, deal.deal_id, supposed)


def figures(one: Outcome) -> object:
    assert one.value is not None
    lines = [[getattr(line, name) for name in KEPT] for line in one.value.lines]
    return one.value.market_value, one.value.carries, one.position, lines


def test_to_suppose_nothing_is_what_a_valuation_of_this_moment_says(world: World) -> None:
    deal = a_running_loan(world)
    found = suppose(deal, Supposition())
    assert figures(found.now) == figures(found.supposed[0])
    deal.price("20000")
    with deal.bank.operator.ws(read_only=True) as ws:
        last = latest_valuation(ws, deal.deal_id)
        assert last is not None
        assert found.now.value is not None
        assert (last.market_value, last.carries) == (found.now.value.market_value, found.now.value.carries)
    assert found.now.follows == "none"


def test_a_supposed_price_is_what_follows_when_it_comes(world: World) -> None:
    deal = a_running_loan(world)
    [lower, lowest] = suppose(deal, Supposition(price=Decimal("-0.35")), Supposition(price=Decimal("-0.42"))).supposed
    assert (lower.follows, lowest.follows) == ("open", "liquidate")
    assert deal.call is None
    deal.price("13000")
    assert deal.call is not None
    assert lower.position.cure is not None
    assert (deal.call.cash, deal.call.market_value) == (lower.position.cure.cash, lower.position.market_value)
    healed = suppose(deal, Supposition(price=Decimal("0.6"))).supposed[0]
    assert healed.follows == "cure"
    deal.price("20800")
    assert deal.call is None


Act = Callable[[ADeal], None]


def _lose(deal: ADeal) -> None:
    with deal.parties.supervisor.operator.ws() as ws:
        shrink_verified(ws, deal.lots[0].id, to=Quantity.of("90", "TNE"), because="counted again")


def _freeze(deal: ADeal) -> None:
    with deal.bank.operator.ws() as ws:
        freeze_lot(ws, deal.lots[0].id, reason="court order")


def _alarm(deal: ADeal) -> None:
    with deal.parties.supervisor.operator.ws() as ws:
        raise_alarm(ws, type="water", severity="CRITICAL", because="Water on the floor.", lot_id=deal.lots[0].id)


@pytest.mark.parametrize(
    ("supposed", "act"),
    [
        (Supposition(missing=Decimal("0.1")), _lose),
        (Supposition(frozen=True), _freeze),
        (Supposition(alarmed=True), _alarm),
    ],
    ids=["loss", "freeze", "alarm"],
)
def test_what_is_supposed_of_one_lot_is_what_its_facts_then_say(world: World, supposed: Supposition, act: Act) -> None:
    deal = a_running_loan(world, deal=a_request(world, lots=2), drawn="1000000.00")
    then = suppose(deal, replace(supposed, lot_id=deal.lots[0].id)).supposed[0]
    act(deal)
    assert figures(suppose(deal).now) == figures(then)
    other = next(line for line in then.value.lines if line.lot_id == deal.lots[1].id) if then.value else None
    assert other is not None
    assert not other.barred


def test_worse_never_carries_more_and_its_reasons_are_told(world: World) -> None:
    deal = a_running_loan(world)
    scale, climate = (
        a_watching_device(deal.parties.supervisor, deal.lots[0].id, kind=kind) for kind in ("weight", "climate")
    )
    say(world, scale, weights(world.now, [100_000] * 30))
    say(world, climate, values("temperature", "Cel", world.now, [20] * 30, every=MINUTE))
    ladders = {
        "price": [Decimal(one) for one in ("0.2", "0", "-0.1", "-0.5", "-0.9")],
        "missing": [Decimal(one) for one in ("0", "0.05", "0.5", "1")],
        "silent_hours": [Decimal(one) for one in ("0", "1", "3", "48")],
        "days": [0, 30, 400, 3000],
        "frozen": [False, True],
    }
    for field, rungs in ladders.items():
        outcomes = [suppose(deal, Supposition(**{field: rung})).supposed[0] for rung in rungs]  # type: ignore[arg-type]
        for better, worse in pairwise(outcomes):
            assert worse.position.available <= better.position.available
            assert worse.value is not None
            assert better.value is not None
            assert worse.value.carries <= better.value.carries
            assert worse.value.market_value <= better.value.market_value
    frozen, loud = suppose(deal, Supposition(frozen=True), Supposition(silent_hours=Decimal(3))).supposed
    assert frozen.value is not None
    assert loud.value is not None
    assert [line.barred for line in frozen.value.lines] == [FROZEN]
    assert [line.barred for line in loud.value.lines] == [ALARMED]
    assert frozen.position.available.minor == 0


def test_value_at_risk_needs_prices_and_grows_with_them(world: World) -> None:
    deal = a_running_loan(world)
    assert suppose(deal).now.at_risk is None
    a_price_series(world, deal.bank, [str(20000 + 100 * (-1) ** day) for day in range(30)])
    now, lower = suppose(deal).now, suppose(deal, Supposition(price=Decimal("-0.5"))).supposed[0]
    assert now.at_risk is not None
    assert lower.at_risk is not None
    # A hundredth up and down each day: 1.645 x 1 % x the root of ten days.
    assert (
        Decimal("0.050")
        < Decimal(now.at_risk.minor) / Decimal(now.value.market_value_minor if now.value else 1)
        < Decimal("0.054")
    )
    assert lower.at_risk < now.at_risk


def test_the_borrower_supposes_by_the_last_price_of_its_bank_and_a_stranger_not_at_all(world: World) -> None:
    deal = a_running_loan(world)
    supposed = Supposition(price=Decimal("-0.35"))
    assert figures(suppose(deal, supposed, firm=deal.sme).supposed[0]) == figures(suppose(deal, supposed).supposed[0])
    for firm in (world.firm("BANK"), deal.parties.supervisor):
        with pytest.raises(NotFound):
            suppose(deal, supposed, firm=firm)


def test_too_many_and_a_lot_of_another_deal_are_refused_and_so_are_deals_without_goods(world: World) -> None:
    deal = a_running_loan(world)
    for supposed in ([Supposition(days=day) for day in range(MOST + 1)], [Supposition(days=1, lot_id=uuid4())]):
        with pytest.raises(Invalid):
            suppose(deal, *supposed)
    with pytest.raises(Conflict):
        suppose(a_request(world, parties=deal.parties))
