"""Deciding a deal stage by stage: each by another person, kept with its reason for the bank and its auditors."""

from uuid import UUID

from sqlalchemy import select

from marketplace.financing.credit.ladder import ladder_of
from marketplace.financing.events.credit import CreditStageDecided
from marketplace.financing.models.credit import CreditDecision
from marketplace.financing.models.deals import Deal
from marketplace.financing.rules.credit import Stage, stages_needed
from marketplace.money import Money
from tenants import approvals
from tenants.approvals import Approval, only_by
from tenants.database import new_id
from tenants.events import sentence
from tenants.workspace import Workspace

WORDS = {"APPROVED": "approved", "REJECTED": "refused"}
SECOND_OFFICER = "Second officer"


def put_forward(ws: Workspace, deal: Deal, amount: Money, approval: Approval) -> None:
    """Note who put the deal forward: that person decides in no stage. Refuses an amount that nobody at the bank may approve."""
    ladder = ladder_of(ws)
    if ladder:
        stages_needed(ladder, amount)
    _keep(ws, deal, 0, "", "PROPOSED", amount, "", approval)


def approve_stage(ws: Workspace, deal: Deal, amount: Money, approval: Approval) -> bool:
    """Keep this stage's approval; where the amount is above its limit, put the deal before the next stage. Whether the approval is complete."""
    ladder, number = ladder_of(ws), stage_of(approval)
    _keep(ws, deal, number, _name(ladder, number), "APPROVED", amount, approval.note or "", approval)
    if not ladder or number >= stages_needed(ladder, amount):
        return True
    following = ladder[number]
    summary = sentence("Stage %(stage)s, %(name)s: %(deal)s, limit %(limit)s", stage=following.number, name=following.name, deal=deal.number, limit=amount)  # fmt: skip
    approvals.propose(ws, "approve_deal_stage", subject_id=deal.deal_id, summary=summary, stage=following.number)
    return False


def refuse_stage(ws: Workspace, deal: Deal, amount: Money, approval: Approval) -> None:
    """Keep this stage's refusal with its reason."""
    number = stage_of(approval)
    _keep(ws, deal, number, _name(ladder_of(ws), number), "REJECTED", amount, approval.note or "", approval)


def decisions_on(ws: Workspace, deal_id: UUID) -> list[CreditDecision]:
    """Who put the deal forward and who decided, stage by stage. The bank's own; to everybody else there is nothing."""
    wanted = select(CreditDecision).where(CreditDecision.tenant_id == ws.tenant_id, CreditDecision.deal_id == deal_id)
    return list(ws.session.scalars(wanted.order_by(CreditDecision.stage)))


def stage_waiting(ws: Workspace, deal_id: UUID) -> tuple[int, str] | None:
    """Which stage the deal waits for, and what it is called; None where it waits for none."""
    acts = ("approve_deal", "approve_deal_stage")
    for one in approvals.waiting(ws):
        if one.subject_id == deal_id and one.act in acts:
            return stage_of(one), _name(ladder_of(ws), stage_of(one))
    return None


def stage_of(approval: Approval) -> int:
    """The stage that a proposal is before: the first, unless it says another."""
    return int(approval.payload.get("stage", 1))


@only_by("approve_deal", "approve_deal_stage")
def may_decide(ws: Workspace, approval: Approval) -> bool:
    """Whether this very person decides here: of the stage, and with no part in the deal's approval yet. Without a ladder any second officer does."""
    if any(one.person_id == ws.person_id for one in decisions_on(ws, approval.subject_id)):
        return False
    ladder, number = ladder_of(ws), stage_of(approval)
    return not ladder or ws.person_id in ladder[min(number, len(ladder)) - 1].people


def _name(ladder: list[Stage], number: int) -> str:
    return ladder[min(number, len(ladder)) - 1].name if ladder else SECOND_OFFICER


def _keep(
    ws: Workspace, deal: Deal, stage: int, name: str, decision: str, amount: Money, reason: str, approval: Approval
) -> None:
    ws.session.add(
        CreditDecision(
            tenant_id=ws.tenant_id,
            id=new_id(),
            deal_id=deal.deal_id,
            stage=stage,
            stage_name=name,
            decision=decision,
            amount_minor=amount.minor,
            currency=amount.currency,
            reason=reason.strip(),
            approval_id=approval.id,
            person=ws.member.name,
            decided_at=ws.now,
        )
    )
    ws.session.flush()
    if stage:
        told = CreditStageDecided(deal_id=str(deal.deal_id), number=deal.number, stage=stage, name=name, decision={"word": WORDS[decision], "facts": {}})  # fmt: skip
        ws.record(told, on=ws.tenant_id, evidence=[approval.id])
