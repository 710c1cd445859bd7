"""Control that is lost: reported by whoever watches the goods, in doubt after two hours, restored by a new control record that the bank accepts."""

from uuid import UUID

from sqlalchemy import func, select

from marketplace.pledges.models import ControlRecord
from marketplace.pledges.models_papers import ControlLoss
from marketplace.pledges.paper_events import ControlLost
from marketplace.pledges.queries import IN_FORCE, control_records, pledges_of_deal
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.workspace import Workspace


def report_control_lost(ws: Workspace, deal_id: UUID, *, because: str) -> ControlLoss:
    """The supervisor, or the bank, says that the goods are not under control. Draws stop at once; after two hours the pledge is in doubt.

    Refuses without a reason, where no goods are in force, and while an earlier report stands.
    """
    mine = rooms.my_roles(ws, deal_id)
    ws.may("confirm_control" if "supervisor" in mine else "order_release")
    if not mine & {"supervisor", "bank"}:
        raise NotFound("deal_unknown", "There is no such deal.")
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    if not any(one.status in IN_FORCE for one in pledges_of_deal(ws, deal_id)):
        raise Conflict("nothing_pledged", "There are no goods of this deal in that state.")
    # Of two who report it at once, the later finds the report that stands.
    ws.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"control:{deal_id}", 0))))
    if standing_loss(ws, deal_id) is not None:
        raise Conflict("loss_reported", "The loss of control is reported already.")
    loss = ControlLoss(
        deal_id=deal_id,
        id=new_id(),
        tenant_id=ws.tenant_id,
        because=because.strip()[:500],
        reported_by=ws.member.name,
        lost_at=ws.now,
    )
    ws.session.add(loss)
    ws.record(ControlLost(deal_id=deal_id, loss_id=loss.id, because=loss.because), on=deal_id)
    return loss


def losses_of(ws: Workspace, deal_id: UUID) -> list[ControlLoss]:
    """Every report of lost control, newest first."""
    wanted = select(ControlLoss).where(ControlLoss.deal_id == deal_id).order_by(ControlLoss.id.desc())
    return list(ws.session.scalars(wanted))


def standing_loss(ws: Workspace, deal_id: UUID) -> ControlLoss | None:
    """The report that no control record has answered since."""
    losses, records = losses_of(ws, deal_id), control_records(ws, deal_id)
    if not losses or _is_answered(losses[0], records[0] if records else None):
        return None
    return losses[0]


def _is_answered(loss: ControlLoss, newest: ControlRecord | None) -> bool:
    return newest is not None and newest.effective_at > loss.lost_at
