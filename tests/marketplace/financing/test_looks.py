"""A bank's book looked at after a change of price: in stretches, each loan once, whatever happens to the worker on the way."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from marketplace.financing.margin import watching as margin
from marketplace.financing.nights import clock as night
from marketplace.supervision.actions import set_climate
from marketplace.valuation.queries import latest_valuation, valuations
from tenants.deliveries import carry_out, claim
from tests.factories import World
from tests.marketplace.financing.makers import ADeal, a_request, a_running_loan
from tests.marketplace.pledges.makers import the_parties
from tests.marketplace.supervision.makers import a_watching_device, say, values
from tests.marketplace.valuation.makers import a_price
from tests.marketplace.valuation.test_valuing import lend_by_heat

MINUTE = timedelta(minutes=1)


@pytest.fixture
def book(world: World, monkeypatch: pytest.MonkeyPatch) -> list[ADeal]:
    """Three loans of one bank on copper, of which two are looked at together."""
    monkeypatch.setattr(night, "DEALS_TOGETHER", 2)
    parties = the_parties(world)
    return [a_running_loan(world, deal=a_request(world, parties=parties)) for _ in range(3)]


def looks(deal: ADeal) -> int:
    """How often the loan was valued because of a price."""
    with deal.bank.operator.ws(read_only=True) as ws:
        return sum(one.cause == "price" for one in valuations(ws, deal.deal_id))


def owed(world: World, subscriber: str) -> list[Any]:
    """What the worker owes such reactions."""
    with world.worker_app.app_context():
        return [one.id for one in claim(500) if one.subscriber == subscriber]


def test_a_price_is_held_against_each_loan_on_such_goods_once(world: World, book: list[ADeal]) -> None:
    before = [looks(deal) for deal in book]
    a_price(world, book[0].bank, "2000", code="AL")
    world.work()
    assert [looks(deal) for deal in book] == before
    a_price(world, book[0].bank, "13000")
    world.work()
    assert [looks(deal) for deal in book] == [one + 1 for one in before]
    assert [deal.call is not None for deal in book] == [True] * 3


def test_a_look_killed_halfway_is_done_again_and_then_no_more(
    world: World, book: list[ADeal], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [looks(deal) for deal in book]
    a_price(world, book[0].bank, "13000")
    with world.worker_app.app_context():
        for subscriber in ("review_book", "mark_stretch"):
            [prices] = owed(world, f"financing.{subscriber}")
            assert carry_out(prices)
        stretches = owed(world, "financing.review_stretch")
        assert len(stretches) == 2
        real = margin._open
        with monkeypatch.context() as planted, pytest.raises(RuntimeError, match="killed"):
            planted.setattr(margin, "_open", killed_after(real, calls=1))
            carry_out(stretches[0])
    assert [looks(deal) for deal in book] == before
    assert [deal.call for deal in book] == [None] * 3
    with world.worker_app.app_context():
        assert [carry_out(one) for one in stretches] == [True, True]
        assert [carry_out(one) for one in stretches] == [False, False]
    world.work()
    assert [looks(deal) for deal in book] == [one + 1 for one in before]
    assert [deal.call.number for deal in book if deal.call] == [1, 1, 1]


def test_a_loan_in_trouble_holds_up_no_other_and_is_looked_at_again(world: World, book: list[ADeal]) -> None:
    before = [looks(deal) for deal in book]
    refuse = f"check (deal_id <> '{book[0].deal_id}' or market_value_minor <> 130000000)"
    world.admin.execute(f"alter table house.deal_valuation add constraint planted {refuse} not valid")
    try:
        a_price(world, book[0].bank, "13000")
        with world.worker_app.app_context():
            for subscriber in ("review_book", "mark_stretch", "review_stretch"):
                assert all(carry_out(one) for one in owed(world, f"financing.{subscriber}"))
            troubled, other = owed(world, "financing.review_deal")
            with pytest.raises(IntegrityError, match="planted"):
                carry_out(troubled)
            assert carry_out(other)
        assert [looks(deal) for deal in book] == [before[0], before[1] + 1, before[2] + 1]
        assert [deal.call is not None for deal in book] == [False, True, True]
    finally:
        world.admin.execute("alter table house.deal_valuation drop constraint planted")
    with world.worker_app.app_context():
        world.advance(timedelta(minutes=30))
        assert carry_out(troubled)
    assert [looks(deal) for deal in book] == [one + 1 for one in before]
    assert book[0].call is not None


def test_a_mark_that_fails_as_a_whole_leaves_all_of_its_loans_to_a_look(world: World, book: list[ADeal]) -> None:
    before = [looks(deal) for deal in book]
    refuse = f"check (deal_id <> '{book[0].deal_id}' or goods_of = id)"
    world.admin.execute(f"alter table house.deal_valuation add constraint planted {refuse} not valid")
    try:
        a_price(world, book[0].bank, "19000")
        world.work()
    finally:
        world.admin.execute("alter table house.deal_valuation drop constraint planted")
    assert [looks(deal) for deal in book] == [one + 1 for one in before]


def killed_after(real: Any, *, calls: int) -> Any:
    """The same act, after which the worker dies."""
    left = [calls]

    def act(*arguments: Any) -> Any:
        made = real(*arguments)
        left[0] -= 1
        if left[0] == 0:
            raise RuntimeError("killed")
        return made

    return act


def test_goods_that_stay_too_warm_are_looked_at_each_hour_until_they_do_not(world: World) -> None:
    """No price, no night and no new fact: what heat takes is seen within the hour, and the call comes of it. With the alarm's end nothing is looked at any more."""
    deal = a_running_loan(world)
    lend_by_heat(deal)
    lot_id = deal.lots[0].id
    sensor = a_watching_device(deal.parties.supervisor, lot_id, kind="climate")
    with deal.parties.supervisor.operator.ws() as ws:
        set_climate(ws, lot_id, metric="temperature", low=None, high=Decimal(40))

    def it_is(degrees: int, hours: int) -> list[int]:
        """The market values that were written down while it was so warm, hour by hour."""
        found = []
        for _ in range(hours):
            say(world, sensor, values("temperature", "Cel", world.now + MINUTE, [degrees] * 60, every=MINUTE))
            world.work()
            found.append(worth_now(deal))
        return found

    before = worth_now(deal)
    warm = it_is(60, 5)
    assert warm[0] < before
    assert all(later < earlier for earlier, later in pairwise(warm[1:])), warm
    it_is(20, 2)
    with deal.bank.operator.ws(read_only=True) as ws:
        looked = len(valuations(ws, deal.deal_id))
    it_is(20, 3)
    with deal.bank.operator.ws(read_only=True) as ws:
        assert len(valuations(ws, deal.deal_id)) == looked


def worth_now(deal: ADeal) -> int:
    with deal.bank.operator.ws(read_only=True) as ws:
        value = latest_valuation(ws, deal.deal_id)
    assert value is not None
    return value.market_value_minor
