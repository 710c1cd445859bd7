"""How sound loans are, night by night: days past due, the class of the five, the stage of IFRS 9; a row for each change, so that the rows are the history."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from marketplace.financing.events.loans import LoanReclassified
from marketplace.financing.models.deals import Deal
from marketplace.financing.models.loans import LoanQuality
from marketplace.financing.nights.dues import oldest_unpaid
from marketplace.financing.rules.days import Step
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.quality import LoanClass, days_past_due, found_class, worse
from marketplace.financing.rules.terms import IN_TROUBLE, require_text
from marketplace.financing.steps import held_deal
from marketplace.valuation.queries import today
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid
from tenants.events import sentence
from tenants.workspace import Workspace


def latest_qualities(ws: Workspace, deal_ids: Sequence[UUID]) -> dict[UUID, LoanQuality]:
    """The class and stage of each of many loans as last found."""
    newest = (
        select(LoanQuality)
        .where(LoanQuality.deal_id.in_(deal_ids))
        .ext(distinct_on(LoanQuality.deal_id))
        .order_by(LoanQuality.deal_id, LoanQuality.id.desc())
    )
    return {one.deal_id: one for one in ws.session.scalars(newest)}


def history_of(ws: Workspace, deal_id: UUID) -> list[LoanQuality]:
    """How a loan was classified over time, newest first."""
    wanted = select(LoanQuality).where(LoanQuality.deal_id == deal_id).order_by(LoanQuality.id.desc())
    return list(ws.session.scalars(wanted))


def keep_found(ws: Workspace, step: Step) -> None:
    """Keep the class and stage that a close found; the first of a sound loan is no news."""
    before, found = step.standing.quality, step.quality
    assert found is not None, "something was found"
    deal_id = step.standing.deal_id
    _keep(ws, deal_id, step.until, step.days_past_due, found.loan_class, found.stage, found.lowered_to, "")
    if before or (found.loan_class, found.stage) != (LoanClass.NORMAL, 1):
        fact = LoanReclassified(days_past_due=step.days_past_due, loan_class=found.loan_class.value, stage=found.stage)
        ws.record(fact, on=deal_id)


def propose_class(ws: Workspace, deal_id: UUID, *, loan_class: str, because: str) -> Approval:
    """Ask a second officer to lower a loan's class below what its days allow, or to lift an earlier order. Refuses a class better than the days allow."""
    ws.may("call_margin")
    deal = held_deal(ws, deal_id, role="bank")
    reason = require_text(because, "because")
    if loan_class not in set(LoanClass):
        raise Invalid("class_unknown", "There is no such class.", field="loan_class")
    _require_lower(ws, deal, LoanClass(loan_class))
    summary = sentence(
        "%(deal)s: class %(loan_class)s: %(because)s", deal=deal.number, loan_class=loan_class, because=reason[:400]
    )
    return approvals.propose(
        ws, "approve_class", subject_id=deal_id, summary=summary, loan_class=loan_class, because=reason
    )


@upon_approval("approve_class")
def lower_class(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: the class counts from today and stays until it is ordered otherwise."""
    deal = held_deal(ws, approval.subject_id, role="bank")
    ordered = LoanClass(approval.payload["loan_class"])
    days = _require_lower(ws, deal, ordered)
    before = latest_qualities(ws, [deal.deal_id]).get(deal.deal_id)
    stage = before.stage if before else 1
    lowered = ordered if ordered is not LoanClass.NORMAL else None
    _keep(ws, deal.deal_id, today(ws), days, ordered, stage, lowered, approval.payload["because"])
    fact = LoanReclassified(days_past_due=days, loan_class=ordered.value, stage=stage)
    ws.record(fact, on=deal.deal_id, evidence=[approval.id])


def _require_lower(ws: Workspace, deal: Deal, ordered: LoanClass) -> int:
    """The loan's days past due. Refuses an order that is better than they allow."""
    since, grace = oldest_unpaid(ws, [deal.deal_id]).get(deal.deal_id, (None, 0))
    days = days_past_due(since, today(ws), grace_days=grace)
    allowed = found_class(days, watched=deal.status == DealState.WATCH, defaulted=DealState(deal.status) in IN_TROUBLE)
    if worse(ordered, allowed) is not ordered:
        raise Conflict("class_too_good", "The days past due allow %(allowed)s at best.", field="loan_class", allowed=allowed.value)  # fmt: skip
    return days


def _keep(
    ws: Workspace, deal_id: UUID, day: date, days: int, found: LoanClass, stage: int, lowered: LoanClass | None, because: str
) -> None:  # fmt: skip
    ws.session.add(
        LoanQuality(
            deal_id=deal_id,
            id=new_id(),
            tenant_id=ws.tenant_id,
            on_day=day,
            days_past_due=days,
            loan_class=found.value,
            stage=stage,
            lowered_to=lowered.value if lowered else "",
            because=because,
            found_at=ws.now,
        )
    )
    ws.session.flush()
