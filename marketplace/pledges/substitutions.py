"""Exchanges of goods that were asked for: finding them, and carrying one out with the order that releases the old goods."""

from uuid import UUID

from sqlalchemy import select

from marketplace.pledges.models import Pledge
from marketplace.pledges.models_papers import Substitution
from marketplace.pledges.paper_events import SubstitutionOrdered
from marketplace.pledges.rules.lifecycle import PledgeState
from marketplace.pledges.rules.papers import SUBSTITUTION, SubstitutionState
from marketplace.states import Actor
from tenants.errors import Conflict, NotFound
from tenants.workspace import Workspace


def close_substitution(ws: Workspace, deal_id: UUID, substitution_id: UUID) -> None:
    """The order to release the old goods was approved: asked once more whether the new ones are in force."""
    asked = find_substitution(ws, deal_id, substitution_id, lock=True)
    met = require_new_goods_in_force(ws, asked)
    asked.status = SUBSTITUTION.advance(SubstitutionState(asked.status), "order", actor=Actor.BANK, met=met).value
    asked.closed_at = ws.now
    fact = SubstitutionOrdered(
        deal_id=deal_id, substitution_id=asked.id, old=asked.leaving_number, leaving=asked.leaves, new=asked.coming_number
    )  # fmt: skip
    ws.record(fact, on=deal_id)


def require_new_goods_in_force(ws: Workspace, asked: Substitution) -> set[str]:
    """Refuse an exchange whose new goods the deal does not hold in force, all of them."""
    held = select(Pledge.quantity).where(
        Pledge.deal_id == asked.deal_id, Pledge.lot_id == asked.coming_lot_id, Pledge.status == PledgeState.ACTIVE
    )
    if sum(ws.session.scalars(held), start=asked.coming * 0) < asked.coming:
        raise Conflict("substitute_inactive", "The new goods must be pledged before the old are released.")
    return {"substitute_active"}


def substitutions_of(ws: Workspace, deal_id: UUID) -> list[Substitution]:
    """A deal's exchanges, newest first."""
    wanted = select(Substitution).where(Substitution.deal_id == deal_id).order_by(Substitution.id.desc())
    return list(ws.session.scalars(wanted))


def find_substitution(ws: Workspace, deal_id: UUID, substitution_id: UUID, *, lock: bool = False) -> Substitution:
    """One exchange of a deal in whose room the viewer is."""
    wanted = select(Substitution).where(Substitution.deal_id == deal_id, Substitution.id == substitution_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("substitution_unknown", "There is no such exchange.")
    return found
