"""Setting the guard against mass sales, and lifting its breaker for a while: proposed by one of the operator's people, in force once another agrees."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select

from marketplace.disposal.guarding.events import SaleGuardSet
from marketplace.disposal.guarding.models import SaleGuard
from marketplace.disposal.rules.guarding import Guard
from marketplace.disposal.rules.reasons import said_why
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Invalid
from tenants.events import sentence
from tenants.workspace import Workspace


def propose_guard(ws: Workspace, guard: Guard, *, because: str) -> Approval:
    """Put settings before a second pair of eyes. Refuses a lift that is over already, and settings without a reason."""
    ws.may("set_sale_guard")
    reason = said_why(because)
    if guard.lifted_until is not None and guard.lifted_until <= ws.now:
        raise Invalid("lift_over", "This time is over already.", field="lifted_until")
    told = asdict(guard) | {
        "fall_share": str(guard.fall_share),
        "unsold_share": str(guard.unsold_share),
        "lifted_until": guard.lifted_until.isoformat() if guard.lifted_until else None,
    }
    summary = sentence("Guard against mass sales: %(lots)s lots at once. %(because)s", lots=guard.lots_max, because=reason)  # fmt: skip
    return approvals.propose(ws, "approve_sale_guard", subject_id=ws.tenant_id, summary=summary, because=reason, **told)


@upon_approval("approve_sale_guard")
def set_guard(ws: Workspace, approval: Approval) -> None:
    """A second person agrees: announcements from now on go by these settings."""
    told = approval.payload
    lifted = told["lifted_until"]
    newest = ws.session.scalar(select(func.max(SaleGuard.version)).where(SaleGuard.tenant_id == ws.tenant_id)) or 0
    ws.session.add(
        SaleGuard(
            tenant_id=ws.tenant_id,
            version=newest + 1,
            lots_max=told["lots_max"],
            days=told["days"],
            fall_share=Decimal(told["fall_share"]),
            unsold_share=Decimal(told["unsold_share"]),
            sales_least=told["sales_least"],
            lifted_until=datetime.fromisoformat(lifted) if lifted else None,
            because=told["because"],
            approval_id=approval.id,
            set_at=ws.now,
        )
    )
    ws.record(SaleGuardSet(version=newest + 1, because=told["because"]), on=ws.tenant_id, evidence=[approval.id])
