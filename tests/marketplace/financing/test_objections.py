"""A margin call contested: by whom, with what, what the clock does meanwhile, and who answers."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from marketplace.financing import actions
from marketplace.financing.margin.objections import objection_to
from marketplace.financing.models.calls import MarginObjection
from tenants import approvals
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from tests.factories import World
from tests.marketplace.documents.makers import a_document
from tests.marketplace.financing.makers import ADeal, a_called_loan, decided
from tests.marketplace.financing.test_calls import the_call, told

SAID: dict[str, Any] = {"ground": "PRICE", "because": "The index is of another grade."}


def contest(deal: ADeal, **said: Any) -> None:
    """The borrower objects, and the bank's workspace hears of it."""
    with deal.sme.operator.ws() as ws:
        actions.object_to_call(ws, the_call(deal).id, **(SAID | said))
    deal.world.work()


def answer(deal: ADeal, *, upheld: bool) -> None:
    """Two officers of the bank answer."""
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_objection_answer(ws, the_call(deal).id, upheld=upheld, because="We looked at it.")
    decided(deal.bank, proposal)
    deal.world.work()


def the_objection(deal: ADeal) -> MarginObjection:
    """As the bank reads it."""
    with deal.bank.operator.ws(read_only=True) as ws:
        found = objection_to(ws, the_call(deal))
        assert found is not None
        return found


def test_an_objection_names_its_figure_its_reason_and_its_papers(world: World) -> None:
    deal = a_called_loan(world)
    call, paper = the_call(deal), a_document(deal.sme.operator, deal.deal_id)
    elsewhere = a_document(deal.sme.operator, deal.lots[0].id)
    with deal.sme.operator.ws() as ws:
        for wrong, code in (({"because": " "}, "text_missing"), ({"ground": "WEATHER"}, "ground_unknown"), ({"documents": [elsewhere.id]}, "paper_elsewhere"), ({"documents": [paper.id] * 11}, "too_many_papers")):  # fmt: skip
            with pytest.raises(Invalid, match=code), ws.session.begin_nested():
                actions.object_to_call(ws, call.id, **(SAID | wrong))
            ws.session.expire_all()
    contest(deal, documents=[paper.id, paper.id])
    assert the_call(deal).status == "DISPUTED"
    found = the_objection(deal)
    assert (found.ground, found.because, found.documents) == ("PRICE", SAID["because"], [str(paper.id)])
    with deal.sme.operator.ws() as ws, pytest.raises(Conflict, match="step_not_listed"):
        actions.object_to_call(ws, call.id, **SAID)
    with deal.bank.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.object_to_call(ws, call.id, **SAID)
    with world.firm("SME").operator.ws() as ws, pytest.raises(NotFound, match="call_unknown"):
        actions.object_to_call(ws, call.id, **SAID)


def test_without_an_agreement_the_time_to_cure_runs_on(world: World) -> None:
    deal = a_called_loan(world)
    due = the_call(deal).cure_by
    contest(deal)
    assert (the_call(deal).cure_by, the_objection(deal).held_until) == (due, None)
    world.set_clock(due)
    deal.price("13000")
    assert the_call(deal).status == "ESCALATED"


def test_as_agreed_an_unanswered_objection_holds_expiry_and_what_was_left_runs_on(world: World) -> None:
    deal = a_called_loan(world, objection_days=1)
    due = the_call(deal).cure_by
    contest(deal)
    held = the_objection(deal).held_until
    assert held == world.now + timedelta(days=1)
    assert the_call(deal).cure_by == due + timedelta(days=1)
    assert told(deal).count("MarginCallHeld") == 1
    world.set_clock(due)
    deal.price("13000")
    assert the_call(deal).status == "DISPUTED"
    world.set_clock(due + timedelta(days=1))
    deal.price("13000")
    assert the_call(deal).status == "ESCALATED"


def test_an_answer_ends_the_standstill(world: World) -> None:
    deal = a_called_loan(world, objection_days=2)
    due = the_call(deal).cure_by
    contest(deal)
    world.advance(timedelta(hours=3))
    answer(deal, upheld=False)
    call = the_call(deal)
    assert (call.status, call.cure_by) == ("ACCEPTED", due + timedelta(hours=3))
    assert told(deal, "Objection") == ["ObjectionRejected"]
    world.set_clock(call.cure_by)
    deal.price("13000")
    assert the_call(deal).status == "ESCALATED"


def test_the_clock_is_held_though_the_bank_heard_of_it_late(world: World) -> None:
    deal = a_called_loan(world, objection_days=1)
    due = the_call(deal).cure_by
    with deal.sme.operator.ws() as ws:
        actions.object_to_call(ws, the_call(deal).id, **SAID)
    world.admin.execute("update house.delivery set done_at = now() where subscriber = 'financing.hold_clock'")
    world.set_clock(due)
    world.work()
    assert (the_call(deal).status, the_call(deal).cure_by) == ("DISPUTED", due + timedelta(days=1))


def test_nothing_holds_the_liquidation_line(world: World) -> None:
    deal = a_called_loan(world, objection_days=5)
    contest(deal)
    deal.price("11700")
    assert the_call(deal).status == "ESCALATED"


def test_upheld_only_by_better_figures_and_by_two_officers(world: World) -> None:
    deal = a_called_loan(world)
    contest(deal)
    call = the_call(deal)
    with deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="below_call_line"):
        actions.propose_objection_answer(ws, call.id, upheld=True, because="They are right.")
    deal.price("14000")  # 71.4 per cent: watched, not called, not cured
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_objection_answer(ws, call.id, upheld=True, because="The price was of another grade.")
    with deal.bank.operator.ws() as ws, pytest.raises(NotAllowed):
        approvals.decide(ws, proposal.id, approve=True)
    deal.price("13000")
    with pytest.raises(Conflict, match="below_call_line"):
        decided(deal.bank, proposal)
    deal.price("14000")
    decided(deal.bank, proposal)
    assert the_call(deal).status == "CANCELLED"
    assert the_objection(deal).outcome == "UPHELD"
    assert deal.call is None
    deal.price("13000")
    assert the_call(deal).number == 2, "what was withdrawn bars no later call"


def test_nothing_is_withdrawn_by_figures_that_are_out_of_date(world: World) -> None:
    deal = a_called_loan(world)
    contest(deal)
    deal.price("14400")
    world.advance(timedelta(days=6))
    call = the_call(deal)
    with deal.bank.operator.ws() as ws:
        with pytest.raises(Unavailable, match="valuation_stale"):
            actions.propose_objection_answer(ws, call.id, upheld=True, because="They are right.")
        with pytest.raises(Unavailable, match="valuation_stale"):
            actions.cancel_call(ws, call.id)


def test_more_time_is_a_deadline_of_its_own(world: World) -> None:
    """Held for five days, escalated at the liquidation line, given three days: a rejection does not bring the old clock back."""
    deal = a_called_loan(world, objection_days=5)
    contest(deal)
    deal.price("11700")
    with deal.bank.operator.ws() as ws:
        until = ws.now + timedelta(days=3)
        proposal = actions.propose_extension(ws, the_call(deal).id, until=until, because="Money is on its way")
    decided(deal.bank, proposal)
    answer(deal, upheld=False)
    assert the_call(deal).cure_by == until


def test_an_objection_outlives_a_part_payment_and_ends_with_its_call(world: World) -> None:
    deal = a_called_loan(world)
    contest(deal)
    deal.repay("100000.00", "REP-1")
    assert the_call(deal).status == "PARTIAL"
    answer(deal, upheld=False)
    assert (the_call(deal).status, the_objection(deal).outcome) == ("PARTIAL", "REJECTED")
    with deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="nothing_to_answer"):
        actions.propose_objection_answer(ws, the_call(deal).id, upheld=False, because="again")


def test_no_default_over_a_call_that_was_contested_and_not_answered(world: World) -> None:
    deal = a_called_loan(world)
    contest(deal)
    world.set_clock(the_call(deal).cure_by)
    world.work()
    assert the_call(deal).status == "ESCALATED"
    with deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="objection_unanswered"):
        actions.propose_default(ws, deal.deal_id, because="The margin call was not cured.")
    answer(deal, upheld=False)
    with deal.bank.operator.ws() as ws:
        assert actions.propose_default(ws, deal.deal_id, because="The margin call was not cured.")


def test_the_database_lets_no_borrower_answer_itself_and_no_bank_answer_twice(world: World) -> None:
    deal = a_called_loan(world, objection_days=1)
    contest(deal)
    for forged in ({"outcome": "UPHELD", "answer": "x", "answered_at": world.now}, {"held_until": world.now + timedelta(days=9), "cure_by_before": world.now}):  # fmt: skip
        with pytest.raises(DBAPIError, match="answered once, by the bank"), deal.sme.operator.ws() as ws:
            ws.session.execute(update(MarginObjection).values(**forged))
    answer(deal, upheld=False)
    with pytest.raises(DBAPIError, match="answered once, by the bank"), deal.bank.operator.ws() as ws:
        ws.session.execute(update(MarginObjection).values(answer="We looked again."))


def test_the_database_takes_an_objection_of_this_hour_and_lets_none_of_it_be_changed(world: World) -> None:
    deal = a_called_loan(world, objection_days=1)
    said = "insert into house.margin_objection (deal_id, call_id, tenant_id, ground, because, documents, raised_by, raised_at, outcome, answer, answered_at, held_until, cure_by_before) values (:deal, :call, :me, 'PRICE', 'x', '[]', 'I', "
    for moment in (
        "gate.now() - interval '2 hours', null, null, null, null, null)", "gate.now() + interval '1 second', null, null, null, null, null)",
        "gate.now(), 'UPHELD', 'x', gate.now(), null, null)", "gate.now(), null, null, null, gate.now(), gate.now())",
    ):  # fmt: skip
        with pytest.raises(DBAPIError, match="raised now, and not yet answered"), deal.sme.operator.ws() as ws:
            ws.session.execute(
                text(said + moment), {"deal": deal.deal_id, "call": the_call(deal).id, "me": ws.tenant_id}
            )
    contest(deal)
    with pytest.raises(DBAPIError, match="margin_objection"), deal.bank.operator.ws() as ws:
        ws.session.execute(update(MarginObjection).values(because="All was well."))
