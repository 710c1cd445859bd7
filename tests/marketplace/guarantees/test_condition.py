"""An undertaking of the core enterprise as a condition precedent: shown by the undertaking itself, and shown no more once it binds no more."""

from datetime import timedelta

import pytest

from marketplace.financing import actions
from marketplace.financing.agreeing.conditions import Check, checklist
from marketplace.financing.queries import find_deal
from marketplace.guarantees import actions as guarantees
from tenants.errors import Conflict, Invalid
from tests.factories import Firm, World
from tests.marketplace.financing.makers import (
    ADeal,
    a_request,
    a_signed_deal,
    an_accepted_deal,
    an_offer,
    draw,
    prove_conditions,
    yuan,
)
from tests.marketplace.guarantees.makers import asked
from tests.marketplace.pledges.makers import activate

ASKED_FOR = ("INSURANCE", "ACCOUNT", "GUARANTEE")


def a_deal(world: World) -> tuple[ADeal, Firm]:
    """Signed, insured, pledged: all is there but the undertaking."""
    core = world.firm("CORE_ENTERPRISE")
    deal = a_signed_deal(world, deal=a_request(world, core=core), conditions=ASKED_FOR)
    prove_conditions(deal)
    activate(deal.parties, deal.deal_id)
    world.work()
    return deal, core


def check(deal: ADeal) -> Check:
    """The line of the checklist."""
    with deal.bank.operator.ws(read_only=True) as ws:
        return next(one for one in checklist(ws, find_deal(ws, deal.deal_id)) if one.name == "guarantee")


def test_the_undertaking_itself_meets_the_condition(world: World) -> None:
    deal, core = a_deal(world)
    assert (deal.status, check(deal).met) == ("SIGNED", None)
    wanted = asked(deal, core, "BUY_BACK", "1000000.00")
    world.work()
    assert check(deal).met is None, "asked for is not given"
    wanted.given()
    world.work()
    assert (deal.status, check(deal).met, check(deal).evidence) == ("CONDITIONS_MET", True, wanted.row.number)
    draw(deal, "500000.00", "PAY-1")


def test_given_before_the_terms_ask_for_it_counts_too(world: World) -> None:
    core = world.firm("CORE_ENTERPRISE")
    request = a_request(world, core=core)
    given = asked(request, core, "BUY_BACK", "1000000.00").given()
    deal = an_accepted_deal(world, deal=request, conditions=ASKED_FOR)
    world.work()
    assert (check(deal).met, check(deal).evidence) == (True, given.row.number)


def test_an_undertaking_that_ended_or_ran_out_stops_the_next_drawdown(world: World) -> None:
    deal, core = a_deal(world)
    given = asked(deal, core, "BUY_BACK", "1000000.00").given()
    world.work()
    draw(deal, "100000.00", "PAY-1")
    with deal.bank.operator.ws() as ws:
        guarantees.discharge(ws, given.id, because="Replaced")
    world.work()
    assert check(deal).met is False
    with deal.sme.operator.ws() as ws, pytest.raises(Conflict, match="no_draw_stop"):
        actions.request_drawdown(ws, deal.deal_id, amount=yuan("1.00"), payee="Jiangxi Copper")
    again = asked(deal, core, "BUY_BACK", "1000000.00", until=world.now.date() + timedelta(days=1)).given()
    world.work()
    assert (check(deal).met, check(deal).evidence) == (True, again.row.number)
    world.advance(timedelta(days=3))
    assert check(deal).met is False


def test_a_word_is_no_undertaking_but_the_bank_may_go_without(world: World) -> None:
    deal, core = a_deal(world)
    with deal.bank.operator.ws() as ws, pytest.raises(Invalid, match="condition_shown"):
        actions.record_condition(ws, deal.deal_id, "GUARANTEE", reference="They said yes on the telephone")
    with deal.bank.operator.ws() as ws:
        actions.record_condition(ws, deal.deal_id, "GUARANTEE", waived_because="Listed parent, rated A")
    assert (deal.status, check(deal).met) == ("CONDITIONS_MET", True)
    asked(deal, core, "BUY_BACK", "1.00").given()
    world.work()
    assert check(deal).evidence == "Listed parent, rated A"


def test_only_a_deal_with_a_core_enterprise_asks_for_one(world: World) -> None:
    with pytest.raises(Invalid, match="core_missing"):
        an_offer(world, conditions=ASKED_FOR)
