"""The whole story as people live it: every step clicked and typed, each role in a browser of its own that shares nothing with the others."""

import pytest

from tests.journeys import goods, watch
from tests.journeys.people import Company

pytestmark = pytest.mark.journey


def test_the_story_in_browsers(company: Company) -> None:
    goods.admit_a_newcomer(company)
    goods.open_a_warehouse(company.keeper)
    first = goods.declare_by_form(company.sme)
    second = goods.declare_by_file(company.sme)
    for lot, gross, place in ((first, "76", "A-01"), (second, "56", "A-02")):
        goods.weigh_in(company.keeper, lot, gross=gross, place=place)
    goods.inspect(company, first, counted="60")
    goods.inspect(company, second, counted="40")
    goods.read_the_label(company, first)
    scale = watch.put_under_watch(company, first)
    watch.turn_a_forger_away(company, scale)
    assert company.faults == []
