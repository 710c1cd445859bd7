"""Moving a deal on: its state by the table, its cover's stage with it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from marketplace.documents.trades import clear_room
from marketplace.financing.models.deals import Deal, DealCover
from marketplace.financing.queries import find_deal
from marketplace.financing.rules.deals import DEAL, DealState
from marketplace.financing.rules.terms import UNSIGNED, Stage, stage_of
from marketplace.states import Actor
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace


def state_of(ws: Workspace, deal_id: UUID) -> DealState | None:
    """Where a deal stands by now; None where the viewer sees no such deal."""
    status = ws.session.scalar(select(Deal.status).where(Deal.deal_id == deal_id))
    return DealState(status) if status else None


def held_deal(ws: Workspace, deal_id: UUID, *, role: str) -> Deal:
    """The deal, held until the transaction ends, for an act that only `role` in its room may do; to others there is no such deal."""
    if role not in rooms.my_roles(ws, deal_id):
        raise NotFound("deal_unknown", "There is no such deal.")
    return find_deal(ws, deal_id, lock=True)


def step_deal(ws: Workspace, deal: Deal, action: str, *, actor: Actor, met: Collection[str] = ()) -> None:
    """Take one listed step with these proofs. Refuses what the table does not list, the wrong party, and a missing proof."""
    before = DealState(deal.status)
    state = DEAL.advance(before, action, actor=actor, met=met)
    deal.status = state.value
    stage = stage_of(state)
    cover = ws.session.get(DealCover, deal.deal_id)
    assert cover is not None, "a deal has its cover"
    if stage is Stage.CLOSED:
        deal.closed_at = cover.closed_at = ws.now
        clear_room(ws, deal.deal_id, keep_sight=before not in UNSIGNED)
    if cover.stage != stage.value:
        cover.stage = stage.value
    ws.session.flush()


def stands_at(deal: Deal, *states: DealState) -> bool:
    """Whether the deal is in one of these states."""
    return DealState(deal.status) in states
