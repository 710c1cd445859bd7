"""The whole story as people live it: every step clicked and typed, each role in a browser of its own that shares nothing with the others."""

from datetime import date, timedelta

import pytest

from tests.journeys import falling, goods, lending, moving, record, sale, watch
from tests.journeys.goods import Lot
from tests.journeys.lending import Deal
from tests.journeys.people import Company
from tests.journeys.watch import Scale

pytestmark = pytest.mark.journey


def test_the_story_in_browsers(company: Company) -> None:
    first, second, scale = goods_under_watch(company)
    deal = money_lent(company, first, second)
    goods_leave(company, deal, second)
    price_falls(company, deal, scale)
    goods_sold(company, scale, first)
    record.read_back(company, deal, first)
    record.take_home(company.sme, deal.number, first.number)
    record.judge_every_home(company)
    assert company.faults == []


def goods_under_watch(company: Company) -> tuple[Lot, Lot, Scale]:
    goods.admit_a_newcomer(company)
    goods.open_a_warehouse(company.keeper)
    first = goods.declare_by_form(company.sme)
    second = goods.declare_by_file(company.sme)
    for lot, gross, place, counted in ((first, "76", "A-01", "60"), (second, "56", "A-02", "40")):
        goods.weigh_in(company.keeper, lot, gross=gross, place=place)
        goods.inspect(company, lot, counted=counted)
    goods.read_the_label(company, first)
    scale = watch.put_under_watch(company, first)
    watch.turn_a_forger_away(company, scale, first)
    return first, second, scale


def money_lent(company: Company, first: Lot, second: Lot) -> Deal:
    lending.import_prices(company.officer, 78_500, since=date(2026, 2, 2))
    deal = lending.ask(company.sme, {first: "60", second: "40"})
    lending.offer(company, deal)
    lending.agree(company, deal)
    lending.take_control(company, deal)
    lending.meet_conditions(company.officer, deal)
    lending.draw(company, deal)
    return deal


def goods_leave(company: Company, deal: Deal, lot: Lot) -> None:
    moving.repay(company, deal, "750000", "HVPS-REPAY-1")
    moving.let_go(company, deal, lot, "10")
    moving.ship(company, lot, "10")
    alarm = moving.leave_without_order(company, deal, lot)
    moving.look_into_it(company, alarm)
    moving.lift_the_freeze(company, lot)


def price_falls(company: Company, deal: Deal, scale: Scale) -> None:
    house = company.house
    watch.days_pass(house, scale, to=house.now + timedelta(days=2))
    falling.cure(company, deal, falling.call(company, deal, 64_000))
    watch.days_pass(house, scale, to=house.now + timedelta(days=1))
    falling.expire(company, scale, falling.call(company, deal, 55_000))
    falling.default(company, deal)


def goods_sold(company: Company, scale: Scale, lot: Lot) -> None:
    auction = sale.announce(company, lot)
    sale.register(company, auction, company.buyer, company.dealer)
    watch.days_pass(company.house, scale, to=auction.opens + timedelta(minutes=1))
    sale.bid(company, auction, company.buyer, company.dealer)
    sale.fall(company, auction, winner=company.buyer, loser=company.dealer)
    code = sale.pay(company, auction, company.buyer)
    sale.hand_over(company, code)
    sale.accept(company, auction, company.buyer)
    sale.share_out(company, auction)
