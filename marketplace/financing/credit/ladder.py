"""Setting a bank's approval ladder: proposed by one officer, in force once another approves."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from marketplace.financing.events.credit import CreditLadderSet
from marketplace.financing.models.credit import CreditStage
from marketplace.financing.rules.credit import Stage, require_ladder
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Invalid
from tenants.events import sentence
from tenants.members import list_members
from tenants.permissions import LETTERS, Job
from tenants.workspace import Workspace


def propose_ladder(ws: Workspace, stages: Sequence[Stage], *, currency: str = "CNY") -> Approval:
    """Put a ladder before a second officer. Refuses a ladder that cannot work, and people who are not approvers of this bank."""
    ws.may("propose_approval")
    require_ladder(stages, currency)
    approvers = deciders(ws)
    for stage in stages:
        if not stage.people <= set(approvers):
            raise Invalid("stage_people_unknown", "Choose people of this bank who may approve.", field=f"people-{stage.number}")  # fmt: skip
    told = [
        {"name": one.name.strip(), "minor": one.limit.minor if one.limit else None, "people": sorted(map(str, one.people))}
        for one in stages
    ]  # fmt: skip
    summary = sentence("Approval ladder of %(stages)s stages: %(names)s", stages=len(stages), names=", ".join(one.name.strip() for one in stages))  # fmt: skip
    return approvals.propose(ws, "approve_ladder", subject_id=ws.tenant_id, summary=summary, stages=told, currency=currency)  # fmt: skip


@upon_approval("approve_ladder")
def set_ladder(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: deals that are put forward from now on go by this ladder."""
    newest = ws.session.scalar(select(func.max(CreditStage.version)).where(CreditStage.tenant_id == ws.tenant_id)) or 0
    given, currency = approval.payload["stages"], approval.payload["currency"]
    for number, one in enumerate(given, start=1):
        ws.session.add(
            CreditStage(
                tenant_id=ws.tenant_id,
                version=newest + 1,
                stage=number,
                name=one["name"],
                limit_minor=one["minor"],
                currency=currency,
                people=one["people"],
                set_at=ws.now,
            )
        )
    ws.record(CreditLadderSet(stages=len(given)), on=ws.tenant_id, evidence=[approval.id])


def ladder_rows(ws: Workspace) -> list[CreditStage]:
    """The stages of the bank's newest ladder, in order; none where it has not set one."""
    newest = select(func.max(CreditStage.version)).where(CreditStage.tenant_id == ws.tenant_id).scalar_subquery()
    wanted = select(CreditStage).where(CreditStage.tenant_id == ws.tenant_id, CreditStage.version == newest)
    return list(ws.session.scalars(wanted.order_by(CreditStage.stage)))


def ladder_of(ws: Workspace) -> list[Stage]:
    """The same for the rules."""
    return [Stage(one.stage, one.name, one.limit, frozenset(map(UUID, one.people))) for one in ladder_rows(ws)]


def deciders(ws: Workspace) -> dict[UUID, str]:
    """The bank's people whose jobs let them approve, by name."""
    return {
        one.person_id: one.name
        for one in list_members(ws)
        if one.ended_at is None and any("A" in LETTERS[Job(job)] for job in one.jobs)
    }
