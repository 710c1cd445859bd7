"""Looking at goods that are taken over at their value: for their bank and their pledgor."""

from uuid import UUID

from sqlalchemy import select

from marketplace.disposal.appropriating.models import Appropriation
from marketplace.disposal.rules.appropriating import OPEN_APPROPRIATIONS
from tenants import rooms
from tenants.errors import Conflict, NotFound
from tenants.workspace import Workspace

MOST_ROWS = 200


def find_appropriation(ws: Workspace, appropriation_id: UUID, *, lock: bool = False) -> Appropriation:
    """One proposal of the viewer's deals."""
    wanted = select(Appropriation).where(Appropriation.id == appropriation_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("appropriation_unknown", "There is no such proposal to take goods over.")
    return found


def list_appropriations(
    ws: Workspace, *, deal_id: UUID | None = None, cursor: UUID | None = None, limit: int = 50
) -> list[Appropriation]:
    """Those of all the viewer's deals, or of one, newest first. `cursor`: the last id of the page before."""
    wanted = rooms.granted(ws, Appropriation, Appropriation.deal_id, kind="deal").order_by(Appropriation.id.desc())
    if deal_id is not None:
        wanted = wanted.where(Appropriation.deal_id == deal_id)
    if cursor is not None:
        wanted = wanted.where(Appropriation.id < cursor)
    return list(ws.session.scalars(wanted.limit(min(limit, MOST_ROWS))))


def open_appropriation(ws: Workspace, deal_id: UUID, lot_id: UUID) -> Appropriation | None:
    """The proposal that waits for an answer, or for the goods to be taken over."""
    rows = select(Appropriation).where(Appropriation.deal_id == deal_id, Appropriation.lot_id == lot_id)
    return ws.session.scalars(rows.where(Appropriation.status.in_(OPEN_APPROPRIATIONS))).one_or_none()


def require_not_promised(ws: Workspace, deal_id: UUID, lot_id: UUID) -> None:
    """Refuse to put goods up, or to propose anew, while a proposal to take them over is open."""
    if open_appropriation(ws, deal_id, lot_id) is not None:
        raise Conflict("taking_over_open", "It is proposed already to take these goods over.", field="lot_id")
