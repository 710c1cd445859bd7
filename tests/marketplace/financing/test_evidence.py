"""Evidence moves money: a scale under pledged goods calls the margin, and silent devices carry no loan."""

from datetime import timedelta

import pytest

from marketplace.financing import actions
from marketplace.valuation.queries import latest_valuation
from tenants.errors import Conflict
from tests.factories import World
from tests.marketplace.financing.makers import a_drawable_deal, a_running_loan, yuan
from tests.marketplace.supervision.makers import a_watching_device, say, weights


def test_goods_that_vanish_from_the_scale_open_a_margin_call(world: World) -> None:
    """Thirty-nine of a hundred tonnes leave at night: no one touched the books, and the call opens from the scale alone."""
    deal = a_running_loan(world)
    lot = deal.lots[0]
    world.advance(timedelta(minutes=15))
    scale, start = a_watching_device(deal.parties.supervisor, lot.id), world.now
    say(world, scale, weights(start, [100_000] * 6))
    world.work()
    assert deal.call is None
    say(world, scale, weights(start + timedelta(minutes=3), [61_000] * 12))
    world.work()
    call = deal.call
    assert call is not None
    assert (call.cause, call.market_value) == ("quantity", yuan("1220000.00"))
    with deal.bank.operator.ws(read_only=True) as ws:
        value = latest_valuation(ws, deal.deal_id)
        assert value is not None
        assert value.lines[0].reasons == ["Less is there than is pledged."]
    with deal.sme.operator.ws() as ws, pytest.raises(Conflict, match="No critical alarm open"):
        actions.request_drawdown(ws, deal.deal_id, amount=yuan("1.00"), payee="Jiangxi")


def test_goods_that_no_device_watches_carry_nothing_where_devices_are_required(world: World) -> None:
    deal = a_drawable_deal(world, devices_required=True)
    deal.price("20000")
    with deal.sme.operator.ws() as ws, pytest.raises(Conflict, match="drawdown_above_availability"):
        actions.request_drawdown(ws, deal.deal_id, amount=yuan("1.00"), payee="Jiangxi")
    with deal.bank.operator.ws() as ws:
        value = actions.review_deal(ws, deal.deal_id, cause="day")
        assert value is None
    assert deal.position.available == yuan("0.00")
