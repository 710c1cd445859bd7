"""Default and what follows for the debt: declared by the bank alone, by two people; paid from the goods; or given up."""

from uuid import UUID

from marketplace.financing.contesting import require_heard
from marketplace.financing.events.calls import MarginCallDefaulted
from marketplace.financing.events.ends import DebtWrittenOff, DefaultDeclared, DefaultProposed, ProceedsApplied
from marketplace.financing.events.loans import WatchEnded
from marketplace.financing.margin.objections import objection_to
from marketplace.financing.models.deals import Deal
from marketplace.financing.models.defaults import DeclaredDefault
from marketplace.financing.money.repayments import settle_dues, settle_if_paid
from marketplace.financing.nights.dues import days_late
from marketplace.financing.nights.running import accrue
from marketplace.financing.queries import open_call, position
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.defaults import object_until
from marketplace.financing.rules.margin import MARGIN_CALL, CallState, Zone
from marketplace.financing.rules.terms import (
    PAST_DUE_DAYS_FOR_DEFAULT,
    DefaultEvent,
    require_event_of_default,
    require_text,
)
from marketplace.financing.steps import held_deal, stands_at, step_deal
from marketplace.ledger.actions import post
from marketplace.ledger.queries import postings
from marketplace.ledger.rules.accounts import Account, Line
from marketplace.money import Money
from marketplace.pledges.actions import enforce_pledges
from marketplace.states import Actor
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict, Invalid
from tenants.events import sentence
from tenants.workspace import Workspace


def end_watch(ws: Workspace, deal_id: UUID, *, because: str) -> Deal:
    """The bank takes a deal off its watch list, with a reason. Refuses while its loan-to-value is not safe."""
    ws.may("call_margin")
    reason = require_text(because, "because")
    deal = held_deal(ws, deal_id, role="bank")
    if position(ws, deal_id).zone is not Zone.SAFE:
        raise Conflict("not_safe", "The loan-to-value is not below the warning line.")
    step_deal(ws, deal, "end_watch", actor=Actor.BANK, met={"reason_given"})
    ws.record(WatchEnded(number=deal.number, because=reason), on=deal_id)
    return deal


def propose_default(ws: Workspace, deal_id: UUID, *, because: str, event: str | None = None) -> Approval:
    """Ask a second officer to declare default. Refuses without an event of default: an escalated call, 90 days past due, fraud or cross-default.

    Without `event` it is taken from the record: an escalated call first, else the days past due.
    """
    ws.may("declare_default")
    deal = held_deal(ws, deal_id, role="bank")
    found = _event(ws, deal, event)
    _require(ws, deal, found, because)
    proposal = approvals.propose(
        ws,
        "approve_default",
        subject_id=deal_id,
        summary=sentence("%(deal)s: %(because)s", deal=deal.number, because=because.strip()[:400]),
        event=found.value,
        because=because.strip()[:500],
    )
    ws.record(DefaultProposed(number=deal.number, because=because.strip()[:500]), on=deal_id, evidence=[proposal.id])
    return proposal


@upon_approval("approve_default")
def declare_default(ws: Workspace, approval: Approval) -> None:
    """A second officer declares it: the call ends in it, and the pledge is enforced. Refuses where the event is gone by now, as after a late cure."""
    deal = held_deal(ws, approval.subject_id, role="bank")
    event, because = DefaultEvent(approval.payload["event"]), approval.payload["because"]
    _require(ws, deal, event, because)
    accrue(ws, deal)
    call = open_call(ws, deal.deal_id, lock=True)
    if call is not None and call.status == CallState.ESCALATED:
        call.status = MARGIN_CALL.advance(CallState.ESCALATED, "declare_default", actor=Actor.BANK).value
        call.closed_at = ws.now
        ws.record(MarginCallDefaulted(call_id=call.id, number=call.number), on=deal.deal_id, evidence=[approval.id])
    step_deal(ws, deal, "declare_default", actor=Actor.BANK, met={"event_of_default"})
    until = object_until(ws.now)
    ws.session.add(DeclaredDefault(deal_id=deal.deal_id, id=approval.id, tenant_id=ws.tenant_id, event=event.value, because=because, declared_at=ws.now, object_until=until))  # fmt: skip
    fact = DefaultDeclared(number=deal.number, event=event.value, because=because, object_until=until)
    ws.record(fact, on=deal.deal_id, evidence=[approval.id])
    enforce_pledges(ws, deal.deal_id)


def close_after_enforcement(
    ws: Workspace, deal_id: UUID, *, interest_paid: Money, principal_paid: Money, last: bool = True
) -> Deal:
    """Let proceeds of the goods pay interest and principal, in an act (the approved waterfall) that asked for its own permission.

    Books both against `proceeds_to_distribute`: the caller has booked what buyers paid to that account, and books the other lines of its waterfall
    against it too. With nothing owed any more the debt is recovered and the pledge ends; else the rest stays owed, without goods, until it is paid or
    written off. Not `last`: more of the same proceeds is held, so the deal waits for it. Refuses more than is owed. Run again for the same proceeds it would pay again: the caller's own state keeps it from that.
    """
    deal = held_deal(ws, deal_id, role="bank")
    if not stands_at(deal, DealState.DEFAULT, DealState.ENFORCEMENT):
        raise Conflict("not_in_default", "This deal is not in default.")
    require_heard(ws, deal_id)
    standing = position(ws, deal_id)
    if interest_paid > standing.interest + standing.penalty or principal_paid > standing.principal:
        raise Conflict("proceeds_exceed_debt", "More would be paid than is owed.")
    if interest_paid.minor < 0 or principal_paid.minor < 0:
        raise Invalid("amount_negative", "An amount is not negative.", field="amount")
    _apply(ws, deal, interest_paid, principal_paid)
    if not last:
        return deal
    if stands_at(deal, DealState.DEFAULT):
        step_deal(ws, deal, "enforce", actor=Actor.BANK)
    settle_if_paid(ws, deal)
    return deal


def propose_write_off(ws: Workspace, deal_id: UUID, *, because: str) -> Approval:
    """Ask a second officer to give up what the goods did not cover. Refuses before the proceeds are distributed."""
    ws.may("declare_default")
    reason = require_text(because, "because")
    deal = held_deal(ws, deal_id, role="bank")
    if not stands_at(deal, DealState.ENFORCEMENT):
        raise Conflict("proceeds_distributed", "The proceeds are not distributed.")
    require_heard(ws, deal_id)
    owed = position(ws, deal_id).outstanding
    summary = sentence("%(deal)s: write off %(owed)s: %(because)s", deal=deal.number, owed=owed, because=reason[:400])
    return approvals.propose(ws, "approve_write_off", subject_id=deal_id, summary=summary, because=reason)


@upon_approval("approve_write_off")
def write_off(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: the debt leaves the book, by a posting that names the approval."""
    deal = held_deal(ws, approval.subject_id, role="bank")
    require_heard(ws, deal.deal_id)
    accrue(ws, deal)
    standing = position(ws, deal.deal_id)
    owed = standing.outstanding
    parts = {
        Account.FEES_RECEIVABLE: standing.fees,
        Account.INTEREST_RECEIVABLE: standing.interest,
        Account.PENALTY_RECEIVABLE: standing.penalty,
        Account.LOAN_PRINCIPAL: standing.principal,
    }
    posting = post(
        ws,
        deal_id=deal.deal_id,
        key=f"write_off:{approval.id}",
        narrative="Written off: %(because)s",
        entries=[(Account.WRITE_OFF, owed), *((account, -money) for account, money in parts.items() if money)],
        facts={"because": approval.payload["because"]},
    )
    step_deal(ws, deal, "write_off", actor=Actor.BANK, met={"proceeds_distributed"})
    fact = DebtWrittenOff(number=deal.number, amount=owed, because=approval.payload["because"])
    ws.record(fact, on=deal.deal_id, evidence=[approval.id, posting.id])


def _apply(ws: Workspace, deal: Deal, interest_paid: Money, principal_paid: Money) -> None:
    paid = interest_paid + principal_paid
    if paid:
        lines: list[Line] = [(Account.PROCEEDS_TO_DISTRIBUTE, paid)]
        owed = position(ws, deal.deal_id).interest
        interest = min(interest_paid, owed)
        parts = ((Account.INTEREST_RECEIVABLE, interest), (Account.PENALTY_RECEIVABLE, interest_paid - interest), (Account.LOAN_PRINCIPAL, principal_paid))  # fmt: skip
        lines += [(account, -money) for account, money in parts if money]
        settle_dues(ws, deal, interest, principal_paid)
        post(
            ws,
            deal_id=deal.deal_id,
            key=f"proceeds:{_number_of(ws, deal)}",
            narrative="Proceeds of the goods applied to the debt",
            entries=lines,
        )
    left = position(ws, deal.deal_id).outstanding
    ws.record(ProceedsApplied(interest=interest_paid, principal=principal_paid, deficiency=left), on=deal.deal_id)


def _number_of(ws: Workspace, deal: Deal) -> int:
    """Which of the deal's distributions this is: several lots may be sold one after another. The deal is held, so no two count alike."""
    return 1 + sum(booked.posting.key.startswith("proceeds:") for booked in postings(ws, deal.deal_id))


def _is_escalated(ws: Workspace, deal: Deal) -> bool:
    call = open_call(ws, deal.deal_id)
    return call is not None and call.status == CallState.ESCALATED


def _event(ws: Workspace, deal: Deal, named: str | None) -> DefaultEvent:
    if named is not None:
        if named not in {known.value for known in DefaultEvent}:
            raise Invalid("event_unknown", "There is no such event of default.", field="event")
        return DefaultEvent(named)
    past_due = days_late(ws, deal) >= PAST_DUE_DAYS_FOR_DEFAULT
    return DefaultEvent.PAST_DUE if past_due and not _is_escalated(ws, deal) else DefaultEvent.UNCURED_CALL


def _require_answered(ws: Workspace, deal: Deal) -> None:
    """Nobody is in default over a call that they contested and were not answered on."""
    call = open_call(ws, deal.deal_id)
    objection = objection_to(ws, call) if call else None
    if objection is not None and objection.outcome is None:
        raise Conflict("objection_unanswered", "Answer the borrower’s objection to the margin call first.")


def _require(ws: Workspace, deal: Deal, event: DefaultEvent, because: str) -> None:
    escalated, days = _is_escalated(ws, deal), days_late(ws, deal)
    if event is DefaultEvent.UNCURED_CALL and escalated:
        _require_answered(ws, deal)
    require_event_of_default(event, escalated=escalated, days_past_due=days, because=because)
