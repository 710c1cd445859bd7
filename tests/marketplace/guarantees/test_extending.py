"""A loan that runs longer, and who stands behind the longer time; and what of its margin calls who stands behind it reads."""

from datetime import date, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from marketplace.business_days import rolled_forward
from marketplace.financing import actions as financing
from marketplace.financing.margin.objections import objection_to
from marketplace.financing.queries import drawdowns, find_deal, margin_calls, offers, repayments
from marketplace.guarantees import actions
from marketplace.guarantees.extending import consents_of
from marketplace.guarantees.models import ExtensionConsent
from tenants import approvals, record
from tenants.approvals import Approval
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import World
from tests.marketplace.financing.makers import ADeal, call_on, decided
from tests.marketplace.guarantees.makers import AGuarantee, a_backed_loan, asked

WHY = "The buyer pays later."


def a_longer_day(deal: ADeal) -> date:
    """A business day a month after the loan's last."""
    with deal.bank.operator.ws(read_only=True) as ws:
        last = find_deal(ws, deal.deal_id).matures_on
        assert last is not None
        return rolled_forward(last + timedelta(days=30))


def ask(deal: ADeal, until: date) -> None:
    """The bank asks who stands behind the loan."""
    with deal.bank.operator.ws() as ws:
        actions.ask_extension(ws, deal.deal_id, until=until, because=WHY)
    deal.world.work()


def agree(backed: AGuarantee) -> None:
    """Two people of the core enterprise agree."""
    with backed.core.operator.ws() as ws:
        proposal = actions.propose_consent(ws, backed.id)
    decided(backed.core, proposal)
    backed.deal.world.work()


def extension(deal: ADeal, until: date, *, uncovered: bool = False) -> Approval:
    """The bank's officer proposes it."""
    with deal.bank.operator.ws() as ws:
        return financing.propose_loan_extension(ws, deal.deal_id, until=until, because=WHY, uncovered=uncovered)


def told(backed: AGuarantee, kind: str) -> list[record.Told]:
    """What the core enterprise reads of one kind."""
    with backed.core.operator.ws(read_only=True) as ws:
        return [one for one in record.events_of(ws, backed.deal.deal_id) if one.kind == kind]


def test_a_loan_runs_longer_with_its_undertaking_once_two_people_agreed(world: World) -> None:
    deal, core = a_backed_loan(world)
    backed, until = asked(deal, core, "BUY_BACK", "900000.00").given(), a_longer_day(deal)
    before = backed.row.until
    ask(deal, until)
    assert [one.facts["loan_until"] for one in told(backed, "ExtensionAsked")] == [until.isoformat()]
    with pytest.raises(Conflict, match="guarantors_consent"):
        extension(deal, until)
    with core.operator.ws() as ws:
        proposal = actions.propose_consent(ws, backed.id)
    with pytest.raises(Conflict, match="guarantors_consent"):
        extension(deal, until)  # one of two
    decided(core, proposal)
    with deal.bank.operator.ws(read_only=True) as ws:
        last = find_deal(ws, deal.deal_id).matures_on
    decided(deal.bank, extension(deal, until))
    world.work()
    assert last is not None
    assert (deal.status, backed.row.until) == ("EXTENDED", before + (until - last))
    assert len(told(backed, "GuaranteeExtended")) == 1


def test_without_consent_the_bank_goes_on_knowingly_and_the_undertaking_stands_as_it_was(world: World) -> None:
    deal, core = a_backed_loan(world)
    backed, until = asked(deal, core, "BUY_BACK", "900000.00").given(), a_longer_day(deal)
    before = backed.row.until
    ask(deal, until)
    with core.operator.ws() as ws:
        with pytest.raises(Invalid, match="text_missing"):
            actions.refuse_extension(ws, backed.id, because=" ")
        actions.refuse_extension(ws, backed.id, because="We know the buyer.")
    world.work()
    proposal = extension(deal, until, uncovered=True)
    assert proposal.summary["facts"]["lacking"] == backed.row.number
    decided(deal.bank, proposal)
    world.work()
    assert (deal.status, backed.row.until) == ("EXTENDED", before)
    assert [one.facts["until"] for one in told(backed, "GuaranteeNotExtended")] == [before.isoformat()]


def test_who_came_to_stand_behind_it_meanwhile_is_asked_too(world: World) -> None:
    deal, core = a_backed_loan(world)
    until = a_longer_day(deal)
    with deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="nobody_stands_behind"):
        actions.ask_extension(ws, deal.deal_id, until=until, because=WHY)
    proposal = extension(deal, until)  # names a core enterprise, which undertook nothing
    asked(deal, core, "BUY_BACK", "900000.00").given()
    with pytest.raises(Conflict, match="guarantors_changed"):
        decided(deal.bank, proposal)


def test_another_day_is_another_question(world: World) -> None:
    deal, core = a_backed_loan(world)
    backed, until = asked(deal, core, "BUY_BACK", "900000.00").given(), a_longer_day(deal)
    ask(deal, until)
    with core.operator.ws() as ws:
        stale = actions.propose_consent(ws, backed.id)
    later = rolled_forward(until + timedelta(days=7))
    ask(deal, later)
    with pytest.raises(Conflict, match="nothing_asked"):
        decided(core, stale)
    with core.approver.ws() as ws:
        approvals.decide(ws, stale.id, approve=False)
    agree(backed)
    with deal.bank.operator.ws(read_only=True) as ws:
        assert [one.status for one in consents_of(ws, deal.deal_id)] == ["CONSENTED", "WITHDRAWN"]
    with pytest.raises(Conflict, match="guarantors_consent"):
        extension(deal, until)
    extension(deal, later)


def test_only_who_stands_behind_it_answers_and_the_database_holds_to_it(world: World) -> None:
    deal, core = a_backed_loan(world)
    backed, until = asked(deal, core, "BUY_BACK", "900000.00").given(), a_longer_day(deal)
    ask(deal, until)
    with deal.bank.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.propose_consent(ws, backed.id)
    with world.firm("CORE_ENTERPRISE").operator.ws() as ws, pytest.raises(NotFound, match="guarantee_unknown"):
        actions.propose_consent(ws, backed.id)
    for firm, status in ((deal.bank, "CONSENTED"), (core, "WITHDRAWN")):
        with pytest.raises(DBAPIError, match="answered once"), firm.operator.ws() as ws:
            ws.session.execute(update(ExtensionConsent).values(status=status, answered_at=ws.now if status == "CONSENTED" else None))  # fmt: skip
    with pytest.raises(DBAPIError, match="extension_consent"), core.operator.ws() as ws:
        ws.session.execute(update(ExtensionConsent).values(until=until))


def test_who_stands_behind_a_loan_reads_its_calls_while_it_does_and_nothing_more_of_its_money(world: World) -> None:
    deal, core = a_backed_loan(world)
    backed = asked(deal, core, "BUY_BACK", "900000.00")
    call_on(deal)
    with core.operator.ws(read_only=True) as ws:
        assert margin_calls(ws) == []  # asked, not given
    backed.given()
    world.work()
    with deal.sme.operator.ws() as ws:
        [call] = margin_calls(ws)
        financing.object_to_call(ws, call.id, ground="PRICE", because="Of another grade.")
    world.work()
    with core.operator.ws(read_only=True) as ws:
        [read] = margin_calls(ws)
        assert (read.id, read.status) == (call.id, "DISPUTED")
        assert objection_to(ws, read) is None
        assert (offers(ws, deal.deal_id), drawdowns(ws, deal.deal_id), repayments(ws, deal.deal_id)) == ([], [], [])
    deal.repay("400000.00", "R-1")
    assert len(told(backed, "MarginCallCured")) == 1
    assert told(backed, "MarginCallDisputed") == []
    with deal.bank.operator.ws() as ws:
        actions.discharge(ws, backed.id, because="Enough goods.")
    world.work()
    with core.operator.ws(read_only=True) as ws:
        assert margin_calls(ws) == []
