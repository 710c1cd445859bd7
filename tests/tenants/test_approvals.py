"""Four eyes: the maker is never the checker, whatever the application asks of the database; and what is proposed or decided stays as it is."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from tenants import approvals
from tenants.approvals import Approval
from tenants.errors import Conflict, NotAllowed, NotFound
from tests.factories import Firm, World

ACT = "approve_write_off"
CARRIED: list[tuple[str, UUID]] = []


@pytest.fixture(autouse=True)
def carried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the act does is noted, not done: these tests are about who may have it done."""
    monkeypatch.setitem(approvals.ON_APPROVAL, ACT, lambda ws, one: CARRIED.append(("approved", one.id)))
    monkeypatch.setitem(approvals.ON_REJECTION, ACT, lambda ws, one: CARRIED.append(("rejected", one.id)))
    CARRIED.clear()


@pytest.fixture
def bank(world: World) -> Firm:
    return world.firm("BANK")


def proposed(bank: Firm) -> Approval:
    with bank.owner.ws() as ws:
        return approvals.propose(ws, ACT, subject_id=uuid4(), summary="Write off 12.00", because="Nothing left")


@pytest.mark.parametrize(("approve", "became"), [(True, "approved"), (False, "rejected")])
def test_a_colleague_decides_and_what_follows_is_done_once(bank: Firm, approve: bool, became: str) -> None:
    proposal = proposed(bank)
    with bank.approver.ws() as ws:
        assert approvals.decide(ws, proposal.id, approve=approve).decision == became
    with bank.person("approver", name="Another").ws() as ws, pytest.raises(Conflict, match="already_decided"):
        approvals.decide(ws, proposal.id, approve=True)
    assert [(became, proposal.id)] == CARRIED


def test_who_looked_before_a_colleague_decided_decides_by_what_the_colleague_left(bank: Firm) -> None:
    """What a session read before it held the row is read again once it does, for every row that the house holds."""
    proposal, another = proposed(bank), bank.person("approver", name="Another")
    with another.ws() as late:
        seen = late.session.get_one(Approval, (bank.tenant_id, proposal.id))
        assert seen.decision is None
        with bank.approver.ws() as ws:
            approvals.decide(ws, proposal.id, approve=True)
        with pytest.raises(Conflict, match="already_decided"):
            approvals.decide(late, proposal.id, approve=False)
        assert seen.decision == "approved"
    assert [("approved", proposal.id)] == CARRIED


def test_the_maker_may_not_decide_although_the_role_could(bank: Firm) -> None:
    proposal = proposed(bank)
    with bank.owner.ws() as ws, pytest.raises(NotAllowed, match="same_eyes"):
        approvals.decide(ws, proposal.id, approve=True)
    assert not CARRIED


def test_the_database_refuses_the_maker_where_the_code_forgets_to(bank: Firm) -> None:
    """The defect planted: a statement that decides without asking who made it, and claims to be somebody else."""
    proposal = proposed(bank)
    forgotten = "update house.approval set decision = 'approved', checked_by = :somebody, checker = 'X' where id = :id"
    with pytest.raises(IntegrityError, match="four_eyes"), bank.owner.ws() as ws:
        ws.session.execute(text(forgotten), {"id": proposal.id, "somebody": uuid4()})


@pytest.mark.parametrize("change", ["payload = '{}'", "subject_id = gen_random_uuid()", "made_by = gen_random_uuid()", "act = 'approve_deal'"])  # fmt: skip
def test_what_is_proposed_is_what_is_decided(bank: Firm, change: str) -> None:
    proposal = proposed(bank)
    with pytest.raises(DBAPIError, match="a proposal does not change"), bank.approver.ws() as ws:
        ws.session.execute(text(f"update house.approval set {change} where id = :id"), {"id": proposal.id})


def test_a_decision_is_never_taken_back(bank: Firm) -> None:
    proposal = proposed(bank)
    with bank.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=False)
    with pytest.raises(DBAPIError, match="decided approvals do not change"), bank.approver.ws() as ws:
        ws.session.execute(text("update house.approval set decision = 'approved' where id = :id"), {"id": proposal.id})


def test_one_proposal_of_an_act_upon_a_thing_waits_at_a_time(bank: Firm) -> None:
    proposal = proposed(bank)
    with bank.operator.ws() as ws, pytest.raises(Conflict, match="already_proposed"):
        approvals.propose(ws, ACT, subject_id=proposal.subject_id, summary="Again")


def test_a_colleague_of_another_bank_finds_nothing_to_decide(world: World, bank: Firm) -> None:
    proposal = proposed(bank)
    with world.firm("BANK").approver.ws() as ws, pytest.raises(NotFound):
        approvals.decide(ws, proposal.id, approve=True)
