"""Credit approval by stages: a deal above a limit needs the next stage, each stage another person, and nobody outside the bank reads who decided."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.financing import actions
from marketplace.financing.credit.deciding import decisions_on
from marketplace.financing.credit.ladder import ladder_of, propose_ladder
from marketplace.financing.rules.credit import Stage
from tenants import approvals
from tenants.approvals import ON_APPROVAL, Approval
from tenants.errors import Conflict, Invalid, NotAllowed
from tests.factories import Firm, Person, World
from tests.marketplace.financing.makers import ADeal, an_accepted_deal, decided, yuan

REFUSED = "Two of its buyers are one."


def officers(bank: Firm) -> list[Person]:
    """Three people of the bank who may approve."""
    return [bank.person("approver", name=name) for name in ("Head of branch", "Credit department", "Committee")]


def a_ladder(bank: Firm, *limits: str | None) -> list[Person]:
    """A ladder with these limits, one officer for each stage, proposed and approved."""
    people = officers(bank)
    stages = [
        Stage(number, person.name, yuan(limit) if limit else None, frozenset([person.person_id]))
        for number, (limit, person) in enumerate(zip(limits, people, strict=False), start=1)
    ]
    with bank.operator.ws() as ws:
        proposal = propose_ladder(ws, stages)
    decided(bank, proposal)
    return people


def put_forward(deal: ADeal) -> Approval:
    with deal.bank.operator.ws() as ws:
        return actions.propose_approval(ws, deal.deal_id)


def waiting(person: Person) -> list[Approval]:
    """What this person may decide."""
    with person.ws(read_only=True) as ws:
        return approvals.to_decide(ws)


def say(person: Person, proposal: Approval, *, approve: bool = True, note: str = "") -> None:
    with person.ws() as ws:
        approvals.decide(ws, proposal.id, approve=approve, note=note)


def trail(deal: ADeal) -> list[tuple[int, str, str, str]]:
    """Who did what, as an auditor of the bank reads it."""
    with deal.bank.person("auditor").ws(read_only=True) as ws:
        return [(one.stage, one.person, one.decision, one.reason) for one in decisions_on(ws, deal.deal_id)]


def test_a_deal_within_the_first_limit_takes_one_stage(world: World) -> None:
    deal = an_accepted_deal(world)
    branch, *_ = a_ladder(deal.bank, "1300000.00", "5000000.00")
    say(branch, put_forward(deal), note="Goods seen.")
    assert deal.status == "SIGNED"
    assert trail(deal) == [(0, deal.bank.operator.name, "PROPOSED", ""), (1, branch.name, "APPROVED", "Goods seen.")]


def test_a_deal_above_a_limit_goes_on_to_the_next_stage_and_another_person(world: World) -> None:
    deal = an_accepted_deal(world)
    branch, department, committee = a_ladder(deal.bank, "500000.00", "1299999.99", None)
    say(branch, put_forward(deal))
    for person, before in ((department, "UNDER_REVIEW"), (committee, "UNDER_REVIEW")):
        assert deal.status == before
        (proposal,) = waiting(person)
        assert proposal.act == "approve_deal_stage"
        say(person, proposal)
    assert deal.status == "SIGNED"
    assert [(stage, name) for stage, name, *_ in trail(deal)][1:] == [(1, branch.name), (2, department.name), (3, committee.name)]  # fmt: skip


def test_only_those_of_the_stage_decide_and_each_once(world: World) -> None:
    deal = an_accepted_deal(world)
    branch, department, _ = a_ladder(deal.bank, "500000.00", None)
    first = put_forward(deal)
    assert waiting(department) == []
    with pytest.raises(NotAllowed, match="not_yours_to_decide"):
        say(department, first)
    say(branch, first)
    (second,) = waiting(department)
    assert waiting(branch) == []
    with pytest.raises(NotAllowed, match="same_eyes"):
        say(branch, second)
    say(department, second)
    assert deal.status == "SIGNED"


def test_who_put_it_forward_decides_in_no_stage_even_with_two_jobs(world: World) -> None:
    deal = an_accepted_deal(world)
    both, last = deal.bank.person("operator", "approver", name="Two jobs"), deal.bank.approver
    stages = [Stage(1, "Branch", yuan("100.00"), frozenset([last.person_id])), Stage(2, "Board", None, frozenset([both.person_id]))]  # fmt: skip
    with deal.bank.operator.ws() as ws:
        proposal = propose_ladder(ws, stages)
    decided(deal.bank, proposal)
    with both.ws() as ws:
        forward = actions.propose_approval(ws, deal.deal_id)
    say(last, forward)
    assert waiting(both) == []
    with both.ws(read_only=True) as ws:
        (second,) = [one for one in approvals.waiting(ws) if one.subject_id == deal.deal_id]
    with pytest.raises(NotAllowed, match="not_yours_to_decide"):
        say(both, second)


def test_a_refusal_ends_the_deal_and_its_reason_stays_in_the_bank(world: World) -> None:
    deal = an_accepted_deal(world)
    branch, department, _ = a_ladder(deal.bank, "500000.00", None)
    say(branch, put_forward(deal), note="As usual.")
    say(department, waiting(department)[0], approve=False, note=REFUSED)
    assert deal.status == "REJECTED"
    assert trail(deal)[-1] == (2, department.name, "REJECTED", REFUSED)
    with deal.sme.owner.ws(read_only=True) as ws:
        assert decisions_on(ws, deal.deal_id) == []
        for table, column in (("event", "facts"), ("approval", "note"), ("credit_decision", "reason")):
            found = ws.session.execute(text(f"select count(*) from house.{table} where {column} like :reason"), {"reason": f"%{REFUSED}%"})  # fmt: skip
            assert found.scalar_one() == 0, table


def test_nobody_else_reads_a_ladder_or_a_decision(world: World) -> None:
    deal = an_accepted_deal(world)
    branch, *_ = a_ladder(deal.bank, None)
    say(branch, put_forward(deal))
    for firm in (deal.sme, deal.parties.supervisor, world.firm("BANK")):
        with firm.operator.ws(read_only=True) as ws:
            for table in ("credit_stage", "credit_decision"):
                assert ws.session.execute(text(f"select count(*) from house.{table}")).scalar_one() == 0


def test_an_amount_above_the_ladder_is_refused_before_anybody_is_asked(world: World) -> None:
    deal = an_accepted_deal(world)
    a_ladder(deal.bank, "500000.00", "1299999.99")
    with pytest.raises(Conflict, match="above_ladder"):
        put_forward(deal)
    assert deal.status == "TERM_SHEET"


def test_a_deal_is_put_forward_once(world: World) -> None:
    deal = an_accepted_deal(world)
    forward = put_forward(deal)
    with pytest.raises(Conflict, match="already_proposed"):
        put_forward(deal)
    say(deal.bank.approver, forward)
    with pytest.raises(Conflict, match="step_not_listed"):
        put_forward(deal)


def test_a_ladder_takes_approvers_of_the_bank_and_two_officers(world: World) -> None:
    bank = world.firm("BANK")
    stranger, clerk = world.firm("BANK").approver, bank.operator
    for somebody in (stranger, clerk):
        with bank.operator.ws() as ws, pytest.raises(Invalid, match="stage_people_unknown"):
            propose_ladder(ws, [Stage(1, "Branch", None, frozenset([somebody.person_id]))])
    with bank.approver.ws() as ws, pytest.raises(NotAllowed):
        propose_ladder(ws, [Stage(1, "Branch", None, frozenset([bank.approver.person_id]))])
    people = a_ladder(bank, "100.00", None)
    with bank.operator.ws(read_only=True) as ws:
        assert [one.people for one in ladder_of(ws)] == [frozenset([one.person_id]) for one in people[:2]]


def test_the_database_holds_back_a_deal_whose_stages_are_not_complete(world: World, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """The planted defect: an approval that forgets its ladder."""
    deal = an_accepted_deal(world)
    branch, *_ = a_ladder(deal.bank, "500000.00", None)
    forward = put_forward(deal)
    monkeypatch.setattr("marketplace.financing.agreeing.offers.approve_stage", lambda *_: True)
    with pytest.raises(DBAPIError, match="not complete"):
        say(branch, forward)
    assert deal.status == "UNDER_REVIEW"


def test_the_database_lets_nobody_decide_twice_or_in_anothers_name(world: World) -> None:
    """The planted defect: a decision written past the actions, by somebody who has decided, in the name of somebody else."""
    deal = an_accepted_deal(world)
    branch, department, _ = a_ladder(deal.bank, "500000.00", None)
    say(branch, put_forward(deal))
    forged: dict[str, Any] = {"tenant": deal.bank.tenant_id, "deal": deal.deal_id, "other": department.person_id}
    write = text("insert into house.credit_decision (tenant_id, id, deal_id, stage, stage_name, decision, amount_minor, currency, reason, approval_id, person_id, person, decided_at) "
                 "values (:tenant, uuidv7(), :deal, 2, 'x', 'APPROVED', 1, 'CNY', '', uuidv7(), :other, 'x', gate.now())")  # fmt: skip
    with pytest.raises(DBAPIError, match="each_another"), branch.ws() as ws:
        ws.session.execute(write, forged)
    assert "approve_deal_stage" in ON_APPROVAL
